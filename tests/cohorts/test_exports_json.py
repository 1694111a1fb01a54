import json
import pickle
from dataclasses import replace

import block_builders
import pytest
from block_builders import SOURCES, column, lost
from export_builders import a_factor, a_user, lines
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.errors import ExportUnreadable
from cohorts.exports import json_lines, json_whole
from cohorts.exports.lines import lines_of, row_text
from cohorts.exports.reading import parts, read
from cohorts.exports.recognising import recognise

BY_KEY = {source.key: source for source in SOURCES}
ENTRA_USER = {"id": "1", "userPrincipalName": "x", "displayName": "x"}
LOG_EVENT = {"uuid": "1", "eventType": "user.session.start", "published": "2026-11-02"}
REGISTRATION = {
    "id": "e1",
    "userPrincipalName": "ann@example.com",
    "isAdmin": False,
    "methodsRegistered": ["mobilePhone", "email"],
    "lastUpdatedDateTime": "2026-11-01T00:00:00Z",
}


def reading(folder, content, name="users.jsonl"):
    """Recognise one file and read all of its parts."""
    return block_builders.reading(folder, content, name)


def test_every_line_becomes_a_row_that_knows_where_it_stood(tmp_path):
    """Rows carry the line that an editor shows, blank lines counted."""
    (block,) = reading(tmp_path, lines([a_user("u1"), "", a_user("u2")]))

    assert ["u1", "u2"] == block.columns["account_id"].to_pylist()
    assert [1, 3] == lines_of(block, [0, 1])


def test_the_line_of_a_row_is_counted_only_when_it_is_asked_for(tmp_path):
    """Reading well formed lines counts nothing, and the answer is right all the same."""
    (block,) = reading(tmp_path, lines([a_user("u1"), a_user("u2")]))

    assert block.lines is None
    assert [2] == lines_of(block, [1])


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrapped", [False, True])
def test_an_array_or_a_page_is_read_like_lines(tmp_path, indent, wrapped):
    """However the API answered, the same people come out; a row is known by its number."""
    users = [a_user("u1"), a_user("u2")]
    (in_lines,) = reading(tmp_path, lines(users))
    content = json.dumps({"@odata.context": "x", "value": users} if wrapped else users, indent=indent)

    blocks = reading(tmp_path, content, "users.json")

    assert {name: told.to_pylist() for name, told in in_lines.columns.items()} == {
        name: told.to_pylist() for name, told in blocks[0].columns.items()
    }


def test_pages_that_were_joined_are_read_one_after_the_other(tmp_path):
    """Saving each answer behind the last gives many arrays, which is no JSON and still clear."""
    content = "".join(json.dumps([a_user(key)], indent=1) + "\n" for key in ("u1", "u2", "u3"))

    (block,) = reading(tmp_path, content, "users.json")

    assert ["u1", "u2", "u3"] == column([block], "account_id")
    assert [3] == lines_of(block, [2])


def test_a_line_that_is_a_page_is_opened(tmp_path):
    """A pull that writes one answer a line is read too; its rows share the line."""
    pages = [{"value": [a_user("u1"), a_user("u2")]}, {"value": [a_user("u3")]}, {"value": []}]

    (block,) = reading(tmp_path, lines(pages))

    assert ["u1", "u2", "u3"] == column([block], "account_id")
    assert [1, 1, 2] == lines_of(block, [0, 1, 2])
    assert "u2" == row_text(block.part, 1)["id"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["users.jsonl", "users.json"])
def test_the_encoding_changes_nothing(tmp_path, encoding, name):
    """Windows tools put a mark before the text, or write two bytes a letter."""
    user = a_user("u1", profile={"department": "Zürich"})
    content = json.dumps(user, ensure_ascii=False) + "\n" if name.endswith("l") else json.dumps([user])

    blocks = reading(tmp_path, content.encode(encoding), name)

    assert ["Zürich"] == column(blocks, "department")


def test_the_last_line_needs_no_line_break(tmp_path):
    """Many tools leave it out, and the row is whole."""
    assert 2 == reading(tmp_path, lines([a_user("u1"), a_user("u2")]).rstrip())[0].row_count


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ("this is not json", "not JSON: column 1 makes no sense"),
        ('{"id": "cut', "not JSON: column 8 makes no sense"),
        ("[1, 2]", "this is no JSON object"),
        ("null", "this is no JSON object"),
        (json.dumps(ENTRA_USER), "this is an Entra user"),
        (json.dumps(LOG_EVENT), "this is a System Log event"),
        (json.dumps(a_factor("u1")), "this is a factor"),
        ('{"errorCode": "E0000047"}', "this is an error answer of Okta"),
        ('{"uuid": "u2"}', "this is no row of Okta users: it has no id"),
        ("[" * 5000 + "]" * 5000, "not JSON: nested too deeply"),
        ('{"id": ' + "9" * 5000 + "}", "not JSON: a number with too many digits"),
        (b'{"id": "\xff"}', "not JSON: not UTF-8"),
    ],
)
def test_a_line_that_is_no_user_is_lost_by_number(tmp_path, row, because):
    """One bad line among good ones costs that line only, and is named."""
    row = row if isinstance(row, bytes) else row.encode()
    content = lines([a_user("u1")]).encode() + row + b"\n" + lines([a_user("boss")]).encode()

    blocks = reading(tmp_path, content)

    assert [(2, because)] == lost(blocks)
    assert ["u1", "boss"] == column(blocks, "account_id")


