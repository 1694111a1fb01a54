from dataclasses import replace
from datetime import timedelta

import pytest
from approval_builders import LEAD, NOON, OWNER, RISK
from exception_desk import (
    DESK_SET,
    LEGACY,
    TOTP_SET,
    UNTIL,
    an_excepting_world,
    approve,
    ask,
    ask_desk,
    members,
    one,
)

from migration.exception_events import ExceptionEnded, ExceptionRefused
from migration.operations import asking, excepting
from migration.policy_exceptions import State


@pytest.fixture
def world(tmp_path):
    """Make a tenant with a set for every class."""
    return an_excepting_world(tmp_path)


def test_from_the_request_to_the_end(world):
    """Requested, approved by two, granted at once; at its end nothing of it is left, and every step is recorded."""
    key = ask(world)
    approve(world, key)
    assert (State.ACTIVE, {LEGACY}) == (one(world, key).state, members(world))
    world.clock.forward(days=20)

    done = excepting.carry_out_due(world.desk)

    assert (key,) == done.ended
    assert (State.ENDED, set(), {"sms"}) == (one(world, key).state, members(world), world.idp.holdings[LEGACY])
    assert LEGACY not in world.idp.sessions
    assert [
        "ExceptionRequested",
        "ApprovalGiven",
        "ApprovalGiven",
        "GrantBegun",
        "ExceptionGranted",
        "EndBegun",
        "ExceptionEnded",
    ] == world.kinds


def test_its_key_has_the_number_of_its_entry(world):
    """One finds it in the ledger at once."""
    assert ["exception-0001", "desk-0002"] == [ask(world), ask_desk(world)]


def test_an_end_takes_credential_membership_and_sessions_in_that_order(world):
    """The way in first: whoever still has a session cannot use it to keep the method."""
    key = ask(world)
    approve(world, key)
    world.idp.moves.clear()

    excepting.end(world.desk, key, because="its end has come")

    assert [
        ("remove", "totp", 1),
        ("leave", f"group of {TOTP_SET}", 1),
        ("end sessions", "", 1),
    ] == world.idp.moves
    assert ExceptionEnded(key, 6, 1, 1, 1) == world.ledger.entries()[-1].event


def test_what_the_target_accepts_is_the_persons_own(world):
    """A security key that was asked for at every sign-in stays where it is when the workstation goes."""
    key = ask(world, "std2", exception_class="shared-workstation-key")
    approve(world, key)

    excepting.end(world.desk, key)

    assert {"security_key"} == world.idp.holdings["std2"]
    assert 0 == world.ledger.entries()[-1].event.removed_factor_count


def test_at_the_desks_end_the_passkey_stays(world):
    """It is what the desk was for; the membership and the sessions go."""
    key = ask_desk(world)
    approve(world, key)
    world.idp.holdings["adm1"].add("passkey_bound")
    world.clock.forward(hours=8)

    excepting.carry_out_due(world.desk)

    assert ({"sms", "passkey_bound"}, set()) == (world.idp.holdings["adm1"], members(world, DESK_SET))
    assert "adm1" not in world.idp.sessions


def test_the_desk_opens_at_its_start_and_closes_at_its_end(world):
    """An administrator is in its group inside these dates and at no other moment."""
    opens = NOON + timedelta(days=2)
    key = ask_desk(world, starts_at=opens, ends_at=opens + timedelta(days=1))
    approve(world, key)
    seen = []
    for hours in (0, 47.9, 0.1, 23.9, 0.1):
        world.clock.forward(hours=hours)
        excepting.carry_out_due(world.desk)
        seen.append(members(world, DESK_SET) == {"adm1"})

    assert [False, False, True, True, False] == seen


def test_before_anybody_joins_the_content_is_read_back(world):
    """A set whose rule is switched off would let nobody in, or let in by another rule."""
    world.idp.standing[f"rule of {TOTP_SET}"] = "INACTIVE"
    key = ask(world)

    approve(world, key)

    assert (State.REQUESTED, set()) == (one(world, key).state, members(world))
    assert any(f"{key} is approved and cannot begin yet: {TOTP_SET} does not hold" in line for line in world.said)


