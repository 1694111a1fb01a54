"""Without this file a report would be a page only: its facts as one frozen value that a test can ask."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from migration.lifecycle import EVIDENCE_LASTS
from migration.report_desk import HelpDesk
from migration.report_exceptions import ExceptionReport
from migration.report_forecast import Chance, CohortForecast
from migration.report_people import Heartbeat, Waiting
from migration.report_waves import GONE, CohortFacts, WaveFacts
from migration.report_week import Week

SHOWN_ALWAYS = ("PLANNED", "ENROL", "ENFORCE", "RELAXED", "SETTLED")


class Outlook(StrEnum):
    """Whether we make the date, the worst first; what a reader sees is in `report_page`."""

    NO_PLAN = "no-plan"
    LATE = "late"
    PART = "part"
    PACE = "pace"
    BEHIND = "behind"
    IN_TIME = "in-time"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ProgrammeReport:
    """
    The whole programme at one moment, for the people who run it; counts and keys only.

    Attributes:
        snapshot_age: How old the newest snapshot is at `at`; None where that is unknown.
        refusals: (at, wave, because), newest first.
        approvals: (wave, name); the name is what the operator typed.
        assumptions: What the forecasts of all cohorts rest on.
        forecasts: One per cohort with a wave; empty where nobody asked.
        waiting: Who changed since they were placed; None where the snapshot is too old to show it.
    """

    stack: str
    at: datetime
    finish_on: date
    snapshot_digest: str
    snapshot_taken_at: str
    snapshot_age: timedelta | None
    rejects_count: int
    cohorts: tuple[CohortFacts, ...]
    waves: tuple[WaveFacts, ...]
    refusals: tuple[tuple[str, str, str], ...]
    approvals: tuple[tuple[str, str], ...]
    ledger_standing: str
    entry_count: int
    assumptions: tuple[str, ...] = ()
    forecasts: tuple[CohortForecast, ...] = ()
    week: Week | None = None
    help_desk: HelpDesk | None = None
    exceptions: ExceptionReport | None = None
    heartbeat: Heartbeat | None = None
    waiting: Waiting | None = None

    @property
    def people_count(self) -> int:
        """Everyone in the newest snapshot."""
        return sum(cohort.people_count for cohort in self.cohorts)

    @property
    def planned_count(self) -> int:
        """People with a wave now."""
        return sum(wave.member_count for wave in self.waves)

    @property
    def without_wave_count(self) -> int:
        """People of the newest snapshot in no wave: hired since the plan, or in a cohort that has none."""
        return max(0, self.people_count - self.planned_count + self.stuck.get(GONE, 0))

    @property
    def stage_counts(self) -> Mapping[str, int]:
        """Stage → people with a wave; the usual five always, any other where somebody is there."""
        counts = Counter(dict.fromkeys(SHOWN_ALWAYS, 0))
        for wave in self.waves:
            counts[wave.stage] += wave.member_count
        return counts

    @property
    def moved_count(self) -> int:
        """People to whom SMS and voice are refused."""
        return sum(wave.member_count for wave in self.waves if wave.is_moved)

    @property
    def moved_share(self) -> float | None:
        """Share of the people with a wave who are off SMS; None without a plan."""
        return self.moved_count / self.planned_count if self.planned_count else None

    @property
    def days_to_finish(self) -> int:
        """Days from `at` to the finishing date; negative once it has passed."""
        return (self.finish_on - self.at.date()).days

    @property
    def due_count(self) -> int:
        """Waves that the plan has enforced by today."""
        return sum(wave.enforce_on <= self.at.date() for wave in self.waves)

    @property
    def enforced_count(self) -> int:
        """Waves that are enforced or settled."""
        return sum(wave.is_moved for wave in self.waves)

    @property
    def due_share(self) -> float | None:
        """Share of the planned waves that should be enforced by today; None without a plan."""
        return self.due_count / len(self.waves) if self.waves else None

    @property
    def enforced_share(self) -> float | None:
        """Share of the planned waves that are enforced; None without a plan."""
        return self.enforced_count / len(self.waves) if self.waves else None

    @property
    def late(self) -> tuple[WaveFacts, ...]:
        """The waves that are behind, or that settle after the finishing date."""
        return tuple(wave for wave in self.waves if wave.is_late)

    @property
    def stuck(self) -> Mapping[str, int]:
        """Reason → people with a wave whom ENFORCE would refuse."""
        total: Counter[str] = Counter()
        for wave in self.waves:
            total.update(wave.unready)
        return total

    @property
    def refused_now_count(self) -> int:
        """People of enforced waves who are not ready: they may be locked out today."""
        return sum(wave.unready_count - wave.unready.get(GONE, 0) for wave in self.waves if wave.is_moved)

    @property
    def without_posture(self) -> tuple[CohortFacts, ...]:
        """Cohorts whose waves stay PLANNED because nobody has decided what they shall present."""
        return tuple(cohort for cohort in self.cohorts if cohort.has_waves and not cohort.has_posture)

    @property
    def too_slow(self) -> tuple[CohortForecast, ...]:
        """Cohorts that the plan brings in in time, and the speed of the last two weeks does not."""
        by_plan = {cohort.cohort for cohort in self.cohorts if any(wave.over_days for wave in cohort.waves)}
        return tuple(one for one in self.forecasts if one.chance is Chance.LATE and one.cohort not in by_plan)

    @property
    def is_stale(self) -> bool:
        """The snapshot is older than evidence lasts, or of unknown age: readiness is UNKNOWN."""
        return self.snapshot_age is None or self.snapshot_age > EVIDENCE_LASTS

    @property
    def outlook(self) -> Outlook:
        """Whether we make the date; the worst that is true."""
        if not self.waves:
            return Outlook.NO_PLAN
        if any(wave.over_days for wave in self.waves):
            return Outlook.LATE
        if self.without_posture:
            return Outlook.PART
        if self.too_slow:
            return Outlook.PACE
        if any(wave.behind_days for wave in self.waves):
            return Outlook.BEHIND
        return Outlook.DONE if all(wave.stage == "SETTLED" for wave in self.waves) else Outlook.IN_TIME
