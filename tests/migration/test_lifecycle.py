from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import (
    APPROVER,
    NOON,
    OPERATOR,
    WAVE,
    a_calendar,
    a_lease,
    a_plan,
    a_programme,
    a_provision,
    a_wave,
    evidence,
    history,
    provisioned,
    published,
    requested,
    settled,
    settling,
    the_road_to,
    year_end,
)

from migration import lifecycle
from migration.lifecycle import BACK, NEXT, NOT_BUILT, Granted, Refused, free_slot_key, has_lapsed
from migration.posture import Stage
from migration.programme import OKTA, Programme, fold


def advance(programme, to, *, wave=None, known=None, calendar=None, at=NOON):
    """Ask for a move at noon, with everyone ready and no freeze, unless told otherwise."""
    return lifecycle.advance(
        programme,
        wave or a_wave(),
        to,
        evidence=known or evidence(),
        calendar=calendar or a_calendar(),
        at=at,
    )


def roll_back(programme, *, approved_by=APPROVER, actor=OPERATOR, wave=None):
    """Ask to go back, with an approval."""
    return lifecycle.roll_back(programme, wave or a_wave(), approved_by=approved_by, actor=actor)


def settle(programme, wave=None):
    """Ask to settle."""
    return lifecycle.settle(programme, wave or a_wave())


def a_settled_programme():
    """Make a programme whose wave lives in its home."""
    entries = the_road_to(Stage.ENFORCE)
    entries = history(settling(fold(entries).confirmed), after=entries)
    return fold(history(settled(intent=5), after=entries))


def a_busy_programme(stage=Stage.ENROL):
    """Make a programme with an intent of another wave open."""
    entries = the_road_to(stage)
    other = requested(Stage.ENROL, manifest=fold(entries).confirmed, wave="administrators-01", slot="slot-2")
    return fold(history(other, after=entries))


@pytest.mark.parametrize("source", Stage)
@pytest.mark.parametrize("to", Stage)
def test_only_what_the_table_allows_and_what_is_built_is_granted(source, to):
    """A wave skips no stage and goes back by no advance, whoever asks."""
    lane = replace(a_programme(Stage.ENROL).lane(WAVE), stage=source)
    programme = replace(a_programme(Stage.ENROL), lanes={WAVE: lane})

    decision = advance(programme, to)

    assert (to in NEXT[OKTA][source] and to not in NOT_BUILT) is isinstance(decision, Granted)


def test_the_table_is_the_one_that_was_agreed():
    """Forward from PLANNED over ENROL to ENFORCE; REHEARSE may lie between; RETIRE is the end."""
    assert {
        Stage.PLANNED: (Stage.ENROL,),
        Stage.ENROL: (Stage.REHEARSE, Stage.ENFORCE),
        Stage.REHEARSE: (Stage.ENFORCE,),
        Stage.ENFORCE: (Stage.RETIRE,),
        Stage.RELAXED: (Stage.ENFORCE,),
        Stage.RETIRE: (),
    } == NEXT[OKTA]
    assert {Stage.ENFORCE: Stage.RELAXED} == BACK[OKTA]


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (Stage.PLANNED, Stage.ENROL),
        (Stage.ENROL, Stage.ENFORCE),
        (Stage.ENFORCE, Stage.RETIRE),
        (Stage.RELAXED, Stage.ENFORCE),
        (Stage.RETIRE, Stage.RETIRE),
    ],
)
def test_an_advance_without_a_stage_goes_to_the_first_that_is_built(stage, expected):
    """Where none is built the refusal of the first says why; after the last there is nothing."""
    assert expected is lifecycle.next_stage(replace(a_programme().lane(WAVE), stage=stage))


def test_the_first_step_leases_the_first_free_slot():
    """A wave that never moved has no slot yet."""
    assert Granted(Stage.ENROL, "slot-1") == advance(a_programme(), Stage.ENROL)


@pytest.mark.parametrize("stage", [Stage.ENROL, Stage.RELAXED])
def test_a_wave_keeps_its_slot_until_it_settles(stage):
    """Membership stays while the posture changes around it."""
    assert Granted(Stage.ENFORCE, "slot-1") == advance(a_programme(stage), Stage.ENFORCE)


