from dataclasses import replace

import pytest
from builders import APPROVER
from desks import ADMINS, OTHER_WAVE, STANDARD, WAVE, a_world

from migration.errors import (
    DriftFound,
    EngineFailed,
    IntentOpen,
    NotCarriedOut,
    NotFound,
    SlotOccupied,
    StepRefused,
)
from migration.events import AdvanceRefused, StageEntered, StageFailed, StageRequested
from migration.manifest import ManifestEdited, accepts_nothing
from migration.model import Step
from migration.operations import intents, moving, stepping
from migration.operations.intents import expected
from migration.posture import AIMS, Decides, Stage, posture_at


@pytest.fixture
def world(tmp_path):
    """Make a world in which everyone is ready."""
    found = a_world(tmp_path)
    found.take_snapshot()
    return found


def roll_back(world, approved_by=APPROVER, wave=WAVE):
    """Bring a wave back."""
    move = moving.propose_rollback(world.desk, wave, idp="okta", approved_by=approved_by)
    return moving.apply(world.desk, move, with_engine=True)


def settle(world, wave=WAVE, *, with_engine=True):
    """Move a wave home."""
    return moving.apply(world.desk, moving.propose_settle(world.desk, wave, idp="okta"), with_engine=with_engine)


def test_the_whole_road(world):
    """ENROL, ENFORCE, back to RELAXED, forward again, home: each an intent with its outcome, nobody lost on the way."""
    world.provision()
    world.advance()
    assert (Stage.ENROL, set(ADMINS)) == (world.stage(), world.group("slot-1"))
    world.advance(Stage.ENFORCE)
    assert (Stage.ENFORCE, set(ADMINS)) == (world.stage(), world.group("slot-1"))
    roll_back(world)
    assert (Stage.RELAXED, set(ADMINS)) == (world.stage(), world.group("slot-1"))
    world.advance()
    settle(world)

    assert ["PlanPublished", "Provisioned"] == world.kinds[:2]
    assert ["StageRequested", "StageEntered"] * 4 + ["SettleRequested", "Settled"] == world.kinds[2:]
    assert (set(ADMINS), set()) == (world.group("home-administrators"), world.group("slot-1"))
    assert accepts_nothing(world.documents.manifest().slot("slot-1"))
    assert "ENFORCE" == world.documents.manifest().slot("slot-1").previous_stage
    assert ((WAVE, APPROVER),) == world.state.approvals


def test_every_outcome_names_its_intent_and_what_was_read_back(world):
    """A pair: number of the intent, digest of the manifest that the engine carried out, and how many people."""
    world.bring_to(Stage.ENROL)
    intent, outcome = world.ledger.entries()[-2:]

    assert isinstance(intent.event, StageRequested)
    assert (
        StageEntered(
            intent=intent.number,
            wave=WAVE,
            lane="okta",
            stage=Stage.ENROL,
            slot="slot-1",
            manifest_digest=world.engine.outputs()["manifest_digest"],
            member_count=3,
        )
        == outcome.event
    )
    assert intent.event.content_digest == world.documents.manifest().content_digest


def test_a_published_manifest_is_an_anchor_of_the_ledger(world):
    """It carries number and digest of the entry that decided it."""
    world.bring_to(Stage.ENROL)
    decided = world.documents.manifest().decided_by

    assert decided.digest == world.ledger.entries()[decided.entry - 1].digest
    assert "StageRequested" == world.ledger.entries()[decided.entry - 1].kind


def test_a_move_that_waits_for_the_pipeline_moves_nobody(world):
    """Published is not done: the people join only when the tenant holds what they need."""
    world.provision()
    world.advance(with_engine=False)
    assert (set(), 1, Stage.PLANNED) == (world.group("slot-1"), world.engine.ups, world.stage())
    with pytest.raises(NotCarriedOut):
        stepping.confirm(world.desk, WAVE, idp="okta")

    world.engine.up()
    stepping.confirm(world.desk, WAVE, idp="okta")

    assert (set(ADMINS), Stage.ENROL) == (world.group("slot-1"), world.stage())


def test_two_waves_hold_two_slots(world):
    """The second wave leases the next one, and the first is not touched."""
    world.bring_to(Stage.ENFORCE)
    world.advance(Stage.ENROL, OTHER_WAVE)

    assert (set(ADMINS), set(STANDARD)) == (world.group("slot-1"), world.group("slot-2"))
    assert (Stage.ENFORCE, Stage.ENROL) == (world.stage(), world.stage(OTHER_WAVE))


def test_a_refusal_is_recorded_and_publishes_nothing(world):
    """Nobody is ready: the fact is kept, the manifest and the tenant stay."""
    world.bring_to(Stage.ENROL)
    before, ups = world.documents.manifest(), world.engine.ups
    world.clock.forward(hours=1)
    world.take_snapshot(*ADMINS)

    entry = world.advance(Stage.ENFORCE)

    assert (
        AdvanceRefused(
            wave=WAVE,
            lane="okta",
            to=Stage.ENFORCE,
            because="none of the 3 people of administrators-01 is ready",
        )
        == entry.event
    )
    assert (before, ups, None) == (world.documents.manifest(), world.engine.ups, world.state.open_intent)
    assert Stage.ENROL is world.stage()


