from datetime import timedelta
from random import Random

import pytest
from builders import NOON, evidence
from hypothesis import given
from hypothesis import strategies as st

from migration import measuring
from migration.gates import (
    ENROLLED_SHARE,
    FAILED_ENROLMENTS,
    HELP_DESK_LOAD,
    LOCKOUTS,
    OPEN_INCIDENTS,
    SOAK_DAYS,
    STRONG_SIGN_INS,
    Gate,
    Outcome,
    judge,
)
from migration.log_events import ENROLMENT, LOCKOUT, METHOD, SESSION, SIGN_IN, LogEvent
from migration.measuring import People, Window
from migration.model import PERSON, Lane
from migration.posture import ACCEPTED, Stage, Target
from migration.tickets import Reject, Ticket, Tickets

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TEN = frozenset(f"p{number}" for number in range(10))
PEOPLE = People(TEN, TEN | {"stranger"}, ACCEPTED[Target.PHISHING_RESISTANT])
WEEK = Window(NOON - 7 * DAY, NOON)
NOBODY = People(frozenset(), frozenset(), PEOPLE.accepted)


def signed_in(who, method="passkey_synced", *, ago=HOUR, result="SUCCESS", attempt=None):
    """Make the steps of one sign-in with a password and *method*."""
    shared = {"at": NOON - ago, "kind": SIGN_IN, "account_id": who, "attempt": attempt or f"{who} {ago} {method}"}
    methods = [LogEvent(**shared, result="SUCCESS", method=one, step=METHOD) for one in ("password", method) if one]
    return [*methods, LogEvent(**shared, result=result, step=SESSION)]


def enrolled(who, result="SUCCESS", method="passkey_bound", *, ago=HOUR):
    """Make one attempt to enrol."""
    return LogEvent(NOON - ago, ENROLMENT, who, result, method=method)


def locked(who, *, ago=HOUR):
    """Make a lock-out."""
    return LogEvent(NOON - ago, LOCKOUT, who, "FAILURE")


def ticket(who="p1", *, ago=HOUR, closed=False, about=True, incident=False):
    """Make a ticket."""
    opened_at = NOON - ago
    return Ticket(opened_at, NOON if closed else None, who, is_about_sign_in=about, is_incident=incident)


def book_of(*found, rejects=(), **changes):
    """Make what a ticket file says."""
    return Tickets(found, rejects, **{"names_accounts": True, "names_incidents": True, **changes})


def strong(*events, people=PEOPLE):
    """Measure strong sign-ins of the last week."""
    return measuring.strong_sign_ins(people, [step for steps in events for step in steps], WEEK)


def test_the_share_of_the_enrolled_is_of_all_people_of_the_wave():
    """Ready or excused, over everybody."""
    found = measuring.enrolled_share(PEOPLE, evidence(9, needs_key=1, at=NOON - HOUR))

    assert (0.9, 10, NOON - HOUR, 10) == (found.reading, found.count, found.taken_at, found.possible_count)
    assert "9 of 10 people hold what ENFORCE accepts or are excused, 1 people are not ready" == found.because


def test_somebody_of_whom_nothing_is_known_may_be_enrolled_or_not():
    """Counted as not ready; but a gate that they could open is UNKNOWN, and not FAIL."""
    found = measuring.enrolled_share(PEOPLE, evidence(8, unknown=2))

    assert (0.8, 1.0) == (found.reading, found.at_best)
    assert Outcome.UNKNOWN is judge(Gate(ENROLLED_SHARE, 0.9), found, NOON).outcome
    assert Outcome.FAIL is judge(Gate(ENROLLED_SHARE, 0.9), _enrolled(8, needs_key=2), NOON).outcome


def _enrolled(ready, **unready):
    return measuring.enrolled_share(PEOPLE, evidence(ready, **unready))


def test_without_a_snapshot_or_without_people_nothing_is_enrolled_or_not():
    """Neither is a share."""
    assert (None, "there is no snapshot") == _said(measuring.enrolled_share(PEOPLE, None))
    assert (None, "nobody is in the wave") == _said(measuring.enrolled_share(NOBODY, evidence(0)))


def _said(measurement):
    return measurement.reading, measurement.because


