import csv
import io

import pytest

from migration.report_table import COLUMNS, table
from tests.migration.report_builders import a_busy_report, a_cohort, a_report, a_wave


def _rows(facts):
    return list(csv.DictReader(io.StringIO(table(facts))))


def test_there_is_one_row_per_wave_and_one_per_cohort():
    """A programme's waves come first, in the plan's order; then its cohorts."""
    rows = _rows(a_busy_report())

    assert ["wave"] * 7 + ["cohort"] * 8 == [row["row"] for row in rows]
    assert "administrators-01" == rows[0]["key"]
    assert "administrators" == rows[7]["key"]


@pytest.mark.parametrize("facts", [a_report(), a_busy_report()])
def test_the_columns_are_always_the_documented_ones(facts):
    """A spreadsheet built on last month's report still fits."""
    assert list(COLUMNS) == next(csv.reader(io.StringIO(table(facts))))
    assert all(COLUMNS.values())


def test_a_wave_row_holds_what_the_page_shows():
    """Dates are ISO, shares are fractions, and a reason has its own column."""
    row = _rows(a_busy_report())[2]

    assert {
        "key": "standard-02",
        "cohort": "standard",
        "idp": "okta",
        "people_count": "150",
        "moved_count": "0",
        "stage": "ENROL",
        "since": "2026-10-30",
        "enforce_on": "2026-11-13",
        "expected_settle_on": "2026-11-23",
        "ready_count": "101",
        "ready_share": "0.673",
        "stuck_needs_key": "31",
        "stuck_needs_supervision": "6",
        "stuck_gone": "0",
        "behind_days": "3",
        "over_days": "0",
        "has_posture": "yes",
        "forecast": "in time, though 3 days behind its plan",
    }.items() <= row.items()


def test_a_cohort_row_spans_its_waves():
    """First and last planned day, the worst delay, and those of its people who moved."""
    row = next(row for row in _rows(a_busy_report()) if row["row"] == "cohort" and row["key"] == "standard")

    assert {
        "people_count": "304",
        "wave_count": "2",
        "moved_count": "150",
        "enrol_on": "2026-10-29",
        "settle_on": "2026-11-20",
        "expected_settle_on": "2026-11-23",
        "behind_days": "3",
        "stage": "",
    }.items() <= row.items()


def test_what_nobody_knows_is_an_empty_cell_and_not_a_nought():
    """A cohort without waves has no delay, and one without a posture no expected day."""
    rows = {(row["row"], row["key"]): row for row in _rows(a_busy_report())}

    assert "" == rows["cohort", "service"]["over_days"]
    assert "" == rows["wave", "executives-01"]["expected_settle_on"]
    assert "no" == rows["wave", "executives-01"]["has_posture"]


def test_reasons_without_a_column_are_added_up():
    """A new readiness code does not lose its people."""
    row = _rows(a_report([a_wave(unready={"moon-phase": 3, "tide": 2, "needs-key": 1})], [a_cohort()]))[0]

    assert "5" == row["stuck_other"]
    assert "1" == row["stuck_needs_key"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r\n+"])
def test_a_text_that_a_spreadsheet_would_run_is_defused(start):
    """Somebody may have written a formula into a note."""
    note = f"{start}HYPERLINK(A1)"

    assert f"'{note.strip()}" == _rows(a_report([a_wave(note=note)], [a_cohort()]))[0]["note"]


def test_a_row_is_one_line_whatever_a_text_holds():
    """A note is free text; tools that read line by line must not lose their place."""
    note = 'held, "for now"\r\nand then\rsome'

    assert 3 == len(table(a_report([a_wave(note=note)], [a_cohort()])).splitlines())
    assert 'held, "for now" and then some' == _rows(a_report([a_wave(note=note)], [a_cohort()]))[0]["note"]


def test_no_approver_is_named():
    """The table holds counts and keys only."""
    assert "m.ito" not in table(a_busy_report())
