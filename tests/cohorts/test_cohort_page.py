import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

from cohorts.conflicts import BECAUSE
from cohorts.markup import MOST_LETTERS
from cohorts.readiness import READINESS
from cohorts.report_cohorts import CONFLICTS, MEANING, MOST_NAMES, MOST_REASONS, CohortPage, page
from cohorts.report_cohorts_charts import LABEL_LETTERS, ROWS_PER_CHART, WIDTH, WORDS, percent
from cohorts.report_cohorts_style import STYLE

VOID = {"meta", "rect", "path"}
COUNTS = CohortPage(
    taken_at=datetime(2026, 11, 2, 9, 14, tzinfo=UTC),
    idps=("entra", "okta"),
    accounts_count=1_000_004,
    people_count=900_000,
    counts={
        "administrators": {"ready": 3, "unknown": 1},
        "standard": {"ready": 250_000, "one-prompt-away": 749_990, "needs-key": 10},
    },
    leftover_phones_count=1234,
    shared_numbers_count=56,
    files=(("users.jsonl", "Okta users", "it has profile.login", 1_000_010, 1_000_004, 6),),
    rejects=(("the status is none of ours", 6),),
    conflicts=(("two-accounts-one-person", 14),),
    findings=(("leaver-still-active", 18, "accounts", "they can still sign in"),),
    notes=("140 passkeys carry no name that we know",),
    names=None,
    name_headings=("idp", "login"),
)
NAMED = replace(COUNTS, names=(("okta", "ada@example.com"),))


class Reader(HTMLParser):
    """A page as a browser takes it apart: elements with their attributes, tables as rows, the text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.tables, self.text = [], [], {}, []
        self.feed(text)
        assert [] == self.open

    def handle_starttag(self, tag, attrs):
        """Keep every element, and the cells of a table."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID or not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)
        if tag == "div" and "aria-label" in dict(attrs):
            self.rows = self.tables[dict(attrs)["aria-label"]] = []
        if tag == "tr":
            self.rows.append([])
        if tag in {"th", "td"}:
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        """Keep an element without an end of its own."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Check that elements end in order."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Keep what is read, apart from the style."""
        if "style" in self.open:
            return
        self.text.append(data)
        if {"th", "td"} & set(self.open):
            self.rows[-1][-1] += data

    def all(self, tag, **wanted):
        """Return the attributes of all elements of one kind."""
        return [held for name, held in self.elements if name == tag and wanted.items() <= held.items()]


def read(told):
    """Return the page that is made, taken apart."""
    return Reader(page(told))


def test_the_page_needs_nothing_but_itself():
    """It is mailed, and opened where there is no network; nothing in it runs."""
    found = read(NAMED)
    loading = {"src", "href", "srcset", "data", "action", "poster"}

    assert [] == [
        tag for tag, held in found.elements if tag in {"script", "link", "img", "iframe"} or loading & set(held)
    ]
    assert [] == [key for _, held in found.elements for key in held if key.startswith("on")]
    assert ["url(#unknown)"] == re.findall(r"url\([^)]*\)|@import", page(NAMED))
    assert ["default-src 'none'; style-src 'unsafe-inline'"] == [
        held["content"] for held in found.all("meta", **{"http-equiv": "Content-Security-Policy"})
    ]


def test_every_number_of_the_chart_is_in_a_table():
    """Who sees no chart reads the same."""
    rows = read(COUNTS).tables["Accounts per cohort and readiness"]

    assert ["administrators", "4", "3", "0", "0", "0", "0", "1", "75 %"] == rows[1]
    assert ["standard", "1,000,000", "250,000", "749,990", "10", "0", "0", "0", "25 %"] == rows[2]
    assert ["All", "1,000,004", "250,003", "749,990", "10", "0", "0", "1", "25 %"] == rows[3]


