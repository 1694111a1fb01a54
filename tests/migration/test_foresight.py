from datetime import timedelta

import pytest
from builders import NOON
from hypothesis import given
from hypothesis import strategies as st

from migration.foresight import (
    LEFT,
    MUST_SHOW_OTHER,
    NEEDS_KEY,
    OTHER_RULE,
    UNDECIDED,
    Foreseen,
    Holdings,
    Member,
    Part,
    Silent,
    Source,
    forecast_document,
    foresee,
)
from migration.log_events import APP, METHOD, SIGN_IN, LogEvent
from migration.posture import ACCEPTED, Method, Target

HOUR = timedelta(hours=1)
ACCEPTS = ACCEPTED[Target.PHISHING_RESISTANT]
NOW = Holdings("read from the provider now", NOON)
OURS = frozenset({"rule of slot-1"})


def a_member(who="p1", *held, accepted=ACCEPTS, **changes):
    """Make a person who holds a password and *held*."""
    return Member(who, frozenset({"password", *held}), accepted, **{"rule_ids": OURS, **changes})


def signed_in(who, *methods, ago=HOUR, result="SUCCESS"):
    """Make the steps of one sign-in at one app."""
    shared = {"at": NOON - ago, "kind": SIGN_IN, "account_id": who, "attempt": f"{who} {ago}"}
    shown = [LogEvent(**shared, result="SUCCESS", method=method, step=METHOD) for method in methods]
    return [*shown, LogEvent(**shared, result=result, app="payroll", step=APP)]


def forecast(*members, events=(), simulated=None):
    """Foresee at noon; without a simulation unless told otherwise."""
    return foresee(members, NOW, events, simulated if simulated is not None else Silent("no canary"), at=NOON)


def test_whoever_holds_nothing_that_is_accepted_is_refused():
    """By what they hold alone, and the reason names it."""
    found = forecast(a_member("p2", "sms", "push"), a_member("p1", "security_key", "sms"))

    because = "holds password, push, sms, of which ENFORCE accepts nothing"
    assert (Foreseen("p2", NEEDS_KEY, because, Source.EXPORT),) == found.refused
    assert (2, {"p2"}) == (found.member_count, found.refused_ids)


def test_the_refused_stand_in_the_order_of_their_accounts():
    """The same forecast twice is the same document."""
    found = forecast(a_member("p3"), a_member("p1"), a_member("p2"))

    assert ["p1", "p2", "p3"] == [one.account_id for one in found.refused]


def test_the_snapshot_says_why_where_it_knows():
    """One prompt away is another work than a key by post."""
    found = forecast(a_member("p1", "sms", reason="one-prompt-away", because="a device of theirs can make a passkey"))

    assert ("one-prompt-away", "a device of theirs can make a passkey") == (
        found.refused[0].reason,
        found.refused[0].because,
    )


def test_an_account_that_cannot_sign_in_any_more_has_left():
    """Whatever the snapshot said of it."""
    gone = Member("p1", None, ACCEPTS, reason="needs-key", because="no device")

    assert (Foreseen("p1", LEFT, "the account cannot sign in any more", Source.EXPORT),) == forecast(gone).refused


def test_a_method_is_accepted_only_from_whom_the_target_or_an_exception_accepts_it():
    """A synced passkey is enough for most, TOTP for who is excused."""
    strict = ACCEPTED[Target.DEVICE_BOUND]
    found = forecast(
        a_member("most", "passkey_synced"),
        a_member("administrator", "passkey_synced", accepted=strict),
        a_member("excused", "totp", accepted=ACCEPTS | {Method.TOTP}),
        a_member("other", "totp"),
    )

    assert {"administrator", "other"} == found.refused_ids


def test_whoever_signs_in_weakly_and_could_do_better_is_warned_about_and_not_refused():
    """They will be asked for something else than they are used to."""
    events = [*signed_in("p1", "password", "sms"), *signed_in("p1", "password", "push", ago=2 * HOUR)]
    found = forecast(a_member("p1", "sms", "security_key"), events=events)

    because = "signed in 2 times and showed password, push, sms only; holds something that ENFORCE accepts"
    assert (Foreseen("p1", MUST_SHOW_OTHER, because, Source.LOG),) == found.must_show_other
    assert () == found.refused


def test_one_sign_in_with_what_is_accepted_is_enough_not_to_be_warned_about():
    """They know how."""
    events = [*signed_in("p1", "sms"), *signed_in("p1", "security_key", ago=2 * HOUR)]

    assert () == forecast(a_member("p1", "security_key"), events=events).must_show_other


def test_whoever_is_refused_is_not_warned_about_as_well():
    """They have nothing else to show."""
    assert () == forecast(a_member("p1", "sms"), events=signed_in("p1", "sms")).must_show_other


