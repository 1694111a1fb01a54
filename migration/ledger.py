"""Without this file a record could be rewritten unnoticed: sealed, chained entries and how they are verified."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self

from cohorts.errors import OfframpError
from cohorts.snapshot import digest_of
from migration.events import Event, from_document, to_document

GENESIS = "0" * 64


class LedgerBroken(OfframpError):
    """An entry is not what was sealed, or does not follow the one before it."""

    code = "ledger-broken"
    exit_code = 4


class LedgerUnavailable(OfframpError):
    """The ledger cannot be opened, read or written."""

    code = "ledger-unavailable"
    exit_code = 3


class TurnTaken(OfframpError):
    """Somebody else is at work on the same ledger; nothing was begun."""

    code = "turn-taken"
    exit_code = 1

    @classmethod
    def by(cls, actor: str, *, since: str, where: str) -> Self:
        """Say who is at work, since when (ISO 8601), and from where; "" is not known."""
        started = f" since {since}" if since else ""
        return cls(
            f"{actor or 'Somebody'} is at work{started}",
            context=where,
            hint="wait for it, then this command again",
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded fact: who, when, what, and the seal over it and everything before."""

    number: int
    at: str
    actor: str
    kind: str
    body: dict[str, Any]
    previous: str
    digest: str

    @property
    def event(self) -> Event:
        """The fact itself."""
        return from_document(self.kind, self.body)


class LedgerReader(Protocol):
    """Whoever only looks gets only this."""

    def entries(self) -> Sequence[Entry]:
        """Return every entry, oldest first."""


class Ledger(LedgerReader, Protocol):
    """An append-only record; nothing in it is ever changed or removed."""

    def append(self, event: Event, *, actor: str, at: datetime) -> Entry:
        """Seal *event* behind the last entry and keep it."""

    def turn(self, actor: str, at: datetime) -> AbstractContextManager[None]:
        """
        Let nobody else take a turn until the context ends; whoever has one may take it again inside.

        It holds over all processes and machines that share the ledger, and ends with the process that took it.

        Raises:
            TurnTaken: Somebody else has it; who, and since when.
        """


def seal(event: Event, *, after: Entry | None, actor: str, at: datetime) -> Entry:
    """Return *event* as the entry that follows *after*."""
    number = after.number + 1 if after else 1
    previous = after.digest if after else GENESIS
    kind, body = type(event).__name__, to_document(event)
    return _sealed(number, at.isoformat(), actor, kind, body, previous)


def _sealed(number: int, at: str, actor: str, kind: str, body: dict[str, Any], previous: str) -> Entry:
    content = {"number": number, "at": at, "actor": actor, "kind": kind, "body": body, "previous": previous}
    return Entry(number, at, actor, kind, body, previous, digest_of(content))


class Standing(StrEnum):
    """What verification can say; a bare chain cannot show that it was rewritten whole."""

    ANCHORED = "anchored"
    NOT_ANCHORED = "not anchored"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A digest of an entry that is kept outside the ledger."""

    where: str
    entry: int
    digest: str


@dataclass(frozen=True, slots=True)
class Verification:
    """
    How many entries an anchor covers, and how many none does.

    Attributes:
        entry_count: Entries in all; each is what was sealed and follows the one before it.
        anchored_count: Those up to the last anchor.
        anchors: Whatever vouches from outside.
        not_anchored_since: When the first entry after the last anchor was sealed (ISO 8601); None: there is none.
        silent: Who could have vouched and did not, and why, in plain words.
    """

    entry_count: int
    anchored_count: int
    anchors: tuple[Anchor, ...]
    not_anchored_since: str | None = None
    silent: tuple[str, ...] = ()

    @property
    def not_anchored_count(self) -> int:
        """Entries after the last anchor: chained, but nothing outside vouches for them."""
        return self.entry_count - self.anchored_count

    @property
    def standing(self) -> Standing:
        """Whether every entry is covered by an anchor."""
        return Standing.NOT_ANCHORED if self.not_anchored_count else Standing.ANCHORED


def verify(entries: Sequence[Entry], anchors: Iterable[Anchor], *, silent: Iterable[str] = ()) -> Verification:
    """
    Check every seal, the chain, and the anchors outside it.

    A shorter ledger is a whole chain too: without an anchor beyond its end nothing tells it from a younger one, and
    what no anchor covers could have been rewritten. That is counted as not anchored, and is never called intact.

    Args:
        entries: Oldest first.
        anchors: Whatever vouches from outside.
        silent: Who could have vouched and did not, in plain words; passed on.

    Raises:
        LedgerBroken: The first entry that is wrong, or an anchor that the chain or another anchor contradicts.
    """
    previous = GENESIS
    for position, entry in enumerate(entries, start=1):
        if entry.number != position or entry.previous != previous:
            raise _broken(f"Entry {entry.number} does not follow entry {position - 1}", entry)
        if _resealed(entry) != entry.digest:
            raise _broken(f"Entry {entry.number} is not what was sealed", entry)
        previous = entry.digest
    held = tuple(anchors)
    _agree(held)
    for anchor in held:
        if not 1 <= anchor.entry <= len(entries) or entries[anchor.entry - 1].digest != anchor.digest:
            raise LedgerBroken(
                f"Entry {anchor.entry} is not the one that {anchor.where} vouches for",
                context=f"anchor {anchor.digest[:12]}; the ledger ends with entry {len(entries)}",
                hint="stop; the ledger was cut off or rewritten, or the anchor belongs to another ledger",
            )
    anchored = max((anchor.entry for anchor in held), default=0)
    since = entries[anchored].at if anchored < len(entries) else None
    return Verification(len(entries), anchored, held, since, tuple(silent))


def _resealed(entry: Entry) -> str | None:
    try:
        return _sealed(entry.number, entry.at, entry.actor, entry.kind, entry.body, entry.previous).digest
    except UnicodeEncodeError:  # half a character: what was sealed had none
        return None


def _agree(anchors: Sequence[Anchor]) -> None:
    by_entry: dict[int, Anchor] = {}
    for anchor in anchors:
        other = by_entry.setdefault(anchor.entry, anchor)
        if other.digest != anchor.digest:
            raise LedgerBroken(
                f"{other.where} and {anchor.where} vouch for different entries {anchor.entry}",
                context=f"anchors {other.digest[:12]} and {anchor.digest[:12]}",
                hint="stop; find out which of them was changed before anything is written",
            )


def _broken(message: str, entry: Entry) -> LedgerBroken:
    return LedgerBroken(
        message,
        context=f"sealed {entry.at} by {entry.actor}",
        hint="stop; compare with a backup before anything is written",
    )