def test_old_evidence_opens_no_gate(world):
    """The snapshot of the day before yesterday says nothing about today."""
    world.bring_to(Stage.ENROL)
    world.clock.forward(hours=25)

    assert "UNKNOWN" in world.advance(Stage.ENFORCE).event.because


def test_a_freeze_refuses_an_advance_and_lets_a_rollback_through(world):
    """Nobody is moved forward at the turn of the year; going back is always open."""
    world.bring_to(Stage.ENFORCE)
    world.clock.forward(days=50)

    assert "year-end freeze" in world.advance(Stage.ENROL, OTHER_WAVE).event.because
    roll_back(world)
    assert Stage.RELAXED is world.stage()


@pytest.mark.parametrize("approved_by", [None, "m.ito"])
def test_a_rollback_without_a_second_person_is_refused(world, approved_by):
    """It lowers assurance; nobody does that alone."""
    world.bring_to(Stage.ENFORCE)

    assert "AdvanceRefused" == roll_back(world, approved_by).kind
    assert Stage.ENFORCE is world.stage()


def test_an_approval_is_recorded_as_what_it_is(world):
    """A name that somebody typed, and part of what was shown."""
    world.bring_to(Stage.ENFORCE)
    moves = [moving.propose_rollback(world.desk, WAVE, idp="okta", approved_by=name) for name in (APPROVER, "a.other")]
    moving.apply(world.desk, moves[0], with_engine=False)

    assert moves[0].digest != moves[1].digest
    event = world.ledger.entries()[-1].event
    assert (APPROVER, "asserted") == (event.approved_by, event.approval)


def test_a_refused_move_and_a_granted_one_never_share_a_digest(world):
    """Whoever confirmed a refusal has not confirmed the move."""
    world.provision()
    granted = moving.propose_advance(world.desk, WAVE, idp="okta", to=Stage.ENROL)
    refused = moving.propose_advance(world.desk, WAVE, idp="okta", to=Stage.ENFORCE)

    assert (True, False) == (granted.is_granted, refused.is_granted)
    assert granted.digest != refused.digest


def test_of_two_operators_who_saw_the_same_proposal_one_is_too_late(world):
    """The second is told whose intent came between; nothing of theirs is recorded or published."""
    world.provision()
    first = moving.propose_advance(world.desk, WAVE, idp="okta", to=None)
    second = moving.propose_advance(world.desk, OTHER_WAVE, idp="okta", to=None)
    moving.apply(world.desk, first, with_engine=False)
    published = world.documents.manifest()

    with pytest.raises(IntentOpen, match=f"Intent 3 of m.ito for {WAVE} was opened in the meantime"):
        moving.apply(world.desk, second, with_engine=False)
    assert (3, published) == (len(world.kinds), world.documents.manifest())


@pytest.mark.parametrize(("key", "idp"), [("standard-09", "okta"), (WAVE, "entra")])
def test_a_wave_or_lane_that_does_not_exist_is_not_found(world, key, idp):
    """Nothing is recorded about what is not there."""
    world.provision()

    with pytest.raises(NotFound):
        moving.propose_advance(world.desk, key, idp=idp, to=None)
    assert 2 == len(world.kinds)


def test_before_the_plan_there_is_no_wave(world):
    """Nobody moves what nobody planned."""
    with pytest.raises(NotFound):
        moving.propose_advance(world.desk, WAVE, idp="okta", to=None)


def test_a_slot_with_somebody_in_it_is_not_leased(world):
    """Nothing is published: the stranger would get the wave's posture."""
    world.provision()
    before = world.documents.manifest()
    world.group("slot-1").add("stranger")

    with pytest.raises(SlotOccupied):
        world.advance()
    assert before == world.documents.manifest()


def test_a_step_that_would_touch_another_set_is_not_begun(world):
    """The engine sees drift in another slot; it is looked at before anything is written."""
    world.provision()
    world.engine.foreseen = [Step("update", "slot-2 session", "okta:policy")]

    with pytest.raises(StepRefused) as caught:
        world.advance()
    assert "slot-2 session: not in slot-1" == caught.value.context
    assert (StageFailed(intent=3, because="1 operation(s) outside the proposal"), 1) == (
        world.ledger.entries()[-1].event,
        world.engine.ups,
    )


def test_an_engine_that_dies_leaves_the_intent_open_to_be_tried_again(world):
    """The failure is recorded, nobody was moved, and a second run finishes it."""
    world.provision()
    world.engine.dies_with = EngineFailed("The engine failed", context="stack", hint="pulumi preview")
    with pytest.raises(EngineFailed):
        world.advance()
    assert ["StageRequested", "StageFailed"] == world.kinds[-2:]
    assert ("the engine did not finish",) == world.state.open_intent.failures
    assert set() == world.group("slot-1")

    world.engine.dies_with = None
    world.engine.up()
    stepping.confirm(world.desk, WAVE, idp="okta")
    assert Stage.ENROL is world.stage()


