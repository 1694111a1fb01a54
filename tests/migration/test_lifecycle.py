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
from migration.gates import ENROLLED_SHARE, LOCKOUTS, SOAK_DAYS, Outcome, Verdict
from migration.lifecycle import BACK, NEXT, Granted, Held, Refused, free_slot_key, has_lapsed
from migration.manifest import RESERVED_SLOT
from migration.model import PERSON
from migration.posture import Stage
from migration.programme import OKTA, Programme, fold

NOBODY_KNOWS = object()


def advance(programme, to, *, wave=None, known=None, calendar=None, at=NOON, verdicts=()):
    """Ask for a move at noon, with everyone ready, every gate open and no freeze, unless told otherwise."""
    return lifecycle.advance(
        programme,
        wave or a_wave(),
        to,
        evidence=None if known is NOBODY_KNOWS else known or evidence(),
        verdicts=verdicts,
        calendar=calendar or a_calendar(),
        longest_silence=timedelta(hours=26),
        at=at,
    )


def says(gate, outcome):
    """Make what a gate says."""
    return Verdict(gate, outcome, 0.5, "share", 10, timedelta(hours=1), f"the {gate} of it", "the log", 0.9)


def roll_back(programme, *, approved_by=APPROVER, actor=OPERATOR, wave=None):
    """Ask to go back, with an approval."""
    return lifecycle.roll_back(programme, wave or a_wave(), approved_by=approved_by, actor=actor)


def settle(programme, wave=None, verdicts=()):
    """Ask to settle."""
    return lifecycle.settle(programme, wave or a_wave(), verdicts=verdicts)


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
def test_only_what_the_table_allows_is_granted(source, to):
    """A wave skips no stage and goes back by no advance, whoever asks."""
    lane = replace(a_programme(Stage.ENROL).lane(WAVE), stage=source)
    programme = replace(a_programme(Stage.ENROL), lanes={WAVE: lane})

    decision = advance(programme, to)

    assert (to in NEXT[OKTA][source] and to is not Stage.RETIRE) is isinstance(decision, Granted)


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
        (Stage.ENROL, Stage.REHEARSE),
        (Stage.REHEARSE, Stage.ENFORCE),
        (Stage.ENFORCE, Stage.RETIRE),
        (Stage.RELAXED, Stage.ENFORCE),
        (Stage.RETIRE, Stage.RETIRE),
    ],
)
def test_an_advance_without_a_stage_goes_to_the_first_that_follows(stage, expected):
    """Nobody skips the rehearsal without saying so; after the last there is nothing."""
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


@pytest.mark.parametrize("stage", [Stage.ENFORCE, Stage.RETIRE])
def test_the_one_way_door_has_a_command_of_its_own(stage):
    """RETIRE deletes phones: nobody comes through it by asking for the next stage."""
    lane = replace(a_programme().lane(WAVE), stage=stage)

    refused = advance(replace(a_programme(), lanes={WAVE: lane}), Stage.RETIRE)

    assert "one-way door" in refused.because
    assert "offramp wave retire standard-01 --lane okta" == refused.hint


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


def test_enforce_goes_on_without_those_who_are_not_ready():
    """They are carried over by name; what share of a wave that may be is for the gates to say."""
    assert Granted(Stage.ENFORCE, "slot-1") == advance(
        a_programme(Stage.ENROL), Stage.ENFORCE, known=evidence(7, needs_key=2, gone=1)
    )


def test_a_wave_of_which_nobody_is_ready_stays():
    """There would be nobody to enforce anything for."""
    refused = advance(a_programme(Stage.ENROL), Stage.ENFORCE, known=evidence(0, needs_key=10))

    assert "none of the 10 people of standard-01 is ready" == refused.because


def test_a_gate_that_fails_holds_the_lane_with_its_reason():
    """Somebody would come to harm: that is more than a no."""
    held = advance(
        a_programme(Stage.ENROL),
        Stage.ENFORCE,
        verdicts=[
            says(ENROLLED_SHARE, Outcome.PASS),
            says(LOCKOUTS, Outcome.FAIL),
            says("help-desk-load", Outcome.UNKNOWN),
        ],
    )

    assert (LOCKOUTS, "lockouts FAIL: the lockouts of it") == (held.gate, held.because)
    assert isinstance(held, Held)
    assert "offramp gate check standard-01" in held.hint


