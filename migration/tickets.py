"""Without this file the help desk could not be asked: its tickets in our words, whatever its columns are called."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migration.errors import ConfigInvalid

OPENED_AT: Final = "opened_at"
CLOSED_AT: Final = "closed_at"
CATEGORY: Final = "category"
ACCOUNT: Final = "account"
KIND: Final = "kind"
FIELDS: Final = (OPENED_AT, CLOSED_AT, CATEGORY, ACCOUNT, KIND)
INCIDENT: Final = "incident"
LARGEST_REJECTED_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class TicketColumns:
    """
    What the columns of the help desk's export are called, and how it writes.

    Attributes:
        opened_at: When somebody asked; the only one that must be there.
        closed_at: When it was answered; empty in a row: it is open.
        category: What it is about.
        account: The vendor's id of the account that it is about.
        kind: The word `incident` makes an incident of it.
        sign_in_categories: Categories that are about sign-in; none is all.
        time_zone: Where a time is that does not say its offset.
        time_format: As for `strptime`; None is ISO 8601.
    """

    opened_at: str
    closed_at: str | None = None
    category: str | None = None
    account: str | None = None
    kind: str | None = None
    sign_in_categories: frozenset[str] = frozenset()
    time_zone: tzinfo = UTC
    time_format: str | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that the file must have."""
        every = (self.opened_at, self.closed_at, self.category, self.account, self.kind)
        return tuple(name for name in every if name is not None)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket, without a word of what it says; `account_id` is None where it names nobody."""

    opened_at: datetime
    closed_at: datetime | None
    account_id: str | None
    is_about_sign_in: bool
    is_incident: bool


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be used: its line, as an editor counts, the column, and why."""

    line: int
    column: str
    because: str


@dataclass(frozen=True, slots=True)
class Tickets:
    """
    What one ticket file says; each row is a ticket or a reject.

    Attributes:
        tickets: In the order of the file.
        rejects: Likewise.
        names_accounts, names_incidents: Whether the file has a column for them.
        silent_because: Why the file says nothing at all; None: it can be read.
    """

    tickets: tuple[Ticket, ...] = ()
    rejects: tuple[Reject, ...] = ()
    names_accounts: bool = False
    names_incidents: bool = False
    silent_because: str | None = None

    @property
    def row_count(self) -> int:
        """How many rows the file has."""
        return len(self.tickets) + len(self.rejects)

    @property
    def taken_at(self) -> datetime | None:
        """
        The newest moment that any ticket names: until then, at least, the file is complete.

        When the file was written says less: a copy is as old as what was copied.
        """
        return max((max(one.opened_at, one.closed_at or one.opened_at) for one in self.tickets), default=None)

    @property
    def unusable_because(self) -> str | None:
        """Why nothing follows from the file; None: something does."""
        if self.silent_because is not None:
            return self.silent_because
        if not self.row_count:
            return "the ticket file has no rows"
        if len(self.rejects) > LARGEST_REJECTED_SHARE * self.row_count:
            first = self.rejects[0]
            return (
                f"{len(self.rejects)} of {self.row_count} rows of the ticket file cannot be used;"
                f" the first is line {first.line}, {first.column}: {first.because}"
            )
        return None


class TicketSource(Protocol):
    """Whoever has the help desk's tickets."""

    def read(self) -> Tickets:
        """Return what is known of tickets; where nothing is, why not."""


