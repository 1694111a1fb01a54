import sqlite3
from contextlib import closing

import pytest
from builders import NOON, OPERATOR, history, the_road_to
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from migration.adapters.sql_ledger import SqlLedger
from migration.events import StageFailed
from migration.ledger import Anchor, LedgerBroken, verify
from migration.ledger_export import read_jsonl, to_jsonl
from migration.posture import Stage

ENTRIES = the_road_to(Stage.RELAXED)
COUNT = len(ENTRIES)
COLUMNS = ("number", "at", "actor", "kind", "body", "previous", "digest")
PLACES = st.integers(1, COUNT)
ODD = StageFailed(intent=1, because="never recorded")
EXPORT = "".join(to_jsonl(ENTRIES)).encode()


def anchored(number):
    """Make the anchor that the manifest would hold."""
    return Anchor("the manifest", number, ENTRIES[number - 1].digest)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Keep a ledger in a file: its path, and its rows as bytes."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    ledger = SqlLedger(f"sqlite:///{path}")
    for entry in ENTRIES:
        ledger.append(entry.event, actor=OPERATOR, at=NOON)
    return path


@given(number=PLACES, column=st.sampled_from(COLUMNS), place=st.integers(0, 10**6), bits=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_single_flipped_byte_of_a_stored_row_is_found(kept, number, column, place, bits):
    """In any column of any row, in any way, without an anchor: the row is not readable, not sealed, or out of place."""
    with closing(sqlite3.connect(kept, isolation_level=None)) as connection:
        connection.text_factory = bytes
        select = f"SELECT {column} FROM entries WHERE number = ?"  # noqa: S608 - a column of ours
        (before,) = connection.execute(select, (number,)).fetchone()
        is_number = isinstance(before, int)
        flipped = bytearray(before.to_bytes(8, "big", signed=True) if is_number else before)
        flipped[place % len(flipped)] ^= bits
        after = int.from_bytes(flipped, "big", signed=True) if is_number else bytes(flipped)
        assume(not (is_number and 1 <= after <= COUNT))  # a number that is taken: the database refuses it
        kind = "INTEGER" if is_number else "TEXT"
        change = f"UPDATE entries SET {column} = CAST(? AS {kind}) WHERE number = ?"  # noqa: S608 - as above
        connection.execute(change, (after, number))
        try:
            with pytest.raises(LedgerBroken):
                verify(SqlLedger(f"sqlite:///{kept}").entries(), [])
        finally:
            connection.execute(change, (before, after if is_number else number))
    assert COUNT == verify(SqlLedger(f"sqlite:///{kept}").entries(), []).entry_count


@given(place=st.integers(0, len(EXPORT) - 1), bits=st.integers(1, 255))
def test_any_single_flipped_byte_of_an_export_is_found(place, bits):
    """A line is not as exported, or an entry is not as sealed."""
    flipped = bytearray(EXPORT)
    flipped[place] ^= bits

    with pytest.raises(LedgerBroken):
        verify(read_jsonl(bytes(flipped)), [])


@given(left=st.integers(0, COUNT), anchor=PLACES)
def test_a_cut_is_found_below_an_anchor_and_counted_above_it(left, anchor):
    """What an anchor covers cannot be cut off; what lies after the last one is counted as not anchored."""
    if left < anchor:
        with pytest.raises(LedgerBroken, match=f"Entry {anchor} is not the one"):
            verify(ENTRIES[:left], [anchored(anchor)])
        return
    found = verify(ENTRIES[:left], [anchored(anchor)])
    since = ENTRIES[anchor].at if left > anchor else None
    assert (anchor, left - anchor, since) == (found.anchored_count, found.not_anchored_count, found.not_anchored_since)


@given(data=st.data(), anchor=PLACES)
def test_a_rewritten_end_is_found_from_the_anchor_back(data, anchor):
    """Sealed anew from any entry at or before an anchor on, it is a whole chain, and not the one vouched for."""
    first = data.draw(st.integers(1, anchor))
    tail = [entry.event for entry in ENTRIES[first:]]
    rewritten = history(ODD, *tail, after=ENTRIES[: first - 1])
    assert len(rewritten) == verify(rewritten, []).entry_count

    with pytest.raises(LedgerBroken, match=f"Entry {anchor} is not the one"):
        verify(rewritten, [anchored(anchor)])


@given(data=st.data(), anchor=st.integers(1, COUNT - 1))
def test_an_end_that_was_rewritten_after_the_last_anchor_is_never_called_intact(data, anchor):
    """Nothing tells it from the true one; that is what is said."""
    first = data.draw(st.integers(anchor + 1, COUNT))
    found = verify(history(ODD, after=ENTRIES[: first - 1]), [anchored(anchor)])

    assert (first - anchor, "not anchored") == (found.not_anchored_count, found.standing.value)
