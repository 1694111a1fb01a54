"""Without this file no two runs would put an account at the same place in the queue: one stable hash of a text."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int32]

SALT = 0x0FF2A3B
STEP, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB  # splitmix64
WORD = 8  # bytes
ALL_BITS = (1 << 64) - 1
BLOCK = 1 << 16  # texts at a time: what a block needs stays in the processor's cache
FEW = 16  # longer texts than all but so many others are cheaper one by one


def hash_text(text: str) -> int:
    """
    Return the stable hash of one text: 64 bits, the same on every machine and in every version.

    The UTF-8 bytes are taken eight at a time, little-endian, the last word filled up with zeros; each word is mixed
    into what was there, which began as SALT and the length in bytes.
    """
    return _hash_bytes(text.encode())


def hash_texts(texts: pa.Array | pa.ChunkedArray) -> Hashes:
    """
    Return `hash_text` of every text, without a Python object for any of them.

    Args:
        texts: Shape (n,), string or large_string, sliced or not.

    Returns:
        Shape (n,), uint64; 0 where there is no text. (A text may hash to 0 as well: ask for nulls by their mask.)

    Raises:
        TypeError: The array holds something else than texts.
    """
    if isinstance(texts, pa.ChunkedArray):
        return np.concatenate([np.empty(0, np.uint64), *map(hash_texts, texts.chunks)])
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        raise TypeError(f"texts are hashed, not {texts.type}")
    hashes = np.zeros(len(texts), np.uint64)
    for start, offsets, octets in _blocks(texts):
        hashes[start : start + len(offsets) - 1] = _hash_block(offsets, octets)
    if texts.null_count:
        hashes[pc.is_null(texts).to_numpy(zero_copy_only=False)] = 0
    return hashes


def match(ids: pa.Array, hashes: Hashes, *, before_ids: pa.Array, before_hashes: Hashes) -> Rows:
    """
    Find each account among those that were there before: by its hash, and then by the id behind it.

    Two ids with one hash are told apart. An id that stands on several rows before is found on the first of them.

    Args:
        ids: Shape (n,), string or large_string; a null is nobody and is never found.
        hashes: Shape (n,), `hash_texts` of *ids*.
        before_ids: Shape (m,), of the same type as *ids*.
        before_hashes: Shape (m,), `hash_texts` of *before_ids*.

    Returns:
        Shape (n,), int32: the row among *before_ids*; -1 for whoever was not there.
    """
    bits = max(len(ids), len(before_ids)).bit_length()
    found = np.full(len(ids), -1, np.int32)
    if len(before_ids):
        known, asked = _with_rows(before_hashes, bits), _with_rows(hashes, bits)
        known_row, asked_row = _rows_of(known, bits), _rows_of(asked, bits)
        known >>= np.uint64(bits)
        asked >>= np.uint64(bits)
        # Asked in ascending order, the search walks through memory instead of leaping about in it.
        place = np.searchsorted(known, asked).astype(np.int32)
        place[place == len(known)] = 0
        hit = known[place] == asked
        found[asked_row[hit]] = known_row[place[hit]]
        del known, asked, known_row, asked_row, place, hit
    refuted = np.concatenate([np.empty(0, np.intp), *_refuted(ids, before_ids, found)])
    if len(refuted):
        found[refuted] = _by_id(ids.take(pa.array(refuted)), before_ids, np.isin(before_hashes, hashes[refuted]))
    return found


def _with_rows(hashes: Hashes, bits: int) -> Hashes:
    """Return the hashes in ascending order, their last *bits* replaced by the row that each stood in."""
    packed = hashes >> np.uint64(bits)
    packed <<= np.uint64(bits)
    packed |= np.arange(len(hashes), dtype=np.uint64)
    packed.sort()
    return packed


def _rows_of(packed: Hashes, bits: int) -> Rows:
    return (packed & np.uint64((1 << bits) - 1)).astype(np.int32)


def _refuted(ids: pa.Array, before_ids: pa.Array, found: Rows) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the rows that were found by their hash and stand for another id, or for none."""
    for start in range(0, len(ids), BLOCK):
        rows = found[start : start + BLOCK]
        others = before_ids.take(pa.array(rows, mask=rows < 0))
        is_same = pc.fill_null(pc.equal(ids.slice(start, BLOCK), others), fill_value=False)
        yield start + np.flatnonzero(~is_same.to_numpy(zero_copy_only=False) & (rows >= 0))


