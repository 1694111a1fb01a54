"""Without this file a forecast would be one number: how it goes at best, as it goes now, and at worst, day by day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import floor

from migration.calendar import Calendar
from migration.report_pace import Pace
from migration.report_waves import GONE, CohortFacts, WaveFacts

MOST_ROUNDS = 12  # of carry-over, before no day can be named
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Ground:
    """
    What every forecast stands on.

    Attributes:
        today: The day that is asked about.
        finish_on: The day by which every wave shall have settled.
        calendar: Its freezes and weekends move nobody.
        enrol_days: How long a carry-over wave enrols.
        enforce_days: How long an enforced one proves itself.
        pace: How fast people got ready; None where there are not enough snapshots.
        past: Cohort → (day, people moved by then), oldest first.
    """

    today: date
    finish_on: date
    calendar: Calendar
    enrol_days: int
    enforce_days: int
    pace: Pace | None = None
    past: Mapping[str, Sequence[tuple[date, int]]] = field(default_factory=dict)

    def opens(self, day: date) -> date:
        """Return the first day on which somebody may be moved, *day* or later."""
        return self.calendar.opens_on_or_after(day)


@dataclass(frozen=True, slots=True)
class Course:
    """
    One way in which it may go.

    Attributes:
        settle_on: When the last of the cohort's people have settled; None where no day can be named.
        moved_count: People off SMS on the finishing date.
        points: (day, people moved by then) from today on, each later and larger than the one before.
        carried_count: People who would not be ready on their wave's day.
        rounds: Of carry-over, until the last of them are ready.
    """

    settle_on: date | None
    moved_count: int
    points: tuple[tuple[date, int], ...]
    carried_count: int
    rounds: int


@dataclass(frozen=True, slots=True)
class _Speed:
    """How fast the unready get ready: people a day, or where that is not known the rounds it takes; and days lost."""

    per_day: float | None
    rounds: int
    lost_days: int = 0


def courses(cohort: CohortFacts, ground: Ground) -> tuple[Course, Course, Course]:
    """Return how it goes at best, as now, and at worst."""
    per_day = None if ground.pace is None else max(0.0, ground.pace.per_day.get(cohort.cohort, 0.0))
    half = None if per_day is None else per_day / 2
    lost_days = max([WEEK_DAYS, *(wave.behind_days for wave in cohort.waves)])
    return (
        _course(cohort, ground, _Speed(None, 0)),
        _course(cohort, ground, _Speed(per_day, 1)),
        _course(cohort, ground, _Speed(half, 2, lost_days)),
    )


def first_enforced(wave: WaveFacts, ground: Ground, *, lost_days: int = 0) -> date:
    """Return the first open day on which a wave that has not moved can: its planned day and today's delay."""
    next_on = wave.enrol_on if wave.stage == "PLANNED" else wave.enforce_on
    delay = max(0, (ground.today - next_on).days) + lost_days
    return ground.opens(max(ground.today, wave.enforce_on + timedelta(days=delay)))


def _course(cohort: CohortFacts, ground: Ground, speed: _Speed) -> Course:
    moved = sum(wave.member_count for wave in cohort.waves if wave.is_moved)
    settled = [_settled(wave, ground) for wave in cohort.waves if wave.is_moved and wave.member_count]
    ahead = [wave for wave in cohort.waves if not wave.is_moved and wave.member_count]
    gains: list[tuple[date, int]] = []
    before = carried = most_rounds = 0
    is_endless = not cohort.has_posture
    for wave in sorted(ahead, key=lambda one: (first_enforced(one, ground), one.key)) if cohort.has_posture else ():
        left = _unready(wave)
        # Whoever is due earlier is got ready earlier.
        before += left
        staying = wave.ready_count
        for rounds, (on, usual_on) in enumerate(_rounds(wave, ground, speed)):
            still = _left(left, before, usual_on, ground, speed, rounds)
            gains.append((on, staying + left - still))
            prove = wave.settle_on - wave.enforce_on if rounds == 0 else timedelta(days=ground.enforce_days)
            settled.append(ground.opens(on + prove))
            carried += still if rounds == 0 else 0
            most_rounds = max(most_rounds, rounds)
            left, staying = still, 0
            if not left:
                break
        is_endless = is_endless or left > 0
    points = _points(moved, gains, ground.today)
    by_finish = max((count for on, count in points if on <= ground.finish_on), default=moved)
    settle_on = None if is_endless else max(settled, default=None)
    return Course(settle_on, by_finish, points, carried, most_rounds)


def _unready(wave: WaveFacts) -> int:
    """Return who has to get ready; of whom nothing is known counts, who has gone does not."""
    return wave.unready_count - wave.unready.get(GONE, 0) + wave.unread_count


def _rounds(wave: WaveFacts, ground: Ground, speed: _Speed) -> Iterator[tuple[date, date]]:
    """
    Yield the day of the wave and of its rounds of carry-over: as this course has it, and as it goes now.

    Days that a course loses help nobody to get ready: so the worst is never better than what is likely.
    """
    on, usual_on = first_enforced(wave, ground, lost_days=speed.lost_days), first_enforced(wave, ground)
    for _ in range(MOST_ROUNDS + 1):
        yield on, usual_on
        on, usual_on = _carried_on(on, ground), _carried_on(usual_on, ground)


def _carried_on(on: date, ground: Ground) -> date:
    """Return when those left behind on that day are enforced, as a carry-over wave is dated."""
    return ground.opens(ground.opens(on + timedelta(days=1)) + timedelta(days=ground.enrol_days))


def _left(unready: int, before: int, on: date, ground: Ground, speed: _Speed, rounds: int) -> int:
    """Return how many of *unready* are so still on that day; *before* counts them and all who come earlier."""
    if speed.per_day is None:
        return 0 if rounds >= speed.rounds else unready
    ready = floor(speed.per_day * (on - ground.today).days)
    return min(unready, max(0, before - ready))


def _settled(wave: WaveFacts, ground: Ground) -> date:
    if wave.stage in {"SETTLED", "RETIRE"}:
        return wave.expected_settle_on or wave.settle_on
    return ground.opens(max(wave.settle_on, ground.today))


def _points(moved: int, gains: Sequence[tuple[date, int]], today: date) -> tuple[tuple[date, int], ...]:
    found = {today: moved}
    for on, count in sorted(gains):
        moved += count
        if count:
            found[on] = moved
    return tuple(found.items())
