"""Without this file a wave would be shown by five files in five ways: one wave and one cohort, as a report has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from migration.people_changes import JOINERS

MOVED = frozenset({"ENFORCE", "SETTLED", "RETIRE"})
GONE = "gone"  # the readiness of a member whom the newest snapshot does not have


@dataclass(frozen=True, slots=True)
class WaveFacts:
    """
    One wave as the report shows it.

    Attributes:
        member_count: People in it now: those of the plan, less who went, and who came.
        expected_settle_on: The planned day plus today's delay, in calendar days; the day itself once settled;
            None where the cohort has no posture, because then no day can be named.
        behind_days: Days since it should have been enforced and is not; 0 is on plan.
        over_days: Days by which it settles after the finishing date; 0 is in time.
        excused_count: Of the ready, those who are so by a standing exception alone.
        carried_from: The wave that its people come from, or "joiners"; None for a wave of the plan itself.
        held_by: The gate that failed, or "person"; None where it may go on.
        held_since: ISO time of the hold, where the ledger has it.
    """

    key: str
    cohort: str
    idp: str
    member_count: int
    stage: str
    since: date | None
    enrol_on: date
    enforce_on: date
    settle_on: date
    expected_settle_on: date | None
    ready_count: int
    unready: Mapping[str, int]
    has_posture: bool
    behind_days: int
    over_days: int
    note: str
    excused_count: int = 0
    carried_from: str | None = None
    held_by: str | None = None
    held_because: str | None = None
    held_since: str | None = None

    @property
    def is_carried(self) -> bool:
        """Its people were not ready on the day of another wave."""
        return self.carried_from is not None and not self.is_joiners

    @property
    def is_joiners(self) -> bool:
        """Its people came after the plan."""
        return self.carried_from == JOINERS

    @property
    def is_moved(self) -> bool:
        """SMS and voice are refused to its people."""
        return self.stage in MOVED

    @property
    def is_late(self) -> bool:
        """Behind its plan, or settling after the finishing date."""
        return bool(self.behind_days or self.over_days)

    @property
    def unready_count(self) -> int:
        """People whom ENFORCE would refuse."""
        return sum(self.unready.values())

    @property
    def unread_count(self) -> int:
        """People of whom the snapshot says neither ready nor unready: unknown, never ready."""
        return max(0, self.member_count - self.ready_count - self.unready_count)

    @property
    def ready_share(self) -> float | None:
        """Share of the members who are ready; None where there are none."""
        return self.ready_count / self.member_count if self.member_count else None


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """One cohort as the report shows it; `waves` are its own, `forecast` a sentence without a full stop."""

    cohort: str
    people_count: int
    ready_count: int
    unready: Mapping[str, int]
    has_posture: bool
    has_waves: bool
    waves: tuple[WaveFacts, ...]
    forecast: str

    @property
    def moved_count(self) -> int:
        """People in waves that are enforced or settled."""
        return sum(wave.member_count for wave in self.waves if wave.is_moved)

    @property
    def ready_share(self) -> float | None:
        """Share of the cohort's people who are ready; None where there are none."""
        return self.ready_count / self.people_count if self.people_count else None

    @property
    def last_settle_on(self) -> date | None:
        """When the last of its waves is expected to have settled; None where no day can be named."""
        expected = [wave.expected_settle_on for wave in self.waves]
        named = [on for on in expected if on]
        return max(named) if named and len(named) == len(expected) else None
