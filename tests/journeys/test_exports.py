import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from journey_road import EXPORT

MEGABYTE = 1 << 20


@pytest.fixture
def export(still, tmp_path):
    """A copy of the tenant's export, to be damaged."""
    return shutil.copytree(still.path(EXPORT), tmp_path / "export")


@pytest.fixture
def apart(still, tmp_path):
    """Words that keep snapshots in a folder of the test's own."""
    text = still.path("offramp.toml").read_text()
    still.path("apart.toml").write_text(text.replace('"var/snapshots"', f'"{tmp_path / "snapshots"}"'))
    return "--config", "apart.toml"


def _rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def _write(path, rows):
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))


def _cut_off(folder):
    path = folder / "factors.jsonl"
    path.write_bytes(path.read_bytes()[:-20])


def _empty(folder):
    (folder / "users.jsonl").write_text("")


def _without_roles(folder):
    (folder / "roles.jsonl").unlink()


def _binary(folder):
    (folder / "users.jsonl").write_bytes(bytes(range(256)) * 9)


def _compressed(folder):
    (folder / "users.jsonl").write_bytes(b"\x1f\x8b\x08" + bytes(99))


def _from_graph(folder):
    rows = [{"id": f"u{n}", "userPrincipalName": f"u{n}@example.com", "displayName": "U"} for n in range(3)]
    _write(folder / "users.jsonl", rows)


def _of_nobody_we_know(folder):
    (folder / "users.jsonl").write_text("who,where\nu1,here\n")


def _sign_in_page(folder):
    (folder / "users.jsonl").write_text("<!doctype html><title>Sign in</title>")


def _leads_out(folder):
    (folder / "users.jsonl").unlink()
    (folder / "users.jsonl").symlink_to("/etc/passwd")


def _million_columns(folder):
    columns = ",".join(f"c{n}" for n in range(1_000_000))
    (folder / "users.csv").write_text(f"{columns}\n{',' * 999_999}\n")


def _open_quote(folder):
    (folder / "more-users.csv").write_text('Login,Status,Title\na@example.com,Active,"' + "x\n" * 5 * MEGABYTE)


def _wrong_encoding(folder):
    path = folder / "users.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id": "x", "status": "ACTIVE", "profile": {"login": "gr\xfc\xdfe"}}\n')


def _wrong_words(folder):
    rows = _rows(folder / "users.jsonl")
    _write(folder / "users.jsonl", [*rows, {**rows[0], "id": "x", "status": "ada@example.com"}])


@pytest.mark.parametrize(
    ("damage", "error", "code", "where"),
    [
        (_cut_off, "export-unreadable", 3, "factors.jsonl:"),
        (_empty, "export-empty", 3, "users.jsonl"),
        (_without_roles, "export-unreadable", 3, "users.jsonl"),
        (_binary, "export-foreign", 3, "users.jsonl:1"),
        (_compressed, "export-foreign", 3, "users.jsonl:1"),
        (_from_graph, "export-foreign", 3, "users.jsonl:1"),
        (_of_nobody_we_know, "export-foreign", 3, "users.jsonl:1"),
        (_sign_in_page, "export-foreign", 3, "users.jsonl:1"),
        (_leads_out, "export-foreign", 3, "users.jsonl"),
        (_million_columns, "export-foreign", 3, "users.csv:1"),
        (_open_quote, "export-unreadable", 3, "more-users.csv:2"),
        (_wrong_encoding, "rejects-too-many", 4, "users.jsonl:41: row: "),
        (_wrong_words, "rejects-too-many", 4, "users.jsonl:41: status: "),
    ],
)
def test_an_export_that_cannot_be_trusted_is_refused_whole(still, export, damage, error, code, where):
    """It has a name, a place and a next step, and no snapshot is kept, not even a part of one."""
    damage(export)
    before = still.files()

    refused = still.offramp("cohort", "seal", export, "--execute", code=code)

    assert error == refused.error
    assert where in refused.err
    assert refused.hint
    assert "@example.com" not in refused.err
    assert before == still.files()


@pytest.mark.parametrize("damage", [_cut_off, _wrong_words])
def test_what_cannot_be_read_is_not_written_about(still, export, tmp_path, damage):
    """A table or a page of half a company would be taken for the whole."""
    damage(export)
    table, page = tmp_path / "table.csv", tmp_path / "page.html"
    table.write_text("before")

    still.offramp("cohort", "classify", export, "--csv", table, "--html", page, code=None)

    assert "before" == table.read_text()
    assert ["export", "table.csv"] == sorted(path.name for path in tmp_path.iterdir())


