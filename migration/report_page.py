"""Without this file a programme manager would need a terminal: the report as one page, on screen and on paper."""

from collections.abc import Mapping, Sequence

from migration.report_care import exceptions, help_desk, who_comes_later
from migration.report_charts import timeline
from migration.report_facts import Outlook, ProgrammeReport
from migration.report_markup import Markup, element, joined, table, unbroken
from migration.report_progress import forecasts, this_week
from migration.report_sections import wave_dates, what_was_said, who_is_stuck, who_moved, who_waits
from migration.report_sentences import sentences
from migration.report_style import STYLE
from migration.report_waves import CohortFacts
from migration.report_words import NONE, age, counted, day, moment, people, percent

_DIGEST_LETTERS = 12

_VERDICT: Mapping[Outlook, str] = {
    Outlook.NO_PLAN: "Nobody can say yet.",
    Outlook.LATE: "No, not as it stands.",
    Outlook.PART: "Only in part: some cohorts cannot move yet.",
    Outlook.PACE: "By the plan, yes, but not at today's speed.",
    Outlook.BEHIND: "By the plan, yes, but some waves are behind it.",
    Outlook.IN_TIME: "By the plan, yes.",
    Outlook.DONE: "Yes: every wave has settled.",
}
# The page loads nothing and runs nothing; the browser is asked to insist on it.
_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: ProgrammeReport) -> str:
    """Return the report as one self-contained HTML page: no network, no script, A4 when printed."""
    header = element(
        "header",
        element("h1", "Moving off SMS: programme report"),
        element(
            "p",
            element("b", report.stack),
            f" · as of {day(report.at.date())}, {report.at:%H:%M %Z} · to be finished by {day(report.finish_on)}",
            class_="soft",
        ),
    )
    main = element(
        "main",
        _date(report),
        this_week(report),
        forecasts(report),
        who_moved(report),
        wave_dates(report),
        who_is_stuck(report),
        who_comes_later(report),
        who_waits(report),
        help_desk(report),
        exceptions(report),
        what_was_said(report),
    )
    return document(f"offramp: {report.stack}, {day(report.at.date())}", header, main, _footer(report))


def document(title: str, *parts: Markup) -> str:
    """Return a whole page around *parts*: it loads nothing and runs nothing."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_NOTHING_ELSE),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    body = element("body", *parts)
    return f"<!doctype html>\n{element('html', head, body, lang='en-GB')}\n"


def _date(report: ProgrammeReport) -> Markup:
    left = report.days_to_finish
    due = f"the plan has {report.due_count} ({percent(report.due_share)})"
    figures = [
        (
            "Days to the date" if left >= 0 else "Days past the date",
            f"{abs(left):,}",
            day(report.finish_on),
        ),
        (
            "Moved off SMS",
            percent(report.moved_share),
            f"{report.moved_count:,} of {people(report.planned_count)} with a wave",
        ),
        (
            "Waves enforced",
            percent(report.enforced_share),
            f"{report.enforced_count} of {len(report.waves)}; {due} by today",
        ),
        ("Waves late", f"{len(report.late)}", f"of {counted(len(report.waves), 'wave')}"),
    ]
    cells = (
        element("div", element("dt", name), element("dd", number, element("small", what)))
        for name, number, what in figures
    )
    verdict = element(
        "div",
        element("strong", _VERDICT[report.outlook]),
        element("ul", *(element("li", sentence) for sentence in sentences(report))),
        class_=f"verdict {report.outlook}",
    )
    rows = (_cohort_row(cohort) for cohort in report.cohorts)
    forecast = table(
        ("Cohort", "People#", "Waves#", "Moved#", "Ready#", "Settled by", "By the plan"),
        rows,
        "Per cohort, by the plan and today's delay",
    )
    return element(
        "section",
        element("h2", "Will we make the date?"),
        verdict,
        element("dl", *cells, class_="figures"),
        timeline(report),
        forecast if report.cohorts else None,
    )


def _cohort_row(cohort: CohortFacts) -> Sequence[object]:
    is_over = any(wave.over_days for wave in cohort.waves)
    is_doubtful = cohort.has_waves and (not cohort.has_posture or any(wave.behind_days for wave in cohort.waves))
    css = "late-text" if is_over and cohort.has_posture else "warn-text" if is_doubtful else None
    return (
        cohort.cohort,
        f"{cohort.people_count:,}",
        f"{len(cohort.waves):,}",
        f"{cohort.moved_count:,}",
        percent(cohort.ready_share),
        unbroken(day(cohort.last_settle_on)),
        element("span", cohort.forecast, class_=css),
    )


def _footer(report: ProgrammeReport) -> Markup:
    digest = report.snapshot_digest[:_DIGEST_LETTERS]
    snapshot = (
        joined(element("code", digest, title=report.snapshot_digest), f", {age(report.snapshot_age)}")
        if digest
        else "none"
    )
    facts = (
        ("Snapshot", snapshot),
        ("Taken at", moment(report.snapshot_taken_at) or NONE),
        ("Rows not readable", f"{report.rejects_count:,}"),
        ("Ledger", f"{report.ledger_standing}, {counted(report.entry_count, 'entry', 'entries')}"),
    )
    unknown = [
        "What anybody enrolled or lost after the snapshot was taken: readiness is as old as the snapshot.",
        "What the identity provider holds at this moment: stages are what the ledger recorded when it was read back.",
        "Whether people will enrol. By the plan means its dates and today's delay; a forecast is a guess.",
        "Who anybody is: this page holds counts and keys only, apart from the names of owners and approvers.",
        f"Anything about the {counted(report.rejects_count, 'row')} of the export that could not be read."
        if report.rejects_count
        else None,
        "Whether the whole ledger was rewritten: its entries are not all covered by an anchor outside it."
        if report.ledger_standing != "anchored"
        else None,
    ]
    return element(
        "footer",
        element("h2", "Where this comes from, and what this page does not know"),
        element("dl", *(joined(element("dt", name), element("dd", value)) for name, value in facts)),
        element("ul", *(element("li", line) for line in unknown if line)),
    )
