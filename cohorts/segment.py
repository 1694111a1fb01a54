"""Without this file the steps from an export to a sealed snapshot would never meet."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from cohorts.classified import Classified, members_of
from cohorts.errors import SnapshotChanged, SnapshotExists, SnapshotUnreadable
from cohorts.exports import read_export
from cohorts.identity import person_keys
from cohorts.methods import decode
from cohorts.normalise import normalise
from cohorts.readiness import TARGETS, has_leftover_phone, readiness
from cohorts.rules import classify, read_rules
from cohorts.snapshot import (
    SCHEMA_VERSION,
    Member,
    Snapshot,
    canonical_json,
    digest_of,
    from_document,
    sealed,
    to_document,
)

IDP = "okta"
HEADER = "snapshot.json"
MEMBERS = "members.arrow"
SEAL = "offramp cohort seal"
SCHEMA = pa.schema([(name, pa.list_(pa.string()) if name == "methods" else pa.string()) for name in Member.__slots__])


def classify_export(
    folder: Path, rules_path: Path, at: datetime, targets: Mapping[str, frozenset[str]] = TARGETS
) -> Classified:
    """Read an export and give everyone a cohort, a reason and a readiness.

    Args:
        folder: Holds users, factors, groups and roles.
        rules_path: The rule book; `cohorts.rules.RULES_PATH` is the one that comes with us.
        at: Aware; ages are counted from here.
        targets: Cohort → methods of which one makes a member ready.

    Raises:
        ExportUnreadable: A file is missing, cut off or in no form that we read.
        ExportEmpty: A file has no rows.
        ExportForeign: A file holds something else.
        RuleBookInvalid: The rule book does not place everyone.
        ValueError: The time has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone is no moment")
    book = read_rules(rules_path)
    raw = read_export(folder)
    normal = normalise(raw, at)
    users = _assess(classify(normal.users, book), targets)
    table = _table(users)
    header = Snapshot(
        schema_version=SCHEMA_VERSION,
        idp=IDP,
        taken_at=at.astimezone(UTC),
        export_digest=raw.digest,
        rules_digest=book.digest,
        targets={cohort: tuple(sorted(methods)) for cohort, methods in sorted(targets.items())},
        counts=_counts(users),
        people_count=len(users),
        rejects_count=len(normal.rejects),
        leftover_phones_count=int(users["leftover_phone"].sum()),
        shared_numbers_count=int(users["shares_number"].sum()),
        members_digest=_members_digest(table),
    )
    return Classified(sealed(header), normal.rejects, normal.rows, normal.notes, table, users)


def _assess(users: pd.DataFrame, targets: Mapping[str, frozenset[str]]) -> pd.DataFrame:
    users = users.assign(readiness=readiness(users, targets))
    return users.assign(leftover_phone=has_leftover_phone(users), group_class=_group_classes(users))


def _group_classes(users: pd.DataFrame) -> list[str]:
    """Return one digest for all whom the vendor's policies cannot tell apart."""
    told = list(zip(users["group_ids"], users["provider"].fillna(""), users["type_id"].fillna(""), strict=True))
    digests = {one: f"c-{digest_of(one)[:16]}" for one in set(told)}
    return [digests[one] for one in told]


def _counts(users: pd.DataFrame) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for pair, count in users.value_counts(["cohort", "readiness"], sort=False).sort_index().items():
        cohort, code = map(str, pair)  # type: ignore[call-overload]
        counts.setdefault(cohort, {})[code] = int(count)
    return counts


def _table(users: pd.DataFrame) -> pa.Table:
    names = {bits: list(decode(bits)) for bits in users["methods"].unique().tolist()}
    columns = {
        "account_id": users.index.tolist(),
        "person_key": person_keys(IDP, users.index),
        "methods": [names[bits] for bits in users["methods"].tolist()],
    }
    rest = {name: users[name].tolist() for name in Member.__slots__ if name not in columns}
    return pa.table({**columns, **rest}, schema=SCHEMA)


