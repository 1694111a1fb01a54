import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_builders import a_factor, a_membership, a_role, a_user, lines, write_export

from cohorts.errors import ExportEmpty, ExportForeign, ExportUnreadable, OfframpError
from cohorts.exports.recognising import recognise
from cohorts.exports.texts import byte_digest
from cohorts.source_reading import read_sources

SOURCES = read_sources()
GRAPH_USER = {"id": "1", "userPrincipalName": "x", "accountEnabled": True}
# What a file of each source looks like: name, and heading or one row.
LOOKS = {
    "okta-users": ("a.jsonl", a_user("u1")),
    "okta-factors": ("a.jsonl", a_factor("u1")),
    "okta-groups": ("a.jsonl", a_membership("u1")),
    "okta-roles": ("a.jsonl", a_role("u1")),
    "okta-devices": ("a.jsonl", {"userId": "u1", "device": {"id": "d1", "profile": {"platform": "MACOS"}}}),
    "okta-log": ("a.jsonl", {"eventType": "x", "published": "2026-11-02", "actor": {"id": "u1"}}),
    "okta-users-csv": ("a.csv", "User,Login,Status,Activation date,Authentication Source,Last Login"),
    "okta-user-accounts-csv": ("a.csv", "User,Okta username,Okta user status,Primary email"),
    "okta-mfa-report-csv": ("a.csv", "User,Login,Authenticator count,Authenticator type,User isAdmin"),
    "okta-mfa-usage-csv": ("a.csv", "User,Login,MFA Factor,Last Enrolled_ISO8601,Last Used_ISO8601"),
    "entra-users": ("a.jsonl", {**GRAPH_USER, "mail": "x"}),
    "entra-users-csv": ("a.csv", "userPrincipalName,displayName,objectId,userType,department,accountEnabled"),
    "entra-registration": ("a.jsonl", {"id": "1", "userPrincipalName": "x", "methodsRegistered": []}),
    "entra-registration-csv": ("a.csv", "User principal name,Name,Methods registered,SSPR registered"),
    "entra-methods": ("a.jsonl", {"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "userId": "1"}),
    "entra-devices": ("a.jsonl", {"userId": "1", "id": "d", "operatingSystem": "iOS"}),
    "entra-roles": ("a.jsonl", {"@odata.type": "#microsoft.graph.user", "id": "1", "roleTemplateId": "r"}),
    "entra-role-assignments": ("a.jsonl", {"id": "a", "principalId": "1", "roleDefinitionId": "r"}),
    "entra-group-members": ("a.jsonl", {"@odata.type": "#microsoft.graph.user", "id": "1", "groupId": "g"}),
    "hr-csv": ("a.csv", "Employee_Number;First name;Department;Employment status"),
}


def recognised(folder, content, name="users.jsonl"):
    """Write one file and recognise it."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return recognise(path, SOURCES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.key)
def test_every_source_of_ours_is_recognised_by_its_content(tmp_path, source):
    """Whatever a file is called, what stands in it says what it is; no two sources claim the same file."""
    name, looks = LOOKS[source.key]
    content = looks + "\n" if isinstance(looks, str) else lines([looks])

    (file,) = recognised(tmp_path, content, name).files

    assert (source.key, name.partition(".")[2]) == (file.source.key, file.form)
    assert file.because.startswith("it has ")


def test_a_folder_is_recognised_file_by_file(tmp_path):
    """Files are in order of their names, and what has no rows is passed over and named."""
    write_export(tmp_path)
    (tmp_path / "README.md").write_text("read me")
    (tmp_path / ".journal.jsonl").write_text("{")
    (tmp_path / "old").mkdir()

    found = recognise(tmp_path, SOURCES)

    assert ["factors.jsonl", "groups.jsonl", "roles.jsonl", "users.jsonl"] == [file.name for file in found.files]
    assert [
        "README.md is passed over: it is no CSV, JSON or Parquet file",
        "old is passed over: it is no CSV, JSON or Parquet file",
    ] == list(found.notes)


def test_parquet_is_recognised_by_its_columns(tmp_path):
    """The footer says what a file holds, whatever its name ends in."""
    pq.write_table(pa.table({"groupId": ["g"], "groupName": ["G"], "userId": ["u"]}), tmp_path / "x.txt")

    (file,) = recognise(tmp_path, SOURCES).files

    assert ("okta-groups", "parquet") == (file.source.key, file.form)


def test_two_files_of_one_source_are_both_read(tmp_path):
    """An export in pages is one export; two of one name are read too, and it is said."""
    (tmp_path / "users-1.jsonl").write_text(lines([a_user("u1")]))
    (tmp_path / "users-2.jsonl").write_text(lines([a_user("u2")]))
    assert () == recognise(tmp_path, SOURCES).notes
    (tmp_path / "users-2.json").write_text(json.dumps([a_user("u2")]))

    found = recognise(tmp_path, SOURCES)

    assert ["okta-users"] * 3 == [file.source.key for file in found.files]
    (note,) = found.notes
    assert note.startswith("users-2.json and users-2.jsonl are both read as okta-users")


def test_an_organisation_may_say_itself_what_a_file_is(tmp_path):
    """What is pinned is not guessed at, and a name that is no source is refused."""
    (tmp_path / "people.csv").write_text("Employee number,User name\n7,ann\n")

    (file,) = recognise(tmp_path, SOURCES, {"people.csv": "okta-mfa-usage-csv"}).files
    assert ("okta-mfa-usage-csv", "said to be okta-mfa-usage-csv") == (file.source.key, file.because)
    with pytest.raises(ExportForeign, match="no such source") as refused:
        recognise(tmp_path, SOURCES, {"people.csv": "workday"})
    assert "hr-csv" in refused.value.hint


def test_the_first_bad_line_does_not_decide_what_a_file_is(tmp_path):
    """One broken line among good ones costs that line only."""
    (file,) = recognised(tmp_path, "{oops\n" + lines([a_user("u1")]), "export.jsonl").files

    assert ("okta-users", "jsonl") == (file.source.key, file.form)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"PK\x03\x04....", "zip archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"<!doctype html>", "HTML"),
        (b"\xef\xbb\xbf\n <?xml ?>", "HTML"),
        ("<html>".encode("utf-16"), "HTML"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0", "binary"),
        (b"\0" * 100, "binary"),
    ],
)
@pytest.mark.parametrize("name", ["users.jsonl", "users.csv"])
def test_a_file_of_another_format_is_named(tmp_path, content, what, name):
    """The first bytes give a foreign format away, and the hint says what turns it into ours."""
    with pytest.raises(ExportForeign, match=what) as refused:
        recognised(tmp_path, content, name)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([{"id": "1", "userPrincipalName": "x"}], "an Entra user; it is nearest to entra-.* lacks"),
        ([{"errorCode": "E0000011"}], "an error answer of Okta"),
        ([{"error": {"code": "Forbidden"}}], "an error answer of Microsoft Graph"),
        ([{"id": "u1"}], "nearest to"),
    ],
)
def test_a_file_of_something_else_is_refused_with_what_is_missing(tmp_path, rows, what):
    """An answer that is an error, or from another vendor, is not a small company."""
    with pytest.raises(ExportForeign, match=what) as refused:
        recognised(tmp_path, lines(rows))
    assert "offramp cohort pull" in refused.value.hint


def test_a_csv_that_nobody_knows_says_what_is_missing(tmp_path):
    """The nearest source and its missing headings are named, so that it can be mended."""
    with pytest.raises(ExportForeign, match="nearest to okta-users-csv and lacks Login"):
        recognised(tmp_path, "Status,Department\nACTIVE,x\n", "users.csv")


def test_a_file_that_two_sources_claim_is_not_guessed_at(tmp_path):
    """A tie is broken by the file's name, or not at all."""
    content = lines([{"userId": "1", "principalId": "1", "roleDefinitionId": "r", "type": "x"}])

    with pytest.raises(ExportForeign, match="may be entra-role-assignments or okta-roles") as refused:
        recognised(tmp_path, content, "x.jsonl")
    assert "--source x.jsonl=entra-role-assignments" in refused.value.hint
    (file,) = recognised(tmp_path, content, "role-assignments.jsonl").files
    assert "entra-role-assignments" == file.source.key


@pytest.mark.parametrize("content", ["", "\n\n", "[]", '{"value": []}', "\ufeff"])
@pytest.mark.parametrize("name", ["users.json", "users.jsonl", "roles.json", "users.csv", "hr.csv"])
def test_nobody_and_no_administrator_cannot_be_true(tmp_path, name, content):
    """Every org has a user and an administrator; a file without one was not allowed to see them."""
    with pytest.raises(ExportEmpty, match=f"{name} is empty") as refused:
        recognised(tmp_path, content, name)
    assert "a token that may read" in refused.value.hint


@pytest.mark.parametrize("name", ["factors", "groups"])
def test_an_empty_file_is_no_answer_but_an_empty_list_is(tmp_path, name):
    """That nobody holds a factor must be said, not left out."""
    with pytest.raises(ExportEmpty) as refused:
        recognised(tmp_path, "", f"{name}.jsonl")
    assert f"write [] into {name}.json" in refused.value.hint

    (file,) = recognised(tmp_path, "[]", f"{name}.jsonl").files

    assert f"okta-{name}" == file.source.key


def test_an_empty_list_with_a_name_that_says_nothing_is_refused(tmp_path):
    """Nobody can tell what there is none of."""
    with pytest.raises(ExportEmpty, match=r"export.json is empty"):
        recognised(tmp_path, "[]", "export.json")


def test_an_export_that_is_not_there_is_named(tmp_path):
    """A folder mistyped, or one without an export, is not an empty company."""
    with pytest.raises(ExportUnreadable, match="nowhere is not there") as refused:
        recognise(tmp_path / "nowhere", SOURCES)
    assert refused.value.hint.startswith("offramp cohort pull")
    with pytest.raises(ExportUnreadable, match="holds no file with rows"):
        recognise(tmp_path, SOURCES)


def test_a_link_that_leads_out_of_the_export_is_refused(tmp_path):
    """An export that was unpacked from somewhere must not read what lies beside it; inside it, links are fine."""
    (tmp_path / "secret.jsonl").write_text(lines([a_user("u1")]))
    folder = write_export(tmp_path / "export")
    (folder / "again.jsonl").symlink_to(folder / "users.jsonl")
    assert 5 == len(recognise(folder, SOURCES).files)
    (folder / "more.jsonl").symlink_to("../secret.jsonl")

    with pytest.raises(ExportForeign, match=r"more.jsonl leads out of the export"):
        recognise(folder, SOURCES)


def test_a_million_columns_are_refused_in_a_sentence(tmp_path):
    """A heading without end is looked through, and what it lacks is said."""
    heading = ",".join(f"c{number}" for number in range(1_000_000))

    with pytest.raises(ExportForeign, match="lacks"):
        recognised(tmp_path, heading + "\n", "users.csv")


@pytest.mark.parametrize("content", [b"ann,b\n", b'{"id": "ann@example.com"}\n', b'[{"id": "ann@example.com"'])
def test_no_message_quotes_what_a_row_said(tmp_path, content):
    """Errors carry ids and counts, never an address."""
    with pytest.raises(OfframpError) as refused:
        recognised(tmp_path, content)
    assert "ann" not in refused.value.message + refused.value.hint


def test_a_file_is_known_by_the_digest_of_its_bytes(tmp_path):
    """One changed byte is another file, and a file that is gone is said to be."""
    path = tmp_path / "users.jsonl"
    path.write_bytes(b"x" * 3_000_000)

    assert hashlib.sha256(b"x" * 3_000_000).hexdigest() == byte_digest(path)
    with pytest.raises(ExportUnreadable, match="cannot be read"):
        byte_digest(tmp_path / "gone")
