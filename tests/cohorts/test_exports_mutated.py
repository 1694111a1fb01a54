import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from export_builders import a_factor, a_user, lines

from cohorts.errors import OfframpError
from cohorts.exports.lines import lines_of, row_text
from cohorts.exports.reading import parts, read
from cohorts.exports.recognising import recognise
from cohorts.source_reading import read_sources

SOURCES = read_sources()
CAMPAIGN = 150
NOISE = [
    b"\xff",
    b"\0",
    b'"',
    b"\n",
    b"\r",
    b",",
    b";",
    b"{",
    b"}",
    b"[",
    b"\\",
    b"\\ud800",
    b"\xc3\xbc",
    b"\xef\xbb\xbf",
    b"1",
]


def _parquet():
    rows = [{**a_user(f"u{number}"), "credentials": {"provider": {"type": "OKTA"}}} for number in range(20)]
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), written, row_group_size=8)
    return written.getvalue()


def _registration():
    rows = "".join(f'u{number}@example.com,"Mobile phone, Email",{number % 2 == 0}\r\n' for number in range(20))
    return f"\ufeffUser principal name,Methods registered,Is admin\r\n{rows}".encode()


GOOD = {
    "users.jsonl": lines(a_user(f"u{number}") for number in range(20)).encode(),
    "factors.json": ("[" + ",".join(lines([a_factor(f"u{number}")]) for number in range(20)) + "]").encode(),
    "page.json": ('{"value": [' + ",".join(lines([a_user(f"u{number}")]) for number in range(9)) + "]}").encode(),
    "users.csv": ("Login;Status;Title\n" + "".join(f'u{n};Active;"a\nb"\n' for n in range(20))).encode("utf-16"),
    "registration.csv": _registration(),
    "users.parquet": _parquet(),
}


def mutated(content, chance):
    """Damage *content* in one to three places."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(content) + 1)
        length = chance.choice([1, 1, 2, 20])
        piece = content[at : at + length]
        match chance.randrange(5):
            case 0:
                content = content[:at] + content[at + length :]
            case 1:
                content = content[:at] + piece * 2 + content[at + length :]
            case 2:
                content = content[:at] + chance.choice(NOISE) + content[at + length :]
            case 3:
                content = content[:at] + chance.choice(NOISE) + content[at:]
            case _:
                content = content[: at if chance.random() < 0.2 else len(content)]
        content = content or b"\n"
    return content


def survey(path):
    """Read a file whole, and look at every row again; return how many rows came out."""
    rows = 0
    for file in recognise(path, SOURCES).files:
        for part in parts(file):
            block = read(part)
            assert {block.row_count} >= {len(values) for values in block.columns.values()}
            assert all(0 <= problem.row < block.row_count for problem in block.problems)
            for values in block.columns.values():
                values.validate(full=True)
            told = lines_of(block, range(block.row_count))
            assert sorted(told) == told
            if block.row_count and file.form != "parquet":
                assert isinstance(row_text(part, block.row_count - 1), dict)
            rows += block.row_count + len(block.lost)
    return rows


def outcome(path):
    """Return how many rows came out of a file, or why it was refused."""
    try:
        return survey(path)
    except OfframpError as refused:
        return refused


@pytest.mark.parametrize("name", GOOD)
def test_a_whole_file_gives_all_its_rows(tmp_path, name):
    """Without damage every row is there."""
    (tmp_path / name).write_bytes(GOOD[name])

    assert (9 if name == "page.json" else 20) == survey(tmp_path / name)


@pytest.mark.parametrize("name", GOOD)
def test_whatever_is_damaged_ends_in_rows_or_in_a_sentence(tmp_path, name):
    """No damage ends in anything but rows, rows that were lost and are named, or an error that says what to do."""
    chance = random.Random(name)  # noqa: S311 - damage is no secret
    path = tmp_path / name
    for _ in range(CAMPAIGN):
        path.write_bytes(mutated(GOOD[name], chance))
        said = outcome(path)
        assert isinstance(said, int) or (said.message and said.hint)
        assert isinstance(said, int) or "@" not in said.message + said.hint


def test_no_line_is_lost_in_silence(tmp_path):
    """Each line that is not blank is a row, or is named as lost, or the file is refused."""
    chance = random.Random(7)  # noqa: S311 - damage is no secret
    path = tmp_path / "users.jsonl"
    for _ in range(CAMPAIGN):
        content = mutated(GOOD["users.jsonl"], chance)
        path.write_bytes(content)
        found = outcome(path)
        if isinstance(found, OfframpError):
            continue
        wanted = sum(1 for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip())
        assert wanted == found
