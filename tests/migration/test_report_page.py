import re
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from migration.report_charts import MOST_ROWS, ROWS_PER_CHART
from migration.report_page import page
from migration.report_sections import REFUSALS_SHOWN
from migration.report_words import NONE, age, percent, span
from tests.migration.report_builders import FINISH, TODAY, a_busy_report, a_cohort, a_report, a_wave, an_eventful_report

HEADINGS = [
    "Will we make the date?",
    "This week",
    "Forecast",
    "Who has moved?",
    "Waves and dates",
    "Who is stuck, and why?",
    "Held, carried over and newly come",
    "Cohorts without a posture or a date",
    "Help desk",
    "Exceptions",
    "Refusals and approvals",
    "Where this comes from, and what this page does not know",
]
_DAY = timedelta(days=1)


class _Reader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def _tree(html):
    return ET.fromstring(html.removeprefix("<!doctype html>\n"))  # noqa: S314 - our own page


def _rows(html, heading):
    section = next(part for part in _tree(html).iter("section") if part.findtext("h2") == heading)
    return [["".join(cell.itertext()) for cell in row] for row in section.iter("tr")]


@pytest.mark.parametrize("facts", [a_busy_report(), an_eventful_report(), a_report([a_wave()], [a_cohort()])])
def test_the_page_is_well_formed_and_has_every_heading(facts):
    """A programme without trouble gets the same page."""
    tree = _tree(page(facts))

    assert HEADINGS == ["".join(heading.itertext()) for heading in tree.iter("h2")]


def test_without_a_plan_nothing_is_forecast():
    """There is no wave whose day could be guessed."""
    headings = ["".join(heading.itertext()) for heading in _tree(page(a_report())).iter("h2")]

    assert [heading for heading in HEADINGS if heading != "Forecast"] == headings


def test_the_page_needs_no_network_and_no_script():
    """It is one file that somebody mails or prints."""
    read = _Reader(page(an_eventful_report()))

    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(read.tags)
    assert not {"src", "href", "xlink:href", "action"} & {name for name, _ in read.attributes}
    assert not [name for name, _ in read.attributes if name.startswith("on")]
    assert "url(" not in page(an_eventful_report())
    assert "@import" not in page(a_busy_report())


def test_whatever_comes_from_outside_is_escaped():
    """A note, a name, a reason, a cohort or a stack may hold anything; on the page it is text."""
    evil = "<script>\"&'"
    wave = a_wave(f"{evil}-01", note=evil, unready={evil: 1}, stage="ENROL")

    html = page(
        a_report(
            [wave],
            [a_cohort(evil)],
            stack=evil,
            snapshot_digest=evil,
            snapshot_taken_at=evil,
            ledger_standing=evil,
            refusals=[(evil, evil, evil)],
            approvals=[(evil, evil)],
        )
    )

    assert "script" not in _Reader(html).tags
    assert _tree(html) is not None
    assert "".join(_Reader(html).text).count(evil) >= 12


def test_every_wave_has_one_row_with_its_dates():
    """Key, cohort, people, stage and since when, three dates, ready share and lateness, in the plan's order."""
    rows = _rows(page(a_busy_report()), "Waves and dates")

    assert 8 == len(rows)
    assert [
        "standard-02refused once: 49 people are not ready",
        "standard",
        "150",
        "ENROLsince 30 Oct 2026",
        "30 Oct 2026",
        "13 Nov 2026",
        "20 Nov 2026",
        "67 %",
        "3 days behind",
    ] == rows[3]
    assert NONE == rows[1][-1]
    assert "6 days past the finish" == rows[7][-1]


def test_who_is_stuck_comes_with_the_next_thing_to_do():
    """The most frequent reason first; a count without a remedy would only depress."""
    rows = _rows(page(a_busy_report()), "Who is stuck, and why?")

    assert ["may bind a key under supervision only", "66"] == rows[1][:2]
    assert all(row[2] for row in rows[1:6])


