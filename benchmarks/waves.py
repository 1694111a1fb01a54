"""
Without this file every program would need a wave plan of its own, and none would be measured at the same one.

People come in the order of cohort and stable hash. A wave takes them from the front, passes over whoever's department
has its share already, and ends before the first that is too many or too dear. `clerk.fill` says it; `fill`
does the same with whole arrays.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import work

U64 = np.uint64
SALT = 0x0FF2A3B
ALL_64 = (1 << 64) - 1
STRIDE_BITS = 12  # the running counts are kept for every 4096th place in the order


COSTS = np.array([cost for _, _, cost in work.LADDER], np.int64)


@dataclass(frozen=True, slots=True)
class Waves:
    """*of_person*: shape (n,), int16, the wave of each or -1; *starts*: the first day of every wave."""

    of_person: np.ndarray
    starts: list[dt.date]


def readiness_by_bits() -> np.ndarray:
    """Return for every set of methods, as bits, the number of its readiness; shape (128,), uint8."""
    held = np.arange(2 * max(work.BITS.values()))
    enough = [(held & bits) != 0 for _, bits, _ in work.LADDER[:-1]]
    return np.select(enough, range(len(enough)), len(enough)).astype(np.uint8)


def hash_text(text: str) -> int:
    """Return the stable 64-bit hash of one text: eight bytes at a time, mixed after each."""
    content = text.encode()
    found = SALT ^ len(content)
    for start in range(0, len(content), 8):
        found ^= int.from_bytes(content[start : start + 8], "little")
        found = found + 0x9E3779B97F4A7C15 & ALL_64
        found = (found ^ found >> 30) * 0xBF58476D1CE4E5B9 & ALL_64
        found = (found ^ found >> 27) * 0x94D049BB133111EB & ALL_64
        found ^= found >> 31
    return found


def hashes(ids: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return `hash_text` of ids that all have one length; shape (n,), uint64.

    Raises:
        ValueError: The ids have different lengths.
    """
    if isinstance(ids, pa.ChunkedArray):
        return np.concatenate([hashes(chunk) for chunk in ids.chunks]) if ids.num_chunks else np.empty(0, U64)
    if len(ids) == 0:
        return np.empty(0, U64)
    ids = ids.cast(pa.large_string())
    _, offsets, content = ids.buffers()
    places = np.frombuffer(offsets, np.int64)[ids.offset : ids.offset + len(ids) + 1]
    width = int(places[1] - places[0])
    if not (np.diff(places) == width).all():
        raise ValueError("ids of different lengths")
    letters = np.frombuffer(content, np.uint8)[places[0] : places[-1]].reshape(len(ids), width)
    found = np.full(len(ids), SALT ^ width, U64)
    for start in range(0, width, 8):
        block = np.zeros((len(ids), 8), np.uint8)
        block[:, : min(8, width - start)] = letters[:, start : start + 8]
        found ^= block.view("<u8").ravel()
        found += U64(0x9E3779B97F4A7C15)
        found ^= found >> U64(30)
        found *= U64(0xBF58476D1CE4E5B9)
        found ^= found >> U64(27)
        found *= U64(0x94D049BB133111EB)
        found ^= found >> U64(31)
    return found


def fill(cohort: np.ndarray, department: np.ndarray, readiness: np.ndarray, hashed: np.ndarray, planned: int) -> Waves:
    """
    Put everyone whose cohort moves into a wave.

    Args:
        cohort: Shape (n,), uint8: number of the cohort; those below *planned* move.
        department: Shape (n,), uint8: code of the department; one code may stand for "not known".
        readiness: Shape (n,), uint8: place on work.LADDER.
        hashed: Shape (n,), uint64: `hashes` of the ids.
        planned: How many cohorts move.
    """
    key = (cohort.astype(U64) << U64(58)) | (hashed >> U64(6))
    chosen = np.flatnonzero(cohort < planned)
    order = chosen[np.argsort(key[chosen])]
    del key
    queue_of = department[order]
    by_queue = np.argsort(queue_of, kind="stable")
    lengths = np.bincount(queue_of, minlength=1)
    first = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    costs = np.concatenate([[0], np.cumsum(COSTS[readiness[order[by_queue]]])])
    shares = np.maximum(1, (lengths * work.DEPARTMENT_SHARE).astype(np.int64))
    running = _running_counts(queue_of, len(lengths))

    def ahead(place: int) -> np.ndarray:
        """Count of each queue who stands before *place* in the order."""
        block = place >> STRIDE_BITS
        return running[block] + np.bincount(queue_of[block << STRIDE_BITS : place], minlength=len(lengths))

    wave = np.full(len(order), -1, np.int16)
    taken, starts = np.zeros(len(lengths), np.int64), []
    largest = max(1, math.ceil(len(order) * work.LARGEST_SHARE))
    for number, (day, budget) in enumerate(work.calendar(len(order))):
        if taken.sum() == len(order):
            break

        def upto(place: int, taken: np.ndarray = taken) -> np.ndarray:
            return np.clip(ahead(place) - taken, 0, shares)

        low, high = 0, len(order)
        while low < high:
            middle = (low + high + 1) // 2
            more = upto(middle)
            cost = (costs[first + taken + more] - costs[first + taken]).sum()
            low, high = (middle, high) if more.sum() <= largest and cost <= budget else (low, middle - 1)
        more = upto(low)
        for start, end in zip(first + taken, first + taken + more, strict=True):
            wave[start:end] = number
        taken = taken + more
        starts.append(day)
    of_person = np.full(len(cohort), -1, np.int16)
    of_person[order[by_queue]] = wave
    return Waves(of_person, starts)


def _running_counts(queue_of: np.ndarray, queues: int) -> np.ndarray:
    """Count how many of each queue stand before every 4096th place; shape (blocks + 1, queues)."""
    blocks = (len(queue_of) >> STRIDE_BITS) + 1
    cells = (np.arange(len(queue_of)) >> STRIDE_BITS) * queues + queue_of
    counts = np.bincount(cells, minlength=blocks * queues).reshape(blocks, queues)
    return np.concatenate([np.zeros((1, queues), np.int64), np.cumsum(counts, axis=0)])


def plan_table(
    ids: pa.Array, department: pa.Array, cohort: np.ndarray, readiness: np.ndarray, waves: Waves, cohorts: Sequence[str]
) -> pa.Table:
    """Put a plan together, one row a person: codes become words, waves get their first day."""
    wave = pa.array(waves.of_person, pa.int16(), mask=waves.of_person < 0)
    return pa.table(
        {
            "id": ids,
            "department": department,
            "cohort": pa.DictionaryArray.from_arrays(pa.array(cohort.astype(np.int8)), pa.array(list(cohorts))),
            "readiness": pa.DictionaryArray.from_arrays(pa.array(readiness.astype(np.int8)), pa.array(work.READINESS)),
            "wave": wave,
            "wave_start": pa.array(waves.starts, pa.date32()).take(wave),
        }
    )


def write_plan(plan: pa.Table, path: Path) -> None:
    """Write a plan quickly: ids are all different, so that a dictionary of them would be made in vain."""
    pq.write_table(plan, path, compression="lz4", use_dictionary=list(work.PLAN_COLUMNS[1:]))
