from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from approval_builders import HELP, LEAD, NOON, OWNER
from exception_desk import (
    LEGACY,
    UNTIL,
    an_excepting_world,
    approve,
    ask,
    ask_desk,
    members,
    one,
    sign,
    why,
)

from migration.errors import NotFound
from migration.exception_classes import DESK
from migration.operations import asking, excepting
from migration.operations.asking import Asking
from migration.policy_exceptions import State


@pytest.fixture
def world(tmp_path):
    """Make a tenant with a set for every class."""
    return an_excepting_world(tmp_path)


@pytest.mark.parametrize("person", [HELP, LEAD])
def test_for_the_desk_only_a_signature_counts(world, person):
    """A typed name opens no desk, whoever types it."""
    key = ask_desk(world, "std2")
    world.desk = replace(world.desk, actor=person.name)

    assert f"for {key} a typed name is not enough" == why(
        asking.propose_approve(world.desk, key, name=None, signature=None)
    )


def test_a_typed_name_is_recorded_as_asserted_and_enough_for_ordinary_people(world):
    """By whoever types their own name, and marked as what it is."""
    key = ask(world)
    for person in (LEAD, HELP):
        mine = replace(world.desk, actor=person.name)
        asking.apply(mine, asking.propose_approve(mine, key, name=None, signature=None))

    assert (State.ACTIVE, ["asserted"] * 2) == (
        one(world, key).state,
        [given.proof for given in one(world, key).approvals],
    )


def test_a_forged_signature_and_the_requesters_own_yes_are_refused(world):
    """Nothing is recorded, and nobody is let in."""
    key = ask(world)
    before = len(world.kinds)
    forged = sign(world, key, text="another text\n")
    own = asking.propose_approve(world.desk, key, name=None, signature=None)

    assert why(forged).startswith("the signature is not one of r.lee over exactly this request")
    assert why(own) == "m.ito is not in the approvers file"
    assert ((), ()) == (asking.apply(world.desk, forged), asking.apply(world.desk, own))
    assert (before, set()) == (len(world.kinds), members(world))


def test_the_requester_cannot_approve_by_being_an_approver_too(world):
    """Even with a good signature."""
    world.desk = replace(world.desk, actor=LEAD.name)
    key = ask(world)

    assert "r.lee asked for it, and nobody approves their own request" == why(sign(world, key))


def test_without_anything_that_checks_signatures_every_one_is_forged(world):
    """Silence never opens a gate."""
    key = ask(world)
    world.desk = replace(world.desk, signatures=None)

    assert why(sign(world, key)).startswith("the signature is not one of r.lee")


def test_it_is_not_approved_after_its_end_or_a_second_time_after_its_start(world):
    """A yes that comes too late is a yes to nothing."""
    key = ask(world)
    approve(world, key)
    again = ask(world, "std2", exception_class="shared-workstation-key")
    world.clock.forward(days=21)

    assert f"{key} is active, and only a request is approved" == why(sign(world, key))
    assert f"{again} would have ended on 2026-11-22" == why(sign(world, again))


def test_what_the_tenant_has_no_set_for_cannot_be_asked_for(world):
    """Nobody approves what could not begin."""
    world.desk.engine.sets.pop("bootstrap")

    proposal = asking.propose_request(
        world.desk, Asking(DESK, ("adm1",), "a key", "two look", OWNER, None, NOON + timedelta(hours=8))
    )

    assert "the tenant has no set bootstrap" == why(proposal)


def test_a_refused_request_is_over(world):
    """It holds no budget, and nobody approves it any more."""
    key = ask(world)
    mine = replace(world.desk, actor=LEAD.name)

    asking.apply(mine, asking.propose_refuse(mine, key, because="a key comes on Monday"))

    assert (State.REFUSED, "a key comes on Monday") == (one(world, key).state, one(world, key).because)
    assert f"{key} is refused, and only a request is approved" == why(sign(world, key))


def test_the_same_words_are_the_same_proposal(world):
    """Also a minute later and behind another entry: what was shown is what is done."""
    wish = Asking("dated-totp", (LEGACY,), "a scanner", "looked after", OWNER, None, UNTIL)
    first = asking.propose_request(world.desk, wish)
    ask(world, "std2", exception_class="shared-workstation-key")
    world.clock.forward(minutes=1)

    assert first.digest == asking.propose_request(world.desk, wish).digest
    assert first.digest != asking.propose_request(world.desk, replace(wish, reason="another")).digest


def test_only_a_signed_yes_needs_no_digest(world):
    """The signature is over the text, so it was read; a name is not."""
    key = ask(world)
    mine = replace(world.desk, actor=LEAD.name)

    assert [True, False] == [
        proposal.is_seen
        for proposal in (sign(world, key), asking.propose_approve(mine, key, name=None, signature=None))
    ]


def test_nobody_is_excused_whom_nobody_knows(world):
    """An id that was mistyped is somebody else's, or nobody's."""
    wish = Asking("dated-totp", ("nobody",), "a scanner", "looked after", OWNER, None, UNTIL)

    with pytest.raises(NotFound):
        asking.propose_request(world.desk, wish)
    with pytest.raises(NotFound):
        excepting.find(world.state, "exception-9999")


def test_the_desk_is_asked_for_whoever_of_a_wave_needs_it(world):
    """Whoever holds what counts already stays away; so does whoever cannot sign in."""
    world.desk, kept = replace(world.desk, engine=world.engine), world.desk
    world.provision()
    world.desk = kept
    world.idp.holdings["adm2"] = {"totp"}
    world.idp.holdings.pop("adm3")

    assert ("adm1", "adm2") == asking.of_wave(world.desk, "administrators-01")


def test_what_ends_first_is_listed_first(world):
    """And what is over comes last."""
    first = ask(world)
    approve(world, first)
    excepting.end(world.desk, first)
    desk = ask_desk(world)
    later = ask(world, "std2", exception_class="shared-workstation-key", ends_at=UNTIL + timedelta(days=1))
    sooner = ask(world, "std3", exception_class="shared-workstation-key")

    assert [sooner, later, first] == [found.key for found in asking.listed(world.state, of_desk=False)]
    assert [desk] == [found.key for found in asking.listed(world.state, of_desk=True)]


def test_dates_are_kept_in_utc(world):
    """Whatever zone somebody typed them in."""
    key = ask(world, ends_at=datetime.fromisoformat("2026-11-22T21:00:00+09:00"))

    assert datetime(2026, 11, 22, 12, tzinfo=UTC).isoformat() == one(world, key).request["ends_at"]
