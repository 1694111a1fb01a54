import errno
import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from export_builders import NOON, a_factor, a_membership, a_user, write_export

from cohorts import sealing, tables
from cohorts.errors import SnapshotChanged, SnapshotExists, SnapshotUnreadable
from cohorts.rules import RULES_PATH
from cohorts.sealing import SCHEMA, members_digest, open_snapshot, ordered, read_members, read_table, seal
from cohorts.segment import classify_export
from cohorts.snapshot import SCHEMA_VERSION, digest_of


def classified(folder: Path, at=NOON, **files):
    """Classify an export of these rows by our own rule book."""
    return classify_export(write_export(folder / "export", **files), RULES_PATH, at)


@pytest.fixture
def found(tmp_path):
    """The usual export of two people, classified."""
    return classified(tmp_path)


@pytest.fixture
def sealed(tmp_path, found) -> Path:
    """The folder in which it was sealed."""
    seal(found.header, found.table, tmp_path / "snapshot")
    return tmp_path / "snapshot"


def test_what_is_sealed_can_be_opened(found, sealed):
    """The header and the members come back as they were."""
    assert found.header == open_snapshot(sealed)
    assert list(found.members) == read_members(sealed)


def test_members_are_read_per_cohort_and_provider(sealed):
    """A wave opens its own cohort, of its own provider, alone."""
    assert ["boss"] == [member.account_id for member in read_members(sealed, "administrators")]
    assert [] == read_members(sealed, "frontline")
    assert ["boss", "u1"] == [member.account_id for member in read_members(sealed, idp="okta")]
    assert [] == read_members(sealed, "administrators", idp="entra")


def test_members_stand_in_one_order(tmp_path):
    """By provider and account id, byte by byte, whatever the order of the export."""
    names = ["ü1", "u2", "U3", "boss", "u10"]
    users, groups = [a_user(one) for one in names], [a_membership("boss")]
    found = classified(tmp_path, users=users, groups=groups, factors=[a_factor("boss")])

    assert ["U3", "boss", "u10", "u2", "ü1"] == [member.account_id for member in found.members]
    shuffled = found.table.take([3, 1, 4, 0, 2])
    assert members_digest(found.table) != members_digest(shuffled)
    assert members_digest(found.table) == members_digest(ordered(shuffled))


def test_the_digest_names_what_is_said_not_how_it_is_kept(found):
    """Other chunks and other codes are the same members."""
    coded = [found.table.slice(0, 1), found.table.slice(1)]
    texts = pa.concat_tables(
        [
            pa.table({name: part[name].cast(found.table.schema.field(name).type) for name in SCHEMA.names})
            for part in coded
        ]
    )
    dictionary = pa.DictionaryArray.from_arrays(
        pa.array([1, 2], pa.int32()), pa.array(["x", "administrators", "standard"])
    )
    recoded = found.table.set_column(SCHEMA.names.index("cohort"), SCHEMA.field("cohort"), dictionary)

    assert members_digest(found.table) == members_digest(texts) == members_digest(recoded)


def test_a_text_cannot_run_into_the_next(found):
    """Two accounts, "ab" and "c", are others than "a" and "bc"."""
    place = SCHEMA.names.index("account_id")
    first, second = (
        found.table.set_column(place, SCHEMA.field("account_id"), pa.array(ids)) for ids in (["ab", "c"], ["a", "bc"])
    )

    assert members_digest(first) != members_digest(second)


def test_the_digest_is_stable_from_one_version_to_the_next():
    """Plans name it, so what is hashed may change with the schema's version only."""
    texts = {name: ["a", "b"] for name in SCHEMA.names if name not in {"methods", "marks"}}
    table = pa.table({**texts, "methods": [1, 2], "marks": [[0, 1], [2, 0]]}).select(SCHEMA.names).cast(SCHEMA)

    assert "b32e5b87e0f647466ad62c3c65e2099123ff5f713393006e9291b0d01aeb6368" == members_digest(table)
    assert 2 == SCHEMA_VERSION


def test_the_same_export_gives_the_same_snapshot(tmp_path):
    """The digest names the population, not the run."""
    assert classified(tmp_path / "a").header == classified(tmp_path / "b").header


def test_a_later_moment_is_another_snapshot(tmp_path):
    """Ages are counted from the moment, so it belongs to the name."""
    assert classified(tmp_path).header.digest != classified(tmp_path, NOON + timedelta(days=1)).header.digest


def test_the_bytes_of_the_files_stand_beside_the_digest(tmp_path):
    """Two files may say the same; which one it was is kept, and is no other population."""
    first = classified(tmp_path)
    path = tmp_path / "export/users.jsonl"
    path.write_text(path.read_text().replace('"status": ', '"status":   '))
    second = classify_export(tmp_path / "export", RULES_PATH, NOON)

    assert first.header.digest == second.header.digest
    assert {"users.jsonl"} == {
        name for name, told in first.header.sources.items() if told != second.header.sources[name]
    }
    assert {"users.jsonl", "factors.jsonl", "groups.jsonl", "roles.jsonl"} == set(first.header.sources)


