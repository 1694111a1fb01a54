import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_builders import FACTORS, NOON, a_factor, a_membership, a_role, a_user, lines, told_by, write_export
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tenant_builders import bare_tenant

from cohorts.classified import Classified
from cohorts.engine import Threads
from cohorts.errors import ExportForeign, OfframpError
from cohorts.facts import Facts, fact_rows
from cohorts.readiness import READINESS
from cohorts.rules import RULES_PATH, first_match
from cohorts.segment import Reading, classify_export
from cohorts.snapshot import COHORTS
from sandbox.population import populate

IDS = st.sampled_from([f"u{n}" for n in range(8)])
TEXT = st.one_of(
    st.none(), st.sampled_from(["Finance", "Retail", "Chief of All", "Contractor", ""]), st.text(max_size=6)
)
JUNK = st.one_of(
    st.sampled_from(["not json", "7", "null", "{}", '{"id": "u1"', '{"eventType": "x"}']),
    st.dictionaries(st.sampled_from(["id", "profile", "status", "userId", "type"]), st.integers(), max_size=3),
)


@st.composite
def users(draw):
    """Draw a user whose fields may be absent or of the wrong kind."""
    profile = {name: draw(TEXT) for name in ("department", "title", "userType", "employeeNumber")}
    return a_user(
        draw(IDS),
        status=draw(st.sampled_from(["ACTIVE", "SUSPENDED", "STAGED", "HAPPY"])),
        lastLogin=draw(st.sampled_from([None, "2026-10-30T00:00:00Z", "2020-01-01T00:00:00Z", "never", 7])),
        profile=profile,
    )


FACTOR = st.builds(
    a_factor, IDS, st.sampled_from(sorted(FACTORS)), status=st.sampled_from(["ACTIVE", "INACTIVE", None])
)
MEMBERSHIP = st.builds(a_membership, IDS, st.sampled_from(["Everyone", "Finance", "Emergency access"]))
ROLE = st.builds(a_role, st.just("boss"), st.sampled_from(["SUPER_ADMIN", "HELP_DESK_ADMIN"]))
EXPORT = st.fixed_dictionaries(
    {
        "users": st.lists(st.one_of(users(), users(), JUNK), max_size=12),
        "factors": st.lists(st.one_of(FACTOR, FACTOR, JUNK), max_size=12),
        "groups": st.lists(st.one_of(MEMBERSHIP, MEMBERSHIP, JUNK), max_size=12),
        "roles": st.lists(ROLE, max_size=3),
    },
)
# Beside what is drawn, one administrator, so that most exports can be used.
SURE = {
    "users": [a_user("boss")],
    "factors": [a_factor("boss")],
    "groups": [a_membership("boss")],
    "roles": [a_role("boss")],
}
several = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def with_boss(export):
    """Add the sure rows in front."""
    return {kind: [*SURE[kind], *rows] for kind, rows in export.items()}


def judged(folder: Path) -> Classified | OfframpError:
    """Classify an export, or say which error refused it."""
    try:
        return classify_export(folder, RULES_PATH, NOON)
    except OfframpError as error:
        return error


@several
@given(EXPORT)
def test_no_row_is_ever_lost(export):
    """Whatever stands in the files, rows in are rows out and rejects, per file."""
    export = with_boss(export)
    with TemporaryDirectory() as folder:
        found = classify_export(write_export(Path(folder), **export), RULES_PATH, NOON)

    for kind, rows in export.items():
        counted = found.rows[f"{kind}.jsonl"]
        rejects = [one for one in found.rejects if one.file == f"{kind}.jsonl"]
        assert len(rows) == counted.read_count == counted.kept_count + counted.rejected_count
        assert len(rejects) == counted.rejected_count == len({one.line for one in rejects})
    assert found.rows["users.jsonl"].kept_count == found.people_count


