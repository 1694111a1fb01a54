import pytest
from desks import ADMINS, WAVE, a_world

from migration.errors import EngineFailed
from migration.events import IntentAbandoned, StageRequested
from migration.ledger import TurnTaken
from migration.model import Creating
from migration.operations import healing, moving, planning, stepping, turns
from migration.posture import Stage


class Crash(BaseException):
    """Somebody pulled the plug: no handler hears of it."""


@pytest.fixture
def world(tmp_path):
    """Make a provisioned tenant."""
    world = a_world(tmp_path)
    world.take_snapshot()
    world.provision()
    return world


def crash(monkeypatch, target, name, *, after=False, nth=1):
    """Let call number *nth* of a part be the last thing that happens, before or after it took effect."""
    real, calls = getattr(target, name), []

    def dies(*arguments, **named):
        calls.append(arguments)
        if len(calls) < nth:
            return real(*arguments, **named)
        if after:
            real(*arguments, **named)
        raise Crash

    monkeypatch.setattr(target, name, dies)


def crashing(monkeypatch, target, name, act, **terms):
    """Do *act* until it dies there."""
    with monkeypatch.context() as patch:
        crash(patch, target, name, **terms)
        with pytest.raises(Crash):
            act()


def outcomes(world):
    """Count outcomes by the intent that they end."""
    found = {}
    for entry in world.ledger.entries():
        intent = entry.body.get("intent")
        if intent is not None and entry.kind != "StageFailed":
            found.setdefault(intent, []).append(entry.kind)
    return found


def test_a_step_that_changed_nothing_is_ended(world, monkeypatch):
    """Killed after the intent: nothing outside the ledger knows of it, so nobody has to carry it out."""
    crashing(monkeypatch, world.documents, "publish", lambda: world.advance(Stage.ENROL))

    healing.heal(world.desk)

    assert (None, Stage.PLANNED) == (world.state.open_intent, world.stage())
    assert isinstance(world.ledger.entries()[-1].event, IntentAbandoned)
    assert "interrupted before anything was changed" == world.ledger.entries()[-1].event.because


@pytest.mark.parametrize(
    ("part", "call", "terms"),
    [
        ("documents", "publish", {"after": True}),
        ("engine", "up", {}),
        ("engine", "up", {"after": True}),
        ("idp", "join", {}),
        ("idp", "join", {"after": True}),
    ],
)
def test_a_step_that_has_begun_is_finished_once(world, monkeypatch, part, call, terms):
    """Killed after the manifest, in the update, in mid-membership, before the outcome: the same end."""
    crashing(monkeypatch, getattr(world, part), call, lambda: world.advance(Stage.ENROL), **terms)
    assert world.state.open_intent is not None

    healing.heal(world.desk)

    assert (None, Stage.ENROL, set(ADMINS)) == (world.state.open_intent, world.stage(), world.group("slot-1"))
    assert all(["StageEntered"] == kinds for intent, kinds in outcomes(world).items() if intent > 1)


def test_healing_twice_is_healing_once(world, monkeypatch):
    """The second finds nothing to do."""
    crashing(monkeypatch, world.engine, "up", lambda: world.advance(Stage.ENROL))
    healing.heal(world.desk)
    count, ups = len(world.ledger.entries()), world.engine.ups

    assert () == healing.heal(world.desk)
    assert (count, ups) == (len(world.ledger.entries()), world.engine.ups)


def test_a_crash_while_healing_is_healed_by_the_next(world, monkeypatch):
    """However often the plug is pulled."""
    crashing(monkeypatch, world.engine, "up", lambda: world.advance(Stage.ENROL))
    crashing(monkeypatch, world.idp, "join", lambda: healing.heal(world.desk), after=True)

    healing.heal(world.desk)

    assert (Stage.ENROL, set(ADMINS)) == (world.stage(), world.group("slot-1"))


def test_after_a_death_the_engine_asks_the_tenant_first(world, monkeypatch):
    """What the dead one wrote and could not record is not written again."""
    crashing(monkeypatch, world.engine, "up", lambda: world.advance(Stage.ENROL))
    refreshed = world.engine.refreshed

    healing.heal(world.desk)

    assert refreshed + 1 == world.engine.refreshed


def test_what_a_dead_engine_was_creating_is_taken_over_not_made_twice(tmp_path, monkeypatch):
    """The tenant is asked by name before anything is made again."""
    world = a_world(tmp_path)
    world.take_snapshot()
    crashing(monkeypatch, world.engine, "up", world.provision)
    world.engine.cut_short = [
        Creating("urn::slot-1 group", "okta:group/group:Group", {"name": "offramp slot-1"}),
        Creating("urn::slot-2 group", "okta:group/group:Group", {"name": "offramp slot-2"}),
    ]
    world.idp.existing = {"offramp slot-1": "00g-made"}

    healing.heal(world.desk)

    assert {"urn::slot-1 group": "00g-made"} == world.engine.adopted
    assert world.state.plan is not None


