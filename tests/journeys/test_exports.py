import json
import shutil

import pytest
from journey_road import EXPORT


@pytest.fixture
def export(still, tmp_path):
    """A copy of the tenant's export, to be damaged."""
    return shutil.copytree(still.path(EXPORT), tmp_path / "export")


def _cut_off(folder):
    path = folder / "factors.jsonl"
    path.write_bytes(path.read_bytes()[:-20])


def _empty(folder):
    (folder / "users.jsonl").write_text("")


def _without_roles(folder):
    (folder / "roles.jsonl").unlink()


def _from_graph(folder):
    rows = [{"id": f"u{n}", "userPrincipalName": f"u{n}@example.com", "displayName": "U"} for n in range(3)]
    (folder / "users.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def _as_csv(folder):
    (folder / "users.jsonl").write_text("id,login,status\nu1,u1@example.com,ACTIVE\n")


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (_cut_off, "export-unreadable"),
        (_empty, "export-empty"),
        (_without_roles, "export-unreadable"),
        (_from_graph, "export-foreign"),
        (_as_csv, "export-foreign"),
    ],
)
def test_an_export_that_cannot_be_trusted_is_refused_whole(still, export, damage, error):
    """It has a name and a next step, exits with 2, and no snapshot is kept, not even a part of one."""
    damage(export)
    before = still.files()

    refused = still.offramp("cohort", "seal", export, "--execute", code=2)

    assert error == refused.error
    assert "offramp cohort pull" in refused.hint
    assert before == still.files()


def test_an_export_that_is_not_there_is_named(still, tmp_path):
    """A folder mistyped is not an empty company."""
    assert "export-unreadable" == still.offramp("cohort", "classify", tmp_path / "nowhere", code=2).error


@pytest.mark.parametrize("extra", ["{not json\n", "the first line again"])
def test_every_row_is_a_person_or_a_reject(still, export, extra):
    """A malformed line and an account that is there twice are counted with file and reason, and everyone else stays."""
    path = export / "users.jsonl"
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*rows, rows[0] if extra.startswith("the first") else extra]))

    found = still.offramp("cohort", "classify", export, "--json").document

    rejects = [reject for reject in found["rejects"] if reject["file"] == "users.jsonl"]
    assert len(rows) + 1 == found["snapshot"]["people_count"] + len(rejects)
    assert found["snapshot"]["people_count"] >= len(rows) - 1
    assert all(reject["line"] and reject["because"] for reject in rejects)


def test_nobody_is_read_by_a_rule_book_that_cannot_place_everyone(still, tmp_path):
    """Every problem is listed at once, so that the book is mended once."""
    book = tmp_path / "rules.toml"
    book.write_text(
        '[[rule]]\ncohort = "heroes"\nbecause = "they are"\nwhen = [["shoe_size", "at_least", 45]]\n\n'
        '[[rule]]\ncohort = "standard"\nbecause = "most are"\nwhen = [["department", "is", "Sales"]]\n'
    )
    text = still.path("offramp.toml").read_text()
    still.path("other.toml").write_text(text.replace('"cohorts/rules.toml"', f'"{book}"'))
    before = still.files()

    for words in (("cohort", "check"), ("cohort", "seal", EXPORT, "--execute")):
        refused = still.offramp("--config", "other.toml", *words, code=2)

        assert "rule-book-invalid" == refused.error
        for problem in ("no cohort is called 'heroes'", "'shoe_size'", "the last rule must match everyone"):
            assert problem in refused.err
    assert before == still.files()