def test_an_export_that_is_not_there_is_named(still, tmp_path):
    """A folder mistyped is not an empty company."""
    assert "export-unreadable" == still.offramp("cohort", "classify", tmp_path / "nowhere", code=3).error


def test_ten_megabytes_in_one_field_are_a_long_title(still, export):
    """Nothing is cut, and nobody else is lost."""
    rows = _rows(export / "users.jsonl")
    rows[0]["profile"]["title"] = "x" * 10 * MEGABYTE
    _write(export / "users.jsonl", rows)

    found = still.offramp("cohort", "classify", export, "--json").document

    assert len(rows) == found["snapshot"]["people_count"]


@pytest.mark.parametrize("extra", ["{not json\n", "the first line again"])
def test_every_row_is_a_person_or_a_reject(still, export, extra):
    """A malformed line and an account that is there twice are counted with file and reason, and everyone else stays."""
    path = export / "users.jsonl"
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*rows, rows[0] if extra.startswith("the first") else extra]))

    found = still.offramp("cohort", "classify", export, "--max-rejects", "0.03", "--json").document

    rejects = [reject for reject in found["rejects"] if reject["file"] == "users.jsonl"]
    assert len(rows) + 1 == found["snapshot"]["people_count"] + len(rejects)
    assert len(rows) == found["snapshot"]["people_count"]
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
        for problem in ("heroes", "shoe_size", "the last rule must match everyone"):
            assert problem in refused.err
    assert before == still.files()


def test_the_book_is_tried_on_everybody(still):
    """Each rule says whom it took and whom it would have taken; the last would take all."""
    alone = still.offramp("cohort", "check", "--json").document
    tried = still.offramp("cohort", "check", "--export", EXPORT, "--json").document

    assert [] == alone["failures"] == tried["failures"]
    assert {None} == {rule["took"] for rule in alone["rules"]}
    assert 40 == sum(rule["took"] for rule in tried["rules"]) == tried["rules"][-1]["would_have_taken"]


def test_everybody_is_placed_as_the_tenant_knows_them(still, tmp_path):
    """The table with names agrees with how the population was made, account for account."""
    truth = {row["id"]: row["cohort"] for row in still.control("GET", "/truth")}
    table = tmp_path / "people.csv"

    told = still.offramp("cohort", "classify", EXPORT, "--csv", table, "--with-names")

    with table.open(newline="") as file:
        assert truth == {row["account_id"]: row["cohort"] for row in csv.DictReader(file)}
    assert "40 accounts of 40 people, 0 rejects" in told.told


def test_a_page_of_counts_names_nobody(still, tmp_path):
    """It can be passed round; names are there for whoever asked alone."""
    logins = [row["login"] for row in still.control("GET", "/truth")]
    for name, words in (("counts.html", ()), ("names.html", ("--with-names",))):
        still.offramp("cohort", "classify", EXPORT, "--html", tmp_path / name, *words)

    assert [] == [login for login in logins if login in (tmp_path / "counts.html").read_text()]
    assert [] == [login for login in logins if login not in (tmp_path / "names.html").read_text()]


@pytest.mark.parametrize("place", range(0, 40, 14))
def test_one_person_is_explained_from_the_rows_to_the_readiness(still, place):
    """File and line lead to the row, and the last rule that was tried is the one that decides."""
    person = still.control("GET", "/truth")[place]
    told = still.offramp("cohort", "explain", person["login"].upper(), "--export", EXPORT, "--json").document
    shown = still.offramp("cohort", "explain", person["id"], "--export", EXPORT)

    assert person["cohort"] == told["cohort"] == told["tried"][-1]["cohort"]
    assert sorted(person["methods"]) == sorted(told["accounts"][0]["methods"])
    for row in told["rows"]:
        line = still.path(EXPORT).joinpath(row["file"]).read_text().splitlines()[row["line"] - 1]
        assert person["id"] in line
        assert f"{row['file']}:{row['line']} " in shown.err
    assert {"last_way_in", "last_way_to_enrol", "why", "platforms"} <= set(told["accounts"][0])


