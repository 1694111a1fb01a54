"""
Without this file the numbers would be somebody's word: it makes the data, measures, compares the plans and judges.

    python benchmarks/run.py                 # 1 M in every form, 10 M as Parquet
    python benchmarks/run.py --size 100000   # the quick form

Every program is a fresh process, in an order that is shuffled anew in each round. What counts are ratios within one
round: seconds mean nothing on a machine that does something else as well.
"""

import argparse
import filecmp
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import goals
from goals import DASK, OURS, POLARS, READ, Cell, Reading, Setting
from tables import cells_table, readings_table

HERE = Path(__file__).parent
DATA = HERE / ".data"
RESULTS = HERE / "results.json"
# Program → how it is started.
PROGRAMS = {
    READ: ("peer_reads.py", "reads"),
    OURS: ("ours.py", "local"),
    POLARS: ("peer_polars.py", "tuned"),
    "pandas, tuned": ("peer_pandas_tuned.py", "tuned"),
    "pandas": ("peer_pandas.py", "idiomatic"),
    DASK: ("ours.py", "dask"),
}
# It takes minutes where the others take seconds, and more memory than most machines have beyond a million people; no
# promise is about it.
ONCE = {"pandas"}
STARTS = 21
# A numerics library that was tuned from outside would be measured, not the program.
FOREIGN = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
Results = dict[str, dict[str, Any]]


class Broken(Exception):
    """A program failed, or a plan is not the others' plan."""


def started(*command: str | Path) -> str:
    """
    Run one of our files in a fresh interpreter and return what it printed.

    Raises:
        Broken: It failed.
    """
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    done = subprocess.run(
        [sys.executable, *map(str, command)], env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Broken(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def tell(line: str) -> None:
    """Say how far we are; the table alone goes to stdout."""
    print(line, file=sys.stderr, flush=True)


def plan_of(setting: Setting, program: str) -> Path:
    """Return where a program's plan goes."""
    return DATA / "plans" / setting.label / f"{program.replace(', ', '-').replace(' ', '-')}.parquet"


def takes_part(program: str, setting: Setting, number: int) -> bool:
    """Say whether a program is run in this round."""
    if program == DASK:
        return setting == Setting(goals.TEN_MILLIONS, "parquet")
    if program in ONCE:
        return number == 0 and setting.size <= goals.MILLION
    return True


def measure(setting: Setting, rounds: int) -> dict[tuple[Setting, str], list[Reading]]:
    """Run every program on one set of data, round after round."""
    folder = DATA / str(setting.size) / setting.form
    for name in ("users", "factors"):
        with (folder / f"{name}.{setting.form}").open("rb") as file:
            while file.read(1 << 24):  # so that nobody is the one who waits for the disk
                pass
    readings: dict[tuple[Setting, str], list[Reading]] = {}
    for number in range(rounds):
        order = [program for program in PROGRAMS if takes_part(program, setting, number)]
        random.shuffle(order)
        for program in order:
            script, word = PROGRAMS[program]
            told = json.loads(started(HERE / script, word, setting.form, folder, plan_of(setting, program)))
            readings.setdefault((setting, program), []).append(Reading(number, **told))
            tell(f"{setting.label}, round {number + 1} of {rounds}: {program} {told['seconds']:.2f} s")
    return readings


def compare(setting: Setting, programs: Sequence[str]) -> None:
    """
    Compare the plans of all programs with ours, and those of our own engines byte for byte.

    Raises:
        Broken: One is not ours.
    """
    others = [program for program in programs if program not in {READ, OURS}]
    tell(started(HERE / "compare.py", *(plan_of(setting, program) for program in (OURS, *others))).rstrip())
    if DASK in others and not filecmp.cmp(plan_of(setting, OURS), plan_of(setting, DASK), shallow=False):
        raise Broken(f"{plan_of(setting, DASK)} is equal, but not byte for byte")


def replan(size: int) -> Iterator[Cell]:
    """Draft anew after joiners, leavers and drift, and count who moved without need."""
    told = json.loads(started(HERE / "replan.py", plan_of(Setting(size, "parquet"), OURS)))
    for share, moved in told.items():
        yield Cell(f"replan-{share}-percent-moved", moved["beyond_fewest"], goals.MOVED_BEYOND_FEWEST)


def membership(*, is_quick: bool) -> Iterator[Cell]:
    """Put people into a group under a limit that others use too, killed once on the way."""
    size = ("--people", "4000", "--calls", "1000", "--window", "10") if is_quick else ()
    told = json.loads(started(HERE / "membership.py", *size))
    tell(f"membership: {told['refused_count']} calls were turned away, {told['seconds']:.0f} s")
    yield Cell("membership-limit-unused", told["unused_share"], goals.LIMIT_UNUSED)
    yield Cell("membership-calls-repeated", told["repeated_count"], goals.CALLS_REPEATED)


def start_up() -> Cell:
    """Compare the time until help is shown with that of an interpreter that does nothing."""
    offramp = Path(sys.executable).with_name("offramp")
    ratios = []
    for _ in range(STARTS):
        seconds = []
        for command in ([offramp, "--help"], [sys.executable, "-c", "pass"]):
            since = perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(perf_counter() - since)
        ratios.append(seconds[0] / seconds[1])
    return Cell("help-start-up", median(ratios), goals.START_UP)


def results(found: Sequence[Cell], before: Results) -> Results:
    """Return what is written down: every cell by its name, those that were not measured this time as *before*."""
    return before | {
        cell.name: {"value": round(cell.value, 3), "goal": cell.goal, "holds": cell.holds} for cell in found
    }


def main() -> None:
    """Measure, print the tables and write results.json; whether a promise is kept is said there, not by failing."""
    parser = argparse.ArgumentParser(description="Measure the product against what it is promised to be.")
    parser.add_argument("--size", type=int, help="only this many users, in every form")
    parser.add_argument("--rounds", type=int, help="default: 5, and 3 for 10 M")
    asked = parser.parse_args()
    small = asked.size or goals.MILLION
    settings = [Setting(small, form) for form in goals.TIMES_READING]
    settings += [] if asked.size else [Setting(goals.TEN_MILLIONS, "parquet")]
    readings: dict[tuple[Setting, str], list[Reading]] = {}
    try:
        for size in dict.fromkeys(setting.size for setting in settings):
            tell(f"data: {goals.short(size)}")
            forms = [setting.form for setting in settings if setting.size == size]
            started(HERE / "generate.py", str(size), "--forms", *forms)
        for setting in settings:
            told = measure(setting, asked.rounds or (3 if setting.size == goals.TEN_MILLIONS else 5))
            compare(setting, [program for _, program in told])
            readings |= told
        found = [*goals.cells(readings), *replan(small), start_up(), *membership(is_quick=bool(asked.size))]
    except Broken as broken:
        sys.exit(str(broken))
    print(*readings_table(readings, list(PROGRAMS)), "", *cells_table(found), sep="\n")
    # A quick run adds to what a full run wrote; only a full run stands for itself.
    if asked.size:
        label = goals.short(small)
        found = [
            cell
            if label in cell.name or cell.name == "help-start-up"
            else Cell(f"{cell.name}-{label}", cell.value, cell.goal)
            for cell in found
        ]
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if asked.size and RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(results(found, before), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