def test_a_strong_sign_in_is_one_with_what_enforce_accepts():
    """Each person counts once, however often."""
    found = strong(signed_in("p1"), signed_in("p1", ago=2 * HOUR), signed_in("p2", "fastpass"), signed_in("p3", "sms"))

    assert (0.2, 3, NOON - HOUR) == (found.reading, found.count, found.taken_at)
    assert "2 of 10 people signed in with what ENFORCE accepts in the last 7 d, 3 were seen to sign in" == found.because


def test_only_the_waves_own_people_count():
    """Whatever anybody else does."""
    assert 0 == strong(signed_in("stranger"), signed_in(None)).count


def test_what_happened_outside_the_window_counts_for_nothing():
    """Both its ends belong to it, and after now nothing has happened."""
    found = strong(
        signed_in("p1", ago=7 * DAY),
        signed_in("p2", ago=7 * DAY + HOUR),
        signed_in("p3", ago=-HOUR),
        signed_in("p4", ago=0 * DAY),
    )

    assert 2 == found.count


def test_a_refused_sign_in_is_none():
    """A passkey that was shown and led nowhere proves nothing."""
    assert 0 == strong(signed_in("p1", result="FAILURE")).count


def test_whoever_was_not_seen_may_be_able_to_or_not():
    """With nobody observed all is possible; with everybody seen to be weak nothing is."""
    every = [signed_in(who, "sms") for who in TEN]

    assert (0, 1.0) == (strong().reading, strong().at_best)
    assert (0, 0.0) == (strong(*every).reading, strong(*every).at_best)
    assert 0.1 == strong(*every[1:]).at_best


def test_a_passkey_that_the_log_does_not_tell_apart_is_neither_accepted_nor_weak():
    """Administrators need a bound one, and the log may call it synced."""
    device_bound = People(TEN, TEN, ACCEPTED[Target.DEVICE_BOUND])
    found = strong(*[signed_in(who) for who in TEN], people=device_bound)

    assert (0, 1.0, 10) == (found.reading, found.at_best, found.count)
    every = [signed_in(who, "passkey_bound") for who in TEN]
    assert (1.0, 1.0) == (strong(*every, people=device_bound).reading, strong(*every, people=device_bound).at_best)
    both = strong(signed_in("p1"), *every, people=device_bound)
    assert (1.0, 1.0) == (both.reading, both.at_best)


def test_a_session_that_goes_on_does_not_say_how_it_began():
    """An app that is opened with last month's session shows no method, and is no weak sign-in."""
    step = LogEvent(NOON - HOUR, SIGN_IN, "p1", "SUCCESS", step=SESSION)

    assert (0, 1.0) == (strong([step]).count, strong([step]).at_best)


def test_failed_enrolments_are_a_share_of_attempts_at_something_strong():
    """That a phone cannot be enrolled any more is what ENROL is for."""
    events = [enrolled("p1", "FAILURE"), enrolled("p1"), enrolled("p2"), enrolled("p3", "FAILURE", "sms")]
    found = measuring.failed_enrolments(PEOPLE, [*events, enrolled("stranger", "FAILURE")], WEEK)

    assert (1 / 3, 3) == (found.reading, found.count)
    assert "1 of 3 attempts to enrol a strong method failed in the last 7 d" == found.because


def test_no_attempt_is_no_sample():
    """And no failure either; whether that is enough is for the book to say."""
    found = measuring.failed_enrolments(PEOPLE, [], WEEK)

    assert (0.0, 0, NOON) == (found.reading, found.count, found.taken_at)


def test_lockouts_are_a_share_of_people_and_count_who_was_seen_at_all():
    """A log that speaks of nobody cannot say that nobody was locked out."""
    events = [locked("p1"), locked("p1", ago=DAY), *signed_in("p2"), locked("stranger"), enrolled("p3")]
    found = measuring.lockouts(PEOPLE, events, WEEK)

    assert (0.1, 2) == (found.reading, found.count)
    assert 0 == measuring.lockouts(PEOPLE, [], WEEK).count


@pytest.mark.parametrize("measure", [measuring.strong_sign_ins, measuring.lockouts])
def test_of_nobody_there_is_no_share(measure):
    """An empty wave passes no gate about people."""
    assert (None, "nobody is in the wave") == _said(measure(NOBODY, [], WEEK))


def test_the_load_is_tickets_about_sign_in_for_each_person():
    """Those of the wave's people, opened in the window; all kinds together show that the file covers it."""
    found = measuring.help_desk_load(
        PEOPLE,
        book_of(
            ticket(), ticket("p2", about=False), ticket("p3", ago=8 * DAY), ticket(), ticket("stranger", about=False)
        ),
        WEEK,
    )

    assert (0.2, 4, NOON - HOUR) == (found.reading, found.count, found.taken_at)
    assert "tickets about sign-in by 10 people in the last 7 d: 2" == found.because