@several
@given(EXPORT)
def test_classification_is_total(export):
    """Everyone who was kept has exactly one cohort, a reason and a readiness."""
    with TemporaryDirectory() as folder:
        found = classify_export(write_export(Path(folder), **with_boss(export)), RULES_PATH, NOON)

    assert sum(sum(codes.values()) for codes in found.counts.values()) == len(found.members)
    assert all(
        one.cohort in COHORTS and one.because and one.readiness in READINESS and one.why for one in found.members
    )
    assert len(found.members) == len({(one.idp, one.account_id) for one in found.members})


@several
@given(EXPORT, st.randoms(use_true_random=False))
def test_the_order_of_lines_decides_nothing(export, shuffler):
    """The same rows in any order are one snapshot."""
    export = with_boss(export)
    with TemporaryDirectory() as folder:
        first = classify_export(write_export(Path(folder), **export), RULES_PATH, NOON)
        for rows in export.values():
            shuffler.shuffle(rows)
            # That a file is JSON shows in its first byte.
            rows.insert(0, rows.pop(next(place for place, row in enumerate(rows) if isinstance(row, dict))))
        second = classify_export(write_export(Path(folder), **export), RULES_PATH, NOON)

    assert first.members == second.members
    assert first.header.digest == second.header.digest


@several
@given(st.text(max_size=10), st.text(max_size=10))
def test_what_no_rule_asks_about_may_say_anything(phone, cost_center):
    """A cost centre or a number in a profile moves nobody, whatever it is."""
    profile = {"costCenter": cost_center, "primaryPhone": phone}
    with TemporaryDirectory() as folder:
        plain = classify_export(write_export(Path(folder)), RULES_PATH, NOON)
        users = [a_user("u1", profile=profile), a_user("boss")]
        odd = classify_export(write_export(Path(folder), users=users), RULES_PATH, NOON)

    assert not {"cost_center", "phone"} & plain.book.columns
    assert plain.header.digest == odd.header.digest


@several
@given(st.binary(max_size=40), st.integers(0, 400), st.sampled_from(["users", "factors", "groups", "roles"]))
def test_damage_is_refused_or_rejected_and_never_a_crash(noise, at, kind):
    """Whatever bytes are put into a file, the answer is a result or an error with a code."""
    with TemporaryDirectory() as name:
        folder = write_export(Path(name))
        path = folder / f"{kind}.jsonl"
        content = path.read_bytes()
        path.write_bytes(content[:at] + noise + content[at:])
        answer = judged(folder)

    if isinstance(answer, OfframpError):
        assert (True, True) == (bool(answer.code), bool(answer.hint))
    else:
        assert len(answer.members) == answer.header.people_count


@several
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3), min_size=1, max_size=4))
def test_any_json_at_all_is_judged_not_crashed_upon(rows):
    """Rows of any keys are no users, and that is said."""
    with TemporaryDirectory() as name:
        folder = write_export(Path(name))
        (folder / "users.jsonl").write_text(lines([json.dumps(row) for row in rows]), encoding="utf-8")
        answer = judged(folder)

    assert isinstance(answer, ExportForeign)


@pytest.fixture(scope="module")
def tenant():
    """The rows of a lived-in tenant of 300 people."""
    state = bare_tenant()
    populate(state, people=300, seed=11, tenant="lived-in")
    return told_by(state.collections)


@pytest.fixture(scope="module")
def usual(tenant, tmp_path_factory):
    """The same as one file a kind, classified."""
    return classify_export(write_export(tmp_path_factory.mktemp("usual"), **tenant), RULES_PATH, NOON)