def test_every_chart_says_in_words_what_it_shows():
    """A screen reader gets the numbers, or where they are."""
    shown = [held["aria-label"] for held in read(COUNTS).all("svg", role="img")]

    assert shown[0].startswith("Accounts by readiness: ready 250,003, one prompt away 749,990, needs a key 10,")
    assert shown[1:] == ["Readiness within each cohort, administrators to standard; the numbers are in the table below"]


def test_one_account_of_a_million_is_seen_and_no_bar_is_too_long():
    """The one may be the administrator whom nobody can judge."""
    bars = [(float(held["x"]), float(held["width"])) for held in read(COUNTS).all("rect", height="30")]

    assert 4 == len(bars)
    assert min(width for _, width in bars) >= 0.5
    assert sorted(bars) == bars
    assert max(x + width for x, width in bars) <= WIDTH


def test_many_cohorts_are_charted_on_as_many_sheets():
    """A figure that is longer than paper would be cut through."""
    counts = {f"cohort-{number:02d}": {"ready": 1} for number in range(2 * ROWS_PER_CHART + 1)}

    shown = read(replace(COUNTS, counts=counts)).all("svg", role="img")

    assert 1 + 3 == len(shown)


def test_the_name_of_a_long_cohort_is_cut_in_the_chart_alone():
    """Nothing of it is lost: the table has it whole."""
    cohort = "x" * (LABEL_LETTERS + 1)

    found = read(replace(COUNTS, counts={cohort: {"ready": 1}}))

    assert f"{'x' * (LABEL_LETTERS - 1)}…" in found.text
    assert cohort == found.tables["Accounts per cohort and readiness"][1][0]


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ({}, "Nobody was counted."),
        ({"ready": 2}, "Everybody: each holds what their cohort needs."),
        ({"ready": 1, "blocked": 1}, "50 % could: they hold what their cohort needs."),
        ({"ready": 1, "blocked": 199}, "under 1 % could: they hold what their cohort needs."),
        ({"ready": 999, "unknown": 1}, "99 % could: they hold what their cohort needs."),
    ],
)
def test_the_page_begins_with_the_answer(codes, verdict):
    """Rounded down: 100 % means everyone."""
    told = replace(COUNTS, counts={"standard": codes} if codes else {}, accounts_count=sum(codes.values()))

    assert verdict in read(told).text


def test_a_share_of_nobody_is_not_a_number():
    """Nothing divided by nothing is a dash."""
    assert "\N{EN DASH}" == percent(0, 0)


def test_what_to_do_next_is_said_for_every_readiness_that_somebody_has():
    """And for no other."""
    text = " ".join(read(COUNTS).text)

    assert "10 needs a key: send a security key" in text
    assert "blocked: restore" not in text


def test_whoever_has_no_account_in_a_code_of_ours_is_counted_all_the_same():
    """A code that the page does not know is shown as it is, and belongs to the whole."""
    found = read(replace(COUNTS, counts={"standard": {"ready": 1, "on-the-moon": 1}}, accounts_count=2))

    assert ["standard", "2", "1", "0", "0", "0", "0", "0", "50 %"] == found.tables["Accounts per cohort and readiness"][
        1
    ]
    assert "on-the-moon 1" in found.all("svg", role="img")[0]["aria-label"]


def test_every_code_has_words_a_meaning_and_a_colour():
    """By day, at night and on paper."""
    assert list(READINESS) == list(MEANING) == list(WORDS)
    assert [3] * len(READINESS) == [len(re.findall(rf"[^(]--{code}:#", f" {STYLE}")) for code in READINESS]
    assert [] == [code for code in READINESS if f".{code}{{fill:" not in STYLE]


def test_every_kind_of_conflict_is_told_in_words():
    """A kind alone would send people to the documentation."""
    assert set(BECAUSE) == set(CONFLICTS)