def test_a_gate_that_does_not_know_lets_the_wave_wait():
    """Silence never opens a gate, and never blames anybody."""
    refused = advance(a_programme(Stage.ENROL), Stage.ENFORCE, verdicts=[says(LOCKOUTS, Outcome.UNKNOWN)])

    assert Refused is type(refused)
    assert "lockouts UNKNOWN" in refused.because


def test_what_time_alone_will_open_holds_nobody():
    """A wave that has not soaked long enough has done nothing wrong."""
    assert Refused is type(advance(a_programme(Stage.ENROL), Stage.ENFORCE, verdicts=[says(SOAK_DAYS, Outcome.FAIL)]))


def test_gates_stand_before_the_home_too():
    """What ENFORCE did to people is seen before they stay there."""
    assert isinstance(settle(a_programme(Stage.ENFORCE), verdicts=[says(LOCKOUTS, Outcome.FAIL)]), Held)


def test_a_wave_that_somebody_stopped_waits_for_somebody():
    """A gate's hold ends when the gate passes; a person's, when a person says so."""
    lane = a_programme(Stage.ENROL).lane(WAVE)
    stopped = replace(lane, held_by=PERSON, held_because="the help desk is short of people")
    by_gate = replace(lane, held_by=LOCKOUTS, held_because="lockouts FAIL")

    refused = advance(replace(a_programme(Stage.ENROL), lanes={WAVE: stopped}), Stage.ENFORCE)

    assert "standard-01 is held: the help desk is short of people" == refused.because
    assert "wave resume" in refused.hint
    assert isinstance(advance(replace(a_programme(Stage.ENROL), lanes={WAVE: by_gate}), Stage.ENFORCE), Granted)


@pytest.mark.parametrize(("hours", "is_granted"), [(26, True), (27, False)])
def test_after_a_long_silence_nobody_moves_forward(hours, is_granted):
    """Nothing would have ended what must end; going back is always possible."""
    programme = replace(a_programme(), ticked_at=NOON.isoformat())

    decision = advance(programme, Stage.ENROL, at=NOON + timedelta(hours=hours))

    assert is_granted is isinstance(decision, Granted)
    if not is_granted:
        assert "nothing has ticked for 27 h" in decision.because
        assert decision.hint.startswith("offramp tick")


def test_enrol_asks_nobody_to_be_ready():
    """That is what ENROL is for; it is granted with no snapshot at all."""
    assert Granted(Stage.ENROL, "slot-1") == advance(a_programme(), Stage.ENROL, known=NOBODY_KNOWS)


def test_silence_opens_no_gate():
    """Without a snapshot nobody knows who is ready, and unknown means stay."""
    refused = advance(a_programme(Stage.ENROL), Stage.ENFORCE, known=NOBODY_KNOWS)

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


@pytest.mark.parametrize("ask", [lambda state: advance(state, Stage.ENFORCE), settle])
def test_a_settled_wave_does_not_move_on_any_more(ask):
    """It is where it shall be."""
    assert "settled" in ask(a_settled_programme()).because


def test_a_settled_wave_comes_back_through_the_reserved_slot():
    """People join the slot before they leave the home: at no moment is anyone in neither."""
    assert Granted(Stage.RELAXED, RESERVED_SLOT, leaves="home-standard") == roll_back(a_settled_programme())


def test_two_settled_waves_do_not_come_back_through_one_slot():
    """The second is told which one has it."""
    programme = a_settled_programme()
    leased = programme.confirmed.with_slot(a_lease(Stage.RELAXED, wave="standard-02", slot=RESERVED_SLOT))

    assert "is leased" in roll_back(replace(programme, confirmed=leased)).because


def test_nobody_comes_back_through_the_one_way_door():
    """The phones are deleted: there is nothing that RELAXED could accept again."""
    lane = replace(a_settled_programme().lane(WAVE), stage=Stage.RETIRE)

    assert "are deleted" in roll_back(replace(a_settled_programme(), lanes={WAVE: lane})).because


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
