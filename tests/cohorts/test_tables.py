import csv
import os
import unicodedata
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.tables import aside, safe_cell, write_csv

BEGINS = "=+-@"
# What a formula is smuggled in with, and letters between.
NASTY = st.text(st.sampled_from("=+-@;,\t\r\n\"' a1|%\u00a0\u200b\ufeff\uff1d\u2212"), max_size=12)


def is_live(cell):
    """Say whether a spreadsheet would run the cell, however it trims and folds what it imports."""
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", cell) if unicodedata.category(letter)[0] != "C")
    return shown.lstrip(' "')[:1] in {*BEGINS, "\u2212"}


def read_back(path, delimiter=",", encoding="utf-8"):
    """Return the rows as a spreadsheet takes them apart."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1 555 0100", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "|x", "%x"]
)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text):
    """A spreadsheet then shows it and does not run it."""
    assert f"'{text}" == safe_cell(text)


@pytest.mark.parametrize(
    "begin",
    [" ", "\u00a0", "\u3000", "\u2003", "\u200b", "\ufeff", "\u00ad", "\u202e", "\u2060", "\0", "\x1b", ' "', "\v"],
)
def test_nothing_that_an_import_trims_hides_a_formula(begin):
    """White space, control characters, quotes and marks that nobody sees are looked through."""
    assert f"'{begin}=1" == safe_cell(f"{begin}=1")


@pytest.mark.parametrize(
    "sign", [chr(code) for code in range(128, 0x20000) if unicodedata.normalize("NFKC", chr(code))[:1] in {*BEGINS}]
)
def test_a_wide_or_small_sign_counts_as_the_sign(sign):
    """Some spreadsheets fold it before they look."""
    assert f"'{sign}1" == safe_cell(f"{sign}1")


def test_a_minus_of_typographers_counts_as_a_minus():
    """Some spreadsheets read it as one."""
    assert "'\u22121" == safe_cell("\u22121")


@pytest.mark.parametrize("between", [";", "\t", "\n", "\r\n", "; ", ';"'])
def test_a_formula_behind_what_ends_a_cell_elsewhere_is_stopped_too(between):
    """A German Excel parts cells at semicolons, and then the quotes around the whole are only letters."""
    at = len(between.rstrip(' "'))

    assert f"x{between[:at]}'{between[at:]}=1" == safe_cell(f"x{between}=1")


@pytest.mark.parametrize(
    "text", ["ada@example.com", "a-b", "1-2", "O'Brien", "Zoë Ångström", "x = y", "", "'=1", "王-小明"]
)
def test_any_other_text_is_left_as_it_is(text):
    """An apostrophe too many would be a wrong name."""
    assert text == safe_cell(text)


@pytest.mark.parametrize("number", [-5, 0, -1.5, np.int64(-5), np.float32(-0.5)])
def test_a_number_of_ours_stays_a_number(number):
    """It is negative, not a formula."""
    assert number is safe_cell(number)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (date(2026, 11, 2), "2026-11-02"),
        (datetime(2026, 11, 2, 9, 14, tzinfo=UTC), "2026-11-02T09:14:00+00:00"),
        (PurePosixPath("=x"), "'=x"),
    ],
)
def test_other_values_are_words(value, shown):
    """What is neither text nor number is written as somebody would, and is as safe as a text."""
    assert shown == safe_cell(value)


@given(rows=st.lists(st.tuples(NASTY, NASTY, NASTY), min_size=1, max_size=3), delimiter=st.sampled_from(",;\t"))
def test_no_cell_is_live_whatever_parts_the_cells(tmp_path_factory, rows, delimiter):
    """Nobody knows which country's spreadsheet will open the table."""
    path = tmp_path_factory.getbasetemp() / "nasty.csv"

    write_csv(path, ("a", "b", "c"), rows)

    assert [] == [cell for row in read_back(path, delimiter) for cell in row if is_live(cell)]


