from dataclasses import replace
from datetime import timedelta

import pytest
from approval_builders import (
    ASKING,
    EVERYONE,
    HELP,
    LATER,
    NOON,
    OWNER,
    a_desk_wish,
    a_ground,
    a_request,
    a_subject,
    a_wish,
    an_active_one,
    told,
)

from migration import approvals, exception_requests
from migration.approvals import Refused
from migration.exception_classes import CLASSES, LONGEST, MOST_RENEWALS
from migration.exception_events import (
    EndBegun,
    ExceptionRefused,
    ExceptionRequested,
)
from migration.exception_requests import request
from migration.policy_exceptions import State

KEY = "exception-0007"


def why(answer):
    """Return why something must not be asked for."""
    assert isinstance(answer, Refused), answer
    return answer.because


def asked(wish, ground=None):
    """Ask for something."""
    return request(wish, ground or a_ground(), key=KEY)


def renewed(one, ground=None, *, days=30, requester=ASKING):
    """Ask for a renewal shortly before the end."""
    soon = one.ends_at - timedelta(days=3)
    found = ground or a_ground(one, at=soon)
    ends_at = one.ends_at + timedelta(days=days)
    return exception_requests.renew(one, found, ends_at=ends_at, reason="late", requester=requester, key="exception-9")


def test_a_request_holds_everything_that_is_signed():
    """Who, what, why, until when; its key and its tenant too, so that a yes to it is a yes to nothing else."""
    found = asked(a_wish())

    assert {
        "kind": "exception",
        "stack": "okta-prod",
        "key": KEY,
        "exception_class": "dated-totp",
        "meaning": CLASSES["dated-totp"].meaning,
        "accepts": "totp",
        "subjects": [{"account": "std1", "person": "person of std1", "cohort": "standard"}],
        "reason": "a scanner that takes no key",
        "control": "sign-ins are reviewed daily",
        "owner": OWNER,
        "requester": ASKING,
        "starts_at": NOON.isoformat(),
        "ends_at": LATER.isoformat(),
        "renews": None,
        "renewals_count": 0,
    } == found.request
    assert approvals.request_digest(found.request) == found.request_digest


@pytest.mark.parametrize(
    ("wish", "because"),
    [
        (a_wish(exception_class="forever"), "there is no class forever"),
        (a_wish(subjects=()), "it is for nobody"),
        (a_wish("std1", "std2"), "it is for 2 people"),
        (a_wish(subjects=(a_subject(), a_subject("adm1", "administrators"))), "it is for people of administrators"),
        (a_wish(cohort="contractors"), "the cohort contractors has no posture"),
        (a_wish(reason="  "), "it has no reason"),
        (a_wish(control=""), "it has no control"),
        (a_wish(owner=""), "it has no owner"),
        (a_wish(reason="x" * 501), "its reason is no single line"),
        (a_wish(reason="ends \u202e soon"), "its reason is no single line"),
        (a_wish(reason="one\ntwo"), "its reason is no single line"),
        (a_wish(reason="ask m.ito@example.com"), "its reason holds an address"),
        (a_wish(control="call +81 90 1234 5678"), "its control holds an address"),
        (a_wish(owner=ASKING), "m.ito asks for it, and cannot also answer for it"),
        (a_wish(requester="std1"), "nobody asks for an exception of their own"),
        (a_wish(ends_at=NOON), "it would end at 2026-11-02 12:00, before it began"),
        (a_wish(ends_at=NOON - timedelta(days=1)), "it would end at 2026-11-01 12:00, before it began"),
        (a_wish(starts_at=NOON - timedelta(hours=1)), "it would have begun at 2026-11-02 11:00"),
        (a_wish(starts_at=LATER, ends_at=LATER), "it would end at"),
        (a_wish(ends_at=NOON + LONGEST + timedelta(seconds=1)), "it would last longer than the 30 day(s)"),
        (a_desk_wish(ends_at=NOON + timedelta(hours=25)), "it would last longer than the 1 day(s)"),
        (a_wish("std77"), "account std77 cannot sign in at all"),
        (a_wish(exception_class="shared-workstation-key"), "account std1 holds no security_key"),
    ],
)
def test_what_must_not_be_asked_for_is_refused_with_its_reason(wish, because):
    """A refusal names what is wrong, so that the next request is a better one."""
    assert why(asked(wish)).startswith(because)


