"""
Without this file the synthetic directory would not lie on the disk: Parquet, CSV and JSONL, as vendors write them.

    python benchmarks/generate.py 1000000 --forms parquet csv jsonl
"""

import argparse
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import people
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

EDITION = 1  # to be raised when other rows come out: what an older edition wrote is made anew
DATA = Path(__file__).parent / ".data"
FORMS = ("parquet", "csv", "jsonl")
NOTE = "made.json"
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
Write = Callable[[pa.Table], Any]


def with_text_times(table: pa.Table) -> pa.Table:
    """Write moments as APIs write them; Arrow's seconds carry the milliseconds."""
    return table_of(table, lambda cells: pc.strftime(cells, MOMENT) if pa.types.is_timestamp(cells.type) else cells)


def flat(table: pa.Table) -> pa.Table:
    """Turn lists into one text with semicolons, as consoles export them; an empty list is an empty cell."""

    def joined(cells: pa.ChunkedArray) -> pa.ChunkedArray:
        if not pa.types.is_list(cells.type):
            return cells
        return pc.replace_with_mask(
            text := pc.binary_join(cells, ";").combine_chunks(), pc.equal(text, ""), pa.scalar(None, pa.string())
        )

    return table_of(with_text_times(table), joined)


def table_of(table: pa.Table, change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    """Return the table with *change* made to every column."""
    return pa.table({name: change(table[name]) for name in table.column_names})


def writer(path: Path, schema: pa.Schema, closing: ExitStack) -> Write:
    """Open *path* in the form that its ending says; rows are appended to it until *closing* closes it."""
    if path.suffix == ".parquet":
        parquet = closing.enter_context(pq.ParquetWriter(path, schema))
        return lambda table: parquet.write_table(table, row_group_size=max(1, len(table)))
    if path.suffix == ".csv":
        options = pa_csv.WriteOptions(quoting_style="needed")
        csv = closing.enter_context(pa_csv.CSVWriter(path, flat(schema.empty_table()).schema, write_options=options))
        return lambda table: csv.write_table(flat(table))
    lines = closing.enter_context(path.open("wb"))
    return lambda table: pl.from_arrow(with_text_times(table)).write_ndjson(lines)


def chunks(count: int) -> Iterator[Mapping[str, pa.Table]]:
    """Make the chunks of a directory of *count* users, in order, two at a time and never many in memory."""
    sizes = [min(people.CHUNK, count - first) for first in range(0, count, people.CHUNK)]
    if len(sizes) == 1:
        yield people.chunk(0, sizes[0])
        return
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(people.chunk, number, size) for number, size in enumerate(sizes[:3])]
        for number in range(len(sizes)):
            yield waiting.pop(0).result()
            if (following := number + 3) < len(sizes):
                waiting.append(pool.submit(people.chunk, following, sizes[following]))


def write(count: int, forms: Sequence[str], folder: Path) -> None:
    """
    Write a directory of *count* users: `users` and `factors` in each of *forms*, in a folder for each form.

    A folder appears when it is whole; what is there already and complete stays as it is.
    """
    missing = [form for form in forms if form not in made(folder, count)]
    if not missing:
        return
    aside = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    for form in missing:
        (aside / form).mkdir(parents=True)
    writes: dict[tuple[str, str], Write] = {}
    with ExitStack() as closing:
        for tables in chunks(count):
            for name, table in tables.items():
                for form in missing:
                    if (name, form) not in writes:
                        writes[name, form] = writer(aside / form / f"{name}.{form}", table.schema, closing)
                    writes[name, form](table)
    kept = made(folder, count)
    folder.mkdir(parents=True, exist_ok=True)
    for path in aside.iterdir():
        shutil.rmtree(folder / path.name, ignore_errors=True)
        path.replace(folder / path.name)
    aside.rmdir()
    note = {"edition": EDITION, "seed": people.SEED, "count": count, "forms": sorted({*kept, *missing})}
    (folder / NOTE).write_text(json.dumps(note) + "\n", encoding="utf-8")


def made(folder: Path, count: int) -> tuple[str, ...]:
    """Tell which forms of this edition's directory of *count* users lie in *folder*."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    wanted = {"edition": EDITION, "seed": people.SEED, "count": count}
    return tuple(note["forms"]) if wanted == {key: note[key] for key in wanted} else ()


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a synthetic directory: users and factors.")
    parser.add_argument("count", type=int, help="users, for example 1000000")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=FORMS)
    parser.add_argument("--into", type=Path, help="folder; default: COUNT in benchmarks/.data")
    asked = parser.parse_args()
    write(asked.count, asked.forms, asked.into or DATA / str(asked.count))


if __name__ == "__main__":
    main()
