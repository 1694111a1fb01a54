import json
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from export_builders import NOON, a_factor, a_membership, a_user, told_by, write_export
from tenant_builders import bare_tenant

from cohorts.errors import PersonUnknown, SnapshotChanged, SnapshotExists, SnapshotUnreadable
from cohorts.identity import person_keys
from cohorts.rules import RULES_PATH
from cohorts.segment import SCHEMA, classify_export, open_snapshot, read_members, seal
from cohorts.snapshot import digest_of
from sandbox.population import populate


def classified(folder: Path, **files):
    """Classify an export of these rows by our own rule book."""
    return classify_export(write_export(folder / "export", **files), RULES_PATH, NOON)


@pytest.fixture
def sealed(tmp_path) -> Path:
    """Seal the usual export of two people."""
    seal(classified(tmp_path), tmp_path / "snapshot")
    return tmp_path / "snapshot"


def test_the_sandbox_and_we_agree_about_everyone(tmp_path):
    """Who was invented as what is found again from the vendor's words alone."""
    state = bare_tenant()
    truth = populate(state, people=500, seed=7, tenant="lived-in")
    found = classified(tmp_path, **told_by(state.collections))
    members = {member.account_id: member for member in found.members}

    assert {one["id"]: one["cohort"] for one in truth} == {key: one.cohort for key, one in members.items()}
    assert {one["id"]: set(one["methods"]) for one in truth} == {key: set(one.methods) for key, one in members.items()}
    assert ((), ()) == (found.rejects, found.notes)
    assert (500, 36 + 2 + 1) == (found.header.people_count, found.header.leftover_phones_count)


def test_the_header_counts_everyone_once(tmp_path):
    """Counts per cohort and readiness add up to the people."""
    found = classified(tmp_path)

    assert {"administrators": {"ready": 1}, "standard": {"phone-only": 1}} == found.counts
    assert (2, 0, 0) == (
        found.header.people_count,
        found.header.rejects_count,
        found.header.shared_numbers_count,
    )


def test_the_same_export_gives_the_same_snapshot(tmp_path):
    """The digest names the population, not the run."""
    assert classified(tmp_path / "a").header == classified(tmp_path / "b").header


def test_a_later_moment_is_another_snapshot(tmp_path):
    """Ages are counted from the moment, so it belongs to the name."""
    folder = write_export(tmp_path / "export")
    later = classify_export(folder, RULES_PATH, NOON + timedelta(days=1))

    assert classify_export(folder, RULES_PATH, NOON).header.digest != later.header.digest


def test_a_moment_needs_a_zone(tmp_path):
    """A naive time would shift everybody's age by hours."""
    with pytest.raises(ValueError, match="without a zone"):
        classify_export(write_export(tmp_path), RULES_PATH, datetime(2026, 11, 2))  # noqa: DTZ001 - that is the point


def test_a_group_class_is_what_the_vendor_can_see(tmp_path):
    """Groups, provider and user type tell accounts apart; title, methods and order of lines do not."""
    users = [
        a_user("u1"),
        a_user("u2", profile={"title": "Somebody else"}),
        a_user("u3"),
        a_user("u4", type={"id": "oty2"}),
        a_user("u5", credentials={"provider": {"type": "LDAP"}}),
        a_user("boss"),
    ]
    groups = [a_membership(one) for one in ("u1", "u2", "u3", "u4", "u5")] + [a_membership("u3", "Sales")]
    found = classified(tmp_path, users=users, groups=groups)
    classes = {member.account_id: member.group_class for member in found.members}

    assert classes["u1"] == classes["u2"]
    assert 5 == len(set(classes.values()))


