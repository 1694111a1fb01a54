import json
from dataclasses import replace

import pytest
from builders import (
    APPROVER,
    OPERATOR,
    WAVE,
    a_plan,
    a_programme,
    a_provision,
    a_wave,
    entered,
    history,
    provisioned,
    published,
    requested,
    settled,
    settling,
    the_road_to,
)

from migration.events import AdvanceRefused, IntentAbandoned, IntentLapsed, StageFailed
from migration.model import Lane
from migration.posture import Stage
from migration.programme import OKTA, Programme, fold, plan_document, plan_of, stage_name


def test_before_the_first_entry_there_is_nothing():
    """Nobody is anywhere, and every lane is PLANNED."""
    assert Programme() == fold([])
    assert Lane(WAVE, OKTA, Stage.PLANNED) == fold([]).lane(WAVE)


def test_a_published_plan_is_pending_until_it_stands_in_the_tenant():
    """The waves have dates; nothing of ours is there yet."""
    programme = fold(history(published()))

    assert (None, a_plan()) == (programme.plan, programme.pending_plan)
    assert (1, None, OPERATOR) == (
        programme.open_intent.entry,
        programme.open_intent.wave,
        programme.open_intent.actor,
    )
    assert programme.confirmed is None


def test_a_published_manifest_carries_the_entry_that_decided_it():
    """So what lies in the file is an anchor of the ledger."""
    (entry,) = history(published())

    assert a_provision().decided(1, entry.digest) == fold([entry]).published


def test_a_provision_that_was_confirmed_puts_the_plan_in_force():
    """Intent and outcome are a pair; after the pair nothing is open."""
    programme = fold(history(published(), provisioned()))

    assert (a_plan(), None, None) == (programme.plan, programme.pending_plan, programme.open_intent)
    assert programme.published == programme.confirmed
    assert 2 == programme.entry_count


def test_a_request_moves_nobody():
    """Where a lane is changes with the outcome, not with the wish."""
    entries = the_road_to(Stage.PLANNED)
    programme = fold(history(requested(Stage.ENROL, manifest=a_provision()), after=entries))

    assert Stage.PLANNED is programme.lane(WAVE).stage
    assert (3, WAVE, "StageRequested") == (
        programme.open_intent.entry,
        programme.open_intent.wave,
        programme.open_intent.kind,
    )
    assert WAVE == programme.published.slot("slot-1").wave
    assert programme.confirmed.slot("slot-1").wave is None


@pytest.mark.parametrize(
    ("stage", "before"),
    [(Stage.ENROL, Stage.PLANNED), (Stage.ENFORCE, Stage.ENROL), (Stage.RELAXED, Stage.ENFORCE)],
)
def test_an_entered_stage_says_where_the_lane_is_and_where_it_came_from(stage, before):
    """The order of writes differs forward and back, so both are kept."""
    entries = the_road_to(stage)
    lane = fold(entries).lane(WAVE)

    assert Lane(WAVE, OKTA, stage, before, slot="slot-1", since=entries[-1].at) == lane
    assert fold(entries).open_intent is None
    assert stage.name == stage_name(lane) == fold(entries).confirmed.slot("slot-1").stage


def test_one_wave_moves_without_the_other():
    """A second wave leaves the first where it is."""
    plan = a_plan(a_wave(), a_wave("administrators-01"))
    entries = the_road_to(Stage.ENFORCE, after=history(published(plan), provisioned()))
    entries = the_road_to(Stage.ENROL, wave="administrators-01", slot="slot-2", after=entries)

    programme = fold(entries)

    assert (Stage.ENFORCE, "slot-1") == (programme.lane(WAVE).stage, programme.lane(WAVE).slot)
    assert (Stage.ENROL, "slot-2") == (
        programme.lane("administrators-01").stage,
        programme.lane("administrators-01").slot,
    )
    assert [WAVE, "administrators-01", None] == [slot.wave for slot in programme.confirmed.slots]