def test_a_provision_that_was_interrupted_is_finished(tmp_path, monkeypatch):
    """Killed while break-glass was filled: the next command fills it."""
    world = a_world(tmp_path)
    world.take_snapshot()
    crashing(monkeypatch, world.idp, "join", world.provision, after=True)

    healing.heal(world.desk)

    assert (None, {"bg1", "bg2"}) == (world.state.open_intent, world.group("break-glass"))


def test_who_left_the_slot_is_carried_over_whatever_happens_then(world, monkeypatch):
    """Killed after they left and before the manifest: the step goes on, because part of it is visible."""
    world.advance(Stage.ENROL)
    world.clock.forward(hours=1)
    world.take_snapshot("adm1")
    crashing(monkeypatch, world.documents, "publish", lambda: world.advance(Stage.ENFORCE))
    assert {"adm2", "adm3"} == world.group("slot-1")

    healing.heal(world.desk)

    assert (Stage.ENFORCE, {"adm2", "adm3"}) == (world.stage(), world.group("slot-1"))
    assert 1 == world.state.count(world.state.plan.wave("administrators-01-carried-1"))


@pytest.mark.parametrize("terms", [{}, {"after": True}])
@pytest.mark.parametrize("call", ["join", "leave"])
def test_a_settlement_that_was_interrupted_is_finished(world, monkeypatch, call, terms):
    """Some at home, some in the slot: everybody is somewhere, and the next command brings them home."""
    world.advance(Stage.ENROL)
    world.advance(Stage.ENFORCE)
    settle = moving.propose_settle(world.desk, WAVE, idp="okta")
    crashing(monkeypatch, world.idp, call, lambda: moving.apply(world.desk, settle, with_engine=True), **terms)
    assert set(ADMINS) <= world.group("slot-1") | world.group("home-administrators")

    healing.heal(world.desk)

    lane = world.state.lane(WAVE)
    if lane.home is None:  # killed before anybody had moved
        assert (set(ADMINS), None) == (world.group("slot-1"), world.state.open_intent)
    else:
        assert (set(ADMINS), set()) == (world.group("home-administrators"), world.group("slot-1"))


def test_a_step_of_the_pipeline_is_waited_for(world):
    """It may take its time: nobody carries it out for the team."""
    world.advance(Stage.ENROL, with_engine=False)
    before = len(world.ledger.entries())

    assert () == healing.heal(world.desk)
    assert (before, set()) == (len(world.ledger.entries()), world.group("slot-1"))
    assert isinstance(world.state.intent_event, StageRequested)


def test_a_confirmation_that_was_interrupted_is_finished(world, monkeypatch):
    """The pipeline has done its part, and somebody was moving people when the plug was pulled."""
    world.advance(Stage.ENROL, with_engine=False)
    world.engine.up()
    crashing(monkeypatch, world.idp, "join", lambda: stepping.confirm(world.desk, WAVE, idp="okta"), after=True)

    healing.heal(world.desk)

    assert (None, Stage.ENROL) == (world.state.open_intent, world.stage())


def test_an_engine_that_said_no_is_not_asked_again_behind_anybodys_back(world):
    """It failed, and that was recorded: somebody has to look."""
    world.engine.dies_with = EngineFailed("The engine failed", context="stack", hint="pulumi preview")
    with pytest.raises(EngineFailed):
        world.advance(Stage.ENROL)
    world.engine.dies_with = None

    assert () == healing.heal(world.desk)
    assert world.state.open_intent.failures == ("the engine did not finish",)


def test_whoever_writes_ends_first_what_was_interrupted(world, monkeypatch):
    """Before a command does anything of its own."""
    crashing(monkeypatch, world.engine, "up", lambda: world.advance(Stage.ENROL))

    with turns.taken(world.desk):
        stage = world.stage()

    assert Stage.ENROL is stage


def test_two_operators_at_once_are_one_after_the_other(world):
    """The second is told who is at work, and since when."""
    with (
        world.ledger.turn("r.lee", world.clock(), thread=0),
        pytest.raises(TurnTaken, match=r"r\.lee"),
        turns.taken(world.desk),
    ):
        planning.propose(world.desk)


def test_whoever_only_looks_is_not_kept_waiting(world, monkeypatch):
    """It is said that somebody is at work; the look goes on."""
    crashing(monkeypatch, world.engine, "up", lambda: world.advance(Stage.ENROL))

    with world.ledger.turn("r.lee", world.clock(), thread=0):
        turns.glance(world.desk)

    assert any("r.lee" in line for line in world.said)
    assert world.state.open_intent is not None