def test_explain_says_all_that_was_known_and_why(tmp_path):
    """One person's answer names the rule, the reason, what is held and what is wanted."""
    groups = [a_membership("u1"), a_membership("u1", "Sales")]
    factors = [a_factor("u1"), a_factor("u1", "push", status="PENDING_ACTIVATION")]
    told = classified(tmp_path, groups=groups, factors=factors).explain("U1@Example.com")

    assert {
        "account_id": "u1",
        "person_key": person_keys("okta", ["u1"])[0],
        "login": "u1@example.com",
        "status": "ACTIVE",
        "cohort": "standard",
        "because": "nothing sets this account apart",
        "rule": 20,
        "readiness": "phone-only",
        "why": "holds a phone number and nothing stronger",
        "target": ["fastpass", "passkey_bound", "passkey_synced", "security_key", "windows_hello"],
        "methods": ["password", "sms"],
        "pending": ["push"],
        "leftover_phone": False,
        "shares_number": False,
        "groups": ["Everyone", "Sales"],
        "roles": [],
        "is_admin": False,
        "user_type": "Employee",
        "department": "Engineering",
        "title": "Engineer",
        "provider": "OKTA",
        "last_login_age_days": 1,
        "created_age_days": 1036,
    } == {key: value for key, value in told.items() if key != "group_class"}
    assert told == json.loads(json.dumps(told))


def test_explain_answers_to_an_account_id(tmp_path):
    """An id is the name that is never ambiguous; what is unknown is null."""
    users = [a_user("u1", lastLogin=None), a_user("boss")]

    assert classified(tmp_path, users=users).explain("u1")["last_login_age_days"] is None


def test_explain_does_not_guess_whom_one_means(tmp_path):
    """Nobody and more than one are both refused, and rejects are mentioned where there are any."""
    twins = [a_user(one, profile={"login": "same@example.com"}) for one in ("u1", "boss")]
    found = classified(tmp_path, users=[*twins, "not json"])

    with pytest.raises(PersonUnknown, match="2 accounts answer to that name; 1 rows were rejected"):
        found.explain("same@example.com")
    with pytest.raises(PersonUnknown, match="No account of this export answers"):
        found.explain("nobody@example.com")


def test_what_is_sealed_can_be_opened(tmp_path, sealed):
    """The header and the members come back as they were."""
    found = classified(tmp_path)

    assert found.header == open_snapshot(sealed)
    assert list(found.members) == read_members(sealed)


def test_members_are_read_per_cohort(sealed):
    """A wave opens its own cohort only."""
    assert ["boss"] == [member.account_id for member in read_members(sealed, "administrators")]
    assert [] == read_members(sealed, "frontline")


def test_a_snapshot_names_nobody(sealed):
    """Neither login nor address nor name nor number leaves the export."""
    header = (sealed / "snapshot.json").read_text()
    with pa.memory_map(str(sealed / "members.arrow")) as source, pa.ipc.open_file(source) as reader:
        rows = json.dumps(reader.read_all().to_pylist())

    assert not [word for word in ("@", "555", "Engineer", "login") if word in header + rows]
    assert ["members.arrow", "snapshot.json"] == sorted(path.name for path in sealed.iterdir())


def test_sealing_the_same_twice_changes_nothing(tmp_path, sealed):
    """A retry is harmless."""
    before = {path.name: path.read_bytes() for path in sealed.iterdir()}

    assert open_snapshot(sealed) == seal(classified(tmp_path), sealed)
    assert before == {path.name: path.read_bytes() for path in sealed.iterdir()}


def test_another_snapshot_is_never_overwritten(tmp_path, sealed):
    """A plan may have been made from the one that lies there."""
    other = classified(
        tmp_path / "other", users=[a_user("boss")], groups=[a_membership("boss")], factors=[a_factor("boss")]
    )

    with pytest.raises(SnapshotExists, match="lies there already"):
        seal(other, sealed)


def test_a_crash_before_the_header_leaves_no_snapshot(tmp_path, sealed):
    """The header is written last, so half a snapshot is none, and sealing again completes it."""
    (sealed / "snapshot.json").unlink()
    with pytest.raises(SnapshotUnreadable, match=r"no snapshot.json"):
        open_snapshot(sealed)

    seal(classified(tmp_path), sealed)

    assert 2 == len(read_members(sealed))


def change_header(folder: Path, **changes) -> None:
    """Rewrite fields of the header."""
    path = folder / "snapshot.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"people_count": 3},
        {"counts": {"standard": {"ready": 2}}},
        {"digest": "0" * 64},
        {"extra": 1},
        {"taken_at": "noon"},
        {"taken_at": 7},
        {"counts": 7},
        {"counts": None},
        {"schema_version": "1"},
    ],
)
def test_a_header_that_was_edited_is_not_believed(sealed, changes):
    """Any edited field breaks the digest, or the form."""
    change_header(sealed, **changes)

    with pytest.raises(SnapshotChanged) as refused:
        open_snapshot(sealed)
    assert 4 == refused.value.exit_code


