"""Without this file three accounts of one person would be judged by a third each: records, joined, and their facts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cohorts.accounts import Accounts
from cohorts.end_to_end import end_to_end
from cohorts.facts import Coded, Fact, Facts, Mask
from cohorts.gathering import PEOPLE, Gathered
from cohorts.identity import HR, KEYS, Joined, JoinRecords, join

SYSTEMS = (HR, "okta", "entra")
GONE = frozenset({"DEPROVISIONED", "SUSPENDED", "STAGED"})


@dataclass(frozen=True, slots=True)
class Stack:
    """The records of all systems, one below the other: the order of JoinRecords.

    Attributes:
        names: The systems that are there, the one that is believed first in front.
        starts: Where the records of each begin; one more entry than names.
        tables: The accounts of each (of HR, its people).
    """

    names: tuple[str, ...]
    starts: tuple[int, ...]
    tables: tuple[Accounts, ...]

    @property
    def count(self) -> int:
        """How many records there are in all."""
        return self.starts[-1]

    def span(self, name: str) -> slice:
        """Return where the records of one system are."""
        number = self.names.index(name)
        return slice(self.starts[number], self.starts[number + 1])


def stacked(gathered: Gathered) -> Stack:
    """Put the systems of an export in the order in which they are believed."""
    tables = {provider.accounts.idp: provider.accounts for provider in gathered.providers}
    if gathered.people is not None:
        tables[PEOPLE] = gathered.people
    names = tuple(sorted(tables, key=lambda name: SYSTEMS.index(name) if name in SYSTEMS else len(SYSTEMS)))
    starts = np.concatenate([[0], np.cumsum([len(tables[name]) for name in names])]).tolist()
    return Stack(names, tuple(starts), tuple(tables[name] for name in names))


def joined_people(stack: Stack) -> tuple[JoinRecords, Joined]:
    """Make one person of the records that belong together."""
    records = JoinRecords(
        systems=stack.names,
        system=np.repeat(np.arange(len(stack.names), dtype=np.uint8), np.diff(stack.starts)),
        ids=texts_of(stack, "account_id"),
        keys={key: texts_of(stack, key) for key in KEYS},
        is_email_verified=np.concatenate([_is_active(table) for table in stack.tables]),
        is_active=np.concatenate([_is_active(table) for table in stack.tables]),
    )
    return records, join(records)


def texts_of(stack: Stack, name: str) -> pa.Array:
    """Return one text of every record; "account_id" is what names it in its own system."""
    columns = []
    for table in stack.tables:
        own = "employee_number" if table.idp == PEOPLE else "account_id"
        is_own = name in {own, "account_id"}
        columns.append(table.ids if is_own else table.texts.get(name, pa.nulls(len(table), pa.string())))
    return pa.concat_arrays([column.cast(pa.large_string()) for column in columns])


def _is_active(table: Accounts) -> Mask:
    """Say of each account whether it can sign in; of HR's people, whether they work here."""
    column = table.facts.get("employment" if table.idp == PEOPLE else "status")
    if not isinstance(column, Coded):
        return np.ones(len(table), bool)
    out = {"leaver"} if table.idp == PEOPLE else GONE
    return np.array([True, *(value not in out for value in column.values)])[column.codes]


def stacked_facts(stack: Stack, facts: Mapping[str, Mapping[str, Fact]]) -> Facts:
    """Put what is known of the records of each system one below the other.

    Args:
        stack: The systems.
        facts: System → column → values.
    """
    names = sorted({name for columns in facts.values() for name in columns})
    sizes = [len(table) for table in stack.tables]
    return Facts(
        stack.count,
        {name: end_to_end([facts[system].get(name) for system in stack.names], sizes) for name in names},
    )
