"""
Without this file the product would not be in its own benchmark: its reading, rules, waves and writing, as they are.

    python benchmarks/ours.py local|dask parquet|csv|jsonl FOLDER PLAN
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import work
from measure import Task, measured
from strategy import ROUNDS

from cohorts import drafting
from cohorts.cluster import workers
from cohorts.cluster_drafting import draft_on

SOURCES = Path(__file__).parent / "vendors"
# Step of drafting.draft → the stage that its time is booked for.
STAGES = {
    "recognise": "recognise",
    "gather": "read",
    "judge": "classify",
    "held_by": "readiness",
    "_units": "waves",
    "_placed": "waves",
    "write": "write",
}


def watch(task: Task) -> None:
    """Let every step of a draft book its time; what it does stays as it is."""

    def timed(step: Callable, stage: str) -> Callable:
        @wraps(step)
        def watched(*given: object, **named: object) -> object:
            started = time.perf_counter()
            try:
                return step(*given, **named)
            finally:
                task.lap(stage, started)

        return watched

    for name, stage in STAGES.items():
        setattr(drafting, name, timed(getattr(drafting, name), stage))


def frame() -> drafting.Frame:
    """Return what the product is told beside export, rules, rounds and time."""
    return drafting.Frame(sources=SOURCES, without_round=frozenset(work.UNPLANNED))


def local(task: Task) -> None:
    """Draft a plan in this process, with the threads that it takes by default."""
    watch(task)
    drafting.draft(task.folder, work.RULES, ROUNDS, work.AT, task.out, frame())


@contextmanager
def cluster(task: Task) -> Iterator[None]:
    """Start two worker processes, which are to an engine what imports are to a program: there before the work."""
    with workers(None) as engine:
        task.engine = engine
        yield


def on_dask(task: Task) -> None:
    """Draft the same plan with the same steps in the workers of a cluster."""
    draft_on(task.engine, task.folder, work.RULES, ROUNDS, work.AT, task.out, frame())


if __name__ == "__main__":
    measured({"local": local, "dask": on_dask}, ready={"dask": cluster})
