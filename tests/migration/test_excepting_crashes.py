import pytest
from approval_builders import ASKING, LEAD, NOON, RISK
from exception_desk import LEGACY, an_excepting_world, approve, ask, members, one

from migration.errors import IdpUnavailable
from migration.exception_events import EndBegun, ExceptionGranted, GrantBegun
from migration.operations import excepting
from migration.policy_exceptions import State


@pytest.fixture
def world(tmp_path):
    """Make a tenant with a set for every class."""
    return an_excepting_world(tmp_path)


class Crash(Exception):
    """Somebody pulled the plug."""


def crash_at(world, monkeypatch, call):
    """Let the next call of the tenant be the last, before or after it took effect."""
    name, after = call
    real = getattr(world.idp, name)

    def dies(*arguments):
        if after:
            real(*arguments)
        raise Crash

    monkeypatch.setattr(world.idp, name, dies)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_grant_that_was_interrupted_is_finished_once(world, monkeypatch, after):
    """The membership is there once, and so is the record."""
    key = ask(world)
    approve(world, key, LEAD)
    with monkeypatch.context() as patch:
        crash_at(world, patch, ("join", after))
        with pytest.raises(Crash):
            approve(world, key, RISK)
    assert State.GRANTING is one(world, key).state
    (work,) = world.state.works.values()

    excepting.finish_grant(world.desk, work.entry, key)

    assert ({LEGACY}, State.ACTIVE, {}) == (members(world), one(world, key).state, world.state.works)
    assert 1 == world.kinds.count("ExceptionGranted")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["remove_methods", "leave", "end_sessions"])
def test_an_end_that_was_interrupted_is_finished_once(world, monkeypatch, call, after):
    """Wherever it stopped: nothing of the exception is left, and that is recorded once."""
    key = ask(world)
    approve(world, key)
    with monkeypatch.context() as patch:
        crash_at(world, patch, (call, after))
        with pytest.raises(Crash):
            excepting.end(world.desk, key)
    (work,) = world.state.works.values()

    excepting.finish_end(world.desk, work.entry, key)

    assert (set(), {"sms"}, False) == (members(world), world.idp.holdings[LEGACY], LEGACY in world.idp.sessions)
    assert (State.ENDED, {}, 1) == (one(world, key).state, world.state.works, world.kinds.count("ExceptionEnded"))


def test_an_interrupted_grant_lets_nobody_in_after_its_end(world):
    """It is recorded with nobody in it, and ends like any other."""
    key = ask(world)
    entry = world.ledger.append(GrantBegun(key), actor=ASKING, at=NOON)
    world.clock.forward(days=20)

    granted = excepting.finish_grant(world.desk, entry.number, key)

    assert (ExceptionGranted(key, entry.number, 0), set()) == (granted.event, members(world))
    assert (key,) == excepting.carry_out_due(world.desk).ended


def test_a_tenant_that_is_away_leaves_the_work_open(world, monkeypatch):
    """What was begun is known, and the next command finishes it."""
    key = ask(world)
    approve(world, key)

    def away(*_):
        raise IdpUnavailable("away", context="the tenant", hint="again")

    with monkeypatch.context() as patch:
        patch.setattr(world.idp, "leave", away)
        with pytest.raises(IdpUnavailable):
            excepting.end(world.desk, key)

    assert [EndBegun.__name__] == [work.kind for work in world.state.works.values()]
