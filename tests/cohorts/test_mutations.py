import json
import random
from collections import Counter
from copy import deepcopy

import pytest
from export_builders import NOON
from source_samples import COUNT, SAMPLES, write_sample

from cohorts.errors import OfframpError
from cohorts.explaining import explain
from cohorts.exports.reading import parts, read
from cohorts.rules import RULES_PATH
from cohorts.segment import classify_export
from cohorts.snapshot import COHORTS
from cohorts.source_reading import read_sources

A_FEW, MANY = 25, 1_000
NOISE = (
    b"\xff",
    b"\0",
    b'"',
    b"\n",
    b"\r\n",
    b",",
    b";",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\u0000",
    b"\\ud800",
    b"=1+1",
    b"1",
    b"-",
)
# What stands in the place of one value.
STRANGE = (
    None,
    True,
    0,
    -1,
    1e300,
    10**30,
    "",
    " ",
    "\u0000",
    "\u202e=cmd|' /C calc'!A0",
    "x" * 70_000,
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "u1",
    "#microsoft.graph.group",
    [],
    ["u1", None, 7],
    {},
    {"@odata.type": {"deep": [[[]]]}},
    [[["deep"]]],
)


def bytes_damaged(content, chance):
    """Cut out, double, overwrite, insert or cut off."""
    at, length = chance.randrange(len(content) + 1), chance.choice([1, 2, 20, 200])
    noise, piece = chance.choice(NOISE), content[at : at + length]
    return chance.choice(
        [
            content[:at] + content[at + length :],
            content[:at] + piece + content[at:],
            content[:at] + noise + content[at + length :],
            content[:at] + noise + content[at:],
            content[:at],
            content[at:],
        ]
    )


def lines_damaged(content, chance):
    """Shuffle, double, leave out or empty whole lines."""
    lines = content.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            chance.shuffle(lines)
        case 1:
            lines.insert(chance.randrange(len(lines) + 1), lines[at])
        case 2:
            del lines[at]
        case _:
            lines[at] = b"\n"
    return b"".join(lines)


def values_damaged(content, chance):
    """Put something strange into the place of one value of a JSON file; a table is damaged as text."""
    try:
        rows = [json.loads(line) for line in content.splitlines()]
    except ValueError:
        try:
            rows = json.loads(content)
        except ValueError:
            cell = str(chance.choice(STRANGE)).encode()
            places = [place for place, byte in enumerate(content) if byte in b",;"] or [0]
            at = chance.choice(places)
            return content[: at + 1] + cell + content[at + 1 :]
        _one_value(rows, chance)
        return json.dumps(rows).encode()
    for _ in range(chance.choice([1, 1, len(rows)])):
        _one_value(rows, chance)
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _one_value(inside, chance):
    """Replace one value, at any depth."""
    if not isinstance(inside, (dict, list)) or not inside:
        return
    key = chance.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
    if isinstance(inside[key], (dict, list)) and chance.random() < 0.8:
        _one_value(inside[key], chance)
    elif isinstance(inside, dict) and chance.random() < 0.2:
        del inside[key]
    else:
        inside[key] = deepcopy(chance.choice(STRANGE))


def mutated(content, chance):
    """Damage *content* in one to three places."""
    for _ in range(chance.randint(1, 3)):
        damage = chance.choice([bytes_damaged, bytes_damaged, lines_damaged, values_damaged, values_damaged])
        content = damage(content, chance) or b"\n"
    return content


def is_accounted_for(found):
    """Check that every row of every file is an account, a fact about one, or one named reject."""
    rejected = Counter(one.file for one in found.rejects)
    for file in found.files:
        places = [one.line for one in found.rejects if one.file == file.name]
        # A page that is one line has all its rows there.
        assert len(set(places)) == len(places) or b'"value"' in file.path.read_bytes(), "one row, rejected twice"
        rows = found.rows[file.name]
        blocks = [read(part) for part in parts(file)]
        assert sum(block.row_count + len(block.lost) for block in blocks) == rows.read_count
        assert rows.read_count == rows.kept_count + rejected[file.name]
        assert rows.kept_count >= 0
    assert all(one.because and one.line > 0 for one in found.rejects)
    users = [file.name for file in found.files if file.source.subject == "users"]
    if users:
        assert found.people_count == sum(found.rows[name].kept_count for name in users)
    return True


def outcome(folder, chance):
    """Classify and explain somebody; return both, or the error that refused it."""
    try:
        found = classify_export(folder, RULES_PATH, NOON)
        member = chance.choice(found.members)
        return found, member, explain(found, member.person_key)
    except OfframpError as refused:
        return refused


def judge(folder, chance):
    """Look at all that would be shown; an error must say what to do, and name nobody."""
    told = outcome(folder, chance)
    if isinstance(told, OfframpError):
        assert told.message
        assert told.hint
        assert told.exit_code in {3, 4}
        assert "@example" not in told.message + told.hint + told.context
        return
    found, member, explained = told
    assert is_accounted_for(found)
    assert found.people_count == found.header.people_count == len(found.members)
    assert {one.cohort for one in found.members} <= set(COHORTS)
    assert isinstance(found.findings, tuple)
    assert member.account_id in [one["account_id"] for one in explained["accounts"]]
    assert explained["rows"]
    json.dumps(explained)


def campaign(key, folder, count):
    """Judge *count* mutations of the sample of one source."""
    chance = random.Random(key)  # noqa: S311 - damage is no secret
    for number in range(count):
        content = mutated(SAMPLES[key][1], chance)
        write_sample(folder, key, content)
        try:
            judge(folder, chance)
        except Exception as failure:
            failure.add_note(f"mutation {number} of {key}: {content[:3000]!r}")
            raise


def test_there_is_a_sample_of_every_source():
    """A source without one would be spared."""
    assert {source.key for source in read_sources()} == set(SAMPLES)


@pytest.mark.parametrize("key", SAMPLES)
def test_a_sample_is_recognised_and_used_whole(tmp_path, key):
    """Undamaged, every row counts, and is read as what it is."""
    path = write_sample(tmp_path, key)
    found = classify_export(tmp_path, RULES_PATH, NOON)

    assert [key] == [file.source.key for file in found.files if file.name == path.name]
    assert (COUNT, COUNT) == (found.rows[path.name].read_count, found.rows[path.name].kept_count)
    assert is_accounted_for(found)


@pytest.mark.parametrize("key", SAMPLES)
def test_damage_ends_in_a_result_or_in_a_sentence(tmp_path, key):
    """Never in a traceback, and never in a row that nobody can account for."""
    campaign(key, tmp_path, A_FEW)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("key", SAMPLES)
def test_much_damage_ends_in_a_result_or_in_a_sentence(tmp_path, key):
    """A thousand times for each source."""
    campaign(key, tmp_path, MANY)
