"""Without this file the ledger would hold prose: the facts that may be recorded, each with its fields."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, get_args

from migration.exception_events import (
    ApprovalGiven,
    EndBegun,
    ExceptionEnded,
    ExceptionGranted,
    ExceptionRefused,
    ExceptionRequested,
    ExceptionWarned,
    GrantBegun,
)
from migration.model import Document
from migration.people_events import (
    MembershipRequested,
    MembershipVerified,
    RetireBegun,
    Retired,
    RetireRequested,
    Ticked,
)
from migration.posture import Stage


@dataclass(frozen=True, slots=True)
class PlanPublished:
    """Intent: the first manifest of a plan is in the repository; its waves have dates."""

    plan: Document
    manifest: Document
    content_digest: str
    shifts: tuple[Document, ...]
    run: str = "pipeline"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Outcome: what is ours stands in the tenant, empty, and break-glass holds its members."""

    intent: int
    manifest_digest: str
    break_glass_count: int


@dataclass(frozen=True, slots=True)
class StageRequested:
    """
    Intent: a wave shall move; the manifest that says so is published.

    Attributes:
        carried: Who is not ready, and the wave that has them then: account, person, reason, because, wave.
        carry_wave: That wave, with its dates; None where nobody is carried.
        verdicts: What each gate said.
        run: Who carries it out: "offramp" itself, or a "pipeline" that may take its time.
    """

    wave: str
    lane: str
    source: Stage
    to: Stage
    slot: str
    manifest: Document
    content_digest: str
    snapshot_digest: str
    approved_by: str | None
    approval: str | None
    carried: tuple[Document, ...] = ()
    carry_wave: Document | None = None
    verdicts: tuple[Document, ...] = ()
    run: str = "pipeline"


@dataclass(frozen=True, slots=True)
class StageEntered:
    """Outcome: the tenant holds what the intent asked for, as read back."""

    intent: int
    wave: str
    lane: str
    stage: Stage
    slot: str
    manifest_digest: str
    member_count: int


@dataclass(frozen=True, slots=True)
class SettleRequested:
    """Intent: a wave shall live in its cohort's home and give its slot back."""

    wave: str
    lane: str
    slot: str
    home: str
    manifest: Document
    content_digest: str
    run: str = "pipeline"


@dataclass(frozen=True, slots=True)
class Settled:
    """Outcome: the wave is in its home, and its slot is free again."""

    intent: int
    wave: str
    lane: str
    home: str
    slot: str
    manifest_digest: str
    member_count: int


@dataclass(frozen=True, slots=True)
class StageFailed:
    """The engine or the read-back did not give what the intent asked for; the intent stays open."""

    intent: int
    because: str


@dataclass(frozen=True, slots=True)
class AdvanceRefused:
    """Somebody asked for a move that must not happen."""

    wave: str
    lane: str
    to: Stage
    because: str


@dataclass(frozen=True, slots=True)
class WaveHeld:
    """A gate failed, or somebody stopped a wave: it moves no further until it is resumed."""

    wave: str
    lane: str
    gate: str
    because: str


@dataclass(frozen=True, slots=True)
class WaveResumed:
    """Somebody looked into why a wave was held, and lets it go on."""

    wave: str
    lane: str
    because: str


@dataclass(frozen=True, slots=True)
class IntentAbandoned:
    """An operator ended an intent that was not carried out."""

    intent: int
    because: str


@dataclass(frozen=True, slots=True)
class IntentLapsed:
    """Nobody carried an intent out in time; the manifest before it stands again."""

    intent: int
    because: str


Intent = PlanPublished | StageRequested | SettleRequested
OfWaves = (
    Intent
    | Provisioned
    | StageEntered
    | Settled
    | StageFailed
    | AdvanceRefused
    | WaveHeld
    | WaveResumed
    | IntentAbandoned
    | IntentLapsed
)
OfExceptions = (
    ExceptionRequested
    | ApprovalGiven
    | ExceptionRefused
    | GrantBegun
    | ExceptionGranted
    | EndBegun
    | ExceptionEnded
    | ExceptionWarned
)
OfPeople = MembershipRequested | MembershipVerified | RetireRequested | RetireBegun | Retired | Ticked
Event = OfWaves | OfExceptions | OfPeople

_KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def to_document(event: Event) -> dict[str, Any]:
    """Return an event as plain JSON values; stages by name, so that a ledger reads without this program."""
    document = asdict(event)
    return {key: value.name if isinstance(value, Stage) else value for key, value in document.items()}


def from_document(kind: str, document: Mapping[str, Any]) -> Event:
    """
    Return the event that `to_document` wrote.

    Raises:
        KeyError: The kind is unknown, or a field is missing that every such entry has.
    """
    shape = _KINDS[kind]
    values: dict[str, Any] = {}
    for field in fields(shape):
        if field.name not in document and field.default is not MISSING:
            continue  # sealed before there was such a field
        value = document[field.name]
        if field.type == "Stage" or field.type is Stage:
            value = Stage[value]
        elif isinstance(value, list):
            value = tuple(value)
        values[field.name] = value
    event: Event = shape(**values)
    return event
