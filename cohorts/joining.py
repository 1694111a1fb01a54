"""Without this file a shared value would join whoever holds it; here a key links, is refused, or says nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.facts import Mask

KINDS = ("two-accounts-one-person", "conflicting-keys", "value-of-many", "account-without-owner")
TWO_ACCOUNTS, CONFLICTING, OF_MANY, NO_OWNER = range(len(KINDS))
DOUBTFUL = (TWO_ACCOUNTS, CONFLICTING)  # whose records may be another person's than the join says
NO_KEY = 255
# A value that more records of one system hold is a placeholder ("0", a shared mailbox), and names nobody.
MOST_HOLDERS = 20

Index = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Key:
    """
    One key of n records.

    Attributes:
        codes: Shape (n,): equal where the values are; -1 where nothing is known, or a placeholder.
        is_repeated: Shape (n,): another record of the same system holds the value too.
        of_many: Shape (n,): the code of a placeholder, -1 elsewhere.
    """

    codes: npt.NDArray[np.int32]
    is_repeated: Mask
    of_many: npt.NDArray[np.int32]

    @classmethod
    def of(cls, values: pa.Array, system: npt.NDArray[np.uint8], usable: Mask | None) -> "Key":
        """Read one key's *values*, of which only the *usable* ones count; None is all."""
        codes = np.array(values.dictionary_encode().indices.fill_null(-1), np.int32)
        if usable is not None:
            codes[~usable] = -1
        holders = np.zeros(len(codes), np.int64)
        for number in range(int(system.max(initial=0)) + 1):
            here = (system == number) & (codes >= 0)
            holders[here] = np.bincount(codes[here], minlength=1)[codes[here]]
        is_many = np.zeros(int(codes.max(initial=-1)) + 1, bool)
        is_many[codes[holders > MOST_HOLDERS]] = True
        names_nobody = (codes >= 0) & np.append(is_many, False)[codes]
        return cls(
            np.where(names_nobody, np.int32(-1), codes),
            (holders > 1) & ~names_nobody,
            np.where(names_nobody, codes, np.int32(-1)),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Conflicts of one kind and level: record *records[i]* stands in the one that *groups[i]* names."""

    kind: int
    level: int
    groups: Index
    records: Index


@dataclass(frozen=True, slots=True)
class Linked:
    """Shape (n,) each: *cluster* is equal for the records of one person, *joined_by* what first joined a record."""

    cluster: Index
    joined_by: npt.NDArray[np.uint8]
    found: tuple[Found, ...]


def linked(keys: Sequence[Key], system: npt.NDArray[np.uint8], rank: Index) -> Linked:
    """
    Join n records key by key, and list what may not be joined.

    Args:
        keys: In the order in which they are believed.
        system: Shape (n,): number of the system, less than 64.
        rank: Shape (n,): place of each record in an order that does not depend on the rows'.
    """
    state = _State.of(keys, system, rank)
    for level, key in enumerate(keys):
        _repeats(state, key, level)
        _link(state, key, level)
    return Linked(state.cluster, state.joined_by, tuple(state.found))


@dataclass(slots=True)
class _State:
    """How far the join has come; of a cluster, what its first position holds is true of all of it."""

    rank: Index
    cluster: Index
    system_bits: Bits
    systems: Bits
    knows: Bits
    earlier: Index  # name of the first conflict that a cluster stood in
    joined_by: npt.NDArray[np.uint8]
    found: list[Found]

    @classmethod
    def of(cls, keys: Sequence[Key], system: npt.NDArray[np.uint8], rank: Index) -> "_State":
        count = len(rank)
        bits = np.left_shift(np.uint64(1), system.astype(np.uint64))
        knows = np.zeros(count, np.uint64)
        for level, key in enumerate(keys):
            knows[key.codes >= 0] |= np.uint64(1 << level)
        none = np.full(count, NEVER)
        joined_by = np.full(count, NO_KEY, np.uint8)
        return cls(rank, np.arange(count), bits, bits.copy(), knows, none, joined_by, [])


def _link(state: _State, key: Key, level: int) -> None:
    """Join by one key, and note what it would join and must not."""
    held = np.flatnonzero((key.codes >= 0) & ~key.is_repeated)
    links = _between(key.codes[held], state.cluster[held])
    held, code, who = held[links], key.codes[held[links]], state.cluster[held[links]]
    if not len(held):
        return
    root = _components(code, who, len(state.cluster))
    members = np.flatnonzero(np.bincount(who))
    group = root[members]
    count = len(state.cluster)
    is_crowded = _any_twice(group, state.systems[members], count)
    is_contrary = _any_twice(group, state.knows[members] & np.uint64((1 << level) - 1), count)
    refused = is_crowded | is_contrary
    _note(state, CONFLICTING, level, root[who][is_contrary[root[who]]], held[is_contrary[root[who]]])
    only_crowded = (is_crowded & ~is_contrary)[root[who]]
    _note(state, TWO_ACCOUNTS, level, root[who][only_crowded], held[only_crowded])
    _merge(state, members[~refused[group]], root, level)


def _merge(state: _State, members: Index, root: Index, level: int) -> None:
    target = root[members]
    np.bitwise_or.at(state.systems, target, state.systems[members])
    np.bitwise_or.at(state.knows, target, state.knows[members])
    np.minimum.at(state.earlier, target, state.earlier[members])
    joins = np.zeros(len(state.cluster), bool)
    joins[members] = True
    is_new = joins[state.cluster] & (state.joined_by == NO_KEY)
    state.joined_by[is_new] = level
    into = np.arange(len(state.cluster))
    into[members] = target
    state.cluster = into[state.cluster]


def _repeats(state: _State, key: Key, level: int) -> None:
    """Note the values that two records of one system hold, with all who hold them; and those of too many."""
    many = np.flatnonzero(key.of_many >= 0)
    if len(many):
        state.found.append(Found(OF_MANY, level, key.of_many[many].astype(np.int64), many))
    is_asked = np.zeros(int(key.codes.max(initial=-1)) + 1, bool)
    is_asked[key.codes[key.is_repeated]] = True
    held = np.flatnonzero((key.codes >= 0) & np.append(is_asked, False)[key.codes])
    if len(held):
        group = key.codes[held].astype(np.int64)
        earlier_keys = state.knows[state.cluster[held]] & np.uint64((1 << level) - 1)
        in_common = np.full(len(is_asked), np.iinfo(np.uint64).max, np.uint64)
        np.bitwise_and.at(in_common, group, earlier_keys)
        holders = np.zeros(len(is_asked), np.uint64)
        np.bitwise_or.at(holders, group, state.system_bits[held])
        is_known_apart = in_common != 0
        is_one_system = (holders & (holders - np.uint64(1))) == 0
        # Two accounts of one system that an earlier key tells apart claim nothing of each other.
        contrary, plain = (is_known_apart & ~is_one_system)[group], ~is_known_apart[group]
        _note(state, CONFLICTING, level, group[contrary], held[contrary])
        _note(state, TWO_ACCOUNTS, level, group[plain], held[plain])


def _note(state: _State, kind: int, level: int, groups: Index, held: Index) -> None:
    """List conflicts, except where all who take part stand together in one that an earlier key has found."""
    if not len(held):
        return
    names, group = np.unique(groups, return_inverse=True)
    earlier = state.earlier[state.cluster[held]]
    low, high = np.full(len(names), NEVER), np.full(len(names), -1)
    np.minimum.at(low, group, earlier)
    np.maximum.at(high, group, earlier)
    is_told = (low == high) & (low < NEVER)
    is_new = ~is_told[group]
    group, held = group[is_new], held[is_new]
    if not len(held):
        return
    first = np.full(len(names), NEVER)
    np.minimum.at(first, group, state.rank[held])
    who = state.cluster[held]
    np.minimum.at(state.earlier, who, len(state.found) * len(state.cluster) + first[group])
    state.found.append(Found(kind, level, group, held))


def _between(code: npt.NDArray[np.int32], who: Index) -> Mask:
    """Return the links whose value is held by more than one cluster."""
    size = int(code.max(initial=-1)) + 1
    low, high = np.full(size, NEVER), np.full(size, -1)
    np.minimum.at(low, code, who)
    np.maximum.at(high, code, who)
    return np.asarray((low != high)[code])


def _components(code: npt.NDArray[np.int32], who: Index, count: int) -> Index:
    """Return, for each of *count* clusters, the smallest cluster that chains of shared values lead to."""
    root = np.arange(count)
    size = int(code.max()) + 1
    while True:
        low = np.full(size, count)
        np.minimum.at(low, code, root[who])
        nearer = root.copy()
        np.minimum.at(nearer, root[who], low[code])
        nearer = nearer[nearer]
        if np.array_equal(nearer, root):
            return root
        root = nearer


def _any_twice(group: Index, bits: Bits, count: int) -> Mask:
    """Say for each group whether two of its members have the same bit set."""
    twice = np.zeros(count, bool)
    for bit in range(int(np.bitwise_or.reduce(bits)).bit_length()):
        having = group[(bits >> np.uint64(bit)) & np.uint64(1) == 1]
        twice |= np.bincount(having, minlength=count) > 1
    return twice
