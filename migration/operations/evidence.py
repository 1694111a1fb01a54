"""Without this file decisions would rest on hope: who is in a wave, and what the newest snapshot says of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migration import report_words, waves
from migration.errors import NotFound
from migration.lifecycle import Evidence
from migration.model import PlannedWave
from migration.operations.ports import Desk
from migration.posture import AIMS
from migration.programme import Programme

if TYPE_CHECKING:
    from cohorts.snapshot import Member, Snapshot

IDP = "okta"  # waves are of this provider; accounts of others are counted, and not moved yet
READY = "ready"
GONE = "gone"
BREAK_GLASS = "break-glass"
WITHOUT_WAVE = frozenset({BREAK_GLASS, "service"})  # a set of their own; no people to ask


@dataclass(frozen=True, slots=True)
class Stuck:
    """Somebody whom ENFORCE would refuse: who, why, and the next thing to do."""

    account_id: str
    person_key: str
    reason: str
    next_step: str


def newest(desk: Desk) -> Path | None:
    """Return the folder of the snapshot that was taken last, or None."""
    from cohorts.sealing import open_snapshot  # noqa: PLC0415 - pandas is loaded only where people are read

    if not desk.snapshots.is_dir():
        return None
    headers = desk.snapshots.glob("*/snapshot.json")
    # Two of the same moment: the one that was sealed last.
    newest_header = max(
        headers, key=lambda path: (open_snapshot(path.parent).taken_at, path.stat().st_mtime_ns), default=None
    )
    return newest_header.parent if newest_header else None


def snapshot(desk: Desk) -> "tuple[Path, Snapshot]":
    """
    Return the newest snapshot.

    Raises:
        NotFound: There is none.
    """
    from cohorts.sealing import open_snapshot  # noqa: PLC0415 - as in newest

    folder = newest(desk)
    if folder is None:
        raise NotFound(
            "There is no snapshot yet",
            context=desk.snapshots.name,
            hint="offramp cohort pull EXPORT --execute, then offramp cohort seal EXPORT --execute",
        )
    return folder, open_snapshot(folder)


def people(folder: Path, cohort: str | None = None) -> "Sequence[Member]":
    """Return the members of a snapshot whom waves can move: accounts of their provider that can sign in at all."""
    from cohorts.sealing import read_members  # noqa: PLC0415 - as in newest

    accounts = read_members(folder, cohort, idp=IDP)
    return [member for member in accounts if member.status not in {"DEPROVISIONED", "SUSPENDED"}]


def by_set(everyone: "Sequence[Member]") -> dict[str, frozenset[str]]:
    """Return cohort → account ids of everyone who will be in a set of ours, break-glass among them."""
    return {
        cohort: frozenset(member.account_id for member in everyone if member.cohort == cohort)
        for cohort in (*AIMS, BREAK_GLASS)
    }


def members(desk: Desk, programme: Programme, wave: PlannedWave) -> "Sequence[Member]":
    """
    Return who is in *wave*, as the plan's own snapshot has them.

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
    by_key = {member.person_key: member for member in people(folder, wave.cohort)}
    return [by_key[key] for key in waves.members_of(wave, plan, sorted(by_key))]


def emergency_ids(desk: Desk, programme: Programme) -> frozenset[str]:
    """Return the ids of the break-glass accounts, as the plan's own snapshot has them."""
    plan = programme.plan or programme.pending_plan
    folder = desk.snapshots / (plan.snapshot_digest if plan else "")
    return frozenset(member.account_id for member in people(folder, BREAK_GLASS))


def account_ids(desk: Desk, programme: Programme, wave: PlannedWave) -> frozenset[str]:
    """Return the identity provider's ids of the people in *wave*."""
    return frozenset(member.account_id for member in members(desk, programme, wave))


def stuck(desk: Desk, programme: Programme, wave: PlannedWave) -> tuple[Stuck, ...]:
    """Return everyone of *wave* whom ENFORCE would refuse by the newest snapshot, and what to do for each."""
    folder = newest(desk)
    now = {member.person_key: member for member in people(folder)} if folder else {}
    found = []
    for member in members(desk, programme, wave):
        current = now.get(member.person_key)
        reason = current.readiness if current else GONE
        if reason != READY:
            next_step = report_words.reason(reason).next_step
            found.append(Stuck(member.account_id, member.person_key, reason, next_step))
    return tuple(found)


def evidence_of(desk: Desk, programme: Programme, wave: PlannedWave) -> Evidence | None:
    """Return what the newest snapshot says of *wave*; None where there is no snapshot."""
    folder = newest(desk)
    if folder is None:
        return None
    _, header = snapshot(desk)
    unready = Counter(person.reason for person in stuck(desk, programme, wave))
    ready_count = wave.member_count - unready.total()
    return Evidence(header.digest, header.taken_at, ready_count, dict(sorted(unready.items())))
