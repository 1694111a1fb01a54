"""Without this file a program manager would read counts in a terminal: one page with charts, no network, no scripts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cohorts import report_cohorts_charts as charts
from cohorts.markup import Markup, element, joined, listed, table
from cohorts.readiness import READINESS
from cohorts.report_cohorts_charts import percent, summed, swatch, words
from cohorts.report_cohorts_style import STYLE

MOST_REASONS = 40
MOST_NAMES = 2000
# The page loads nothing and runs nothing; the browser is asked to insist on it.
NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
# Readiness → what it means, what helps.
MEANING: Mapping[str, tuple[str, str]] = {
    "ready": ("holds a method that the cohort's target accepts", "nothing; they can move"),
    "one-prompt-away": (
        "has a device that can make a passkey",
        "ask them to make the passkey while SMS still signs in",
    ),
    "needs-key": (
        "has no device that is known to make one",
        "send a security key, which they bind with what they hold",
    ),
    "needs-supervision": ("must not bind alone, or has nothing to bind with", "invite them to the supervised desk"),
    "blocked": ("cannot sign in, or no person uses the account", "restore the account, or give it an owner"),
    "unknown": ("nobody can tell what they hold, or it was read too long ago", "export what is enrolled anew"),
}
CONFLICTS: Mapping[str, str] = {
    "two-accounts-one-person": "two accounts of one system have the same key, and only one can be meant",
    "conflicting-keys": "one key joins records that an earlier key tells apart",
    "value-of-many": "one value stands in so many records that it names nobody",
    "account-without-owner": "the account is active, and HR knows nobody to whom it belongs",
}


@dataclass(frozen=True, slots=True)
class CohortPage:
    """What the page shows; counts only, unless names are given.

    Attributes:
        taken_at: The moment that ages were counted from; aware.
        idps: Whose accounts they are.
        accounts_count, people_count: How many there are.
        counts: Cohort → readiness code → accounts.
        leftover_phones_count: Ready, and a phone still enrolled.
        shared_numbers_count: Accounts whose number another holds too.
        files: Name, source, why it was recognised as that, rows read, used, rejected.
        rejects: Reason → rows, the commonest first.
        conflicts: Kind → how many.
        findings: Kind, how many, of what, why it matters.
        notes: What was assumed.
        names: One row an account, in the columns of *name_headings*; None shows counts only.
        name_headings: What those columns are.
    """

    taken_at: datetime
    idps: Sequence[str]
    accounts_count: int
    people_count: int
    counts: Mapping[str, Mapping[str, int]]
    leftover_phones_count: int
    shared_numbers_count: int
    files: Sequence[tuple[str, str, str, int, int, int]]
    rejects: Sequence[tuple[str, int]]
    conflicts: Sequence[tuple[str, int]]
    findings: Sequence[tuple[str, int, str, str]]
    notes: Sequence[str]
    names: Sequence[Sequence[Any]] | None
    name_headings: Sequence[str]


def page(told: CohortPage) -> str:
    """Return the page as one self-contained HTML document: no network, no script, A4 when printed."""
    at = told.taken_at.astimezone(UTC)
    when = f"{at.day} {at:%b %Y}, {at:%H:%M} UTC"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=NOTHING_ELSE),
        element("title", f"offramp: cohorts and readiness, {when}"),
        element("style", Markup(STYLE)),
    )
    what = "counts only" if told.names is None else "holds personal data: for whoever asked, and nobody else"
    header = element(
        "header",
        element("h1", "Cohorts and readiness"),
        element("p", element("b", " and ".join(told.idps)), f" · as of {when} · {what}", class_="soft"),
    )
    main = element("main", _ready(told), _cohorts(told), _decide(told), _look_at(told), _read(told), _names(told))
    body = element("body", header, main, _footer(told))
    return f"<!doctype html>\n{element('html', head, body, lang='en-GB')}\n"


def _ready(told: CohortPage) -> Markup:
    codes = summed(told.counts)
    ready, unsure, total = codes["ready"], codes["unknown"], told.accounts_count
    if not total:
        headline = "Nobody was counted."
    elif ready == total:
        headline = "Everybody: each holds what their cohort needs."
    else:
        headline = f"{percent(ready, total)} could: they hold what their cohort needs."
    css = "unsure" if 2 * unsure > total or not total else "open" if ready < total else ""
    sentences = [
        f"{codes[code]:,} {words(code)}: {MEANING[code][1]}." for code in READINESS if codes[code] and code != "ready"
    ]
    figures = (
        ("Accounts", f"{total:,}", f"held by {told.people_count:,} people"),
        ("Ready", f"{ready:,}", f"{percent(ready, total)} of all accounts"),
        ("Phones left over", f"{told.leftover_phones_count:,}", "ready, and SMS or voice still enrolled"),
        ("Shared numbers", f"{told.shared_numbers_count:,}", "accounts whose number another has too"),
    )
    cells = (
        element("div", element("dt", name), element("dd", number, element("small", small)))
        for name, number, small in figures
    )
    return element(
        "section",
        element("h2", "Who could sign in without SMS today?"),
        element("div", element("strong", headline), listed(sentences), class_=f"verdict {css}".strip()),
        element("dl", *cells, class_="figures"),
        charts.everybody(told.counts) if total else None,
    )


def _cohorts(told: CohortPage) -> Markup | None:
    if not told.counts:
        return None
    rows = [_of_cohort(cohort, codes) for cohort, codes in told.counts.items()]
    heads = ("Cohort", "Accounts#", *(f"{words(code).capitalize()}#" for code in READINESS), "Ready share#")
    meant = [(joined(swatch(code), words(code)), *MEANING[code]) for code in READINESS]
    return element(
        "section",
        element("h2", "Which cohort is how far?"),
        charts.cohorts(told.counts),
        table(heads, [*rows, _of_cohort("All", summed(told.counts))], "Accounts per cohort and readiness"),
        table(("Readiness", "What it means", "What helps"), meant, "What the words mean"),
    )


def _of_cohort(cohort: str, codes: Mapping[str, int]) -> Sequence[object]:
    total = sum(codes.values())
    return (cohort, total, *(codes.get(code, 0) for code in READINESS), percent(codes.get("ready", 0), total))


def _decide(told: CohortPage) -> Markup:
    rows = [(_plain(kind), count, CONFLICTS.get(kind, "")) for kind, count in told.conflicts]
    heads = ("Conflict", "How many#", "What it is")
    where = element("code", "offramp cohort conflicts")
    hint = joined(where, " lists each with its accounts. Until it is decided they count as the riskier candidate.")
    return element(
        "section",
        element("h2", "What does somebody have to decide?"),
        joined(element("p", hint), table(heads, rows, "Records that could not be joined without guessing"))
        if rows
        else element("p", "Nothing: no record contradicts another."),
    )


def _look_at(told: CohortPage) -> Markup:
    rows = [(_plain(kind), count, of_what, because) for kind, count, of_what, because in told.findings]
    heads = ("Finding", "How many#", "Of what", "Why it matters")
    return element(
        "section",
        element("h2", "What should somebody look at?"),
        table(heads, rows, "Findings") if rows else element("p", "Nothing stands out in what was read."),
    )


def _read(told: CohortPage) -> Markup:
    heads = ("File", "Recognised as", "Because", "Rows#", "Used#", "Not used#")
    shown = [*told.rejects[:MOST_REASONS]]
    if rest := told.rejects[MOST_REASONS:]:
        shown.append((f"{len(rest):,} further reasons", sum(count for _, count in rest)))
    return element(
        "section",
        element("h2", "What was read?"),
        table(heads, told.files, "Files, and what they were taken for"),
        table(("Why a row was not used", "Rows#"), shown, "Rows that were not used")
        if shown
        else element("p", "Every row was used."),
        joined(element("p", "What was assumed, and what was passed over:"), listed(told.notes)) if told.notes else None,
    )


def _names(told: CohortPage) -> Markup | None:
    if told.names is None:
        return None
    shown = told.names[:MOST_NAMES]
    left_out = len(told.names) - len(shown)
    where = (
        f"The first {len(shown):,}; {left_out:,} more are in the table: --csv PATH --with-names." if left_out else None
    )
    return element(
        "section",
        element("h2", "Who is it?"),
        element("p", where) if where else None,
        table([*map(_plain, told.name_headings)], shown, "Accounts; personal data"),
        class_="names",
    )


def _footer(told: CohortPage) -> Markup:
    return element("footer", element("h2", "What this page does not know"), listed(_unknown(told)))


def _unknown(told: CohortPage) -> Iterator[str]:
    yield "What anybody enrolled or lost after these files were made: readiness is as old as they are."
    yield "Whether people will answer a prompt, or receive a key."
    if told.names is None:
        yield "Who anybody is: it holds counts only. offramp cohort explain PERSON says where one person is, and why."
    if rejected := sum(count for _, count in told.rejects):
        yield f"Anything that stands in the {rejected:,} rows that were not used, and in no other."


def _plain(kind: str) -> str:
    """Return a key as words."""
    return kind.replace("-", " ").replace("_", " ")
