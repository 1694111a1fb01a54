"""Without this file nobody would know what a new export changed: who has another cohort or readiness, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.readiness import REASONS
from cohorts.snapshot import Snapshot

# Causes that are no column of the rule book.
RULE_BOOK = "the rule book"
CONFLICT = "whose account it is"
TARGET = "the cohort's target"
METHODS = "methods"
STATUS = "status"
DEVICES = "devices"
AGE = "the age of the evidence"
KEY = ["idp", "account_id"]
SHOWN = ("idp", "account_id", "person_key", "cohort", "because", "readiness", "why", "methods", "status", "marks")
WHY_OF_WORDS = {words: why for why, (_, words) in REASONS.items()}
# Of which kind a readiness is that neither methods nor status explain.
CAUSES_OF_WHY = {"methods-unknown": METHODS, "evidence-stale": AGE}

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """One account that has another cohort or readiness: before, after, and the columns that caused it."""

    idp: str
    account_id: str
    person_key: str
    cohort: tuple[str, str]
    readiness: tuple[str, str]
    because: tuple[str, str]
    caused_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two snapshots, compared.

    Attributes:
        joined, left: Accounts that only the second, or only the first has: provider and id.
        changes: Accounts that both have, and that changed; by provider and id.
        is_same_book: Whether both were judged by the same rule book.
    """

    joined: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    is_same_book: bool


def diff(old: Snapshot, old_table: pa.Table, new: Snapshot, new_table: pa.Table) -> Difference:
    """Say who changed cohort or readiness from one snapshot to another, and which column caused it.

    A column caused a change of cohort if the rule book's questions about it have other answers than before.

    Args:
        old: The header of the first.
        old_table: Its members, as they are sealed.
        new: The header of the second.
        new_table: Its members.
    """
    before, after = _matched(old_table, new_table)
    both = (before >= 0) & (after >= 0)
    moved = np.flatnonzero(both)
    is_other = np.zeros(len(moved), bool)
    for name in ("cohort", "readiness"):
        is_other |= _differs(old_table[name], before[moved], new_table[name], after[moved])
    moved = moved[is_other]
    rows = zip(_rows(old_table, before[moved]), _rows(new_table, after[moved]), strict=True)
    return Difference(
        joined=_keys(new_table, after[before < 0]),
        left=_keys(old_table, before[after < 0]),
        changes=tuple(_change(one, other, tuple(_causes(one, other, old, new))) for one, other in rows),
        is_same_book=_is_same_book(old, new),
    )


def _is_same_book(old: Snapshot, new: Snapshot) -> bool:
    return old.rules_digest == new.rules_digest and old.asked == new.asked


def _matched(old: pa.Table, new: pa.Table) -> tuple[Positions, Positions]:
    """Return for every account of either table where it stands in each, -1 where it does not; by provider and id."""
    frames = [
        pd.DataFrame(
            {
                "idp": table["idp"].cast(pa.string()).to_pandas(),
                "account_id": table["account_id"].to_pandas(),
                "at": np.arange(table.num_rows),
            }
        )
        for table in (old, new)
    ]
    both = frames[0].merge(frames[1], on=KEY, how="outer", sort=True, suffixes=("_old", "_new"))
    return both["at_old"].fillna(-1).to_numpy(np.int64), both["at_new"].fillna(-1).to_numpy(np.int64)


def _differs(old: pa.ChunkedArray, before: Positions, new: pa.ChunkedArray, after: Positions) -> npt.NDArray[np.bool_]:
    texts = (
        column.cast(pa.string()).take(pa.array(places)).combine_chunks()
        for column, places in ((old, before), (new, after))
    )
    mask: npt.NDArray[np.bool_] = pc.not_equal(*texts).to_numpy(zero_copy_only=False)
    return mask


def _rows(table: pa.Table, places: Positions) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.select(SHOWN).take(pa.array(places)).to_pylist()
    return rows


def _keys(table: pa.Table, places: Positions) -> tuple[tuple[str, str], ...]:
    told = table.select(KEY).take(pa.array(places))
    return tuple(zip(told["idp"].to_pylist(), told["account_id"].to_pylist(), strict=True))


def _change(old: Mapping[str, Any], new: Mapping[str, Any], caused_by: tuple[str, ...]) -> Change:
    return Change(
        new["idp"],
        new["account_id"],
        new["person_key"],
        (old["cohort"], new["cohort"]),
        (old["readiness"], new["readiness"]),
        (old["because"], new["because"]),
        caused_by,
    )


def _causes(one: Mapping[str, Any], other: Mapping[str, Any], old: Snapshot, new: Snapshot) -> Iterator[str]:
    told: list[str] = []
    if one["cohort"] != other["cohort"]:
        told += _causes_of_cohort(one["marks"], other["marks"], old, new)
    if one["readiness"] != other["readiness"]:
        told += _causes_of_readiness(one, other, old, new)
    yield from dict.fromkeys(told)


def _causes_of_cohort(one: Sequence[int], other: Sequence[int], old: Snapshot, new: Snapshot) -> Iterator[str]:
    if not _is_same_book(old, new):
        yield RULE_BOOK
        return
    changed = [name for name, mark, now in zip(old.asked, one, other, strict=True) if mark != now]
    # With the same answers to the same questions, the account counts as that of another candidate.
    yield from changed or [CONFLICT]


def _causes_of_readiness(
    one: Mapping[str, Any], other: Mapping[str, Any], old: Snapshot, new: Snapshot
) -> Iterator[str]:
    changed = [name for name in (METHODS, STATUS) if one[name] != other[name]]
    if set(old.targets.get(one["cohort"], ())) != set(new.targets.get(one["cohort"], ())):
        changed.append(TARGET)
    yield from changed
    if not changed and one["cohort"] == other["cohort"]:
        why = {WHY_OF_WORDS.get(row["why"], "") for row in (one, other)}
        yield from [cause for name, cause in CAUSES_OF_WHY.items() if name in why] or [DEVICES]
