"""Without this file a row that we misread would still be counted; here each is a fact or a named reject."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cohorts.columns import DIRECTORIES, FILES, STATUSES, SUPPORT_ROLE
from cohorts.errors import ExportUnreadable
from cohorts.exports import PULL, RawExport, Reject
from cohorts.methods import BIT, encode, method_of
from cohorts.sieve import Rows, Sieve

PHONES = encode(("sms", "voice"))


@dataclass(frozen=True, slots=True)
class Normalised:
    """The canonical users, and everything that could not be used.

    Attributes:
        users: Unique, ordered index `user_id`; `login status user_type department title provider type_id`
            (string), `is_admin` (boolean, unknown where a role could not be read), `groups group_ids roles`
            (tuples, ordered), `methods pending` (bits of cohorts.methods), `last_login_age_days
            created_age_days` (Int64, whole days, unknown where never), `shares_number` (bool).
        rejects: Every row that was not used.
        rows: File name → what became of its rows.
        notes: Sentences about what was assumed.
    """

    users: pd.DataFrame
    rejects: tuple[Reject, ...]
    rows: Mapping[str, Rows]
    notes: tuple[str, ...]


def normalise(raw: RawExport, at: datetime) -> Normalised:
    """Turn one export into the canonical user table.

    Every row that was read ends in exactly one of the two results; nothing is dropped.

    Args:
        raw: As `read_export` gave it.
        at: Aware; ages are counted from here.

    Raises:
        ExportForeign: Not one row of a file can be used.
        ExportUnreadable: A role does not say whose it is.
    """
    sieves = {kind: Sieve(kind, raw.files[kind], raw.frames[kind]) for kind in FILES}
    users = _users(sieves["users"], at)
    methods, methods_notes = _methods(sieves["factors"], users)
    users = users.assign(**methods, **_groups(sieves["groups"], users), **_roles(sieves["roles"], users))
    return Normalised(
        users=users,
        rejects=(*raw.rejects, *(reject for sieve in sieves.values() for reject in sieve.rejects())),
        rows={sieve.file: sieve.count(raw.rejects) for sieve in sieves.values()},
        notes=(*_provider_notes(users), *methods_notes),
    )


def _users(sieve: Sieve, at: datetime) -> pd.DataFrame:
    unknown = ~sieve.rows["status"].isin(STATUSES).to_numpy()
    sieve.refuse(unknown, "status", lambda status: f"status {status} is not known")
    ages = pd.DataFrame(index=sieve.rows.index)
    for column in ("last_login", "created"):
        told = sieve.rows[column]
        times = pd.to_datetime(told, format="ISO8601", utc=True, errors="coerce")
        sieve.refuse((told.notna() & times.isna()).to_numpy(), column, "not a time as ISO 8601 writes it")
        # A clock that runs ahead of ours has not signed in tomorrow.
        ages[f"{column}_age_days"] = (pd.Timestamp(at) - times).dt.days.clip(lower=0).astype("Int64")
    sieve.refuse_repeats(["user_id"])
    good = sieve.good()
    texts = ["login", "status", "user_type", "department", "title", "provider", "type_id"]
    users = good[texts].astype("string").join(ages)
    okta_holds_it = good["provider"].eq("OKTA") & good["password"].astype(bool)
    has_password = okta_holds_it | good["provider"].isin(DIRECTORIES)
    users["methods"] = has_password.to_numpy() * BIT["password"]
    users.index = pd.Index(good["user_id"].astype("string"), name="user_id")
    return users.sort_index()


def _methods(sieve: Sieve, users: pd.DataFrame) -> tuple[dict[str, Any], list[str]]:
    """Fold active factors into bits, and say which people share a number."""
    # A link ends in the id of its user: …/api/v1/users/ID
    sieve.rows["user_id"] = sieve.rows["user_id"].map(lambda told: told and told.rstrip("/").rpartition("/")[2])
    sieve.refuse_strangers(users.index)
    asked = sieve.rows[["factor_type", "provider", "authenticator"]]
    known = {row: method_of(*row) for row in asked.drop_duplicates().itertuples(index=False, name=None)}
    found = [known[row] for row in asked.itertuples(index=False, name=None)]
    unknown = np.array([method is None for method, _ in found], dtype=bool)
    sieve.refuse(unknown, "factor_type", lambda told: f"factor type {told} is not known")
    sieve.refuse_repeats(["factor_id"])

    factors = sieve.rows.assign(
        bit=[BIT.get(method or "", 0) for method, _ in found], is_assumed=[not sure for _, sure in found]
    ).loc[sieve.good().index]
    factors = factors.assign(position=users.index.get_indexer(pd.Index(factors["user_id"])))
    is_active = factors["status"].eq("ACTIVE")
    active, pending = factors[is_active], factors[~is_active]
    assumed_count = int(active["is_assumed"].sum())
    notes = [f"{assumed_count} passkeys carry no name that we know; taken as synced, the weakest claim"]
    return {
        "methods": users["methods"].to_numpy() | _bits(rows=active, count=len(users)),
        "pending": _bits(rows=pending, count=len(users)),
        "shares_number": _shares_number(active[active["bit"].isin([BIT["sms"], BIT["voice"]])], len(users)),
    }, notes if assumed_count else []


def _bits(*, rows: pd.DataFrame, count: int) -> npt.NDArray[np.int64]:
    bits = np.zeros(count, dtype=np.int64)
    np.bitwise_or.at(bits, rows["position"].to_numpy(), rows["bit"].to_numpy(dtype=np.int64))
    return bits


def _shares_number(phones: pd.DataFrame, count: int) -> npt.NDArray[np.bool_]:
    digits = phones["phone_number"].astype("string").str.replace(r"[^0-9]", "", regex=True)
    held = pd.DataFrame({"digits": digits, "position": phones["position"]}).drop_duplicates()
    held = held[held["digits"].str.len().gt(0).fillna(value=False)]
    shares = np.zeros(count, dtype=bool)
    shares[held.loc[held.duplicated("digits", keep=False), "position"].to_numpy()] = True
    return shares


def _groups(sieve: Sieve, users: pd.DataFrame) -> dict[str, Any]:
    sieve.refuse_strangers(users.index)
    sieve.refuse_repeats(["group_id", "user_id"])
    good = sieve.good()
    return {
        "groups": _gathered(good, "group_name", users.index),
        "group_ids": _gathered(good, "group_id", users.index),
    }


def _roles(sieve: Sieve, users: pd.DataFrame) -> dict[str, Any]:
    nobody = [position for position, (column, _) in sorted(sieve.reasons.items()) if column == "user_id"]
    if nobody:
        line = sieve.rows.index[nobody[0]]
        raise ExportUnreadable(
            f"Line {line} of {sieve.file} does not say whose role it is, so anyone may be an administrator",
            context=f"{sieve.file}:{line}",
            hint=f"{PULL} again, or repair that line",
        )
    unclear = users.index.isin(sieve.rows["user_id"].iloc[list(sieve.reasons)])
    sieve.refuse_strangers(users.index)
    roles = _gathered(sieve.good(), "role_type", users.index)
    is_admin = pd.array([any(role != SUPPORT_ROLE for role in held) for held in roles], dtype="boolean")
    is_admin[unclear & ~is_admin.to_numpy(dtype=bool)] = pd.NA
    return {"roles": roles, "is_admin": is_admin}


def _gathered(rows: pd.DataFrame, column: str, people: pd.Index) -> pd.Series:
    """Return the ordered values of *column* per person, as tuples."""
    whose = people.get_indexer(pd.Index(rows["user_id"]))
    codes, names = pd.factorize(rows[column], sort=True)
    order = np.lexsort((codes, whose))
    values = np.asarray(names, dtype=object)[codes[order]].tolist()
    ends = np.searchsorted(whose[order], np.arange(len(people) + 1)).tolist()
    gathered = [tuple(values[start:end]) for start, end in pairwise(ends)]
    return pd.Series(gathered, index=people, dtype=object)


def _provider_notes(users: pd.DataFrame) -> list[str]:
    silent_count = int(users["provider"].isna().sum())
    if not silent_count:
        return []
    return [f"{silent_count} accounts do not say who checks their password; taken as holding none"]
