from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, OPERATOR, history, the_road_to

from migration.events import IntentLapsed, StageFailed
from migration.ledger import GENESIS, Anchor, LedgerBroken, Standing, seal, verify
from migration.posture import Stage

EVENT = StageFailed(intent=1, because="the engine did not finish")
OTHER = IntentLapsed(intent=1, because="nobody carried it out within 24 h")


def three():
    """Make a ledger of three entries."""
    return history(EVENT, OTHER, EVENT)


def anchored(entry):
    """Make an anchor on *entry*."""
    return Anchor("the manifest", entry.number, entry.digest)


def test_the_first_entry_follows_nothing():
    """A ledger begins with a number and a digest that nobody can mistake for an entry's."""
    first = seal(EVENT, after=None, actor=OPERATOR, at=NOON)

    assert (1, GENESIS, "2026-11-02T12:00:00+00:00", OPERATOR, "StageFailed") == (
        first.number,
        first.previous,
        first.at,
        first.actor,
        first.kind,
    )


def test_an_entry_names_the_one_before_it():
    """Number and digest: none can be taken out or put in between."""
    first, second, third = three()

    assert [1, 2, 3] == [first.number, second.number, third.number]
    assert [first.digest, second.digest] == [second.previous, third.previous]


@pytest.mark.parametrize(
    ("event", "actor", "at"),
    [(OTHER, OPERATOR, NOON), (EVENT, "r.lee", NOON), (EVENT, OPERATOR, NOON + timedelta(seconds=1))],
)
def test_the_seal_covers_what_who_and_when(event, actor, at):
    """Nobody can exchange one of them and keep the seal."""
    assert seal(EVENT, after=None, actor=OPERATOR, at=NOON).digest != seal(event, after=None, actor=actor, at=at).digest


def test_an_entry_gives_its_fact_back():
    """What was recorded is what is folded."""
    assert [EVENT, OTHER, EVENT] == [entry.event for entry in three()]


def test_a_ledger_without_entries_is_whole():
    """Nothing was recorded, so nothing can be missing, and nothing needs an anchor."""
    found = verify([], [])

    assert (0, 0, Standing.ANCHORED) == (found.entry_count, found.not_anchored_count, found.standing)


def test_a_chain_without_an_anchor_is_never_called_intact():
    """It could have been rewritten whole, and a bare chain would not show it."""
    entries = three()
    found = verify(entries, [])

    assert (Standing.NOT_ANCHORED, 3) == (found.standing, found.not_anchored_count)
    assert entries[0].at == found.not_anchored_since


def test_entries_after_the_last_anchor_are_not_anchored():
    """An anchor vouches for what lies before it, and for nothing after."""
    entries = three()
    found = verify(entries, [anchored(entries[0]), anchored(entries[1])])

    assert (Standing.NOT_ANCHORED, 1, 2) == (found.standing, found.not_anchored_count, found.anchored_count)
    assert 2 == len(found.anchors)
    assert "2026-11-02T12:02:00+00:00" == found.not_anchored_since


def test_an_anchor_on_the_last_entry_covers_all_of_them():
    """Then every entry is vouched for from outside."""
    entries = three()

    found = verify(entries, [anchored(entries[2])])

    assert (Standing.ANCHORED, None) == (found.standing, found.not_anchored_since)


def test_whoever_did_not_vouch_is_named():
    """So that nobody takes a silent witness for one that agreed."""
    assert ("stack outputs: not reached",) == verify(three(), [], silent=["stack outputs: not reached"]).silent


def test_a_shorter_ledger_is_not_told_from_a_younger_one():
    """Without an anchor beyond its end nothing is missing; that is said as not anchored, and never as intact."""
    entries = three()
    found = verify(entries[:2], [anchored(entries[0])])

    assert (1, Standing.NOT_ANCHORED, entries[1].at) == (
        found.not_anchored_count,
        found.standing,
        found.not_anchored_since,
    )


@pytest.mark.parametrize("number", [0, -1, 4])
def test_an_anchor_on_no_entry_is_found(number):
    """Entries are counted from 1; nothing else can be vouched for."""
    entries = three()

    with pytest.raises(LedgerBroken, match=f"Entry {number} is not the one that the manifest vouches for"):
        verify(entries, [Anchor("the manifest", number, entries[number - 1].digest if number < 4 else "d" * 64)])


