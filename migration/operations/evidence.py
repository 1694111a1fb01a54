"""Without this file decisions would rest on hope: who is in a wave, and what the newest snapshot says of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from migration import report_words, waves
from migration.carryover import LEFT, Unready
from migration.errors import NotFound
from migration.exception_classes import DESK
from migration.lifecycle import Evidence
from migration.model import PlannedWave
from migration.operations.ports import Desk
from migration.people_changes import Known, Seen
from migration.posture import AIMS, Stage
from migration.programme import Programme

if TYPE_CHECKING:
    from cohorts.snapshot import Member, Snapshot

IDP = "okta"  # waves are of this provider; accounts of others are counted, and not moved yet
READY = "ready"
GONE = "gone"
BREAK_GLASS = "break-glass"
WITHOUT_WAVE = frozenset({BREAK_GLASS, "service"})  # a set of their own; no people to ask


@dataclass(frozen=True, slots=True)
class InWave:
    """One person of a wave, by the vendor's id and by ours."""

    account_id: str
    person_key: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """Somebody whom ENFORCE would refuse: who, why, since when, and the next thing to do."""

    account_id: str
    person_key: str
    reason: str
    next_step: str
    since: datetime | None = None


def by_age(desk: Desk) -> "list[tuple[Path, Snapshot]]":
    """Return every snapshot, the one that was taken last first; of the same moment the one that was sealed last."""
    from cohorts.sealing import open_snapshot  # noqa: PLC0415 - pandas is loaded only where people are read

    if not desk.snapshots.is_dir():
        return []
    found = [(path.parent, open_snapshot(path.parent)) for path in desk.snapshots.glob("*/snapshot.json")]
    return sorted(found, key=lambda one: (one[1].taken_at, (one[0] / "snapshot.json").stat().st_mtime_ns), reverse=True)


def newest(desk: Desk) -> Path | None:
    """Return the folder of the snapshot that was taken last, or None."""
    return next((folder for folder, _ in by_age(desk)), None)


def snapshot(desk: Desk) -> "tuple[Path, Snapshot]":
    """
    Return the newest snapshot.

    Raises:
        NotFound: There is none.
    """
    found = next(iter(by_age(desk)), None)
    if found is None:
        raise NotFound(
            "There is no snapshot yet",
            context=desk.snapshots.name,
            hint="offramp cohort pull EXPORT --execute, then offramp cohort seal EXPORT --execute",
        )
    return found


def people(folder: Path, cohort: str | None = None) -> "Sequence[Member]":
    """Return the members of a snapshot whom waves can move: accounts of their provider that can sign in at all."""
    from cohorts.sealing import read_members  # noqa: PLC0415 - as in by_age

    accounts = read_members(folder, cohort, idp=IDP)
    return [member for member in accounts if member.status not in {"DEPROVISIONED", "SUSPENDED"}]


def by_set(everyone: "Sequence[Member]") -> dict[str, frozenset[str]]:
    """Return cohort → account ids of everyone who will be in a set of ours, break-glass among them."""
    return {
        cohort: frozenset(member.account_id for member in everyone if member.cohort == cohort)
        for cohort in (*AIMS, BREAK_GLASS)
    }


def members(desk: Desk, programme: Programme, wave: PlannedWave) -> tuple[InWave, ...]:
    """
    Return who is in *wave* now: as the plan's own snapshot has them, less who went, and who came.

    Raises:
        NotFound: The plan's snapshot is no longer kept.
    """
    plan = programme.plan or programme.pending_plan
    folder = desk.snapshots / (plan.snapshot_digest if plan else "")
    if plan is None or not (folder / "snapshot.json").is_file():
        raise NotFound(
            "The snapshot that the plan was made from is missing",
            context=f"snapshot {plan.snapshot_digest[:12] if plan else 'none'}",
            hint="restore the snapshots folder from a backup; offramp doctor names it",
        )
    placed = programme.placed
    planned: dict[str, str] = {}
    if not wave.carried_from:
        by_key = {member.person_key: member.account_id for member in people(folder, wave.cohort)}
        planned = {key: by_key[key] for key in waves.members_of(wave, plan, sorted(by_key))}
    staying = {key: account for key, account in planned.items() if key not in placed or placed[key].wave == wave.key}
    come = {key: one.account_id for key, one in placed.items() if one.wave == wave.key and key not in planned}
    return tuple(InWave(account, key) for key, account in {**staying, **come}.items())


def emergency_ids(desk: Desk, programme: Programme) -> frozenset[str]:
    """Return the ids of the break-glass accounts, as the plan's own snapshot has them."""
    plan = programme.plan or programme.pending_plan
    folder = desk.snapshots / (plan.snapshot_digest if plan else "")
    return frozenset(member.account_id for member in people(folder, BREAK_GLASS))


def account_ids(desk: Desk, programme: Programme, wave: PlannedWave) -> frozenset[str]:
    """Return the identity provider's ids of the people in *wave*."""
    return frozenset(member.account_id for member in members(desk, programme, wave))