def test_a_snapshot_names_nobody(sealed):
    """Neither login nor address nor title nor number leaves the export."""
    header = (sealed / "snapshot.json").read_text()
    with pa.memory_map(str(sealed / "members.arrow")) as source, pa.ipc.open_file(source) as reader:
        rows = json.dumps(reader.read_all().to_pylist())

    assert [] == [word for word in ("@", "1555", "+1", "Engineer") if word in header + rows]
    assert ["members.arrow", "snapshot.json"] == sorted(path.name for path in sealed.iterdir())


def test_sealing_the_same_twice_changes_nothing(found, sealed):
    """A retry is harmless."""
    before = {path.name: path.read_bytes() for path in sealed.iterdir()}

    assert open_snapshot(sealed) == seal(found.header, found.table, sealed)
    assert before == {path.name: path.read_bytes() for path in sealed.iterdir()}


def test_sealing_again_looks_at_what_lies_there(found, sealed):
    """That it is called the same does not make it the same."""
    rewrite(sealed, lambda table: table.slice(1))

    with pytest.raises(SnapshotChanged, match="members are not those"):
        seal(found.header, found.table, sealed)


def test_another_snapshot_is_never_overwritten(tmp_path, sealed):
    """A plan may have been made from the one that lies there."""
    other = classified(
        tmp_path / "other", users=[a_user("boss")], groups=[a_membership("boss")], factors=[a_factor("boss")]
    )

    with pytest.raises(SnapshotExists, match="lies there already"):
        seal(other.header, other.table, sealed)


def test_a_crash_before_the_header_leaves_no_snapshot(found, sealed):
    """The header is written last, so half a snapshot is none, and sealing again completes it."""
    (sealed / "snapshot.json").unlink()
    with pytest.raises(SnapshotUnreadable, match=r"no snapshot.json"):
        open_snapshot(sealed)

    seal(found.header, found.table, sealed)

    assert 2 == len(read_members(sealed))


@pytest.mark.parametrize("last", ["members.arrow", "snapshot.json"])
def test_a_full_disk_leaves_no_half_of_a_file(tmp_path, found, monkeypatch, last):
    """Whatever was written is taken away again, and there is no snapshot."""
    aside = tables.aside

    def full(path, *rest):
        if path.name == last:
            raise OSError(errno.ENOSPC, "No space left on device")
        return aside(path, *rest)

    monkeypatch.setattr(sealing, "aside", full)
    with pytest.raises(OSError, match="No space"):
        seal(found.header, found.table, tmp_path / "snapshot")

    assert [] == [path.name for path in (tmp_path / "snapshot").iterdir() if path.name != "members.arrow"]
    with pytest.raises(SnapshotUnreadable):
        open_snapshot(tmp_path / "snapshot")


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path, found):
    """It is written aside, and renamed when it is whole."""
    with pytest.raises((ValueError, pa.ArrowException)):
        seal(found.header, found.table.drop_columns(["status"]), tmp_path / "snapshot")

    assert [] == list((tmp_path / "snapshot").iterdir())


def change_header(folder: Path, **changes) -> None:
    """Rewrite fields of the header."""
    path = folder / "snapshot.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"people_count": 3},
        {"persons_count": 1},
        {"conflicts_count": 1},
        {"counts": {"standard": {"ready": 2}}},
        {"idps": ["okta", "entra"]},
        {"asked": []},
        {"targets": {"standard": ["sms"]}},
        {"rules_digest": "0" * 64},
        {"digest": "0" * 64},
        {"digest": 7},
        {"extra": 1},
        {"taken_at": "noon"},
        {"taken_at": 7},
        {"taken_at": "2026-11-02T12:00:01+00:00"},
        {"counts": 7},
        {"counts": None},
        {"sources": 7},
        {"idps": ["\ud800"]},
        {"schema_version": "1"},
        {"schema_version": None},
    ],
)
def test_a_header_that_was_edited_is_not_believed(sealed, changes):
    """Any edited field breaks the digest, or the form."""
    change_header(sealed, **changes)

    with pytest.raises(SnapshotChanged) as refused:
        open_snapshot(sealed)
    assert 4 == refused.value.exit_code