@given(rows=st.lists(st.tuples(NASTY, NASTY), max_size=4))
def test_a_row_is_read_back_as_it_was_written(tmp_path_factory, rows):
    """Quotes, separators and line ends inside a cell do not part it; only apostrophes are added."""
    path = tmp_path_factory.getbasetemp() / "rows.csv"

    write_csv(path, ("a", "b"), rows)

    assert [["a", "b"], *([safe_cell(cell) for cell in row] for row in rows)] == read_back(path)


def test_a_line_end_inside_a_cell_is_inside_quotes(tmp_path):
    """And each row ends with CR LF, as RFC 4180 has it."""
    path = tmp_path / "table.csv"

    write_csv(path, ("name", "count"), [("Ada\r\nLovelace", 3), ('say "no"', -1)])

    assert b'name,count\r\n"Ada\r\nLovelace",3\r\n"say ""no""",-1\r\n' == path.read_bytes()


def test_a_heading_is_as_safe_as_a_cell(tmp_path):
    """It may be a column of the vendor's."""
    path = tmp_path / "table.csv"

    write_csv(path, ("=1",), [])

    assert b"'=1\r\n" == path.read_bytes()


def test_a_byte_order_mark_is_written_where_somebody_asks(tmp_path):
    """Excel takes a file without one for Windows-1252."""
    path = tmp_path / "table.csv"

    write_csv(path, ("name",), [("Zoë",)], encoding="utf-8-sig")

    assert b"\xef\xbb\xbfname\r\nZo\xc3\xab\r\n" == path.read_bytes()


def test_half_a_letter_does_not_end_the_table(tmp_path):
    """JSON can hold half of a surrogate pair, and no encoding can."""
    path = tmp_path / "table.csv"

    write_csv(path, ("name",), [("a\udc80",)])

    assert b"name\r\na\\udc80\r\n" == path.read_bytes()


def test_a_row_of_another_length_leaves_the_old_table(tmp_path):
    """A cell under the wrong heading is worse than no table."""
    path = tmp_path / "table.csv"
    path.write_text("old", encoding="utf-8")

    with pytest.raises(ValueError, match="row 2 has 1 cells under 2 headings"):
        write_csv(path, ("a", "b"), [(1, 2), (3,)])

    assert [("table.csv", "old")] == [(one.name, one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()]


@pytest.mark.parametrize("ending", [OSError, KeyboardInterrupt, ZeroDivisionError])
def test_whatever_goes_wrong_nothing_partial_stays(tmp_path, ending):
    """Neither under the name, nor beside it."""

    def interrupted():
        yield ("a",)
        raise ending

    with pytest.raises(ending):
        write_csv(tmp_path / "table.csv", ("name",), interrupted())

    assert [] == list(tmp_path.iterdir())


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    """Whoever reads meanwhile reads the old one."""
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")

    with aside(path) as file:
        file.write("new")
        file.flush()
        assert "old" == path.read_text(encoding="utf-8")

    assert [("page.html", "new")] == [(one.name, one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()]


def test_bytes_are_written_as_they_are(tmp_path):
    """No line end is changed."""
    path = tmp_path / "members"

    with aside(path, "wb") as file:
        file.write(b"\r\n\xff")

    assert b"\r\n\xff" == path.read_bytes()


def test_a_link_keeps_leading_where_it_led(tmp_path):
    """A page that others are served from must not turn into a copy of it."""
    path, link = tmp_path / "page.html", tmp_path / "newest.html"
    path.write_text("old", encoding="utf-8")
    link.symlink_to(path)

    with aside(link) as file:
        file.write("new")

    assert (True, "new") == (link.is_symlink(), path.read_text(encoding="utf-8"))


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    """A rename would put a file in the place of /dev/stdout."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_csv(pipe, ("a",), [(1,)])

    assert (b"a\r\n1\r\n", True) == (os.read(reader, 64), pipe.is_fifo())
    os.close(reader)


def test_a_folder_cannot_be_written_to(tmp_path):
    """It stays, with what is in it."""
    (tmp_path / "kept").touch()

    with pytest.raises(IsADirectoryError), aside(tmp_path):
        pass

    assert ["kept"] == [one.name for one in tmp_path.iterdir()]
