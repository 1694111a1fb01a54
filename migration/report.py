"""Without this file nobody could say whether we make the date: who moved, who is stuck, and what is late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from migration.model import Lane, PlannedWave
from migration.posture import AIMS
from migration.programme import stage_name
from migration.report_facts import MOVED, CohortFacts, Outlook, ProgrammeReport, WaveFacts
from migration.report_words import age, counted, day, people

__all__ = ["CohortReading", "Outlook", "ProgrammeReport", "WaveReading", "report", "sentences", "staleness"]


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
    """What plan, ledger and newest snapshot say of one wave; `unready` by reason, `note` in plain words."""

    wave: PlannedWave
    lane: Lane
    ready_count: int
    unready: Mapping[str, int]
    note: str


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
    """
    # A cohort that has emptied since the plan was made still has waves, and they are shown.
    known = {reading.cohort for reading in cohorts}
    emptied = dict.fromkeys(reading.wave.cohort for reading in waves if reading.wave.cohort not in known)
    read = [*cohorts, *(CohortReading(key, 0, 0, {}, key in AIMS, has_waves=True) for key in emptied)]
    postures = {reading.cohort: reading.has_posture for reading in read}
    facts = tuple(_wave(reading, at.date(), finish_on, has_posture=postures[reading.wave.cohort]) for reading in waves)
    return ProgrammeReport(
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
        behind_days=0 if stage in MOVED else max(0, (today - wave.enforce_on).days),
        over_days=over_days,
        note=reading.note,
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


def sentences(facts: ProgrammeReport) -> tuple[str, ...]:
    """Return why the outlook is what it is, each reason one sentence."""
    if not facts.waves:
        return ("There is no plan yet, so no date can be promised: offramp plan propose.",)
    said = []
    over = [wave for wave in facts.waves if wave.over_days]
    if over:
        worst = max(over, key=lambda wave: wave.over_days)
        said.append(
            f"{len(over):,} of {counted(len(facts.waves), 'wave')} would settle after {day(facts.finish_on)}; "
            f"the last is {worst.key}, {counted(worst.over_days, 'day')} late."
        )
    behind = [wave for wave in facts.waves if wave.behind_days]
    if behind:
        worst = max(behind, key=lambda wave: wave.behind_days)
        said.append(
            f"{counted(len(behind), 'wave')} should be enforced by now and {'is' if len(behind) == 1 else 'are'} "
            f"not; furthest behind is {worst.key}, by {counted(worst.behind_days, 'day')}."
        )
    if facts.without_posture:
        waiting = sum(wave.member_count for cohort in facts.without_posture for wave in cohort.waves)
        said.append(
            f"{people(waiting)} in {counted(len(facts.without_posture), 'cohort')} without a posture cannot "
            f"move at all until somebody decides what they shall present."
        )
    if facts.is_stale:
        said.append(staleness(facts))
    still = [wave for wave in facts.waves if wave.has_posture and not wave.is_moved]
    waiting = sum(wave.unready_count + wave.unread_count for wave in still)
    if waiting:
        said.append(
            f"The dates hold only if {people(waiting)} not known to be ready become ready before their wave's day."
        )
    return tuple(said) or ("Every wave is where its plan has it, and nobody who is still to move is stuck.",)


def staleness(facts: ProgrammeReport) -> str:
    """Return the sentence that a snapshot too old to decide on deserves."""
    if not facts.snapshot_digest:
        return "There is no snapshot: who is ready is UNKNOWN, and no wave can be enforced."
    return (
        f"The newest snapshot is too old to decide on ({age(facts.snapshot_age)}; evidence lasts 24 hours): who is "
        "ready is UNKNOWN, and no wave can be enforced until there is a newer one."
    )
