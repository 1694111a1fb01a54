"""Without this file nobody would know who moves when: wave sizes, their order and their dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from migration.calendar import Calendar
from migration.model import Plan, PlannedWave


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a population becomes waves: the order of cohorts, the largest wave, and the days per stage."""

    order: Sequence[str]
    largest_wave: int
    days_between_waves: int
    enrol_days: int
    enforce_days: int


def plan(
    counts: Mapping[str, int], strategy: Strategy, calendar: Calendar, *, snapshot_digest: str, first_on: date
) -> Plan:
    """
    Date the waves of every cohort, small differences in size rather than a small last wave.

    A cohort that the strategy does not order comes after those that it does, by name; none is left out.

    Args:
        counts: Cohort → people who can be moved; an empty cohort has no wave.
        strategy: Order, size and pace.
        calendar: Freezes are skipped; the finishing date does not move a wave, it tells which are late.
        snapshot_digest: The snapshot that was counted.
        first_on: The earliest day on which anyone may be asked to enrol.
    """
    ordered = [cohort for cohort in dict.fromkeys(strategy.order) if counts.get(cohort)]
    ordered += sorted(cohort for cohort in counts if counts[cohort] and cohort not in strategy.order)
    waves = []
    day = calendar.opens_on_or_after(first_on)
    for cohort in ordered:
        for number, size in enumerate(sizes(counts[cohort], strategy.largest_wave), start=1):
            waves.append(PlannedWave(f"{cohort}-{number:02d}", cohort, number, size, *dates(day, strategy, calendar)))
            day = calendar.opens_on_or_after(day + timedelta(days=strategy.days_between_waves))
    return Plan(snapshot_digest, calendar.finish_on, tuple(waves))


def dates(first_on: date, strategy: Strategy, calendar: Calendar) -> tuple[date, date, date]:
    """Return when a wave may enrol, is enforced, and settles, if it begins on the first open day from *first_on* on."""
    enrol_on = calendar.opens_on_or_after(first_on)
    enforce_on = calendar.opens_on_or_after(enrol_on + timedelta(days=strategy.enrol_days))
    settle_on = calendar.opens_on_or_after(enforce_on + timedelta(days=strategy.enforce_days))
    return enrol_on, enforce_on, settle_on


def sizes(count: int, largest: int) -> list[int]:
    """Split *count* people into as few waves as *largest* allows, sizes differing by one at most."""
    wave_count = -(-count // largest)
    smaller, larger_count = divmod(count, wave_count) if wave_count else (0, 0)
    return [smaller + 1] * larger_count + [smaller] * (wave_count - larger_count)


def members_of(wave: PlannedWave, plan: Plan, people: Sequence[str]) -> tuple[str, ...]:
    """
    Return whom the plan put into *wave*: the cohort's people in the order of their keys, cut at the waves' sizes.

    Nobody of a plan is in a carry-over wave: its people are in the record of the step that carried them.

    Args:
        wave: One of the plan's waves.
        plan: The plan that it belongs to.
        people: The pseudonymous keys of the wave's cohort in the plan's snapshot; hashes, so their order is chance.
    """
    if wave.carried_from:
        return ()
    start = sum(
        other.member_count
        for other in plan.waves
        if other.cohort == wave.cohort and not other.carried_from and other.number < wave.number
    )
    return tuple(sorted(people)[start : start + wave.member_count])
