import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_builders import a_factor, a_user

from cohorts.errors import ExportUnreadable
from cohorts.exports import parquet
from cohorts.exports.lines import lines_of, row_text
from cohorts.exports.reading import parts, read
from cohorts.exports.recognising import recognise
from cohorts.source_reading import read_sources

SOURCES = read_sources()
USERS = [{**a_user(f"u{number}"), "type": {"id": "oty1"}} for number in range(10)]


def recognised(folder, table, name="users.parquet", **options):
    """Write one table and recognise it."""
    pq.write_table(table, folder / name, **options)
    (file,) = recognise(folder / name, SOURCES).files
    return file


def reading(file):
    """Read all parts of a file."""
    return [read(part) for part in parts(file)]


def column(blocks, name):
    """Return all values of one column."""
    return [value for block in blocks for value in block.columns[name].to_pylist()]


def nested():
    """Return users as Okta tells them, with a password that says something."""
    rows = [{**user, "credentials": {"password": {"x": None}, "provider": {"type": "OKTA"}}} for user in USERS]
    return pa.Table.from_pylist(rows)


def test_row_groups_are_parts_and_rows_are_numbered_through(tmp_path):
    """A row group is read alone, and a row is known by its number in the file."""
    file = recognised(tmp_path, nested(), row_group_size=4)
    blocks = reading(file)

    assert [4, 4, 2] == [block.row_count for block in blocks]
    assert [f"u{number}@example.com" for number in range(10)] == column(blocks, "login")
    assert [9, 10] == lines_of(blocks[2], [0, 1])
    assert "u9" == row_text(blocks[2].part, 1)["id"]
    assert {True} == set(column(blocks, "password"))


@pytest.mark.parametrize("most", [1, 3, 4, 10])
def test_a_row_group_that_is_too_large_is_read_in_slices(tmp_path, monkeypatch, most):
    """However it is cut, the same rows come out."""
    monkeypatch.setattr(parquet, "MOST_ROWS", most)
    blocks = reading(recognised(tmp_path, nested(), row_group_size=7))

    assert max(block.row_count for block in blocks) <= most
    assert [f"u{number}" for number in range(10)] == column(blocks, "account_id")


def test_names_with_dots_are_as_good_as_nested_ones(tmp_path):
    """Flattening a file on its way does not make it another export."""
    flat = pa.table({"id": ["u1"], "status": ["ACTIVE"], "profile.login": ["ann"], "profile.title": ["CEO"]})

    assert ["ann"] == column(reading(recognised(tmp_path, flat)), "login")


def test_few_different_texts_stay_codes(tmp_path):
    """A column with few different values is never written out, and neither are the names of lists."""
    rows = {"id": ["e1", "e2"], "userPrincipalName": ["a", "b"], "methodsRegistered": [["x", "y"], ["x"]]}
    (users,) = reading(recognised(tmp_path, nested()))
    (told,) = reading(recognised(tmp_path, pa.table(rows), "registration.parquet"))

    assert pa.types.is_dictionary(users.columns["status"].type)
    assert pa.types.is_dictionary(told.columns["methods"].type.value_type)
    assert [["x", "y"], ["x"]] == column([told], "methods")


def test_the_first_path_that_leads_anywhere_counts(tmp_path):
    """Columns of different types fill each other's gaps."""
    rows = [{**a_factor("u1"), "profile": {"x": 1}}, {**a_factor("u2"), "userId": None, "profile": {"x": 1}}]
    rows[1]["_embedded"] = {"user": {"id": "u2"}}
    table = pa.Table.from_pylist([{"_embedded": {"user": {"id": None}}, **row} for row in rows])

    assert ["u1", "u2"] == column(reading(recognised(tmp_path, table, "factors.parquet")), "account_id")


def test_a_column_that_the_file_does_not_have_is_absent(tmp_path):
    """Nobody can tell an absent column from an empty one otherwise."""
    (block,) = reading(recognised(tmp_path, nested()))

    assert "employee_number" not in block.columns


def test_times_stay_times(tmp_path):
    """What is a time already is not written out to be read again."""
    table = nested().append_column("created_", pa.array([0] * 10, pa.timestamp("ms", "UTC")))
    table = table.drop_columns(["created"]).rename_columns(
        [name.removesuffix("_") for name in table.drop_columns(["created"]).column_names]
    )

    (block,) = reading(recognised(tmp_path, table))

    assert pa.timestamp("ms", "UTC") == block.columns["created"].type


@pytest.mark.parametrize("keep", [8, 200, -10])
def test_a_file_that_was_cut_off_is_refused(tmp_path, keep):
    """Its last bytes say what it holds; without them it holds nothing."""
    path = tmp_path / "users.parquet"
    pq.write_table(nested(), path)
    path.write_bytes(path.read_bytes()[:keep])

    with pytest.raises(ExportUnreadable, match="begins as Parquet"):
        recognise(path, SOURCES)


def test_damage_in_the_middle_is_refused(tmp_path):
    """A footer that is whole does not make the pages whole."""
    path = tmp_path / "users.parquet"
    pq.write_table(nested(), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4:600] = b"\xff" * 596
    path.write_bytes(content)
    (file,) = recognise(path, SOURCES).files

    with pytest.raises(ExportUnreadable, match="cannot be read as it"):
        reading(file)


@pytest.mark.parametrize("few", [False, True])
def test_bytes_that_are_no_text_are_a_problem_of_their_row(tmp_path, few):
    """Parquet promises text and does not look; and bytes that are text are taken for it."""
    login = pa.array([b"ann", b"\xff", b"cid"])
    told = login.view(pa.string()) if few else login
    titles = pa.array([b"x", b"y", b"\xff"]).view(pa.string())
    table = pa.table({"id": ["1", "2", "3"], "status": ["ACTIVE"] * 3, "profile.login": told, "profile.title": titles})

    (block,) = reading(recognised(tmp_path, table))

    assert ["ann", None, "cid"] == column([block], "login")
    assert ["x", "y", None] == column([block], "title")
    assert [(1, "login", "not UTF-8"), (2, "title", "not UTF-8")] == [
        (one.row, one.column, one.because) for one in block.problems
    ]


@pytest.mark.parametrize("values", [[{"a": 1}, None], [["ACTIVE"], None]])
def test_a_column_of_the_wrong_shape_is_a_problem_of_every_row(tmp_path, values):
    """What is there cannot be used, what is not there is only not known."""
    table = pa.table({"id": ["1", "2"], "status": values, "profile.login": ["a", "b"]})

    (block,) = reading(recognised(tmp_path, table))

    assert [None, None] == column([block], "status")
    assert [(0, "status")] == [(one.row, one.column) for one in block.problems]


def test_numbers_of_any_kind_are_read_as_text(tmp_path):
    """A decimal is an id as good as any."""
    ids = pa.array([1, 2], pa.decimal128(5, 0))
    table = pa.table({"id": ids, "status": ["ACTIVE"] * 2, "profile.login": pa.nulls(2)})

    (block,) = reading(recognised(tmp_path, table))

    assert (["1", "2"], [None, None]) == (column([block], "account_id"), column([block], "login"))
