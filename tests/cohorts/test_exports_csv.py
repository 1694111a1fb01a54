import csv as python_csv
import io

import block_builders
import pytest
from block_builders import SOURCES, column, lost
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.errors import ExportUnreadable
from cohorts.exports import counting
from cohorts.exports import csv as csv_form
from cohorts.exports.headings import heading_of
from cohorts.exports.lines import lines_of, row_text
from cohorts.exports.reading import parts, read
from cohorts.exports.recognising import recognise

HEADING = "Login,Status,Department"


def reading(folder, content, name="users.csv"):
    """Recognise one file and read all of its parts."""
    return block_builders.reading(folder, content, name)


def problems(blocks):
    """Return what is wrong with rows that are there, by line."""
    return [(lines_of(block, [one.row])[0], one.column, one.because) for block in blocks for one in block.problems]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_is_read_as_it_comes(tmp_path, delimiter, ending, encoding):
    """Delimiter, line end and encoding change nothing of what is read."""
    rows = [HEADING.split(","), ["ann", "ACTIVE", "Zürich"], ["bob", "STAGED", ""]]
    text = ending.join(delimiter.join(row) for row in rows) + ending

    blocks = reading(tmp_path, text.encode(encoding))

    assert ["ann", "bob"] == column(blocks, "login")
    assert ["Zürich", None] == column(blocks, "department")
    assert [2, 3] == lines_of(blocks[0], [0, 1])


def test_windows_1252_is_read_where_nothing_is_utf_8(tmp_path):
    """A file with bytes beyond ASCII of which none makes a character in UTF-8 is in the code page of old Windows."""
    blocks = reading(tmp_path, f"{HEADING}\nann,ACTIVE,Zürich „Süd“\n".encode("cp1252"))

    assert ["Zürich „Süd“"] == column(blocks, "department")


def test_a_byte_that_is_nothing_in_windows_1252_costs_its_row_only(tmp_path):
    """Five bytes of that code page are no character."""
    blocks = reading(tmp_path, HEADING.encode() + b"\nann,ACTIVE,Z\xfcrich\nbob,ACTIVE,\x81\n")

    assert ["Zürich", None] == column(blocks, "department")
    assert [(3, "department", "not UTF-8")] == problems(blocks)


def test_one_bad_byte_among_good_ones_is_a_problem_of_its_row(tmp_path):
    """A file that is UTF-8 elsewhere is not taken for another encoding."""
    content = f"{HEADING}\nann,ACTIVE,Zürich\nbob,ACTIVE,".encode() + b"\xfc\ncid,ACTIVE,Bern\n"

    blocks = reading(tmp_path, content)

    assert ["Zürich", None, "Bern"] == column(blocks, "department")
    assert [(3, "department", "not UTF-8")] == problems(blocks)


def test_a_bad_byte_in_a_column_that_nobody_reads_does_not_matter(tmp_path):
    """Only what is read can be wrong, whether its neighbours are well formed or not."""
    good = b"Login,Status,Note\nann,ACTIVE,\xfc\xc3\xbc\n"

    assert [] == problems(reading(tmp_path, good))
    assert [] == problems(reading(tmp_path, good + b"bob\n"))


def test_quoted_line_breaks_are_no_ends_of_rows(tmp_path):
    """A cell in quotes may go over lines, and lines are counted as an editor does."""
    text = f'{HEADING}\r\n"ann",ACTIVE,"one\r\ntwo, ""three"""\r\n\r\nbob,ACTIVE,x\r\n'

    blocks = reading(tmp_path, text)

    assert ['one\r\ntwo, "three"', "x"] == column(blocks, "department")
    assert [2, 5] == lines_of(blocks[0], [0, 1])


def test_a_heading_may_go_over_lines(tmp_path):
    """Rows begin behind the heading row, wherever that ends."""
    blocks = reading(tmp_path, 'Login,Status,"Depart\nment"\nann,ACTIVE,x\nbob,ACTIVE,y\nz\n')

    assert ["ann", "bob"] == column(blocks, "login")
    assert [3, 4] == lines_of(blocks[0], [0, 1])
    assert [(5, "1 cells where the heading has 3")] == lost(blocks)


def test_a_first_line_may_name_the_delimiter(tmp_path):
    """Spreadsheets are told the delimiter in a line of its own, which is no heading."""
    blocks = reading(tmp_path, "sep=;\r\nLogin;Status;Department\r\nann;ACTIVE;a,b,c,d,e\r\n")

    assert ["a,b,c,d,e"] == column(blocks, "department")
    assert [3] == lines_of(blocks[0], [0])


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ("bob,ACTIVE", "2 cells where the heading has 3"),
        ("bob,ACTIVE,x,y", "4 cells where the heading has 3"),
        ("bob", "1 cells where the heading has 3"),
    ],
)
def test_a_ragged_row_is_lost_and_named(tmp_path, row, because):
    """A row with too many or too few cells says nothing for certain, and costs that row only."""
    blocks = reading(tmp_path, f"{HEADING}\nann,ACTIVE,x\n{row}\ncid,ACTIVE,z\n")

    assert ["ann", "cid"] == column(blocks, "login")
    assert [(3, because)] == lost(blocks)
    assert [2, 4] == lines_of(blocks[0], [0, 1])


