"""Without this file rules would have to know which file said what: all that is known of each account, by column."""

from collections.abc import Mapping

import numpy as np

from cohorts.account_parts import answers
from cohorts.belonging import is_admin_of, names_of
from cohorts.cells import coded
from cohorts.columns import DIRECTORIES
from cohorts.facts import Atom, Coded, Fact, Names, YesNo
from cohorts.gathering import Provider
from cohorts.methods import BIT, NO_METHOD
from cohorts.snapshot import METHODS

OKTA = "okta"
TEXTS = frozenset({"login", "email"})


def hold_passwords(provider: Provider) -> None:
    """Add the password to what is held where the users file says that there is one, or that a directory checks it."""
    facts = provider.accounts.facts
    told, checked_by = facts.get("password"), facts.get("provider")
    if provider.accounts.idp != OKTA or not isinstance(checked_by, Coded):
        return
    by_directory = np.array([False, *(value in DIRECTORIES for value in checked_by.values)])[checked_by.codes]
    by_okta = np.array([False, *(value == "OKTA" for value in checked_by.values)])[checked_by.codes]
    if isinstance(told, YesNo):
        by_directory |= by_okta & (told.values == 1)
    provider.holdings.held[by_directory] |= np.uint32(BIT["password"])


def facts_of(
    provider: Provider, atoms: Mapping[str, tuple[Atom, ...]], asked: frozenset[str] = frozenset()
) -> dict[str, Fact]:
    """Return what rules may ask about the accounts of one provider.

    Args:
        provider: As gathered.
        atoms: List column → what the rule book asks of its names.
        asked: The columns that the rule book asks about: texts that are different for everybody are coded only then.
    """
    count = len(provider.accounts)
    facts = dict(provider.accounts.facts)
    facts["idp"] = Coded(np.ones(count, np.uint8), (provider.accounts.idp,))
    if provider.groups is not None:
        facts["groups"] = _both(facts.get("groups"), names_of(provider.groups, atoms.get("groups", ()), count))
    if provider.roles is not None:
        facts["roles"] = _both(facts.get("roles"), names_of(provider.roles, atoms.get("roles", ()), count))
    for name in sorted(TEXTS & asked & provider.accounts.texts.keys()):
        facts[name] = coded(provider.accounts.texts[name])
    facts.pop("is_admin", None)
    is_admin = is_admin_of_accounts(provider)
    if is_admin is not None:
        facts["is_admin"] = is_admin
    if atoms.get("methods"):
        facts["methods"] = _method_names(provider, atoms["methods"])
    if provider.equipment is not None:
        facts["platforms"] = provider.equipment.names(atoms.get("platforms", ()))
        facts["is_shared_device"] = YesNo(
            np.where(provider.equipment.is_shared_told, provider.equipment.is_shared, -1).astype(np.int8)
        )
    return facts


def _both(first: Fact | None, second: Names) -> Names:
    if not isinstance(first, Names):
        return second
    sizes = np.where(first.sizes < 0, second.sizes, np.where(second.sizes < 0, first.sizes, first.sizes + second.sizes))
    return Names(second.atoms, first.bits | second.bits, sizes)


def is_admin_of_accounts(provider: Provider) -> YesNo | None:
    """Say yes where any file says it, not known where one would have and does not, no where all say no."""
    told = [provider.accounts.facts.get("is_admin")]
    if provider.roles is not None:
        told.append(is_admin_of(provider.roles, len(provider.accounts)))
    if provider.holdings.is_admin is not None:
        told.append(YesNo(provider.holdings.is_admin))
    columns = [one.values for one in told if isinstance(one, YesNo)]
    if not columns:
        return None
    answer = columns[0].copy()
    for column in columns[1:]:
        # 1 beats everything; beside that, what is known beats what is not.
        answer = np.maximum(answer, column)
    if provider.roles is not None:
        for position in provider.roles.unclear:
            if answer[position] == 0:
                answer[position] = -1
    return YesNo(answer)


def _method_names(provider: Provider, atoms: tuple[Atom, ...]) -> Names:
    of_method = answers(METHODS, atoms)
    held = provider.holdings.held & np.uint32(NO_METHOD - 1)
    bits = np.zeros(len(held), of_method.dtype)
    for place, method in enumerate(METHODS):
        if of_method[place]:
            bits[(held & np.uint32(BIT[method])) != 0] |= of_method[place]
    sizes = np.where(provider.holdings.is_known, np.bitwise_count(held).astype(np.int16), np.int16(-1))
    return Names(atoms, bits, sizes)
