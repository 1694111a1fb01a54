import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration import tickets
from migration.adapters.ticket_file import TicketFile
from migration.errors import ConfigInvalid
from migration.tickets import Reject, Ticket

NAMED = {"opened_at": "Created", "closed_at": "Resolved", "category": "Category", "account": "User ID", "kind": "Type"}
HEAD = ("Created", "Resolved", "Category", "User ID", "Type")
COLUMNS = tickets.columns(NAMED, sign_in_categories=["Sign-in", "MFA"])
NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)
ROW = ("2026-11-02T09:00:00Z", "", "MFA", "00u1", "request")


def parse(*rows, headings=HEAD, wanted=COLUMNS):
    """Parse rows that begin on line 2."""
    return tickets.parse(list(enumerate(rows, start=2)), headings, wanted)


def written(tmp_path, text, encoding="utf-8", wanted=COLUMNS):
    """Write a file and read it."""
    path = tmp_path / "tickets.csv"
    path.write_bytes(text.encode(encoding))
    return TicketFile(path, wanted).read()


def test_a_row_becomes_a_ticket_without_a_word_of_what_it_says():
    """When, whose, and whether it is about sign-in; nothing else is kept."""
    found = parse(ROW, ("2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z", "Printer", "00u2", "Incident"))

    assert (
        Ticket(NINE, None, "00u1", is_about_sign_in=True, is_incident=False),
        Ticket(NINE, NINE.replace(hour=10), "00u2", is_about_sign_in=False, is_incident=True),
    ) == found.tickets
    assert () == found.rejects


def test_an_address_is_no_account_and_is_not_kept():
    """A help desk that writes addresses names nobody to us."""
    assert None is parse((*ROW[:3], "somebody@example.com", "")).tickets[0].account_id
    assert None is parse((*ROW[:3], "  ", "")).tickets[0].account_id


def test_capital_letters_do_not_make_another_category():
    """Help desks write as they please."""
    assert parse((*ROW[:2], " sign-IN ", "00u1", "")).tickets[0].is_about_sign_in


def test_without_categories_every_ticket_is_about_sign_in():
    """None named must not mean that none counts: the load would be nothing for ever."""
    wanted = tickets.columns({"opened_at": "Created"})

    assert parse(("2026-11-02",), headings=("Created",), wanted=wanted).tickets[0].is_about_sign_in


