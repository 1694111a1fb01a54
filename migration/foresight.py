"""Without this file a rehearsal would show nothing: whom ENFORCE would refuse, foreseen from three sources."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from migration import log_events
from migration.log_events import LogEvent, SignIn
from migration.posture import Method

LEFT = "left"
NEEDS_KEY = "needs-key"
MUST_SHOW_OTHER = "must-show-other"
OTHER_RULE = "other-rule"
UNDECIDED = "undecided"


class Source(StrEnum):
    """Where a foresight comes from."""

    EXPORT = "export"
    LOG = "log"
    SIMULATION = "simulation"


@dataclass(frozen=True, slots=True)
class Member:
    """
    One person of the wave, as ENFORCE would meet them.

    Attributes:
        account_id: The vendor's id.
        held: What they hold, our words; None: the account cannot sign in any more.
        accepted: What would be accepted from them: the cohort's target, and what an exception adds.
        rule_ids: Ids of the rules of ours that may decide for them at the canary app; none where nobody knows.
        reason, because: What the newest snapshot says of somebody who is not ready; None: nothing.
    """

    account_id: str
    held: frozenset[str] | None
    accepted: frozenset[Method]
    rule_ids: frozenset[str] = frozenset()
    reason: str | None = None
    because: str | None = None

    @property
    def is_refused(self) -> bool:
        """Say whether ENFORCE would refuse them, whatever they show."""
        return not (self.held or frozenset()) & self.accepted


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is foreseen of one person: a code, in plain words, and by which source."""

    account_id: str
    reason: str
    because: str
    source: Source


@dataclass(frozen=True, slots=True)
class Part:
    """
    How far one source goes.

    Attributes:
        source: Which.
        count: People of whom it says something.
        unknown_count: People of whom it says nothing.
        taken_at: When the newest of what it says was true; None where it says nothing.
        because: Why it says nothing, or where it comes from.
    """

    source: Source
    count: int
    unknown_count: int
    taken_at: datetime | None
    because: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    What ENFORCE would do to a wave.

    Attributes:
        member_count: People of the wave.
        refused: Whom it would refuse, in order of account ids: who holds nothing that is accepted.
        must_show_other: Who holds something accepted and was lately seen to sign in with something else only.
        surprised: For whom another rule than ours would decide, or nobody can say which.
        parts: Each source, with how far it goes.
        at: When it was made.
    """

    member_count: int
    refused: tuple[Foreseen, ...]
    must_show_other: tuple[Foreseen, ...]
    surprised: tuple[Foreseen, ...]
    parts: tuple[Part, ...]
    at: datetime

    @property
    def refused_ids(self) -> frozenset[str]:
        """Account ids of whom ENFORCE would refuse."""
        return frozenset(one.account_id for one in self.refused)

    @property
    def is_complete(self) -> bool:
        """Say whether every source spoke of everybody; what it did not speak of is UNKNOWN, never fine."""
        return not any(part.unknown_count for part in self.parts)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Where it is from what people hold: in words, and when that was true."""

    because: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Silent:
    """A source that says nothing, and why."""

    because: str


Simulated = Mapping[str, str | None]


def foresee(
    members: Collection[Member],
    holdings: Holdings,
    events: Iterable[LogEvent] | Silent,
    simulated: Simulated | Silent,
    *,
    at: datetime,
) -> Forecast:
    """
    Say what ENFORCE would do to the people of a wave.

    Who is refused follows from what they hold alone, as ENFORCE decides it; the log and the simulation only ever add
    a warning, and where they do not speak of somebody that is UNKNOWN.

    Args:
        members: The wave's people.
        holdings: Where `held` comes from.
        events: Past sign-ins, of anybody; other kinds count for nothing.
        simulated: Account id → id of the rule that would decide at the canary app, None where nobody can say.
        at: Now; what is dated later counts for nothing.
    """
    ordered = sorted(members, key=lambda one: one.account_id)
    refused = tuple(_refused(one) for one in ordered if one.is_refused)
    must_show, log = _by_log(ordered, events, at)
    surprised, simulation = _by_simulation(ordered, simulated, at)
    export = Part(Source.EXPORT, len(ordered), 0, holdings.taken_at, holdings.because)
    return Forecast(len(ordered), refused, must_show, surprised, (export, log, simulation), at)


