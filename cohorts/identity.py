"""Without this file one person with three accounts would be three people, and each would be judged by a third."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.cells import fold
from cohorts.facts import Mask, Numbers
from cohorts.joining import DOUBTFUL, NO_KEY, NO_OWNER, OF_MANY, Found, Index, Key, Linked, linked

# The order in which keys are believed; and whose account gives a joined person their key.
KEYS = ("employee_number", "immutable_id", "login", "email")
KEY_OWNERS = ("okta", "entra", "hr")
HR = "hr"
THREADS = 2
NOBODY = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class JoinRecords:
    """The records of all systems, one below the other, in any order.

    Attributes:
        systems: Names, the one that is believed first in front: ("hr", "okta", "entra").
        system: Shape (n,), uint8: position in *systems*.
        ids: Shape (n,), strings, no nulls; different within one system.
        keys: Key → shape (n,), strings as they are compared (trimmed, folded); null is not known.
        is_email_verified: Shape (n,): where the e-mail may serve as a key.
        is_active: Shape (n,): the account can sign in; of HR, the person works there.
    """

    systems: tuple[str, ...]
    system: npt.NDArray[np.uint8]
    ids: pa.Array
    keys: Mapping[str, pa.Array]
    is_email_verified: Mask
    is_active: Mask

    def is_of(self, name: str) -> Mask:
        """Return where the records of one system are."""
        return self.system == self.systems.index(name) if name in self.systems else np.zeros(len(self.ids), bool)


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What nobody may guess: conflict i is about `records[starts[i]:starts[i + 1]]`.

    Attributes:
        kinds: Shape (c,), uint8: position in KINDS.
        levels: Shape (c,), uint8: position of the key among those that were joined by; NO_KEY without one.
        starts: Shape (c + 1,).
        records: Positions of records, each conflict's in order of system and id.
    """

    kinds: npt.NDArray[np.uint8]
    levels: npt.NDArray[np.uint8]
    starts: Index
    records: Index

    def numbers(self) -> Index:
        """Return, for each of `records`, which conflict it stands in."""
        return np.repeat(np.arange(len(self.kinds)), np.diff(self.starts))

    def doubts(self) -> tuple[Index, Index]:
        """Return which records might be another person's than the join says, each with its conflict."""
        which = self.numbers()
        in_doubt = np.isin(self.kinds, DOUBTFUL)[which]
        return self.records[in_doubt], which[in_doubt]


@dataclass(frozen=True, slots=True)
class Joined:
    """Every record's person.

    Attributes:
        keys: The keys that were joined by, in order.
        person: Shape (n,): number of the person, from 0 without gaps, in order of the smallest (system, id).
        count: How many people.
        order: Shape (n,): positions of the records ordered by (person, system, id).
        joined_by: Shape (n,), uint8: position in *keys* of what first joined the record; NO_KEY alone.
        conflicts: What was not joined, and why.
    """

    keys: tuple[str, ...]
    person: Index
    count: int
    order: Index
    joined_by: npt.NDArray[np.uint8]
    conflicts: Conflicts


def join(records: JoinRecords, keys: Sequence[str] = KEYS) -> Joined:
    """
    Make one person of the records that belong together, and guess nothing.

    Key by key, in order: records (or people joined so far) that share a value are linked, and all that are linked
    to each other become one person, unless two of them are of one system, or two of them know the same earlier
    key, which then has already said that they are apart. In that case none of them is joined by this key, and the
    conflict is listed. A value that two records of one system hold links neither of the two; the others that hold
    it may still be linked. The result does not depend on the order of the records.

    Args:
        records: n records.
        keys: Names out of `records.keys`, the one believed first in front; an absent one is not known of anybody.
    """
    # Arrow works without Python's lock, so that two columns are read at once.
    with ThreadPoolExecutor(THREADS) as pool:
        ranks = pool.submit(_ranks, records)
        told = list(pool.map(lambda name: _key(records, name), keys))
        rank = ranks.result()
    found = linked(told, records.system, rank)
    person, count = _numbered(found.cluster, rank)
    by_rank = np.argsort(rank)
    order = by_rank[np.argsort(person[by_rank], kind="stable")]
    conflicts = _conflicts([*found.found, *_ownerless(records, found, person)], rank)
    return Joined(tuple(keys), person, count, order, found.joined_by, conflicts)


