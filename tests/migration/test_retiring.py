from dataclasses import replace

import pytest
from approval_builders import LEAD, RISK
from desks import OTHER_WAVE, STANDARD, a_world
from exception_desk import write_approvers
from fakes import FakeSignatures

from migration import approvals
from migration.events import AdvanceRefused
from migration.exception_events import ApprovalGiven
from migration.operations import healing, moving, retiring
from migration.people_events import Retired
from migration.posture import Stage


@pytest.fixture
def world(tmp_path):
    """Make a tenant with a settled wave: two hold a key and a phone, one a phone alone, one a key alone."""
    world = a_world(tmp_path)
    world.take_snapshot()
    world.bring_to(Stage.ENFORCE, OTHER_WAVE)
    moving.apply(world.desk, moving.propose_settle(world.desk, OTHER_WAVE, idp="okta"), with_engine=True)
    world.idp.holdings |= {
        "std1": {"security_key", "sms", "voice"},
        "std2": {"security_key", "sms"},
        "std3": {"sms"},
        "std4": {"security_key"},
    }
    write_approvers(tmp_path / "approvers.toml", LEAD, RISK)
    world.desk = replace(world.desk, approvers=tmp_path / "approvers.toml", signatures=FakeSignatures())
    return world


def propose(world):
    """List the phones."""
    return retiring.propose(world.desk, OTHER_WAVE, idp="okta")


def approve(world, name):
    """Sign the list that was asked for."""
    wanted = propose(world)
    found = retiring.approve(world.desk, wanted, name=name, signature=FakeSignatures.sign(name, wanted.asked.text))
    retiring.record_approval(world.desk, wanted, found)
    return found


def asked_and_approved(world):
    """Ask, and let two people sign."""
    retiring.request(world.desk, propose(world))
    approve(world, LEAD.name)
    approve(world, RISK.name)
    return propose(world)


def phones(world):
    """Return who still has a phone."""
    return {account for account in STANDARD if world.idp.holdings[account] & {"sms", "voice"}}


def test_the_list_names_every_phone_and_whoever_keeps_theirs(world):
    """A phone that is the last way in stays, and it is said whose."""
    found = propose(world)

    assert (3, {"std1", "std2"}) == (found.phones_count, {one["account"] for one in found.request["phones"]})
    assert [("std3", "holds nothing else that signs in: the phone is the last way in")] == [
        (one["account"], one["because"]) for one in found.request["skipped"]
    ]


def test_two_signatures_and_the_name_delete_exactly_the_list(world):
    """Nothing more: a phone that was enrolled after the list was signed is another list's."""
    found = asked_and_approved(world)
    world.idp.holdings["std4"].add("sms")

    entry = retiring.begin(world.desk, found, name=OTHER_WAVE)

    assert Retired(OTHER_WAVE, "okta", intent=entry.body["intent"], deleted_count=3, skipped_count=1) == entry.event
    assert {"std3", "std4"} == phones(world)
    assert Stage.RETIRE is world.stage(OTHER_WAVE)


@pytest.mark.parametrize("name", ["", "standard", "administrators-01"])
def test_without_the_typed_name_nothing_is_deleted(world, name):
    """It cannot be undone."""
    refused = retiring.begin(world.desk, asked_and_approved(world), name=name)

    assert isinstance(refused.event, AdvanceRefused)
    assert "must be named" in refused.event.because
    assert {"std1", "std2", "std3"} == phones(world)


def test_one_approval_is_not_two(world):
    """However often it is given."""
    retiring.request(world.desk, propose(world))
    approve(world, LEAD.name)
    again = approve(world, LEAD.name)

    refused = retiring.begin(world.desk, propose(world), name=OTHER_WAVE)

    assert isinstance(again, approvals.Refused)
    assert "1 of 2 people have approved exactly this list" == refused.event.because
    assert {"std1", "std2", "std3"} == phones(world)


def test_an_approval_is_for_the_list_that_was_read(world):
    """Somebody lost their key meanwhile: the list is another one, and so is its approval."""
    asked_and_approved(world)
    world.idp.holdings["std2"] = {"sms"}

    found = propose(world)

    assert (False, (), False) == (found.is_requested, found.approved_by, found.may_begin)
    assert {"std2", "std3"} == {one["account"] for one in found.request["skipped"]}


def test_a_forged_signature_is_none(world):
    """Over another text, it says nothing of this list."""
    retiring.request(world.desk, propose(world))
    wanted = propose(world)

    found = retiring.approve(world.desk, wanted, name=LEAD.name, signature=FakeSignatures.sign(LEAD.name, "another"))

    assert isinstance(found, approvals.Refused)
    assert not isinstance(found, ApprovalGiven)


def test_only_a_settled_wave_retires(tmp_path):
    """Until it settles it may have to come back."""
    world = a_world(tmp_path)
    world.take_snapshot()
    world.bring_to(Stage.ENFORCE, OTHER_WAVE)

    assert "only a settled wave retires" in propose(world).refused.because


def test_a_deletion_that_was_interrupted_is_finished_once(world, monkeypatch):
    """Person by person: the next command deletes what is left, and skips whose phone became the last way in."""

    class Crash(BaseException):
        pass

    found = asked_and_approved(world)
    real = world.idp.remove_factors

    def dies(factors):
        real(factors[:1])
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(world.idp, "remove_factors", dies)
        with pytest.raises(Crash):
            retiring.begin(world.desk, found, name=OTHER_WAVE)
    world.idp.holdings["std2"] = {"sms"}

    healing.heal(world.desk)

    assert ({"std2", "std3"}, {}) == (phones(world), world.state.works)
    assert 1 == world.kinds.count("Retired")


def test_what_is_retired_is_never_undone(world):
    """Neither a second time nor back."""
    retiring.begin(world.desk, asked_and_approved(world), name=OTHER_WAVE)

    assert "has retired already" in propose(world).refused.because
    back = moving.propose_rollback(world.desk, OTHER_WAVE, idp="okta", approved_by="r.lee")
    assert "are deleted" in back.decision.because
