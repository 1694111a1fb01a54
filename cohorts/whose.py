"""Without this file a factor of somebody unknown would be lost in silence: whose a row of a side file is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.accounts import Accounts
from cohorts.blocks import Part, Reject
from cohorts.exports.lines import lines_of
from cohorts.exports.reading import read
from cohorts.facts import Coded, Mask
from cohorts.hashing import hash_texts
from cohorts.normalise import Clean, shown, text_in

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Keyed:
    """The rows of one part of a side file, and the hashes of what says whose they are: ids, else logins."""

    clean: Clean
    ids: npt.NDArray[np.uint64] | None
    logins: npt.NDArray[np.uint64] | None


@dataclass(frozen=True, slots=True)
class Side:
    """The rows of one part of a side file, and the account that each is about.

    Attributes:
        clean: The rows.
        positions: Per row, the account; -1 where nobody of the users files answers.
        groups: Per row, whether the member is a group and no account; None where none is.
    """

    clean: Clean
    positions: Positions
    groups: Mask | None = None


def keyed(clean: Clean) -> Keyed:
    """Hash what says whose the rows are; pure, and runs in any thread or process."""
    ids, logins = (text_in(clean.cells, name) for name in ("account_id", "login"))
    return Keyed(
        clean,
        None if ids is None else hash_texts(ids),
        None if logins is None else hash_texts(logins),
    )


def located(rows: Keyed, accounts: Accounts) -> Side:
    """Find the account of every row, by its id, else by its login."""
    clean = rows.clean
    positions = np.full(clean.count, -1, np.intp)
    if rows.ids is not None:
        positions = accounts.locate(text_in(clean.cells, "account_id"), rows.ids)
    if rows.logins is not None:
        asked = positions < 0
        if rows.ids is not None:
            asked &= text_in(clean.cells, "account_id").is_null().to_numpy(zero_copy_only=False)
        if asked.any():
            logins = text_in(clean.cells, "login").filter(pa.array(asked))
            positions[asked] = accounts.locate_logins(logins, rows.logins[asked])
    return Side(clean, positions, _group_members(clean))


def namesakes(rows: Keyed, side: Side, accounts: Accounts) -> list[int]:
    """Return the accounts that a row may be about that names nobody but by a login that several of them have."""
    asked = side.positions < 0
    if rows.logins is None or "login" not in accounts.texts or not asked.any():
        return []
    if rows.ids is not None:
        asked &= text_in(side.clean.cells, "account_id").is_null().to_numpy(zero_copy_only=False)
    asked &= text_in(side.clean.cells, "login").is_valid().to_numpy(zero_copy_only=False)
    found: list[int] = np.flatnonzero(np.isin(hash_texts(accounts.texts["login"]), rows.logins[asked])).tolist()
    return found


def _group_members(clean: Clean) -> Mask | None:
    kinds = clean.cells.get("member_kind")
    if not isinstance(kinds, Coded):
        return None
    is_group = np.array([False, *(value.casefold() == "group" for value in kinds.values)])[kinds.codes]
    return is_group if is_group.any() else None


def refused(clean: Clean, bad: Mask, column: str, because: Callable[[int], str]) -> list[Reject]:
    """Return a reject for each row of *bad*; the part is read again to count its lines, for this is seldom."""
    rows = np.flatnonzero(bad)
    return [
        Reject(clean.part.file.name, line, column, because(row))
        for row, line in zip(rows.tolist(), lines_at(clean.part, clean.rows, rows), strict=True)
    ]


def lines_at(part: Part, kept: npt.NDArray[np.intp] | None, rows: npt.NDArray[np.integer]) -> Sequence[int]:
    """Return the lines of rows of a part, counted among those that stand."""
    if not len(rows):
        return []
    return lines_of(read(part), (rows if kept is None else kept[rows]).tolist())


def strangers(side: Side) -> list[Reject]:
    """Return a reject for each row about an account that no users file has."""
    bad = side.positions < 0
    if side.groups is not None:
        bad &= ~side.groups
    if not bad.any():
        return []
    ids = text_in(side.clean.cells, "account_id")

    def because(row: int) -> str:
        told = None if ids is None else ids[row].as_py()
        # A login may be an address, and is never repeated; some systems name accounts by it.
        is_id = told is not None and "@" not in told
        return f"no account {shown(told)} was kept" if is_id else "no account with that login was kept"

    return refused(side.clean, bad, "account_id" if ids is not None else "login", because)
