"""Without this file nobody could say whom the vendor's policies treat alike: one class per set of groups and type."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.belonging import MIX, set_hashes_of
from cohorts.facts import Coded
from cohorts.gathering import Provider
from cohorts.hashing import hash_text, hash_texts
from cohorts.snapshot import digest_of


def group_classes(provider: Provider) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return per account the place of its class, and the classes: equal exactly for whom no policy can tell apart.

    A policy sees groups, the authentication provider and the user type.
    """
    accounts = provider.accounts
    hashes = np.full(len(accounts), hash_text(accounts.idp), np.uint64)
    if provider.groups is not None:
        hashes = hashes * MIX ^ set_hashes_of(provider.groups, len(accounts))
    if "groups" in accounts.sets:
        hashes = hashes * MIX ^ accounts.sets["groups"]
    for name in ("provider", "type_id"):
        column = accounts.facts.get(name)
        if isinstance(column, Coded):
            of_value = np.append(np.zeros(1, np.uint64), hash_texts(pa.array(column.values, pa.string())))
            hashes = hashes * MIX ^ of_value[column.codes]
    different, where = np.unique(hashes, return_inverse=True)
    return where, [f"c-{digest_of(f'{one:016x}')[:16]}" for one in different.tolist()]
