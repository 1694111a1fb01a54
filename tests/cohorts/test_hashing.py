import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts import hashing
from cohorts.hashing import hash_text, hash_texts, match

KINDS = (pa.string(), pa.large_string())
# Fixed for good: plans that lie in a ledger refer to them.
FIXED = {
    "": 0x0FF2A3B,
    "a": 0x8414437AF3A70C36,
    "00u1a2b3c4d5e6f7g8h9": 0x95A243476D9FEC48,
    "8 octets": 0xD69020F6D72B3871,
    "Łódź, 東京": 0xC7A15180D26D425D,
}
TEXTS = st.lists(st.none() | st.text(max_size=40), max_size=60)


@pytest.mark.parametrize("text", FIXED)
def test_a_hash_never_changes(text):
    """An account that hashed otherwise tomorrow would move in another week than it was told."""
    assert FIXED[text] == hash_text(text)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(texts=TEXTS, first=st.integers(0, 60))
def test_a_column_hashes_as_its_texts_do_one_by_one(kind, texts, first):
    """Of any lengths, wherever the column was cut off a longer one."""
    column = pa.array(texts, kind).slice(first)

    assert [0 if text is None else hash_text(text) for text in texts[first:]] == hash_texts(column).tolist()


@pytest.mark.parametrize("width", [0, 1, 7, 8, 9, 16, 20])
def test_texts_of_one_length_hash_as_all_others_do(width):
    """The short way for ids that are all as long must not be another hash."""
    texts = [f"{number:0{width}d}"[:width] for number in range(50)]

    assert [hash_text(text) for text in texts] == hash_texts(pa.array(texts)).tolist()


def test_texts_beyond_one_block_hash_alike(monkeypatch):
    """Where a block ends is nobody's business."""
    monkeypatch.setattr(hashing, "BLOCK", 7)
    texts = ["x" * (number % 23) for number in range(100)]

    assert [hash_text(text) for text in texts] == hash_texts(pa.array(texts)).tolist()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_many_long_texts_hash_word_by_word(kind):
    """Enough of them that no text is hashed alone, and of lengths that end anywhere in a word."""
    texts = ["é" * (number % 40) + "z" * (number % 3) for number in range(400)]

    assert [hash_text(text) for text in texts] == hash_texts(pa.array(texts, kind)).tolist()


def test_a_column_in_pieces_hashes_as_one():
    """Readers give a column row group by row group, some of them empty, or none at all."""
    pieces = pa.chunked_array([["a", None], [], ["b"]], pa.string())

    assert [hash_text("a"), 0, hash_text("b")] == hash_texts(pieces).tolist()
    assert [] == hash_texts(pa.chunked_array([], pa.string())).tolist()
    assert [] == hash_texts(pa.array([], pa.large_string())).tolist()


def test_bytes_that_lie_under_a_null_do_not_show():
    """Arrow may leave anything there; nobody is still nobody."""
    texts = pa.array(["left over", "b"])
    hidden = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), *texts.buffers()[1:]])

    assert [None, "b"] == hidden.to_pylist()
    assert [0, hash_text("b")] == hash_texts(hidden).tolist()


def test_what_is_no_text_is_not_hashed():
    """A number would hash to something, and to something else once it is read as text."""
    with pytest.raises(TypeError, match="int64"):
        hash_texts(pa.array([1, 2]))


IDS = st.lists(st.none() | st.sampled_from("abcdefgh"), max_size=12)


@given(before=IDS, now=IDS, kinds=st.sampled_from([1, 2, 2**64]))
def test_accounts_are_found_by_their_ids_even_if_hashes_collide(before, now, kinds):
    """A hash only says where to look; a null is nobody, and an id that stands twice is found where it stood first."""
    now_ids, before_ids = pa.array(now, pa.string()), pa.array(before, pa.string())

    found = match(
        now_ids,
        np.array([hash_text(text or "") % kinds for text in now], np.uint64),
        before_ids=before_ids,
        before_hashes=np.array([hash_text(text or "") % kinds for text in before], np.uint64),
    )

    assert [-1 if text not in before or text is None else before.index(text) for text in now] == found.tolist()


def test_matching_crosses_blocks(monkeypatch):
    """Everyone of many is found where they stood, and nobody else, though each hash has several ids behind it."""
    monkeypatch.setattr(hashing, "BLOCK", 16)
    before = pa.array([f"id-{number}" for number in range(100)])
    now = pa.array([f"id-{number}" for number in range(150, 20, -1)])
    some_bits = np.uint64(31)

    found = match(now, hash_texts(now) & some_bits, before_ids=before, before_hashes=hash_texts(before) & some_bits)

    assert [number if number < 100 else -1 for number in range(150, 20, -1)] == found.tolist()
