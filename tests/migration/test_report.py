from dataclasses import FrozenInstanceError
from datetime import date, timedelta

import pytest

from migration.report import CohortReading, Outlook
from migration.report_sentences import sentences
from tests.migration.report_builders import FINISH, NOON, TODAY, a_busy_report, a_cohort, a_report, a_wave

DAY = timedelta(days=1)


def test_a_report_is_a_value():
    """What was shown once cannot be changed afterwards."""
    with pytest.raises(FrozenInstanceError):
        a_report().stack = "another"


def test_everyone_with_a_wave_is_counted_at_exactly_one_stage():
    """The stages add up to the members of all waves, and settled people are not counted as enforced too."""
    facts = a_busy_report()

    assert {"PLANNED": 101, "ENROL": 150, "ENFORCE": 150, "RELAXED": 20, "SETTLED": 10} == dict(facts.stage_counts)
    assert facts.planned_count == sum(facts.stage_counts.values())


def test_the_five_stages_are_shown_even_where_nobody_is():
    """A reader sees a nought rather than wonder whether a stage was forgotten."""
    assert {"PLANNED": 0, "ENROL": 0, "ENFORCE": 0, "RELAXED": 0, "SETTLED": 0} == dict(a_report().stage_counts)


def test_only_enforced_and_settled_people_have_moved():
    """Enrolling is not moving, and a wave that was rolled back has moved back."""
    waves = [
        a_wave("standard-01", stage="ENFORCE", members=30),
        a_wave("standard-02", stage="SETTLED", members=10),
        a_wave("standard-03", stage="ENROL", members=40),
        a_wave("standard-04", stage="RELAXED", members=20),
    ]

    facts = a_report(waves, [a_cohort("standard", 100)])

    assert 40 == facts.moved_count
    assert pytest.approx(0.4) == facts.moved_share


def test_without_a_plan_a_share_is_unknown_and_not_nought():
    """Nothing out of nothing is no progress report."""
    facts = a_report()

    assert (None, None, None) == (facts.moved_share, facts.due_share, facts.enforced_share)
    assert Outlook.NO_PLAN is facts.outlook


def test_people_in_no_wave_are_those_the_plan_does_not_hold():
    """Whoever left is not in the snapshot, so a person hired since cannot hide behind them."""
    waves = [a_wave("standard-01", members=100, unready={"gone": 4})]

    facts = a_report(waves, [a_cohort("standard", 103), a_cohort("service", 5, has_waves=False)])

    assert 108 == facts.people_count
    assert 12 == facts.without_wave_count


@pytest.mark.parametrize(("finish_on", "days"), [(TODAY, 0), (TODAY + 10 * DAY, 10), (TODAY - DAY, -1)])
def test_days_to_the_finishing_date_go_below_nought_once_it_has_passed(finish_on, days):
    """A date that has passed is not shown as today."""
    assert days == a_report(finish_on=finish_on).days_to_finish


def test_a_wave_is_due_on_its_day_and_behind_from_the_next():
    """Whoever is enforced on the planned day is on plan."""
    today, yesterday = a_wave("standard-01", enforce_on=TODAY), a_wave("standard-02", enforce_on=TODAY - DAY)

    facts = a_report([today, yesterday, a_wave("standard-03", enforce_on=TODAY + DAY)], [a_cohort()])

    assert 2 == facts.due_count
    assert pytest.approx(2 / 3) == facts.due_share
    assert 0 == facts.enforced_share
    assert [0, 1, 0] == [wave.behind_days for wave in facts.waves]


@pytest.mark.parametrize("stage", ["PLANNED", "ENROL", "RELAXED"])
def test_a_wave_that_should_be_enforced_and_is_not_is_late(stage):
    """Where SMS still signs in after the planned day, the wave is behind, rolled back or not."""
    facts = a_report([a_wave(stage=stage, enforce_on=TODAY - 5 * DAY)], [a_cohort()])

    assert [5] == [wave.behind_days for wave in facts.late]


@pytest.mark.parametrize("stage", ["ENFORCE", "SETTLED"])
def test_a_wave_that_has_moved_is_never_behind(stage):
    """The day of enforcement is kept once it is enforced."""
    facts = a_report([a_wave(stage=stage, enforce_on=TODAY - 5 * DAY, since="2026-11-11T09:00:00+00:00")], [a_cohort()])

    assert () == facts.late