@pytest.mark.parametrize(
    "wish",
    [
        a_wish(ends_at=NOON + LONGEST),
        a_wish(reason="the scanner of line 4 goes on 2026-12-01, INC0012345678"),
        a_wish(starts_at=LATER, ends_at=LATER + LONGEST),
        a_desk_wish("adm1", "adm2", "adm3"),
        a_desk_wish(starts_at=LATER, ends_at=LATER + timedelta(days=1)),
        a_wish("adm1", cohort="administrators"),
    ],
)
def test_what_may_be_asked_for(wish):
    """Up to the last moment that the class allows; the desk for as many as come."""
    assert isinstance(asked(wish), ExceptionRequested)


def test_whoever_asks_is_known_by_their_account_too():
    """The approvers file says whose account somebody has."""
    assert "nobody asks for an exception of their own" == why(asked(a_wish(), a_ground(requester_account="std1")))


@pytest.mark.parametrize(("cohort_count", "budget"), [(0, 1), (49, 1), (50, 1), (99, 1), (100, 2), (151, 3)])
def test_the_budget_is_a_share_of_the_cohort_and_at_least_one(cohort_count, budget):
    """A small cohort must be able to help somebody too."""
    assert budget == a_ground(cohort_count=cohort_count).budget


def test_the_budget_of_a_cohort_cannot_be_overdrawn():
    """Else the exception becomes the standard."""
    standing = [an_active_one(f"exception-{n}", a_wish(f"std{n}")) for n in (1, 2)]

    assert "2 people of standard are excused, and 2 is the most" == why(asked(a_wish("std3"), a_ground(*standing)))


def test_requests_that_wait_count_too_and_those_that_are_over_do_not():
    """What may yet be granted is spent."""
    waiting = told(a_request(a_wish("std1"), "exception-1"))["exception-1"]
    over = replace(waiting, key="exception-2", state=State.ENDED, subjects=(a_subject("std2"),))
    refused = replace(over, key="exception-3", state=State.REFUSED)

    assert "1 people of standard are excused, and 1 is the most" == why(
        asked(a_wish("std3"), a_ground(waiting, cohort_count=50))
    )
    assert isinstance(asked(a_wish("std3"), a_ground(over, refused, cohort_count=50)), ExceptionRequested)


def test_other_cohorts_and_the_desk_spend_nothing_of_it():
    """The desk is the way to the target, not around it."""
    others = (
        an_active_one("exception-1", a_wish("adm1", cohort="administrators")),
        an_active_one("desk-2", a_desk_wish("std2", cohort="standard")),
    )

    assert isinstance(asked(a_wish("std1"), a_ground(*others, cohort_count=1)), ExceptionRequested)


def test_one_person_has_one_exception_at_a_time():
    """Two would hide each other's end."""
    standing = an_active_one()

    assert "exception-0007 is for the same person and is active" == why(asked(a_wish(), a_ground(standing)))


def test_who_is_excused_may_still_come_to_the_desk():
    """That is how an exception stops being needed; but nobody is there twice."""
    standing = an_active_one()
    desk = an_active_one("desk-8", a_desk_wish("std1", cohort="standard"))
    wish = a_desk_wish("std1", cohort="standard")

    assert isinstance(asked(wish, a_ground(standing)), ExceptionRequested)
    assert "desk-8 is for the same person and is active" == why(asked(wish, a_ground(standing, desk)))


def test_a_renewal_takes_over_where_the_old_one_ends():
    """With the same people, control and owner; nobody is without it for a moment, and nobody has it for longer."""
    old = an_active_one()

    found = renewed(old)

    assert (old.ends_at.isoformat(), KEY, 1) == tuple(
        found.request[name] for name in ("starts_at", "renews", "renewals_count")
    )
    assert old.control == found.request["control"]


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"state": State.ENDED}, "exception-0007 is ended"),
        ({"state": State.REQUESTED}, "exception-0007 is requested"),
        ({"renewals_count": MOST_RENEWALS}, "exception-0007 was renewed 2 times"),
        ({"exception_class": "supervised-desk"}, "the desk is not renewed"),
    ],
)
def test_what_is_not_renewed(change, because):
    """Only what stands, and not for ever."""
    assert why(renewed(replace(an_active_one(), **change))).startswith(because)


