from datetime import timedelta

import pytest
from builders import NOON, WAVE, a_provision, entered, history, requested, settled, the_road_to

from migration.events import AdvanceRefused, StageFailed, WaveHeld, WaveResumed
from migration.exception_events import ExceptionEnded, ExceptionGranted, ExceptionRefused
from migration.people_events import MembershipRequested, MembershipVerified, RetireBegun, Retired, Ticked
from migration.posture import Stage
from migration.report_week import Carried, Said, held_since, week

DAY = timedelta(days=1)
HELD = WaveHeld(wave=WAVE, lane="okta", gate="help desk", because="41 calls")


def a_move(reason):
    """Make one person's move."""
    named = dict.fromkeys(("account", "person", "cohort", "from_wave", "wave", "held_in", "join", "leave", "because"))
    return {**named, "reason": reason}


def a_carried(person, reason):
    """Make one person who did not come along."""
    return {"account": person, "person": person, "reason": reason, "because": "", "wave": None}


def test_a_quiet_week_is_called_quiet():
    """A heartbeat is no news, and neither is nothing at all."""
    entries = history(Ticked(0, 0, 0, 0, 0, ()))

    assert (True, 1) == (week(entries, NOON + DAY).is_quiet, week(entries, NOON + DAY).ticks_count)
    assert week([], NOON).is_quiet


def test_the_week_is_seven_days_and_ends_with_the_report():
    """What happened at its very beginning belongs to the week before, so that no two weeks tell the same."""
    entries = history(HELD)

    seen = [
        len(week(entries, NOON + later).holds) for later in (-DAY, 0 * DAY, 7 * DAY - timedelta(seconds=1), 7 * DAY)
    ]

    assert [0, 1, 1, 0] == seen


def test_every_stage_that_was_entered_is_told_with_its_people():
    """As read back, in the order in which it happened, and added up."""
    found = week(the_road_to(Stage.ENFORCE), NOON + DAY)

    assert [("ENROL", 10), ("ENFORCE", 10)] == [(one.stage, one.people_count) for one in found.entered]
    assert (10, 10, 0) == (found.enrolled_count, found.enforced_count, found.relaxed_count)
    assert not found.is_quiet


def test_settling_and_retiring_are_told_apart_from_moving():
    """Settled people had moved before; a retirement moves nobody, it deletes phones."""
    entries = history(
        settled(intent=1),
        RetireBegun(wave=WAVE, lane="okta", request_digest="d"),
        Retired(wave=WAVE, lane="okta", intent=2, deleted_count=7, skipped_count=1),
    )

    found = week(entries, NOON + DAY)

    assert [("SETTLED", 10), ("RETIRE", 0)] == [(one.stage, one.people_count) for one in found.entered]
    assert (0, 10, 7) == (found.enforced_count, found.settled_count, found.phones_deleted_count)


@pytest.fixture
def carrying():
    """Make the step that left two people behind, one of whom had gone."""
    step = requested(
        Stage.ENFORCE,
        source=Stage.ENROL,
        manifest=a_provision(),
        carried=(a_carried("p1", "needs-key"), a_carried("p2", "left")),
        carry_wave={"key": f"{WAVE}-carried-1"},
    )
    return history(step, at=NOON - 10 * DAY), entered(Stage.ENFORCE, intent=1)


def test_who_was_left_behind_is_told_with_the_wave_that_has_them(carrying):
    """Even where the step was asked for in the week before."""
    asked, outcome = carrying
    entries = history(outcome, at=NOON - DAY, after=asked)

    found = week(entries, NOON)

    assert (Carried(entries[-1].at, WAVE, f"{WAVE}-carried-1", 1, 1),) == found.carried
    assert (1, 1) == (found.carried_count, found.left_count)


def test_a_step_that_was_only_asked_for_carried_nobody(carrying):
    """People move when it is read back, and not before."""
    asked, _ = carrying

    assert () == week(asked, NOON - 9 * DAY).carried


def test_people_outside_a_step_are_counted_when_they_are_read_back():
    """Joiners, leavers and movers by their reason; an intent without its outcome moved nobody."""
    asked = MembershipRequested("joined", (a_move("joined"), a_move("joined")))
    others = MembershipRequested("left", (a_move("left"), a_move("moved")))
    entries = history(asked, MembershipVerified(1, 2), others)

    assert (2, 0, 0) == _people(week(entries, NOON + DAY))
    assert (2, 1, 1) == _people(week(history(MembershipVerified(3, 2), after=entries), NOON + DAY))


def _people(found):
    return found.joined_count, found.left_count, found.moved_count


def test_refusals_holds_and_leaves_to_go_on_carry_their_reason():
    """By whom, and why; a failed read-back is counted."""
    entries = history(
        AdvanceRefused(wave=WAVE, lane="okta", to=Stage.ENFORCE, because="3 are not ready"),
        HELD,
        WaveResumed(wave=WAVE, lane="okta", because="it was one bad printer"),
        StageFailed(intent=1, because="2 are missing"),
    )

    found = week(entries, NOON + DAY)

    assert (Said(entries[0].at, WAVE, entries[0].actor, "3 are not ready"),) == found.refusals
    assert (Said(entries[1].at, WAVE, "help desk", "41 calls"),) == found.holds
    assert (Said(entries[2].at, WAVE, entries[2].actor, "it was one bad printer"),) == found.resumed
    assert 1 == found.failed_count


def test_exceptions_are_counted_by_what_became_of_them():
    """Granted, refused and ended; one that was only begun is none of them."""
    entries = history(ExceptionGranted("a", 1, 1), ExceptionEnded("b", 1, 0, 1, 1), ExceptionRefused("c", "x", "no"))

    assert {"requested": 0, "granted": 1, "refused": 1, "ended": 1} == week(entries, NOON + DAY).exceptions


def test_a_hold_began_when_the_lane_was_first_held():
    """A gate that fails again tomorrow does not make the hold young; going on ends it."""
    again = WaveHeld(wave=WAVE, lane="okta", gate="lockouts", because="2 of 9")
    entries = history(HELD, again)

    assert {WAVE: entries[0].at} == held_since(entries)
    assert {} == held_since(history(WaveResumed(wave=WAVE, lane="okta", because="mended"), after=entries))
    assert {} == held_since(history(entered(Stage.RELAXED, intent=1), after=entries))