def test_a_wave_planned_to_settle_after_the_finishing_date_is_late_before_anything_happens():
    """The plan itself may miss the date, and the report says so on its first day."""
    facts = a_report([a_wave(enforce_on=FINISH - 3 * DAY)], [a_cohort()])

    assert [4] == [wave.over_days for wave in facts.late]
    assert "4 days late" == facts.cohorts[0].forecast
    assert Outlook.LATE is facts.outlook


def test_a_delay_moves_the_expected_day_by_as_much():
    """A wave that should have begun to enrol ten days ago cannot settle on its planned day."""
    wave = a_wave(enrol_on=TODAY - 10 * DAY, enforce_on=FINISH - 12 * DAY)

    facts = a_report([wave], [a_cohort()])

    assert wave.wave.settle_on + 10 * DAY == facts.waves[0].expected_settle_on
    assert "5 days late" == facts.cohorts[0].forecast


@pytest.mark.parametrize(("stage", "slip"), [("PLANNED", 30), ("ENROL", 16), ("RELAXED", 16), ("ENFORCE", 9)])
def test_what_is_overdue_is_the_next_step_of_the_stage(stage, slip):
    """A wave that enrolled in time is not blamed for it again."""
    wave = a_wave(stage=stage, enforce_on=TODAY - 16 * DAY)

    facts = a_report([wave], [a_cohort()])

    assert wave.wave.settle_on + slip * DAY == facts.waves[0].expected_settle_on


def test_a_settled_wave_is_judged_by_the_day_on_which_it_settled():
    """What happened counts, and not what had been planned."""
    early = a_wave("standard-01", stage="SETTLED", enforce_on=FINISH, since="2027-01-20T10:00:00+00:00")
    late = a_wave("finance-01", stage="SETTLED", enforce_on=FINISH - 30 * DAY, since="2027-02-01T10:00:00+00:00")

    facts = a_report([early, late], [a_cohort("standard"), a_cohort("finance")], at=NOON + 90 * DAY)

    assert [0, 3] == [wave.over_days for wave in facts.waves]


def test_a_programme_is_done_when_every_wave_has_settled():
    """Then, and not when everyone is enforced."""
    settled = a_wave("standard-01", stage="SETTLED", enforce_on=TODAY - 20 * DAY, since="2026-11-05T10:00:00+00:00")
    enforced = a_wave("standard-02", stage="ENFORCE", enforce_on=TODAY - 2 * DAY)

    assert Outlook.DONE is a_report([settled], [a_cohort()]).outlook
    assert "in time: all settled" == a_report([settled], [a_cohort()]).cohorts[0].forecast
    assert Outlook.IN_TIME is a_report([settled, enforced], [a_cohort()]).outlook


def test_a_delay_that_still_makes_the_date_is_told_beside_it():
    """In time is true, and so is that the wave is behind."""
    facts = a_report([a_wave(stage="ENROL", enforce_on=TODAY - DAY)], [a_cohort()])

    assert "in time, though 1 day behind its plan" == facts.cohorts[0].forecast
    assert Outlook.BEHIND is facts.outlook


def test_a_cohort_without_a_posture_stays_planned_and_gets_no_day():
    """Nobody can promise a day for people who may not move, so the programme is in time in part only."""
    facts = a_report([a_wave("executives-01")], [a_cohort("executives", has_posture=False)])

    assert "no posture yet: stays PLANNED" == facts.cohorts[0].forecast
    assert facts.waves[0].expected_settle_on is None
    assert facts.cohorts[0].last_settle_on is None
    assert Outlook.PART is facts.outlook


def test_a_cohort_without_a_posture_is_late_once_the_finishing_date_has_passed():
    """A wave that may not move does not become invisible after the date."""
    facts = a_report([a_wave("executives-01")], [a_cohort("executives", has_posture=False)], finish_on=TODAY - 20 * DAY)

    # Its planned day lies 42 days after that date, which is more than the 20 since.
    assert 42 - 20 == (facts.waves[0].settle_on - TODAY).days
    assert [42] == [wave.over_days for wave in facts.late]


