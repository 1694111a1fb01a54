import hashlib
import json

import pytest
from export_builders import a_factor, a_membership, a_role, a_user, lines, write_export

from cohorts.errors import ExportEmpty, ExportForeign, ExportUnreadable, OfframpError
from cohorts.exports import MALFORMED, read_export

ENTRA_USER = {"id": "1", "userPrincipalName": "x", "displayName": "x"}
LOG_EVENT = {"uuid": "1", "eventType": "user.session.start", "published": "2026-11-02"}


def test_every_line_becomes_a_row_that_knows_where_it_stood(tmp_path):
    """Rows carry the line that an editor shows, blank lines counted."""
    write_export(tmp_path, users=[a_user("u1"), "", a_user("u2")])

    users = read_export(tmp_path).frames["users"]

    assert [("u1", 1), ("u2", 3)] == list(zip(users["user_id"], users.index, strict=True))


def test_a_json_array_is_read_like_lines(tmp_path):
    """Whether the file is an array or lines, the same people come out."""
    write_export(tmp_path)
    in_lines = read_export(tmp_path).frames["users"]
    (tmp_path / "users.jsonl").unlink()
    (tmp_path / "users.json").write_text(json.dumps([a_user("u1"), a_user("boss")], indent=2))

    raw = read_export(tmp_path)

    assert in_lines.equals(raw.frames["users"])
    assert "users.json" == raw.files["users"]


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path):
    """Windows tools put a mark before the text; the row behind it is read."""
    write_export(tmp_path)
    path = tmp_path / "users.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    array = json.dumps([a_membership("u1")]).encode()
    (tmp_path / "groups.jsonl").write_bytes(b"\xef\xbb\xbf" + array)

    raw = read_export(tmp_path)

    assert (2, 1, ()) == (len(raw.frames["users"]), len(raw.frames["groups"]), raw.rejects)


def test_the_last_line_needs_no_line_break(tmp_path):
    """Many tools leave it out, and the row is whole."""
    write_export(tmp_path)
    path = tmp_path / "users.jsonl"
    path.write_bytes(path.read_bytes().rstrip())

    assert 2 == len(read_export(tmp_path).frames["users"])


@pytest.mark.parametrize("kind", ["users", "factors", "groups", "roles"])
def test_every_file_counts_for_the_digest(tmp_path, kind):
    """One changed byte in any file is another export."""
    write_export(tmp_path)
    before = read_export(tmp_path).digest
    with (tmp_path / f"{kind}.jsonl").open("ab") as file:
        file.write(b"\n")

    assert before != read_export(tmp_path).digest
    assert len(hashlib.sha256().hexdigest()) == len(before)


@pytest.mark.parametrize(
    "where",
    [
        {"userId": "u1"},
        {"_embedded": {"user": {"id": "u1"}}},
        {"_links": {"user": {"href": "https://acme.okta.com/api/v1/users/u1"}}},
    ],
)
def test_a_factor_says_in_one_of_three_ways_whose_it_is(tmp_path, where):
    """The id stands beside the factor, inside it, or at the end of a link."""
    factor = a_factor("u1")
    del factor["userId"]
    write_export(tmp_path, factors=[{**factor, **where}])

    (told,) = read_export(tmp_path).frames["factors"]["user_id"]

    assert told.endswith("u1")


def test_a_path_through_something_that_is_no_object_is_seen(tmp_path):
    """A profile that is a text has no login, and that is not the same as having none."""
    write_export(tmp_path, users=[{**a_user("u1"), "profile": "text"}])

    assert MALFORMED is read_export(tmp_path).frames["users"]["login"].iloc[0]


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ("this is not json", "not JSON: column 1 makes no sense"),
        ('{"id": "cut', "not JSON: column 12 makes no sense"),
        ("[1, 2]", "this is no JSON object"),
        (json.dumps(ENTRA_USER), "this is an Entra user"),
        (json.dumps(LOG_EVENT), "this is a System Log event"),
        (json.dumps(a_factor("u1")), "this is a factor"),
        ('{"errorCode": "E0000047"}', "this is an error answer of Okta"),
        ('{"id": "u2"}', "this is no user of Okta"),
        ("[" * 5000 + "]" * 5000, "not JSON: nested too deeply"),
    ],
)
def test_a_line_that_is_no_user_is_rejected_by_number(tmp_path, row, because):
    """One bad line among good ones costs that line only, and is named."""
    write_export(tmp_path, users=[a_user("u1"), row, a_user("boss")])

    raw = read_export(tmp_path)

    assert [("users.jsonl", 2, because)] == [(one.file, one.line, one.because) for one in raw.rejects]
    assert 2 == len(raw.frames["users"])


def test_a_line_that_is_no_utf_8_is_rejected(tmp_path):
    """A text in another encoding is not guessed at."""
    write_export(tmp_path)
    with (tmp_path / "users.jsonl").open("ab") as file:
        file.write(b'{"id": "\xff"}\n')

    (reject,) = read_export(tmp_path).rejects

    assert (3, "not JSON: not UTF-8") == (reject.line, reject.because)


@pytest.mark.parametrize("kind", ["users", "factors", "groups", "roles"])
def test_a_missing_file_is_refused_with_the_next_command(tmp_path, kind):
    """All four files are needed, and the error says how to get them."""
    write_export(tmp_path)
    (tmp_path / f"{kind}.jsonl").unlink()

    with pytest.raises(ExportUnreadable, match=f"{kind}.jsonl is missing") as refused:
        read_export(tmp_path)
    assert str(tmp_path) == refused.value.context
    assert refused.value.hint.startswith("offramp cohort pull")


