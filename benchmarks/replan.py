"""
Without this file nobody would count who is told another date for no reason, each time the facts have changed a little.

    python benchmarks/replan.py PLAN

It takes a plan, lets a share of the people leave, as many join, and as many change their readiness, each alone and all
at once, plans again with the product's own code, and counts who moved. The fewest who had to are counted another way.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import waves
import work
from compare import read_plan
from strategy import ROUNDS

from cohorts import placement

SHARES = (1, 5)  # per cent
SEED = 5
# What happens at once; alone, each breaks other limits.
CASES = {
    "joiners": ("joiners",),
    "leavers": ("leavers",),
    "drift": ("drifting",),
    "all three": ("joiners", "leavers", "drifting"),
}


def before(plan: pa.Table) -> tuple[placement.People, np.ndarray]:
    """Return the planned people of a plan, and the wave of each."""
    planned = plan.filter(pc.is_valid(plan["wave"]))
    cohorts = work.read_book().cohorts
    departments = planned["department"].combine_chunks().dictionary_encode()
    readiness = pc.index_in(planned["readiness"], pa.array(work.READINESS, pa.large_string())).to_numpy()
    people = placement.People(
        order=pc.index_in(planned["cohort"], pa.array(cohorts, pa.large_string())).to_numpy().astype(np.uint8),
        department=(departments.indices.cast(pa.int32()).fill_null(-1).to_numpy() + 1).astype(np.uint8),
        cost=waves.COSTS[readiness].astype(np.uint16),
        hashes=waves.hashes(planned["id"]),
        is_planned=np.ones(len(planned), bool),
    )
    return people, planned["wave"].to_numpy().astype(np.int16)


def changed(
    people: placement.People, wave: np.ndarray, rng: np.random.Generator, *, joiners: int, leavers: int, drifting: int
) -> tuple[placement.People, np.ndarray]:
    """Let so many people leave, so many others join, and so many of the rest change their readiness."""
    leaving, changing, _ = np.split(rng.permutation(len(people)), [leavers, leavers + drifting])
    models = rng.integers(0, len(people), joiners)  # a joiner works where somebody works already
    is_planned = people.is_planned.copy()
    is_planned[leaving] = False
    cost = people.cost.copy()
    cost[changing] = rng.choice(waves.COSTS, drifting)
    return placement.People(
        order=np.concatenate([people.order, people.order[models]]),
        department=np.concatenate([people.department, people.department[models]]),
        cost=np.concatenate([cost, people.cost[models]]),
        hashes=np.concatenate([people.hashes, rng.integers(0, 1 << 63, joiners, np.uint64)]),
        is_planned=np.concatenate([is_planned, np.ones(joiners, bool)]),
    ), np.concatenate([wave, np.full(joiners, placement.NOWHERE, np.int16)])


def excess(department: np.ndarray, cost: np.ndarray, shares: np.ndarray, limit: placement.Limit) -> int:
    """Count the fewest people without whom one wave keeps its limits: the dearest go first."""
    dearest = np.argsort(-cost.astype(np.int64), kind="stable")
    department, cost = department[dearest], cost[dearest]
    too_many = np.maximum(np.bincount(department, minlength=len(shares)) - shares, 0)
    goes = np.zeros(len(cost), bool)
    for number in np.flatnonzero(too_many):
        goes[np.flatnonzero(department == number)[: too_many[number]]] = True
    left = cost[~goes]
    spent = int(left.sum())
    by_size = max(0, len(left) - limit.most_people)
    saved = np.concatenate([[0], np.cumsum(left, dtype=np.int64)])
    by_cost = int(np.searchsorted(saved, spent - limit.most_cost))
    return int(goes.sum()) + max(by_size, by_cost)


def answer(people: placement.People, wave: np.ndarray, limits: list[placement.Limit]) -> dict[str, Any]:
    """
    Plan again, and count.

    Raises:
        ValueError: The new plan leaves somebody out, or does not keep a limit.
    """
    since = time.perf_counter()
    placed = placement.replace(wave, people, limits, department_share=work.DEPARTMENT_SHARE, first_open=0)
    seconds = time.perf_counter() - since
    if placed.unplaced_count:
        raise ValueError(f"{placed.unplaced_count} people have no wave")
    sizes = np.bincount(people.department[people.is_planned])
    shares = np.maximum(1, (sizes * work.DEPARTMENT_SHARE).astype(np.int64))

    def beyond(of_person: np.ndarray) -> int:
        found = 0
        for limit in limits:
            rows = np.flatnonzero(people.is_planned & (of_person == limit.number))
            found += excess(people.department[rows], people.cost[rows], shares, limit) if len(rows) else 0
        return found

    if too_many := beyond(placed.rounds):
        raise ValueError(f"the new waves are {too_many} people too large")
    fewest = beyond(wave)
    return {
        "planned": int(people.is_planned.sum()),
        "moved": placed.moved_count,
        "fewest": fewest,
        "beyond_fewest": placed.moved_count - fewest,
        "seconds": round(seconds, 3),
    }


def main() -> None:
    """Print for each share what came out, as one JSON document."""
    parser = argparse.ArgumentParser(description="Plan again after small changes, and count who moved.")
    parser.add_argument("plan", type=Path)
    people, wave = before(read_plan(parser.parse_args().plan))
    rng = np.random.default_rng(SEED)
    found = {}
    for percent in SHARES:
        share = len(people) * percent // 100
        cases = {}
        for name, kinds in CASES.items():
            counts = {kind: share if kind in kinds else 0 for kind in ("joiners", "leavers", "drifting")}
            now, told = changed(people, wave, rng, **counts)
            cases[name] = answer(now, told, list(ROUNDS.limits(int(now.is_planned.sum()))))
        found[percent] = {"beyond_fewest": sum(case["beyond_fewest"] for case in cases.values()), "cases": cases}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