def test_files_rejects_conflicts_findings_and_notes_are_shown():
    """What the counts rest on is on the same page."""
    found = read(COUNTS)

    assert [["users.jsonl", "Okta users", "it has profile.login", "1,000,010", "1,000,004", "6"]] == found.tables[
        "Files, and what they were taken for"
    ][1:]
    assert [["the status is none of ours", "6"]] == found.tables["Rows that were not used"][1:]
    assert [["two accounts one person", "14", CONFLICTS["two-accounts-one-person"]]] == found.tables[
        "Records that could not be joined without guessing"
    ][1:]
    assert [["leaver still active", "18", "accounts", "they can still sign in"]] == found.tables["Findings"][1:]
    assert COUNTS.notes[0] in found.text


def test_nothing_found_is_said_in_a_sentence():
    """An empty table would look as if something were missing."""
    found = read(replace(COUNTS, rejects=(), conflicts=(), findings=(), notes=()))

    assert {"Every row was used.", "Nothing: no record contradicts another."} < set(found.text)
    assert "Nothing stands out in what was read." in found.text
    assert {"Findings", "Rows that were not used"}.isdisjoint(found.tables)


def test_many_reasons_are_summed_up_and_none_is_lost():
    """A million rows can be wrong in a thousand ways."""
    rejects = tuple((f"reason {number}", 2) for number in range(MOST_REASONS + 3))

    rows = read(replace(COUNTS, rejects=rejects)).tables["Rows that were not used"]

    assert (1 + MOST_REASONS + 1, ["3 further reasons", "6"]) == (len(rows), rows[-1])


def test_without_names_the_page_holds_counts_only():
    """And says so at the top."""
    found = read(COUNTS)

    assert "counts only" in found.text[4]
    assert "Accounts; personal data" not in found.tables


def test_with_names_the_page_says_that_it_is_personal_data():
    """Whoever passes it on must know what they pass on."""
    found = read(NAMED)

    assert [["idp", "login"], ["okta", "ada@example.com"]] == found.tables["Accounts; personal data"]
    assert "holds personal data" in " ".join(found.text)
    assert "counts only" not in " ".join(found.text)


def test_a_browser_is_not_given_more_names_than_it_can_show():
    """How many are left out, and where they are, is said."""
    names = tuple(("okta", f"{number}@example.com") for number in range(MOST_NAMES + 1500))

    found = read(replace(NAMED, names=names))

    assert 1 + MOST_NAMES == len(found.tables["Accounts; personal data"])
    assert "The first 2,000; 1,500 more are in the table: --csv PATH --with-names." in found.text


def test_a_field_of_megabytes_does_not_drown_the_page():
    """It is cut where it is shown."""
    found = read(replace(NAMED, names=(("okta", "x" * 10_000_000),)))

    assert f"{'x' * MOST_LETTERS}…" == found.tables["Accounts; personal data"][1][1]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><b onclick="x">', "</style><i>", "&lt;b&gt;", "'=1"])
def test_no_text_of_an_export_becomes_markup(text):
    """Names, reasons, files and cohorts are other people's words."""
    told = replace(
        NAMED,
        idps=(text,),
        counts={text: {"ready": 1, text: 1}},
        files=((text, text, text, 1, 1, 0),),
        rejects=((text, 1),),
        conflicts=((text, 1),),
        findings=((text, 1, text, text),),
        notes=(text,),
        names=((text, text),),
        name_headings=(text, text),
    )

    plain = replace(NAMED, counts={"standard": {"ready": 1, "x": 1}})
    found = read(told)

    assert [tag for tag, _ in read(plain).elements] == [tag for tag, _ in found.elements]
    assert text == found.tables["Accounts; personal data"][1][1]


def test_a_moment_of_another_zone_is_shown_in_utc():
    """Two pages of one export say one time."""
    there = replace(COUNTS, taken_at=COUNTS.taken_at.astimezone(timezone(timedelta(hours=9))))

    assert page(COUNTS) == page(there)
    assert "2 Nov 2026, 09:14 UTC" in " ".join(read(there).text)
