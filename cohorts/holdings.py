"""Without this file nobody would know who holds what: methods, their numbers and their ages, per account."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.account_parts import NOT_KNOWN, gathered
from cohorts.accounts import Accounts
from cohorts.blocks import Part, Reject
from cohorts.cells import Lists, Moments
from cohorts.facts import Coded, Mask, YesNo
from cohorts.hashing import hash_text, hash_texts
from cohorts.methods import method_bits
from cohorts.normalise import Cell, Clean, shown
from cohorts.repeats import Rows, repeats, value_at
from cohorts.whose import Keyed, Positions, Side, keyed, located, refused, strangers

Bits = npt.NDArray[np.uint32]
MIX = np.uint64(0x9E3779B97F4A7C15)
MOST_DISTINCT = 1 << 20
ACTIVE = frozenset({"active", "enrolled", "enabled", "registered"})
# Whose methods have ids of their own; Graph gives the first mobile number of everybody one and the same.
OWN_IDS = frozenset({"okta"})


@dataclass(frozen=True, slots=True)
class MethodPart:
    """What the rows of one part of a methods file say, before anyone asked whose they are.

    Attributes:
        rows: The rows and their keys.
        active, pending: Bits of cohorts.methods: usable, and begun but not finished.
        assumed: Where the method is an assumption.
        unknown: Where nobody knows the vendor's word, or there is none; None is nowhere.
        method_ids: Hashes of the ids of the methods, where the file has them.
    """

    rows: Keyed
    active: Bits
    pending: Bits | None
    assumed: Mask | None
    unknown: Mask | None
    method_ids: npt.NDArray[np.uint64] | None


@dataclass
class Holdings:
    """What the accounts of one provider hold.

    Attributes:
        held, pending: Bits of cohorts.methods, per account: usable, and begun but not finished.
        is_known: Whether any file says what is enrolled, per account.
        evidence_at: When the vendor last looked, in milliseconds; NOT_KNOWN where it does not say.
        numbers: Telephone numbers of phone methods: account, hash of the number.
        late: Accounts with a method that was enrolled after the account was disabled.
        is_admin: What the vendor says in passing: 1, 0, -1 not known; None where no methods file says it.
        assumed_count: Passkeys without a name that we know.
    """

    held: Bits
    pending: Bits
    is_known: Mask
    evidence_at: npt.NDArray[np.int64] | None = None
    numbers: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.uint64]]] = field(default_factory=list)
    late: set[int] = field(default_factory=set)
    is_admin: npt.NDArray[np.int8] | None = None
    assumed_count: int = 0
    rejects: list[Reject] = field(default_factory=list)


def method_part(clean: Clean) -> MethodPart:
    """Find out what every row of a methods part says; pure, and runs in any thread or process."""
    bits, assumed, unknown = _bits(clean, clean.part.file.source.idp)
    is_active, pending = _is_active(clean), None
    if is_active is not None:
        pending = np.where(is_active, np.uint32(0), bits)
        bits = np.where(is_active, bits, np.uint32(0))
        assumed &= is_active
    ids = clean.cells.get("method_id")
    return MethodPart(
        keyed(clean),
        bits,
        pending,
        assumed if assumed.any() else None,
        unknown if unknown.any() else None,
        _id_hashes(clean.part, ids) if isinstance(ids, pa.Array) and ids.null_count < len(ids) else None,
    )


def _id_hashes(part: Part, ids: pa.Array) -> npt.NDArray[np.uint64]:
    """Hash the ids of methods; two methods without one are not the same."""
    hashes = hash_texts(ids)
    if ids.null_count:
        rows = np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))
        start = np.uint64(hash_text(f"{part.file.name}:{part.number}"))
        hashes[rows] = start + rows.astype(np.uint64)
    return hashes


def _is_active(clean: Clean) -> Mask | None:
    status = clean.cells.get("status")
    if not isinstance(status, Coded):
        return None
    answers = np.array([False, *(value.casefold() in ACTIVE for value in status.values)])
    return None if answers[1:].all() and status.codes.all() else answers[status.codes]


def _bits(clean: Clean, idp: str) -> tuple[Bits, Mask, Mask]:
    """Return bits per row, which are an assumption, and which words nobody knows; each combination is asked once."""
    columns = [clean.cells.get(name) for name in ("factor_type", "provider", "authenticator")]
    words: list[Sequence[str | None]] = [[None, *c.values] if isinstance(c, Coded) else [None] for c in columns]
    found = np.zeros(clean.count, np.uint32)
    assumed, unknown = np.zeros(clean.count, bool), np.zeros(clean.count, bool)
    if isinstance(columns[0], Coded):
        combined = np.zeros(clean.count, np.int64)
        for column, told in zip(columns, words, strict=True):
            combined = combined * len(told) + (column.codes if isinstance(column, Coded) else 0)
        present, where = distinct(combined, math.prod(map(len, words)))
        known = [_combination(idp, words, one) for one in present.tolist()]
        found = np.array([bits for bits, _ in known], np.uint32)[where]
        if any(is_assumed for _, is_assumed in known):
            assumed = np.array([is_assumed for _, is_assumed in known], bool)[where]
        if not all(bits for bits, _ in known):
            unknown = found == 0
    lists = clean.cells.get("methods")
    if isinstance(lists, Lists):
        found = found | listed(lists, idp)
    elif not isinstance(columns[0], Coded):
        unknown[:] = True
    return found, assumed, unknown


def distinct(numbers: npt.NDArray[np.int64], most: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Return the different ones of *numbers*, all below *most*, and the place of each; few need no sorting."""
    if most > MOST_DISTINCT:
        return np.unique(numbers, return_inverse=True)
    is_there = np.zeros(most, bool)
    is_there[numbers] = True
    present = np.flatnonzero(is_there)
    place = np.zeros(most, np.intp)
    place[present] = np.arange(len(present))
    return present, place[numbers]


