from datetime import date, datetime, timedelta

import pytest
from builders import history, the_road_to
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.calendar import Freeze
from migration.posture import Stage
from migration.report_forecast import Chance, shared_assumptions
from migration.report_forecast import forecast as forecast_of
from migration.report_pace import Pace, pace, replay
from tests.migration.report_builders import (
    FINISH,
    NOON,
    TODAY,
    a_calendar,
    a_cohort,
    a_ground,
    a_report,
    a_wave,
    circumstances,
)

DAY = timedelta(days=1)
FREEZE = Freeze(date(2026, 12, 18), date(2027, 1, 3), "year-end freeze")


def forecast(*waves, cohort="standard", posture=True, finish_on=FINISH, **ground):
    """Forecast one cohort out of a whole report."""
    around = circumstances(ground=a_ground(finish_on=finish_on, **ground))
    people = sum(wave.wave.member_count for wave in waves)
    told = a_report(waves, [a_cohort(cohort, people, has_posture=posture)], around=around, finish_on=finish_on)
    return told.forecasts[0]


def at_pace(per_day):
    """Measure a speed for the standard people over the last ten days."""
    return Pace(NOON - 10 * DAY, NOON, {"standard": per_day})


def days(one):
    """Return when the last has settled: at best, as it goes now, at worst."""
    return one.best.settle_on, one.likely.settle_on, one.worst.settle_on


def counts(one):
    """Return how many are off SMS on the finishing date: at worst, as it goes now, at best."""
    return one.worst.moved_count, one.likely.moved_count, one.best.moved_count


def test_a_wave_whose_people_are_ready_settles_on_its_day_and_a_week_later_at_worst():
    """Nothing has to be guessed but a delay."""
    found = forecast(a_wave(enforce_on=date(2026, 12, 1)))

    assert (date(2026, 12, 8), date(2026, 12, 8), date(2026, 12, 15)) == days(found)
    assert ((100, 100, 100), Chance.PASS) == (counts(found), found.chance)
    assert "PASS: in time even if it goes badly, with 45 days to spare" == found.words


def test_a_delay_of_today_moves_every_course():
    """What should have been enforced five days ago can be enforced today at the earliest."""
    found = forecast(a_wave(stage="ENROL", enforce_on=TODAY - 5 * DAY))

    assert (TODAY + 7 * DAY, TODAY + 7 * DAY) == days(found)[:2]
    assert "1 wave still to be enforced, on 16 Nov 2026, 5 days of delay included." in found.assumptions


def test_at_worst_as_many_days_are_lost_again():
    """Whoever was three weeks late once may be so twice; a week is the least."""
    found = forecast(a_wave(stage="ENROL", enforce_on=TODAY - 21 * DAY))

    assert TODAY + 21 * DAY + 7 * DAY == found.worst.settle_on


def test_days_that_are_lost_help_nobody_to_get_ready():
    """Or the worst would be better than what is likely: a week later, with everybody ready meanwhile."""
    found = forecast(a_wave(stage="ENROL", enforce_on=TODAY + 3 * DAY, unready={"needs-key": 50}), pace=at_pace(10.0))

    assert (20, 35) == (found.likely.carried_count, found.worst.carried_count)


def test_freezes_and_weekends_move_nobody():
    """A day that is closed is skipped, for the step and for what follows from it."""
    wave = a_wave(enforce_on=date(2026, 12, 19), settle_on=date(2026, 12, 26))

    found = forecast(wave, calendar=a_calendar(FREEZE))

    assert ((date(2027, 1, 4), 100), date(2027, 1, 11)) == (found.likely.points[-1], found.likely.settle_on)


def test_without_two_snapshots_one_round_of_carry_over_is_likely_and_two_at_worst():
    """Speed is not guessed from nothing, and the page says so."""
    found = forecast(a_wave(enforce_on=date(2026, 12, 1), unready={"needs-key": 40}))

    assert (0, 1, 2) == (found.best.rounds, found.likely.rounds, found.worst.rounds)
    assert [(TODAY, 0), (date(2026, 12, 1), 60), (date(2026, 12, 16), 100)] == list(found.likely.points)
    assert date(2026, 12, 23) == found.likely.settle_on
    assert any("at which speed is not known" in line for line in found.assumptions)
    assert "there are not enough snapshots" in shared_assumptions(a_ground())[1]


def test_who_gets_ready_in_time_is_not_carried_over():
    """At four people a day, fifteen days make sixty: more than the forty who are not ready."""
    wave = a_wave(enforce_on=date(2026, 12, 1), unready={"needs-key": 40})

    assert 0 == forecast(wave, pace=at_pace(4.0)).likely.carried_count
    assert 25 == forecast(wave, pace=at_pace(1.0)).likely.carried_count


