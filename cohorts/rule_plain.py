"""Without this file one thing said in two ways would be two things: conditions in one plain form, for proofs alone."""

from collections.abc import Callable, Mapping
from typing import Any

from cohorts.rule_conditions import ALL, ANY, KNOWN_TESTS, NOT, Branch, Condition, Leaf

NOTHING, EVERYTHING = float("-inf"), float("inf")
# What surely does not hold exactly where the other surely holds.
OPPOSITES = {
    "one_of": "none_of",
    "missing": "present",
    "has_one_of": "has_none_of",
    "empty": "nonempty",
}
OPPOSITES |= {other: one for one, other in OPPOSITES.items()}
# Whole numbers: what is above 7 is 8 or more.
RANGES: Mapping[str, Callable[[Any], tuple[float, float]]] = {
    "at_least": lambda value: (value, EVERYTHING),
    "above": lambda value: (value + 1, EVERYTHING),
    "at_most": lambda value: (NOTHING, value),
    "below": lambda value: (NOTHING, value - 1),
    "between": lambda value: (value[0], value[1]),
}
LISTS = frozenset({"one_of", "none_of", "has_one_of", "has_all_of", "has_none_of", "has_only"})


def plain(condition: Condition) -> Condition:
    """Return an equal condition of fewer kinds: no negation but of single questions that have no opposite.

    A question about a text is `one_of` or `none_of` where it can be, one about a number a `range` of two ends, and
    `missing` and `present` ask for true.
    """
    if isinstance(condition, Leaf):
        return _plain_leaf(condition)
    inner = [plain(one) for one in condition.inner]
    return opposite(inner[0]) if condition.how == NOT else joined(condition.how, inner)


def joined(how: str, inner: list[Condition]) -> Condition:
    """Return conditions as one; those that are joined the same way are taken in."""
    flat: list[Condition] = []
    for one in inner:
        flat += one.inner if isinstance(one, Branch) and one.how == how else (one,)
    return flat[0] if len(flat) == 1 else Branch(how, tuple(dict.fromkeys(flat)))


def opposite(condition: Condition) -> Condition:
    """Return what surely holds where a plain condition surely does not hold."""
    if isinstance(condition, Branch):
        if condition.how == NOT:
            return condition.inner[0]
        return joined(ANY if condition.how == ALL else ALL, [opposite(one) for one in condition.inner])
    column, test, value = condition.column, condition.test, condition.value
    if test in OPPOSITES:
        return Leaf(column, OPPOSITES[test], value)
    if test == "is":
        return Leaf(column, "is", not value)
    if test == "range":
        low, high = value
        outside: list[Condition] = [Leaf(column, "range", (NOTHING, low - 1))] if low != NOTHING else []
        outside += [Leaf(column, "range", (high + 1, EVERYTHING))] if high != EVERYTHING else []
        return joined(ANY, outside)
    return Branch(NOT, (condition,))


def _plain_leaf(leaf: Leaf) -> Leaf:
    test, value = leaf.test, leaf.value
    if test in KNOWN_TESTS:
        return Leaf(leaf.column, test if value else OPPOSITES[test], value=True)
    if test in {"is", "is_not"} and isinstance(value, str):
        return Leaf(leaf.column, "one_of" if test == "is" else "none_of", (value,))
    if test == "has_all_of" and len(value) == 1:
        return Leaf(leaf.column, "has_one_of", value)
    if test in LISTS:
        return Leaf(leaf.column, test, tuple(sorted(set(value))))
    return Leaf(leaf.column, "range", RANGES[test](value)) if test in RANGES else leaf