def test_one_that_cannot_begin_is_an_alarm_and_stops_no_end(world):
    """Each tick tries again; what must end ends meanwhile."""
    world.idp.standing[f"rule of {TOTP_SET}"] = "INACTIVE"
    key = ask(world)
    approve(world, key)
    desk = ask_desk(world)
    approve(world, desk)
    world.clock.forward(hours=8)

    done = excepting.carry_out_due(world.desk)

    assert ((), (desk,)) == (done.granted, done.ended)
    assert [True] == [alarm.startswith(f"{key} is approved and cannot begin") for alarm in done.alarms]
    world.idp.standing[f"rule of {TOTP_SET}"] = "ACTIVE"
    assert (key,) == excepting.carry_out_due(world.desk).granted


def test_a_renewal_takes_over_without_a_gap(world):
    """At the old end the new one stands, nobody left the group, no factor and no session went."""
    key = ask(world)
    approve(world, key)
    world.clock.forward(days=10)
    proposal = asking.propose_renew(world.desk, key, ends_at=UNTIL + timedelta(days=25), reason="late")
    asking.apply(world.desk, proposal)
    new = proposal.one.key
    world.clock.forward(days=3)
    approve(world, new)
    assert State.REQUESTED is one(world, new).state
    world.clock.forward(days=7)
    world.idp.moves.clear()

    done = excepting.carry_out_due(world.desk)

    assert ((new,), (key,)) == (done.granted, done.ended)
    assert (State.ENDED, State.ACTIVE, {LEGACY}) == (one(world, key).state, one(world, new).state, members(world))
    assert [] == world.idp.moves
    assert ({"totp", "sms"}, True) == (world.idp.holdings[LEGACY], LEGACY in world.idp.sessions)


def test_a_revocation_ends_it_at_once_and_says_whose_last_way_in_goes(world):
    """Whoever revokes sees it before."""
    key = ask(world)
    approve(world, key)
    mine = replace(world.desk, actor=OWNER)

    proposal = asking.propose_revoke(mine, key, because="the scanner was lost")
    asking.apply(mine, proposal)

    assert (1, set()) == (proposal.last_way_in_count, members(world))
    assert "revoked by k.brown: the scanner was lost" == one(world, key).because


def test_a_request_that_nobody_answered_lapses(world):
    """By name of the programme itself, with the reason."""
    key = ask(world)
    world.clock.forward(days=20)

    done = excepting.carry_out_due(world.desk)

    assert (key,) == done.lapsed
    assert ExceptionRefused(key, "offramp", "its end has come") == world.ledger.entries()[-1].event


def test_an_end_is_announced_once(world):
    """With the account and the way to another way in; seven days ahead."""
    key = ask(world)
    approve(world, key)
    world.clock.forward(days=13)

    assert [(key,), ()] == [excepting.carry_out_due(world.desk).warned for _ in range(2)]
    assert f"account {LEGACY} then needs what its cohort accepts" in world.said[-1]
    assert "ExceptionWarned" == world.kinds[-1]


def test_there_is_nothing_due_until_there_is(world):
    """Every command asks that first, so it asks the ledger alone."""
    key = ask(world)
    approve(world, key)
    seen = [excepting.is_due(world.desk, world.state)]
    world.clock.forward(days=13)
    seen.append(excepting.is_due(world.desk, world.state))

    assert [False, True] == seen


def test_an_account_that_is_gone_keeps_nobody_else_out(world):
    """At the desk somebody may have left since the morning."""
    key = ask_desk(world, "adm1", "adm2")
    world.idp.holdings.pop("adm2")

    approve(world, key)

    assert ({"adm1"}, 1) == (members(world, DESK_SET), world.ledger.entries()[-1].event.member_count)


def test_what_is_not_approved_or_not_active_neither_begins_nor_ends(world):
    """The use cases ask again; they do not trust whoever calls them."""
    key = ask(world)

    assert [f"{key} is not approved by 2 people", f"{key} is requested"] == [
        answer.because for answer in (excepting.grant(world.desk, key), excepting.end(world.desk, key))
    ]
    approve(world, key)
    assert f"{key} is active" == excepting.grant(world.desk, key).because


def test_nothing_begins_outside_its_dates_or_without_its_set(world):
    """Whoever calls: the use case asks itself."""
    early = ask(world, starts_at=NOON + timedelta(days=1))
    approve(world, early)
    now = ask_desk(world)
    approve(world, now, LEAD)
    world.desk.engine.sets.pop("bootstrap")
    approve(world, now, RISK)

    assert ["it is 2026-11-02 12:00, which is not inside its dates", "the tenant has no set bootstrap"] == [
        excepting.grant(world.desk, key).because for key in (early, now)
    ]
