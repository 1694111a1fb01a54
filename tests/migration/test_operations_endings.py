import pytest
from desks import ADMINS, OTHER_WAVE, WAVE, a_world

from cohorts.errors import OfframpError
from migration.errors import DriftFound, NotFound, SlotOccupied
from migration.events import IntentAbandoned, IntentLapsed, Settled
from migration.operations import intents, moving, planning, stepping
from migration.posture import Stage


@pytest.fixture
def world(tmp_path):
    """Make a world in which everyone is ready."""
    found = a_world(tmp_path)
    found.take_snapshot()
    return found


def settle(world, wave=WAVE, *, with_engine=True):
    """Move a wave home."""
    return moving.apply(world.desk, moving.propose_settle(world.desk, wave, idp="okta"), with_engine=with_engine)


def half_settled(world):
    """Enforce a wave, and settle it up to the point where the pipeline should run the engine."""
    world.bring_to(Stage.ENFORCE)
    move = moving.propose_settle(world.desk, WAVE, idp="okta")
    moving.apply(world.desk, move, with_engine=False)


def test_an_abandoned_move_leaves_the_manifest_before_it(world):
    """The next `pulumi up` carries out what stood before, which is nothing new."""
    world.provision()
    before = world.documents.manifest()
    world.advance(with_engine=False)

    entry = intents.abandon(world.desk, "wrong week")

    assert IntentAbandoned(intent=3, because="wrong week") == entry.event
    assert (before, None) == (world.documents.manifest(), world.state.open_intent)
    assert Stage.PLANNED is world.stage()
    world.advance()
    assert Stage.ENROL is world.stage()


def test_an_abandoned_plan_leaves_no_manifest(world):
    """It was the first one: there is nothing before it, and a new plan may be made."""
    planning.publish(world.desk, planning.propose(world.desk), apply=False)

    intents.abandon(world.desk, "wrong week")

    assert not world.documents.has_manifest()
    assert planning.propose(world.desk).refused is None


def test_what_was_carried_out_cannot_be_abandoned(world):
    """The tenant holds it: it must be confirmed, and rolled back if it was wrong."""
    world.provision()
    world.advance(with_engine=False)
    world.engine.up()

    with pytest.raises(DriftFound, match="was carried out and cannot be abandoned") as caught:
        intents.abandon(world.desk, "wrong week")
    assert f"offramp wave confirm {WAVE} --execute; then roll back" == caught.value.hint
    assert 3 == world.state.open_intent.entry


def test_a_provision_that_was_carried_out_cannot_be_abandoned_either(world):
    """The hint names the command of the plan, not of a wave."""
    planning.publish(world.desk, planning.propose(world.desk), apply=False)
    world.engine.up()

    with pytest.raises(DriftFound) as caught:
        intents.abandon(world.desk, "wrong week")
    assert caught.value.hint.startswith("offramp plan confirm --execute")


def test_where_nothing_is_open_there_is_nothing_to_end(world):
    """Neither to abandon nor to confirm."""
    world.provision()

    with pytest.raises(NotFound, match="nothing to abandon"):
        intents.abandon(world.desk, "wrong week")
    with pytest.raises(NotFound, match="No intent is open"):
        stepping.propose_abandon(world.desk, None)
    with pytest.raises(NotFound, match="waiting for confirmation"):
        stepping.propose_confirm(world.desk, WAVE, idp="okta")
    with pytest.raises(NotFound, match="nothing to confirm"):
        intents.read_back(world.desk, world.state)


def test_an_intent_is_confirmed_and_ended_by_its_own_name_only(world):
    """Another wave's intent, or the plan's, is not taken for it."""
    world.provision()
    world.advance(with_engine=False)

    with pytest.raises(NotFound, match=f"No intent of {OTHER_WAVE} is waiting"):
        stepping.propose_confirm(world.desk, OTHER_WAVE, idp="okta")
    with pytest.raises(NotFound, match="No intent of the plan is waiting"):
        stepping.propose_confirm(world.desk, None, idp="okta")
    with pytest.raises(NotFound, match=f"No intent of {OTHER_WAVE} is open"):
        stepping.propose_abandon(world.desk, OTHER_WAVE)
    with pytest.raises(NotFound, match="No provision is waiting"):
        planning.confirm(world.desk)


def test_to_confirm_and_to_abandon_are_two_proposals(world):
    """A digest that was shown for one does not do for the other."""
    world.provision()
    world.advance(with_engine=False)
    confirm, abandon = (
        stepping.propose_confirm(world.desk, WAVE, idp="okta"),
        stepping.propose_abandon(world.desk, WAVE),
    )

    assert (3, 3) == (confirm.intent.entry, abandon.intent.entry)
    assert confirm.digest != abandon.digest
    assert abandon.digest == stepping.propose_abandon(world.desk, None).digest


def test_an_intent_that_nobody_carried_out_lapses_after_a_day(world):
    """The next command, whichever it is, ends it first and goes on from the state before."""
    world.provision()
    before = world.documents.manifest()
    world.advance(with_engine=False)
    world.clock.forward(hours=24, seconds=1)

    move = moving.propose_advance(world.desk, WAVE, idp="okta", to=Stage.ENROL)

    assert move.is_granted
    assert IntentLapsed(intent=3, because="nobody carried it out within 24 h") == world.ledger.entries()[-1].event
    assert before == world.documents.manifest()


def test_a_day_is_given_to_the_last_second(world):
    """At twenty-four hours it still stands."""
    world.provision()
    world.advance(with_engine=False)
    world.clock.forward(hours=24)

    assert 3 == intents.look(world.desk).open_intent.entry