@pytest.mark.parametrize(
    ("tickets", "because"),
    [
        (None, "no ticket file is configured"),
        (book_of(silent_because="there is no ticket file"), "there is no ticket file"),
        (book_of(), "the ticket file has no rows"),
        (book_of(rejects=(Reject(2, "Created", "it is no time"),)), "1 of 1 rows"),
        (book_of(ticket(), names_accounts=False), "nobody knows whose tickets they are"),
        (book_of(ticket(None)), "1 of 1 tickets about sign-in name nobody"),
        (book_of(*[ticket()] * 3, ticket("somebody")), "1 of 4 tickets about sign-in name nobody"),
    ],
)
def test_tickets_of_which_nobody_can_tell_whose_they_are_are_no_quiet_help_desk(tickets, because):
    """None that matches would be no load at all, and open the gate by silence."""
    found = measuring.help_desk_load(PEOPLE, tickets, WEEK)

    assert (None, True) == (found.reading, because in found.because)


def test_of_nobody_there_is_no_load():
    """An empty wave calls nobody, which proves nothing."""
    assert (None, "nobody is in the wave") == _said(measuring.help_desk_load(NOBODY, book_of(ticket()), WEEK))


def test_a_few_tickets_of_strangers_are_borne_and_told():
    """One caller in five may be somebody who left."""
    found = measuring.help_desk_load(PEOPLE, book_of(*[ticket()] * 4, ticket(None)), WEEK)

    assert 0.4 == found.reading
    assert "1 more name nobody we know" in found.because


def a_lane(**changes):
    """Make a lane at ENROL for three days."""
    values = {"wave": "standard-01", "idp": "okta", "stage": Stage.ENROL, "since": (NOON - 3 * DAY).isoformat()}
    return Lane(**{**values, **changes})


def test_the_soak_is_counted_from_the_moment_at_which_the_stage_was_entered():
    """In days, with a fraction."""
    assert 3.0 == measuring.soak_days(a_lane(), NOON).reading
    assert 3.5 == measuring.soak_days(a_lane(), NOON + DAY / 2).reading


def test_a_wave_that_entered_no_stage_or_entered_it_tomorrow_has_no_soak():
    """Tomorrow says that a clock is wrong."""
    tomorrow = measuring.soak_days(a_lane(since=(NOON + DAY).isoformat()), NOON)

    assert None is measuring.soak_days(a_lane(since=None, stage=Stage.PLANNED), NOON).reading
    assert "it is dated 24 h after now" in judge(Gate(SOAK_DAYS, 0), tomorrow, NOON).because


@pytest.mark.parametrize("by", [PERSON, FAILED_ENROLMENTS, LOCKOUTS, HELP_DESK_LOAD])
def test_another_wave_that_is_held_because_of_harm_is_an_incident(by):
    """Somebody stopped it, or it did what this wave might do next."""
    held = a_lane(wave="standard-02", held_by=by, held_because="three people")
    found = measuring.open_incidents([a_lane(wave="standard-03"), held], None, NOON)

    assert (1.0, "other waves of the cohort that are held: standard-02") == _said(found)


@pytest.mark.parametrize("by", [ENROLLED_SHARE, STRONG_SIGN_INS, SOAK_DAYS, OPEN_INCIDENTS])
def test_a_wave_that_only_waits_is_no_incident(by):
    """And two waves that are held for each other's sake would wait for ever."""
    assert 0.0 == measuring.open_incidents([a_lane(held_by=by, held_because="slow")], None, NOON).reading


def test_an_open_incident_of_the_help_desk_counts_whoever_called():
    """About sign-in, called an incident, and not closed yet."""
    tickets = book_of(
        ticket(None, incident=True),
        ticket(incident=True, closed=True),
        ticket(incident=True, about=False),
        ticket(),
    )
    found = measuring.open_incidents([], tickets, NOON)

    assert 1.0 == found.reading
    assert 2.0 == measuring.open_incidents([], tickets, NOON - HOUR / 2).reading
    assert "other waves of the cohort that are held: none; incidents that the help desk has open: 1" == found.because


