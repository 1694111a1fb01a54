"""Without this file a wave would move on hope: the questions asked before a move, and when the answer is enough."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from math import isfinite
from typing import Any, Final

ENROLLED_SHARE: Final = "enrolled-share"
STRONG_SIGN_INS: Final = "strong-sign-ins"
FAILED_ENROLMENTS: Final = "failed-enrolments"
LOCKOUTS: Final = "lockouts"
HELP_DESK_LOAD: Final = "help-desk-load"
SOAK_DAYS: Final = "soak-days"
OPEN_INCIDENTS: Final = "open-incidents"

_HOURS_READ_AS_DAYS = 48


class Outcome(IntEnum):
    """What a gate says; of several the greatest counts."""

    PASS = 0
    UNKNOWN = 1
    FAIL = 2


class Direction(StrEnum):
    """On which side of the threshold a reading passes; the threshold itself passes."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class Question:
    """
    What a gate asks, whatever its threshold.

    Attributes:
        key: Its name.
        unit: Of the reading.
        direction: Which side passes.
        counts: What its samples are; empty where one look is all there is.
        is_share: The reading is a fraction, in [0, 1].
        has_window: It looks back over a stretch of time.
        meaning: For people.
        short: What a reading on the wrong side says: FAIL is harm; UNKNOWN, that it takes more time.
    """

    key: str
    unit: str
    direction: Direction
    counts: str
    is_share: bool
    has_window: bool
    meaning: str
    short: Outcome = Outcome.FAIL


