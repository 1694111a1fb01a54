"""Without this file waves would be strings: the planner's nouns as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from migration.posture import Stage

PERSON = "person"
Document = Mapping[str, Any]  # plain JSON values, as the ledger keeps them


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """
    Part of a cohort that moves together, and when it shall.

    Attributes:
        carried_from: The wave that its people were carried over from; None for a wave of the plan itself.
    """

    key: str
    cohort: str
    number: int
    member_count: int
    enrol_on: date
    enforce_on: date
    settle_on: date
    carried_from: str | None = None

    def days_late(self, finish_on: date) -> int:
        """Return how many days after the finishing date the wave would settle; 0 is in time."""
        return max(0, (self.settle_on - finish_on).days)


@dataclass(frozen=True, slots=True)
class Plan:
    """Dated waves from one snapshot."""

    snapshot_digest: str
    finish_on: date
    waves: tuple[PlannedWave, ...]

    def wave(self, key: str) -> PlannedWave | None:
        """Return one wave, or None."""
        return next((wave for wave in self.waves if wave.key == key), None)


@dataclass(frozen=True, slots=True)
class Lane:
    """A wave on one identity provider: where it is, and which slot or home holds it."""

    wave: str
    idp: str
    stage: Stage = Stage.PLANNED
    previous_stage: Stage = Stage.PLANNED
    slot: str | None = None
    home: str | None = None
    since: str | None = None
    held_by: str | None = None  # the gate that failed, or PERSON
    held_because: str | None = None

    @property
    def held_by_person(self) -> bool:
        """Say whether somebody stopped it; a gate's hold ends when the gate passes again."""
        return self.held_by == PERSON


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent without an outcome: somebody must carry it out, confirm it or end it."""

    entry: int
    at: str
    actor: str
    kind: str
    wave: str | None
    content_digest: str
    failures: tuple[str, ...] = ()
    run: str = "pipeline"  # or "offramp": then nobody but us carries it out


@dataclass(frozen=True, slots=True)
class Placed:
    """
    Where a person is who is not where the plan's snapshot put them.

    Attributes:
        account_id: The vendor's id.
        cohort: The one whose target they are held to.
        planned: The wave that the plan's snapshot put them into; None for who joined later.
        wave: The wave that has them; None: no wave has them (yet).
        held_in: The set of ours that they are in outside their wave's own: "joiners", or None.
        reason: A readiness code, or "joined", "left", "moved".
        because: In plain words.
        since: When.
    """

    account_id: str
    cohort: str
    planned: str | None
    wave: str | None
    held_in: str | None
    reason: str
    because: str
    since: str

    @property
    def has_own_home(self) -> bool:
        """Say whether they live in another home than their wave: no step of the wave moves them any more."""
        return self.held_in is not None and self.held_in.startswith("home-")


@dataclass(frozen=True, slots=True)
class OpenWork:
    """An intent about people that is under way: carried out until it is done, never waited for."""

    entry: int
    at: str
    actor: str
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the engine did or would do: `create`, `update`, `delete`, `replace`, ..."""

    operation: str
    name: str
    kind: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phone:
    """One enrolled phone factor: the vendor's id of it, and "sms" or "voice"."""

    factor_id: str
    method: str


@dataclass(frozen=True, slots=True)
class Creating:
    """An object that an update was creating when it died: its engine's name, its type, what it is made from."""

    urn: str
    kind: str
    inputs: Document