@pytest.mark.parametrize(
    ("row", "column", "because"),
    [
        (("soon", *ROW[1:]), "Created", "it is no time"),
        (("", *ROW[1:]), "Created", "it is no time"),
        ((ROW[0], "later", *ROW[2:]), "Resolved", "it is no time"),
        ((ROW[0], "2026-11-01", *ROW[2:]), "Resolved", "it was closed before it was opened"),
        (ROW[:4], "the row", "it has 4 cells, and there are 5 columns"),
        ((*ROW, "more"), "the row", "it has 6 cells, and there are 5 columns"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_by_its_line(row, column, because):
    """And no row is dropped."""
    found = parse(ROW, row)

    assert (Reject(3, column, because),) == found.rejects
    assert 2 == found.row_count


@given(st.lists(st.tuples(*[st.text(max_size=25)] * 5) | st.just(ROW) | st.just(ROW[:2]), max_size=30))
def test_every_row_ends_as_a_ticket_or_as_a_reject(rows):
    """Whatever stands in it."""
    found = parse(*rows)

    assert len(rows) == len(found.tickets) + len(found.rejects) == found.row_count


def test_a_time_without_offset_is_where_the_map_says():
    """Nine in Berlin in November is eight in UTC."""
    berlin = tickets.columns({"opened_at": "Created"}, time_zone="Europe/Berlin", time_format="%d.%m.%Y %H:%M")
    found = parse(("02.11.2026 10:00",), headings=("Created",), wanted=berlin)

    assert (NINE, ZoneInfo("Europe/Berlin")) == (found.tickets[0].opened_at, berlin.time_zone)
    assert UTC is found.tickets[0].opened_at.tzinfo


def test_the_file_is_as_old_as_the_newest_moment_that_it_names(tmp_path):
    """A copy that was made today is as old as what was copied."""
    row = '"2026-11-01T09:00:00Z","2026-11-02T09:00:00Z","MFA","00u1",""\n'
    found = written(tmp_path, f"{','.join(HEAD)}\n{row}")
    os.utime(tmp_path / "tickets.csv", (2e9, 2e9))

    assert NINE == found.taken_at == TicketFile(tmp_path / "tickets.csv", COLUMNS).read().taken_at


def test_some_rejects_are_borne_and_many_are_not():
    """One bad row of fifty is a typing error; two are a file that is read wrongly."""
    bad = ("soon", *ROW[1:])

    assert None is parse(*[ROW] * 49, bad).unusable_because
    assert "2 of 50 rows" in (parse(*[ROW] * 48, bad, bad).unusable_because or "")
    assert "the first is line 2, Created" in (parse(bad).unusable_because or "")


def test_a_file_without_rows_says_nothing():
    """No tickets at all is not a quiet help desk."""
    assert "the ticket file has no rows" == parse().unusable_because
    assert None is parse().taken_at


def test_a_missing_column_and_one_that_is_there_twice_say_nothing():
    """Nobody guesses which one was meant."""
    assert "the ticket file has no column Resolved, Type" == parse(headings=("Created", *HEAD[2:4])).unusable_because
    assert "the column Created more than once" in (parse(headings=("Created", *HEAD)).unusable_because or "")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_as_spreadsheets_write_it(tmp_path, sign, encoding, end):
    """With any of the usual delimiters and line ends, with or without a mark."""
    found = written(tmp_path, f"{sign.join(HEAD)}{end}{sign.join(ROW)}{end}{end}", encoding)

    assert (Ticket(NINE, None, "00u1", is_about_sign_in=True, is_incident=False),) == found.tickets


def test_a_reject_is_on_the_line_on_which_its_row_begins(tmp_path):
    """Cells may have line breaks, and lines may be empty."""
    first = f'{ROW[0]},,"MFA\nand more",00u1,\n'
    found = written(tmp_path, f"{','.join(HEAD)}\n{first}\nsoon,,MFA,00u1,\n")

    assert (Reject(5, "Created", "it is no time"),) == found.rejects


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "has no column"),
        (b"Created\xe9", "is not UTF-8"),
        (b'Created,Resolved,Category,User ID,Type\n"open', "is no CSV"),
    ],
)
def test_a_file_that_is_none_says_why(tmp_path, content, expected):
    """It is no error: the gates wait, and everything else goes on."""
    (tmp_path / "tickets.csv").write_bytes(content)

    found = TicketFile(tmp_path / "tickets.csv", COLUMNS).read()

    assert expected in (found.unusable_because or "")
    assert (True, True) == (found.names_accounts, found.names_incidents)


def test_a_file_that_is_not_there_and_one_that_cannot_be_read_say_so(tmp_path):
    """The reason names the file, and no path of this machine."""
    missing = TicketFile(tmp_path / "tickets.csv", COLUMNS).read()
    folder = TicketFile(tmp_path, COLUMNS).read()

    assert "there is no ticket file tickets.csv" == missing.unusable_because
    assert f"the ticket file {tmp_path.name} cannot be read: Is a directory" == folder.unusable_because


def test_a_column_map_that_cannot_be_meant_is_refused_as_a_whole():
    """All problems at once, in the words of the settings."""
    with pytest.raises(ConfigInvalid) as caught:
        tickets.columns(
            {"opend_at": "Created", "kind": "Type", "account": " "}, sign_in_categories=["MFA"], time_zone="Mars"
        )

    assert [
        "columns.opend_at: one of opened_at, closed_at, category, account, kind",
        "columns.account: it is empty",
        "columns.opened_at: it must be named",
        "columns.closed_at: without it every incident would stay open",
        "columns.category: without it no category is known",
        "time_zone: there is no Mars",
    ] == caught.value.context.split("; ")