def test_a_settled_wave_lives_in_its_home_and_its_slot_is_free():
    """It keeps ENFORCE, and its slot serves the next one."""
    entries = the_road_to(Stage.ENFORCE)
    entries = history(settling(fold(entries).confirmed), after=entries)
    entries = history(settled(intent=len(entries)), after=entries)
    programme = fold(entries)

    assert (Stage.ENFORCE, None, "home-standard", "SETTLED") == (
        programme.lane(WAVE).stage,
        programme.lane(WAVE).slot,
        programme.lane(WAVE).home,
        stage_name(programme.lane(WAVE)),
    )
    assert programme.confirmed.slot("slot-1").wave is None


def test_a_failure_keeps_the_intent_open_and_is_remembered():
    """The engine may be run again; what went wrong before is on the record."""
    entries = history(
        published(),
        StageFailed(intent=1, because="the engine did not finish"),
        StageFailed(intent=1, because="again"),
    )

    assert ("the engine did not finish", "again") == fold(entries).open_intent.failures


def test_a_failure_without_an_intent_changes_nothing():
    """A fact that has nothing to be about is kept and folded into nothing."""
    assert Programme(entry_count=1) == fold(history(StageFailed(intent=1, because="late")))


@pytest.mark.parametrize("ending", [IntentAbandoned, IntentLapsed])
def test_an_ended_intent_leaves_the_manifest_before_it(ending):
    """What was confirmed stands again, and the lane never moved."""
    before = the_road_to(Stage.ENROL)
    asked = requested(Stage.ENFORCE, source=Stage.ENROL, manifest=fold(before).confirmed)
    programme = fold(history(asked, ending(intent=5, because="wrong week"), after=before))

    assert replace(fold(before), entry_count=6) == programme


@pytest.mark.parametrize("ending", [IntentAbandoned, IntentLapsed])
def test_an_ended_plan_leaves_nothing(ending):
    """The first manifest was never carried out: there is no plan, pending or in force."""
    assert Programme(entry_count=2) == fold(history(published(), ending(intent=1, because="wrong week")))


def test_a_refusal_is_recorded_and_moves_nobody():
    """It is a fact too, and the state is the one before it."""
    refusal = AdvanceRefused(wave=WAVE, lane=OKTA, to=Stage.ENFORCE, because="4 of 10 people are not ready")
    before = the_road_to(Stage.ENROL)

    assert replace(fold(before), entry_count=5) == fold(history(refusal, after=before))


def test_who_approved_what_is_kept():
    """The auditor reads it from the programme; a step without approval adds nothing."""
    entries = the_road_to(Stage.ENFORCE)
    asked = requested(
        Stage.RELAXED,
        source=Stage.ENFORCE,
        manifest=fold(entries).confirmed,
        approved_by=APPROVER,
        approval="asserted",
    )

    assert () == fold(entries).approvals
    assert ((WAVE, APPROVER),) == fold(history(asked, after=entries)).approvals


def test_replaying_the_first_entries_gives_the_programme_as_it_stood():
    """The ledger is the only state: any prefix of it is a moment of the past."""
    entries = the_road_to(Stage.RELAXED)

    stages = [fold(entries[:count]).lane(WAVE).stage.name for count in range(2, len(entries) + 1)]

    assert ["PLANNED", "PLANNED", "ENROL", "ENROL", "ENFORCE", "ENFORCE", "RELAXED"] == stages


def test_an_outcome_of_another_wave_does_not_move_this_one():
    """Lanes are told apart by their wave."""
    assert Stage.ENROL is fold(the_road_to(Stage.ENROL, wave="administrators-01")).lane("administrators-01").stage
    assert Stage.PLANNED is a_programme(Stage.ENROL, wave="administrators-01").lane(WAVE).stage
    assert "administrators-01" == entered(Stage.ENROL, intent=1, wave="administrators-01").wave


def test_a_plan_comes_back_from_its_document():
    """Dates, sizes and keys survive the ledger."""
    plan = a_plan(a_wave(), a_wave("administrators-01", member_count=3))

    assert plan == plan_of(json.loads(json.dumps(plan_document(plan))))