def test_whoever_was_not_seen_is_unknown_in_the_logs_part():
    """Not fine: nobody has seen them sign in, nor anybody a refused attempt or one in the future."""
    events = [
        *signed_in("p1", "sms"),
        *signed_in("p2", "sms", result="FAILURE"),
        *signed_in("p3", "sms", ago=-HOUR),
        *signed_in("stranger", "sms"),
    ]
    found = forecast(*[a_member(f"p{number}", "security_key") for number in (1, 2, 3)], events=events)

    assert Part(Source.LOG, 1, 2, NOON - HOUR, "1 sign-ins of 1 people") == found.parts[1]
    assert not found.is_complete


def test_a_source_that_does_not_answer_says_nothing_and_why():
    """The others still speak."""
    found = foresee([a_member("p1", "sms")], NOW, Silent("no log"), Silent("no canary"), at=NOON)

    assert ((0, 1, "no log"), (0, 1, "no canary")) == tuple(
        (part.count, part.unknown_count, part.because) for part in found.parts[1:]
    )
    assert {"p1"} == found.refused_ids


def test_another_rule_than_ours_at_the_canary_is_a_surprise():
    """A policy above ours, or a group that somebody changed, would decide for this person."""
    found = forecast(
        a_member("p1", "security_key"),
        a_member("p2", "security_key"),
        simulated={"p1": "rule of slot-1", "p2": "theirs"},
    )

    assert [("p2", OTHER_RULE)] == [(one.account_id, one.reason) for one in found.surprised]
    assert "rule theirs would decide" in found.surprised[0].because
    assert (2, 0) == (found.parts[2].count, found.parts[2].unknown_count)


@pytest.mark.parametrize("simulated", [{"p1": None}, {}])
def test_where_nobody_can_say_which_rule_would_decide_that_is_said(simulated):
    """And it is not taken for ours."""
    found = forecast(a_member("p1", "security_key"), simulated=simulated)

    assert [UNDECIDED] == [one.reason for one in found.surprised]
    assert (0, 1) == (found.parts[2].count, found.parts[2].unknown_count)


def test_an_excused_person_may_be_decided_by_the_rule_of_the_exception():
    """It stands above the slot's."""
    excused = a_member("p1", "totp", rule_ids=frozenset({"rule of the exception"}))

    assert () == forecast(excused, simulated={"p1": "rule of the exception"}).surprised
    assert (OTHER_RULE,) == tuple(one.reason for one in forecast(excused, simulated={"p1": "rule of slot-1"}).surprised)


def test_a_forecast_of_everybody_by_every_source_is_complete():
    """Only then is nothing left to be seen."""
    found = forecast(
        a_member("p1", "security_key"), events=signed_in("p1", "security_key"), simulated={"p1": "rule of slot-1"}
    )

    assert found.is_complete


def test_the_document_has_people_sources_and_ages():
    """Plain values: account ids, counts, seconds."""
    found = forecast_document(forecast(a_member("p1", "sms"), events=signed_in("p1", "sms")))

    assert (1, 1, False) == (found["member_count"], found["refused_count"], found["is_complete"])
    assert ["p1"] == [one["account_id"] for one in found["refused"]]
    assert [("export", 1, 0, 0), ("log", 1, 0, 3600), ("simulation", 0, 1, None)] == [
        (one["source"], one["count"], one["unknown_count"], one["age_seconds"]) for one in found["sources"]
    ]


METHODS = st.sets(st.sampled_from([str(method) for method in Method]))
PEOPLE = st.dictionaries(st.sampled_from("abcdef"), METHODS, max_size=6)
EVENTS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), METHODS, st.integers(0, 99)).map(
        lambda one: signed_in(one[0], *one[1], ago=one[2] * HOUR)
    ),
    max_size=20,
).map(lambda all_: [step for one in all_ for step in one])


@given(people=PEOPLE, events=EVENTS, simulated=st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["r", None])))
def test_neither_log_nor_simulation_changes_who_is_refused(people, events, simulated):
    """ENFORCE asks what people hold, so the forecast does; each is refused, warned about, or neither."""
    members = [Member(who, frozenset(held), ACCEPTS) for who, held in people.items()]
    alone = foresee(members, NOW, Silent(""), Silent(""), at=NOON)
    found = foresee(members, NOW, events, simulated, at=NOON)

    assert {who for who, held in people.items() if not held & ACCEPTS} == found.refused_ids == alone.refused_ids
    assert set() == found.refused_ids & {one.account_id for one in found.must_show_other}


@given(people=PEOPLE, events=EVENTS)
def test_each_source_speaks_of_everybody_or_says_of_how_many_it_does_not(people, events):
    """Counts add up to the people of the wave."""
    members = [Member(who, frozenset(held), ACCEPTS) for who, held in people.items()]
    found = foresee(members, NOW, events, {}, at=NOON)

    assert {len(people)} == {part.count + part.unknown_count for part in found.parts}
