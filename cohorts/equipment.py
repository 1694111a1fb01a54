"""Without this file nobody would know whose computer can make a passkey: the devices of each account."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cohorts.account_parts import word
from cohorts.accounts import Accounts
from cohorts.blocks import Reject
from cohorts.devices import PLATFORMS, can_make_passkey
from cohorts.facts import Atom, Coded, Names, YesNo
from cohorts.whose import Keyed, Side, located, strangers


@dataclass
class Equipment:
    """What the accounts of one provider work on.

    Attributes:
        has_device: Whether the inventory lists any, per account.
        platforms: Bits of PLATFORMS, per account: which it has.
        able: Bits of PLATFORMS: on which one of its devices can make a passkey.
        unclear: Bits of PLATFORMS: on which nobody can tell.
        is_shared: Whether one of them is shared.
        is_shared_told: Whether the inventory says of one of them whether it is shared.
        rejects: Rows that could not be used.
    """

    has_device: npt.NDArray[np.bool_]
    platforms: npt.NDArray[np.uint8]
    able: npt.NDArray[np.uint8]
    unclear: npt.NDArray[np.uint8]
    is_shared: npt.NDArray[np.bool_]
    is_shared_told: npt.NDArray[np.bool_]
    rejects: list[Reject] = field(default_factory=list)

    def names(self, atoms: tuple[Atom, ...]) -> Names:
        """Answer every question about the names of the platforms."""
        holds = np.array([atom.holds(PLATFORMS) for atom in atoms], bool).reshape(len(atoms), len(PLATFORMS))
        bits = np.zeros(len(self.platforms), word(len(atoms)))
        for place, answers in enumerate(holds):
            mask = np.uint8(sum(1 << number for number in np.flatnonzero(answers).tolist()))
            bits[(self.platforms & mask) != 0] |= bits.dtype.type(1 << place)
        return Names(atoms, bits, np.bitwise_count(self.platforms).astype(np.int16))

    def told(self, place: int) -> dict[str, str]:
        """Say of one account what each of its platforms can do."""
        found = {}
        for number, name in enumerate(PLATFORMS):
            bit = 1 << number
            if self.platforms[place] & bit:
                able, unclear = self.able[place] & bit, self.unclear[place] & bit
                found[name] = (
                    "can make a passkey" if able else "nobody can tell" if unclear else "is too old, or never can"
                )
        return found


def equipment(parts: Iterable[Keyed], accounts: Accounts) -> Equipment:
    """Gather the devices of every account from the parts of all inventories of one provider."""
    count = len(accounts)
    found = Equipment(
        np.zeros(count, bool),
        np.zeros(count, np.uint8),
        np.zeros(count, np.uint8),
        np.zeros(count, np.uint8),
        np.zeros(count, bool),
        np.zeros(count, bool),
    )
    for rows in parts:
        side = located(rows, accounts)
        found.rejects += strangers(side)
        _add(found, side)
    return found


def _add(found: Equipment, side: Side) -> None:
    cells, known = side.clean.cells, side.positions >= 0
    positions = side.positions[known]
    found.has_device[positions] = True
    platform, version = cells["platform"], cells.get("os_version")
    if isinstance(platform, Coded):
        versions: list[str | None] = [None, *version.values] if isinstance(version, Coded) else [None]
        told = version.codes.astype(np.int64) if isinstance(version, Coded) else np.zeros(side.clean.count, np.int64)
        pairs, where = np.unique(platform.codes.astype(np.int64) * len(versions) + told, return_inverse=True)
        own, able, unclear = (np.zeros(len(pairs), np.uint8) for _ in range(3))
        for place, pair in enumerate(pairs.tolist()):
            code, number = divmod(pair, len(versions))
            name = platform.values[code - 1]
            bit = 1 << PLATFORMS.index(name)
            answer = can_make_passkey(name, versions[number])
            own[place] = bit
            able[place], unclear[place] = (bit if answer else 0), (bit if answer is None else 0)
        where = where[known]
        np.bitwise_or.at(found.platforms, positions, own[where])
        np.bitwise_or.at(found.able, positions, able[where])
        np.bitwise_or.at(found.unclear, positions, unclear[where])
    shared = cells.get("is_shared")
    if isinstance(shared, YesNo):
        found.is_shared[side.positions[known & (shared.values == 1)]] = True
        found.is_shared_told[side.positions[known & (shared.values >= 0)]] = True