def columns(
    named: Mapping[str, str],
    *,
    sign_in_categories: Iterable[str] = (),
    time_zone: str = "UTC",
    time_format: str | None = None,
) -> TicketColumns:
    """
    Return the column map of a project's settings.

    Args:
        named: Our name of a column → the help desk's.
        sign_in_categories: Capital letters do not count.
        time_zone: A name such as `Europe/Berlin`.
        time_format: As for `strptime`; None is ISO 8601.

    Raises:
        ConfigInvalid: It cannot be used; all that is wrong is named.
    """
    problems = [f"columns.{name}: one of {', '.join(FIELDS)}" for name in named if name not in FIELDS]
    problems += [f"columns.{name}: it is empty" for name, theirs in named.items() if not theirs.strip()]
    if OPENED_AT not in named:
        problems.append(f"columns.{OPENED_AT}: it must be named")
    if KIND in named and CLOSED_AT not in named:
        problems.append(f"columns.{CLOSED_AT}: without it every incident would stay open")
    categories = frozenset(one.strip().casefold() for one in sign_in_categories)
    if categories and CATEGORY not in named:
        problems.append(f"columns.{CATEGORY}: without it no category is known")
    try:
        zone: tzinfo = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
        problems.append(f"time_zone: there is no {time_zone}")
    if problems:
        raise ConfigInvalid(
            f"{len(problems)} setting(s) of [tickets] are wrong",
            context="; ".join(problems),
            hint="docs/configuration.md lists every setting",
        )
    return TicketColumns(
        opened_at=named[OPENED_AT],
        closed_at=named.get(CLOSED_AT),
        category=named.get(CATEGORY),
        account=named.get(ACCOUNT),
        kind=named.get(KIND),
        sign_in_categories=categories,
        time_zone=zone,
        time_format=time_format,
    )


def silent(because: str, wanted: TicketColumns) -> Tickets:
    """Return the tickets of a source that says nothing, and why; *wanted* is what it should have said."""
    return replace(_empty(wanted), silent_because=because)


def _empty(wanted: TicketColumns) -> Tickets:
    return Tickets(names_accounts=wanted.account is not None, names_incidents=wanted.kind is not None)


def parse(rows: Iterable[tuple[int, Sequence[str]]], headings: Sequence[str], wanted: TicketColumns) -> Tickets:
    """
    Turn the rows of a ticket file into tickets; every row ends as a ticket or as a reject.

    Args:
        rows: (line, cells) each, without the headings.
        headings: What the columns are called.
        wanted: Which of them are ours.
    """
    missing = [name for name in wanted.named if name not in headings]
    if missing:
        return silent(f"the ticket file has no column {', '.join(missing)}", wanted)
    twice = [name for name in wanted.named if headings.count(name) > 1]
    if twice:
        return silent(f"the ticket file has the column {', '.join(twice)} more than once", wanted)
    tickets: list[Ticket] = []
    rejects: list[Reject] = []
    for line, cells in rows:
        found = _ticket(line, cells, headings, wanted)
        if isinstance(found, Ticket):
            tickets.append(found)
        else:
            rejects.append(found)
    return replace(_empty(wanted), tickets=tuple(tickets), rejects=tuple(rejects))


def _ticket(line: int, cells: Sequence[str], headings: Sequence[str], wanted: TicketColumns) -> Ticket | Reject:
    if len(cells) != len(headings):
        return Reject(line, "the row", f"it has {len(cells)} cells, and there are {len(headings)} columns")
    row = {heading: cell.strip() for heading, cell in zip(headings, cells, strict=True)}
    opened_at = _moment(row[wanted.opened_at], wanted)
    if opened_at is None:
        return Reject(line, wanted.opened_at, "it is no time")
    closed = row[wanted.closed_at] if wanted.closed_at else ""
    closed_at = _moment(closed, wanted) if closed else None
    if closed and closed_at is None:
        return Reject(line, str(wanted.closed_at), "it is no time")
    if closed_at is not None and closed_at < opened_at:
        return Reject(line, str(wanted.closed_at), "it was closed before it was opened")
    category = row[wanted.category].casefold() if wanted.category else ""
    account = row[wanted.account] if wanted.account else ""
    return Ticket(
        opened_at=opened_at,
        closed_at=closed_at,
        # An address is no account id, and is not kept.
        account_id=account if account and "@" not in account else None,
        is_about_sign_in=not wanted.sign_in_categories or category in wanted.sign_in_categories,
        is_incident=wanted.kind is not None and row[wanted.kind].casefold() == INCIDENT,
    )


def _moment(text: str, wanted: TicketColumns) -> datetime | None:
    try:
        found = (
            datetime.strptime(text, wanted.time_format)  # noqa: DTZ007 - where it says no offset, the map does
            if wanted.time_format
            else datetime.fromisoformat(text)
        )
        return found.replace(tzinfo=found.tzinfo or wanted.time_zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
