from datetime import date

import pytest
from builders import a_calendar, year_end

from migration.calendar import Freeze


@pytest.mark.parametrize("day", [date(2026, 12, 18), date(2026, 12, 25), date(2027, 1, 3)])
def test_a_freeze_holds_on_both_of_its_ends(day):
    """Whoever writes two dates means both of them."""
    assert year_end() == a_calendar(year_end()).freeze_on(day)


@pytest.mark.parametrize("day", [date(2026, 12, 17), date(2027, 1, 4)])
def test_a_freeze_does_not_hold_beside_its_ends(day):
    """A freeze is no longer than it says."""
    assert a_calendar(year_end()).freeze_on(day) is None


def test_a_working_day_outside_every_freeze_is_taken_as_it_is():
    """Nothing is put off without a reason."""
    monday = date(2026, 11, 2)

    assert monday == a_calendar(year_end()).opens_on_or_after(monday)


@pytest.mark.parametrize("day", [date(2026, 11, 7), date(2026, 11, 8)])
def test_a_weekend_waits_for_monday(day):
    """Nobody is moved when the help desk is not there."""
    assert date(2026, 11, 9) == a_calendar().opens_on_or_after(day)


def test_what_falls_into_a_freeze_waits_for_the_first_working_day_after_it():
    """The freeze ends on a Sunday; the first day is the Monday after it."""
    assert date(2027, 1, 4) == a_calendar(year_end()).opens_on_or_after(date(2026, 12, 18))


def test_one_freeze_may_follow_on_another():
    """The end of one freeze does not open a day that another one holds."""
    inventory = Freeze(date(2027, 1, 4), date(2027, 1, 8), "inventory")

    assert date(2027, 1, 11) == a_calendar(inventory, year_end()).opens_on_or_after(date(2026, 12, 30))