def test_a_stuck_person_of_an_enforced_wave_comes_first():
    """They may be locked out while the page is read; after them whoever is due soonest."""
    waves = [
        a_wave("finance-01", enforce_on=TODAY + 9 * _DAY, unready={"needs-key": 1}),
        a_wave("support-01", enforce_on=TODAY + 5 * _DAY, unready={"needs-key": 1}),
        a_wave("standard-01", stage="ENFORCE", enforce_on=TODAY + 20 * _DAY, unready={"needs-key": 2}),
    ]

    html = page(a_report(waves, [a_cohort()]))

    per_wave = [row[0] for row in _rows(html, "Who is stuck, and why?")[3:]]
    assert ["standard-01", "support-01", "finance-01"] == per_wave
    assert "2 people in enforced waves hold nothing that is accepted" in html


def test_a_reason_that_nobody_has_put_in_words_is_shown_as_it_is():
    """A new readiness code must not vanish from the page."""
    rows = _rows(page(a_report([a_wave(unready={"moon-phase": 3})], [a_cohort()])), "Who is stuck, and why?")

    assert ["moon-phase", "3"] == rows[1][:2]


def test_cohorts_that_cannot_move_say_why():
    """No posture, no people to ask, and nobody planned them are three different reasons."""
    cohorts = [
        a_cohort("executives", 16, has_posture=False),
        a_cohort("service", 25, has_posture=False, has_waves=False),
        a_cohort("finance", 9),
    ]

    text = "".join(_Reader(page(a_report([a_wave("executives-01")], cohorts))).text)

    assert "executives (16 people) stays PLANNED: nobody has decided yet" in text
    assert "service (25 people) has no wave: service accounts have nobody who could enrol a key" in text
    assert "finance (9 people) has no wave: the plan was made without it" in text


def test_an_approver_is_called_asserted():
    """Nobody has checked the name, so the page must not vouch for it."""
    html = page(a_busy_report())

    assert ["Wave", "Approved by, as asserted"] in _rows(html, "Refusals and approvals")
    assert "nobody has checked who that was" in html


def test_refusals_are_shown_newest_first_and_the_rest_is_counted():
    """A year of refusals does not bury the page."""
    refusals = [(f"2026-11-{day:02d}T09:00:00+00:00", "standard-01", "held") for day in range(28, 8, -1)]

    html = page(a_report([a_wave()], [a_cohort()], refusals=refusals))

    shown = [row for row in _rows(html, "Refusals and approvals") if row[-1] == "held"]
    assert REFUSALS_SHOWN == len(shown)
    assert "2026-11-28 09:00" == shown[0][0]
    assert "And 5 earlier" in html


def test_the_footer_says_where_the_page_comes_from_and_what_it_does_not_know():
    """Digest, age, standing; and that a chain without an anchor proves less than it seems."""
    text = " ".join(_Reader(page(a_busy_report())).text)

    assert "5f2c5f2c5f2c" in text
    assert "3 hours old" in text
    assert "not anchored, 41 entries" in text
    assert "Whether the whole ledger was rewritten" in text
    assert "Whether the whole ledger was rewritten" not in page(a_report())


def test_an_old_snapshot_is_said_where_readiness_is_shown():
    """A bar that shows last week must not look like today."""
    html = page(a_report([a_wave()], [a_cohort()], snapshot_taken_at="2026-11-09T12:00:00+00:00"))

    assert 2 <= html.count("too old to decide on (7 days old")