@pytest.mark.parametrize("field", ["idps", "digest", "members_digest", "sources", "asked"])
def test_a_header_without_a_field_is_not_believed(sealed, field):
    """A header that lacks something was not written by us."""
    path = sealed / "snapshot.json"
    document = json.loads(path.read_text())
    del document[field]
    path.write_text(json.dumps(document))

    with pytest.raises(SnapshotChanged, match="lacks its form"):
        open_snapshot(sealed)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_a_header_that_is_no_document_is_not_believed(sealed, content):
    """A truncated header is a changed one."""
    (sealed / "snapshot.json").write_bytes(content)

    with pytest.raises(SnapshotChanged):
        open_snapshot(sealed)


@pytest.mark.parametrize("version", [1, 3])
def test_a_snapshot_of_another_version_is_unreadable_not_broken(sealed, version):
    """A version that we do not read is a matter of versions, and the hint says so."""
    change_header(sealed, schema_version=version)

    with pytest.raises(SnapshotUnreadable, match=f"schema version {version}") as refused:
        open_snapshot(sealed)
    assert "the offramp that sealed it" in refused.value.hint


def test_a_header_that_was_forged_whole_does_not_fit_the_members(sealed):
    """Recomputing the header's own digest does not make other members fit."""
    document = json.loads((sealed / "snapshot.json").read_text())
    del document["digest"], document["sources"]
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
        lambda table: table.take([1, 0]),
        lambda table: table.append_column("login", pa.array(["a", "b"])),
        lambda table: table.drop_columns(["status"]),
        lambda table: table.rename_columns([*SCHEMA.names[:-1], "other"]),
    ],
    ids=["one fewer", "one more", "another order", "one column more", "one column fewer", "another name"],
)
def test_members_that_were_edited_are_not_believed(sealed, change):
    """Nobody is added to a wave, or taken out of one, behind the plan's back."""
    rewrite(sealed, change)

    with pytest.raises(SnapshotChanged, match="members are not those") as refused:
        read_members(sealed)
    assert 4 == refused.value.exit_code


def another(table: pa.Table, name: str) -> pa.Array:
    """Return a column of the same type that says something else of the second member."""
    values = table[name].to_pylist()
    values[1] = {"methods": 32, "marks": [9]}.get(name, "x")
    return pa.array(values, SCHEMA.field(name).type if name in {"methods", "marks"} else pa.string())


@pytest.mark.parametrize("name", SCHEMA.names)
def test_every_column_of_a_member_is_sealed(sealed, name):
    """No field can be edited, however small it looks; not even where the types stay what they were."""

    def edited(table):
        column = another(table, name)
        column = column if column.type == SCHEMA.field(name).type else column.dictionary_encode()
        return table.set_column(SCHEMA.names.index(name), SCHEMA.field(name), column)

    rewrite(sealed, edited)

    with pytest.raises(SnapshotChanged, match="members are not those"):
        read_members(sealed)


@pytest.mark.parametrize("name", SCHEMA.names)
def test_a_member_of_whom_something_is_missing_is_not_believed(sealed, name):
    """What is missing cannot be vouched for."""

    def holed(table):
        kind = SCHEMA.field(name).type
        values = pa.array(
            [None, *table[name].to_pylist()[1:]], kind.value_type if pa.types.is_dictionary(kind) else kind
        )
        values = values.dictionary_encode() if pa.types.is_dictionary(kind) else values
        return table.set_column(SCHEMA.names.index(name), SCHEMA.field(name), values)

    rewrite(sealed, holed)

    with pytest.raises(SnapshotChanged, match="members are not those"):
        read_members(sealed)


def test_codes_that_lead_nowhere_are_not_followed(sealed):
    """A code beyond its dictionary would be read from somebody else's memory."""

    def led_astray(table):
        codes = pa.DictionaryArray.from_arrays(pa.array([0, 99], pa.int32()), pa.array(["standard"]), safe=False)
        return table.set_column(SCHEMA.names.index("cohort"), SCHEMA.field("cohort"), codes)

    rewrite(sealed, led_astray)

    with pytest.raises(SnapshotChanged, match="cannot be read"):
        read_members(sealed)


def test_the_same_members_in_another_wrapping_are_the_same(sealed):
    """The digest is of what the members say, so another library version may write them."""
    before = read_members(sealed)
    rewrite(sealed, lambda table: table)

    assert before == read_members(sealed)
    assert SCHEMA == read_table(sealed).schema


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"ARROW1"), lambda path: path.write_bytes(b"")]
)
def test_members_that_cannot_be_read_are_not_believed(sealed, damage):
    """A missing or torn file is a changed snapshot."""
    damage(sealed / "members.arrow")

    with pytest.raises(SnapshotChanged, match="cannot be read"):
        read_members(sealed)


def test_any_single_edited_byte_is_found_out(sealed):
    """Every byte that says something about a member is vouched for; the others change nothing."""
    path, before = sealed / "members.arrow", read_members(sealed)
    content = path.read_bytes()
    for at in range(0, len(content), 23):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        with suppress(SnapshotChanged):
            assert before == read_members(sealed)
