"""
Without this file pandas would be judged by how people write it: the same work, with every trick that is known for it.

    python benchmarks/peer_pandas_tuned.py tuned parquet|csv|jsonl FOLDER PLAN
"""

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq
import waves
import work
from measure import Task, measured

BLOCK = 8 << 20


def tuned(task: Task) -> None:
    """Do the work with codes for texts, bits for lists and methods, and one look-up from hash to row."""
    started = time.perf_counter()
    book = work.read_book()
    users, factors = _tables(task)
    columns = {name: _Coded(users[name]) for name in work.CODED}
    since = users["lastLogin"].cast(pa.int64()).fill_null(np.iinfo(np.int64).max).to_numpy()
    started = task.lap("read", started)
    asked: dict[str, list[Sequence[str]]] = {name: [] for name in work.LISTS}
    for condition in (one for rule in book.rules for one in rule.conditions):
        if condition.test == "has_one_of" and condition.value not in asked[condition.field]:
            asked[condition.field].append(condition.value)
    bits = {name: _list_bits(users[name], questions) for name, questions in asked.items()}
    has_names = {name: pc.list_value_length(users[name]).fill_null(0).to_numpy() > 0 for name in work.LISTS}
    started = task.lap("lists", started)

    def answer(condition: work.Condition) -> np.ndarray:
        match condition.test:
            case "one_of":
                found = columns[condition.field].where(set(condition.value).__contains__)
            case "matches":
                expression = re.compile(condition.value, re.IGNORECASE)
                found = columns[condition.field].where(lambda text: expression.search(text) is not None)
            case "has_one_of":
                place = asked[condition.field].index(condition.value)
                found = bits[condition.field] & (1 << place) != 0
            case "nonempty":
                found = has_names[condition.field]
            case _:
                limit = work.AT - work.dt.timedelta(days=condition.value)
                found = since <= int(limit.timestamp() * 1000)
        return ~found if condition.is_negated else found

    cohort = np.full(len(users), book.rules[-1].cohort, np.uint8)
    for rule in reversed(book.rules[:-1]):
        cohort[np.logical_and.reduce([answer(one) for one in rule.conditions])] = rule.cohort
    started = task.lap("classify", started)
    hashes = waves.hashes(users["id"])
    held = _held(pd.Index(hashes), factors)
    readiness = waves.readiness_by_bits()[held]
    started = task.lap("readiness", started)
    department = columns["department"]
    placed = waves.fill(cohort, department.codes.astype(np.uint8), readiness, hashes, book.planned_count)
    started = task.lap("waves", started)
    plan = waves.plan_table(users["id"], users["department"], cohort, readiness, placed, book.cohorts)
    waves.write_plan(plan, task.out)
    task.lap("write", started)


def _tables(task: Task) -> tuple[pa.Table, pa.Table]:
    if task.form == "parquet":
        leaves = [*work.CODED, *(f"{name}.list.element" for name in work.LISTS)]
        users = _row_groups(task.path("users"), work.USER_COLUMNS, leaves)
        factors = _row_groups(task.path("factors"), work.FACTOR_COLUMNS, ["factorType", "status"])
        return users, factors
    if task.form == "csv":
        codes = pa.dictionary(pa.int32(), pa.string())
        types = dict.fromkeys([*work.CODED, "factorType"], codes) | {"lastLogin": pa.timestamp("ms", "UTC")}
        users, factors = (
            pa_csv.read_csv(
                task.path(name),
                read_options=pa_csv.ReadOptions(block_size=BLOCK),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=wanted, column_types=types, strings_can_be_null=True
                ),
            )
            for name, wanted in (("users", work.USER_COLUMNS), ("factors", work.FACTOR_COLUMNS))
        )
        for name in work.LISTS:
            place = users.schema.get_field_index(name)
            names = pc.split_pattern(users[name], ";")
            users = users.set_column(place, name, names)
        return users, factors
    types = dict.fromkeys(work.USER_COLUMNS, pa.string()) | {"lastLogin": pa.timestamp("ms", "UTC")}
    types |= dict.fromkeys(work.LISTS, pa.list_(pa.string()))
    schemas = {"users": pa.schema(types), "factors": pa.schema(dict.fromkeys(work.FACTOR_COLUMNS, pa.string()))}
    users, factors = (
        pa_json.read_json(
            task.path(name),
            read_options=pa_json.ReadOptions(block_size=BLOCK),
            parse_options=pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        for name, schema in schemas.items()
    )
    return users, factors


def _row_groups(path: Path, columns: Sequence[str], coded: Sequence[str]) -> pa.Table:
    """Read the row groups in two threads: a file that is read as a whole cannot have coded lists."""
    count = pq.ParquetFile(path).num_row_groups

    def read(number: int) -> pa.Table:
        file = pq.ParquetFile(path, read_dictionary=coded)
        return file.read_row_group(number, columns=columns, use_threads=False)

    with ThreadPoolExecutor(2) as pool:
        return pa.concat_tables(pool.map(read, range(count)))


class _Coded:
    """A column of texts as codes: 0 where nothing is known, else 1 + the place in *values*."""

    def __init__(self, cells: pa.ChunkedArray) -> None:
        if not pa.types.is_dictionary(cells.type):
            cells = cells.dictionary_encode()
        cells = cells.unify_dictionaries()
        self.values = cells.chunk(0).dictionary.to_pylist()
        self.codes = np.concatenate([chunk.indices.fill_null(-1).to_numpy() + 1 for chunk in cells.chunks])

    def where(self, holds: Callable[[str], bool]) -> np.ndarray:
        """Ask every distinct text once; nothing known is no."""
        return np.array([False, *map(holds, self.values)])[self.codes]


def _list_bits(cells: pa.ChunkedArray, questions: Sequence[Sequence[str]]) -> np.ndarray:
    found = []
    for chunk in cells.chunks:
        names = chunk.flatten()
        names = names if pa.types.is_dictionary(names.type) else names.dictionary_encode()
        told = names.dictionary.to_pylist()
        lut = np.zeros(len(told), np.uint32)
        for place, question in enumerate(questions):
            lut |= np.array([name in question for name in told], np.uint32) << place
        bits = lut[names.indices.to_numpy()]
        telling = np.flatnonzero(bits)
        ends = np.cumsum(pc.list_value_length(chunk).fill_null(0).to_numpy())
        of_row = np.zeros(len(chunk), np.uint32)
        np.bitwise_or.at(of_row, np.searchsorted(ends, telling, side="right"), bits[telling])
        found.append(of_row)
    return np.concatenate(found)


def _held(index: pd.Index, factors: pa.Table) -> np.ndarray:
    kinds, statuses = _Coded(factors["factorType"]), _Coded(factors["status"])
    bits = np.array([0, *(work.BITS[kind] for kind in kinds.values)], np.uint8)[kinds.codes]
    rows = index.get_indexer(waves.hashes(factors["userId"]))
    is_told = statuses.where("ACTIVE".__eq__) & (rows >= 0)
    held = np.zeros(len(index), np.uint8)
    for bit in work.BITS.values():
        held[rows[is_told & (bits == bit)]] |= bit
    return held


if __name__ == "__main__":
    measured({"tuned": tuned})
