from datetime import date, timedelta

import pytest

from migration.calendar import Freeze
from migration.report_desk import UNKNOWN, Coming, help_desk, holds, this_week
from migration.rounds import COSTS, Rounds
from tests.migration.report_builders import TODAY, a_calendar, a_cohort, a_report, a_wave, circumstances, some_rounds

DAY = timedelta(days=1)
MONDAY = date(2026, 11, 16)


def coming(later, wave="standard-01", **held):
    """Make a wave that is enforced so many days after Monday."""
    return Coming(wave, MONDAY + later * DAY, held)


def test_a_person_costs_by_the_strongest_method_that_they_hold():
    """The costs' own words; whoever is ready holds the target, whatever else."""
    assert [
        "target",
        "weaker-passkey",
        "code-or-push",
        "phone",
        "email-or-question",
        "nothing",
    ] == [
        holds(["sms"], is_ready=True),
        holds(["sms", "passkey_synced", "totp"], is_ready=False),
        holds(["sms", "push"], is_ready=False),
        holds(["password", "voice"], is_ready=False),
        holds(["question", "password"], is_ready=False),
        holds(["password"], is_ready=False),
    ]
    assert set(COSTS) == {
        holds([], is_ready=True),
        "weaker-passkey",
        "code-or-push",
        "phone",
        "email-or-question",
        "nothing",
    }


def test_every_week_until_the_last_wave_is_shown():
    """The quiet ones too: a week without a bar is a week in which there is room."""
    found = help_desk([coming(1, phone=10), coming(17, target=100)], some_rounds(), planned_count=400)

    assert [MONDAY, MONDAY + 7 * DAY, MONDAY + 14 * DAY] == [one.starts_on for one in found.weeks]
    assert [(10, 1500), (0, 0), (100, 1000)] == [(one.people_count, one.cost) for one in found.weeks]
    assert {5 * 5 * 400} == {one.most_cost for one in found.weeks}


def test_waves_of_one_week_are_added_up():
    """The help desk does not care which wave a caller is of."""
    found = help_desk([coming(0, "a-01", phone=2), coming(6, "b-01", nothing=1)], some_rounds(), planned_count=400)

    assert [("a-01", "b-01"), 3, 600] == [found.weeks[0].waves, found.weeks[0].people_count, found.weeks[0].cost]


def test_who_nobody_knows_costs_as_much_as_the_dearest():
    """What is unknown is not cheap."""
    assert 600 == help_desk([coming(0, **{UNKNOWN: 2})], some_rounds(), planned_count=9).weeks[0].cost


def test_the_first_week_that_asks_too_much_is_named():
    """Whoever plans asks from when on."""
    rounds = some_rounds(help_desk_per_day=1.0)
    found = help_desk([coming(1, phone=3), coming(8, phone=4), coming(15, phone=9)], rounds, planned_count=100)

    assert [False, True, True] == [one.is_short for one in found.weeks]
    assert MONDAY + 7 * DAY == found.short_from


def test_a_week_that_is_full_is_not_short():
    """What it can take, it can take."""
    full = coming(0, nothing=1, **{"email-or-question": 1})

    (week,) = help_desk([full], some_rounds(help_desk_per_day=1.0), planned_count=100).weeks
    assert (500, 500, False) == (week.cost, week.most_cost, week.is_short)


def test_a_freeze_takes_days_away_and_a_whole_week_takes_all():
    """Nobody is moved in it, and nobody is promised an answer in it either."""
    freeze = Freeze(MONDAY + 4 * DAY, MONDAY + 13 * DAY, "stocktaking")
    rounds = Rounds(a_calendar(freeze), MONDAY, COSTS, help_desk_per_day=1.0)

    found = help_desk([coming(14, target=1)], rounds, planned_count=100)

    assert [400, 0, 500] == [one.most_cost for one in found.weeks]


def test_beyond_the_last_round_nothing_can_be_taken():
    """Planning gives up there, and the help desk is not promised for ever."""
    found = help_desk([coming(8, target=1)], some_rounds(most_rounds=1), planned_count=100)

    assert [2500, 0] == [one.most_cost for one in found.weeks]


def test_where_nobody_is_to_be_moved_nothing_is_asked():
    """The section says so instead of drawing an empty calendar."""
    assert ((), None) == (help_desk([], some_rounds(), planned_count=9).weeks, None)


@pytest.mark.parametrize("later", range(7))
def test_a_week_begins_on_its_monday(later):
    """Whatever day the report is of."""
    assert MONDAY == this_week(MONDAY + later * DAY)


def test_a_report_asks_for_the_waves_that_have_not_moved():
    """Enforced waves have called already, and cohorts without a posture have no day to call on."""
    waves = [
        a_wave("standard-01", stage="ENFORCE", enforce_on=TODAY - DAY),
        a_wave(
            "standard-02",
            stage="ENROL",
            enforce_on=TODAY + DAY,
            members=10,
            unready={"needs-key": 4, "gone": 1},
            unread=2,
        ),
        a_wave("executives-01", enforce_on=TODAY + DAY),
    ]
    cohorts = [a_cohort("standard"), a_cohort("executives", has_posture=False)]

    found = a_report(waves, cohorts, around=circumstances()).help_desk

    assert ("standard-02",) == found.weeks[0].waves
    # Three are ready, four hold a phone, two are unknown, and one has gone.
    assert (9, 3 * 10 + 4 * 150 + 2 * 300) == (found.weeks[0].people_count, found.weeks[0].cost)
