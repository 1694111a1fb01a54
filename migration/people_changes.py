"""Without this file a plan would know the people of one day: who joined, left or changed cohort since."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from migration.posture import ACCEPTED, AIMS, Stage


class Change(StrEnum):
    """What happened to a person since they were last placed."""

    JOINED = "joined"
    LEFT = "left"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Known:
    """
    Where we have somebody.

    Attributes:
        person_key: Ours.
        account_id: The vendor's.
        cohort: The one whose target they are held to.
        wave: None: they left.
        set_key: The set of ours that holds them, or None.
        stage: Of their wave.
    """

    person_key: str
    account_id: str
    cohort: str
    wave: str | None
    set_key: str | None
    stage: Stage


@dataclass(frozen=True, slots=True)
class Seen:
    """What the newest snapshot says of somebody who can sign in."""

    person_key: str
    account_id: str
    cohort: str
    is_ready: bool


@dataclass(frozen=True, slots=True)
class PersonChange:
    """
    One person who is not where they should be any more.

    Attributes:
        change: What happened.
        known: Where we have them; None for a joiner.
        seen: What the newest snapshot says; None for a leaver.
        join: The set to join, or None.
        leave: The set to leave, or None.
        falls: Whether their assurance falls, so that somebody must approve it.
        waits: Why they stay where they are for now; empty where they go.
    """

    change: Change
    known: Known | None
    seen: Seen | None
    join: str | None
    leave: str | None
    falls: bool = False
    waits: str = ""

    @property
    def because(self) -> str:
        """Say in plain words what happened."""
        if self.change is Change.JOINED:
            return "hired, or back from leave, after the plan"
        if self.change is Change.LEFT:
            return "the account cannot sign in any more"
        before = self.known.cohort if self.known else "?"
        return f"was in {before}, is in {self.seen.cohort if self.seen else '?'} now"


_ENFORCED = frozenset({Stage.ENFORCE, Stage.RETIRE})
JOINERS = "joiners"


def changes(
    known: Mapping[str, Known], seen: Mapping[str, Seen], *, sets: AbstractSet[str]
) -> tuple[PersonChange, ...]:
    """
    Compare where people are with what the newest snapshot says of them.

    Args:
        known: Person key → where we have them, leavers among them.
        seen: Person key → the newest snapshot's word; people of cohorts without waves are not in it.
        sets: Keys of the sets that stand in the tenant.
    """
    found = []
    for key in sorted(known.keys() | seen.keys()):
        before, now = known.get(key), seen.get(key)
        change = _of(before, now, sets)
        if change is not None:
            found.append(change)
    return tuple(found)


def _of(before: Known | None, now: Seen | None, sets: AbstractSet[str]) -> PersonChange | None:
    if now is None:
        if before is None or before.wave is None:
            return None
        return PersonChange(Change.LEFT, before, None, None, before.set_key)
    if before is None or before.wave is None:
        if now.cohort not in AIMS:
            return None
        return PersonChange(Change.JOINED, before, now, JOINERS if JOINERS in sets else None, None)
    if before.cohort == now.cohort or now.cohort not in AIMS:
        return None
    return _mover(before, now, sets)


def _mover(before: Known, now: Seen, sets: AbstractSet[str]) -> PersonChange:
    """
    Say where somebody goes who changed cohort.

    Who is enforced stays enforced: into the new home when they hold what it asks for, and until then where they are.
    Who only enrols goes to the joiners, where nothing changes for them.
    """
    if before.stage not in _ENFORCED and before.stage is not Stage.RELAXED:
        join = JOINERS if JOINERS in sets else None
        # Who is among the joiners already stays there: only the wave that has them next is another one.
        return PersonChange(Change.MOVED, before, now, join, None if before.set_key == join else before.set_key)
    home = f"home-{now.cohort}"
    if home not in sets or not now.is_ready:
        waits = f"holds nothing yet that {now.cohort} accepts; stays enforced where they are"
        return PersonChange(Change.MOVED, before, now, None, None, waits=waits)
    old, new = ACCEPTED[AIMS[before.cohort].target], ACCEPTED[AIMS[now.cohort].target]
    return PersonChange(Change.MOVED, before, now, home, before.set_key, falls=not new <= old)
