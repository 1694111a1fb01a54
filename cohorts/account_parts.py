"""Without this file an export would have to be kept whole: the few bytes that are kept of each account of a part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.blocks import Part
from cohorts.cells import Lists, Moments
from cohorts.columns import SUPPORT_ROLE
from cohorts.facts import Atom, Coded, Fact, Mask, Names, Numbers, YesNo, fact_rows
from cohorts.hashing import hash_texts
from cohorts.needs import BEHIND, Needs
from cohorts.normalise import Clean, list_rows

DAY_MS = 86_400_000
AGES = {behind: age for age, behind in BEHIND.items() if behind != "manager"}
NOT_KNOWN = np.iinfo(np.int64).min
MOST_COUNTED = np.iinfo(np.int16).max
LEAVER = "leaver"
GONE = frozenset({"SUSPENDED", "DEPROVISIONED"})


@dataclass(slots=True)
class AccountPart:
    """The accounts of one part, in the few bytes each that are kept; `accounts.joined` takes them out again.

    Attributes:
        part, rows: Where they come from, as in Clean.
        ids, hashes: The vendor's ids, and the hashes of them.
        facts: What rules may ask about; codes are the part's own.
        texts: Columns with many different values.
        moments: Milliseconds since 1970, NOT_KNOWN where nobody knows.
        sets: groups: a digest of the set of names, whatever their order.
        words: The vendor's words for the methods that a row lists itself; None where the file lists none.
    """

    part: Part
    rows: npt.NDArray[np.intp] | None
    ids: pa.Array
    hashes: npt.NDArray[np.uint64]
    facts: dict[str, Fact]
    texts: dict[str, pa.Array]
    moments: dict[str, npt.NDArray[np.int64]]
    sets: dict[str, npt.NDArray[np.uint64]]
    words: Lists | None


def account_part(clean: Clean, needs: Needs) -> AccountPart:
    """Keep of the rows of one users part what *needs* names, as codes and numbers."""
    facts: dict[str, Fact] = {}
    texts: dict[str, pa.Array] = {}
    times: dict[str, npt.NDArray[np.int64]] = {}
    sets: dict[str, npt.NDArray[np.uint64]] = {}
    words = None
    key = "employee_number" if clean.part.file.source.subject == "people" else "account_id"
    for name, cell in clean.cells.items():
        match cell:
            case Coded() | YesNo():
                facts[name] = cell
            case Moments() if name in AGES:
                facts[AGES[name]] = age_days(cell, needs.at_ms)
            case Moments():
                times[name] = cell.values if cell.known is None else np.where(cell.known, cell.values, NOT_KNOWN)
            case Lists() if name == "methods":
                words = cell
            case Lists():
                facts[name] = answered(cell, needs.atoms.get(name, ()))
                if needs.has_classes:
                    sets[name] = set_hashes(cell)
            case _ if name != key:
                texts[name] = cell
    roles, told = clean.cells.get("roles"), facts.get("is_admin")
    if isinstance(roles, Lists):
        facts["is_admin"] = _is_admin(roles, told if isinstance(told, YesNo) else None)
    # A file without the column has not one row that stands.
    ids = clean.cells.get(key, pa.array([], pa.string()))
    _forget_other_changes(facts, times)
    _count_last_days(facts, times, needs.at_ms)
    return AccountPart(clean.part, clean.rows, ids, hash_texts(ids), facts, texts, times, sets, words)


def _forget_other_changes(facts: Mapping[str, Fact], times: dict[str, npt.NDArray[np.int64]]) -> None:
    """Keep the moment of the last change as that of the end only where the account has come to one."""
    status = facts.get("status")
    if "disabled_at" in times and isinstance(status, Coded):
        is_gone = np.array([False, *(value in GONE for value in status.values)])[status.codes]
        times["disabled_at"] = np.where(is_gone, times["disabled_at"], NOT_KNOWN)


def _count_last_days(facts: dict[str, Fact], times: dict[str, npt.NDArray[np.int64]], at_ms: int) -> None:
    """Count people whose last day is over as leavers, whatever HR's word still says."""
    ends_at, told = times.pop("ends_at", None), facts.get("employment")
    if ends_at is None:
        return
    words = told if isinstance(told, Coded) else Coded(np.zeros(len(ends_at), np.uint8), ())
    values = (*words.values, *(() if LEAVER in words.values else (LEAVER,)))
    is_over = (ends_at != NOT_KNOWN) & (ends_at + DAY_MS <= at_ms)
    facts["employment"] = Coded(np.where(is_over, np.uint8(values.index(LEAVER) + 1), words.codes), values)


