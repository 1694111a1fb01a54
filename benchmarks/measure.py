"""Without this file the programs would be started in different ways and speak of their time and memory in as many."""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Task:
    """
    What one measured program is to do.

    Attributes:
        program: Which of the file's programs.
        form: "parquet", "csv" or "jsonl".
        folder: Where `users` and `factors` lie in that form.
        out: Where the plan goes, as Parquet.
        stages: Stage → seconds, as far as the program tells.
        engine: What was made ready before the clock started.
    """

    program: str
    form: str
    folder: Path
    out: Path
    stages: dict[str, float] = field(default_factory=dict)
    engine: Any = None

    def path(self, name: str) -> Path:
        """Return the path of "users" or "factors"."""
        return self.folder / f"{name}.{self.form}"

    def lap(self, stage: str, started: float) -> float:
        """Book the time since *started* for *stage*; return now."""
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - started
        return now


def measured(
    programs: Mapping[str, Callable[[Task], object]],
    ready: Mapping[str, Callable[[Task], AbstractContextManager]] | None = None,
) -> None:
    """
    Run the program that the command line names; print one JSON line: seconds, peak_bytes, stages.

    The clock starts after the imports and stops when the plan is written. The process then ends without cleaning
    up, so that nothing is measured that nobody waits for.

    Args:
        programs: Word → what is measured.
        ready: Word → what has to be there before the clock starts, and is taken away after it has stopped.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("program", choices=programs)
    parser.add_argument("form", choices=("parquet", "csv", "jsonl"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    task = Task(**vars(parser.parse_args()))
    task.out.parent.mkdir(parents=True, exist_ok=True)
    with (ready or {}).get(task.program, nullcontext)(task):
        started = time.perf_counter()
        programs[task.program](task)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "peak_bytes": peak, "stages": task.stages}), flush=True)
    os._exit(0)