def _by_id(ids: pa.Array, before_ids: pa.Array, is_asked: npt.NDArray[np.bool_]) -> Rows:
    """Return the row of each of a few ids among the rows that are asked, -1 where there is none."""
    rows = np.flatnonzero(is_asked)
    row_of = dict(zip(reversed(before_ids.take(pa.array(rows)).to_pylist()), reversed(rows.tolist()), strict=True))
    row_of.pop(None, None)
    return np.array([row_of.get(text, -1) for text in ids.to_pylist()], np.int32)


def _blocks(texts: pa.Array) -> Iterator[tuple[int, npt.NDArray[np.int64], npt.NDArray[np.uint8]]]:
    """Yield where a block starts, the offsets of its texts from 0, and their bytes with a word of zeros behind."""
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, where, what = texts.buffers()
    octets = np.frombuffer(what, np.uint8) if what is not None else np.empty(0, np.uint8)
    for start in range(0, len(texts), BLOCK):
        count = min(BLOCK, len(texts) - start)
        offsets = np.frombuffer(where, kind, count + 1, (texts.offset + start) * np.dtype(kind).itemsize)
        block = np.zeros(int(offsets[-1] - offsets[0]) + WORD, np.uint8)
        block[:-WORD] = octets[offsets[0] : offsets[-1]]
        yield start, offsets.astype(np.int64) - int(offsets[0]), block


def _hash_block(offsets: npt.NDArray[np.int64], octets: npt.NDArray[np.uint8]) -> Hashes:
    """Hash the texts of one block: word by word over all texts that are that long."""
    starts, lengths = offsets[:-1], np.diff(offsets)
    hashes = lengths.astype(np.uint64)
    hashes ^= np.uint64(SALT)
    # Every word of the block, wherever it begins: no copy, each overlaps the next by seven bytes.
    words = np.ndarray((len(octets) - WORD + 1,), np.dtype("<u8"), octets.data, strides=(1,))
    if (lengths == lengths[0]).all():
        width = int(lengths[0])
        for at in range(0, width, WORD):
            _mix_in(hashes, words[at:-1:width] & _kept(width - at))
        return hashes
    rows = np.flatnonzero(lengths > 0)
    at = 0
    while len(rows) > FEW:
        mixed = hashes[rows]
        left = lengths[rows] - at
        _mix_in(mixed, words[starts[rows] + at] & KEPT[np.minimum(left, WORD)])
        hashes[rows] = mixed
        rows = rows[left > WORD]
        at += WORD
    for row in rows.tolist():
        hashes[row] = _hash_bytes(octets[offsets[row] : offsets[row + 1]].tobytes())
    return hashes


def _kept(left: int) -> np.uint64:
    """Return the bits of a word that belong to a text of which *left* bytes are left."""
    return np.uint64((1 << 8 * min(left, WORD)) - 1)


KEPT = np.array([_kept(left) for left in range(WORD + 1)], np.uint64)


def _mix_in(hashes: Hashes, words: Hashes) -> None:
    """Mix one word into each hash, in place; arithmetic is modulo 2**64."""
    hashes ^= words
    hashes += np.uint64(STEP)
    hashes ^= hashes >> np.uint64(30)
    hashes *= np.uint64(FIRST)
    hashes ^= hashes >> np.uint64(27)
    hashes *= np.uint64(SECOND)
    hashes ^= hashes >> np.uint64(31)


def _hash_bytes(text: bytes) -> int:
    mixed = SALT ^ len(text)
    for at in range(0, len(text), WORD):
        mixed ^= int.from_bytes(text[at : at + WORD], "little")
        mixed = (mixed + STEP) & ALL_BITS
        mixed = (mixed ^ mixed >> 30) * FIRST & ALL_BITS
        mixed = (mixed ^ mixed >> 27) * SECOND & ALL_BITS
        mixed ^= mixed >> 31
    return mixed
