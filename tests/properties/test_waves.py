from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from migration import waves
from migration.calendar import Calendar, Freeze
from migration.waves import Strategy, members_of, sizes

COHORTS = ("administrators", "standard", "finance", "support")
COUNTS = st.dictionaries(st.sampled_from(COHORTS), st.integers(0, 400))
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
FREEZES = st.lists(
    st.builds(lambda first, days: Freeze(first, first + timedelta(days=days), "freeze"), DAYS, st.integers(0, 40)),
    max_size=4,
)
CALENDARS = st.builds(Calendar, DAYS, FREEZES)
STRATEGIES = st.builds(
    Strategy,
    order=st.lists(st.sampled_from(COHORTS)).map(tuple),
    largest_wave=st.integers(1, 150),
    days_between_waves=st.integers(0, 20),
    enrol_days=st.integers(0, 30),
    enforce_days=st.integers(0, 30),
)


def planned(counts, strategy, calendar, first_on):
    """Plan *counts*."""
    return waves.plan(counts, strategy, calendar, snapshot_digest="5" * 64, first_on=first_on)


@given(count=st.integers(0, 100_000), largest=st.integers(1, 5_000))
def test_sizes_lose_nobody_and_stay_within_the_largest(count, largest):
    """Everyone is in one wave; sizes differ by one at most; there is no wave too many."""
    found = sizes(count, largest)

    assert count == sum(found)
    assert all(0 < size <= largest for size in found)
    assert max(found, default=0) - min(found, default=0) <= 1
    assert -(-count // largest) == len(found)


@given(counts=COUNTS, strategy=STRATEGIES, calendar=CALENDARS, first_on=DAYS)
def test_every_person_is_planned_exactly_once(counts, strategy, calendar, first_on):
    """No cohort is left out, whatever the strategy orders or forgets."""
    plan = planned(counts, strategy, calendar, first_on)

    for cohort, count in counts.items():
        assert count == sum(wave.member_count for wave in plan.waves if wave.cohort == cohort)
    assert len(plan.waves) == len({wave.key for wave in plan.waves})


@given(counts=COUNTS, strategy=STRATEGIES, calendar=CALENDARS, first_on=DAYS)
def test_dates_run_forward_and_lie_on_open_days(counts, strategy, calendar, first_on):
    """Nobody enrols before the first day, enforces before the time to enrol is over, or moves on a closed day."""
    plan = planned(counts, strategy, calendar, first_on)

    for wave in plan.waves:
        assert first_on <= wave.enrol_on
        assert wave.enforce_on - wave.enrol_on >= timedelta(days=strategy.enrol_days)
        assert wave.settle_on - wave.enforce_on >= timedelta(days=strategy.enforce_days)
        for day in (wave.enrol_on, wave.enforce_on, wave.settle_on):
            assert day == calendar.opens_on_or_after(day)
            assert calendar.freeze_on(day) is None
    starts = [wave.enrol_on for wave in plan.waves]
    assert sorted(starts) == starts


@given(
    people=st.sets(st.text("abcdef0123456789", min_size=4, max_size=8), max_size=60),
    largest=st.integers(1, 20),
    data=st.data(),
)
def test_everyone_is_in_exactly_one_wave_in_whatever_order_they_are_listed(people, largest, data):
    """Membership is a pure function of the snapshot: nobody is asked twice, and nobody is forgotten."""
    strategy = Strategy(("standard",), largest, 1, 1, 1)
    plan = planned({"standard": len(people)}, strategy, Calendar(date(2027, 1, 29)), date(2026, 11, 2))
    shuffled = data.draw(st.permutations(sorted(people)))

    found = [members_of(wave, plan, shuffled) for wave in plan.waves]

    assert [wave.member_count for wave in plan.waves] == [len(members) for members in found]
    assert sorted(people) == sorted(person for members in found for person in members)
