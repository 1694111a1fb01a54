"""Without this file what must end would end when somebody remembers: dues, joiners, leavers, movers, the heartbeat."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from migration import waves
from migration.ledger import Entry
from migration.lifecycle import EVIDENCE_LASTS
from migration.model import Document, PlannedWave
from migration.operations import evidence, excepting, intents, placing
from migration.operations.excepting import NOTHING, Done
from migration.operations.ports import Desk
from migration.people_changes import JOINERS, Change, PersonChange, changes
from migration.people_events import Ticked
from migration.posture import ACCEPTED, AIMS, Stage
from migration.programme import Programme, wave_document


@dataclass(frozen=True, slots=True)
class Tick:
    """
    What a tick did, and what it could not.

    Attributes:
        due: What became of exceptions.
        changes: Joined, left, moved → people.
        approvals_needed: Movers whose assurance would fall; they stay until somebody approves.
        waiting: Movers who stay where they are until they hold what the new cohort asks for.
        alarms: What somebody must look at.
    """

    due: Done
    changes: Mapping[str, int]
    approvals_needed: tuple[PersonChange, ...]
    waiting: tuple[PersonChange, ...]
    alarms: tuple[str, ...]


def tick(desk: Desk, *, before: Done = NOTHING, approved_by: str | None = None) -> tuple[Tick, Entry]:
    """
    Do everything that is due, and record the heartbeat; only under the turn.

    Args:
        desk: The parts.
        before: What the beginning of the turn did already.
        approved_by: Who approves that a mover's assurance falls.
    """
    due = before.and_then(excepting.carry_out_due(desk))
    state = intents.look(desk)
    alarms = list(due.alarms)
    found: tuple[PersonChange, ...] = ()
    if state.plan is not None and state.confirmed is not None:
        found = _changes(desk, state, alarms)
    stuck_movers = [one for one in found if one.falls and not approved_by]
    waiting = [one for one in found if one.waits]
    going = [one for one in found if one not in stuck_movers and not one.waits]
    for change in Change:
        _place(desk, [one for one in going if one.change is change], change, approved_by)
    # Who left or moved takes their exceptions along: those end in the same tick.
    due = due.and_then(excepting.carry_out_due(desk))
    counts = Counter(one.change.value for one in going)
    done = Tick(due, counts, tuple(stuck_movers), tuple(waiting), tuple(alarms))
    heartbeat = Ticked(
        ended_count=len(due.ended),
        warned_count=len(due.warned),
        joined_count=counts[Change.JOINED],
        left_count=counts[Change.LEFT],
        moved_count=counts[Change.MOVED],
        alarms=done.alarms,
    )
    return done, desk.ledger.append(heartbeat, actor=desk.actor, at=desk.now())


def _changes(desk: Desk, state: Programme, alarms: list[str]) -> tuple[PersonChange, ...]:
    """Compare with the newest snapshot; one that is too old shows nobody who joined, and says so."""
    folder, header = evidence.snapshot(desk)
    age = desk.now() - header.taken_at
    if age > EVIDENCE_LASTS:
        hours = int(age.total_seconds() // 3600)
        alarms.append(f"the newest snapshot is {hours} h old: joiners, leavers and movers are not known")
        return ()
    seen = evidence.seen(evidence.people(folder))
    sets = set(desk.engine.outputs().get("sets", {}))
    waves_now = state.plan.waves if state.plan else ()
    known = evidence.known(state, {wave.key: evidence.members(desk, state, wave) for wave in waves_now})
    lost = _lost(desk, changes(known, seen, sets=sets))
    return changes(known, seen | {key: replace(seen[key], is_ready=False) for key in lost}, sets=sets)


def _lost(desk: Desk, found: Iterable[PersonChange]) -> frozenset[str]:
    """Return the keys of movers who lost, since the snapshot, what the home that they would join accepts."""
    movers = [one.seen for one in found if one.change is Change.MOVED and one.seen and one.join not in {JOINERS, None}]
    held = desk.idp.held([mover.account_id for mover in movers])
    accepted = {mover.cohort: ACCEPTED[AIMS[mover.cohort].target] for mover in movers}
    return frozenset(
        mover.person_key for mover in movers if not held.get(mover.account_id, frozenset()) & accepted[mover.cohort]
    )


def _place(desk: Desk, going: Iterable[PersonChange], change: Change, approved_by: str | None) -> None:
    state = intents.look(desk)
    new: dict[str, PlannedWave] = {}
    moves = [_move(desk, state, one, new) for one in going]
    placing.place(
        desk,
        change.value,
        moves,
        new_waves=[wave_document(wave) for wave in new.values()],
        approved_by=approved_by,
    )


def _move(desk: Desk, state: Programme, one: PersonChange, new: dict[str, PlannedWave]) -> Document:
    person = one.seen or one.known
    if person is None:
        raise ValueError("a change is of somebody who was known or is seen")
    wave, held_in = None, None
    if one.change is Change.JOINED or (one.change is Change.MOVED and one.join in {JOINERS, None}):
        wave, held_in = _joiners_wave(desk, state, person.cohort, new), one.join
    elif one.change is Change.MOVED and one.known is not None:
        wave, held_in = one.known.wave, one.join
    return {
        "account": person.account_id,
        "person": person.person_key,
        "cohort": person.cohort,
        "from_wave": one.known.wave if one.known else None,
        "wave": wave,
        "held_in": held_in,
        "join": one.join,
        "leave": one.leave,
        "reason": one.change.value,
        "because": one.because,
    }


def _joiners_wave(desk: Desk, state: Programme, cohort: str, new: dict[str, PlannedWave]) -> str:
    """Return the key of the wave that has a cohort's joiners next: one that has not begun, or a new one."""
    plan = state.plan
    planned = plan.waves if plan else ()
    ours = [wave for wave in planned if wave.carried_from == JOINERS and wave.cohort == cohort]
    waiting = next((wave.key for wave in ours if state.lane(wave.key).stage is Stage.PLANNED), None)
    if waiting:
        return waiting
    if cohort not in new:
        tomorrow = desk.now().date() + timedelta(days=1)
        days = waves.dates(tomorrow, desk.strategy, desk.calendar)
        number = max((wave.number for wave in planned if wave.cohort == cohort), default=0) + 1
        key = f"{cohort}-joiners-{len(ours) + 1}"
        new[cohort] = PlannedWave(key, cohort, number, 0, *days, carried_from=JOINERS)
    return new[cohort].key
