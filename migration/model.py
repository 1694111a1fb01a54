"""Without this file waves would be strings: the planner's nouns as frozen values."""

from dataclasses import dataclass
from datetime import date

from migration.posture import Stage


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """Part of a cohort that moves together, and when it shall."""

    key: str
    cohort: str
    number: int
    member_count: int
    enrol_on: date
    enforce_on: date
    settle_on: date

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


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the engine did or would do: `create`, `update`, `delete`, `replace`, ..."""

    operation: str
    name: str
    kind: str
    fields: tuple[str, ...] = ()
