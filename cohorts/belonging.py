"""Without this file a nested group would hide an administrator: memberships and roles, direct or through a group."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.account_parts import MOST_COUNTED, answers
from cohorts.accounts import Accounts
from cohorts.blocks import Part, Reject
from cohorts.cells import smallest
from cohorts.columns import SUPPORT_ROLE
from cohorts.facts import Atom, Coded, Mask, Names, YesNo
from cohorts.hashing import hash_text
from cohorts.normalise import Clean
from cohorts.repeats import Rows, repeats
from cohorts.whose import Keyed, Side, located, namesakes, refused, strangers

Indices = npt.NDArray[np.intp]
MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass
class Belonging:
    """Who is in which group, or holds which role, of one provider.

    Attributes:
        keys: The groups' ids (or the roles), in the order in which they were first seen.
        names: What each is called, in order; a group that was renamed while it was exported has two names.
        positions, codes: One pair a membership of an account: the account, and the group as its place in *keys*.
        parents: Id of a group → the groups that it is a member of (or the roles that it holds), as places in *keys*.
        rejects: Rows that could not be used.
        unclear: Accounts that a refused row is about: nobody can say what it would have told.
        unclear_groups: Ids of groups of which the same is true.
        files: Names of the files that say it.
    """

    keys: list[str]
    names: list[set[str]]
    positions: Indices
    codes: npt.NDArray[np.unsignedinteger]
    parents: dict[str, set[int]]
    rejects: list[Reject]
    unclear: set[int]
    unclear_groups: set[str]
    files: set[str] = field(default_factory=set)

    def keys_at(self, place: int) -> list[str]:
        """Return the ids of what one account belongs to, directly or through another group."""
        return sorted({self.keys[one] for one in self._reached_by(place)})

    def names_at(self, place: int) -> list[str]:
        """Return the names of what one account belongs to, directly or through another group."""
        return sorted({name for one in self._reached_by(place) for name in self.names_of(one)})

    def names_of(self, code: int) -> set[str]:
        """Return what one group is called; one without a name is called by its id."""
        return self.names[code] or {self.keys[code]}

    def reached(self, start: int) -> set[int]:
        """Return a group and all groups that its members belong to through it, as places in *keys*."""
        seen, open_ = {start}, [start]
        while open_:
            for parent in self.parents.get(self.keys[open_.pop()], ()):
                if parent not in seen:
                    seen.add(parent)
                    open_.append(parent)
        return seen

    def _reached_by(self, place: int) -> set[int]:
        found: set[int] = set()
        for code in self.codes[self.positions == place].tolist():
            found |= self.reached(code)
        return found


def belonging(
    parts: Iterable[Keyed], accounts: Accounts, column: str, name_column: str, again: Callable[[Part], Clean]
) -> Belonging:
    """Gather memberships (or roles) from the parts of all files of one provider.

    Args:
        parts: Their rows, keyed.
        accounts: Of the provider.
        column: What is belonged to: "group_id" or "role".
        name_column: What it is called: "group_name" or "role_label".
        again: Reads and cleans a part once more.
    """
    found = Belonging([], [], np.empty(0, np.intp), np.empty(0, np.uint8), {}, [], set(), set())
    place: dict[str, int] = {}
    positions, codes, rows = [], [], []
    for keyed in parts:
        found.files.add(keyed.clean.part.file.name)
        side = located(keyed, accounts)
        found.rejects += strangers(side)
        found.unclear.update(namesakes(keyed, side, accounts))
        code = _codes(found, place, side.clean, column, name_column)
        usable = _usable(found, side, code, column)
        if side.groups is not None:
            for child, parent in _edges(side, side.groups & (code >= 0), code):
                found.parents.setdefault(child, set()).add(parent)
        positions.append(side.positions[usable])
        codes.append(code[usable])
        kept = usable if side.clean.rows is None else side.clean.rows[usable]
        names = code[usable].astype(np.uint64) + np.uint64(1)
        rows.append(Rows(side.clean.part, kept, side.positions[usable].astype(np.uint64) * MIX ^ names, positions[-1]))
    # Two rows about one account and one group say the same, whatever they call it.
    drops, rejects = repeats(rows, (column,), "membership" if column == "group_id" else "role", again, (column,))
    found.rejects += rejects
    if positions:
        found.positions = np.concatenate([_without(one, drop) for one, drop in zip(positions, drops, strict=True)])
        told = np.concatenate([_without(one, drop) for one, drop in zip(codes, drops, strict=True)])
        found.codes = smallest(told, len(place))
    return found


def _without(values: Indices, drop: Mask | None) -> Indices:
    return values if drop is None else values[~drop]


def _codes(found: Belonging, place: dict[str, int], clean: Clean, column: str, name_column: str) -> Indices:
    """Return the place of the group of each row, -1 where the row names none; learns new ones, and all names."""
    groups, names = clean.cells.get(column), clean.cells.get(name_column)
    if not isinstance(groups, Coded):
        return np.full(clean.count, -1)
    for key in groups.values:
        if key not in place:
            place[key] = len(found.keys)
            found.keys.append(key)
            found.names.append(set())
    if isinstance(names, Coded):
        pairs = np.unique(groups.codes * np.int64(len(names.values) + 1) + names.codes)
        for pair in pairs.tolist():
            group, name = divmod(pair, len(names.values) + 1)
            if group and name:
                found.names[place[groups.values[group - 1]]].add(names.values[name - 1])
    return np.array([-1, *(place[key] for key in groups.values)])[groups.codes]


def _usable(found: Belonging, side: Side, code: Indices, column: str) -> Indices:
    """Return the rows that put an account into a group; one that names no group leaves its member unclear."""
    is_silent = (code < 0) & (side.positions >= 0)
    if side.groups is not None:
        is_silent = np.where(side.groups, code < 0, is_silent)
    if is_silent.any():
        found.rejects += refused(side.clean, is_silent, column, lambda _row: "missing")
        is_account = is_silent if side.groups is None else is_silent & ~side.groups
        found.unclear.update(side.positions[is_account].tolist())
        if side.groups is not None:
            found.unclear_groups.update(child for child, _ in _edges(side, is_silent & side.groups, code))
    is_usable = (side.positions >= 0) & (code >= 0)
    return np.flatnonzero(is_usable if side.groups is None else is_usable & ~side.groups)


def _edges(side: Side, mask: Mask, code: Indices) -> Iterator[tuple[str, int]]:
    """Yield child group and parent of each row of *mask*, all about groups."""
    ids = side.clean.cells.get("account_id")
    if isinstance(ids, pa.Array):
        for row in np.flatnonzero(mask).tolist():
            if ids[row].is_valid:
                yield ids[row].as_py(), int(code[row])


def with_groups(roles: Belonging, groups: Belonging) -> Belonging:
    """Give the roles that groups hold to their members, direct and nested; asked twice, it changes nothing more."""
    held_through: dict[int, set[int]] = {}
    is_unclear = np.zeros(len(groups.keys), bool)
    for code in range(len(groups.keys)):
        through = {groups.keys[one] for one in groups.reached(code)}
        held_through[code] = {role for key in through for role in roles.parents.get(key, ())}
        is_unclear[code] = not roles.unclear_groups.isdisjoint(through)
    pairs = [roles.positions * len(roles.keys) + roles.codes]
    for code, held in held_through.items():
        if held:
            members = groups.positions[groups.codes == code]
            pairs += [members * len(roles.keys) + role for role in held]
    told = np.unique(np.concatenate(pairs))
    positions, codes = np.divmod(told, max(len(roles.keys), 1))
    unclear = groups.positions[is_unclear[groups.codes]].tolist() if is_unclear.any() else []
    return replace(
        roles, positions=positions, codes=smallest(codes, len(roles.keys)), unclear=roles.unclear | set(unclear)
    )


def names_of(found: Belonging, atoms: tuple[Atom, ...], count: int) -> Names:
    """Answer every question about names for each of *count* accounts; a nested group counts as the ones it is in."""
    own = _answers(found, atoms)
    with_ancestors = own.copy()
    if found.parents:
        for code, key in enumerate(found.keys):
            if key in found.parents:
                with_ancestors[code] = np.bitwise_or.reduce(own[list(found.reached(code))])
    bits = np.zeros(count, own.dtype)
    told = with_ancestors[found.codes] if len(found.codes) else np.empty(0, own.dtype)
    telling = np.flatnonzero(told)
    np.bitwise_or.at(bits, found.positions[telling], told[telling])
    sizes = np.minimum(np.bincount(found.positions, minlength=count), MOST_COUNTED).astype(np.int16)
    # Of these a row was lost: what stands is not the whole list.
    sizes[list(found.unclear)] = -1
    return Names(atoms, bits, sizes)


def _answers(found: Belonging, atoms: tuple[Atom, ...]) -> npt.NDArray[np.unsignedinteger]:
    """Ask every question of names and of ids: it is the one or the other that a rule means."""
    told = [(code, name) for code, key in enumerate(found.keys) for name in {key, *found.names[code]}]
    of_name = answers([name for _, name in told], atoms)
    codes = np.array([code for code, _ in told], np.intp)
    some = np.zeros(len(found.keys), of_name.dtype)
    every = ~some
    np.bitwise_or.at(some, codes, of_name)
    np.bitwise_and.at(every, codes, of_name)
    # What is none of some names is so by each of its names and by its id.
    denied = of_name.dtype.type(sum(1 << place for place, atom in enumerate(atoms) if atom.test == "none_of"))
    return some & ~denied | every & denied


def set_hashes_of(found: Belonging, count: int) -> npt.NDArray[np.uint64]:
    """Return a digest of each account's set of groups, whatever their order."""
    sums = np.zeros(count, np.uint64)
    if len(found.codes):
        of_key = np.array([hash_text(key) for key in found.keys], np.uint64)
        np.add.at(sums, found.positions, of_key[found.codes])
    return sums


def is_admin_of(found: Belonging, count: int) -> YesNo:
    """Say of each account whether it holds a role that opens more than the help desk; unknown where a row was lost."""
    answer = np.zeros(count, np.int8)
    is_strong = np.array([key.casefold() != SUPPORT_ROLE.casefold() for key in found.keys], bool)
    answer[list(found.unclear)] = -1
    if len(found.codes):
        answer[found.positions[is_strong[found.codes]]] = 1
    return YesNo(answer)
