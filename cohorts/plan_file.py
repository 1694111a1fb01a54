"""Without this file a draft would be an array: everybody's round, as a table that any program reads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from cohorts.errors import ExportUnreadable
from cohorts.facts import Coded
from cohorts.placement import NOWHERE
from cohorts.readiness import HOLDS

SLICE = 1 << 18  # rows of one row group
BATCH = 1 << 16
WORDS = pa.dictionary(pa.int32(), pa.string())
PLAN = pa.schema(
    [
        ("id", pa.string()),
        ("department", WORDS),
        ("cohort", WORDS),
        ("readiness", WORDS),
        ("wave", pa.int16()),
        ("wave_start", pa.date32()),
    ]
)
# Ids are all different: a dictionary of them would be made in vain.
CODED_COLUMNS = [name for name in PLAN.names if name != "id"]


@contextmanager
def writing(out: Path) -> Iterator[pq.ParquetWriter]:
    """Give a writer of a plan; it is written aside and renamed when it is whole."""
    aside = out.with_name(f".{out.name}.part")
    try:
        # Codes are small as they are, and nobody looks for a range of ids.
        with pq.ParquetWriter(
            aside,
            PLAN,
            compression="none",
            use_dictionary=CODED_COLUMNS,
            write_statistics=False,
            write_batch_size=BATCH,
        ) as writer:
            yield writer
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)


def rows(
    ids: pa.Array,
    department: Coded,
    cohort: tuple[npt.NDArray[np.uint8], Sequence[str]],
    held: npt.NDArray[np.uint8],
    wave: npt.NDArray[np.int16],
    starts_on: Sequence[date],
) -> pa.Table:
    """Return n rows of a plan.

    Args:
        ids: Of the accounts.
        department: Their departments.
        cohort: Places among the cohorts, and the cohorts.
        held: Places in `readiness.HOLDS`.
        wave: Their rounds.
        starts_on: Per round, its first day.
    """
    told = pa.array(wave, mask=wave < 0)
    columns = {
        "id": ids.cast(pa.string()),
        "department": _words(department.codes.astype(np.int32) - 1, department.values),
        "cohort": _words(cohort[0], cohort[1]),
        "readiness": _words(held, HOLDS),
        "wave": told,
        "wave_start": pa.array(starts_on, pa.date32()).take(told),
    }
    return pa.table(columns, schema=PLAN)


def _words(codes: npt.NDArray[np.integer], values: Sequence[str]) -> pa.Array:
    absent = codes < 0
    indices = pa.array(codes.astype(np.int32), mask=absent if absent.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string()))


def by_name(column: Coded) -> Coded:
    """Return the same column with its values in order: no plan depends on which row came first."""
    order = sorted(range(len(column.values)), key=column.values.__getitem__)
    lut = np.zeros(len(order) + 1, column.codes.dtype)
    lut[np.array(order, np.intp) + 1] = np.arange(1, len(order) + 1)
    return Coded(lut[column.codes], tuple(column.values[place] for place in order))


def read_rounds(path: Path) -> tuple[pa.Array, npt.NDArray[np.int16]]:
    """Return the ids of a plan that was written before, and the round of each.

    Raises:
        ExportUnreadable: The file is no plan.
    """
    try:
        table = pq.read_table(path, columns=["id", "wave"])
        told = table["wave"].cast(pa.int16()).combine_chunks().fill_null(NOWHERE).to_numpy(zero_copy_only=False)
        ids = table["id"].cast(pa.large_string()).combine_chunks()
    except (OSError, pa.ArrowException, KeyError) as error:
        raise ExportUnreadable(
            f"{path.name} is no plan that was written before",
            context=str(path),
            hint="name a file that offramp plan draft has written",
        ) from error
    return ids, told.astype(np.int16)
