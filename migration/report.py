"""Without this file nobody could say whether we make the date: who moved, who is stuck, and what is late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from migration.model import Lane, PlannedWave
from migration.posture import AIMS
from migration.programme import stage_name
from migration.report_courses import Ground, first_enforced
from migration.report_desk import UNKNOWN, Coming, help_desk
from migration.report_exceptions import ExceptionReport
from migration.report_facts import Outlook, ProgrammeReport
from migration.report_forecast import forecast, shared_assumptions
from migration.report_people import Heartbeat, Waiting
from migration.report_waves import GONE, MOVED, CohortFacts, WaveFacts
from migration.report_week import Week
from migration.report_words import counted
from migration.rounds import Rounds

__all__ = [
    "Circumstances",
    "CohortReading",
    "Outlook",
    "ProgrammeReport",
    "WaveReading",
    "report",
]


@dataclass(frozen=True, slots=True)
class CohortReading:
    """What the newest snapshot says of one cohort's accounts; counts only, `unready` by reason."""

    cohort: str
    people_count: int
    ready_count: int
    unready: Mapping[str, int]
    has_posture: bool
    has_waves: bool


@dataclass(frozen=True, slots=True)
class WaveReading:
    """
    What plan, ledger and newest snapshot say of one wave.

    Attributes:
        wave: With the number of people who are in it now.
        lane: Where it is.
        ready_count: People whom ENFORCE would let in, those who are excused among them.
        unready: Reason → people.
        note: What stands between it and its next stage, in plain words.
        excused_count: People who are ready by a standing exception alone.
        holds: What its people hold, in the words of the costs → people.
        held_since: ISO time of the hold, where it is held.
    """

    wave: PlannedWave
    lane: Lane
    ready_count: int
    unready: Mapping[str, int]
    note: str
    excused_count: int = 0
    holds: Mapping[str, int] = field(default_factory=dict)
    held_since: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a report says beside the waves: the week, what forecasts stand on, the help desk, exceptions, the tick."""

    ground: Ground
    rounds: Rounds
    week: Week
    exceptions: ExceptionReport
    heartbeat: Heartbeat
    waiting: Waiting | None


def report(  # noqa: PLR0913 - one parameter per thing that somebody has to have read
    *,
    stack: str,
    at: datetime,
    finish_on: date,
    snapshot_digest: str,
    snapshot_taken_at: str,
    rejects_count: int,
    cohorts: Sequence[CohortReading],
    waves: Sequence[WaveReading],
    refusals: Sequence[tuple[str, str, str]],
    approvals: Sequence[tuple[str, str]],
    ledger_standing: str,
    entry_count: int,
    around: Circumstances | None = None,
) -> ProgrammeReport:
    """
    Derive what a programme manager asks from what was read; nothing is left out and nothing is guessed.

    Args:
        stack: The stack's name.
        at: Now, aware; its date is "today".
        finish_on: The day by which every wave shall have settled.
        snapshot_digest: The newest snapshot; empty where there is none.
        snapshot_taken_at: ISO time with its zone; anything else is an unknown age.
        rejects_count: Rows of the export that could not be read.
        cohorts: One reading per cohort of the newest snapshot.
        waves: One reading per wave of the plan, in its order.
        refusals: (at, wave, because), newest first.
        approvals: (wave, name), as asserted.
        ledger_standing: The word that verification gave.
        entry_count: Entries in the ledger.
        around: What is said beside the waves; None says nothing of it.
    """
    # A cohort that has emptied since the plan was made still has waves, and they are shown.
    known = {reading.cohort for reading in cohorts}
    emptied = dict.fromkeys(reading.wave.cohort for reading in waves if reading.wave.cohort not in known)
    read = [*cohorts, *(CohortReading(key, 0, 0, {}, key in AIMS, has_waves=True) for key in emptied)]
    postures = {reading.cohort: reading.has_posture for reading in read}
    facts = tuple(_wave(reading, at.date(), finish_on, has_posture=postures[reading.wave.cohort]) for reading in waves)
    found = ProgrammeReport(
        stack=stack,
        at=at,
        finish_on=finish_on,
        snapshot_digest=snapshot_digest,
        snapshot_taken_at=snapshot_taken_at,
        snapshot_age=_age(snapshot_taken_at, at),
        rejects_count=rejects_count,
        cohorts=tuple(_cohort(reading, facts) for reading in read),
        waves=facts,
        refusals=tuple(refusals),
        approvals=tuple(approvals),
        ledger_standing=ledger_standing,
        entry_count=entry_count,
    )
    return _with(found, around, {reading.wave.key: reading.holds for reading in waves}) if around else found


def _with(found: ProgrammeReport, around: Circumstances, holds: Mapping[str, Mapping[str, int]]) -> ProgrammeReport:
    ground = around.ground
    coming = [
        Coming(wave.key, first_enforced(wave, ground), _all_of(wave, holds[wave.key]))
        for wave in found.waves
        if wave.has_posture and not wave.is_moved and wave.member_count
    ]
    return replace(
        found,
        assumptions=shared_assumptions(ground) if found.waves else (),
        forecasts=tuple(forecast(cohort, ground) for cohort in found.cohorts if cohort.waves),
        week=around.week,
        help_desk=help_desk(coming, around.rounds, planned_count=found.planned_count),
        exceptions=around.exceptions,
        heartbeat=around.heartbeat,
        waiting=around.waiting,
    )


def _all_of(wave: WaveFacts, holds: Mapping[str, int]) -> Mapping[str, int]:
    """Return what its people hold, those among them of whom nobody knows it."""
    unknown = wave.member_count - wave.unready.get(GONE, 0) - sum(holds.values())
    return {**holds, UNKNOWN: unknown} if unknown > 0 else holds


def _age(taken_at: str, at: datetime) -> timedelta | None:
    try:
        taken = datetime.fromisoformat(taken_at)
    except ValueError:
        return None
    return at - taken if taken.tzinfo else None


def _wave(reading: WaveReading, today: date, finish_on: date, *, has_posture: bool) -> WaveFacts:
    wave, stage = reading.wave, stage_name(reading.lane)
    since = datetime.fromisoformat(reading.lane.since).date() if reading.lane.since else None
    expected = _expected(wave, stage, since, today) if has_posture or stage == "SETTLED" else None
    if expected is None:
        # No day can be named; the plan's own day, or today, is the least that it can be.
        over_days = max(wave.days_late(finish_on), (today - finish_on).days)
    else:
        over_days = max(0, (expected - finish_on).days)
    is_empty = not wave.member_count
    return WaveFacts(
        key=wave.key,
        cohort=wave.cohort,
        idp=reading.lane.idp,
        member_count=wave.member_count,
        stage=stage,
        since=since,
        enrol_on=wave.enrol_on,
        enforce_on=wave.enforce_on,
        settle_on=wave.settle_on,
        expected_settle_on=expected,
        ready_count=reading.ready_count,
        unready={reason: count for reason, count in reading.unready.items() if count},
        has_posture=has_posture,
        # Nobody is late in a wave that has nobody.
        behind_days=0 if stage in MOVED or is_empty else max(0, (today - wave.enforce_on).days),
        over_days=0 if is_empty else over_days,
        note=reading.note,
        excused_count=reading.excused_count,
        carried_from=wave.carried_from,
        held_by=reading.lane.held_by,
        held_because=reading.lane.held_because,
        held_since=reading.held_since,
    )


def _expected(wave: PlannedWave, stage: str, since: date | None, today: date) -> date:
    """Return the planned day of settling, moved by as many days as the wave's next step is overdue."""
    match stage:
        case "SETTLED":
            return since or wave.settle_on
        case "PLANNED":
            next_on = wave.enrol_on
        case "ENFORCE" | "RETIRE":
            next_on = wave.settle_on
        case _:
            next_on = wave.enforce_on
    return wave.settle_on + timedelta(days=max(0, (today - next_on).days))


def _cohort(reading: CohortReading, facts: Sequence[WaveFacts]) -> CohortFacts:
    waves = tuple(wave for wave in facts if wave.cohort == reading.cohort)
    return CohortFacts(
        cohort=reading.cohort,
        people_count=reading.people_count,
        ready_count=reading.ready_count,
        unready={reason: count for reason, count in reading.unready.items() if count},
        has_posture=reading.has_posture,
        has_waves=reading.has_waves,
        waves=waves,
        forecast=_forecast(reading, waves),
    )


def _forecast(reading: CohortReading, waves: Sequence[WaveFacts]) -> str:
    if not reading.has_waves:
        return "no wave in this plan"
    if not reading.has_posture:
        return "no posture yet: stays PLANNED"
    if not waves:
        return "no wave planned yet"
    over_days = max(wave.over_days for wave in waves)
    if over_days:
        return f"{counted(over_days, 'day')} late"
    if all(wave.stage == "SETTLED" for wave in waves):
        return "in time: all settled"
    behind_days = max(wave.behind_days for wave in waves)
    return f"in time, though {counted(behind_days, 'day')} behind its plan" if behind_days else "in time"
