from datetime import timedelta

import pytest
from desks import ADMINS, OTHER_WAVE, STANDARD, WAVE, a_world

from migration.events import AdvanceRefused
from migration.operations import evidence, healing, moving, ticking
from migration.people_changes import Change
from migration.people_events import MembershipVerified, Ticked
from migration.posture import Stage

JOINERS = "standard-joiners-1"


@pytest.fixture
def world(tmp_path):
    """Make a tenant whose standard people live in their home, and whose administrators enrol."""
    world = a_world(tmp_path)
    world.take_snapshot()
    world.bring_to(Stage.ENFORCE, OTHER_WAVE)
    moving.apply(world.desk, moving.propose_settle(world.desk, OTHER_WAVE, idp="okta"), with_engine=True)
    world.advance(Stage.ENROL, WAVE)
    world.clock.forward(hours=1)
    return world


def tick(world, **terms):
    """Do what is due."""
    done, _ = ticking.tick(world.desk, **terms)
    return done


def people(world, wave):
    """Return who is in a wave."""
    return set(evidence.account_ids(world.desk, world.state, world.state.plan.wave(wave)))


def test_a_tick_leaves_a_heartbeat(world):
    """Whoever looks later sees that somebody looked after things, and what was done."""
    world.take_snapshot()

    tick(world)

    assert Ticked(0, 0, 0, 0, 0, ()) == world.ledger.entries()[-1].event
    assert world.clock().isoformat() == world.state.ticked_at


def test_who_was_hired_joins_the_standing_set_and_has_a_wave(world):
    """From the first tick that sees them they can enrol, add no phone, and are asked on a date."""
    world.take_snapshot(hired=("new1", "new2"))

    done = tick(world)

    assert {Change.JOINED: 2} == done.changes
    assert {"new1", "new2"} == world.group("joiners") == people(world, JOINERS)
    wave = world.state.plan.wave(JOINERS)
    assert (2, Stage.PLANNED) == (world.state.count(wave), world.stage(JOINERS))
    assert wave.enrol_on > world.clock().date()


def test_a_second_tick_finds_nobody_new(world):
    """It may run every hour, and twice at once."""
    world.take_snapshot(hired=("new1",))
    tick(world)
    moves = len(world.idp.moves)

    assert {} == tick(world).changes
    assert moves == len(world.idp.moves)


def test_the_joiners_wave_takes_them_out_of_the_standing_set(world):
    """In the slot first; in both for a moment; then in the slot alone."""
    world.take_snapshot(hired=("new1",))
    tick(world)

    world.advance(Stage.ENROL, JOINERS)

    assert (set(), {"new1"}) == (
        world.group("joiners"),
        world.group("slot-1") - set(ADMINS) | world.group("slot-2") - set(ADMINS),
    )
    world.take_snapshot(hired=("new1", "new2"))
    tick(world)
    assert {"new2"} == world.group("joiners") == people(world, "standard-joiners-2")


def test_who_left_leaves_the_set_that_held_them(world):
    """An account that cannot sign in keeps no place, and no wave waits for it."""
    world.take_snapshot(gone=("std1", "adm1"))

    done = tick(world)

    assert {Change.LEFT: 2} == done.changes
    assert (set(STANDARD) - {"std1"}, set(ADMINS) - {"adm1"}) == (world.group("home-standard"), world.group("slot-1"))
    assert (3, 2) == tuple(world.state.count(world.state.plan.wave(key)) for key in (OTHER_WAVE, WAVE))


def test_who_comes_back_from_leave_is_a_joiner(world):
    """Not put back where they were: everything has moved on since."""
    world.take_snapshot(gone=("std1",))
    tick(world)
    world.take_snapshot()

    assert {Change.JOINED: 1} == tick(world).changes
    assert "std1" in world.group("joiners")
    assert "std1" not in world.group("home-standard")


def test_who_is_promoted_and_holds_a_key_moves_into_the_stricter_home(world):
    """They join the new home, that is read back, and they leave the old one."""
    world.take_snapshot(promoted=("std2",))
    before = len(world.idp.moves)

    done = tick(world)

    assert {Change.MOVED: 1} == done.changes
    assert [
        ("join", "id of home-administrators group", 1),
        ("leave", "id of home-standard group", 1),
    ] == world.idp.moves[before:]


def test_who_is_promoted_and_holds_nothing_stays_enforced_and_is_named(world):
    """They do not get their SMS back because they became more important."""
    world.take_snapshot("std2", promoted=("std2",))

    done = tick(world)

    assert ["std2"] == [one.known.account_id for one in done.waiting]
    assert "std2" in world.group("home-standard")


def test_lower_assurance_needs_somebodys_yes(world):
    """An administrator no more: the weaker target waits until somebody approves it."""
    world.advance(Stage.ENFORCE, WAVE)
    moving.apply(world.desk, moving.propose_settle(world.desk, WAVE, idp="okta"), with_engine=True)
    world.clock.forward(hours=1)
    world.take_snapshot(demoted=("adm1",))

    waiting = tick(world)
    assert ["adm1"] == [one.known.account_id for one in waiting.approvals_needed]
    assert "adm1" in world.group("home-administrators")

    done = tick(world, approved_by="r.lee")
    assert {Change.MOVED: 1} == done.changes
    assert "adm1" in world.group("home-standard") - world.group("home-administrators")


def test_an_old_snapshot_shows_nobody_who_joined_and_says_so(world):
    """To take silence for nobody would leave joiners outside for ever."""
    world.clock.forward(hours=30)

    done = tick(world)

    assert {} == done.changes
    assert "30 h old" in done.alarms[0] or "31 h old" in done.alarms[0]
    assert done.alarms == world.ledger.entries()[-1].event.alarms


def test_after_a_day_without_a_tick_nobody_advances(world):
    """The alarm is no alarm if everything goes on."""
    tick(world)
    world.clock.forward(hours=27)
    world.take_snapshot()

    refused = world.advance(Stage.ENFORCE, WAVE).event
    assert isinstance(refused, AdvanceRefused)
    assert "nothing has ticked for 27 h" in refused.because

    tick(world)
    assert Stage.ENFORCE is world.advance(Stage.ENFORCE, WAVE).event.stage


def test_a_move_of_people_that_was_interrupted_is_finished_once(world, monkeypatch):
    """Half of the joiners in the set, and no outcome: the next command ends it."""

    class Crash(BaseException):
        pass

    world.take_snapshot(hired=("new1", "new2"))
    real = world.idp.join

    def dies(group, accounts):
        real(group, list(accounts)[:1])
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(world.idp, "join", dies)
        with pytest.raises(Crash):
            tick(world)
    assert {"new1"} == world.group("joiners")

    healing.heal(world.desk)

    assert {"new1", "new2"} == world.group("joiners")
    assert {} == world.state.works
    assert 1 == sum(isinstance(entry.event, MembershipVerified) for entry in world.ledger.entries())


def test_what_the_record_says_is_where_people_are(world):
    """Replaying the ledger gives the tenant as it is."""
    world.take_snapshot(hired=("new1",), gone=("std1",), promoted=("std2",))
    tick(world)

    in_home = {one.account_id for one in world.state.placed.values() if one.held_in == "home-administrators"}
    joined = {one.account_id for one in world.state.placed.values() if one.held_in == "joiners"}

    assert (in_home, joined) == (world.group("home-administrators"), world.group("joiners"))
    assert world.clock() - timedelta(hours=2) < world.clock()