@pytest.mark.parametrize(
    ("cohort", "forecast"),
    [
        (a_cohort("service", has_posture=False, has_waves=False), "no wave in this plan"),
        (a_cohort("finance"), "no wave planned yet"),
    ],
)
def test_a_cohort_with_no_wave_is_never_called_in_time(cohort, forecast):
    """Silence about a cohort is not good news about it."""
    assert forecast == a_report([], [cohort]).cohorts[0].forecast


def test_a_cohort_that_has_emptied_since_the_plan_is_still_shown():
    """Its waves exist, so it has a row; whether it has a posture is what the catalogue says."""
    facts = a_report([a_wave("standard-01"), a_wave("finance-01")], [])

    assert [("standard", 0, True), ("finance", 0, False)] == [
        (cohort.cohort, cohort.people_count, cohort.has_posture) for cohort in facts.cohorts
    ]


def test_stuck_people_are_counted_by_reason_per_wave_and_in_all():
    """A reason with nobody in it is not a reason."""
    waves = [
        a_wave("standard-01", unready={"needs-key": 3, "gone": 0}),
        a_wave("standard-02", unready={"needs-key": 4, "needs-supervision": 2}),
    ]

    facts = a_report(waves, [a_cohort()])

    assert {"needs-key": 7, "needs-supervision": 2} == dict(facts.stuck)
    assert [3, 6] == [wave.unready_count for wave in facts.waves]
    assert {"needs-key": 3} == facts.waves[0].unready


def test_people_of_whom_nothing_is_known_are_not_ready():
    """Ready and not ready need not add up; the rest is unknown, and counts against the dates."""
    facts = a_report([a_wave(members=10, unready={"needs-key": 1}, unread=2)], [a_cohort()])

    assert 2 == facts.waves[0].unread_count
    assert pytest.approx(0.7) == facts.waves[0].ready_share
    assert any("3 people not known to be ready" in sentence for sentence in sentences(facts))


def test_stuck_people_of_enforced_waves_are_told_apart():
    """They may be locked out today; whoever has left is not."""
    waves = [
        a_wave("standard-01", stage="ENFORCE", enforce_on=TODAY, unready={"needs-key": 2, "gone": 5}),
        a_wave("standard-02", stage="ENROL", unready={"needs-key": 9}),
    ]

    assert 2 == a_report(waves, [a_cohort()]).refused_now_count


@pytest.mark.parametrize(
    ("taken_at", "is_stale"),
    [
        ("2026-11-15T12:00:00+00:00", False),
        ("2026-11-15T11:59:00+00:00", True),
        ("2026-11-16T11:00:00Z", False),
        ("2026-11-16T11:00:00", True),
        ("", True),
        ("yesterday", True),
    ],
)
def test_a_snapshot_that_is_old_or_of_unknown_age_decides_nothing(taken_at, is_stale):
    """Evidence lasts a day, and a time without a zone is no time."""
    facts = a_report([a_wave()], [a_cohort()], snapshot_taken_at=taken_at)

    assert is_stale == facts.is_stale
    assert is_stale == any("UNKNOWN" in sentence for sentence in sentences(facts))


def test_a_cohort_settles_when_its_last_wave_does():
    """The forecast of many is that of the slowest."""
    waves = [a_wave("standard-01", enforce_on=date(2026, 12, 1)), a_wave("standard-02", enforce_on=FINISH)]

    cohort = a_report(waves, [CohortReading("standard", 200, 50, {"needs-key": 150}, True, True)]).cohorts[0]

    assert FINISH + 7 * DAY == cohort.last_settle_on
    assert "7 days late" == cohort.forecast
    assert pytest.approx(0.25) == cohort.ready_share


def test_the_reasons_name_the_worst_wave():
    """A manager reads which wave to ask about."""
    said = " ".join(sentences(a_busy_report()))

    assert "1 of 7 waves would settle after 29 Jan 2027; the last is frontline-01, 6 days late." in said
    assert "furthest behind is standard-02, by 3 days" in said
    assert "16 people in 1 cohort without a posture" in said


def test_good_news_is_said_too():
    """A report with nothing to complain of does not end in silence."""
    facts = a_report([a_wave()], [a_cohort()])

    assert ("Every wave is where its plan has it, and nobody who is still to move is stuck.",) == sentences(facts)
