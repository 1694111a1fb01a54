"""Without this file the parts of a users file would stay parts: every account of one identity provider, in columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.account_parts import NOT_KNOWN, AccountPart
from cohorts.blocks import Part
from cohorts.cells import Lists
from cohorts.end_to_end import end_to_end, one, one_chunk
from cohorts.engine import give_back
from cohorts.exports.lines import lines_of
from cohorts.exports.reading import read
from cohorts.facts import Fact
from cohorts.hashing import hash_texts


@dataclass(frozen=True, slots=True)
class Origins:
    """Which row of which part each account came from.

    Attributes:
        parts: The parts, in order.
        ends: How many accounts the parts up to and with this one gave.
        rows: Of each part, which rows of its block they are; None is all of them.
    """

    parts: tuple[Part, ...]
    ends: npt.NDArray[np.int64]
    rows: tuple[npt.NDArray[np.intp] | None, ...]

    def place(self, position: int) -> tuple[Part, int]:
        """Return part and row of one account."""
        number = int(np.searchsorted(self.ends, position, side="right"))
        row = position - (int(self.ends[number - 1]) if number else 0)
        kept = self.rows[number]
        return self.parts[number], row if kept is None else int(kept[row])

    def line(self, position: int) -> int:
        """Return the line of one account, as an editor counts; reads the part again."""
        part, row = self.place(position)
        return lines_of(read(part), [row])[0]


@dataclass(frozen=True)
class Accounts:
    """Every account of one identity provider, one value an account in each column, in the order of the files.

    Attributes:
        idp: Whose they are.
        ids: The vendor's ids, in one chunk.
        hashes: Of the ids.
        facts, texts, moments, sets: As in AccountPart, with one set of codes for all parts.
        words: The vendor's words for methods that users files list, per part.
        origins: Where each one came from.
    """

    idp: str
    ids: pa.Array
    hashes: npt.NDArray[np.uint64]
    facts: Mapping[str, Fact]
    texts: Mapping[str, pa.Array]
    moments: Mapping[str, npt.NDArray[np.int64]]
    sets: Mapping[str, npt.NDArray[np.uint64]]
    words: tuple[Lists | None, ...]
    origins: Origins

    def __len__(self) -> int:
        return len(self.hashes)

    @cached_property
    def index(self) -> pd.Index:
        """Return the look-up from hash to position; ask once before several threads do.

        Of several ids with one hash the first is found by it, and the others are `twins`.
        """
        index = pd.Index(self.hashes)
        if not index.is_unique:
            hashes = self.hashes.copy()
            later = np.flatnonzero(index.duplicated())
            free = np.setdiff1d(np.arange(len(hashes) + 1, dtype=np.uint64), hashes)
            hashes[later] = free[: len(later)]
            index = pd.Index(hashes)
        index.get_indexer(pd.Index(self.hashes[:1]))
        return index

    @cached_property
    def twins(self) -> Mapping[str, int]:
        """Return the positions of the ids whose hash an id before them has too: next to none."""
        rows = np.flatnonzero(pd.Series(self.hashes).duplicated())
        return dict(zip(self.ids.take(pa.array(rows)).to_pylist(), rows.tolist(), strict=True))

    @cached_property
    def login_index(self) -> tuple[pd.Index, npt.NDArray[np.intp]]:
        """Return the look-up from the hash of a login, and the position of each; a login of two accounts has none."""
        logins = pd.Series(hash_texts(self.texts["login"]) if "login" in self.texts else self.hashes[:0])
        alone = np.flatnonzero(~logins.duplicated(keep=False).to_numpy() & (logins.to_numpy() != 0))
        return pd.Index(logins.to_numpy()[alone]), alone

    def forget_look_ups(self) -> None:
        """Give back the look-ups, as large as all else together; they are made again when somebody asks."""
        for name in ("index", "login_index"):
            self.__dict__.pop(name, None)
        give_back()

    def locate(self, ids: pa.Array, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """Return the position of each id, -1 where there is no such account; equal hashes alone are not enough."""
        found = self.index.get_indexer(pd.Index(hashes))
        verified = _verified(found, self.ids, ids)
        # Found by its hash and refuted by its id: another account's, or one that shares the hash.
        for row in [] if verified is found else np.flatnonzero((verified < 0) & (found >= 0)).tolist():
            verified[row] = self.twins.get(ids[row].as_py(), -1)
        return verified

    def locate_logins(self, logins: pa.Array, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """Return the position of the one account with each login, -1 where there is none or several."""
        index, alone = self.login_index
        if not len(alone):
            return np.full(len(logins), -1, np.intp)
        found = index.get_indexer(pd.Index(hashes))
        return _verified(np.where(found >= 0, alone[found], -1), self.texts["login"], logins)


def _verified(found: npt.NDArray[np.intp], known: pa.Array, asked: pa.Array) -> npt.NDArray[np.intp]:
    told = known.take(pa.array(np.maximum(found, 0)))
    is_same = pc.equal(told, asked.cast(told.type)).fill_null(False)
    if pc.all(is_same).as_py():
        return found
    return np.where(is_same.to_numpy(zero_copy_only=False), found, -1)


def joined(idp: str, parts: Iterable[AccountPart]) -> Accounts:
    """Put the parts of one provider's users files together, in their order; what they held is taken from them.

    Column by column, and given back at once: nothing but one column is there twice.
    """
    whole = list(parts)
    sizes = [len(part.hashes) for part in whole]
    ids = one_chunk([part.ids for part in whole])
    hashes = one([part.hashes for part in whole])
    for part in whole:
        part.ids, part.hashes = ids[:0], hashes[:0]
    give_back()
    facts = {
        name: end_to_end([part.facts.pop(name, None) for part in whole], sizes)
        for name in sorted({name for part in whole for name in part.facts})
    }
    texts = {
        name: one_chunk([part.texts.pop(name, pa.nulls(size)) for part, size in zip(whole, sizes, strict=True)])
        for name in sorted({name for part in whole for name in part.texts})
    }
    moments = {
        name: one([part.moments.pop(name, np.full(size, NOT_KNOWN)) for part, size in zip(whole, sizes, strict=True)])
        for name in sorted({name for part in whole for name in part.moments})
    }
    sets = {
        name: one([part.sets.pop(name, np.zeros(size, np.uint64)) for part, size in zip(whole, sizes, strict=True)])
        for name in sorted({name for part in whole for name in part.sets})
    }
    give_back()
    origins = Origins(
        tuple(part.part for part in whole), np.cumsum(sizes, dtype=np.int64), tuple(part.rows for part in whole)
    )
    return Accounts(idp, ids, hashes, facts, texts, moments, sets, tuple(part.words for part in whole), origins)
