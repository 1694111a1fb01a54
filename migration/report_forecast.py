"""Without this file "by the plan, yes" would be all: where each cohort will be on the date, and what that assumes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from migration.report_courses import Course, Ground, courses, first_enforced
from migration.report_waves import CohortFacts
from migration.report_words import counted, day, people, percent


class Chance(StrEnum):
    """Whether a cohort makes the date, the worst first."""

    LATE = "late"
    UNKNOWN = "unknown"
    TIGHT = "tight"
    PASS = "pass"  # noqa: S105 - a verdict, not a secret


@dataclass(frozen=True, slots=True)
class CohortForecast:
    """
    Where one cohort will be.

    Attributes:
        people_count: People with a wave.
        moved_count: Of these, those off SMS today.
        best: Everybody is ready in time, and no more days are lost.
        likely: As it goes now.
        worst: Half as fast, and as many days lost again.
        words: The verdict, a sentence without a full stop.
        assumptions: What it rests on, one sentence each.
        past: (day, people moved by then).
    """

    cohort: str
    people_count: int
    moved_count: int
    chance: Chance
    words: str
    best: Course
    likely: Course
    worst: Course
    assumptions: tuple[str, ...]
    past: tuple[tuple[date, int], ...]


def forecast(cohort: CohortFacts, ground: Ground) -> CohortForecast:
    """
    Say where *cohort* will be on the finishing date, if it goes well, as it goes now, and if it goes badly.

    Args:
        cohort: Its waves and who is ready, as of today.
        ground: What every forecast stands on.
    """
    best, likely, worst = courses(cohort, ground)
    chance, words = _verdict(cohort, ground, best, likely, worst)
    return CohortForecast(
        cohort=cohort.cohort,
        people_count=sum(wave.member_count for wave in cohort.waves),
        moved_count=cohort.moved_count,
        chance=chance,
        words=words,
        best=best,
        likely=likely,
        worst=worst,
        assumptions=tuple(_assumptions(cohort, ground, likely)),
        past=tuple(ground.past.get(cohort.cohort, ())),
    )


def _verdict(cohort: CohortFacts, ground: Ground, best: Course, likely: Course, worst: Course) -> tuple[Chance, str]:
    if not cohort.waves:
        return Chance.UNKNOWN, "no wave, so no date"
    if not cohort.has_posture:
        return Chance.UNKNOWN, "no day can be named: nobody has decided what its people shall present"
    if likely.settle_on is None:
        return Chance.LATE, "late: as it goes now some never get ready, so no day can be named"
    late = (likely.settle_on - ground.finish_on).days
    if all(wave.stage in {"SETTLED", "RETIRE"} for wave in cohort.waves if wave.member_count):
        return _settled(late, day(likely.settle_on))
    if late > 0:
        return Chance.LATE, f"late: {counted(late, 'day')} after the date as it goes now; {_at_best(best, ground)}"
    return _in_time(worst, ground)


def _settled(late: int, on: str) -> tuple[Chance, str]:
    if late > 0:
        return Chance.LATE, f"late: all have settled, the last {counted(late, 'day')} after the date"
    return Chance.PASS, f"PASS: all have settled, the last on {on}"


def _in_time(worst: Course, ground: Ground) -> tuple[Chance, str]:
    if worst.settle_on is None:
        return Chance.TIGHT, "tight: in time as it goes now; if it goes badly no day can be named"
    spare = (ground.finish_on - worst.settle_on).days
    if spare < 0:
        return Chance.TIGHT, f"tight: in time as it goes now, {counted(-spare, 'day')} late if it goes badly"
    return Chance.PASS, f"PASS: in time even if it goes badly, with {counted(spare, 'day')} to spare"


def _at_best(best: Course, ground: Ground) -> str:
    late = (best.settle_on - ground.finish_on).days if best.settle_on else 0
    if late > 0:
        return f"{counted(late, 'day')} late even at best"
    return "in time only if everybody is ready on their wave's day"


def shared_assumptions(ground: Ground) -> tuple[str, ...]:
    """Return what the forecasts of all cohorts rest on, one sentence each."""
    frozen = [
        f"{freeze.because}: {day(freeze.first_on)} to {day(freeze.last_on)}"
        for freeze in ground.calendar.freezes
        if freeze.last_on >= ground.today
    ]
    closed = f"; nor in a freeze ({'; '.join(frozen)})" if frozen else "; no freeze is ahead"
    left = (ground.finish_on - ground.today).days
    open_days = sum(_is_open(ground, ground.today + timedelta(days=later)) for later in range(max(0, left)))
    if ground.pace is None:
        measured = (
            "How fast people get ready is not known: there are not enough snapshots of the last two weeks. One round "
            "of carry-over is taken as likely, and two at worst."
        )
    else:
        measured = (
            f"People get ready as fast as between {day(ground.pace.since.date())} and {day(ground.pace.until.date())}, "
            "and half as fast at worst."
        )
    carried = (
        f"Whoever is not ready on their wave's day is carried over: {counted(ground.enrol_days, 'day')} to enrol, "
        f"then {counted(ground.enforce_days, 'day')} until settled."
    )
    ends = (
        "At best everybody is ready in time. At worst as many days are lost again as the cohort is behind today, and "
        "a week at least."
    )
    open_left = f"{counted(open_days, 'open day')} left until {day(ground.finish_on)}."
    return (f"Nobody is moved on a weekend{closed}. {open_left}", measured, carried, ends)


def _is_open(ground: Ground, on: date) -> bool:
    return ground.opens(on) == on


def _assumptions(cohort: CohortFacts, ground: Ground, likely: Course) -> Iterator[str]:
    if not cohort.has_posture and cohort.has_waves:
        yield "Its waves stay PLANNED until somebody decides its posture; every day until then is a day later."
        return
    ahead = [wave for wave in cohort.waves if not wave.is_moved and wave.member_count]
    if ahead:
        days = [first_enforced(wave, ground) for wave in ahead]
        behind = max(wave.behind_days for wave in ahead)
        span = f"on {day(days[0])}" if min(days) == max(days) else f"from {day(min(days))} to {day(max(days))}"
        delay = f", {counted(behind, 'day')} of delay included" if behind else ""
        yield f"{counted(len(ahead), 'wave')} still to be enforced, {span}{delay}."
    held = [wave.key for wave in ahead if wave.held_by]
    if held:
        yield f"{', '.join(held)}: held, and taken to go on today."
    share = percent(cohort.ready_share)
    rate = None if ground.pace is None else ground.pace.per_day.get(cohort.cohort, 0.0)
    if not ahead:
        return
    if rate is None:
        yield f"{share} are ready; at which speed is not known."
    elif rate <= 0:
        gone = ", and some no longer are" if rate < 0 else ""
        yield f"{share} are ready; nobody got ready in the time measured{gone}."
    else:
        yield f"{share} are ready, and {rate:.1f} more a day."
    if likely.carried_count:
        rounds = f"{counted(likely.rounds, 'round')} of carry-over" if likely.settle_on else "carried over without end"
        yield f"{people(likely.carried_count)} would not be ready on their wave's day: {rounds}."