def test_a_stage_that_does_not_follow_is_refused_with_the_ones_that_do():
    """The operator reads what is possible from here."""
    refused = advance(a_programme(), Stage.ENFORCE)

    assert (
        Refused(
            Stage.ENFORCE,
            "PLANNED is followed by ENROL, not by ENFORCE",
            "offramp wave advance standard-01 --lane okta",
        )
        == refused
    )
    assert "ENROL is followed by REHEARSE or ENFORCE" in advance(a_programme(Stage.ENROL), Stage.RETIRE).because


def test_nothing_follows_the_last_stage():
    """RETIRE is a one-way door."""
    lane = replace(a_programme().lane(WAVE), stage=Stage.RETIRE)

    refused = advance(replace(a_programme(), lanes={WAVE: lane}), Stage.RETIRE)

    assert "RETIRE is followed by nothing, not by RETIRE" == refused.because


@pytest.mark.parametrize(
    ("stage", "to", "hint"),
    [
        (Stage.ENROL, Stage.REHEARSE, "offramp wave advance standard-01 --lane okta --to ENFORCE"),
        (Stage.ENFORCE, Stage.RETIRE, "offramp wave settle standard-01 --lane okta"),
    ],
)
def test_a_stage_that_is_not_built_is_refused_with_the_way_on(stage, to, hint):
    """We say what we cannot do, and what to type instead."""
    assert Refused(to, NOT_BUILT[to], hint) == advance(a_programme(stage), to)


def test_a_cohort_without_a_posture_stays_planned():
    """It is recognised and planned; nobody guesses what it should accept."""
    programme = a_programme()

    refused = advance(programme, Stage.ENROL, wave=a_wave("finance-01"))

    assert "the cohort finance has no posture yet, so finance-01 stays PLANNED" == refused.because


def test_nobody_is_moved_forward_inside_a_freeze():
    """The refusal names the reason and the first day on which it may be asked again."""
    at = datetime(2026, 12, 18, 9, tzinfo=UTC)

    refused = advance(a_programme(), Stage.ENROL, calendar=a_calendar(year_end()), at=at)

    assert "nobody is moved until 2027-01-04: year-end freeze" == refused.because
    assert refused.hint.endswith("(on 2027-01-04 or later)")


def test_a_freeze_does_not_stand_in_the_way_of_going_back():
    """Whatever the calendar says: roll_back is not even shown it."""
    assert Granted(Stage.RELAXED, "slot-1") == roll_back(a_programme(Stage.ENFORCE))


def test_enforce_waits_until_everyone_is_ready():
    """One person who would be locked out is enough, and the reasons are counted."""
    refused = advance(a_programme(Stage.ENROL), Stage.ENFORCE, known=evidence(7, needs_key=2, gone=1))

    assert "3 of 10 people are not ready (1 gone, 2 needs-key)" == refused.because
    assert refused.hint.startswith("offramp wave stuck standard-01")


def test_enrol_asks_nobody_to_be_ready():
    """That is what ENROL is for; it is granted with no snapshot at all."""
    decision = lifecycle.advance(a_programme(), a_wave(), Stage.ENROL, evidence=None, calendar=a_calendar(), at=NOON)

    assert Granted(Stage.ENROL, "slot-1") == decision


def test_silence_opens_no_gate():
    """Without a snapshot nobody knows who is ready, and unknown means stay."""
    refused = lifecycle.advance(
        a_programme(Stage.ENROL), a_wave(), Stage.ENFORCE, evidence=None, calendar=a_calendar(), at=NOON
    )

    assert "nobody knows who is ready: no snapshot" == refused.because


@pytest.mark.parametrize(("age", "is_granted"), [(timedelta(hours=24), True), (timedelta(hours=24, seconds=1), False)])
def test_evidence_lasts_a_day(age, is_granted):
    """What was true the day before yesterday says nothing about today."""
    decision = advance(a_programme(Stage.ENROL), Stage.ENFORCE, known=evidence(at=NOON - age))

    assert is_granted is isinstance(decision, Granted)
    if not is_granted:
        assert "24 h old" in decision.because
        assert "UNKNOWN" in decision.because