def _refused(one: Member) -> Foreseen:
    if one.held is None:
        return Foreseen(one.account_id, LEFT, "the account cannot sign in any more", Source.EXPORT)
    held = ", ".join(sorted(one.held)) or "nothing"
    because = one.because or f"holds {held}, of which ENFORCE accepts nothing"
    return Foreseen(one.account_id, one.reason or NEEDS_KEY, because, Source.EXPORT)


def _by_log(
    members: Collection[Member], events: Iterable[LogEvent] | Silent, at: datetime
) -> tuple[tuple[Foreseen, ...], Part]:
    if isinstance(events, Silent):
        return (), Part(Source.LOG, 0, len(members), None, events.because)
    accounts = {one.account_id for one in members}
    mine = (event for event in events if event.account_id in accounts and event.at <= at)
    seen: dict[str, list[SignIn]] = {}
    for one in log_events.sign_ins(mine):
        if one.methods and not one.is_refused:
            seen.setdefault(one.account_id, []).append(one)
    found = tuple(
        Foreseen(member.account_id, MUST_SHOW_OTHER, _other(shown), Source.LOG)
        for member in members
        if (shown := seen.get(member.account_id)) and not member.is_refused and not _showed(shown, member.accepted)
    )
    newest = max((shown[-1].at for shown in seen.values()), default=None)
    told = f"{sum(map(len, seen.values()))} sign-ins of {len(seen)} people"
    return found, Part(Source.LOG, len(seen), len(accounts) - len(seen), newest, told)


def _showed(shown: Iterable[SignIn], accepted: frozenset[Method]) -> bool:
    return any(one.methods & accepted for one in shown)


def _other(shown: Collection[SignIn]) -> str:
    methods = sorted(frozenset[str]().union(*(one.methods for one in shown)))
    times = "once" if len(shown) == 1 else f"{len(shown)} times"
    return f"signed in {times} and showed {', '.join(methods)} only; holds something that ENFORCE accepts"


def _by_simulation(
    members: Collection[Member], simulated: Simulated | Silent, at: datetime
) -> tuple[tuple[Foreseen, ...], Part]:
    if isinstance(simulated, Silent):
        return (), Part(Source.SIMULATION, 0, len(members), None, simulated.because)
    found, decided = [], 0
    for one in members:
        rule = simulated.get(one.account_id)
        if rule is None:
            because = "the provider does not say which rule would decide at the canary app"
            found.append(Foreseen(one.account_id, UNDECIDED, because, Source.SIMULATION))
            continue
        decided += 1
        if rule not in one.rule_ids:
            because = f"at the canary app rule {rule} would decide, which is not one of ours that lets this person in"
            found.append(Foreseen(one.account_id, OTHER_RULE, because, Source.SIMULATION))
    part = Part(Source.SIMULATION, decided, len(members) - decided, at, f"the canary app's policy for {decided} people")
    return tuple(found), part


def forecast_document(found: Forecast) -> dict[str, Any]:
    """Return a forecast as plain JSON values; ages in seconds."""
    return {
        "at": found.at.isoformat(),
        "member_count": found.member_count,
        "refused_count": len(found.refused),
        "is_complete": found.is_complete,
        "refused": [_document(one) for one in found.refused],
        "must_show_other": [_document(one) for one in found.must_show_other],
        "surprised": [_document(one) for one in found.surprised],
        "sources": [
            {
                "source": part.source.value,
                "count": part.count,
                "unknown_count": part.unknown_count,
                "taken_at": part.taken_at.isoformat() if part.taken_at else None,
                "age_seconds": int((found.at - part.taken_at) / timedelta(seconds=1)) if part.taken_at else None,
                "because": part.because,
            }
            for part in found.parts
        ],
    }


def _document(one: Foreseen) -> dict[str, str]:
    return {"account_id": one.account_id, "reason": one.reason, "because": one.because, "source": one.source.value}
