from dataclasses import replace
from datetime import timedelta

import pytest
from approval_builders import (
    ASKING,
    LATER,
    LEAD,
    NOON,
    RISK,
    a_desk_wish,
    a_ground,
    a_request,
    a_wish,
    a_yes,
    an_active_one,
    told,
)
from hypothesis import given
from hypothesis import strategies as st

from migration import exception_requests
from migration.approvals import Refused
from migration.exception_classes import LONGEST
from migration.exception_events import (
    EndBegun,
    ExceptionEnded,
    ExceptionGranted,
    ExceptionRefused,
    ExceptionWarned,
    GrantBegun,
)
from migration.exception_requests import request
from migration.model import Placed
from migration.policy_exceptions import Due, State, covered, due, evolve

KEY = "exception-0007"


def renewed(one):
    """Ask for a renewal shortly before the end."""
    ground = a_ground(one, at=one.ends_at - timedelta(days=3))
    ends_at = one.ends_at + timedelta(days=30)
    return exception_requests.renew(one, ground, ends_at=ends_at, reason="late", requester=ASKING, key="exception-9")


def test_an_exception_goes_from_its_request_to_its_end():
    """Each fact moves it one state on."""
    found = a_request()
    facts = [
        (found, State.REQUESTED),
        (a_yes(found), State.REQUESTED),
        (a_yes(found, RISK), State.REQUESTED),
        (GrantBegun(KEY), State.GRANTING),
        (ExceptionGranted(KEY, 4, 1), State.ACTIVE),
        (ExceptionWarned(KEY, LATER.isoformat()), State.ACTIVE),
        (EndBegun(KEY, "its end has come"), State.ENDING),
        (ExceptionEnded(KEY, 7, 1, 1, 1), State.ENDED),
    ]

    seen = [told(*(fact for fact, _ in facts[: n + 1]))[KEY].state for n in range(len(facts))]
    assert [state for _, state in facts] == seen


def test_a_yes_to_something_else_changes_no_exception():
    """Retirements are approved in the same way."""
    found = a_request()
    held = told(found)

    assert held == evolve(held, replace(a_yes(found), subject="retire-standard-01"), at=NOON.isoformat())


def test_what_is_due_begins_when_it_is_approved_and_its_start_has_come():
    """Neither before the second yes nor before its start."""
    found = a_request(a_wish(starts_at=NOON + timedelta(days=1)))
    once, twice = told(found, a_yes(found)), told(found, a_yes(found), a_yes(found, RISK))
    start = NOON + timedelta(days=1)

    assert [(), (), (), (KEY,)] == [
        due(held, at).grant for held, at in ((once, NOON), (once, start), (twice, NOON), (twice, start))
    ]


def test_what_is_due_ends_at_its_end_and_not_before():
    """To the second."""
    one = an_active_one()

    assert [(), (KEY,)] == [due({KEY: one}, at).end for at in (LATER - timedelta(seconds=1), LATER)]
    assert {KEY: "its end has come"} == due({KEY: one}, LATER).because


def test_an_end_is_announced_once_seven_days_ahead():
    """After that its end may take the last way in."""
    one = an_active_one()
    week = LATER - timedelta(days=7)

    assert [(), (KEY,), ()] == [
        due({KEY: held}, at).warn
        for held, at in (
            (one, week - timedelta(seconds=1)),
            (one, week),
            (replace(one, warned_at=week.isoformat()), week),
        )
    ]


def test_neither_the_desk_nor_what_is_renewed_is_announced():
    """The one lasts for a day, and of the other nothing ends."""
    desk = an_active_one("desk-8", a_desk_wish())
    old = an_active_one()
    soon = LATER - timedelta(days=3)
    asked_again = renewed(old)
    new = told(asked_again, a_yes(asked_again), a_yes(asked_again, RISK))["exception-9"]

    assert Due() == due({"desk-8": desk}, NOON)
    assert () == due({KEY: old, new.key: new}, soon).warn
    assert (KEY,) == due({KEY: old, new.key: replace(new, approvals=())}, soon).warn


def test_at_the_end_of_what_was_renewed_the_renewal_begins_first():
    """Both are due at the same moment, and the order is the safety."""
    old = an_active_one()
    asked_again = renewed(old)
    new = told(asked_again, a_yes(asked_again), a_yes(asked_again, RISK))["exception-9"]

    found = due({KEY: old, new.key: new}, LATER)

    assert (("exception-9",), (KEY,), ()) == (found.grant, found.end, found.lapse)


def test_a_renewal_that_nobody_approved_in_time_lapses():
    """It would have nothing to take over, and would hold the budget for ever."""
    old = replace(an_active_one(), state=State.ENDED)
    new = told(renewed(an_active_one()))["exception-9"]

    assert ("exception-9",) == due({KEY: old, new.key: new}, LATER).lapse