def test_drift_keeps_the_intent_open(world):
    """What the tenant holds is not what is declared: nothing is recorded as done and nobody is moved."""
    world.provision()
    world.advance(with_engine=False)
    world.engine.up()
    world.engine.drifted = [Step("update", "slot-1 session", "okta:policy", ("priority",))]

    with pytest.raises(DriftFound) as caught:
        stepping.confirm(world.desk, WAVE, idp="okta")
    assert "slot-1 session: priority" == caught.value.context
    assert (3, set()) == (world.state.open_intent.entry, world.group("slot-1"))

    world.engine.drifted = ()
    assert "StageEntered" == stepping.confirm(world.desk, WAVE, idp="okta").kind


@pytest.mark.parametrize(
    "switched", ["id of slot-1 no new phone", "id of break-glass recover", "id of home-standard session rule"]
)
def test_a_policy_that_somebody_switched_keeps_the_intent_open(world, switched):
    """In any of our sets, in either direction: the status is read back one by one."""
    world.provision()
    world.advance(with_engine=False)
    world.engine.up()
    world.idp.standing[switched] = "INACTIVE"

    with pytest.raises(DriftFound, match="do not have the status"):
        stepping.confirm(world.desk, WAVE, idp="okta")
    assert world.state.open_intent is not None


def test_a_manifest_that_changed_under_the_intent_is_refused(world):
    """The file in the folder is not what was decided."""
    world.provision()
    before = world.documents.manifest()
    world.advance(with_engine=False)
    world.documents.publish(before)

    with pytest.raises(ManifestEdited):
        stepping.confirm(world.desk, WAVE, idp="okta")


def test_a_membership_that_was_lost_is_found_and_tried_again(world):
    """The tenant said yes and forgot one; the second confirmation joins who is missing."""
    world.provision()
    world.idp.lost_joins = 1

    with pytest.raises(SlotOccupied, match="1 missing, 0 too many"):
        world.advance()
    assert Stage.PLANNED is world.stage()
    stepping.confirm(world.desk, WAVE, idp="okta")

    assert set(ADMINS) == world.group("slot-1")
    assert ("join", "id of slot-1 group", 1) in world.idp.moves


@pytest.mark.parametrize("change", [lambda group: group.add("stranger"), lambda group: group.remove("adm1")])
def test_after_enrol_nobody_is_moved_by_a_step(world, change):
    """Membership stays; whoever came or went by another hand stops the step."""
    world.bring_to(Stage.ENROL)
    change(world.group("slot-1"))

    with pytest.raises(SlotOccupied):
        world.advance(Stage.ENFORCE)
    assert (Stage.ENROL, 4) == (world.stage(), len(world.kinds))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda world: setattr(world.engine, "drifted", [Step("update", "slot-2 session", "okta")]), DriftFound),
        (lambda world: world.group("break-glass").remove("bg1"), SlotOccupied),
        (lambda world: world.group("break-glass").add("stranger"), SlotOccupied),
        (lambda world: world.documents.publish(world.documents.manifest().decided(1, "0" * 64)), ManifestEdited),
    ],
)
def test_no_step_is_built_on_a_tenant_that_is_not_as_declared(world, spoil, error):
    """It is found before anything is recorded or published, with the engine not yet begun."""
    world.bring_to(Stage.ENROL)
    spoil(world)
    before = (world.kinds, world.documents.manifest(), world.engine.ups)

    with pytest.raises(error):
        world.advance(Stage.ENFORCE)
    assert before == (world.kinds, world.documents.manifest(), world.engine.ups)


def test_whoever_changed_a_group_while_the_pipeline_ran_is_found(world):
    """The step is carried out; it is not recorded before the right people are in it."""
    world.bring_to(Stage.ENROL)
    world.advance(Stage.ENFORCE, with_engine=False)
    world.engine.up()
    world.group("slot-1").add("stranger")

    with pytest.raises(SlotOccupied, match="0 missing, 1 too many"):
        stepping.confirm(world.desk, WAVE, idp="okta")
    assert (Stage.ENROL, 5) == (world.stage(), world.state.open_intent.entry)


PATHS = {
    "sign_in": {"enrolment", "slot-1 sign-in payroll"},
    "session": {"session"},
    "recovery": {"recover", "password"},
    "binding": {"enrol", "unenrol"},
    "new_phones": {"no new phone"},
}


@pytest.mark.parametrize("path", PATHS)
def test_the_status_of_everything_of_ours_follows_from_who_decides_its_path(path):
    """The table of the read-back; the rules of our own policies are always on."""
    posture = replace(posture_at(AIMS["standard"], Stage.PLANNED), **{path: Decides.OURS})
    names = dict.fromkeys({"password rule", *(name for owned in PATHS.values() for name in owned)}, "id")

    found = expected(posture, names)

    assert PATHS[path] | {"password rule"} == {name for name, status in found.items() if status == "ACTIVE"}
    assert set(names) == set(found)


def test_looking_writes_nothing(world):
    """A read that finds nothing to end leaves no trace."""
    world.bring_to(Stage.ENROL)
    count = len(world.kinds)

    assert intents.look(world.desk) == world.state
    assert count == len(world.kinds)
