"""Without this file a security lead would trust a list: each exception with its signatures, as one page."""

from collections.abc import Iterable, Sequence

from migration.exception_classes import CLASSES
from migration.report_bars import exception_ages
from migration.report_exceptions import ApprovalFacts, DoorFacts, ExceptionFacts, ExceptionReport, SignatureStanding
from migration.report_markup import Markup, element, joined, table, unbroken
from migration.report_page import document
from migration.report_words import NONE, counted, day, moment, people, percent

_GOOD = {SignatureStanding.VERIFIES}
_SOFT = {SignatureStanding.NOT_CHECKED, SignatureStanding.ASSERTED}
_SIGNS = {SignatureStanding.VERIFIES: "✓", SignatureStanding.NOT_CHECKED: "?", SignatureStanding.ASSERTED: "≈"}


def page(report: ExceptionReport) -> str:
    """Return the report as one self-contained HTML page: no network, no script, A4 when printed."""
    header = element(
        "header",
        element("h1", "Exceptions: who is excused, and who signed"),
        element(
            "p",
            element("b", report.stack),
            f" · as of {day(report.at.date())}, {report.at:%H:%M %Z}",
            class_="soft",
        ),
    )
    main = element(
        "main",
        _overview(report),
        _each("Open", report.open),
        _each("Ended and refused", report.closed),
        _doors(report.doors),
    )
    return document(f"offramp: {report.stack}, exceptions, {day(report.at.date())}", header, main, _footer())


def _overview(report: ExceptionReport) -> Markup:
    figures = (
        ("Open", f"{len(report.open):,}", f"of {counted(len(report.everyone), 'exception')} ever asked for"),
        ("People excused now", f"{report.excused_count:,}", f"at most {percent(report.largest_share)} of a cohort"),
        ("On a typed name", f"{sum(one.is_asserted for one in report.open):,}", "open, approved without a signature"),
        ("Do not hold", f"{sum(one.is_doubtful for one in report.open):,}", "open, with a signature that fails"),
    )
    cells = (
        element("div", element("dt", name), element("dd", number, element("small", what)))
        for name, number, what in figures
    )
    warnings = [element("li", line) for line in report.warnings]
    verdict = element(
        "div",
        element("strong", "Look at these first." if warnings else "Nothing asks for a look."),
        element("ul", *warnings) if warnings else None,
        class_=f"verdict {'part' if warnings else 'in-time'}",
    )
    states = ", ".join(f"{count:,} {state}" for state, count in report.states.items()) or "none was ever asked for"
    rows = (
        (one.cohort, f"{one.excused_count:,}", f"{one.most_count:,}", f"{one.people_count:,}") for one in report.budgets
    )
    return element(
        "section",
        element("h2", "At a glance"),
        verdict,
        element("dl", *cells, class_="figures"),
        exception_ages(report.open),
        table(("Cohort", "Excused#", "At most#", "Of people#"), rows, "How many may be excused at once")
        if report.budgets
        else None,
        element("p", f"By state: {states}.", class_="soft"),
    )


def _each(title: str, found: Iterable[ExceptionFacts]) -> Markup:
    cards = [_card(one) for one in found]
    return element("section", element("h2", title), *(cards or [element("p", "None.")]))


def _card(one: ExceptionFacts) -> Markup:
    said = [
        ("Class", f"{one.exception_class}: {CLASSES[one.exception_class].meaning}"),
        ("Reason", one.reason),
        ("Control", one.control),
        ("Owner", one.owner),
        ("Asked for", f"by {one.requester}, {moment(one.requested_at)}"),
        ("Lasts", f"{moment(one.starts_at.isoformat())} to {moment(one.ends_at.isoformat())} UTC"),
        ("Granted", moment(one.granted_at) if one.granted_at else NONE),
        ("Renewals", _renewals(one)),
    ]
    if one.ended_at:
        said.append(("Ended", f"{moment(one.ended_at)}: {one.because or NONE}"))
    left = f", {counted(one.days_left, 'day')} left" if one.is_open else ""
    age = f"{counted(one.age_days, 'day')} old{left}"
    return element(
        "article",
        element("h3", one.key, element("span", f"{one.state} · {people(one.people_count)} of {one.cohort} · {age}")),
        element("dl", *(joined(element("dt", name), element("dd", value)) for name, value in said)),
        _approvals(one.approvals),
        class_="exception",
    )


def _doors(found: Sequence[DoorFacts]) -> Markup:
    """Return every retirement: a way of no return, which two people sign as well."""
    cards = [
        element(
            "article",
            element("h3", one.wave, element("span", f"{one.state} · {counted(one.phones_count, 'phone')} on the list")),
            element(
                "dl",
                element("dt", "Asked for"),
                element("dd", f"by {one.requester}, {moment(one.requested_at)}"),
                element("dt", "Deleted"),
                element("dd", f"{one.deleted_count:,}, {moment(one.done_at)}" if one.done_at else NONE),
                element("dt", "Skipped"),
                element("dd", f"{people(one.skipped_count)}: the phone is their last way in"),
            ),
            _approvals(one.approvals),
            class_="exception",
        )
        for one in found
    ]
    title = element("h2", "Retirements: phones that go for good")
    return element("section", title, *(cards or [element("p", "None was asked for.")]))


def _approvals(given: Sequence[ApprovalFacts]) -> Markup:
    heads = ("Approved by", "As", "Proof", "When", "Key", "Checked again")
    rows = (_approval_row(one) for one in given)
    return table(heads, rows) if given else element("p", "Nobody has approved it.", class_="soft")


def _renewals(one: ExceptionFacts) -> str:
    before = f"renews {one.renews}" if one.renews else "renews nothing"
    after = f"; followed by {one.renewed_by}" if one.renewed_by else ""
    return f"{one.renewals_count}; {before}{after}"


def _approval_row(given: ApprovalFacts) -> tuple[object, ...]:
    sign = _SIGNS.get(given.standing, "✗")
    css = "good" if given.standing in _GOOD else "warn" if given.standing in _SOFT else "late"
    key = element("code", given.key_fingerprint) if given.key_fingerprint else NONE
    standing = element("span", f"{sign} {given.standing}", class_=f"{css}-text")
    return (given.approver, ", ".join(given.roles), given.proof, unbroken(moment(given.at)), key, standing)


def _footer() -> Markup:
    lines = (
        "A signature is checked over the exact text of its request, as of the moment when it was given.",
        "It is held against the approvers file of today: who was taken out of it is not in the file any more.",
        "A key's fingerprint is that of the key which the signature itself names.",
        "A typed name proves nothing; it is not enough for administrators, for finance and for the desk.",
        "Who an exception is for is not on this page: offramp exception show names the accounts.",
    )
    return element(
        "footer",
        element("h2", "How to read this page"),
        element("ul", *(element("li", line) for line in lines)),
    )