def test_whoever_is_not_there_is_not_guessed(still):
    """The name is not repeated, and the exit code is that of a word that cannot be used."""
    refused = still.offramp("cohort", "explain", "nobody@example.com", "--export", EXPORT, code=2)

    assert "person-unknown" == refused.error
    assert "nobody@" not in refused.err


def test_two_accounts_that_claim_one_person_are_a_conflict(still, export, tmp_path):
    """It is listed with what to do; whose keys they are is shown only to whoever asks."""
    rows = _rows(export / "users.jsonl")
    for row in rows[:2]:
        row["profile"]["employeeNumber"] = "4711"
    _write(export / "users.jsonl", rows)
    (export / "people.csv").write_text("Employee number,Employment status\n4711,Active\n")
    table = tmp_path / "conflicts.csv"

    told = still.offramp("cohort", "conflicts", export, "--csv", table, "--json")
    named = still.offramp("cohort", "conflicts", export, "--with-names")

    claimed = [one for one in told.document["conflicts"] if one["kind"] == "two-accounts-one-person"]
    assert {rows[0]["id"], rows[1]["id"]} <= {account["record_id"] for account in claimed[0]["accounts"]}
    assert claimed[0]["next"]
    shown = [value for account in claimed[0]["accounts"] for value in account["keys"].values()]
    assert "4711" not in shown
    assert ",4711," not in table.read_text().replace("hr,4711", "")
    assert "4711" in named.err


def test_a_snapshot_is_kept_once_and_compared_with_the_next_export(still, export, apart, tmp_path):
    """The difference names who came, who went, who changed, and the column that caused it."""
    shown = still.offramp(*apart, "cohort", "seal", export)
    assert not (tmp_path / "snapshots").exists()
    sealed = still.offramp(*apart, "cohort", "seal", export, "--execute", "--json").document["snapshot"]
    assert f"{sealed['people_count']} accounts" in shown.told
    (folder,) = (tmp_path / "snapshots").iterdir()
    assert sealed["digest"] == folder.name
    assert ["members.arrow", "snapshot.json"] == sorted(path.name for path in folder.iterdir())

    standard = next(iter(still.people("standard")))
    rows = _rows(export / "users.jsonl")
    gone = next(row["id"] for row in rows if row["id"] != standard)
    rows = [row for row in rows if row["id"] != gone]
    next(row for row in rows if row["id"] == standard)["profile"]["department"] = "Finance"
    _write(export / "users.jsonl", [*rows, {**rows[0], "id": "new", "profile": {"login": "new@example.com"}}])

    told = still.offramp(*apart, "cohort", "diff", folder.name[:8], export, "--max-rejects", "1", "--json").document
    again = still.offramp(*apart, "cohort", "diff", folder, export, "--max-rejects", "1")

    assert ([["okta", "new"]], [["okta", gone]]) == (told["joined"], told["left"])
    (change,) = [one for one in told["changes"] if one["account_id"] == standard]
    assert (["standard", "finance"], ["department"]) == (change["cohort"], change["caused_by"])
    assert "1 joined, 1 left" in again.told


@pytest.mark.parametrize("named", ["abcdef", "nowhere", "../..", "x" * 5000, "3f"])
def test_a_snapshot_that_is_not_there_is_not_invented(still, apart, named):
    """Neither by a beginning that is too short, nor by a path that leads elsewhere."""
    refused = still.offramp(*apart, "cohort", "diff", named, EXPORT, code=None)

    assert refused.error in {"not-found", "export-unreadable", "export-foreign"}
    assert refused.hint


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc/self").exists(), reason="nobody is refused here")
def test_a_place_that_cannot_be_written_is_for_the_caller_to_change(still):
    """No stack trace, and no half of a table."""
    refused = still.offramp("cohort", "classify", EXPORT, "--csv", "/proc/nowhere/table.csv", code=2)

    assert "cannot be written" in refused.err


def test_what_an_export_says_does_not_move_the_cursor(still, export):
    """A title full of control characters is shown as what it is."""
    person = next(iter(still.people("standard")))
    rows = _rows(export / "users.jsonl")
    next(row for row in rows if row["id"] == person)["profile"]["title"] = "\u001b[2Jowned\nerror [x]: [/red]"
    _write(export / "users.jsonl", rows)

    told = still.offramp("cohort", "explain", person, "--export", export)

    assert "\u001b" not in told.err
    assert "\\x1b[2Jowned\\nerror" in told.err
