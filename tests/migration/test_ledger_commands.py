import json
from dataclasses import replace

import pytest
from builders import NOON
from click.testing import CliRunner
from desks import a_world

from migration.adapters.sql_ledger import SqlLedger
from migration.cli.ledger import ledger
from migration.errors import EngineMissing
from migration.events import StageFailed
from migration.ledger import LedgerBroken, verify
from migration.ledger_export import read_jsonl
from migration.operations import reading
from migration.posture import Stage


class Engine:
    """An engine of which only the outputs are asked for."""

    def __init__(self, outputs):
        self.answer = outputs

    def outputs(self):
        """Return what the stack exports, or fail as a missing engine does."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def world(tmp_path):
    """Make a programme with a wave at ENROL: four entries, the third of which the manifest and the stack name."""
    found = a_world(tmp_path)
    found.take_snapshot()
    found.bring_to(Stage.ENROL)
    return found


@pytest.fixture
def type_in(world):
    """Run a command on the world's desk, and return its result."""

    def run(*words, **changes):
        desk = replace(world.desk, **changes)
        return CliRunner().invoke(ledger, words, obj=type("Late", (), {"desk": lambda _: desk})())

    return run


def decided_by(world, number):
    """Return what the stack exports about the entry that decided its manifest."""
    return {"entry": number, "digest": world.ledger.entries()[number - 1].digest}


def seen(world, outputs):
    """Return (where, entry) of each anchor, and who was silent."""
    found, _ = reading.verified(replace(world.desk, engine=Engine(outputs)))
    return [(anchor.where, anchor.entry) for anchor in found.anchors], found.silent


def test_the_manifest_and_the_stack_both_vouch(world):
    """What is published may be ahead of what was carried out; the later one covers more."""
    both = [("the manifest", 3), ("the stack", 1)]

    assert (both, ()) == seen(world, {"decided_by": decided_by(world, 1), "manifest_digest": "d" * 64})


def test_a_number_may_come_back_from_the_engine_as_a_fraction(world):
    """Its values have one kind of number."""
    named = {**decided_by(world, 1), "entry": 1.0}

    assert ("the stack", 1) == seen(world, {"decided_by": named})[0][1]


def test_a_stack_that_names_its_manifest_alone_vouches_for_the_entry_that_decided_it(world):
    """The manifest's digest covers the entry that it names."""
    digest = world.documents.manifest().digest

    assert ("the stack", 3) == seen(world, {"manifest_digest": digest})[0][1]


@pytest.mark.parametrize(
    ("outputs", "silent"),
    [
        ({}, "stack outputs: none yet"),
        ({"manifest_digest": "d" * 64}, "stack outputs: no entry is named by them"),
        ({"decided_by": "somebody"}, "stack outputs: no entry is named by them"),
        (EngineMissing("There is no pulumi", context="", hint=""), "stack outputs: not reached; There is no pulumi"),
    ],
)
def test_a_stack_that_does_not_vouch_is_said_and_is_no_error(world, outputs, silent):
    """Before the first update, of another version, or out of reach: the manifest vouches still."""
    assert ([("the manifest", 3)], (silent,)) == seen(world, outputs)


def test_a_ledger_that_the_stack_contradicts_is_broken(world):
    """Somebody who can edit the ledger and the repository cannot edit what was carried out."""
    world.ledger._lines.pop()
    with pytest.raises(LedgerBroken, match="Entry 4 is not the one that the stack vouches for"):
        seen(world, {"decided_by": {"entry": 4, "digest": "d" * 64}})


def test_a_stack_and_a_manifest_that_contradict_each_other_are_found(world):
    """Whichever of them the ledger agrees with."""
    with pytest.raises(LedgerBroken, match="the manifest and the stack vouch for different entries 3"):
        seen(world, {"decided_by": {"entry": 3, "digest": "d" * 64}})


def test_a_report_asks_no_engine(world):
    """It is made offline."""
    found, _ = reading.verified(replace(world.desk, engine=None), ask_engine=False)

    assert (["the manifest"], ()) == ([anchor.where for anchor in found.anchors], found.silent)


def test_verification_tells_each_anchor_and_what_none_covers(type_in, world):
    """Not anchored is said, not failed."""
    found = type_in("verify", engine=Engine({"decided_by": decided_by(world, 1)}))
    digests = [entry.digest[:16] for entry in world.ledger.entries()]

    assert 0 == found.exit_code
    assert [
        f"anchor: the manifest, entry 3, {digests[2]}",
        f"anchor: the stack, entry 1, {digests[0]}",
        "4 entries follow one another; 3 are vouched for outside",
        "1 after the last anchor, since 2026-11-02T12:00:00+00:00: not anchored",
    ] == found.stderr.splitlines()