def _members_digest(table: pa.Table) -> str:
    digest = sha256()
    columns = [table[name].to_pylist() for name in Member.__slots__]
    for row in zip(*columns, strict=True):
        digest.update(f"{canonical_json(row)}\n".encode())
    return digest.hexdigest()


def seal(classified: Classified, folder: Path) -> Snapshot:
    """Write the snapshot as `snapshot.json` and `members.arrow`; the same one twice is no change.

    Args:
        classified: As `classify_export` gave it.
        folder: Made if it is not there.

    Returns:
        The header that was written.

    Raises:
        SnapshotExists: Another snapshot lies there already.
        SnapshotChanged: What lies there is no longer what was sealed.
    """
    if (folder / HEADER).exists():
        there = open_snapshot(folder)
        if there.digest != classified.header.digest:
            raise SnapshotExists(
                f"Snapshot {there.digest[:12]} lies there already, and plans may have been made from it",
                context=str(folder),
                hint=f"{SEAL} into another folder",
            )
        read_members(folder)
        return there
    folder.mkdir(parents=True, exist_ok=True)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    aside = folder / f"{MEMBERS}.part"
    with pa.OSFile(str(aside), "wb") as file, pa.ipc.new_file(file, SCHEMA, options=options) as writer:
        writer.write_table(classified.table)
    aside.replace(folder / MEMBERS)
    # The header last: where it lies, the members lie too.
    document = json.dumps(to_document(classified.header), indent=2, sort_keys=True, ensure_ascii=False)
    aside = folder / f"{HEADER}.part"
    aside.write_text(f"{document}\n", encoding="utf-8")
    aside.replace(folder / HEADER)
    return classified.header


def open_snapshot(folder: Path) -> Snapshot:
    """Read the header of a sealed snapshot and check it against its own digest.

    Raises:
        SnapshotUnreadable: There is none, or none that this version reads.
        SnapshotChanged: It is not what was sealed.
    """
    path = folder / HEADER
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SnapshotUnreadable(
            f"There is no {HEADER}", context=str(folder), hint=f"{SEAL} EXPORT writes a snapshot"
        ) from error
    except (OSError, ValueError) as error:
        raise _changed(path, "The header of the snapshot cannot be read") from error
    version = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(version, int) and version != SCHEMA_VERSION:
        raise SnapshotUnreadable(
            f"The snapshot has schema version {version}; this offramp reads {SCHEMA_VERSION}",
            context=str(path),
            hint=f"use the offramp that sealed it, or {SEAL} EXPORT again",
        )
    try:
        snapshot = from_document(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _changed(path, "The header of the snapshot lacks its form") from error
    if sealed(replace(snapshot, digest="")) != snapshot:
        raise _changed(path, f"The header does not give the digest {snapshot.digest[:12]} that it carries")
    return snapshot


def read_members(folder: Path, cohort: str | None = None) -> list[Member]:
    """Read the members of a sealed snapshot, ordered by account id, and check them against the header.

    Args:
        folder: Where it was sealed.
        cohort: Only these; None is everyone.

    Raises:
        SnapshotUnreadable: There is no snapshot, or none that this version reads.
        SnapshotChanged: The header or the members are not what was sealed.
    """
    snapshot, path = open_snapshot(folder), folder / MEMBERS
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            table = reader.read_all()
    except (OSError, pa.ArrowException) as error:
        raise _changed(path, "The members of the snapshot cannot be read") from error
    if not table.schema.equals(SCHEMA) or _members_digest(table) != snapshot.members_digest:
        raise _changed(path, f"The members are not those of snapshot {snapshot.digest[:12]}")
    return [member for member in members_of(table) if cohort in {None, member.cohort}]


def _changed(path: Path, what: str) -> SnapshotChanged:
    return SnapshotChanged(
        what,
        context=str(path),
        hint=f"fetch the snapshot as it was sealed; {SEAL} EXPORT into another folder makes a new one",
    )
