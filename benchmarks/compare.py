"""
Without this file a fast program could be fast because it does something else: two plans, compared row for row.

    python benchmarks/compare.py PLAN_A PLAN_B
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import waves
import work

SHOWN = 5
TYPES = {"wave": pa.int32(), "wave_start": pa.date32()}


def read_plan(path: Path) -> pa.Table:
    """Read a plan, with the types that every program's plan can be compared in."""
    plan = pq.read_table(path, columns=list(work.PLAN_COLUMNS))
    return pa.table({name: _plain(name, plan[name]) for name in work.PLAN_COLUMNS})


def _plain(name: str, cells: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    return cells.cast(TYPES.get(name, pa.large_string())).combine_chunks()


def same_order(plan: pa.Table, other: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Put both plans into the order of their ids' hashes, unless they have one order already."""
    if plan["id"].equals(other["id"]):
        return plan, other
    ordered = (one.take(np.argsort(waves.hashes(one["id"]), kind="stable")) for one in (plan, other))
    return next(ordered), next(ordered)


def differences(plan: pa.Table, other: pa.Table) -> list[str]:
    """
    Tell in how many rows two plans differ, and show the first few.

    Args:
        plan: What `read_plan` returned.
        other: The same of the other plan; its rows may have another order.

    Returns:
        One sentence a column that differs; none where the plans are equal.
    """
    if len(plan) != len(other):
        return [f"{len(plan)} rows, and {len(other)}"]
    plan, other = same_order(plan, other)
    found = []
    for name in work.PLAN_COLUMNS:
        one, two = plan[name], other[name]
        is_equal = pc.or_(pc.equal(one, two).fill_null(False), pc.and_(one.is_null(), two.is_null()))
        rows = pc.indices_nonzero(pc.invert(is_equal)).to_pylist()
        if rows:
            shown = ", ".join(f"{one[row].as_py()} and {two[row].as_py()}" for row in rows[:SHOWN])
            found.append(f"{name} differs in {len(rows)} rows: {shown}")
    return found


def main() -> None:
    """Compare every plan with the first; the exit code is 1 where any differs."""
    parser = argparse.ArgumentParser(description="Compare plans row for row.")
    parser.add_argument("plans", type=Path, nargs="+", metavar="PLAN")
    first, *others = parser.parse_args().plans
    plan = read_plan(first)
    answers = {path: differences(plan, read_plan(path)) for path in others}
    for path, found in answers.items():
        print(f"{path.name}: {'; '.join(found) or 'equal'} ({len(plan)} rows)")
    sys.exit(any(answers.values()))


if __name__ == "__main__":
    main()
