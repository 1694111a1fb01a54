import csv
import io
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from approval_builders import an_active_one

from migration.people_changes import Known, Seen
from migration.posture import Stage
from migration.report_bars import MOST_ROWS
from migration.report_facts import Outlook
from migration.report_pace import Pace
from migration.report_page import page
from migration.report_people import Waiting, heartbeat, set_keys, waiting
from migration.report_progress import ROWS_SHOWN
from migration.report_sentences import sentences
from migration.report_table import table
from migration.report_week import Said
from migration.report_words import NONE
from tests.migration.report_builders import (
    FINISH,
    NOON,
    TODAY,
    a_cohort,
    a_ground,
    a_heartbeat,
    a_report,
    a_wave,
    a_week,
    an_eventful_report,
    circumstances,
    some_exceptions,
    some_rounds,
)

DAY = timedelta(days=1)


def section(facts, heading):
    """Return one section of the page."""
    tree = ET.fromstring(page(facts).removeprefix("<!doctype html>\n"))  # noqa: S314 - our own page
    return next(part for part in tree.iter("section") if part.findtext("h2") == heading)


def text(facts, heading):
    """Return what a section says."""
    return " ".join(section(facts, heading).itertext())


def rows(facts, heading):
    """Return every row of every table of a section."""
    return [["".join(cell.itertext()) for cell in row] for row in section(facts, heading).iter("tr")]


def test_the_week_is_told_in_figures_and_in_order():
    """What moved, who was left behind, what was held; the newest first."""
    facts = an_eventful_report()

    assert [
        ["2026-11-15 17:40", "support-01", "was rolled back: SMS signs in again", "20"],
        ["2026-11-13 09:20", "standard-03", "was held by help desk: 41 calls, and 10 is the most", NONE],
    ] == rows(facts, "This week")[1:3]
    assert "170 20 people back on it" in text(facts, "This week")
    assert "left people behind, who are in standard-01-carried-1 now; 1 person had left" in text(facts, "This week")


def test_what_nobody_read_is_not_on_the_page():
    """A report of waves alone says nothing of the week, the help desk, exceptions or the tick, instead of noughts."""
    html = page(a_report([a_wave()], [a_cohort()], around=None))

    assert [] == [one for one in ("This week", "Forecast", "Help desk", "Exceptions", "Held,") if f">{one}" in html]


def test_a_lane_that_may_go_on_is_told_with_the_reason():
    """Somebody looked into it, and what they found is worth a line."""
    resumed = (Said("2026-11-14T09:00:00+00:00", "standard-01", "m.ito", "it was one bad printer"),)
    facts = a_report(around=circumstances(week=a_week(resumed=resumed)))

    assert "may go on: it was one bad printer" in text(facts, "This week")


def test_a_quiet_week_is_one_sentence():
    """Eight noughts would be no news."""
    assert "Nobody was moved, held or refused." in text(a_report(), "This week")


def test_a_busy_week_does_not_bury_the_page():
    """The rest is counted, and where to look is said."""
    holds = tuple(
        Said(f"2026-11-1{n % 6}T09:00:0{n % 10}+00:00", "standard-01", "x", "y") for n in range(ROWS_SHOWN + 3)
    )
    facts = a_report(around=circumstances(week=a_week(holds=holds)))

    assert ROWS_SHOWN + 1 == len(rows(facts, "This week"))
    assert "And 3 earlier" in text(facts, "This week")


def test_every_cohort_has_a_curve_and_the_same_in_numbers():
    """Whoever cannot see the curve reads the table, or hears the label."""
    facts = an_eventful_report()
    labels = [drawing.get("aria-label") for drawing in section(facts, "Forecast").iter("svg") if drawing.get("role")]

    assert any(label.startswith("standard: 150 people of 441 off SMS today; on 29 Jan 2027") for label in labels)
    shown = {row[0]: row for row in rows(facts, "Forecast")}
    assert {one.cohort for one in facts.forecasts} == set(shown) - {"Cohort"}
    assert "? no day can be named: nobody has decided what its people shall present" == shown["executives"][-1]
    assert shown["standard"][-1].startswith("≈ tight")


def test_a_verdict_is_told_without_colour():
    """A sign and a word: whoever cannot tell red from green reads the same."""
    said = text(an_eventful_report(), "Forecast")

    assert all(sign in said for sign in ("✓ PASS", "≈ tight", "✗ late", "? no day"))


