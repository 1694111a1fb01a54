"""Without this file an export that was judged could be counted, but nobody could ask about one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cohorts.errors import PersonUnknown
from cohorts.exports import Reject
from cohorts.methods import decode
from cohorts.readiness import REASONS
from cohorts.sieve import Rows
from cohorts.snapshot import Member, Snapshot

# What a rule can ask about, beside groups and roles.
FACTS = (
    "is_admin",
    "user_type",
    "department",
    "title",
    "provider",
    "last_login_age_days",
    "created_age_days",
)


def members_of(table: pa.Table) -> list[Member]:
    """Turn rows of the members table into values that need no library."""
    columns = {name: table[name].to_pylist() for name in table.column_names}
    columns["methods"] = [tuple(methods) for methods in columns["methods"]]
    rows = zip(*(columns[name] for name in Member.__slots__), strict=True)
    return [Member(*row) for row in rows]


@dataclass(frozen=True)
class Classified:
    """One export, judged; nothing of it has been written anywhere.

    Attributes:
        header: Counts and digests, as they would be sealed.
        rejects: Rows that could not be used, and why.
        rows: File name → rows read, kept and rejected.
        notes: Sentences about what was assumed.
        table: The members, one row each, ordered by account id; the columns are the fields of Member.
    """

    header: Snapshot
    rejects: tuple[Reject, ...]
    rows: Mapping[str, Rows]
    notes: tuple[str, ...]
    table: pa.Table = field(repr=False, compare=False)
    _users: pd.DataFrame = field(repr=False, compare=False)

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Cohort → readiness code → accounts."""
        return self.header.counts

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Everyone, ordered by account id."""
        return tuple(members_of(self.table))

    def explain(self, person: str) -> dict[str, Any]:
        """Say where one person belongs and why; whoever asks gets the login back, and nothing is written.

        Args:
            person: An account id, or a login in any case.

        Returns:
            `account_id person_key login status cohort because rule readiness why target methods pending
            leftover_phone shares_number groups roles group_class` and the facts that rules ask about.

        Raises:
            PersonUnknown: No account of the export, or more than one, answers to that.
        """
        position = self._position(person)
        user = self._users.iloc[position]
        (member,) = members_of(self.table.slice(position, 1))
        return {
            "account_id": member.account_id,
            "person_key": member.person_key,
            "login": str(user["login"]),
            "status": member.status,
            "cohort": member.cohort,
            "because": member.because,
            "rule": int(user["rule"]),
            "readiness": member.readiness,
            "why": REASONS[member.readiness],
            "target": list(self.header.targets[member.cohort]),
            "methods": list(member.methods),
            "pending": list(decode(int(user["pending"]))),
            "leftover_phone": bool(user["leftover_phone"]),
            "shares_number": bool(user["shares_number"]),
            "groups": list(user["groups"]),
            "roles": list(user["roles"]),
            "group_class": member.group_class,
            **{fact: _plain(user[fact]) for fact in FACTS},
        }

    def _position(self, person: str) -> int:
        users = self._users
        found = np.flatnonzero(users.index == person)
        if not len(found):
            found = np.flatnonzero(users["login"].str.casefold() == person.casefold())
        if len(found) == 1:
            return int(found[0])
        told = f"{len(found)} accounts answer" if len(found) else "No account of this export answers"
        rejects = f"; {len(self.rejects)} rows were rejected" if self.rejects else ""
        raise PersonUnknown(
            f"{told} to that name{rejects}",
            context=f"export {self.header.export_digest[:12]}",
            hint="offramp cohort classify EXPORT lists the rejects; an account id is never ambiguous",
        )


def _plain(value: Any) -> Any:
    """Turn one cell into a JSON value."""
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else value.item()
