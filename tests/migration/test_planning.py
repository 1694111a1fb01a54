import pytest
from builders import NOON, a_baseline, an_enrolment
from desks import EMERGENCY, OTHER_WAVE, WAVE, a_world

from migration.baseline import BaselineNotSupported
from migration.errors import IntentOpen, NotCarriedOut, NotFound, SlotOccupied, StepRefused
from migration.events import PlanPublished
from migration.model import Step
from migration.operations import planning


@pytest.fixture
def world(tmp_path):
    """Make a world in which everyone is ready."""
    found = a_world(tmp_path)
    found.take_snapshot()
    return found


def test_a_plan_has_a_wave_for_everyone_but_emergency_and_service_accounts(world):
    """Those two have a set of their own, or nobody to ask."""
    plan = planning.propose(world.desk).plan

    assert {WAVE: 3, OTHER_WAVE: 4, "finance-01": 1} == {wave.key: wave.member_count for wave in plan.waves}
    assert NOON.date() == plan.waves[0].enrol_on


def test_proposing_a_plan_writes_nothing(world):
    """Whatever is shown may be thrown away."""
    first, second = planning.propose(world.desk), planning.propose(world.desk)

    assert first.digest == second.digest
    assert ([], False, 0) == (world.kinds, world.documents.has_manifest(), world.engine.ups)


def test_a_plan_lists_every_priority_of_theirs_that_moves(world):
    """Ten sets with sign-in rules and an enrolment policy; six with four account rules each, and the joiners' one."""
    found = {(one.container, one.object_id, one.before, one.after) for one in planning.propose(world.desk).shifts}

    assert {
        ("MFA_ENROLL", "00p-contractors", 1, 11),
        ("MFA_ENROLL", "00p-default", 2, 12),
        ("Okta Account Management Policy", "rul-first-key", 1, 26),
        ("Payroll", "rul-from-the-corporate-network", 1, 11),
    } == found


def test_two_different_proposals_have_two_digests(world):
    """What was shown is what is done, so whoever is not ready any more changes nothing, and a new person does."""
    before = planning.propose(world.desk).digest
    world.clock.forward(hours=1)
    world.take_snapshot(gone=("std4",))

    assert before != planning.propose(world.desk).digest


def test_without_a_snapshot_there_is_nothing_to_plan(tmp_path):
    """The refusal names the two commands that make one."""
    with pytest.raises(NotFound, match="no snapshot yet") as caught:
        planning.propose(a_world(tmp_path).desk)

    assert "offramp cohort seal EXPORT --execute" in caught.value.hint


def test_a_plan_is_refused_where_the_tenant_is_not_the_reviewed_baseline(world):
    """Somebody changed what decides; ENFORCE would bring the old settings back."""
    world.idp.live = a_baseline(enrolment=an_enrolment(webauthn="NOT_ALLOWED"))

    with pytest.raises(BaselineNotSupported, match="not what the reviewed baseline says"):
        planning.propose(world.desk)
    assert [] == world.kinds


def test_the_provision_is_an_intent_and_its_outcome(world):
    """Everything is there and empty, and the emergency accounts are in their set before anyone else moves."""
    world.provision()

    assert ["PlanPublished", "Provisioned"] == world.kinds
    assert set(EMERGENCY) == world.group("break-glass")
    assert all(world.group(content.key) == set() for content in world.documents.manifest().sets[1:])
    assert 2 == world.ledger.entries()[1].event.break_glass_count
    assert world.state.plan is not None


def test_a_published_plan_waits_for_the_team_to_carry_it_out(world):
    """Without --apply nothing runs; confirming too early finds that it has not been done."""
    entry = planning.publish(world.desk, planning.propose(world.desk), apply=False)

    assert isinstance(entry.event, PlanPublished)
    assert (0, 1) == (world.engine.ups, world.documents.manifest().decided_by.entry)
    with pytest.raises(NotCarriedOut):
        planning.confirm(world.desk)
    world.engine.up()
    assert "Provisioned" == planning.confirm(world.desk).kind


def test_a_second_plan_is_refused_while_one_is_in_force(world):
    """Planning anew is not built, and says so before anything else."""
    world.provision()

    assert "a plan is in force already" in planning.propose(world.desk).refused


@pytest.mark.parametrize("operation", ["delete", "replace", "update"])
def test_a_provision_that_would_do_more_than_create_is_not_begun(world, operation):
    """The engine is asked first; its answer is recorded and the intent stays open."""
    world.engine.foreseen = [Step(operation, "slot-1 group", "okta:group")]

    with pytest.raises(StepRefused, match="1 thing"):
        world.provision()
    assert (["PlanPublished", "StageFailed"], 0) == (world.kinds, world.engine.ups)
    assert 1 == world.state.open_intent.entry


def test_a_set_that_is_not_empty_after_the_provision_is_an_alarm(world):
    """Nobody may be in a group of ours before a wave leases it."""
    planning.publish(world.desk, planning.propose(world.desk), apply=False)
    world.engine.up()
    world.group("slot-2").add("stranger")

    with pytest.raises(SlotOccupied, match="0 missing, 1 too many"):
        planning.confirm(world.desk)
    assert ["PlanPublished"] == world.kinds


def test_without_a_plan_there_is_nothing_to_confirm(world):
    """An operator who is too fast, or in the wrong folder."""
    with pytest.raises(NotFound, match="No provision is waiting"):
        planning.confirm(world.desk)


def test_of_two_plans_that_were_shown_one_is_too_late(world):
    """The first one's manifest stays as it was published."""
    first, second = planning.propose(world.desk), planning.propose(world.desk)
    planning.publish(world.desk, first, apply=False)

    with pytest.raises(IntentOpen, match="for the plan was opened in the meantime"):
        planning.publish(world.desk, second, apply=False)
    assert ["PlanPublished"] == world.kinds