# Harm first: what fails first is what a wave is said to be held by.
QUESTIONS: Mapping[str, Question] = {
    one.key: one
    for one in (
        Question(
            FAILED_ENROLMENTS,
            "share of attempts",
            Direction.AT_MOST,
            "attempts to enrol",
            is_share=True,
            has_window=True,
            meaning="of the attempts of the wave's people to enrol a strong method, how many failed",
        ),
        Question(
            LOCKOUTS,
            "share of people",
            Direction.AT_MOST,
            "people who were seen in the log",
            is_share=True,
            has_window=True,
            meaning="of the wave's people, who was locked out",
        ),
        Question(
            HELP_DESK_LOAD,
            "tickets per person",
            Direction.AT_MOST,
            "tickets of any kind",
            is_share=False,
            has_window=True,
            meaning="tickets about sign-in by the wave's people, for each of them",
        ),
        Question(
            ENROLLED_SHARE,
            "share of people",
            Direction.AT_LEAST,
            "people",
            is_share=True,
            has_window=False,
            meaning="of the wave's people, who holds what ENFORCE accepts or is excused",
        ),
        Question(
            STRONG_SIGN_INS,
            "share of people",
            Direction.AT_LEAST,
            "people who were seen to sign in",
            is_share=True,
            has_window=True,
            meaning="of the wave's people, who was seen to sign in with what ENFORCE accepts",
        ),
        Question(
            SOAK_DAYS,
            "days",
            Direction.AT_LEAST,
            "",
            is_share=False,
            has_window=False,
            meaning="how long the wave has been at its stage",
            short=Outcome.UNKNOWN,
        ),
        Question(
            OPEN_INCIDENTS,
            "incidents",
            Direction.AT_MOST,
            "",
            is_share=False,
            has_window=False,
            meaning="waves of the cohort that are held because of harm, and incidents that the help desk has open",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Gate:
    """
    One question with what is enough of an answer.

    Attributes:
        key: Of `QUESTIONS`.
        threshold: In the question's unit; passes itself.
        minimum: With fewer samples the answer is UNKNOWN; where there cannot be so many, as many as there can be.
        longest_age: An older answer is UNKNOWN; None where an answer is of the moment.
        within: How far it looks back; None where it does not.
        fewer_because: Why fewer samples than the minimum pass; None: they do not.
    """

    key: str
    threshold: float
    minimum: int = 1
    longest_age: timedelta | None = None
    within: timedelta | None = None
    fewer_because: str | None = None

    @property
    def question(self) -> Question:
        """What is asked."""
        return QUESTIONS[self.key]

    def passes(self, reading: float) -> bool:
        """Say on which side of the threshold a reading is."""
        if self.question.direction is Direction.AT_LEAST:
            return reading >= self.threshold
        return reading <= self.threshold


@dataclass(frozen=True, slots=True)
class Measurement:
    """
    What was seen.

    Attributes:
        gate: Key of the question.
        reading: In the question's unit; where something is unknown, as if it were bad. None: nobody could measure.
        count: Samples that the reading rests on.
        taken_at: When the newest of them was true, aware; None where nobody could measure.
        source: Where it comes from.
        because: In plain words, with the numbers.
        at_best: The reading if all that is unknown were good; None: nothing is unknown.
        possible_count: How many samples there could be at most; None: no limit.
    """

    gate: str
    reading: float | None
    count: int
    taken_at: datetime | None
    source: str
    because: str
    at_best: float | None = None
    possible_count: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What one gate says at one moment, and everything that it rests on.

    Attributes:
        gate: Key of the question.
        outcome: PASS, UNKNOWN or FAIL.
        reading: In *unit*; None where there is none.
        unit: Of the reading.
        count: Samples.
        age: Of the newest of them; None where there is none.
        because: In plain words.
        source: Where the reading comes from.
        threshold: What was asked, in *unit*.
    """

    gate: str
    outcome: Outcome
    reading: float | None
    unit: str
    count: int
    age: timedelta | None
    because: str
    source: str
    threshold: float


def judge(gate: Gate, measurement: Measurement | None, at: datetime) -> Verdict:
    """
    Say what *gate* says.

    Nothing measured, too old, from the future, or too little is UNKNOWN: silence opens no gate.

    Args:
        gate: What is asked.
        measurement: What was seen, of this gate; None: nobody looked.
        at: Now, aware.

    Raises:
        ValueError: The measurement is of another gate.
    """
    if measurement is None:
        measurement = Measurement(gate.key, None, 0, None, "nowhere", "nobody measured it")
    if measurement.gate != gate.key:
        raise ValueError(f"a measurement of {measurement.gate} says nothing of {gate.key}")
    outcome, because = _judged(gate, measurement, at)
    return Verdict(
        gate=gate.key,
        outcome=outcome,
        reading=measurement.reading,
        unit=gate.question.unit,
        count=measurement.count,
        age=at - measurement.taken_at if measurement.taken_at and measurement.count else None,
        because=because,
        source=measurement.source,
        threshold=gate.threshold,
    )


def _judged(gate: Gate, seen: Measurement, at: datetime) -> tuple[Outcome, str]:  # noqa: PLR0911 - one return per reason
    if seen.reading is None or seen.taken_at is None or not isfinite(seen.reading):
        return Outcome.UNKNOWN, seen.because
    age = at - seen.taken_at
    if age < timedelta(0):
        because = f"it is dated {duration(-age)} after now, so one of two clocks is wrong: {seen.because}"
        return Outcome.UNKNOWN, because
    if gate.longest_age is not None and age > gate.longest_age:
        return Outcome.UNKNOWN, f"{duration(age)} old, and {duration(gate.longest_age)} is the longest: {seen.because}"
    counts = gate.question.counts
    minimum = gate.minimum if seen.possible_count is None else min(gate.minimum, max(1, seen.possible_count))
    if counts and seen.count < minimum:
        if gate.fewer_because is not None:
            return Outcome.PASS, f"{seen.count} {counts}, fewer than {minimum}, which is fine: {gate.fewer_because}"
        return Outcome.UNKNOWN, f"{seen.count} {counts}, and at least {minimum} are needed: {seen.because}"
    wanted = f"{gate.question.direction} {number(gate.threshold)} is wanted"
    because = f"{seen.because}: {number(seen.reading)}, and {wanted}"
    if gate.passes(seen.reading):
        return Outcome.PASS, because
    if seen.at_best is not None and gate.passes(seen.at_best):
        return Outcome.UNKNOWN, f"{because}; with what nobody knows it could be {number(seen.at_best)}"
    return gate.question.short, because


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """Return what several gates say together; none at all is UNKNOWN."""
    return max((verdict.outcome for verdict in verdicts), default=Outcome.UNKNOWN)


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as plain JSON values; the age in seconds."""
    return {
        "gate": verdict.gate,
        "outcome": verdict.outcome.name,
        "reading": verdict.reading,
        "unit": verdict.unit,
        "threshold": verdict.threshold,
        "direction": QUESTIONS[verdict.gate].direction.value,
        "count": verdict.count,
        "age_seconds": None if verdict.age is None else int(verdict.age.total_seconds()),
        "source": verdict.source,
        "because": verdict.because,
    }


def number(value: float) -> str:
    """Write a reading; what is almost a whole number is never written as one."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text if "." in text or float(text) == value else repr(value)


def duration(length: timedelta) -> str:
    """Write a length of time in the largest unit that tells enough."""
    hours = length / timedelta(hours=1)
    if hours >= _HOURS_READ_AS_DAYS:
        return f"{number(round(hours / 24, 1))} d"
    return f"{number(round(hours, 1))} h" if hours >= 1 else f"{length // timedelta(minutes=1)} min"