@pytest.mark.parametrize(
    ("changes", "name", "because"),
    [
        ({"profile": "text"}, "login", "stands in something that is no object"),
        ({"status": ["ACTIVE"]}, "status", "a list where one value belongs"),
        ({"lastLogin": {}}, "last_login", "an object where a value belongs"),
        ({"status": "\ud800"}, "status", "holds half a character"),
    ],
)
def test_a_value_of_the_wrong_shape_is_a_problem_of_its_row(tmp_path, changes, name, because):
    """The row is there, its cell is not known, and it is said why."""
    (block,) = reading(tmp_path, lines([a_user("u1"), {**a_user("u2"), **changes}]))

    assert (1, name, because) in {(one.row, one.column, one.because) for one in block.problems}
    assert block.columns[name].to_pylist()[1] is None
    assert {1} == {one.row for one in block.problems}


def test_a_bad_byte_in_an_array_costs_its_row_only(tmp_path):
    """An array cannot be read by halves, so the byte is kept until its cell is known."""
    content = json.dumps([a_user("u1"), a_user("u2", profile={"title": "x?x"})]).encode().replace(b"?", b"\xff")

    (block,) = reading(tmp_path, content, "users.json")

    assert [(1, "title", "not UTF-8")] == [(one.row, one.column, one.because) for one in block.problems]


def test_numbers_and_answers_are_read_as_what_they_say(tmp_path):
    """An id that is written as a number is the same id, and yes is yes."""
    rows = [{**REGISTRATION, "id": 7, "isAdmin": True}, {**REGISTRATION, "id": "8"}]
    (mixed,) = reading(tmp_path, lines(rows), "registration.jsonl")
    (plain,) = reading(tmp_path, lines([REGISTRATION]), "registration.jsonl")

    assert ["7", "8"] == column([mixed], "account_id")
    assert [True, False] == column([mixed], "is_admin")
    assert [["mobilePhone", "email"]] == column([plain], "methods")
    assert (plain.lines, [False]) == (None, column([plain], "is_admin"))


def test_the_first_path_that_leads_anywhere_counts(tmp_path):
    """The id stands beside the factor, inside it, or at the end of a link; never mind which is empty."""
    factors = [
        {**a_factor("u1"), "userId": None, "_embedded": {"user": {"id": "u2"}}},
        {**a_factor("u1"), "_embedded": {"user": {"id": "u2"}}},
    ]
    (block,) = reading(tmp_path, lines(factors), "factors.jsonl")

    assert ["u2", "u1"] == column([block], "account_id")


def test_a_step_with_a_dot_in_its_name_is_one_step(tmp_path):
    """Microsoft's annotations are names with a dot, at the top and inside."""
    row = {"principalId": "p", "roleDefinitionId": "r", "principal": {"@odata.type": "#microsoft.graph.group"}}
    method = {"@odata.type": "#microsoft.graph.fido2AuthenticationMethod", "userId": "e1", "id": "m1"}

    (roles,) = reading(tmp_path, lines([row]), "roles.jsonl")
    (methods,) = reading(tmp_path, lines([method]), "methods.jsonl")

    assert (["#microsoft.graph.group"], None) == (column([roles], "member_kind"), roles.lines)
    assert ["#microsoft.graph.fido2AuthenticationMethod"] == column([methods], "factor_type")


@pytest.mark.parametrize("name", ["users.jsonl", "users.json"])
def test_a_file_that_was_cut_off_is_refused_whole(tmp_path, name):
    """What is missing behind the cut cannot be counted, so nothing before it is believed."""
    users = [a_user("u1"), a_user("u2")]
    content = lines(users) if name.endswith("l") else json.dumps(users)

    with pytest.raises(ExportUnreadable, match=r"in the middle of line 2|does not end as one") as refused:
        reading(tmp_path, content[:-5], name)
    assert "@" not in refused.value.message


def test_wherever_lines_are_cut_into_parts_the_same_rows_come_out(tmp_path, monkeypatch):
    """A row lies in one part, parts can be sent to other processes, and lines are counted through all of them."""
    monkeypatch.setattr(json_lines, "PART", 500)
    rows = [a_user(f"u{number}") if number != 7 else "{}" for number in range(20)]
    path = tmp_path / "users.jsonl"
    path.write_text(lines(rows))
    (file,) = recognise(path, SOURCES).files

    blocks = [read(pickle.loads(pickle.dumps(part))) for part in parts(file)]  # noqa: S301 - our own bytes

    assert len(blocks) > 5
    assert [f"u{number}" for number in range(20) if number != 7] == column(blocks, "account_id")
    assert [(8, "this is no row of Okta users: it has no id")] == lost(blocks)
    told = [line for block in blocks for line in lines_of(block, range(block.row_count))]
    assert [number + 1 for number in range(20) if number != 7] == told