def test_a_request_lapses_at_its_end_approved_or_not():
    """What never began needs no end of its own."""
    found = a_request()
    held = told(found, a_yes(found), a_yes(found, RISK))

    assert [((), (KEY,)), ((KEY,), ())] == [
        (due(held, at).lapse, due(held, at).grant) for at in (LATER - timedelta(seconds=1), LATER)
    ]


@pytest.mark.parametrize(
    ("place", "because"),
    [
        (Placed("std1", "standard", "standard-01", None, None, "left", "gone", ""), "somebody whom it is for has left"),
        (
            Placed("std1", "administrators", "standard-01", "a-01", None, "moved", "promoted", ""),
            "somebody whom it is for is of administrators now, not of standard",
        ),
        (Placed("std1", "standard", "standard-01", "standard-02", None, "needs-key", "late", ""), None),
        (Placed("std1", "standard", None, None, "joiners", "joined", "new", ""), None),
    ],
)
def test_it_ends_with_the_ground_that_it_stood_on(place, because):
    """Who leaves needs none; who changes cohort must not keep what the new one would never have given."""
    one, waiting = an_active_one(), told(a_request())[KEY]
    placed = {"person of std1": place}

    assert ({KEY: because} if because else {}) == due({KEY: one}, NOON, placed).because
    assert ((KEY,) if because else ()) == due({KEY: waiting}, NOON, placed).lapse


def test_what_is_under_way_or_over_is_never_due():
    """Whoever began it ends it."""
    for state in (State.GRANTING, State.ENDING, State.ENDED, State.REFUSED):
        assert due({KEY: replace(an_active_one(), state=state)}, LATER + timedelta(days=99)).is_nothing


def test_a_renewal_covers_the_people_of_what_it_renews():
    """The end of the old one touches nobody whom the new one holds in the same set."""
    old = an_active_one()
    new = replace(old, key="exception-9")
    other_set = replace(old, key="exception-10", exception_class="shared-workstation-key")

    assert [{"std1"}, set(), set(), set()] == [
        set(covered({KEY: old, other.key: other}, old))
        for other in (new, replace(new, state=State.REQUESTED), replace(new, state=State.ENDED), other_set)
    ]


ACTS = st.lists(
    st.tuples(st.sampled_from(["ask", "lead", "risk", "grant", "end", "refuse", "renew", "wait"]), st.integers(0, 7)),
    max_size=40,
)


@given(ACTS, st.integers(1, 300))
def test_whatever_happens_nothing_is_excused_without_an_end_and_nobody_beyond_the_budget(acts, cohort_count):
    """Over any history: an end within thirty days, two people behind each grant, and never more than the share."""
    held, at = {}, NOON
    for number, (act, index) in enumerate(acts):
        keys = sorted(held)
        key = keys[index % len(keys)] if keys else ""
        ground = a_ground(exceptions=held, at=at, cohort_count=cohort_count)
        facts = _facts(act, index, held.get(key), ground, number)
        for fact in facts:
            held = evolve(held, fact, at=at.isoformat())
        if act == "wait":
            at += timedelta(days=index)
        _check(held, ground)


def _facts(act, index, one, ground, number):
    """Return what an act records, if it may."""
    at, key = ground.at, one.key if one else ""
    found = due(ground.exceptions, at)
    answer = None
    if act == "ask":
        wish = a_wish(f"std{index}", ends_at=at + timedelta(days=1 + 5 * index))
        answer = request(wish, ground, key=f"exception-{number}")
    elif act == "renew" and one:
        ends_at = one.ends_at + timedelta(days=20)
        answer = exception_requests.renew(
            one, ground, ends_at=ends_at, reason="late", requester=ASKING, key=f"exception-{number}"
        )
    elif act in {"lead", "risk"} and one and one.state is State.REQUESTED:
        answer = a_yes(one, LEAD if act == "lead" else RISK)
    elif act == "refuse" and key in found.lapse:
        answer = ExceptionRefused(key, "offramp", "late")
    elif act == "grant" and key in found.grant:
        return [GrantBegun(key), ExceptionGranted(key, number, 1)]
    elif act == "end" and key in found.end:
        return [EndBegun(key, "its end has come"), ExceptionEnded(key, number, 1, 1, 1)]
    return [] if answer is None or isinstance(answer, Refused) else [answer]


def _check(held, ground):
    """Check what must hold after every fact."""
    standing = [one for one in held.values() if one.is_open]
    assert all(one.ends_at - one.starts_at <= LONGEST for one in held.values())
    assert all(len({given.approver for given in one.approvals}) >= 2 for one in standing if one.stands)
    people = {subject.person_key for one in standing for subject in one.subjects}
    assert len(people) <= ground.budget
    after = due(held, max((one.ends_at for one in held.values()), default=NOON))
    assert {one.key for one in standing} - set(after.end) - set(after.lapse) == set()
