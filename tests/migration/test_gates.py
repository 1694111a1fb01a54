import math
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from builders import NOON
from hypothesis import given
from hypothesis import strategies as st

from migration import gates
from migration.gates import (
    ENROLLED_SHARE,
    HELP_DESK_LOAD,
    LOCKOUTS,
    OPEN_INCIDENTS,
    QUESTIONS,
    SOAK_DAYS,
    STRONG_SIGN_INS,
    Gate,
    Measurement,
    Outcome,
    duration,
    judge,
    number,
    verdict_document,
    worst,
)

DAY = timedelta(days=1)
ENROLLED = Gate(ENROLLED_SHARE, 0.95, minimum=5, longest_age=DAY)


def seen(reading=1.0, *, gate=ENROLLED_SHARE, count=10, age=timedelta(0), **changes):
    """Make a measurement of ten people, taken now."""
    values = {"source": "snapshot", "because": "what was seen", **changes}
    return Measurement(gate, reading, count, NOON - age, **values)


def outcome(gate, measurement):
    """Judge at noon and return what comes out."""
    return judge(gate, measurement, NOON).outcome


@pytest.mark.parametrize(
    ("key", "threshold", "reading", "expected"),
    [
        (ENROLLED_SHARE, 0.95, 0.95, Outcome.PASS),
        (ENROLLED_SHARE, 0.95, 0.9499, Outcome.FAIL),
        (LOCKOUTS, 0.02, 0.02, Outcome.PASS),
        (LOCKOUTS, 0.02, 0.0201, Outcome.FAIL),
        (OPEN_INCIDENTS, 0, 0, Outcome.PASS),
        (OPEN_INCIDENTS, 0, 1, Outcome.FAIL),
    ],
)
def test_the_threshold_itself_passes_and_a_hair_beyond_it_fails(key, threshold, reading, expected):
    """Each gate has its side: more is better for some and worse for others."""
    assert expected is outcome(Gate(key, threshold), seen(reading, gate=key))


def test_a_stage_that_is_too_young_only_takes_more_time():
    """Nothing is known against the wave, so it waits, and is not held."""
    soak = Gate(SOAK_DAYS, 3)

    assert Outcome.UNKNOWN is outcome(soak, seen(2.9, gate=SOAK_DAYS, count=1))
    assert Outcome.PASS is outcome(soak, seen(3.0, gate=SOAK_DAYS, count=1))


def test_nobody_having_looked_is_unknown():
    """Silence opens no gate."""
    verdict = judge(ENROLLED, None, NOON)

    assert (Outcome.UNKNOWN, None, 0, None) == (verdict.outcome, verdict.reading, verdict.count, verdict.age)
    assert "nobody measured it" == verdict.because


@pytest.mark.parametrize("reading", [None, math.nan, math.inf])
def test_a_reading_that_is_none_is_unknown_with_the_reason_of_its_source(reading):
    """A number that compares with nothing is no number."""
    verdict = judge(ENROLLED, seen(reading, because="there is no snapshot"), NOON)

    assert (Outcome.UNKNOWN, "there is no snapshot") == (verdict.outcome, verdict.because)


@pytest.mark.parametrize("reading", [1.0, 0.0])
def test_old_evidence_is_unknown_whatever_it_says(reading):
    """Yesterday's failure may be mended, and yesterday's readiness gone."""
    assert Outcome.UNKNOWN is outcome(ENROLLED, seen(reading, age=DAY + timedelta(minutes=1)))
    assert Outcome.UNKNOWN is not outcome(ENROLLED, seen(reading, age=DAY))


def test_the_reason_says_how_old_the_evidence_is_and_how_old_it_may_be():
    """Whoever reads it knows what to do next."""
    verdict = judge(ENROLLED, seen(age=timedelta(hours=25)), NOON)

    assert "25 h old, and 24 h is the longest: what was seen" == verdict.because


def test_evidence_from_the_future_is_unknown():
    """One of two clocks is wrong, and nobody knows which."""
    verdict = judge(ENROLLED, seen(age=-timedelta(minutes=5)), NOON)

    assert Outcome.UNKNOWN is verdict.outcome
    assert "5 min after now" in verdict.because


@pytest.mark.parametrize("reading", [1.0, 0.0])
def test_too_few_samples_are_unknown_whatever_they_say(reading):
    """Four people are no evidence where five are asked for."""
    assert Outcome.UNKNOWN is outcome(ENROLLED, seen(reading, count=4))
    assert Outcome.UNKNOWN is not outcome(ENROLLED, seen(reading, count=5))


def test_in_a_small_wave_everybody_is_enough():
    """A wave of three would never pass a minimum of five; nobody at all is still too few."""
    assert Outcome.PASS is outcome(ENROLLED, seen(count=3, possible_count=3))
    assert Outcome.UNKNOWN is outcome(ENROLLED, seen(count=2, possible_count=3))
    assert Outcome.UNKNOWN is outcome(ENROLLED, seen(count=0, possible_count=0))


def test_fewer_samples_pass_only_where_the_book_says_why():
    """And the reason of the book stands in the verdict."""
    lenient = replace(ENROLLED, fewer_because="a few say nothing")

    verdict = judge(lenient, seen(0.0, count=4), NOON)

    assert Outcome.PASS is verdict.outcome
    assert "4 people, fewer than 5, which is fine: a few say nothing" == verdict.because
    assert Outcome.FAIL is outcome(lenient, seen(0.0, count=5))


