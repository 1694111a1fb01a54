"""
Without this file there would be no yardstick: R, polars merely reading the columns that the work needs.

    python benchmarks/peer_reads.py reads parquet|csv|jsonl FOLDER PLAN

It loads nothing that reading does not need, because its memory is a yardstick too; and it writes no plan.
"""

from collections.abc import Sequence

import polars as pl
import work
from measure import Task, measured

COLUMNS = {"users": work.USER_COLUMNS, "factors": work.FACTOR_COLUMNS}


def reads(task: Task) -> Sequence[pl.DataFrame]:
    """Read the columns as quickly as polars does it, hold them all, and do nothing with them."""
    match task.form:
        case "parquet":
            return [pl.read_parquet(task.path(name), columns=wanted) for name, wanted in COLUMNS.items()]
        case "csv":
            return [pl.read_csv(task.path(name), columns=wanted) for name, wanted in COLUMNS.items()]
        case _:
            return [pl.scan_ndjson(task.path(name)).select(wanted).collect() for name, wanted in COLUMNS.items()]


if __name__ == "__main__":
    measured({"reads": reads})