def test_when_every_slot_is_leased_the_next_wave_waits():
    """The reserved slot is no reserve for the impatient."""
    waves = [a_wave(f"standard-0{number}") for number in (1, 2, 3)]
    entries = history(published(a_plan(*waves)), provisioned())
    entries = the_road_to(Stage.ENROL, wave="standard-01", slot="slot-1", after=entries)
    entries = the_road_to(Stage.ENROL, wave="standard-02", slot="slot-2", after=entries)

    refused = advance(fold(entries), Stage.ENROL, wave=waves[2])

    assert "every slot is leased" == refused.because


def test_the_reserved_slot_is_kept_for_a_wave_that_comes_back():
    """The first free slot is given out, and never the last one."""
    first = a_provision()
    second = first.with_slot(a_lease(Stage.ENROL, slot="slot-1"))
    third = second.with_slot(a_lease(Stage.ENROL, wave="standard-02", slot="slot-2"))

    assert ["slot-1", "slot-2", None, None] == [free_slot_key(manifest) for manifest in (first, second, third, None)]


@pytest.mark.parametrize("ask", [lambda state: advance(state, Stage.ENFORCE), roll_back, settle])
def test_while_an_intent_is_open_nobody_else_moves(ask):
    """One change at a time, and the refusal says whose it is and how it ends."""
    refused = ask(a_busy_programme(Stage.ENFORCE))

    assert "intent 7 of m.ito for administrators-01 is still open" == refused.because
    assert "offramp wave confirm administrators-01, or offramp wave abandon" == refused.hint


def test_while_the_plan_is_not_confirmed_nobody_moves():
    """The open intent is that of the plan itself."""
    refused = advance(fold(history(published())), Stage.ENROL)

    assert ("intent 1 of m.ito for the plan is still open", "offramp plan confirm, or offramp wave abandon") == (
        refused.because,
        refused.hint,
    )


@pytest.mark.parametrize("ask", [lambda state: advance(state, Stage.ENROL), roll_back, settle])
def test_before_anything_is_provisioned_nobody_moves(ask):
    """There is no slot to move into."""
    assert ("nothing is provisioned yet", "offramp plan propose") == (
        ask(Programme()).because,
        ask(Programme()).hint,
    )


@pytest.mark.parametrize("ask", [lambda state: advance(state, Stage.ENFORCE), roll_back, settle])
def test_a_settled_wave_does_not_move_any_more(ask):
    """It is where it shall be; coming back is a road of its own."""
    assert "settled" in ask(a_settled_programme()).because


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.ENROL, Stage.RELAXED])
def test_only_an_enforced_wave_goes_back(stage):
    """Elsewhere there is nothing that a rollback would restore."""
    assert f"{stage.name} has nothing to roll back to" == roll_back(a_programme(stage)).because


def test_lower_assurance_needs_somebodys_approval():
    """RELAXED accepts SMS again; nobody decides that alone."""
    refused = roll_back(a_programme(Stage.ENFORCE), approved_by=None)

    assert "somebody must approve it" in refused.because
    assert "offramp wave rollback standard-01 --lane okta --approved-by NAME" == refused.hint


def test_nobody_approves_what_they_ask_for_themselves():
    """Two people, not one with two hats."""
    refused = roll_back(a_programme(Stage.ENFORCE), approved_by=OPERATOR)

    assert "m.ito asks for it and cannot also approve it" == refused.because


def test_an_enforced_wave_may_settle():
    """It has proved itself; its slot is named so that it can be freed."""
    assert Granted(Stage.ENFORCE, "slot-1") == settle(a_programme(Stage.ENFORCE))


@pytest.mark.parametrize("stage", [Stage.PLANNED, Stage.ENROL, Stage.RELAXED])
def test_nothing_but_an_enforced_wave_settles(stage):
    """A home holds the final posture; whoever is not at it would be moved by membership alone."""
    assert f"only an enforced wave settles, and standard-01 is at {stage.name}" == settle(a_programme(stage)).because


@pytest.mark.parametrize(("hours", "lapsed"), [(0, False), (24, False), (24.001, True)])
def test_an_intent_lapses_after_a_day(hours, lapsed):
    """Somebody who left for the week does not block everyone else."""
    intent = fold(history(published())).open_intent

    assert lapsed is has_lapsed(intent, NOON + timedelta(hours=hours))
