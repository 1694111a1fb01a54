"""Without this file every answer would be worked out anew: demands by number, and minimal sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from sandbox.idp.judge.catalogue import RANK, Traits, members, strength
from sandbox.idp.judge.requirement import Demand, Shown

MethodSet = tuple[str, ...]
_LARGEST: Final = 6
_KEPT: Final = 65536


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """One demand under its own number: equal demands, wherever they are declared, have the same one."""

    demand: Demand
    number: int


@dataclass(frozen=True, slots=True)
class Minimal:
    """All minimal sets for some clauses over some methods, and what the weakest of them is worth."""

    sets: tuple[MethodSet, ...]
    weakest: int | None


_CLAUSES: dict[Demand, Clause] = {}
_MINIMAL: dict[tuple[tuple[int, ...], int], Minimal] = {}


def clause_of(demand: Demand) -> Clause:
    """Return the one clause for *demand*."""
    clause = _CLAUSES.get(demand)
    if clause is None:
        clause = _CLAUSES[demand] = Clause(demand, len(_CLAUSES))
    return clause


def is_met(clauses: Sequence[Clause], shown: Sequence[Shown]) -> bool:
    """Tell whether *shown* meets every clause."""
    return all(clause.demand.met(shown) for clause in clauses)


def is_fresh(clauses: Sequence[Clause], one: Shown) -> bool:
    """Tell whether *one* need not be shown again for any clause."""
    return all(clause.demand.fresh(one) for clause in clauses)


def now(mask: int) -> tuple[Shown, ...]:
    """Return the methods in *mask* as shown this moment."""
    return tuple(Shown(one) for one in members(mask))


def minimal(clauses: Sequence[Clause], mask: int) -> Minimal:
    """
    Return every set of methods in *mask* that meets all clauses and has no such set within it.

    Args:
        clauses: One or more.
        mask: Bits of traits; at most one variant of each method.
    """
    key = (tuple(clause.number for clause in clauses), mask)
    known = _MINIMAL.get(key)
    if known is None:
        if len(_MINIMAL) > _KEPT:
            _MINIMAL.clear()
        known = _MINIMAL[key] = _search(clauses, members(mask))
    return known


def _search(clauses: Sequence[Clause], pool: tuple[Traits, ...]) -> Minimal:
    if not is_met(clauses, [Shown(one) for one in pool]):
        return Minimal((), None)
    found: list[int] = []
    sets: list[MethodSet] = []
    # More methods than all demands together name cannot be minimal: showing more never helps twice.
    largest = min(sum(clause.demand.size for clause in clauses), _LARGEST, len(pool))
    for size in range(1, largest + 1):
        for chosen in combinations(pool, size):
            bits = sum(one.bit for one in chosen)
            if any(bits & smaller == smaller for smaller in found):
                continue
            if is_met(clauses, [Shown(one) for one in chosen]):
                found.append(bits)
                sets.append(tuple(sorted(one.method for one in chosen)))
    return Minimal(tuple(sorted(sets)), min((strength(one) for one in sets), default=None))


def cheapest(sets: Sequence[MethodSet], have: frozenset[str]) -> tuple[str, ...]:
    """Return what is missing of the set that asks least of who has shown *have*, in a fixed order."""

    def cost(one: MethodSet) -> tuple[int, int, list[int]]:
        missing = [RANK[method] for method in one if method not in have]
        # Among equals the stronger set is offered: the catalogue's order rises in strength.
        return len(missing), len(one), sorted(-place for place in missing)

    if not sets:
        return ()
    return tuple(sorted((one for one in min(sets, key=cost) if one not in have), key=RANK.__getitem__))
