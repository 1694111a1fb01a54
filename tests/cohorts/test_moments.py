from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.moments import moments

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
START = datetime(1970, 1, 1, tzinfo=UTC)


def times(*values, kind=None):
    """Return what a column of times is taken for: a moment, None (not known) or "strange"."""
    told, strange = moments(pa.array(list(values), kind))
    known = np.ones(len(values), bool) if told.known is None else told.known
    odd = np.zeros(len(values), bool) if strange is None else strange
    return [
        "strange" if is_odd else START + timedelta(milliseconds=int(value)) if is_known else None
        for value, is_known, is_odd in zip(told.values, known, odd, strict=True)
    ]


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-01T12:00:00.000Z",
        "2026-11-01T12:00:00Z",
        "2026-11-01T12:00Z",
        "2026-11-01T12:00:00.0000000Z",
        "2026-11-01T13:00:00+01:00",
        "2026-11-01T07:00:00-0500",
        "2026-11-01T12:00:00",
        "2026-11-01 12:00:00",
        "2026-11-01 12:00:00 UTC",
        "20261101120000.0Z",
        "20261101120000Z",
        "11/1/2026 12:00:00 PM",
        "11/01/2026 12:00 PM",
        "11/01/2026 12:00",
        "01.11.2026 12:00:00",
        "Nov 1, 2026 12:00:00 PM",
        "Sun Nov 01 12:00:00 UTC 2026",
        "1793534400",
        "1793534400.0",
        "1793534400000",
        " 2026-11-01T12:00:00Z ",
    ],
)
def test_a_moment_in_every_spelling(written):
    """However it is written, it is one moment in UTC, and a strange neighbour changes nothing."""
    assert [NOON] == times(written)
    assert [NOON, "strange"] == times(written, "soon")


@pytest.mark.parametrize("written", ["2026-11-01", "20261101", "11/1/2026", "01.11.2026", "1 Nov 2026", "1-Nov-2026"])
def test_a_date_is_its_first_moment(written):
    """A day has no hour; with slashes the month stands first."""
    assert [NOON.replace(hour=0)] == times(written)


@pytest.mark.parametrize(
    "written", ["", "never", "Never", "N/A", "-", "0", "0001-01-01T00:00:00Z", "1601-01-01T00:00:00Z", "1970-01-01"]
)
def test_never_is_not_known(written):
    """Vendors fill a time that there is not with a word, or with the beginning of their calendar."""
    assert [None] == times(written)
    assert [NOON, None, "strange"] == times("2026-11-01T12:00:00Z", written, "soon")


@pytest.mark.parametrize(
    "written", ["soon", "2026-02-30", "02/30/2026", "31/12/2026", "2026-11-01T25:00:00Z", "11/1/26", "-1", "12345"]
)
def test_what_is_no_time_is_strange(written):
    """It is never guessed: two digits of a year, or the day first, may mean another day."""
    assert ["strange"] == times(written)


@pytest.mark.parametrize("written", ["9999-12-31", "31.12.9999", "12/31/9999", "99991231", "9999-12-31T00:00:00Z"])
def test_a_contract_without_an_end_ends_in_the_year_9999(written):
    """It is a time like any other, alone or beside a strange one."""
    end = datetime(9999, 12, 31, tzinfo=UTC)

    assert [end] == times(written)
    assert [end, "strange"] == times(written, "soon")


def test_times_arrive_as_types_too():
    """Parquet has dates, times with and without a zone, and numbers."""
    assert [NOON, None] == times(NOON, None)
    assert [NOON] == times(NOON.astimezone(timezone(timedelta(hours=5))))
    assert [NOON] == times(NOON.replace(tzinfo=None), kind=pa.timestamp("us"))
    assert [NOON] == times(NOON, kind=pa.timestamp("ns", "Asia/Tokyo"))
    assert [NOON.replace(hour=0)] == times(date(2026, 11, 1))
    assert [NOON, None, None] == times(1793534400, 0, None)
    assert [NOON, None, "strange", "strange"] == times(1793534400.9, float("nan"), 1e300, float("-inf"))


def test_no_times_at_all_are_not_known():
    """A column of nothing is no mistake."""
    assert [] == times(kind=pa.string())
    assert [None, None] == times(None, None, kind=pa.string())


@given(
    st.lists(st.sampled_from(["2026-11-01T12:00:00Z", "2026-11-01", "11/1/2026", "never", "soon", "", "9999-12-31"]))
)
def test_a_time_means_the_same_whoever_stands_beside_it(written):
    """Whole columns are read in other ways than single values, and mean the same."""
    assert [times(one)[0] for one in written] == times(*written, kind=pa.string())


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - given below
def test_any_moment_is_read_back(moment):
    """What is written as ISO 8601 is read to the thousandth of a second."""
    exact = moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    assert [exact, "strange"] == times(exact.isoformat(), "soon")
    assert [exact] == times(exact.isoformat())