def test_without_roles_nobody_knows_the_administrators(tmp_path):
    """The refusal says why an export without roles is worth nothing."""
    write_export(tmp_path)
    (tmp_path / "roles.jsonl").unlink()

    with pytest.raises(ExportUnreadable, match="nobody can tell who is an administrator"):
        read_export(tmp_path)


def test_a_file_is_no_folder(tmp_path):
    """An export is a folder; one file of it is not."""
    write_export(tmp_path)

    with pytest.raises(ExportUnreadable, match=r"users.jsonl is not a folder"):
        read_export(tmp_path / "users.jsonl")


def test_two_files_of_one_kind_are_one_too_many(tmp_path):
    """Nobody can say which of them is the export."""
    write_export(tmp_path)
    (tmp_path / "users.json").write_text("[]")

    with pytest.raises(ExportUnreadable, match="both there"):
        read_export(tmp_path)


@pytest.mark.parametrize("content", ["", "\n\n", "[]"])
@pytest.mark.parametrize("kind", ["users", "roles"])
def test_nobody_and_no_administrator_cannot_be_true(tmp_path, kind, content):
    """Every org has a user and an administrator; a file without one was not allowed to see them."""
    write_export(tmp_path)
    (tmp_path / f"{kind}.jsonl").write_text(content)

    with pytest.raises(ExportEmpty, match=f"{kind}.jsonl is empty") as refused:
        read_export(tmp_path)
    assert "a token that may read" in refused.value.hint


@pytest.mark.parametrize("kind", ["factors", "groups"])
def test_an_empty_file_is_no_answer_but_an_empty_list_is(tmp_path, kind):
    """That nobody holds a factor must be said, not left out."""
    write_export(tmp_path)
    path = tmp_path / f"{kind}.jsonl"
    path.write_text("")
    with pytest.raises(ExportEmpty) as refused:
        read_export(tmp_path)
    assert f"write [] into {kind}.json" in refused.value.hint

    path.write_text("[]")

    assert 0 == len(read_export(tmp_path).frames[kind])


@pytest.mark.parametrize("kind", ["users", "factors", "groups", "roles"])
def test_a_file_that_was_cut_off_is_refused_whole(tmp_path, kind):
    """What is missing behind the cut cannot be counted, so nothing before it is believed."""
    write_export(tmp_path)
    path = tmp_path / f"{kind}.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    last = len(path.read_bytes().splitlines())

    with pytest.raises(ExportUnreadable, match=f"in the middle of line {last}") as refused:
        read_export(tmp_path)
    assert refused.value.context.endswith(f"{kind}.jsonl:{last}")


def test_an_array_that_was_cut_off_is_refused(tmp_path):
    """An array that does not end says nothing about how many there were."""
    write_export(tmp_path)
    (tmp_path / "users.jsonl").write_text(json.dumps([a_user("u1"), a_user("u2")])[:-20])

    with pytest.raises(ExportUnreadable, match="does not end as one"):
        read_export(tmp_path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xff\xfe{\x00", "UTF-16"),
        (b"\xfe\xff\x00{", "UTF-16"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"PK\x03\x04....", "zip archive"),
        (b"PAR1....", "Parquet"),
        (b"<!doctype html>", "HTML"),
    ],
)
def test_a_file_of_another_format_is_named(tmp_path, content, what):
    """The first bytes give a foreign format away, and the hint says what turns it into ours."""
    write_export(tmp_path)
    (tmp_path / "users.jsonl").write_bytes(content)

    with pytest.raises(ExportForeign, match=what) as refused:
        read_export(tmp_path)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("kind", "rows", "what"),
    [
        ("users", [ENTRA_USER], "an Entra user"),
        ("users", [{"@odata.context": "x", "value": []}], "an answer of Microsoft Graph"),
        ("users", [LOG_EVENT], "a System Log event"),
        ("users", [a_factor("u1")], "a factor"),
        ("users", [{"errorCode": "E0000011"}], "an error answer of Okta"),
        ("factors", [a_user("u1")], "no factor"),
        ("groups", [a_user("u1")], "no group membership"),
        ("roles", [a_user("u1")], "no role of anyone"),
        ("factors", [a_membership("u1")], "a group membership"),
    ],
)
def test_a_file_of_something_else_is_refused_whole(tmp_path, kind, rows, what):
    """Files that were swapped, or come from another vendor, are not a small company."""
    write_export(tmp_path, **{kind: rows})

    with pytest.raises(ExportForeign, match=what):
        read_export(tmp_path)


def test_csv_is_not_read(tmp_path):
    """A file without one JSON object is refused, and CSV is the likely reason."""
    write_export(tmp_path, users=["id,login,status", "u1,u1@example.com,ACTIVE"])

    with pytest.raises(ExportForeign, match=r"None of the 2 lines .* may be CSV"):
        read_export(tmp_path)


@pytest.mark.parametrize("row", ["not json", '{"errorCode": "E0000047"}', "null"])
def test_a_role_that_cannot_be_read_may_be_anyones(tmp_path, row):
    """A lost role line could make anyone an administrator, so the file is refused, not the line."""
    write_export(tmp_path, roles=[a_role("boss"), row])

    with pytest.raises(ExportUnreadable, match="may be an administrator") as refused:
        read_export(tmp_path)
    assert refused.value.context.endswith("roles.jsonl:2")


def test_no_message_quotes_what_a_row_said(tmp_path):
    """Errors carry ids and counts, never an address."""
    write_export(tmp_path)
    broken = lines([a_user("u1")])[:-9]
    (tmp_path / "users.jsonl").write_text(broken)

    with pytest.raises(OfframpError) as refused:
        read_export(tmp_path)
    assert "@" not in refused.value.message