@pytest.mark.parametrize("later", [-200, -1, 0, 3, 900])
def test_no_curve_leaves_its_picture(later):
    """Whatever the finishing date and the delay."""
    facts = an_eventful_report(finish_on=TODAY + later * DAY)

    for drawing in section(facts, "Forecast").iter("svg"):
        width = float(drawing.get("viewBox").split()[2])
        places = [float(part.get(key)) for part in drawing.iter() for key in ("x", "x1", "x2", "cx") if part.get(key)]
        lines = [part.get("d", "") for part in drawing.iter()]
        places += [float(place) for line in lines for place in re.findall(r"[MLH](-?[\d.]+)", line)]
        assert all(0 <= place <= width for place in places)


def test_what_every_forecast_rests_on_is_written_beside_it():
    """Freezes, speed, carry-over; and of each cohort what is its own."""
    said = text(an_eventful_report(), "Forecast")

    assert "year-end freeze: 18 Dec 2026 to 3 Jan 2027" in said
    assert "82 % are ready, and 2.5 more a day." in said
    assert "standard-03: held, and taken to go on today." in said


def test_held_lanes_are_shown_with_since_when_and_why():
    """And with the command that asks again."""
    shown = rows(an_eventful_report(), "Held, carried over and newly come")

    assert [
        "standard-03",
        "ENROL",
        "120",
        "2026-11-13 09:20",
        "help desk: the help desk had 41 calls",
        "offramp gate check standard-03",
    ] == shown[1]


def test_carried_over_people_are_shown_with_origin_and_dates():
    """As are those who came after the plan."""
    shown = {row[0]: row for row in rows(an_eventful_report(), "Held, carried over and newly come")}

    assert ["from standard-01", "12", "12", "PLANNED", "20 Nov 2026", "4 Dec 2026", "11 Dec 2026"] == (
        shown["standard-01-carried-1"][1:]
    )
    assert "came after the plan" == shown["standard-joiners-1"][1]


def test_who_waits_for_the_next_tick_is_told():
    """Who came, who left, who changed cohort, who needs an approval, and who waits for what."""
    said = text(an_eventful_report(), "Held, carried over and newly come")

    assert "2 people came after the plan and will be given a wave." in said
    assert "1 person changed cohort and would fall in assurance: somebody has to approve it." in said
    assert "2 people changed cohort and wait: holds nothing yet that administrators accepts" in said
    assert "Nobody: everyone is where the newest snapshot has them." in text(
        a_report(), "Held, carried over and newly come"
    )


@pytest.mark.parametrize(("hours", "is_silent"), [(26, False), (27, True)])
def test_a_silent_scheduler_is_an_alarm(hours, is_silent):
    """At the top of the page and where it belongs: nobody is moved forward meanwhile."""
    facts = a_report([a_wave()], [a_cohort()], around=circumstances(heartbeat=a_heartbeat(hours)))

    assert is_silent == facts.heartbeat.is_silent
    assert is_silent == ("until somebody looks after the scheduler" in text(facts, "Will we make the date?"))
    assert is_silent == ("offramp tick" in text(facts, "Held, carried over and newly come"))


def test_what_the_last_tick_could_not_do_is_shown():
    """Its alarms are nobody's otherwise."""
    facts = a_report(around=circumstances(heartbeat=a_heartbeat(alarms=("the newest snapshot is 30 h old",))))

    assert "The last tick says: the newest snapshot is 30 h old." in text(facts, "Held, carried over and newly come")


@pytest.mark.parametrize(
    ("ticked_at", "provisioned_at", "hours"),
    [
        ("2026-11-16T10:00:00+00:00", "2026-11-01T00:00:00+00:00", 2),
        (None, "2026-11-16T06:00:00+00:00", 6),
        (None, None, None),
    ],
)
def test_a_heartbeat_is_heard_from_the_provision_on(ticked_at, provisioned_at, hours):
    """Before the first tick there is something to end already; before the provision there is nothing."""
    heard = heartbeat(ticked_at, provisioned_at, NOON, timedelta(hours=26))

    assert (timedelta(hours=hours) if hours else None) == heard.age
    assert not heard.is_silent


def test_the_help_desk_is_shown_by_week_against_what_it_can_take():
    """Short weeks carry a sign, not a colour alone; the first of them is in the sentences at the top."""
    facts = an_eventful_report(around=circumstances(rounds=some_rounds(help_desk_per_day=1.0)))

    assert ["16 Nov 2026", "standard-02, support-01", "170"] == rows(facts, "Help desk")[1][:3]
    assert rows(facts, "Help desk")[1][-1].startswith("▲ ")
    assert "Short from the week of 16 Nov 2026 on." in text(facts, "Help desk")
    assert any("The help desk is short from the week of 16 Nov 2026 on" in line for line in sentences(facts))
    assert "Nobody is still to be moved" in text(a_report(), "Help desk")


