"""Without this file nobody could say what happened since last week: moves, people, refusals and holds of seven days."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from migration.carryover import LEFT
from migration.events import (
    AdvanceRefused,
    Settled,
    StageEntered,
    StageFailed,
    StageRequested,
    WaveHeld,
    WaveResumed,
)
from migration.exception_events import ExceptionEnded, ExceptionGranted, ExceptionRefused, ExceptionRequested
from migration.ledger import Entry
from migration.people_changes import Change
from migration.people_events import MembershipRequested, MembershipVerified, Retired, Ticked
from migration.posture import Stage

WEEK = timedelta(days=7)
# Facts of which the week says only how many there were.
_COUNTED: Mapping[type, str] = {
    ExceptionRequested: "requested",
    ExceptionGranted: "granted",
    ExceptionRefused: "refused",
    ExceptionEnded: "ended",
    StageFailed: "failed",
    Ticked: "ticked",
}


@dataclass(frozen=True, slots=True)
class Entered:
    """A wave that came to a stage, settled or retired: ISO time, the stage's word, people as read back."""

    at: str
    wave: str
    stage: str
    people_count: int


@dataclass(frozen=True, slots=True)
class Carried:
    """People whom a wave left behind; *to* is None where all of them had left."""

    at: str
    wave: str
    to: str | None
    people_count: int
    left_count: int


@dataclass(frozen=True, slots=True)
class Said:
    """A refusal, a hold or a leave to go on: ISO time, wave, who or which gate, why."""

    at: str
    wave: str
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class Week:
    """
    What the ledger recorded in seven days, oldest first.

    Attributes:
        since: Nothing at or before this moment is in it.
        until: The last moment that is in it.
        enrolled_count: People whose wave began to enrol.
        enforced_count: People to whom SMS and voice were closed.
        relaxed_count: People to whom they were opened again by a rollback.
        settled_count: People whose wave settled.
        joined_count: People who came after the plan and were given a wave.
        left_count: People who can no longer sign in, of a tick or of a step.
        moved_count: People who changed cohort.
        carried_count: People who were not ready on their wave's day.
        phones_deleted_count: Phone factors that went for good.
        exceptions: requested, granted, refused, ended → how many.
        failed_count: Read-backs that did not give what was asked for.
        ticks_count: Heartbeats of the scheduler.
    """

    since: datetime
    until: datetime
    entered: tuple[Entered, ...]
    carried: tuple[Carried, ...]
    refusals: tuple[Said, ...]
    holds: tuple[Said, ...]
    resumed: tuple[Said, ...]
    enrolled_count: int
    enforced_count: int
    relaxed_count: int
    settled_count: int
    joined_count: int
    left_count: int
    moved_count: int
    carried_count: int
    phones_deleted_count: int
    exceptions: Mapping[str, int]
    failed_count: int
    ticks_count: int

    @property
    def is_quiet(self) -> bool:
        """Nobody was moved, held, refused, carried, excused or taken in."""
        people = self.joined_count + self.left_count + self.moved_count + self.phones_deleted_count
        said = self.entered or self.carried or self.refusals or self.holds or self.resumed
        return not (said or people or any(self.exceptions.values()))


def week(entries: Sequence[Entry], at: datetime) -> Week:
    """
    Tell what moved in the seven days before *at*.

    Args:
        entries: The whole ledger up to then: an outcome of this week may answer an intent of the week before.
        at: The end of the week, aware.
    """
    since = at - WEEK
    by_number = {entry.number: entry for entry in entries}
    inside = [entry for entry in entries if since < datetime.fromisoformat(entry.at) <= at]
    facts = [(entry, entry.event) for entry in inside]
    entered = tuple(_entered(inside))
    carried = tuple(_carried(inside, by_number))
    moves = _moves(inside, by_number)
    counts = Counter(_COUNTED[type(event)] for _, event in facts if type(event) in _COUNTED)
    by_stage: Counter[str] = Counter()
    for one in entered:
        by_stage[one.stage] += one.people_count
    return Week(
        since=since,
        until=at,
        entered=entered,
        carried=carried,
        refusals=tuple(
            Said(entry.at, event.wave, entry.actor, event.because)
            for entry, event in facts
            if isinstance(event, AdvanceRefused)
        ),
        holds=tuple(
            Said(entry.at, event.wave, event.gate, event.because)
            for entry, event in facts
            if isinstance(event, WaveHeld)
        ),
        resumed=tuple(
            Said(entry.at, event.wave, entry.actor, event.because)
            for entry, event in facts
            if isinstance(event, WaveResumed)
        ),
        enrolled_count=by_stage["ENROL"],
        enforced_count=by_stage["ENFORCE"],
        relaxed_count=by_stage["RELAXED"],
        settled_count=by_stage["SETTLED"],
        joined_count=moves[Change.JOINED],
        left_count=moves[Change.LEFT] + sum(one.left_count for one in carried),
        moved_count=moves[Change.MOVED],
        carried_count=sum(one.people_count for one in carried),
        phones_deleted_count=sum(event.deleted_count for _, event in facts if isinstance(event, Retired)),
        exceptions={word: counts[word] for word in ("requested", "granted", "refused", "ended")},
        failed_count=counts["failed"],
        ticks_count=counts["ticked"],
    )


def held_since(entries: Iterable[Entry]) -> Mapping[str, str]:
    """Return wave → ISO time since when it is held, of those that are; a later hold of a held wave is the same one."""
    held: dict[str, str] = {}
    for entry in entries:
        if entry.kind == WaveHeld.__name__:
            held.setdefault(entry.body["wave"], entry.at)
        elif entry.kind in {WaveResumed.__name__, StageEntered.__name__}:
            held.pop(entry.body["wave"], None)
    return held


def _entered(inside: Iterable[Entry]) -> Iterable[Entered]:
    for entry in inside:
        match entry.event:
            case StageEntered(wave=wave, stage=stage, member_count=count):
                yield Entered(entry.at, wave, Stage(stage).name, count)
            case Settled(wave=wave, member_count=count):
                yield Entered(entry.at, wave, "SETTLED", count)
            case Retired(wave=wave):
                # Who is in it was counted when it settled; what goes here is phones.
                yield Entered(entry.at, wave, "RETIRE", 0)
            case _:
                continue


def _carried(inside: Iterable[Entry], by_number: Mapping[int, Entry]) -> Iterable[Carried]:
    for entry in inside:
        event = entry.event
        asked = by_number[event.intent].event if isinstance(event, StageEntered) else None
        if not isinstance(asked, StageRequested) or not asked.carried:
            continue
        left = sum(one["reason"] == LEFT for one in asked.carried)
        to = str(asked.carry_wave["key"]) if asked.carry_wave else None
        yield Carried(entry.at, asked.wave, to, len(asked.carried) - left, left)


def _moves(inside: Iterable[Entry], by_number: Mapping[int, Entry]) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry in inside:
        event = entry.event
        asked = by_number[event.intent].event if isinstance(event, MembershipVerified) else None
        if isinstance(asked, MembershipRequested):
            found.update(str(one["reason"]) for one in asked.moves)
    return found