def test_an_array_is_cut_into_parts_too(tmp_path, monkeypatch):
    """Elements are counted through all parts."""
    monkeypatch.setattr(json_whole, "PART", 2)
    blocks = reading(tmp_path, json.dumps([a_user(f"u{number}") for number in range(5)]), "users.json")

    assert [2, 2, 1] == [block.row_count for block in blocks]
    assert [5] == lines_of(blocks[2], [0])
    assert "u4" == row_text(blocks[2].part, 0)["id"]


def test_the_raw_row_can_be_seen_again(tmp_path):
    """Explaining shows what the vendor wrote, in its own words, past rows that were lost."""
    (block,) = reading(tmp_path, lines([a_user("u1"), "oops", a_user("u2")]))

    assert a_user("u2") == row_text(block.part, 1)
    with pytest.raises(IndexError):
        row_text(block.part, 2)


SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.sampled_from(["", "a", "Zürich", "\ud800", "1"])
)
ANY = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from(["a", "id"]), SCALARS, max_size=2)
GRAPH_ROWS = st.fixed_dictionaries(
    {"id": st.sampled_from(["1", "2", 3]), "methodsRegistered": st.lists(st.sampled_from(["a", "b"]), max_size=3)},
    optional={
        "isAdmin": SCALARS,
        "lastUpdatedDateTime": SCALARS,
        "accountEnabled": SCALARS,
        "other": ANY,
        "value": ANY,
    },
)
OKTA_ROWS = st.fixed_dictionaries(
    {"id": st.just("1"), "status": st.sampled_from(["ACTIVE", "STAGED"])},
    optional={
        "profile": st.dictionaries(st.sampled_from(["login", "title", "managerId", "manager"]), ANY, max_size=3) | ANY,
        "credentials": st.fixed_dictionaries({}, optional={"password": ANY, "provider": ANY}) | ANY,
        "factorType": SCALARS,
    },
)
LINES = st.lists(
    (GRAPH_ROWS | OKTA_ROWS).map(json.dumps) | st.sampled_from(["{}", "{} {}", '{"id":\n"1"}', '{"id":1,"id":2}', "x"]),
    min_size=1,
    max_size=6,
)


@settings(max_examples=500, deadline=None)
@given(rows=LINES, key=st.sampled_from(["okta-users", "entra-registration"]))
def test_fast_and_slow_reading_agree(tmp_path_factory, rows, key):
    """What Arrow takes at once is what reading line by line gives, for any rows."""
    content = ("\n".join(rows) + "\n").encode()
    path = tmp_path_factory.mktemp("json") / "users.jsonl"
    path.write_bytes(lines([a_user("u1")]).encode())
    source = BY_KEY[key]
    file = replace(recognise(path, SOURCES).files[0], source=source)
    path.write_bytes(content)
    fast = json_lines._at_once(content, source)
    told = list(json_lines.records(file, content, is_last=False, at=0))
    if fast is None:
        return
    assert (fast[0], {""}) == (len(told), {because for _, _, because in told})
    columns, problems = json_lines.gathered([row for _, row, _ in told], source)
    assert () == problems
    assert {name: (told.type, told.to_pylist()) for name, told in columns.items()} == {
        name: (told.type, told.to_pylist()) for name, told in fast[1].items()
    }


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_large_array_is_recognised_by_its_beginning(tmp_path, wrapped):
    """Nothing is read whole to find out what it is; that it is cut off is found when it is read."""
    users = [a_user(f"u{number}", profile={"about": "x" * 1000}) for number in range(2_000)]
    content = json.dumps({"value": users} if wrapped else users, indent=1)
    path = tmp_path / "users.json"
    path.write_text(content[:-50])
    (file,) = recognise(path, SOURCES).files
    assert ("okta-users", "json") == (file.source.key, file.form)
    with pytest.raises(ExportUnreadable, match="does not end as one"):
        list(parts(file))

    assert 2_000 == sum(block.row_count for block in reading(tmp_path, content, "users.json"))


@pytest.mark.parametrize("between", ["", " ", "\0", "\0\0 "])
def test_two_rows_on_one_line_are_not_taken_for_one(tmp_path, between):
    """A line is a row; one that holds two is lost and named, so that neither is missed in silence."""
    pair = json.dumps(a_user("u1")) + between + json.dumps(a_user("u2"))

    blocks = reading(tmp_path, lines([a_user("u0"), pair]))

    assert ["u0"] == column(blocks, "account_id")
    assert [2] == [line for line, because in lost(blocks) if because.startswith("not JSON: column")]


def test_a_row_that_is_broken_over_lines_is_lost(tmp_path):
    """As many lines as rows is not enough: each must be a row of its own."""
    first, second = json.dumps(a_user("u1")), json.dumps(a_user("u2"))

    blocks = reading(tmp_path, f'{first}{second}\n{{"id":\n"u3", "status": "ACTIVE"}}\n{first}\n')

    assert ["u1"] == column(blocks, "account_id")
    assert [1, 2, 3] == [line for line, _ in lost(blocks)]