def test_what_was_carried_out_does_not_lapse(world):
    """The tenant holds it; forgetting it would lose where the wave is."""
    world.provision()
    world.advance(with_engine=False)
    world.engine.up()
    world.clock.forward(days=3)

    stepping.confirm(world.desk, WAVE, idp="okta")

    assert Stage.ENROL is world.stage()


def test_a_plan_that_nobody_carried_out_lapses_too(world):
    """And leaves nothing behind."""
    planning.publish(world.desk, planning.propose(world.desk), apply=False)
    world.clock.forward(days=2)

    assert intents.look(world.desk).pending_plan is None
    assert (["PlanPublished", "IntentLapsed"], False) == (world.kinds, world.documents.has_manifest())


@pytest.mark.parametrize("ending", ["abandoned", "lapsed"])
def test_people_who_were_moved_home_come_back_when_the_move_ends(world, ending):
    """Join the slot, verify, leave home: its content has not changed, so nobody is without ENFORCE for a moment."""
    half_settled(world)
    assert (set(), set(ADMINS)) == (world.group("slot-1"), world.group("home-administrators"))
    world.group("home-administrators").add("earlier")
    world.idp.moves.clear()

    if ending == "abandoned":
        intents.abandon(world.desk, "wrong week")
    else:
        world.clock.forward(days=2)
        intents.look(world.desk)

    assert (set(ADMINS), {"earlier"}) == (world.group("slot-1"), world.group("home-administrators"))
    assert [("join", "id of slot-1 group", 3), ("leave", "id of home-administrators group", 3)] == world.idp.moves
    assert (Stage.ENFORCE, "slot-1", None) == (
        world.stage(),
        world.state.lane(WAVE).slot,
        world.state.lane(WAVE).home,
    )


def test_a_wave_goes_home_before_its_slot_is_freed(world):
    """Join, verify, leave, verify, and only then the slot's content changes: nobody is ever in neither."""
    world.bring_to(Stage.ENFORCE)
    world.idp.moves.clear()

    entry = settle(world)

    assert isinstance(entry.event, Settled)
    assert [("join", "id of home-administrators group", 3), ("leave", "id of slot-1 group", 3)] == world.idp.moves
    assert "slot-1" == moving.propose_advance(world.desk, OTHER_WAVE, idp="okta", to=None).decision.slot


def test_the_slot_is_empty_before_anyone_may_carry_out_its_new_content(world, monkeypatch):
    """A manifest that is published may be carried out by the pipeline at any moment."""
    world.bring_to(Stage.ENFORCE)
    seen = []
    monkeypatch.setattr(world.documents, "publish", lambda _: seen.append(world.group("slot-1").copy()))

    settle(world, with_engine=False)

    assert [set()] == seen


def test_a_home_keeps_those_who_settled_before(world):
    """A home is shared by all settled waves of its cohort."""
    world.bring_to(Stage.ENFORCE)
    world.group("home-administrators").add("earlier")

    settle(world)

    assert {*ADMINS, "earlier"} == world.group("home-administrators")


def test_a_settlement_waits_for_the_team_like_any_other_move(world):
    """The people are home already; the slot is freed by the pipeline and recorded after the read-back."""
    half_settled(world)
    world.engine.up()

    stepping.confirm(world.desk, WAVE, idp="okta")

    assert "home-administrators" == world.state.lane(WAVE).home
    assert None is world.state.confirmed.slot("slot-1").wave


def test_a_settlement_is_not_recorded_while_somebody_is_in_the_slot(world):
    """The slot accepts nothing any more: whoever is in it is alone with an empty policy."""
    half_settled(world)
    world.engine.up()
    world.group("slot-1").add("stranger")

    with pytest.raises(SlotOccupied):
        stepping.confirm(world.desk, WAVE, idp="okta")
    assert world.state.open_intent is not None


def test_a_settlement_brings_home_who_was_lost_on_the_way(world):
    """Somebody took one out of the home between the move and its confirmation."""
    half_settled(world)
    world.engine.up()
    world.group("home-administrators").remove("adm1")

    stepping.confirm(world.desk, WAVE, idp="okta")

    assert set(ADMINS) == world.group("home-administrators")


def test_a_wave_that_is_not_enforced_does_not_settle(world):
    """A refusal like any other: recorded, nothing published, nobody moved."""
    world.bring_to(Stage.ENROL)
    before = world.documents.manifest()

    move = moving.propose_settle(world.desk, WAVE, idp="okta")
    entry = moving.apply(world.desk, move, with_engine=True)

    assert ("AdvanceRefused", None) == (entry.kind, move.manifest)
    assert (before, set(ADMINS)) == (world.documents.manifest(), world.group("slot-1"))


def test_who_is_in_a_wave_is_read_from_the_snapshot_of_its_plan(world):
    """A newer snapshot tells who is ready, not who belongs to the wave."""
    world.provision()
    world.clock.forward(hours=1)
    world.take_snapshot(gone=("adm2",))
    world.advance()

    assert set(ADMINS) == world.group("slot-1")


def test_without_the_snapshot_of_the_plan_nobody_is_moved(world):
    """Nobody knows who belongs to the wave: nothing is recorded, and when the snapshot is back all is as before."""
    world.provision()
    header = world.desk.snapshots / world.state.plan.snapshot_digest / "snapshot.json"
    kept = header.read_bytes()
    header.unlink()

    with pytest.raises(OfframpError):
        world.advance()
    assert (set(), 2) == (world.group("slot-1"), len(world.kinds))

    header.write_bytes(kept)
    world.advance()
    assert set(ADMINS) == world.group("slot-1")
