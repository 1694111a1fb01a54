import pytest
from desks import ADMINS, WAVE, a_world

from migration.carryover import LEFT
from migration.events import StageEntered
from migration.operations import evidence, intents, moving
from migration.posture import Stage

CARRIED = "administrators-01-carried-1"


@pytest.fixture
def world(tmp_path):
    """Make a tenant whose first wave enrols, and one of whose three people holds a phone alone."""
    world = a_world(tmp_path)
    world.take_snapshot()
    world.bring_to(Stage.ENROL)
    world.clock.forward(hours=1)
    world.take_snapshot("adm1")
    return world


def carried(world):
    """Return who is in the carry-over wave."""
    return evidence.account_ids(world.desk, world.state, world.state.plan.wave(CARRIED))


def test_who_is_not_ready_is_named_in_the_proposal(world):
    """Who does not come along, why, and when they are asked again: all of it under one digest."""
    shown = moving.propose_advance(world.desk, WAVE, idp="okta", to=Stage.ENFORCE)

    assert [("adm1", "needs-supervision")] == [(one.account_id, one.reason) for one in shown.carried.people]
    assert (CARRIED, 1) == (shown.carried.wave.key, shown.carried.wave.member_count)
    world.idp.holdings["adm2"] = {"sms"}
    assert shown.digest != moving.propose_advance(world.desk, WAVE, idp="okta", to=Stage.ENFORCE).digest


def test_they_leave_the_slot_before_it_changes_and_the_next_wave_has_them(world):
    """At no moment does ENFORCE meet somebody who is not ready for it."""
    moves_before = len(world.idp.moves)

    outcome = world.advance(Stage.ENFORCE).event

    assert (StageEntered, Stage.ENFORCE, 2) == (type(outcome), outcome.stage, outcome.member_count)
    assert {"adm2", "adm3"} == world.group("slot-1")
    assert [("leave", "id of slot-1 group", 1)] == world.idp.moves[moves_before:]
    assert ({"adm1"}, Stage.PLANNED) == (set(carried(world)), world.stage(CARRIED))
    assert (2, 1) == (world.state.count(world.state.plan.wave(WAVE)), world.state.count(world.state.plan.wave(CARRIED)))


def test_what_counts_is_what_a_person_holds_at_this_moment(world):
    """A snapshot of an hour ago says ready; the key was taken away since."""
    world.idp.holdings["adm3"] = {"sms"}

    world.advance(Stage.ENFORCE)

    assert {"adm1", "adm3"} == set(carried(world))


def test_who_has_left_meanwhile_is_in_no_wave(world):
    """An account that cannot sign in is not asked again."""
    del world.idp.holdings["adm2"]

    shown = moving.propose_advance(world.desk, WAVE, idp="okta", to=Stage.ENFORCE)
    world.advance(Stage.ENFORCE)

    assert {"adm1": "needs-supervision", "adm2": LEFT} == {one.account_id: one.reason for one in shown.carried.people}
    assert ({"adm3"}, {"adm1"}) == (world.group("slot-1"), set(carried(world)))


def test_the_carried_over_go_their_own_way_later(world):
    """Their wave enrols in a slot of its own, and is enforced when they are ready."""
    world.advance(Stage.ENFORCE)
    world.clock.forward(hours=1)
    world.take_snapshot()

    world.advance(Stage.ENROL, CARRIED)
    world.advance(Stage.ENFORCE, CARRIED)

    assert ({"adm1"}, Stage.ENFORCE) == (world.group("slot-2"), world.stage(CARRIED))
    assert {"adm2", "adm3"} == world.group("slot-1")


def test_a_step_that_is_abandoned_takes_them_back(world):
    """Nothing of a move that did not happen stays."""
    world.advance(Stage.ENFORCE, with_engine=False)
    assert {"adm2", "adm3"} == world.group("slot-1")

    intents.abandon(world.desk, "wrong week")

    assert set(ADMINS) == world.group("slot-1")
    assert world.state.plan.wave(CARRIED) is None


def test_nobody_is_carried_who_is_excused(world, monkeypatch):
    """A standing exception lets them in beside the target; its end is another matter."""
    adm1 = next(
        one.person_key
        for one in evidence.members(world.desk, world.state, world.state.plan.wave(WAVE))
        if one.account_id == "adm1"
    )
    monkeypatch.setattr(evidence, "excused", lambda _state: frozenset({adm1}))

    assert () == moving.propose_advance(world.desk, WAVE, idp="okta", to=Stage.ENFORCE).carried.people