def test_the_timeline_marks_today_and_the_finishing_date_once_per_sheet():
    """A long plan is cut where a sheet ends, and every part can be read by itself."""
    waves = [a_wave(f"standard-{number:02d}", enforce_on=TODAY + number * _DAY) for number in range(1, 42)]

    html = page(a_report(waves, [a_cohort()]))

    sheets = -(-41 // ROWS_PER_CHART)
    assert sheets == html.count(">today 16 Nov 2026<")
    assert sheets == html.count(">finish 29 Jan 2027<")


def test_a_plan_with_hundreds_of_waves_is_drawn_by_cohort():
    """Three hundred bars say less than one; the table still has them all."""
    waves = [a_wave(f"standard-{number:02d}", enforce_on=TODAY + number * _DAY) for number in range(MOST_ROWS + 1)]

    html = page(a_report(waves, [a_cohort()]))

    assert "One row per cohort" in html
    assert MOST_ROWS + 2 == len(_rows(html, "Waves and dates"))


@pytest.mark.parametrize("days", [1, 20, 70, 200, 2000])
def test_nothing_is_drawn_outside_the_picture(days):
    """Whatever the plan's length, today, the finishing date and all bars lie on the calendar."""
    waves = [a_wave("standard-01", enforce_on=TODAY, settle_on=TODAY + days * _DAY), a_wave("s" * 60 + "-02")]

    facts = a_report(waves, [a_cohort()], finish_on=TODAY + 9 * _DAY)
    drawing = next(_tree(page(facts)).iter("svg"))
    places = [float(part.get(name)) for part in drawing.iter() for name in ("x", "x1", "x2") if part.get(name)]

    assert min(places) >= 0
    assert max(places) <= float(drawing.get("viewBox").split()[2])


def test_the_stage_bar_is_as_wide_as_everyone():
    """The parts of the bar add up, whoever is where."""
    drawing = next(svg for svg in _tree(page(a_busy_report())).iter("svg") if "stage" in svg.get("aria-label", ""))

    assert pytest.approx(720, abs=1) == sum(float(part.get("width")) + 1 for part in drawing.iter("rect"))


def test_a_share_is_full_only_when_everyone_is():
    """Rounding must not finish what people have not."""
    assert ["0 %", "under 1 %", "99 %", "100 %", NONE] == [percent(share) for share in (0.0, 0.004, 0.9999, 1.0, None)]


def test_paper_and_darkness_are_provided_for():
    """It prints on A4 with repeated table heads, and follows the reader's colour scheme."""
    html = page(a_report())

    assert re.search(r"@page\{size:A4", html)
    assert "display:table-header-group" in html
    assert "prefers-color-scheme:dark" in html


def test_the_finishing_date_is_counted_in_words_that_fit():
    """Days left before it, days past after it."""
    assert "Days to the date" in page(a_report())
    assert "Days past the date" in page(a_report(finish_on=TODAY - _DAY))
    assert "29 Jan 2027" in page(a_report(finish_on=FINISH))


@pytest.mark.parametrize(
    ("finish_on", "words"),
    [(TODAY + 3 * _DAY, ["16 Nov", "23 Nov"]), (FINISH, ["Dec", "Jan 2027"]), (TODAY + 3000 * _DAY, ["Jan 2030"])],
)
def test_the_calendar_has_words_whatever_its_length(finish_on, words):
    """Weeks for a short plan, months for the usual one, and few enough for a very long one to be read."""
    html = page(a_report([a_wave(enforce_on=TODAY + 2 * _DAY)], [a_cohort()], finish_on=finish_on))

    drawing = html[html.index('aria-label="Timeline') : html.index("</figure>")]
    ticks = re.findall(r'class="soft">([^<]+)</text>', drawing)
    assert set(words) <= set(ticks)
    assert 4 <= len(ticks) <= 12


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(-90, "taken later than this page"), (59, "less than an hour old"), (60, "1 hour old"), (48 * 60, "2 days old")],
)
def test_an_age_is_said_in_the_unit_that_matters(minutes, words):
    """Minutes do not, hours do until the evidence has lapsed, then days."""
    assert words == age(timedelta(minutes=minutes))
    assert ("47 hours", "2 days", "an unknown time") == (
        span(timedelta(hours=47)),
        span(timedelta(hours=48)),
        span(None),
    )


def test_without_a_snapshot_nobody_is_called_well():
    """Where nobody has looked, the page says so instead of finding nobody stuck."""
    html = page(a_report([], [], snapshot_digest="", snapshot_taken_at=""))

    assert "There is no snapshot: who is ready is UNKNOWN" in html
    assert "Nobody whom the snapshot knows of" not in html