def test_the_book_excuses_few_samples_and_never_a_silent_or_an_old_source():
    """What cannot be read may hide any number of samples."""
    lenient = replace(ENROLLED, fewer_because="a few say nothing")

    assert Outcome.UNKNOWN is outcome(lenient, seen(None, count=0))
    assert Outcome.UNKNOWN is outcome(lenient, seen(count=0, age=2 * DAY))


def test_what_nobody_knows_makes_a_failure_an_unknown_and_never_a_pass():
    """It fails where even the best that is possible would fail."""
    half = Gate(STRONG_SIGN_INS, 0.5)

    assert Outcome.UNKNOWN is outcome(half, seen(0.2, gate=STRONG_SIGN_INS, at_best=0.5))
    assert Outcome.FAIL is outcome(half, seen(0.2, gate=STRONG_SIGN_INS, at_best=0.4))
    assert Outcome.PASS is outcome(half, seen(0.5, gate=STRONG_SIGN_INS, at_best=0.5))


def test_the_reason_has_the_reading_and_the_threshold():
    """In plain words, with the numbers."""
    verdict = judge(Gate(LOCKOUTS, 0.02), seen(0.1, gate=LOCKOUTS, because="1 of 10 people was locked out"), NOON)

    assert "1 of 10 people was locked out: 0.1, and at most 0.02 is wanted" == verdict.because


def test_a_measurement_of_another_gate_is_refused():
    """Crossed wires must not open anything."""
    with pytest.raises(ValueError, match="says nothing of"):
        judge(ENROLLED, seen(gate=LOCKOUTS), NOON)


def test_of_several_gates_the_worst_counts_and_none_is_unknown():
    """One failure outweighs any number of unknowns, and one unknown any number of passes."""
    said = {one: judge(ENROLLED, given_, NOON) for one, given_ in _ONE_OF_EACH.items()}
    for order in permutations(said.values()):
        assert Outcome.FAIL is worst(order)
    assert Outcome.UNKNOWN is worst([said[Outcome.UNKNOWN], said[Outcome.PASS]])
    assert Outcome.PASS is worst([said[Outcome.PASS]])
    assert Outcome.UNKNOWN is worst([])


_ONE_OF_EACH = {Outcome.PASS: seen(1.0), Outcome.UNKNOWN: seen(None), Outcome.FAIL: seen(0.0)}


@pytest.mark.parametrize("expected", Outcome)
def test_the_document_of_a_verdict_has_everything_that_it_rests_on(expected):
    """Plain values, as the ledger keeps them."""
    verdict = judge(ENROLLED, _ONE_OF_EACH[expected], NOON)

    assert {
        "gate": "enrolled-share",
        "outcome": expected.name,
        "reading": _ONE_OF_EACH[expected].reading,
        "unit": "share of people",
        "threshold": 0.95,
        "direction": "at least",
        "count": 10,
        "age_seconds": 0,
        "source": "snapshot",
        "because": verdict.because,
    } == verdict_document(verdict)


@given(
    reading=st.floats(0, 1) | st.none(),
    threshold=st.floats(0, 1),
    count=st.integers(0, 20),
    minimum=st.integers(1, 20),
    hours=st.integers(-3, 60),
    key=st.sampled_from(list(QUESTIONS)),
)
def test_a_pass_has_a_fresh_reading_of_enough_samples_on_the_right_side(reading, threshold, count, minimum, hours, key):
    """Whatever is measured: there is no other way to pass."""
    gate = Gate(key, threshold, minimum, DAY)
    verdict = judge(gate, seen(reading, gate=key, count=count, age=timedelta(hours=hours)), NOON)

    is_enough = count >= minimum or not QUESTIONS[key].counts
    assert (verdict.outcome is Outcome.PASS) is (
        reading is not None and 0 <= hours <= 24 and is_enough and gate.passes(reading)
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0"), (1.0, "1"), (0.95, "0.95"), (284 / 299, "0.9498"), (0.99999, "0.99999"), (3.0, "3"), (12.25, "12.25")],
)
def test_a_number_is_short_and_never_rounded_to_a_whole_one(value, expected):
    """99,999 of 100,000 is not everybody."""
    assert expected == number(value)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=24), "24 h"),
        (timedelta(hours=24, minutes=30), "24.5 h"),
        (timedelta(days=14), "14 d"),
    ],
)
def test_a_duration_is_told_in_the_largest_unit_that_tells_enough(length, expected):
    """An age beside its limit can be told apart from it."""
    assert expected == duration(length)


def test_every_question_is_asked_of_people_in_words_and_has_a_unit():
    """A reading without a unit is a number."""
    assert [] == [key for key, one in QUESTIONS.items() if not (one.unit and one.meaning and one.key == key)]
    assert {HELP_DESK_LOAD, SOAK_DAYS, OPEN_INCIDENTS} == {key for key, one in QUESTIONS.items() if not one.is_share}
    assert gates.QUESTIONS[SOAK_DAYS].short is Outcome.UNKNOWN
