"""Without this file the page would stand still: what moved this week, and where each cohort will be on the date."""

from collections.abc import Iterable

from migration.report_burnup import burn_up, burn_up_key
from migration.report_facts import ProgrammeReport
from migration.report_forecast import Chance, CohortForecast
from migration.report_markup import Markup, element, table, unbroken
from migration.report_week import Week
from migration.report_words import NONE, counted, day, moment, people

ROWS_SHOWN = 24
_SIGNS = {Chance.PASS: "✓", Chance.TIGHT: "≈", Chance.LATE: "✗", Chance.UNKNOWN: "?"}
_CSS = {Chance.PASS: "good", Chance.TIGHT: "warn", Chance.LATE: "late", Chance.UNKNOWN: "warn"}
_CAME_TO = {
    "ENROL": "began to enrol",
    "REHEARSE": "is rehearsed",
    "ENFORCE": "is off SMS",
    "RELAXED": "was rolled back: SMS signs in again",
    "SETTLED": "settled",
    "RETIRE": "retired: its phones are deleted",
}


def this_week(report: ProgrammeReport) -> Markup | None:
    """Return what the ledger recorded in the seven days before the report."""
    week = report.week
    if week is None:
        return None
    title = element("h2", "This week")
    span = f"{day(week.since.date())}, {week.since:%H:%M} to {day(week.until.date())}, {week.until:%H:%M %Z}."
    if week.is_quiet:
        return element("section", title, element("p", f"{span} Nobody was moved, held or refused."))
    rows = sorted(_happened(week), reverse=True)
    shown = [(unbroken(moment(at)), wave, what, number) for at, wave, what, number in rows[:ROWS_SHOWN]]
    more = len(rows) - len(shown)
    return element(
        "section",
        title,
        element("p", span, class_="soft"),
        element("dl", *(_figure(*cell) for cell in _week_figures(week)), class_="figures"),
        table(("When", "Wave", "What happened", "People#"), shown, "The newest first") if shown else None,
        element("p", f"And {more:,} earlier: offramp ledger show.", class_="soft") if more > 0 else None,
    )


def _week_figures(week: Week) -> list[tuple[str, str, str]]:
    came = f"{week.joined_count:,} came, {week.left_count:,} left, {week.moved_count:,} changed cohort"
    told = week.exceptions
    excused = f"{told['ended']:,} ended, {told['requested']:,} asked for, {told['refused']:,} refused"
    back = f"{people(week.relaxed_count)} back on it" if week.relaxed_count else "nobody back on it"
    return [
        ("Moved off SMS", f"{week.enforced_count:,}", back),
        ("Began to enrol", f"{week.enrolled_count:,}", f"{people(week.settled_count)} settled"),
        ("Carried over", f"{week.carried_count:,}", "not ready on their wave's day"),
        ("In and out", f"{week.joined_count - week.left_count:+,}", came),
        (
            "Moves refused",
            f"{len(week.refusals):,}",
            f"{counted(len(week.holds), 'hold')}, {len(week.resumed):,} lifted",
        ),
        ("Exceptions granted", f"{told['granted']:,}", excused),
        ("Phones deleted", f"{week.phones_deleted_count:,}", "of settled waves, for good"),
        ("Ticks", f"{week.ticks_count:,}", f"{counted(week.failed_count, 'read-back')} failed"),
    ]


def _figure(name: str, number: str, what: str) -> Markup:
    return element("div", element("dt", name), element("dd", number, element("small", what)))


def _happened(week: Week) -> Iterable[tuple[str, str, str, str]]:
    for one in week.entered:
        number = f"{one.people_count:,}" if one.people_count else NONE
        yield one.at, one.wave, _CAME_TO.get(one.stage, one.stage), number
    for left in week.carried:
        gone = f"; {people(left.left_count)} had left" if left.left_count else ""
        to = f"left people behind, who are in {left.to} now{gone}" if left.to else f"went on without who had left{gone}"
        yield left.at, left.wave, to, f"{left.people_count:,}"
    for held in week.holds:
        yield held.at, held.wave, f"was held by {held.by}: {held.because}", NONE
    for resumed in week.resumed:
        yield resumed.at, resumed.wave, f"may go on: {resumed.because}", NONE


def forecasts(report: ProgrammeReport) -> Markup | None:
    """Return the curve, the interval and the assumptions of every cohort, and all of them as a table."""
    if not report.forecasts:
        return None
    cards = [_card(one, report) for one in report.forecasts if one.chance is not Chance.UNKNOWN]
    unknown = ", ".join(one.cohort for one in report.forecasts if one.chance is Chance.UNKNOWN)
    on_date = f"On {day(report.finish_on)}"
    rows = (
        (
            one.cohort,
            f"{one.people_count:,}",
            f"{one.moved_count:,}",
            f"{one.likely.moved_count:,}",
            f"{one.worst.moved_count:,} to {one.best.moved_count:,}",
            unbroken(day(one.likely.settle_on)),
            _interval(one),
            _verdict(one),
        )
        for one in report.forecasts
    )
    heads = ("Cohort", "People#", "Off SMS#", f"{on_date}#", "Worst to best", "Settled", "Best to worst", "Verdict")
    return element(
        "section",
        element("h2", "Forecast"),
        element("p", "How many people will be off SMS by when, and on what that rests."),
        burn_up_key() if cards else None,
        element("div", *cards, class_="cards") if cards else None,
        element(
            "p",
            f"No day can be named for {unknown}: nobody has decided what their people shall present.",
            class_="warn-text",
        )
        if unknown
        else None,
        element("h3", "What every forecast assumes"),
        element("ul", *(element("li", line) for line in report.assumptions)),
        table(heads, rows, "The same in numbers"),
    )


def _card(one: CohortForecast, report: ProgrammeReport) -> Markup:
    return element(
        "figure",
        element(
            "figcaption",
            element("b", one.cohort),
            element("span", f"{one.moved_count:,} of {people(one.people_count)}"),
        ),
        element("p", _verdict(one)),
        burn_up(one, report.at.date(), report.finish_on),
        element("ul", *(element("li", line) for line in one.assumptions), class_="soft"),
        class_="card",
    )


def _verdict(one: CohortForecast) -> Markup:
    return element("span", f"{_SIGNS[one.chance]} {one.words}", class_=f"{_CSS[one.chance]}-text")


def _interval(one: CohortForecast) -> str:
    best, worst = one.best.settle_on, one.worst.settle_on
    return f"{day(best)} to {day(worst)}" if best and worst else f"{day(best)} to nobody knows" if best else NONE