def _combination(idp: str, words: Sequence[Sequence[str | None]], number: int) -> tuple[int, bool]:
    number, authenticator = divmod(number, len(words[2]))
    factor, provider = divmod(number, len(words[1]))
    return method_bits(idp, words[0][factor], words[1][provider], words[2][authenticator])


def listed(lists: Lists, idp: str) -> Bits:
    """Return the bits of every row that lists its methods; a word that nobody knows adds nothing."""
    bits = np.array([method_bits(idp, word, None, None)[0] for word in lists.values], np.uint32)
    return gathered(lists, bits)


def holdings(
    accounts: Accounts, parts: Iterable[MethodPart], again: Callable[[Part], Clean], *, is_told: bool
) -> Holdings:
    """Gather what the parts of all methods files say of the accounts of one provider.

    Args:
        accounts: The accounts.
        parts: Of its methods files; one without ids of methods is not kept.
        again: Reads and cleans a part once more.
        is_told: Whether a methods file was read: then an account that no row names holds nothing; without one, and
            without a list in the users file, nobody knows.
    """
    count = len(accounts)
    told = Holdings(np.zeros(count, np.uint32), np.zeros(count, np.uint32), np.full(count, is_told))
    _own_lists(accounts, told)
    named: list[tuple[MethodPart, Side, Mask]] = []
    for part in parts:
        side = located(part.rows, accounts)
        drop = _refused(told, part, side)
        if part.method_ids is None:
            _add(told, accounts, part, side, drop)
        else:
            named.append((part, side, drop))
    rows = [_rows(part, side, part.method_ids) for part, side, _ in named if part.method_ids is not None]
    drops, rejects = repeats(rows, ("method_id",), "method", again)
    already = {(reject.file, reject.line) for reject in told.rejects}
    told.rejects += [reject for reject in rejects if (reject.file, reject.line) not in already]
    for (part, side, drop), repeated in zip(named, drops, strict=True):
        _add(told, accounts, part, side, drop if repeated is None else drop | repeated)
    return told