def moving_with(desk: Desk, programme: Programme, wave: PlannedWave) -> tuple[InWave, ...]:
    """Return whom a step of *wave* moves: who changed cohort and lives in the new one's home stays there."""
    placed = programme.placed
    everyone = members(desk, programme, wave)
    return tuple(one for one in everyone if one.person_key not in placed or not placed[one.person_key].has_own_home)


def moving_ids(desk: Desk, programme: Programme, wave: PlannedWave) -> frozenset[str]:
    """Return the identity provider's ids of the people whom a step of *wave* moves."""
    return frozenset(member.account_id for member in moving_with(desk, programme, wave))


def seen(everyone: "Iterable[Member]") -> dict[str, Seen]:
    """Return whom a snapshot shows and waves can have, by key."""
    return {
        member.person_key: Seen(member.person_key, member.account_id, member.cohort, member.readiness == READY)
        for member in everyone
        if member.cohort not in WITHOUT_WAVE
    }


def known(programme: Programme, inside: Mapping[str, Sequence[InWave]]) -> dict[str, Known]:
    """
    Return everybody whom the record knows, by key: who is in a wave, and who went.

    Args:
        programme: The record.
        inside: Wave → who is in it.
    """
    plan = programme.plan
    found: dict[str, Known] = {}
    for wave in plan.waves if plan else ():
        lane = programme.lane(wave.key)
        for member in inside[wave.key]:
            placed = programme.placed.get(member.person_key)
            held_in = placed.held_in if placed and placed.held_in else lane.home or lane.slot
            cohort = placed.cohort if placed else wave.cohort
            found[member.person_key] = Known(
                member.person_key, member.account_id, cohort, wave.key, held_in, lane.stage
            )
    for key, placed in programme.placed.items():
        if placed.wave is None:
            found[key] = Known(key, placed.account_id, placed.cohort, None, None, Stage.PLANNED)
    return found


def excused(programme: Programme) -> frozenset[str]:
    """Return the keys of people whom a standing exception lets in beside the target."""
    return frozenset(
        subject.person_key
        for one in programme.exceptions.values()
        if one.stands and one.exception_class != DESK
        for subject in one.subjects
    )


def stuck(desk: Desk, programme: Programme, wave: PlannedWave) -> tuple[Stuck, ...]:
    """Return everyone of *wave* whom ENFORCE would refuse by the newest snapshot, and what to do for each."""
    return _stuck(programme, members(desk, programme, wave), newest(desk))


def _stuck(programme: Programme, inside: Iterable[InWave], folder: Path | None) -> tuple[Stuck, ...]:
    now = {member.person_key: member.readiness for member in people(folder)} if folder else {}
    fine = excused(programme)
    found = []
    for member in inside:
        reason = now.get(member.person_key, GONE)
        if reason != READY and member.person_key not in fine:
            next_step = report_words.reason(reason).next_step
            found.append(Stuck(member.account_id, member.person_key, reason, next_step))
    return tuple(found)


def stuck_since(desk: Desk, programme: Programme, wave: PlannedWave) -> tuple[Stuck, ...]:
    """Return the same with the moment of the first of the snapshots in a row that say so."""
    snapshots = by_age(desk)
    newest_folder = snapshots[0][0] if snapshots else None
    found = {one.person_key: one for one in _stuck(programme, members(desk, programme, wave), newest_folder)}
    waiting = dict(found)
    for folder, header in snapshots:
        cohort = {member.person_key: member.readiness for member in people(folder)}
        waiting = {key: one for key, one in waiting.items() if cohort.get(key, GONE) == one.reason}
        if not waiting:
            break
        found.update({key: replace(one, since=header.taken_at) for key, one in waiting.items()})
    return tuple(found.values())


def unready(desk: Desk, programme: Programme, wave: PlannedWave) -> tuple[Unready, ...]:
    """
    Read everyone of *wave* again, now: whom would ENFORCE refuse?

    The newest snapshot says why; what counts is what a person holds at this moment.
    """
    folder, header = snapshot(desk)
    known = {member.person_key: member for member in people(folder)}
    wanted = frozenset(header.targets.get(wave.cohort, ()))
    inside = moving_with(desk, programme, wave)
    held = desk.idp.held([member.account_id for member in inside])
    fine = excused(programme)
    found = []
    for member in inside:
        now = held.get(member.account_id)
        if now is None:
            found.append(Unready(member.account_id, member.person_key, LEFT, "the account cannot sign in any more"))
        elif not now & wanted and member.person_key not in fine:
            before = known.get(member.person_key)
            reason = before.readiness if before and before.readiness != READY else "needs-key"
            because = before.why if before and before.readiness != READY else "holds nothing any more that counts"
            found.append(Unready(member.account_id, member.person_key, reason, because))
    return tuple(found)


def evidence_of(desk: Desk, programme: Programme, wave: PlannedWave) -> Evidence | None:
    """Return what the newest snapshot says of *wave*; None where there is no snapshot."""
    taken = next(iter(by_age(desk)), None)
    if taken is None:
        return None
    folder, header = taken
    inside = members(desk, programme, wave)
    unready_counts = Counter(person.reason for person in _stuck(programme, inside, folder))
    ready_count = len(inside) - unready_counts.total()
    return Evidence(header.digest, header.taken_at, ready_count, dict(sorted(unready_counts.items())))
