"""Without this file a record could be rewritten unnoticed: sealed, chained entries and how they are verified."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

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
    """The outcome of a verification: how many entries an anchor covers, and how many none does."""

    entry_count: int
    anchored_count: int
    anchors: tuple[Anchor, ...]

    @property
    def not_anchored_count(self) -> int:
        """Entries after the last anchor: chained, but nothing outside vouches for them."""
        return self.entry_count - self.anchored_count

    @property
    def standing(self) -> Standing:
        """Whether every entry is covered by an anchor."""
        return Standing.NOT_ANCHORED if self.not_anchored_count else Standing.ANCHORED


def verify(entries: Sequence[Entry], anchors: Iterable[Anchor]) -> Verification:
    """
    Check every seal, the chain, and the anchors outside it.

    Raises:
        LedgerBroken: The first entry that is wrong, or an anchor that the chain does not contain.
    """
    previous = GENESIS
    for position, entry in enumerate(entries, start=1):
        resealed = _sealed(entry.number, entry.at, entry.actor, entry.kind, entry.body, entry.previous)
        if entry.number != position or entry.previous != previous:
            raise LedgerBroken(
                f"Entry {entry.number} does not follow entry {position - 1}",
                context=f"sealed {entry.at} by {entry.actor}",
                hint="stop; compare with a backup before anything is written",
            )
        if resealed.digest != entry.digest:
            raise LedgerBroken(
                f"Entry {entry.number} is not what was sealed",
                context=f"sealed {entry.at} by {entry.actor}",
                hint="stop; compare with a backup before anything is written",
            )
        previous = entry.digest
    held = tuple(anchors)
    for anchor in held:
        if anchor.entry > len(entries) or entries[anchor.entry - 1].digest != anchor.digest:
            raise LedgerBroken(
                f"Entry {anchor.entry} is not the one that {anchor.where} vouches for",
                context=f"anchor {anchor.digest[:12]}",
                hint="stop; the ledger was cut off or rewritten, or the anchor belongs to another ledger",
            )
    return Verification(len(entries), max((anchor.entry for anchor in held), default=0), held)