def test_anchors_that_contradict_each_other_are_found():
    """One of them was changed; which of them, a human finds out."""
    entries = three()
    other = Anchor("the stack", 2, "d" * 64)

    with pytest.raises(LedgerBroken, match="the manifest and the stack vouch for different entries 2"):
        verify(entries, [anchored(entries[1]), other])


def test_half_a_character_is_found():
    """What was sealed had none, and it has no digest."""
    entries = three()
    entries[1] = replace(entries[1], actor="m.ito\udcff")

    with pytest.raises(LedgerBroken, match="Entry 2 is not what was sealed"):
        verify(entries, [])


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-11-02T12:00:01+00:00"},
        {"actor": "r.lee"},
        {"kind": "IntentAbandoned"},
        {"body": {"intent": 1, "because": "all is well"}},
        {"digest": "0" * 64},
    ],
)
def test_an_entry_that_was_changed_is_found(position, change):
    """Any field, in any place."""
    entries = three()
    entries[position] = replace(entries[position], **change)

    with pytest.raises(LedgerBroken, match=rf"Entry {position + 1} is not what was sealed"):
        verify(entries, [])


@pytest.mark.parametrize("removed", [0, 1])
def test_an_entry_that_was_removed_is_found(removed):
    """The one after it follows nothing any more."""
    entries = three()
    del entries[removed]

    with pytest.raises(LedgerBroken, match=rf"Entry {removed + 2} does not follow entry {removed}"):
        verify(entries, [])


def test_entries_that_changed_places_are_found():
    """The order of decisions is part of the record."""
    first, second, third = three()

    with pytest.raises(LedgerBroken, match="Entry 3 does not follow entry 1"):
        verify([first, third, second], [])


@pytest.mark.parametrize("position", [0, 1])
def test_an_entry_that_was_exchanged_and_sealed_anew_is_found(position):
    """Number and seal are right; the entry after it still names the one that was there."""
    entries = three()
    other = OTHER if position == 0 else EVENT
    entries[position] = history(other, after=entries[:position])[position]

    with pytest.raises(LedgerBroken, match=rf"Entry {position + 2} does not follow entry {position + 1}"):
        verify(entries, [])


def test_a_tail_that_was_rewritten_is_found_by_an_anchor():
    """The chain is whole; only what lies outside the ledger knows better."""
    entries = three()
    rewritten = history(OTHER, after=entries[:2])
    assert verify(rewritten, []).entry_count

    with pytest.raises(LedgerBroken, match="Entry 3 is not the one that the manifest vouches for"):
        verify(rewritten, [anchored(entries[2])])


def test_a_tail_that_was_cut_off_is_found_by_an_anchor():
    """What is missing at the end leaves no gap in the chain."""
    entries = three()

    with pytest.raises(LedgerBroken, match="Entry 3 is not the one that the manifest vouches for"):
        verify(entries[:2], [anchored(entries[2])])


def test_a_ledger_that_was_cut_off_says_where_it_ends():
    """Whoever looks for a backup knows how far it must reach."""
    entries = three()

    with pytest.raises(LedgerBroken) as caught:
        verify(entries[:2], [anchored(entries[2])])
    assert caught.value.context.endswith("the ledger ends with entry 2")


def test_a_ledger_that_was_rewritten_whole_is_found_by_an_anchor():
    """An earlier anchor is enough: every digest after the change is another."""
    entries = three()
    rewritten = history(OTHER, OTHER, EVENT)

    with pytest.raises(LedgerBroken, match="Entry 2 is not the one that the manifest vouches for"):
        verify(rewritten, [anchored(entries[1])])


def test_a_broken_ledger_stops_everything():
    """Exit 4: a human looks before anything is written."""
    with pytest.raises(LedgerBroken) as caught:
        verify(three()[1:], [])

    assert ("ledger-broken", 4) == (caught.value.code, caught.value.exit_code)
    assert "stop" in caught.value.hint


def test_a_long_history_verifies():
    """Plan, steps and their outcomes hold together, manifests and all."""
    entries = the_road_to(Stage.RELAXED)

    assert len(entries) == verify(entries, [anchored(entries[-1])]).anchored_count
