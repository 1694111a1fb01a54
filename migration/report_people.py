"""Without this file who came, left or changed cohort since the last tick would be in no report, nor a silent one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from migration.manifest import Manifest
from migration.people_changes import JOINERS, Change, Known, Seen, changes


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """
    When the scheduler was last heard.

    Attributes:
        heard_at: ISO time of the last tick, or of the provision where there was none; None before that.
        age: Since then; None where nothing was heard.
        longest: After this long nobody is moved forward.
        alarms: What the last tick could not do.
    """

    heard_at: str | None
    age: timedelta | None
    longest: timedelta
    alarms: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Nobody is moved forward until it is heard again."""
        return self.age is not None and self.age > self.longest


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    People who are not where they should be any more; the next tick moves them, unless it says why not.

    Attributes:
        joined_count: Came after the plan, and have no wave yet.
        left_count: Cannot sign in any more, and still have one.
        moved_count: Changed cohort, and go with the next tick.
        falls_count: Changed cohort, and stay until somebody approves that their assurance falls.
        waits: Why the others who changed cohort stay where they are → people.
    """

    joined_count: int = 0
    left_count: int = 0
    moved_count: int = 0
    falls_count: int = 0
    waits: Mapping[str, int] | None = None

    @property
    def is_nobody(self) -> bool:
        """Everybody is where the newest snapshot has them."""
        return not (self.joined_count or self.left_count or self.moved_count or self.falls_count or self.waits)


def heartbeat(
    ticked_at: str | None, provisioned_at: str | None, at: datetime, longest: timedelta, alarms: Sequence[str] = ()
) -> Heartbeat:
    """Say when the scheduler was last heard before *at*; times are ISO."""
    heard_at = ticked_at or provisioned_at
    age = at - datetime.fromisoformat(heard_at) if heard_at else None
    return Heartbeat(heard_at, age, longest, tuple(alarms))


def waiting(known: Mapping[str, Known], seen: Mapping[str, Seen], sets: AbstractSet[str]) -> Waiting:
    """
    Count who changed since they were last placed.

    Args:
        known: Person key → where we have them.
        seen: Person key → the newest snapshot's word.
        sets: Keys of the sets that stand.
    """
    found = changes(known, seen, sets=sets)
    moved = [one for one in found if one.change is Change.MOVED]
    return Waiting(
        joined_count=sum(one.change is Change.JOINED for one in found),
        left_count=sum(one.change is Change.LEFT for one in found),
        moved_count=sum(not (one.waits or one.falls) for one in moved),
        falls_count=sum(one.falls for one in moved),
        waits=dict(Counter(one.waits for one in moved if one.waits)),
    )


def set_keys(manifest: Manifest | None) -> frozenset[str]:
    """Return the keys of the sets that people may be in, by what was carried out last."""
    if manifest is None:
        return frozenset()
    joiners = {JOINERS} if manifest.joiners else set()
    return frozenset({home.key for home in manifest.homes} | {slot.key for slot in manifest.slots} | joiners)
