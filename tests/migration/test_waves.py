from datetime import date

import pytest
from builders import a_calendar, a_plan, a_strategy, a_wave, year_end

from migration import waves

FIRST = date(2026, 11, 2)


def planned(counts, **changes):
    """Plan *counts* from the first Monday of November."""
    calendar = changes.pop("calendar", a_calendar())
    return waves.plan(counts, a_strategy(**changes), calendar, snapshot_digest="5" * 64, first_on=FIRST)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [(0, []), (1, [1]), (100, [100]), (101, [51, 50]), (250, [84, 83, 83]), (300, [100, 100, 100])],
)
def test_waves_are_as_few_and_as_even_as_the_largest_allows(count, sizes):
    """A wave of one person at the end would be watched by nobody."""
    assert sizes == waves.sizes(count, 100)


def test_cohorts_move_in_the_order_of_the_strategy():
    """The riskiest people first; the order of the counts says nothing."""
    plan = planned({"standard": 150, "administrators": 10})

    assert ["administrators-01", "standard-01", "standard-02"] == [wave.key for wave in plan.waves]
    assert [10, 75, 75] == [wave.member_count for wave in plan.waves]


def test_a_cohort_that_nobody_ordered_comes_last_and_is_not_forgotten():
    """A cohort without a place in the strategy is planned by name, after the others."""
    plan = planned({"support": 1, "finance": 1, "standard": 1})

    assert ["standard-01", "finance-01", "support-01"] == [wave.key for wave in plan.waves]


def test_a_cohort_without_people_has_no_wave():
    """An empty wave would have dates that mean nothing."""
    assert ["standard-01"] == [wave.key for wave in planned({"standard": 1, "administrators": 0, "finance": 0}).waves]


def test_a_cohort_that_is_ordered_twice_is_planned_once():
    """A slip in the configuration must not plan the same people into two waves of one name."""
    assert ["standard-01"] == [wave.key for wave in planned({"standard": 1}, order=("standard", "standard")).waves]


def test_every_wave_has_time_to_enrol_and_time_to_prove_itself():
    """Two weeks of enrolment, one of enforcement; the next wave a week after this one."""
    first, second = planned({"administrators": 1, "standard": 1}).waves

    assert (date(2026, 11, 2), date(2026, 11, 16), date(2026, 11, 23)) == dates(first)
    assert (date(2026, 11, 9), date(2026, 11, 23), date(2026, 11, 30)) == dates(second)


def dates(wave):
    """Return the three dates of a wave."""
    return wave.enrol_on, wave.enforce_on, wave.settle_on


def test_no_date_of_a_wave_lies_in_a_freeze():
    """ENFORCE would fall on 21 December; it waits for the first working day of January."""
    plan = planned({"administrators": 1}, calendar=a_calendar(year_end()), enrol_days=49)

    assert (date(2026, 11, 2), date(2027, 1, 4), date(2027, 1, 11)) == dates(plan.waves[0])


def test_the_finishing_date_moves_no_wave_and_tells_which_are_late():
    """A plan that hides its lateness is a wish."""
    plan = planned({"standard": 1}, calendar=a_calendar(finish_on=date(2026, 11, 20)))

    assert date(2026, 11, 23) == plan.waves[0].settle_on
    assert 3 == plan.waves[0].days_late(plan.finish_on)
    assert 0 == plan.waves[0].days_late(date(2026, 11, 23))
    assert 0 == plan.waves[0].days_late(date(2026, 12, 24))


def test_a_plan_names_the_snapshot_that_it_was_made_from():
    """Who is in a wave is read from that snapshot and no other."""
    plan = planned({"standard": 1})

    assert ("5" * 64, date(2027, 1, 29)) == (plan.snapshot_digest, plan.finish_on)


def test_a_wave_is_found_by_its_key_or_not_at_all():
    """A key that is not in the plan is nobody's."""
    wave = a_wave("standard-02")

    assert wave == a_plan(a_wave(), wave).wave("standard-02")
    assert a_plan().wave("standard-09") is None


def test_people_are_cut_into_waves_in_the_order_of_their_keys():
    """The keys are hashes: their order is chance, and the same one every time."""
    plan = a_plan(
        a_wave("standard-01", member_count=2), a_wave("administrators-01"), a_wave("standard-02", member_count=1)
    )

    assert ("p-a", "p-b") == waves.members_of(plan.waves[0], plan, ["p-c", "p-a", "p-b"])
    assert ("p-c",) == waves.members_of(plan.waves[2], plan, ["p-c", "p-a", "p-b"])