def test_a_header_without_a_field_is_not_believed(sealed):
    """A header that lacks something was not written by us."""
    path = sealed / "snapshot.json"
    document = json.loads(path.read_text())
    del document["idp"]
    path.write_text(json.dumps(document))

    with pytest.raises(SnapshotChanged, match="lacks its form"):
        open_snapshot(sealed)


@pytest.mark.parametrize("content", ["", "{", "[]", "7"])
def test_a_header_that_is_no_document_is_not_believed(sealed, content):
    """A truncated header is a changed one."""
    (sealed / "snapshot.json").write_text(content)

    with pytest.raises(SnapshotChanged):
        open_snapshot(sealed)


def test_a_newer_snapshot_is_unreadable_not_broken(sealed):
    """A version that we do not know is a matter of versions, and the hint says so."""
    change_header(sealed, schema_version=2)

    with pytest.raises(SnapshotUnreadable, match="schema version 2") as refused:
        open_snapshot(sealed)
    assert "the offramp that sealed it" in refused.value.hint


def test_a_header_that_was_forged_whole_does_not_fit_the_members(sealed):
    """Recomputing the header's own digest does not make other members fit."""
    document = json.loads((sealed / "snapshot.json").read_text())
    del document["digest"]
    document["members_digest"] = "0" * 64
    change_header(sealed, members_digest="0" * 64, digest=digest_of(document))

    open_snapshot(sealed)
    with pytest.raises(SnapshotChanged, match="members are not those"):
        read_members(sealed)


def rewrite(folder: Path, change) -> None:
    """Write the members again, changed."""
    path = folder / "members.arrow"
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_file(source) as reader:
        table = change(reader.read_all())
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.slice(1),
        lambda table: pa.concat_tables([table, table.slice(0, 1)]),
        lambda table: table.set_column(2, "cohort", pa.array(["standard", "standard"])),
        lambda table: table.take([1, 0]),
        lambda table: table.append_column("login", pa.array(["a", "b"])),
        lambda table: table.drop_columns(["status"]),
    ],
    ids=["one fewer", "one more", "another cohort", "another order", "one column more", "one column fewer"],
)
def test_members_that_were_edited_are_not_believed(sealed, change):
    """Nobody is added to a wave, or taken out of one, behind the plan's back."""
    rewrite(sealed, change)

    with pytest.raises(SnapshotChanged, match="members are not those") as refused:
        read_members(sealed)
    assert 4 == refused.value.exit_code


@pytest.mark.parametrize("name", [one for one in SCHEMA.names if one != "methods"])
def test_every_column_of_a_member_is_sealed(sealed, name):
    """No field can be edited, however small it looks."""
    rewrite(sealed, lambda table: table.set_column(SCHEMA.names.index(name), name, pa.array(["x", "y"])))

    with pytest.raises(SnapshotChanged, match="members are not those"):
        read_members(sealed)


def test_what_a_member_holds_is_sealed(sealed):
    """A method more would make somebody ready who is not."""
    more = pa.array([["security_key"], ["security_key"]], pa.list_(pa.string()))
    rewrite(sealed, lambda table: table.set_column(SCHEMA.names.index("methods"), "methods", more))

    with pytest.raises(SnapshotChanged, match="members are not those"):
        read_members(sealed)


def test_the_same_members_in_another_wrapping_are_the_same(sealed):
    """The digest is of what the members say, so another library version may write them."""
    before = read_members(sealed)
    rewrite(sealed, lambda table: table)

    assert before == read_members(sealed)


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"ARROW1"), lambda path: path.write_bytes(b"")]
)
def test_members_that_cannot_be_read_are_not_believed(sealed, damage):
    """A missing or torn file is a changed snapshot."""
    damage(sealed / "members.arrow")

    with pytest.raises(SnapshotChanged, match="cannot be read"):
        read_members(sealed)