def _key(records: JoinRecords, name: str) -> Key:
    values = records.keys.get(name, pa.nulls(len(records.ids), pa.string()))
    return Key.of(values, records.system, records.is_email_verified if name == "email" else None)


def _ranks(records: JoinRecords) -> Index:
    """Return the place of each record in order of system and id."""
    order = []
    for number in range(len(records.systems)):
        here = np.flatnonzero(records.system == number)
        order.append(here[np.array(pc.sort_indices(records.ids.take(pa.array(here))), np.int64)])
    rank = np.empty(len(records.ids), np.int64)
    rank[np.concatenate(order)] = np.arange(len(rank))
    return rank


def _numbered(cluster: Index, rank: Index) -> tuple[Index, int]:
    """Number the clusters from 0, in order of their first record."""
    first = np.full(len(cluster), len(cluster))
    np.minimum.at(first, cluster, rank)
    is_first = np.zeros(len(cluster) + 1, bool)
    is_first[first] = True
    number = np.cumsum(is_first[:-1]) - 1
    return number[first[cluster]], int(is_first[:-1].sum())


def _ownerless(records: JoinRecords, found: Linked, person: Index) -> Iterator[Found]:
    """Return the active accounts without a person in HR, where there is HR, that no other conflict lists."""
    is_hr = records.is_of(HR)
    if not is_hr.any():
        return
    has_owner = np.zeros(int(person.max(initial=-1)) + 1, bool)
    has_owner[person[is_hr]] = True
    for one in found.found:
        if one.kind != OF_MANY:
            has_owner[person[one.records]] = True
    alone = np.flatnonzero(records.is_active & ~has_owner[person])
    if len(alone):
        yield Found(NO_OWNER, NO_KEY, person[alone], alone)


def _conflicts(found: Sequence[Found], rank: Index) -> Conflicts:
    """Put conflicts one behind the other, each kind and key in order of their first records."""
    kinds, levels, sizes, records = [], [], [], []
    for one in found:
        by_rank = np.lexsort((rank[one.records], one.groups))
        held, group = one.records[by_rank], one.groups[by_rank]
        starts = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
        lengths = np.diff(np.append(starts, len(group)))
        by_first = np.argsort(rank[held[starts]])
        place = np.empty_like(by_first)
        place[by_first] = np.arange(len(by_first))
        records.append(held[np.argsort(np.repeat(place, lengths), kind="stable")])
        sizes.append(lengths[by_first])
        kinds.append(np.full(len(starts), one.kind, np.uint8))
        levels.append(np.full(len(starts), one.level, np.uint8))
    nothing = np.empty(0, np.int64)
    return Conflicts(
        np.concatenate([np.empty(0, np.uint8), *kinds]),
        np.concatenate([np.empty(0, np.uint8), *levels]),
        np.concatenate([[0], np.cumsum(np.concatenate([nothing, *sizes]))]),
        np.concatenate([nothing, *records]),
    )


def person_keys(idp: str, account_ids: Iterable[str]) -> list[str]:
    """Return a stable pseudonymous key per account: "p-" and 16 hex digits, the same in every export."""
    prefix = f"{idp}:"
    return [f"p-{hashlib.sha256((prefix + one).encode()).hexdigest()[:16]}" for one in account_ids]