def test_verification_tells_programs_the_same(type_in):
    """Under stable names."""
    found = type_in("verify", "--json", engine=Engine({}))
    told = json.loads(found.stdout)

    assert {
        "schema_version": 1,
        "kind": "verification",
        "standing": "not anchored",
        "entry_count": 4,
        "anchored_count": 3,
        "not_anchored_count": 1,
        "not_anchored_since": "2026-11-02T12:00:00+00:00",
        "silent": ["stack outputs: none yet"],
    } == {name: value for name, value in told.items() if name != "anchors"}
    assert [{"where", "entry", "digest"}] == [set(anchor) for anchor in told["anchors"]]


def test_who_is_silent_is_told_to_people_too(type_in):
    """One line each, so that nobody takes silence for agreement."""
    assert "no anchor: stack outputs: none yet" in type_in("verify", engine=Engine({})).stderr.splitlines()


def test_an_export_goes_where_one_says_and_verifies(type_in, world, tmp_path):
    """Against the same anchors as the ledger itself."""
    path = tmp_path / "ledger.jsonl"
    assert 0 == type_in("export", "--jsonl", str(path)).exit_code
    assert 4 == verify(read_jsonl(path.read_bytes()), []).entry_count

    found = type_in("verify", "--json", "--jsonl", str(path), engine=Engine({"decided_by": decided_by(world, 1)}))
    assert (0, 4, 3) == (
        found.exit_code,
        *(json.loads(found.stdout)[name] for name in ("entry_count", "anchored_count")),
    )


def test_an_export_goes_to_stdout_by_default(type_in, tmp_path):
    """The same bytes, and nothing else."""
    type_in("export", "--jsonl", str(tmp_path / "ledger.jsonl"))

    assert (tmp_path / "ledger.jsonl").read_bytes() == type_in("export").stdout_bytes


def test_an_export_can_end_where_the_ledger_stood(type_in):
    """An auditor asks about a day."""
    assert "" == type_in("export", "--as-of", "2026-11-02T11:59:00Z").stdout


def test_two_databases_export_the_same_bytes(type_in, world, tmp_path):
    """Where a ledger is kept is no part of what it says."""
    kept = SqlLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    for entry in world.ledger.entries():
        kept.append(entry.event, actor=entry.actor, at=NOON)

    assert type_in("export").stdout == type_in("export", ledger=kept).stdout


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda lines: [lines[0].replace(b"m.ito", b"r.lee"), *lines[1:]], "Entry 1 is not what was sealed"),
        (lambda lines: lines[:2], "Entry 3 is not the one that the manifest vouches for"),
        (lambda lines: [lines[0][:-9]], "Line 1 of the export is not as exported: it was cut off"),
    ],
)
def test_an_export_that_was_changed_is_found(type_in, tmp_path, change, found):
    """Edited, cut short, or broken on its way."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(change(type_in("export").stdout_bytes.splitlines(keepends=True))))

    failure = type_in("verify", "--jsonl", str(path)).exception
    assert ("ledger-broken", found) == (failure.code, failure.message)


def test_a_broken_ledger_can_be_exported_for_whoever_must_look_into_it(type_in, world):
    """As it is; verification says what is wrong with it."""
    world.ledger._lines[1] = world.ledger._lines[1].replace("m.ito", "r.lee")

    exported = read_jsonl(type_in("export").stdout_bytes)
    with pytest.raises(LedgerBroken, match="Entry 2 is not what was sealed"):
        verify(exported, [])


def test_a_file_that_is_not_there_is_a_matter_of_the_command(type_in):
    """Exit 2: whoever named it can mend it."""
    assert 2 == type_in("verify", "--jsonl", "nowhere.jsonl").exit_code


def test_nothing_recorded_is_nothing_exported(tmp_path):
    """An empty ledger is an empty file, and verifies."""
    desk = a_world(tmp_path).desk
    found = CliRunner().invoke(ledger, ["export"], obj=type("Late", (), {"desk": lambda _: desk})())

    assert (0, "") == (found.exit_code, found.stdout)


def test_a_desk_without_a_manifest_is_not_anchored(tmp_path):
    """Nothing was published, so nothing vouches."""
    world = a_world(tmp_path)
    world.ledger.append(StageFailed(intent=1, because="late"), actor="m.ito", at=NOON)

    assert ([], ("stack outputs: none yet",)) == seen(world, {})
