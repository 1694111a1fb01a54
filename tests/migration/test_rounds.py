from datetime import date, timedelta
from itertools import islice

import pytest
from builders import a_calendar
from hypothesis import given
from hypothesis import strategies as st

from migration.calendar import SATURDAY, Freeze
from migration.rounds import Limit, Rounds

MONDAY = date(2026, 2, 2)
COSTS = {"ready": 10, "none": 300}
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
FREEZES = st.lists(
    st.builds(lambda first, days: Freeze(first, first + timedelta(days=days), "freeze"), DAYS, st.integers(0, 40)),
    max_size=4,
)


def rounds_of(*freezes, first_on=MONDAY, **strategy):
    """Build a strategy that begins on a Monday."""
    return Rounds(a_calendar(*freezes), first_on, COSTS, **strategy)


def first(count, rounds, planned_count=1_000):
    """Return the first *count* limits."""
    return list(islice(rounds.limits(planned_count), count))


def test_a_round_is_a_week_with_six_hundredths_of_the_people_and_five_days_of_the_help_desk():
    """The strategy that nobody has changed."""
    assert [Limit(0, MONDAY, 60, 5_000), Limit(1, date(2026, 2, 9), 60, 5_000)] == first(2, rounds_of())


def test_the_size_is_rounded_up():
    """Or the last few people would need a round of their own."""
    assert [61] == [limit.most_people for limit in first(1, rounds_of(), 1_001)]


@pytest.mark.parametrize("planned_count", [0, 1, 3])
def test_a_round_takes_at_least_one_person(planned_count):
    """A share of very few is not nobody."""
    assert [1] == [limit.most_people for limit in first(1, rounds_of(), planned_count)]


def test_a_freeze_takes_its_days_out_of_the_round():
    """The help desk answers on three days, and the round begins on the first of them."""
    freeze = Freeze(MONDAY, date(2026, 2, 3), "audit")

    assert [Limit(0, date(2026, 2, 4), 60, 3_000)] == first(1, rounds_of(freeze))


def test_a_week_that_is_frozen_whole_is_no_round():
    """Its number goes to the next week: rounds are counted, weeks are not."""
    freeze = Freeze(date(2026, 2, 9), date(2026, 2, 13), "audit")

    found = [(limit.number, limit.starts_on) for limit in first(3, rounds_of(freeze))]

    assert [(0, MONDAY), (1, date(2026, 2, 16)), (2, date(2026, 2, 23))] == found


def test_weeks_may_begin_on_any_day_and_have_no_work_at_the_weekend():
    """Saturday begins the week, Monday the round."""
    assert [Limit(0, MONDAY, 60, 5_000)] == first(1, rounds_of(first_on=date(2026, 1, 31)))


def test_there_are_no_more_rounds_than_the_strategy_allows():
    """Planning gives up, so that somebody asks why."""
    assert [0, 1, 2] == [limit.number for limit in rounds_of(most_rounds=3).limits(10)]
    assert [] == list(rounds_of(most_rounds=0).limits(10))


def test_a_freeze_without_end_ends_the_rounds():
    """Nobody waits for a week that never comes."""
    forever = Freeze(date(2026, 2, 9), date.max, "for good")

    assert [MONDAY] == [limit.starts_on for limit in rounds_of(forever).limits(10)]


def test_every_round_can_take_at_least_the_least_cost():
    """With ten people a week of the help desk is 50 milli-tickets, and whoever costs 300 would never move."""
    assert [50] == [limit.most_cost for limit in first(1, rounds_of(), 10)]
    assert [300] == [limit.most_cost for limit in first(1, rounds_of(least_cost=max(COSTS.values())), 10)]


def test_shares_and_hours_are_the_strategys():
    """What an organisation sets is what it gets."""
    rounds = rounds_of(largest_share=0.5, help_desk_per_day=0.25)

    assert [Limit(0, MONDAY, 500, 1_250)] == first(1, rounds)


@given(freezes=FREEZES, first_on=DAYS, planned_count=st.integers(0, 10**7))
def test_rounds_are_numbered_in_order_and_begin_on_open_days(freezes, first_on, planned_count):
    """Each in a week of its own, on a day when the help desk is there and nothing is frozen."""
    rounds = rounds_of(*freezes, first_on=first_on, most_rounds=60)
    limits = list(rounds.limits(planned_count))
    weeks = [(limit.starts_on - first_on).days // 7 for limit in limits]

    assert list(range(60)) == [limit.number for limit in limits]
    assert sorted(set(weeks)) == weeks
    for limit in limits:
        assert limit.starts_on.weekday() < SATURDAY
        assert rounds.calendar.freeze_on(limit.starts_on) is None
        assert planned_count <= limit.most_cost <= 5 * planned_count
