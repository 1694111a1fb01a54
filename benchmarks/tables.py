"""Without this file what was measured would be a heap of numbers: two tables, what came out and what was promised."""

from collections.abc import Iterator, Sequence
from statistics import median

from goals import READ, Cell, Readings, memory_ratio, time_ratio


def readings_table(readings: Readings, order: Sequence[str]) -> Iterator[str]:
    """Lay out what was measured, one line a program, in *order*."""
    yield f"{'':14} {'':14} {'runs':>4} {'seconds':>8} {'x R':>6} {'MB':>7} {'x R':>6}  slowest stages"
    for (setting, program), told in sorted(
        readings.items(), key=lambda item: (item[0][0].label, order.index(item[0][1]))
    ):
        seconds, peak = median(r.seconds for r in told), median(r.peak_bytes for r in told)
        by_time = time_ratio(readings, setting, program, READ)
        by_memory = memory_ratio(readings, setting, program, READ)
        stages = {stage: median(r.stages.get(stage, 0.0) for r in told) for stage in told[0].stages}
        slowest = ", ".join(
            f"{stage} {stages[stage]:.2f}" for stage in sorted(stages, key=stages.get, reverse=True)[:4]
        )
        yield (
            f"{setting.label:14} {program:14} {len(told):>4} {seconds:>8.2f} {by_time:>6.2f}"
            f" {peak / 1e6:>7.0f} {by_memory:>6.2f}  {slowest}"
        )


def cells_table(found: Sequence[Cell]) -> Iterator[str]:
    """Lay out what was promised, one line a promise."""
    yield f"{'':30} {'value':>8} {'goal':>6}"
    for cell in found:
        yield f"{cell.name:30} {cell.value:>8.3f} {cell.goal:>6.2f}  {'holds' if cell.holds else 'DOES NOT HOLD'}"
