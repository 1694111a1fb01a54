"""Without this file a forecast would repeat the plan: how fast people got ready, and how many had moved by when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from migration.events import StageEntered
from migration.ledger import Entry
from migration.people_events import MembershipVerified
from migration.programme import Programme, evolve, stage_name
from migration.report_waves import MOVED

WINDOW = timedelta(days=14)
SHORTEST = timedelta(days=1)  # snapshots that are nearer to each other show noise
READY = "ready"
_CHANGES = frozenset({StageEntered.__name__, MembershipVerified.__name__})

Counted = tuple[datetime, Mapping[str, Mapping[str, int]]]  # when, and cohort → readiness code → accounts


@dataclass(frozen=True, slots=True)
class Pace:
    """
    How fast people got ready, measured between two snapshots.

    Attributes:
        since: When the first of them was taken.
        until: When the last of them was taken.
        per_day: Cohort → people made ready per calendar day; negative where fewer are ready than before.
    """

    since: datetime
    until: datetime
    per_day: Mapping[str, float]


def pace(counted: Iterable[Counted], at: datetime) -> Pace | None:
    """
    Measure the last two weeks before *at*; None where there are not two snapshots a day or more apart.

    Args:
        counted: When each snapshot was taken, and what it counted, in any order.
        at: The end of the two weeks, aware.
    """
    inside = sorted((one for one in counted if at - WINDOW <= one[0] <= at), key=lambda one: one[0])
    if not inside or inside[-1][0] - inside[0][0] < SHORTEST:
        return None
    (since, before), (until, after) = inside[0], inside[-1]
    days = (until - since) / timedelta(days=1)
    cohorts = sorted({*before, *after})
    gained = {cohort: _ready(after, cohort) - _ready(before, cohort) for cohort in cohorts}
    return Pace(since, until, {cohort: count / days for cohort, count in gained.items()})


def _ready(counts: Mapping[str, Mapping[str, int]], cohort: str) -> int:
    return counts.get(cohort, {}).get(READY, 0)


def replay(entries: Sequence[Entry]) -> tuple[Programme, Mapping[str, tuple[tuple[date, int], ...]]]:
    """Fold the ledger; return the programme, and of each cohort how many people had moved at the end of which day."""
    programme = Programme()
    moved: dict[str, dict[date, int]] = {}
    for entry in entries:
        programme = evolve(programme, entry)
        if entry.kind not in _CHANGES:
            continue
        on = datetime.fromisoformat(entry.at).date()
        for cohort, count in _moved(programme).items():
            days = moved.setdefault(cohort, {})
            if count != (next(reversed(days.values())) if days else 0):
                days[on] = count
    return programme, {cohort: tuple(days.items()) for cohort, days in moved.items()}


def _moved(programme: Programme) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for wave in programme.plan.waves if programme.plan else ():
        if stage_name(programme.lane(wave.key)) in MOVED:
            found[wave.cohort] = found.get(wave.cohort, 0) + programme.count(wave)
        else:
            found.setdefault(wave.cohort, 0)
    return found
