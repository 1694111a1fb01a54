"""Without this file gates would have nothing to judge: what logs, tickets, snapshots and the ledger say of one wave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from migration import gates, log_events
from migration.gates import FAILED_ENROLMENTS, HELP_DESK_LOAD, LOCKOUTS, Gate, Measurement
from migration.lifecycle import Evidence
from migration.log_events import ENROLMENT, LOCKOUT, SIGN_IN, LogEvent
from migration.model import PERSON, Lane
from migration.posture import ACCEPTED, Method, Target
from migration.tickets import Ticket, Tickets

SNAPSHOT, LOG, TICKETS, LEDGER = "snapshot", "log", "tickets", "ledger"
# Which kinds of log events each gate rests on; sign-ins show that the log speaks of somebody at all.
KINDS: Final[Mapping[str, frozenset[str]]] = {
    gates.STRONG_SIGN_INS: frozenset({SIGN_IN}),
    FAILED_ENROLMENTS: frozenset({ENROLMENT}),
    LOCKOUTS: frozenset({SIGN_IN, LOCKOUT}),
}
# A lane that only waits for its people is no incident; one that does harm is.
HARM: Final = frozenset({PERSON, FAILED_ENROLMENTS, LOCKOUTS, HELP_DESK_LOAD})
LARGEST_FOREIGN_SHARE = 0.2
_UNKNOWN = "unknown"  # the readiness of somebody of whom nobody knows what they hold
_STRONG = ACCEPTED[Target.PHISHING_RESISTANT]


@dataclass(frozen=True, slots=True)
class People:
    """
    Of whom everything is asked.

    Attributes:
        accounts: The wave's own people; nobody else counts.
        known: Every account of the newest snapshot, to tell a stranger from somebody of another wave.
        accepted: What ENFORCE will accept from them at sign-in.
    """

    accounts: frozenset[str]
    known: frozenset[str]
    accepted: frozenset[Method]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time; both ends belong to it."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Say whether a moment lies in it."""
        return self.since <= at <= self.until

    @property
    def words(self) -> str:
        """How long it is, for a sentence."""
        return f"in the last {gates.duration(self.until - self.since)}"


def window(gate: Gate, at: datetime, began_at: datetime | None) -> Window:
    """
    Return how far *gate* looks back.

    Args:
        gate: One that looks back.
        at: Now.
        began_at: Nothing before counts, however far the gate would look; None: no such moment.
    """
    since = at - (gate.within or timedelta(0))
    return Window(max(since, began_at) if began_at else since, at)


def unmeasured(key: str, source: str, because: str) -> Measurement:
    """Return what a source that says nothing is worth, and why it does."""
    return Measurement(key, None, 0, None, source, because)


def enrolled_share(people: People, evidence: Evidence | None) -> Measurement:
    """Measure who holds what ENFORCE accepts, or is excused; somebody of whom nothing is known may be either."""
    key, count = gates.ENROLLED_SHARE, len(people.accounts)
    if evidence is None:
        return unmeasured(key, SNAPSHOT, "there is no snapshot")
    if not count:
        return unmeasured(key, SNAPSHOT, "nobody is in the wave")
    ready, unknown = evidence.ready_count, evidence.unready.get(_UNKNOWN, 0)
    told = f"; of {unknown} nobody knows what they hold" if unknown else ""
    return Measurement(
        gate=key,
        reading=ready / count,
        count=count,
        taken_at=evidence.taken_at,
        source=SNAPSHOT,
        because=f"{ready} of {count} people hold what ENFORCE accepts or are excused,"
        f" {count - ready} people are not ready{told}",
        at_best=(ready + unknown) / count,
        possible_count=count,
    )


def strong_sign_ins(people: People, events: Iterable[LogEvent], within: Window) -> Measurement:
    """
    Measure who was seen to sign in with what ENFORCE accepts.

    Somebody who was not seen, or whose passkey the log does not tell apart, may be able to or not.
    """
    key, count = gates.STRONG_SIGN_INS, len(people.accounts)
    if not count:
        return unmeasured(key, LOG, "nobody is in the wave")
    mine = _of(people, events, within, KINDS[key])
    strong, seen, unclear = set(), set(), set()
    # One that goes on with a session from before the window does not say how it began.
    done = [one for one in log_events.sign_ins(mine) if one.methods and not one.is_refused]
    for one in done:
        seen.add(one.account_id)
        if one.methods & people.accepted:
            strong.add(one.account_id)
        elif one.methods & _STRONG:
            unclear.add(one.account_id)
    maybe = (people.accounts - seen) | (unclear - strong)
    return Measurement(
        gate=key,
        reading=len(strong) / count,
        count=len(seen),
        taken_at=max((one.at for one in done), default=within.until),
        source=LOG,
        because=f"{len(strong)} of {count} people signed in with what ENFORCE accepts {within.words},"
        f" {len(seen)} were seen to sign in",
        at_best=(len(strong) + len(maybe)) / count,
        possible_count=count,
    )