def test_exceptions_are_shown_by_age_class_and_budget():
    """The oldest first; no reason, no account: that is the security lead's page."""
    held = {"exception-0007": an_active_one()}
    facts = an_eventful_report(around=circumstances(exceptions=some_exceptions(held)))

    assert ["exception-0007", "dated-totp", "standard", "1", "active", "14"] == rows(facts, "Exceptions")[1][:6]
    assert ["dated-totp", "standard", "1", "1"] in rows(facts, "Exceptions")
    assert ["standard", "1", "6", "304"] in rows(facts, "Exceptions")
    assert "std1" not in page(facts)
    assert "Nobody is excused, and nobody asks to be." in text(a_report(), "Exceptions")


def test_hundreds_of_exceptions_do_not_make_a_poster():
    """The oldest are drawn; the table has them all."""
    held = {f"exception-{n:04d}": an_active_one(f"exception-{n:04d}") for n in range(MOST_ROWS + 5)}
    facts = a_report(around=circumstances(exceptions=some_exceptions(held)))

    drawn = next(svg for svg in section(facts, "Exceptions").iter("svg") if svg.get("role"))
    assert MOST_ROWS == len(list(drawn.iter("g")))
    assert len(held) == sum(row[0] in held for row in rows(facts, "Exceptions"))


def test_what_the_plan_makes_and_the_speed_does_not_is_said_first():
    """By the plan, yes: that alone would be half of the truth."""
    ground = a_ground(pace=Pace(NOON - 10 * DAY, NOON, {"standard": 0.0}))
    facts = a_report([a_wave(unready={"needs-key": 3})], [a_cohort()], around=circumstances(ground=ground))

    assert Outlook.PACE is facts.outlook
    assert "By the plan, yes, but not at today" in page(facts)
    assert any("standard would miss the date, though the plan makes it" in line for line in sentences(facts))


def test_nobody_is_late_in_a_wave_that_has_nobody():
    """Everybody was carried over or left; its dates are nobody's."""
    facts = a_report([a_wave(members=0, enforce_on=TODAY - 9 * DAY), a_wave("standard-02")], [a_cohort()])

    assert () == facts.late


def test_the_table_has_the_forecast_and_the_origin():
    """For whoever works with a spreadsheet."""
    found = {(row["row"], row["key"]): row for row in csv.DictReader(io.StringIO(table(an_eventful_report())))}

    assert {"carried_from": "standard-01", "held_by": ""}.items() <= found["wave", "standard-01-carried-1"].items()
    assert "help desk" == found["wave", "standard-03"]["held_by"]
    assert {
        "chance": "tight",
        "likely_moved_count": "441",
        "best_settle_on": "2026-12-14",
        "excused_count": "0",
    }.items() <= found["cohort", "standard"].items()
    assert "" == found["cohort", "service"]["chance"]


def known(person, cohort="standard", wave="standard-01", stage=Stage.ENFORCE):
    """Say where we have somebody."""
    return person, Known(person, person, cohort, wave, "home-standard" if wave else None, stage)


def seen(person, cohort="standard", *, is_ready=True):
    """Say what the snapshot has of somebody."""
    return person, Seen(person, person, cohort, is_ready)


def test_who_changed_since_they_were_placed_is_counted_by_what_the_tick_will_do():
    """As the tick itself decides; nobody is in two counts."""
    sets = {"joiners", "home-standard", "home-administrators"}
    before = dict([known("stays"), known("went"), known("up"), known("unready"), known("down", "administrators")])
    now = dict(
        [
            seen("stays"),
            seen("new"),
            seen("up", "administrators"),
            seen("unready", "administrators", is_ready=False),
            seen("down"),
        ]
    )

    found = waiting(before, now, sets)

    assert (1, 1, 1, 1) == (found.joined_count, found.left_count, found.moved_count, found.falls_count)
    assert {"holds nothing yet that administrators accepts; stays enforced where they are": 1} == found.waits
    assert waiting(dict([known("stays")]), dict([seen("stays")]), sets).is_nobody
    assert Waiting().is_nobody


def test_before_anything_is_provisioned_there_is_no_set():
    """And so nobody can be in one."""
    assert frozenset() == set_keys(None)
    assert FINISH > TODAY