@pytest.mark.parametrize("tail", ['bob,ACTIVE,"open', 'bob,ACTIVE,"open\ncid,ACTIVE,z\n', 'bob,"ACTIVE,x\n'])
def test_a_quotation_mark_that_is_never_closed_refuses_the_file(tmp_path, tail):
    """Nobody knows how many rows it swallowed."""
    with pytest.raises(ExportUnreadable, match=r"opened on line 3 .* never closed") as refused:
        reading(tmp_path, f"{HEADING}\nann,ACTIVE,x\n{tail}")
    assert refused.value.context.endswith("users.csv:3")


def test_a_quotation_mark_inside_a_cell_is_a_letter(tmp_path):
    """Only at the beginning of a cell does it open anything."""
    blocks = reading(tmp_path, f'{HEADING}\nann,ACTIVE,5" pipe\nbob,ACTIVE,x\n')

    assert ['5" pipe', "x"] == column(blocks, "department")


def test_the_last_row_needs_no_line_end(tmp_path):
    """Many tools leave it out."""
    assert ["ann", "bob"] == column(reading(tmp_path, f"{HEADING}\nann,ACTIVE,x\nbob,ACTIVE,y"), "login")


def test_only_an_empty_cell_is_nothing(tmp_path):
    """NULL and NA are surnames and departments too."""
    blocks = reading(tmp_path, f'{HEADING}\nNULL,ACTIVE,NA\nb,ACTIVE,""\nc,ACTIVE,\n')

    assert ["NA", None, None] == column(blocks, "department")
    assert "NULL" == column(blocks, "login")[0]


def test_headings_are_known_in_any_spelling(tmp_path):
    """Case, spaces, underscores and hyphens do not matter."""
    blocks = reading(tmp_path, "LOGIN;status;Employee_Number;cost-center\nann;ACTIVE;7;K1\n")

    assert (["7"], ["K1"]) == (column(blocks, "employee_number"), column(blocks, "cost_center"))


def test_of_two_equal_headings_the_first_is_read_and_it_is_said(tmp_path):
    """A spreadsheet with a column twice is read, and nobody is surprised."""
    path = tmp_path / "users.csv"
    path.write_text("Login,Status,Department,Department\nann,ACTIVE,x,y\n")

    found = recognise(path, SOURCES)

    assert ("Login", "Status", "Department", "Department (2)") == found.files[0].header
    assert ["x"] == column([read(part) for part in parts(found.files[0])], "department")
    assert ("users.csv has the heading Department twice; the first one is read",) == found.notes


def test_a_field_of_ten_megabytes_is_read(tmp_path):
    """Nothing limits how long a cell may be; its neighbours are read as ever."""
    long = "x" * 10_000_000
    blocks = reading(tmp_path, f'{HEADING}\nann,ACTIVE,"{long}"\nbob,ACTIVE,y\ncid\n')

    assert [long, "y"] == column(blocks, "department")
    assert [(4, "1 cells where the heading has 3")] == lost(blocks)


def test_thousands_of_columns_are_read(tmp_path):
    """Only what is asked for is kept."""
    more = ",".join(f"c{number}" for number in range(5_000))
    blocks = reading(tmp_path, f"{HEADING},{more}\nann,ACTIVE,x,{',' * 4_999}\n")

    assert ["ann"] == column(blocks, "login")


def test_a_zero_byte_is_a_letter_like_any_other(tmp_path):
    """It stands in the cell that it stands in."""
    blocks = reading(tmp_path, b"Login,Status,Department\n" + b"ann,ACTIVE,x\n" * 500 + b"bob,ACTIVE,a\0b\n")

    assert "a\0b" == column(blocks, "department")[-1]


def test_a_heading_without_rows_says_none(tmp_path):
    """It has no parts, or parts without rows."""
    assert [] == reading(tmp_path, "Login,MFA Factor\n", "usage.csv")


def test_the_raw_row_can_be_seen_again(tmp_path):
    """Explaining shows what the vendor wrote, in its own words."""
    (block,) = reading(tmp_path, f"{HEADING},Note\nann,ACTIVE,x,1\nragged\nbob,STAGED,,2\n")

    assert {"Login": "bob", "Status": "STAGED", "Department": "", "Note": "2"} == row_text(block.part, 1)