def test_a_help_desk_that_names_incidents_and_says_nothing_leaves_them_unknown():
    """One that never names any is not asked."""
    silent = {"silent_because": "there is no ticket file"}

    assert None is measuring.open_incidents([], book_of(**silent), NOON).reading
    assert 0.0 == measuring.open_incidents([], book_of(**silent, names_incidents=False), NOON).reading


def test_incidents_are_as_old_as_the_ticket_file():
    """One that was exported last week does not know of today's."""
    found = measuring.open_incidents([], book_of(ticket(ago=7 * DAY)), NOON)

    assert NOON - 7 * DAY == found.taken_at


def test_a_gate_looks_back_as_far_as_the_book_says_and_never_behind_the_beginning():
    """Before ENFORCE nothing can show that ENFORCE does no harm."""
    gate = Gate(LOCKOUTS, 0.02, within=7 * DAY)

    assert Window(NOON - 7 * DAY, NOON) == measuring.window(gate, NOON, None)
    assert Window(NOON - DAY, NOON) == measuring.window(gate, NOON, NOON - DAY)
    assert Window(NOON - 7 * DAY, NOON) == measuring.window(gate, NOON, NOON - 9 * DAY)


GATES = {
    STRONG_SIGN_INS: (Gate(STRONG_SIGN_INS, 0.5, 5, 7 * DAY, 7 * DAY), measuring.strong_sign_ins),
    FAILED_ENROLMENTS: (Gate(FAILED_ENROLMENTS, 0.2, 5, 7 * DAY, 7 * DAY, "a few"), measuring.failed_enrolments),
    LOCKOUTS: (Gate(LOCKOUTS, 0.1, 5, 7 * DAY, 7 * DAY), measuring.lockouts),
}
AGO = st.integers(0, 24 * 9).map(lambda hours: hours * HOUR)
METHODS = st.sampled_from(["sms", "push", "passkey_synced", "passkey_bound", None])
WHO = st.sampled_from(sorted(TEN))
SIGN_INS = st.builds(signed_in, WHO, METHODS, ago=AGO, result=st.sampled_from(["SUCCESS", "FAILURE"]))
ENROLMENTS = st.builds(enrolled, WHO, st.sampled_from(["SUCCESS", "FAILURE"]), METHODS, ago=AGO).map(lambda one: [one])
LOCKS = st.builds(locked, WHO, ago=AGO).map(lambda one: [one])
STORIES = st.lists(SIGN_INS | ENROLMENTS | LOCKS, max_size=60).map(lambda all_: [step for one in all_ for step in one])
HARM = (
    st.builds(signed_in, WHO, st.just("sms"), ago=AGO)
    | st.builds(enrolled, WHO, st.just("FAILURE"), ago=AGO).map(lambda one: [one])
    | LOCKS
)


def said(key, events):
    """Judge one gate of the log."""
    gate, measure = GATES[key]
    return judge(gate, measure(PEOPLE, events, WEEK), NOON)


@pytest.mark.parametrize("key", GATES)
@given(events=STORIES, harm=st.lists(HARM, min_size=1, max_size=5))
def test_more_evidence_of_failure_never_mends_a_failed_gate(key, events, harm):
    """Whatever else goes wrong, wherever it stands in the log."""
    if said(key, events).outcome is Outcome.FAIL:
        more = [step for one in harm for step in one]

        assert Outcome.PASS is not said(key, [*events, *more]).outcome
        assert Outcome.PASS is not said(key, [*more, *events]).outcome


@pytest.mark.parametrize("key", GATES)
@given(events=STORIES, seed=st.integers())
def test_the_order_of_events_does_not_matter(key, events, seed):
    """Two pages of a log that arrive the other way round tell the same story."""
    shuffled = list(events)
    Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret

    assert said(key, events) == said(key, shuffled)


@pytest.mark.parametrize("key", [STRONG_SIGN_INS, LOCKOUTS])
def test_without_any_evidence_no_gate_of_the_log_passes(key):
    """An empty log is silence; of attempts to enrol the book may say that a few are nothing."""
    assert Outcome.UNKNOWN is said(key, []).outcome


@given(events=STORIES, people=st.sets(WHO))
def test_taking_people_out_of_the_log_never_opens_the_gate_of_strong_sign_ins(events, people):
    """Whoever is not seen any more was never a proof."""
    fewer = [event for event in events if event.account_id not in people]

    assert said(STRONG_SIGN_INS, fewer).outcome >= min(said(STRONG_SIGN_INS, events).outcome, Outcome.UNKNOWN)
