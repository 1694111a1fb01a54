"""Without this file a report would have nothing to tell: what ledger and snapshots say, read once, without a tenant."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from migration import programme, report_exceptions
from migration.errors import IdpUnavailable
from migration.events import AdvanceRefused
from migration.ledger import Entry
from migration.lifecycle import EVIDENCE_LASTS
from migration.model import Lane, PlannedWave
from migration.operations import auditing, evidence, intents
from migration.operations.ports import Desk
from migration.people_events import Ticked
from migration.posture import AIMS
from migration.programme import Programme
from migration.report import Circumstances, CohortReading, ProgrammeReport, WaveReading, report
from migration.report_courses import Ground
from migration.report_desk import holds, this_week
from migration.report_doors import doors
from migration.report_exceptions import ExceptionReport
from migration.report_pace import pace, replay
from migration.report_people import Waiting, heartbeat, set_keys, waiting
from migration.report_week import held_since, week

if TYPE_CHECKING:
    from cohorts.snapshot import Member, Snapshot


@dataclass(frozen=True, slots=True)
class _Read:
    """
    Everything that a report of one moment rests on.

    Attributes:
        at: The moment.
        entries: The ledger up to then.
        snapshots: Folder and header of those taken by then, the newest first.
        members: Every account that the newest of them has.
    """

    at: datetime
    entries: Sequence[Entry]
    snapshots: "Sequence[tuple[Path, Snapshot]]"
    members: "Sequence[Member]"


def programme_report(
    desk: Desk, at: datetime | None, *, standing: str, note: Callable[[PlannedWave, Lane], str]
) -> ProgrammeReport:
    """
    Build the report of one moment from ledger and snapshots alone.

    Args:
        desk: Neither its tenant nor its engine is asked.
        at: The moment; None is now.
        standing: What verification says of the ledger.
        note: Says what stands between a wave and its next stage.

    Raises:
        NotFound: There is no snapshot at all, or the plan's own is no longer kept.
    """
    read = _read(desk, at)
    state, past = replay(read.entries)
    plan = state.plan or state.pending_plan
    waves = plan.waves if plan else ()
    finish_on = plan.finish_on if plan else desk.calendar.finish_on
    people = {member.person_key: member for member in read.members}
    inside = {wave.key: evidence.members(desk, state, wave) for wave in waves}
    held = held_since(read.entries)
    newest = read.snapshots[0][1] if read.snapshots else None
    today = read.at.date()
    ground = Ground(
        today=today,
        finish_on=finish_on,
        calendar=desk.calendar,
        enrol_days=desk.strategy.enrol_days,
        enforce_days=desk.strategy.enforce_days,
        pace=pace(((header.taken_at, header.counts) for _, header in read.snapshots), read.at),
        past=past,
    )
    around = Circumstances(
        ground=ground,
        rounds=desk.rounds(this_week(today)),
        week=week(read.entries, read.at),
        exceptions=_exceptions(desk, read, state, checked=False),
        heartbeat=heartbeat(
            state.ticked_at, state.provisioned_at, read.at, desk.around.longest_silence, _alarms(read.entries)
        ),
        waiting=_waiting(state, read, inside),
    )
    return report(
        stack=desk.stack,
        at=read.at,
        finish_on=finish_on,
        snapshot_digest=newest.digest if newest else "",
        snapshot_taken_at=newest.taken_at.isoformat() if newest else "",
        rejects_count=newest.rejects_count if newest else 0,
        cohorts=_cohorts(read.members, {wave.cohort for wave in waves}),
        waves=[
            replace(
                _wave(state, wave, inside[wave.key], people),
                note=note(wave, state.lane(wave.key)),
                held_since=held.get(wave.key),
            )
            for wave in waves
        ],
        refusals=[
            (entry.at, event.wave, event.because)
            for entry in reversed(read.entries)
            if isinstance(event := entry.event, AdvanceRefused)
        ],
        approvals=list(state.approvals),
        ledger_standing=standing,
        entry_count=len(read.entries),
        around=around,
    )


def exception_report(desk: Desk, at: datetime | None) -> ExceptionReport:
    """
    Tell of every exception of one moment, and check every signature again.

    Args:
        desk: Neither its tenant nor its engine is asked.
        at: The moment; None is now. Signatures are checked against the approvers file of today.
    """
    read = _read(desk, at, needs_people=False)
    return _exceptions(desk, read, programme.fold(read.entries), checked=True)


def _read(desk: Desk, at: datetime | None, *, needs_people: bool = True) -> _Read:
    entries = intents.history(desk, at)
    found = evidence.by_age(desk)
    if not found and needs_people:
        evidence.snapshot(desk)  # says what is missing, and what to type
    inside = [one for one in found if at is None or one[1].taken_at <= at]
    members = evidence.people(inside[0][0]) if inside else ()
    return _Read(at or _now(desk, entries), entries, inside, members)


def _now(desk: Desk, entries: Sequence[Entry]) -> datetime:
    try:
        return desk.now()
    except IdpUnavailable:
        # The page is made offline: a clock that is gone must not keep anyone from reading it.
        if not entries:
            raise
        return datetime.fromisoformat(entries[-1].at)


def _cohorts(members: "Sequence[Member]", with_waves: set[str]) -> list[CohortReading]:
    readiness: dict[str, Counter[str]] = {}
    for member in members:
        readiness.setdefault(member.cohort, Counter())[member.readiness] += 1
    return [
        CohortReading(
            cohort=cohort,
            people_count=codes.total(),
            ready_count=codes.get(evidence.READY, 0),
            unready={code: count for code, count in codes.items() if code != evidence.READY},
            has_posture=cohort in AIMS,
            has_waves=cohort in with_waves,
        )
        for cohort, codes in sorted(readiness.items())
    ]


def _wave(
    state: Programme, wave: PlannedWave, inside: Sequence[evidence.InWave], people: "Mapping[str, Member]"
) -> WaveReading:
    excused = evidence.excused(state)
    unready: Counter[str] = Counter()
    held: Counter[str] = Counter()
    excused_count = 0
    for one in inside:
        member = people.get(one.person_key)
        readiness = member.readiness if member else evidence.GONE
        if member:
            held[holds(member.methods, is_ready=readiness == evidence.READY)] += 1
        if readiness == evidence.READY:
            continue
        if member and one.person_key in excused:
            excused_count += 1
        else:
            unready[readiness] += 1
    return WaveReading(
        wave=replace(wave, member_count=state.count(wave)),
        lane=state.lane(wave.key),
        ready_count=len(inside) - unready.total() if people else 0,
        unready=dict(sorted(unready.items())) if people else {},
        note="",
        excused_count=excused_count,
        holds=dict(sorted(held.items())),
    )


def _waiting(state: Programme, read: _Read, inside: Mapping[str, Sequence[evidence.InWave]]) -> Waiting | None:
    """Count who changed since they were placed; a snapshot that is too old shows nobody, and says nothing."""
    if state.plan is None or state.confirmed is None or not read.snapshots:
        return None
    if read.at - read.snapshots[0][1].taken_at > EVIDENCE_LASTS:
        return None
    return waiting(evidence.known(state, inside), evidence.seen(read.members), set_keys(state.confirmed))


def _alarms(entries: Sequence[Entry]) -> tuple[str, ...]:
    last = next((entry for entry in reversed(entries) if entry.kind == Ticked.__name__), None)
    return tuple(last.body["alarms"]) if last else ()


def _exceptions(desk: Desk, read: _Read, state: Programme, *, checked: bool) -> ExceptionReport:
    counts = Counter(member.cohort for member in read.members)
    asked = doors(read.entries)
    return report_exceptions.exceptions(
        state.exceptions,
        stack=desk.stack,
        at=read.at,
        cohorts=counts,
        largest_share=desk.around.exception_share,
        doors=asked,
        standings=auditing.standings(desk, state.exceptions, asked) if checked else None,
    )