def test_people_of_earlier_waves_get_ready_first():
    """The speed is one for the whole cohort, and is spent once."""
    waves = [
        a_wave("standard-01", enforce_on=date(2026, 12, 1), unready={"needs-key": 15}),
        a_wave("standard-02", enforce_on=date(2026, 12, 1), unready={"needs-key": 15}),
    ]

    found = forecast(*waves, pace=at_pace(1.0))

    assert (15, [(TODAY, 0), (date(2026, 12, 1), 185), (date(2026, 12, 16), 200)]) == (
        found.likely.carried_count,
        list(found.likely.points),
    )


def test_where_nobody_gets_ready_no_day_is_named():
    """A date that needs a miracle is no date; at best it still has one."""
    found = forecast(a_wave(unready={"needs-key": 5}), pace=at_pace(0.0))

    assert (None, None, Chance.LATE) == (found.likely.settle_on, found.worst.settle_on, found.chance)
    assert "late: as it goes now some never get ready, so no day can be named" == found.words
    assert found.best.settle_on is not None
    assert any("carried over without end" in line for line in found.assumptions)


def test_what_is_slow_may_have_a_day_as_it_goes_and_none_at_worst():
    """Half of too little is never enough: within a dozen rounds, nobody names a day."""
    wave = a_wave(enforce_on=date(2026, 12, 1), unready={"needs-key": 100})

    found = forecast(wave, pace=at_pace(0.6), finish_on=TODAY + 400 * DAY)

    assert (None, Chance.TIGHT) == (found.worst.settle_on, found.chance)
    assert "tight: in time as it goes now; if it goes badly no day can be named" == found.words


def test_a_cohort_without_a_wave_has_no_date():
    """Nothing is promised for people whom no plan has."""
    found = forecast_of(a_report([], [a_cohort()]).cohorts[0], a_ground())

    assert (Chance.UNKNOWN, "no wave, so no date") == (found.chance, found.words)


def test_a_speed_below_nought_counts_as_nought_and_is_said():
    """Where fewer are ready than before, nobody is made ready by a forecast."""
    found = forecast(a_wave(unready={"needs-key": 5}), pace=at_pace(-2.0))

    assert found.likely.settle_on is None
    assert any("some no longer are" in line for line in found.assumptions)


def test_who_has_gone_is_neither_moved_nor_waited_for():
    """They hold nobody up, and are not counted as moved."""
    found = forecast(a_wave(members=10, unready={"gone": 3}))

    assert (0, 7) == (found.likely.carried_count, found.likely.moved_count)


def test_people_of_whom_nothing_is_known_have_to_get_ready_like_others():
    """Unknown is not ready."""
    assert 4 == forecast(a_wave(members=10, unread=4)).likely.carried_count


@pytest.mark.parametrize(
    ("finish_on", "chance", "words"),
    [
        (date(2026, 12, 15), Chance.PASS, "PASS: in time even if it goes badly, with 0 days to spare"),
        (date(2026, 12, 14), Chance.TIGHT, "tight: in time as it goes now, 1 day late if it goes badly"),
        (date(2026, 12, 7), Chance.LATE, "late: 1 day after the date as it goes now; 1 day late even at best"),
    ],
)
def test_the_verdict_is_held_against_the_date(finish_on, chance, words):
    """In time whatever happens, in time if nothing more goes wrong, or not in time."""
    found = forecast(a_wave(enforce_on=date(2026, 12, 1)), finish_on=finish_on)

    assert (chance, words) == (found.chance, found.words)


def test_late_as_it_goes_and_in_time_at_best_is_said():
    """There is something to be done about it, and this is what."""
    found = forecast(a_wave(enforce_on=date(2026, 12, 1), unready={"needs-key": 1}), finish_on=date(2026, 12, 10))

    assert found.words.endswith("in time only if everybody is ready on their wave's day")


def test_what_has_settled_is_judged_by_its_day():
    """No course differs from another any more."""
    wave = a_wave(stage="SETTLED", enforce_on=TODAY - 20 * DAY, since="2026-11-05T10:00:00+00:00")

    assert (date(2026, 11, 5),) * 3 == days(forecast(wave))
    assert "PASS: all have settled, the last on 5 Nov 2026" == forecast(wave).words
    late = forecast(wave, finish_on=date(2026, 11, 1))
    assert (Chance.LATE, "late: all have settled, the last 4 days after the date") == (late.chance, late.words)