def _rows(part: MethodPart, side: Side, ids: npt.NDArray[np.uint64]) -> Rows:
    clean = part.rows.clean
    if clean.part.file.source.idp in OWN_IDS:
        return Rows(clean.part, clean.rows, ids)
    return Rows(clean.part, clean.rows, ids ^ side.positions.astype(np.uint64) * MIX, side.positions)


def _refused(told: Holdings, part: MethodPart, side: Side) -> Mask:
    told.rejects += strangers(side)
    drop = side.positions < 0
    if part.unknown is not None:
        column = part.rows.clean.cells.get("factor_type")
        told.rejects += refused(
            part.rows.clean,
            part.unknown & ~drop,
            "factor_type",
            lambda row: _because(None if column is None else value_at(column, row)),
        )
        drop = drop | part.unknown
    return drop


def _because(word: object) -> str:
    return "missing" if word is None else f"factor type {shown(word)} is not known"


def _own_lists(accounts: Accounts, told: Holdings) -> None:
    start = 0
    for words, end in zip(accounts.words, accounts.origins.ends.tolist(), strict=True):
        if words is not None:
            told.held[start:end] |= listed(words, accounts.idp)
            told.is_known[start:end] |= True if words.known is None else words.known
        start = end


def _add(told: Holdings, accounts: Accounts, part: MethodPart, side: Side, drop: Mask) -> None:
    """Add the rows of one part, without those of *drop*."""
    cells, positions, active = side.clean.cells, side.positions, part.active
    keep: slice | Mask = slice(None)
    if drop.any():
        keep = ~drop
        positions, active = positions[keep], active[keep]
    if part.assumed is not None:
        told.assumed_count += int(part.assumed[keep].sum())
    np.bitwise_or.at(told.held, positions, active)
    if part.pending is not None:
        np.bitwise_or.at(told.pending, positions, part.pending[keep])
    _forget_unlisted(told, cells.get("methods"), positions, keep)
    evidence, is_admin = cells.get("evidence_at"), cells.get("is_admin")
    if isinstance(evidence, Moments):
        if told.evidence_at is None:
            told.evidence_at = np.full(len(accounts), NOT_KNOWN)
        np.maximum.at(told.evidence_at, positions, _times(evidence)[keep])
    if isinstance(is_admin, YesNo):
        if told.is_admin is None:
            told.is_admin = np.full(len(accounts), -1, np.int8)
        np.maximum.at(told.is_admin, positions, is_admin.values[keep])
    phone = cells.get("phone")
    if isinstance(phone, pa.Array):
        has = phone.is_valid().to_numpy(zero_copy_only=False) & ~drop & (part.active != 0)
        told.numbers.append((side.positions[has], hash_texts(phone.filter(pa.array(has)))))
    enrolled, disabled = cells.get("enrolled_at"), accounts.moments.get("disabled_at")
    if isinstance(enrolled, Moments) and disabled is not None:
        limit = disabled[positions]
        late = (limit != NOT_KNOWN) & (_times(enrolled)[keep] > limit) & (active != 0)
        told.late.update(positions[late].tolist())


def _forget_unlisted(told: Holdings, lists: Cell | None, positions: Positions, keep: slice | Mask) -> None:
    """Where the one list of all that an account holds is not there, nobody knows what it holds."""
    if isinstance(lists, Lists) and lists.known is not None:
        told.is_known[positions[~lists.known[keep]]] = False


def _times(cell: Moments) -> npt.NDArray[np.int64]:
    return cell.values if cell.known is None else np.where(cell.known, cell.values, NOT_KNOWN)


def shared_numbers(count: int, numbers: Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.uint64]]]) -> Mask:
    """Say of each account whether a telephone number of it is another account's too."""
    told = list(numbers)
    shares = np.zeros(count, bool)
    if told:
        positions = np.concatenate([one for one, _ in told])
        hashes = np.concatenate([two for _, two in told])
        pairs = np.unique(np.stack([hashes, positions.astype(np.uint64)]), axis=1)
        _, where, counts = np.unique(pairs[0], return_inverse=True, return_counts=True)
        shares[pairs[1][counts[where] > 1].astype(np.intp)] = True
    return shares
