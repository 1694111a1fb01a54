import pytest

from migration.people_changes import Change, Known, Seen, changes
from migration.posture import Stage

SETS = {"joiners", "home-standard", "home-administrators", "slot-1"}


def known(*, cohort="standard", wave="standard-01", held_in="slot-1", stage=Stage.ENROL):
    """Make somebody whom we have in a wave."""
    return Known("ann", "00u-ann", cohort, wave, held_in, stage)


def seen(*, cohort="standard", is_ready=False):
    """Make what the newest snapshot says of the same person."""
    return Seen("ann", "00u-ann", cohort, is_ready)


def change(before, now, sets=frozenset(SETS)):
    """Return what became of one person, or None."""
    found = changes({"ann": before} if before else {}, {"ann": now} if now else {}, sets=sets)
    assert len(found) <= 1
    return found[0] if found else None


def test_who_is_where_they_should_be_is_no_change():
    """Most people, on most days."""
    assert change(known(), seen()) is None
    assert change(None, None) is None


def test_who_was_hired_after_the_plan_joins_the_standing_set():
    """Until a wave takes them they can enrol, and add no phone."""
    found = change(None, seen())

    assert (Change.JOINED, "joiners", None) == (found.change, found.join, found.leave)


def test_who_comes_back_from_leave_is_a_joiner():
    """Where they were before does not matter: everything else has moved on."""
    away = known(wave=None, held_in=None)

    assert Change.JOINED is change(away, seen()).change


def test_a_cohort_without_a_target_has_no_joiners():
    """Nothing of ours touches people of whom nobody said where they are going."""
    assert change(None, seen(cohort="frontline")) is None


def test_who_left_leaves_the_set_that_holds_them():
    """An account that cannot sign in keeps no place among those that can."""
    found = change(known(held_in="home-standard", stage=Stage.ENFORCE), None)

    assert (Change.LEFT, None, "home-standard") == (found.change, found.join, found.leave)


def test_who_left_before_does_not_leave_again():
    """A tick repeats nothing."""
    assert change(known(wave=None, held_in=None), None) is None


def test_who_changes_cohort_while_enrolling_goes_to_the_joiners():
    """Sign-in stays as it was for them until their new wave comes."""
    found = change(known(), seen(cohort="administrators"))

    assert (Change.MOVED, "joiners", "slot-1", False) == (found.change, found.join, found.leave, found.falls)


def test_who_is_enforced_and_ready_moves_into_the_new_home():
    """They join the new home before they leave the old one."""
    found = change(known(held_in="home-standard", stage=Stage.ENFORCE), seen(cohort="administrators", is_ready=True))

    assert ("home-administrators", "home-standard", False) == (found.join, found.leave, found.falls)


def test_who_is_enforced_and_not_ready_stays_enforced():
    """To wait in a set that accepts SMS would lower their assurance because of a promotion."""
    found = change(known(held_in="home-standard", stage=Stage.ENFORCE), seen(cohort="administrators"))

    assert (None, None) == (found.join, found.leave)
    assert "stays enforced" in found.waits


def test_a_move_to_a_weaker_target_needs_approval():
    """An administrator who becomes standard staff could use a synced passkey from then on."""
    before = known(cohort="administrators", held_in="home-administrators", stage=Stage.ENFORCE)

    assert change(before, seen(is_ready=True)).falls


@pytest.mark.parametrize("before", [None, known()])
def test_every_change_says_why(before):
    """The ledger and the report show the reason beside the move."""
    now = seen(cohort="administrators") if before else seen()

    assert change(before, now).because