def _is_admin(roles: Lists, told: YesNo | None) -> YesNo:
    """Say whether any role of a list opens more than the help desk, or the vendor says so beside it."""
    is_more = np.array([role.casefold() != SUPPORT_ROLE.casefold() for role in roles.values], np.uint8)
    answers_ = gathered(roles, is_more).astype(np.int8)
    if roles.known is not None:
        answers_[~roles.known] = -1
    return YesNo(answers_ if told is None else np.maximum(answers_, told.values))


def without_rows(part: AccountPart, drop: Mask) -> AccountPart:
    """Return a part without the accounts of *drop*."""
    rows = np.flatnonzero(~drop)
    return AccountPart(
        part=part.part,
        rows=rows if part.rows is None else part.rows[rows],
        ids=part.ids.take(pa.array(rows)),
        hashes=part.hashes[rows],
        facts={name: fact_rows(fact, rows) for name, fact in part.facts.items()},
        texts={name: texts.take(pa.array(rows)) for name, texts in part.texts.items()},
        moments={name: times[rows] for name, times in part.moments.items()},
        sets={name: hashes[rows] for name, hashes in part.sets.items()},
        words=None if part.words is None else list_rows(part.words, rows),
    )


def age_days(cell: Moments, at_ms: int) -> Numbers:
    """Return whole days before *at_ms*; a clock that runs ahead of ours has not signed in tomorrow."""
    days = np.maximum((at_ms - cell.values) // DAY_MS, 0).astype(np.int32)
    return Numbers(days, cell.known)


def answered(lists: Lists, atoms: tuple[Atom, ...]) -> Names:
    """Ask every question of every name once, and gather the answers per row."""
    sizes = np.minimum(np.diff(lists.offsets), MOST_COUNTED).astype(np.int16)
    if lists.known is not None:
        sizes[~lists.known] = -1
    return Names(atoms, gathered(lists, answers(lists.values, atoms)), sizes)


def answers(names: Sequence[str], atoms: tuple[Atom, ...]) -> npt.NDArray[np.uint64]:
    """Return for each name the bits of the atoms that hold of it."""
    bits = np.zeros(len(names), word(len(atoms)))
    for place, atom in enumerate(atoms):
        bits[atom.holds(names)] |= bits.dtype.type(1 << place)
    return bits


def word(bit_count: int) -> npt.DTypeLike:
    """Return the narrowest unsigned type that has so many bits."""
    return next(kind for kind in (np.uint8, np.uint16, np.uint32, np.uint64) if bit_count <= np.iinfo(kind).bits)


def gathered(lists: Lists, bits_of_value: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.unsignedinteger]:
    """Return per row all bits that any of its values has; most values have none, and cost nothing."""
    found = np.zeros(len(lists.offsets) - 1, bits_of_value.dtype)
    if bits_of_value.any():
        bits = bits_of_value[lists.codes]
        telling = np.flatnonzero(bits)
        rows = np.searchsorted(lists.offsets, telling, side="right") - 1
        np.bitwise_or.at(found, rows, bits[telling])
    return found


def set_hashes(lists: Lists) -> npt.NDArray[np.uint64]:
    """Return a digest of each row's set of names, whatever their order."""
    of_value = hash_texts(pa.array(lists.values, pa.string()))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(of_value[lists.codes], dtype=np.uint64)])
    told: npt.NDArray[np.uint64] = sums[lists.offsets[1:]] - sums[lists.offsets[:-1]]
    return told