def test_a_cohort_without_a_posture_is_unknown():
    """Its waves may not move, so nobody is promised to be off SMS on the date."""
    found = forecast(a_wave("executives-01"), cohort="executives", posture=False)

    assert (Chance.UNKNOWN, (0, 0, 0), (None, None, None)) == (found.chance, counts(found), days(found))
    assert "every day until then is a day later" in found.assumptions[0]


def test_a_held_lane_is_said_and_taken_to_go_on_today():
    """An assumption that is not said would be a promise."""
    found = forecast(a_wave(stage="ENROL", held_by="help desk"))

    assert "standard-01: held, and taken to go on today." in found.assumptions


def test_what_every_forecast_assumes_names_the_freezes_and_the_open_days():
    """Weekends, freezes ahead, days left; and how fast people got ready, where that was measured."""
    said = shared_assumptions(a_ground(calendar=a_calendar(FREEZE), pace=at_pace(1.0)))

    assert (
        "Nobody is moved on a weekend; nor in a freeze (year-end freeze: 18 Dec 2026 to 3 Jan 2027). "
        "43 open days left until 29 Jan 2027." == said[0]
    )
    assert said[1].startswith("People get ready as fast as between 6 Nov 2026 and 16 Nov 2026")


waves = st.builds(
    a_wave,
    key=st.integers(1, 9).map(lambda number: f"standard-{number:02d}"),
    stage=st.sampled_from(["PLANNED", "ENROL", "ENFORCE", "RELAXED"]),
    enforce_on=st.integers(-30, 60).map(lambda later: TODAY + later * DAY),
    unready=st.fixed_dictionaries({"needs-key": st.integers(0, 60), "gone": st.integers(0, 9)}),
    unread=st.integers(0, 9),
)
speeds = st.none() | st.floats(-1, 9).map(at_pace)


@settings(deadline=None)
@given(st.lists(waves, max_size=5, unique_by=lambda wave: wave.wave.key), speeds, st.booleans())
def test_what_is_likely_lies_between_the_best_and_the_worst(found, speed, freezes):
    """Whatever the waves, the speed and the freezes: neither more nor earlier than at best, nor less than at worst."""
    ground = {"pace": speed, "calendar": a_calendar(FREEZE) if freezes else a_calendar()}
    told = a_report(found, [a_cohort()], around=circumstances(ground=a_ground(**ground)))

    for one in told.forecasts:
        assert list(counts(one)) == sorted(counts(one))
        named = [on or date.max for on in days(one)]
        assert named == sorted(named)
        for course in (one.best, one.likely, one.worst):
            assert list(course.points) == sorted(course.points)
            assert one.moved_count <= course.points[-1][1] <= one.people_count


def snapshot(days_ago, ready):
    """Count one cohort."""
    return NOON - days_ago * DAY, {"standard": {"ready": ready, "needs-key": 100 - ready}}


def test_the_speed_is_that_of_the_last_two_weeks():
    """From the oldest to the newest snapshot of them, in any order; what is older or later does not count."""
    found = pace([snapshot(2, 50), snapshot(30, 0), snapshot(12, 20), snapshot(5, 60), snapshot(-1, 99)], NOON)

    assert Pace(NOON - 12 * DAY, NOON - 2 * DAY, {"standard": 3.0}) == found


@pytest.mark.parametrize(
    "counted", [[], [snapshot(1, 9)], [snapshot(1, 9), snapshot(1.5, 1)], [snapshot(1, 9), snapshot(20, 0)]]
)
def test_two_snapshots_a_day_apart_are_the_least(counted):
    """One says nothing of a speed, and two of the same morning say noise."""
    assert pace(counted, NOON) is None


def test_a_cohort_that_is_new_or_gone_has_a_speed_too():
    """Nobody of it was ready before it was there, and nobody is once it has emptied."""
    found = pace([(NOON - 2 * DAY, {"old": {"ready": 4}}), (NOON, {"new": {"ready": 6}})], NOON)

    assert {"new": 3.0, "old": -2.0} == found.per_day


def test_the_past_of_the_curve_is_replayed_from_the_ledger():
    """People count from the day on which their wave is enforced, and no more from the day of a rollback."""
    entries = the_road_to(Stage.RELAXED)

    state, past = replay(entries)

    on = datetime.fromisoformat(entries[-1].at).date()
    assert {"standard": ((on, 0),)} == past
    assert Stage.RELAXED is state.lane("standard-01").stage
    assert {"standard": ((on, 10),)} == replay(the_road_to(Stage.ENFORCE))[1]
    assert {} == replay(history())[1]
