"""Without this file two objects could have one rank; the vendor has two schemes for keeping them apart."""

from collections.abc import Iterable

from sandbox.idp.okta.wire import stamp
from sandbox.idp.state import Json, State

# Policies of these types, and their rules, are numbered 1, 2, 3 ... without gaps, the vendor's own last.
CONTIGUOUS = frozenset({"MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD", "IDP_DISCOVERY", "PROFILE_ENROLLMENT"})
CATCH_ALL = 99


def place_contiguous(state: State, kind: str, others: Iterable[Json], item: Json, wanted: int | None) -> Json:
    """
    Put one object at a rank and let the rest move up or down.

    Args:
        state: Changed: *item* is put, and every other whose rank changes.
        kind: The collection.
        others: Everything that shares the order, without *item*.
        item: New or changed; `system` ones stay behind all others.
        wanted: Rank asked for, clamped to what there is; None is behind the last own one.

    Returns:
        *item* with the rank it got.
    """
    ranked = sorted(others, key=lambda other: other["priority"])
    own = [other for other in ranked if not other["system"]]
    vendors = [other for other in ranked if other["system"]]
    if item["system"]:
        vendors = sorted([*vendors, item], key=lambda other: other["priority"])
    else:
        at = len(own) if wanted is None else min(max(wanted, 1), len(own) + 1) - 1
        own.insert(at, item)
    return _renumber(state, kind, [*own, *vendors], item)


def close_gap(state: State, kind: str, others: Iterable[Json]) -> None:
    """Number what is left after a deletion from 1 on."""
    _renumber(state, kind, sorted(others, key=lambda other: other["priority"]), None)


def _renumber(state: State, kind: str, order: list[Json], item: Json | None) -> Json:
    placed: Json = {}
    for rank, other in enumerate(order, start=1):
        if item is not None and other["id"] == item["id"]:
            placed = {**other, "priority": rank}
            state.put(kind, other["id"], placed)
        elif other["priority"] != rank:
            state.put(kind, other["id"], {**other, "priority": rank, "lastUpdated": stamp(state.at)})
    return placed


def place_with_gaps(state: State, others: Iterable[Json], item: Json, wanted: int | None) -> Json:
    """
    Put one app sign-in rule at a rank, as recorded: what stands there moves one down, and so on to the next gap.

    Args:
        state: Changed as in `place_contiguous`.
        others: The policy's other rules; the catch-all keeps its place whatever happens.
        item: New (no `priority`) or changed (its old one).
        wanted: Rank asked for, from 0; None keeps the old one or goes behind the last.
    """
    own = {other["priority"]: other for other in others if not other["system"]}
    old = item.get("priority")
    if wanted is None:
        wanted = old if old is not None else max(own, default=-1) + 1
    if wanted != old:
        # The rule's old place still counts as taken while the others move: recorded, not obvious.
        taken = set(own) | ({old} if old is not None else set())
        rank = wanted
        while rank in taken:
            if other := own.get(rank):
                moved = {**other, "priority": rank + 1, "lastUpdated": stamp(state.at)}
                state.put("rules", other["id"], moved)
            rank += 1
    placed = {**item, "priority": wanted}
    state.put("rules", item["id"], placed)
    return placed