CELLS = st.text(alphabet=st.sampled_from('ab",;\r\n é'), max_size=6)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(table=TABLES, quoting=st.sampled_from([python_csv.QUOTE_ALL, python_csv.QUOTE_MINIMAL]))
def test_wherever_a_file_is_cut_the_same_rows_come_out(tmp_path_factory, table, quoting):
    """A row lies in one part, whatever stands in its quotes."""
    written = io.StringIO(newline="")
    writer = python_csv.writer(written, quoting=quoting, lineterminator="\r\n")
    writer.writerow(["Login", "Status", "Department"])
    writer.writerows([f"x{one}", f"y{two}", f"z{three}"] for one, two, three in table)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_form, "PART", 40)
        patch.setattr(csv_form, "WINDOW", 7)
        blocks = reading(tmp_path_factory.mktemp("csv"), written.getvalue())

    assert [f"x{row[0]}" for row in table] == column(blocks, "login")
    assert [f"z{row[2]}" for row in table] == column(blocks, "department")
    assert [] == lost(blocks)


RAW = st.lists(st.sampled_from([b"a", b"b c", b'"', b'""', b'"a"', b"\xc3\xbc", b"\xfc", b"\0", b";"]), max_size=3)
ROWS = st.lists(st.lists(RAW.map(b"".join), min_size=3, max_size=3).map(b",".join), max_size=5).map(b"\n".join)
NOISE = st.binary(max_size=200).map(lambda raw: bytes(b'a",\n\r;b\xc3\xbc'[one % 9] for one in raw))


@settings(max_examples=300, deadline=None)
@given(body=ROWS | NOISE)
def test_fast_and_slow_reading_agree(tmp_path_factory, body):
    """What Arrow takes at once is what following every cell gives, for any bytes."""
    path = tmp_path_factory.mktemp("csv") / "users.csv"
    path.write_bytes(b"Login,Status,Department\n" + body)
    (file,) = recognise(path, SOURCES).files
    for part in parts(file):
        content = path.read_bytes()[part.start : part.stop]
        fast = csv_form._at_once(part, content)
        if fast is None:
            continue
        slow = csv_form._row_by_row(part, content)
        assert (slow.row_count, slow.lost, slow.problems) == (fast[0], (), ())
        assert {name: told.to_pylist() for name, told in slow.columns.items()} == {
            name: told.to_pylist() for name, told in fast[1].items()
        }


def test_a_stray_quote_does_not_swallow_the_file(tmp_path, monkeypatch):
    """Where counting quotes finds no end of a row, every row is followed instead."""
    monkeypatch.setattr(csv_form, "PART", 100)
    monkeypatch.setattr(csv_form, "WINDOW", 10)
    monkeypatch.setattr(csv_form, "FARTHEST", 300)
    rows = [f"u{number},ACTIVE,d" for number in range(200)]
    rows[3] = 'u3,ACTIVE,5" pipe'

    blocks = reading(tmp_path, "\n".join([HEADING, *rows]) + "\n")

    assert len(blocks) > 2
    assert [f"u{number}" for number in range(200)] == column(blocks, "login")
    assert [2 + number for number in range(200)] == [
        line for block in blocks for line in lines_of(block, range(block.row_count))
    ]


def test_a_file_with_returns_only_is_cut_into_parts_too(tmp_path, monkeypatch):
    """Old line ends are found by following every row."""
    monkeypatch.setattr(csv_form, "PART", 50)
    monkeypatch.setattr(csv_form, "WINDOW", 10)
    monkeypatch.setattr(csv_form, "FARTHEST", 100)
    rows = [f'u{number},ACTIVE,"d\r{number}"' for number in range(30)]

    blocks = reading(tmp_path, "\r".join([HEADING, *rows]))

    assert len(blocks) > 2
    assert [f"u{number}" for number in range(30)] == column(blocks, "login")
    assert [2 + 2 * number for number in range(30)] == [
        line for block in blocks for line in lines_of(block, range(block.row_count))
    ]


def test_lines_are_counted_through_a_large_file(tmp_path, monkeypatch):
    """Counting goes on from the nearest place that is known, and a pair of return and line feed is one end."""
    monkeypatch.setattr(csv_form, "PART", 64)
    monkeypatch.setattr(counting, "STEP", 7)
    rows = [f"u{number},ACTIVE,d" for number in range(40)]
    blocks = reading(tmp_path, "\r\n".join([HEADING, *rows]))

    assert [41] == lines_of(blocks[-1], [blocks[-1].row_count - 1])
    assert [2] == lines_of(blocks[0], [0])
    assert [] == lines_of(blocks[0], [])


def test_a_million_columns_are_looked_up_once():
    """Headings are matched by a table, so that their number does not multiply with that of the paths."""
    heading = (*(f"c{number}" for number in range(1_000_000)), "Login", "Status", "login")
    assert "Login" == heading_of(heading, ("LOGIN",))
    assert heading_of(heading, ("nothing",)) is None