def joined_keys(records: JoinRecords, joined: Joined) -> list[str]:
    """Return the key of every person: that of their first account, by KEY_OWNERS and then by id.

    So a person who was known from one identity provider alone keeps their key when others are read too.
    """
    owners = [*KEY_OWNERS, *(name for name in records.systems if name not in KEY_OWNERS)]
    chosen = np.full(joined.count, -1)
    keys = [""] * joined.count
    for name in owners:
        mine = joined.order[records.is_of(name)[joined.order]][::-1]
        first = np.full(joined.count, -1)
        first[joined.person[mine]] = mine  # the last that is written is the smallest id
        here = np.flatnonzero((chosen < 0) & (first >= 0))
        chosen[here] = first[here]
        ids = records.ids.take(pa.array(first[here])).to_pylist()
        for person, key in zip(here.tolist(), person_keys(name, ids), strict=True):
            keys[person] = key
    return keys


def manager_depth(manager: pa.Array, resolvers: Sequence[tuple[pa.Array, Index]]) -> Numbers:
    """
    Count how many managers stand above each person: 0 is the top.

    At the top is whom others name as their manager and who names nobody, or only themselves; and whose record says
    with an empty text that there is none. The depth is not known where a reference leads nowhere, to several
    people, or in a circle, nor for anyone below such a person.

    Args:
        manager: Shape (p,), strings: how each person's record names the manager; null is not known.
        resolvers: What a reference may be, the likeliest first: (values, person) of records or of people, for
            example their ids, logins, addresses, numbers of employees. Case folded logins are found too.
    """
    count = len(manager)
    told = manager.dictionary_encode()
    texts = told.dictionary.to_pylist()
    target = _resolved(texts, resolvers)
    codes = np.array(told.indices.fill_null(len(texts)), np.int64)
    # Place *count* stands for nowhere: its own manager, and never the top.
    above = np.append(target, count)[codes]
    above[above < 0] = count
    myself = np.arange(count)
    is_named = np.zeros(count + 1, bool)
    is_named[above[above != myself]] = True
    says_none = np.append(np.array([not text.strip() for text in texts], bool), False)[codes]
    is_top = says_none | (is_named[:count] & ((codes == len(texts)) | (above == myself)))
    above[is_top] = myself[is_top]
    is_lost = (above == myself) & ~is_top
    above[is_lost] = count
    return _climbed(np.append(above, count), np.append(is_top, False))


def _resolved(texts: Sequence[str], resolvers: Sequence[tuple[pa.Array, Index]]) -> Index:
    """Return the one person whom each text names by the first resolver that knows it; -1 for nobody."""
    found = np.full(len(texts), -1)
    is_open = np.ones(len(texts), bool)
    exact = pa.array([text.strip() for text in texts], pa.string())
    alike = pa.array([fold(text) for text in texts], pa.string())
    for values, person in resolvers:
        if not is_open.any():
            break
        known = values.dictionary_encode()
        names = known.dictionary
        codes = np.array(known.indices.fill_null(-1), np.int64)
        size = len(names)
        low, high = np.full(size + 1, NOBODY), np.full(size + 1, -1)
        np.minimum.at(low, codes[codes >= 0], person[codes >= 0])
        np.maximum.at(high, codes[codes >= 0], person[codes >= 0])
        for wanted in (exact, alike):
            place = np.array(pc.index_in(wanted.cast(names.type), names).fill_null(size), np.int64)
            is_here = is_open & (place < size)
            found[is_here] = np.where(low == high, low, -1)[place[is_here]]
            is_open &= ~is_here
    return found


def _climbed(above: Index, is_top: Mask) -> Numbers:
    """Follow every chain to its end, twice as far each time."""
    steps = (above != np.arange(len(above))).astype(np.int64)
    for _ in range(len(above).bit_length() + 1):
        if np.array_equal(above[above], above):
            break
        steps += steps[above]
        above = above[above]
    known = is_top[above][:-1]
    values = np.where(known, steps[:-1], 0).astype(np.int32)
    return Numbers(values, None if known.all() else known)