def failed_enrolments(people: People, events: Iterable[LogEvent], within: Window) -> Measurement:
    """Measure how many attempts to enrol something strong failed; of a weaker method nobody asks."""
    key = FAILED_ENROLMENTS
    mine = [
        event
        for event in _of(people, events, within, KINDS[key])
        if event.method is None or event.method in _STRONG or event.method in people.accepted
    ]
    failed = sum(not event.is_done for event in mine)
    return Measurement(
        gate=key,
        reading=failed / len(mine) if mine else 0.0,
        count=len(mine),
        taken_at=max((event.at for event in mine), default=within.until),
        source=LOG,
        because=f"{failed} of {len(mine)} attempts to enrol a strong method failed {within.words}",
    )


def lockouts(people: People, events: Iterable[LogEvent], within: Window) -> Measurement:
    """Measure who was locked out; a log that speaks of nobody cannot say that nobody was."""
    key, count = LOCKOUTS, len(people.accounts)
    if not count:
        return unmeasured(key, LOG, "nobody is in the wave")
    mine = _of(people, events, within, KINDS[key])
    seen = {event.account_id for event in mine}
    locked = {event.account_id for event in mine if event.kind == LOCKOUT}
    return Measurement(
        gate=key,
        reading=len(locked) / count,
        count=len(seen),
        taken_at=max((event.at for event in mine), default=within.until),
        source=LOG,
        because=f"{len(locked)} of {count} people were locked out {within.words}, {len(seen)} were seen in the log",
        possible_count=count,
    )


def help_desk_load(people: People, tickets: Tickets | None, within: Window) -> Measurement:
    """Measure the tickets about sign-in of the wave's people, for each of them."""
    key, count = HELP_DESK_LOAD, len(people.accounts)
    if tickets is None:
        return unmeasured(key, TICKETS, "no ticket file is configured")
    if tickets.unusable_because is not None:
        return unmeasured(key, TICKETS, tickets.unusable_because)
    if not count:
        return unmeasured(key, TICKETS, "nobody is in the wave")
    if not tickets.names_accounts:
        return unmeasured(key, TICKETS, "the column map names no account, so nobody knows whose tickets they are")
    opened = [one for one in tickets.tickets if within.holds(one.opened_at)]
    about = [one for one in opened if one.is_about_sign_in]
    strangers = sum(one.account_id not in people.known for one in about)
    if strangers > LARGEST_FOREIGN_SHARE * len(about):
        because = f"{strangers} of {len(about)} tickets about sign-in name nobody whom the newest snapshot knows"
        return unmeasured(key, TICKETS, because)
    mine = sum(one.account_id in people.accounts for one in about)
    told = f"; {strangers} more name nobody we know" if strangers else ""
    return Measurement(
        gate=key,
        reading=mine / count,
        count=len(opened),
        taken_at=tickets.taken_at,
        source=TICKETS,
        because=f"tickets about sign-in by {count} people {within.words}: {mine}{told}",
    )


def soak_days(lane: Lane, at: datetime) -> Measurement:
    """Measure how long a lane has been at its stage."""
    if lane.since is None:
        return unmeasured(gates.SOAK_DAYS, LEDGER, f"it has not entered a stage, and is {lane.stage.name}")
    entered_at = datetime.fromisoformat(lane.since)
    return Measurement(
        gate=gates.SOAK_DAYS,
        reading=(at - entered_at) / timedelta(days=1),
        count=1,
        # A stage that was entered after now says that a clock is wrong.
        taken_at=max(at, entered_at),
        source=LEDGER,
        because=f"at {lane.stage.name} since {entered_at:%Y-%m-%d %H:%M} UTC",
    )


def open_incidents(others: Sequence[Lane], tickets: Tickets | None, at: datetime) -> Measurement:
    """
    Count what stands against moving anyone of a cohort.

    Args:
        others: The lanes of the cohort's other waves; one that only waits for its people counts for nothing.
        tickets: The help desk's; open incidents about sign-in count where it tells them apart.
        at: Now.
    """
    key = gates.OPEN_INCIDENTS
    held = sorted(lane.wave for lane in others if lane.held_because and lane.held_by in HARM)
    told = f"other waves of the cohort that are held: {', '.join(held) or 'none'}"
    source, found, taken_at = LEDGER, 0, at
    if tickets is not None and tickets.names_incidents:
        if tickets.unusable_because is not None:
            return unmeasured(key, TICKETS, tickets.unusable_because)
        found = sum(_is_open_incident(one, at) for one in tickets.tickets)
        source, told = f"{LEDGER} and {TICKETS}", f"{told}; incidents that the help desk has open: {found}"
        taken_at = tickets.taken_at or at
    return Measurement(
        gate=key, reading=float(len(held) + found), count=1, taken_at=taken_at, source=source, because=told
    )


def _is_open_incident(ticket: Ticket, at: datetime) -> bool:
    is_open = ticket.closed_at is None or ticket.closed_at > at
    return ticket.is_incident and ticket.is_about_sign_in and is_open


def _of(people: People, events: Iterable[LogEvent], within: Window, kinds: frozenset[str]) -> list[LogEvent]:
    return [
        event
        for event in events
        if event.kind in kinds and event.account_id in people.accounts and within.holds(event.at)
    ]
