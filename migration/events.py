"""Without this file the ledger would hold prose: the facts that may be recorded, each with its fields."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from migration.posture import Stage

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanPublished:
    """Intent: the first manifest of a plan is in the repository; its waves have dates."""

    plan: Document
    manifest: Document
    content_digest: str
    shifts: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Outcome: what is ours stands in the tenant, empty, and break-glass holds its members."""

    intent: int
    manifest_digest: str
    break_glass_count: int


@dataclass(frozen=True, slots=True)
class StageRequested:
    """Intent: a wave shall move; the manifest that says so is published."""

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
Event = Intent | Provisioned | StageEntered | Settled | StageFailed | AdvanceRefused | IntentAbandoned | IntentLapsed

_KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        PlanPublished,
        Provisioned,
        StageRequested,
        StageEntered,
        SettleRequested,
        Settled,
        StageFailed,
        AdvanceRefused,
        IntentAbandoned,
        IntentLapsed,
    )
}


def to_document(event: Event) -> dict[str, Any]:
    """Return an event as plain JSON values; stages by name, so that a ledger reads without this program."""
    document = asdict(event)
    return {key: value.name if isinstance(value, Stage) else value for key, value in document.items()}


def from_document(kind: str, document: Mapping[str, Any]) -> Event:
    """
    Return the event that `to_document` wrote.

    Raises:
        KeyError: The kind is unknown, or a field is missing.
    """
    shape = _KINDS[kind]
    values: dict[str, Any] = {}
    for field in fields(shape):
        value = document[field.name]
        if field.type == "Stage" or field.type is Stage:
            value = Stage[value]
        elif isinstance(value, list):
            value = tuple(value)
        values[field.name] = value
    event: Event = shape(**values)
    return event
