import json
from pathlib import Path
from tempfile import TemporaryDirectory

from export_builders import FACTORS, NOON, a_factor, a_membership, a_role, a_user, lines, write_export
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.classified import Classified
from cohorts.errors import ExportForeign, OfframpError
from cohorts.exports import read_export
from cohorts.normalise import normalise
from cohorts.readiness import REASONS
from cohorts.rules import RULES_PATH, classify, read_rules
from cohorts.segment import classify_export
from cohorts.snapshot import COHORTS

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
    profile = {name: draw(TEXT) for name in ("department", "title", "userType")}
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
EXPORT = st.fixed_dictionaries(
    {
        "users": st.lists(st.one_of(users(), users(), JUNK), max_size=12),
        "factors": st.lists(st.one_of(FACTOR, FACTOR, JUNK), max_size=12),
        "groups": st.lists(st.one_of(MEMBERSHIP, MEMBERSHIP, JUNK), max_size=12),
        "roles": st.lists(st.builds(a_role, IDS, st.sampled_from(["SUPER_ADMIN", "HELP_DESK_ADMIN"])), max_size=3),
    },
)
# Beside what is drawn, one administrator, so that most exports can be used.
SURE = {
    "users": [a_user("boss")],
    "factors": [a_factor("boss")],
    "groups": [a_membership("boss")],
    "roles": [a_role("boss")],
}
several = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


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
        raw = read_export(write_export(Path(folder), **export))
    result = normalise(raw, NOON)

    for kind, rows in export.items():
        counted = result.rows[f"{kind}.jsonl"]
        rejects = [one for one in result.rejects if one.file == f"{kind}.jsonl"]
        assert len(rows) == counted.read_count == counted.kept_count + counted.rejected_count
        assert len(rejects) == counted.rejected_count == len({one.line for one in rejects})
    assert result.rows["users.jsonl"].kept_count == len(result.users)


@several
@given(EXPORT)
def test_classification_is_total(export):
    """Everyone who was kept has exactly one cohort, a reason and a readiness."""
    with TemporaryDirectory() as folder:
        found = classify_export(write_export(Path(folder), **with_boss(export)), RULES_PATH, NOON)

    assert sum(sum(codes.values()) for codes in found.counts.values()) == len(found.members)
    assert all(one.cohort in COHORTS and one.because and one.readiness in REASONS for one in found.members)


@several
@given(EXPORT, st.randoms(use_true_random=False))
def test_the_order_of_lines_decides_nothing(export, shuffler):
    """The same rows in any order give the same people, cohorts and classes."""
    export = with_boss(export)
    with TemporaryDirectory() as folder:
        first = classify_export(write_export(Path(folder), **export), RULES_PATH, NOON)
        for rows in export.values():
            shuffler.shuffle(rows)
        second = classify_export(write_export(Path(folder), **export), RULES_PATH, NOON)

    assert first.members == second.members
    assert first.header.members_digest == second.header.members_digest
    assert len(first.rejects) == len(second.rejects)


@several
@given(EXPORT)
def test_a_column_that_no_rule_names_does_not_matter(export):
    """Only what the rule book asks about can move a person."""
    with TemporaryDirectory() as folder:
        normal = normalise(read_export(write_export(Path(folder), **with_boss(export))), NOON).users
    book = read_rules()
    changed = normal.assign(provider="LDAP", login="x", shares_number=True, methods=0)

    assert classify(normal, book)["cohort"].equals(classify(changed, book)["cohort"])


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