def test_a_renewal_is_asked_for_shortly_before_the_end():
    """Whoever asks earlier cannot know yet whether it is needed."""
    old = an_active_one()
    early, late = (a_ground(old, at=old.ends_at - timedelta(days=14, seconds=extra)) for extra in (1, 0))

    assert "exception-0007 ends on 2026-11-22, which is long" == why(renewed(old, early))
    assert isinstance(renewed(old, late), ExceptionRequested)


def test_a_renewal_is_asked_for_once():
    """Two would be two exceptions of one person."""
    old = an_active_one()
    waiting = told(renewed(old))["exception-9"]

    assert "exception-9 renews exception-0007 already" == why(
        renewed(old, a_ground(old, waiting, at=old.ends_at - timedelta(days=3)))
    )


def test_a_renewal_is_no_longer_than_any_other_exception_and_needs_the_method_still():
    """It is a new request in everything but its start."""
    old = an_active_one()
    soon = old.ends_at - timedelta(days=3)

    assert why(renewed(old, days=31)).startswith("it would last longer than the 30 day(s)")
    assert "account std1 holds no totp, and an exception lets nobody enrol one" == why(
        renewed(old, a_ground(old, at=soon, held={"std1": frozenset({"sms"})}))
    )
    assert "k.brown asks for it, and cannot also answer for it" == why(renewed(old, requester=OWNER))


@pytest.mark.parametrize("by", ["r.lee", "t.abe", "h.mori", ASKING, OWNER])
def test_who_may_say_no(by):
    """Whoever might have said yes, and whoever asked or answers for it."""
    one = told(a_request())[KEY]

    found = exception_requests.refuse(one, by=by, because="a key comes", approvers=EVERYONE, at=NOON)

    assert ExceptionRefused(KEY, by, "a key comes") == found


def test_a_stranger_neither_refuses_nor_revokes():
    """Nor an approver of the past, nor one without a role for it."""
    waiting, standing = told(a_request())[KEY], an_active_one()
    admins = an_active_one(wish=a_wish("adm1", cohort="administrators"))
    terms = {"because": "no", "approvers": EVERYONE, "at": NOON}
    past = {**terms, "at": NOON + timedelta(days=60)}

    assert why(exception_requests.refuse(waiting, by="x.doe", **terms)).startswith("x.doe did not ask")
    assert why(exception_requests.revoke(standing, by="x.doe", **terms)).startswith("x.doe did not ask")
    assert why(exception_requests.revoke(standing, by="r.lee", **past)).startswith("r.lee did not ask")
    assert why(exception_requests.revoke(admins, by=HELP.name, **terms)).startswith("h.mori did not ask")


def test_one_person_is_enough_to_end_what_two_began():
    """Closing is never harder than opening."""
    found = exception_requests.revoke(
        an_active_one(), by=OWNER, because="the device is lost", approvers=EVERYONE, at=NOON
    )

    assert EndBegun(KEY, "revoked by k.brown: the device is lost") == found


@pytest.mark.parametrize("state", [State.REQUESTED, State.GRANTING, State.ENDING, State.ENDED, State.REFUSED])
def test_only_what_is_active_is_revoked(state):
    """What is under way is finished first."""
    one = replace(an_active_one(), state=state)
    found = exception_requests.revoke(one, by=OWNER, because="no", approvers=EVERYONE, at=NOON)

    assert f"exception-0007 is {state}, and only an active one is revoked" == why(found)


def test_only_a_request_is_refused_and_never_without_a_reason():
    """What stands is revoked."""
    terms = {"by": OWNER, "approvers": EVERYONE, "at": NOON}

    assert "exception-0007 is active, and only a request is refused" == why(
        exception_requests.refuse(an_active_one(), because="no", **terms)
    )
    assert "it needs a reason, without anybody's address" == why(
        exception_requests.refuse(told(a_request())[KEY], because=" ", **terms)
    )