@pytest.mark.parametrize("seed", range(5))
def test_a_column_that_no_rule_names_does_not_matter(usual, seed):
    """Only what the rule book asks about can move a person, whatever the other columns say of whom."""
    facts, chance = usual.judged.facts, np.random.default_rng(seed)
    others = facts.columns.keys() - usual.book.columns
    changed = {
        name: fact_rows(column, chance.permutation(facts.count)) if name in others else column
        for name, column in facts.columns.items()
        if name not in others or chance.random() < 0.8
    }

    assert others
    assert first_match(usual.book, facts).tolist() == first_match(usual.book, Facts(facts.count, changed)).tolist()


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_number_of_threads_decides_nothing(tenant, usual, tmp_path, threads):
    """Who reads is no part of who is there."""
    export = write_export(tmp_path, **tenant)
    found = classify_export(export, RULES_PATH, NOON, reading=Reading(engine=Threads(threads)))

    assert usual.header == found.header


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_how_an_export_is_split_decides_nothing(tenant, usual, tmp_path, threads):
    """One file of users or three, in any order of their names, is one snapshot."""
    for kind, rows in tenant.items():
        size = max(1, len(rows) // 3)
        pieces = [rows[:size], rows[size : 2 * size], rows[2 * size :]]
        for number, piece in enumerate(piece for piece in pieces if piece):
            (tmp_path / f"{9 - number}-{kind}.jsonl").write_text(lines(piece), encoding="utf-8")
    found = classify_export(tmp_path, RULES_PATH, NOON, reading=Reading(engine=Threads(threads)))

    assert len(found.files) > len(usual.files)
    assert usual.header.digest == found.header.digest
    assert set(usual.header.sources.values()).isdisjoint(found.header.sources.values())


def _as_array(path: Path, rows) -> None:
    path.with_suffix(".json").write_text(json.dumps(rows), encoding="utf-8")


def _as_pages(path: Path, rows) -> None:
    pages = [{"value": rows[start : start + 100]} for start in range(0, len(rows), 100)]
    path.with_suffix(".jsonl").write_text(lines(pages), encoding="utf-8")


def _as_parquet(path: Path, rows) -> None:
    pq.write_table(
        pa.Table.from_pylist(list(map(_without_empty, rows))), path.with_suffix(".parquet"), row_group_size=97
    )


def _without_empty(value):
    """Say an empty object otherwise: Parquet knows no structure without fields."""
    if isinstance(value, dict):
        return {key: _without_empty(inner) if inner != {} else {"value": ""} for key, inner in value.items()}
    return value


@pytest.mark.parametrize("write", [_as_array, _as_pages, _as_parquet])
def test_the_form_of_a_file_decides_nothing(tenant, usual, tmp_path, write):
    """A line a row, one array, pages, or columns: the same rows are the same people."""
    columns = {key for row in tenant["users"] for key in row}
    for kind, rows in tenant.items():
        told = [{key: row.get(key) for key in columns} for row in rows] if kind == "users" else rows
        write(tmp_path / kind, told)
    found = classify_export(tmp_path, RULES_PATH, NOON)

    assert usual.members == found.members
    assert usual.header.digest == found.header.digest


def _console_rows(count):
    titles = ("Engineer", "Chief Officer", 'Größe "L"; rot, blau', "=1+1", "")
    for number in range(count):
        yield {
            "Login": f"u{number}@example.com",
            "Status": ("Active", "Suspended", "Locked out")[number % 3],
            "Title": titles[number % len(titles)],
            "Department": ("Finance", "Retail", "Sales")[number % 3],
            "Employee number": f"{number:05}",
            "Last login": "2026-10-30T00:00:00Z" if number % 4 else "",
        }


@pytest.mark.parametrize(
    ("encoding", "dialect"),
    [
        ("utf-8", {}),
        ("utf-8-sig", {"delimiter": ";"}),
        ("utf-16", {"delimiter": "\t"}),
        ("utf-16-be", {"quoting": csv.QUOTE_ALL}),
        ("cp1252", {"lineterminator": "\n"}),
    ],
)
def test_how_a_table_is_written_decides_nothing(tmp_path, encoding, dialect):
    """Commas or semicolons, with a mark or without: the same cells are the same people."""
    rows = list(_console_rows(60))
    for folder, told, how in (("plain", "utf-8", {}), ("other", encoding, dialect)):
        (tmp_path / folder).mkdir()
        with (tmp_path / folder / "users.csv").open("w", encoding=told, newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), **how)
            writer.writeheader()
            writer.writerows(rows if folder == "plain" else reversed(rows))
    plain, other = (classify_export(tmp_path / folder, RULES_PATH, NOON) for folder in ("plain", "other"))

    assert 60 == plain.people_count
    assert plain.header.digest == other.header.digest
