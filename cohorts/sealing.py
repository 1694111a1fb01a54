"""Without this file a plan could not name its population: a snapshot, written, read and checked."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.errors import SnapshotChanged, SnapshotExists, SnapshotUnreadable
from cohorts.methods import decode
from cohorts.snapshot import SCHEMA_VERSION, Member, Snapshot, from_document, sealed, to_document
from cohorts.tables import aside

HEADER = "snapshot.json"
MEMBERS = "members.arrow"
SEAL = "offramp cohort seal"
CODED = pa.dictionary(pa.int32(), pa.string())
# As the fields of Member; methods are bits of cohorts.methods. Marks say, for each column that the header lists as
# asked, what the rule book's questions answered; two equal ones mean that nothing changed that a rule can see.
SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("idp", CODED),
        ("person_key", pa.string()),
        ("cohort", CODED),
        ("because", CODED),
        ("readiness", CODED),
        ("why", CODED),
        ("methods", pa.uint16()),
        ("group_class", CODED),
        ("status", CODED),
        ("marks", pa.list_(pa.uint32())),
    ]
)
SLICE = 1 << 18  # rows whose texts are spelled out at one time


def members_of(table: pa.Table) -> list[Member]:
    """Turn rows of the members table into values that need no library."""
    columns = {name: table[name].to_pylist() for name in Member.__slots__}
    names = {bits: decode(bits) for bits in set(columns["methods"])}
    columns["methods"] = [names[bits] for bits in columns["methods"]]
    rows = zip(*(columns[name] for name in Member.__slots__), strict=True)
    return [Member(*row) for row in rows]


def ordered(table: pa.Table) -> pa.Table:
    """Return the members in the order in which they are sealed: by provider and account id, byte by byte."""
    keys = table.select(["account_id"]).append_column("idp", table["idp"].cast(pa.string()))
    order = pc.sort_indices(keys, sort_keys=[("idp", "ascending"), ("account_id", "ascending")])
    return table.take(order).combine_chunks()


def members_digest(table: pa.Table) -> str:
    """Return sha-256 over what the members say, column by column, however they are coded and chunked."""
    digest = sha256()
    for name in SCHEMA.names:
        digest.update(f"{name}\0{table.num_rows}\0".encode())
        for start in range(0, table.num_rows, SLICE):
            column = table[name].slice(start, SLICE)
            if pa.types.is_integer(column.type):
                digest.update(column.to_numpy().astype("<u2").tobytes())
                continue
            if pa.types.is_list(column.type):
                digest.update(pc.list_value_length(column).to_numpy().astype("<i4").tobytes())
                digest.update(pc.list_flatten(column).to_numpy().astype("<u4").tobytes())
                continue
            texts = column.cast(pa.large_string()).combine_chunks()
            if isinstance(texts, pa.ChunkedArray):
                texts = texts.chunk(0)
            # The lengths beside the text: no two columns of texts run together into the same bytes.
            digest.update(pc.binary_length(texts).to_numpy(zero_copy_only=False).astype("<i8").tobytes())
            content = texts.buffers()[2]
            if content is not None:
                offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
                digest.update(memoryview(content)[offsets[0] : offsets[-1]])
    return digest.hexdigest()


def seal(header: Snapshot, table: pa.Table, folder: Path) -> Snapshot:
    """Write the snapshot as `snapshot.json` and `members.arrow`; the same one twice is no change.

    Args:
        header: With the digests of *table*.
        table: The members, in SCHEMA, ordered.
        folder: Made if it is not there.

    Returns:
        The header that lies there now.

    Raises:
        SnapshotExists: Another snapshot lies there already.
        SnapshotChanged: What lies there is no longer what was sealed.
        OSError: The folder cannot be written; nothing half written stays in it.
    """
    if (folder / HEADER).exists():
        there = open_snapshot(folder)
        if there.digest != header.digest:
            raise SnapshotExists(
                f"Snapshot {there.digest[:12]} lies there already, and plans may have been made from it",
                context=str(folder),
                hint=f"{SEAL} into another folder",
            )
        read_table(folder)
        return there
    folder.mkdir(parents=True, exist_ok=True)
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with aside(folder / MEMBERS, "wb") as file, pa.ipc.new_file(file, SCHEMA, options=options) as writer:
        writer.write_table(table)
    # The header last: where it lies, the members lie too.
    with aside(folder / HEADER) as file:
        file.write(f"{json.dumps(to_document(header), indent=2, sort_keys=True)}\n")
    return header


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
    except (OSError, ValueError, RecursionError) as error:
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
        is_whole = sealed(replace(snapshot, digest="")) == snapshot
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _changed(path, "The header of the snapshot lacks its form") from error
    if not is_whole:
        raise _changed(path, f"The header does not give the digest {str(snapshot.digest)[:12]} that it carries")
    return snapshot


def read_table(folder: Path) -> pa.Table:
    """Read the members of a sealed snapshot as a table, and check them against the header.

    Raises:
        SnapshotUnreadable: There is no snapshot, or none that this version reads.
        SnapshotChanged: The header or the members are not what was sealed.
    """
    snapshot, path = open_snapshot(folder), folder / MEMBERS
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            table = reader.read_all()
            table.validate(full=True)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _changed(path, "The members of the snapshot cannot be read") from error
    # Where something is missing a digest would be of what happens to lie there.
    is_whole = table.schema.equals(SCHEMA) and not any(column.null_count for column in table.columns)
    if not is_whole or members_digest(table) != snapshot.members_digest:
        raise _changed(path, f"The members are not those of snapshot {snapshot.digest[:12]}")
    return table


def read_members(folder: Path, cohort: str | None = None, *, idp: str | None = None) -> list[Member]:
    """Read the members of a sealed snapshot, ordered by provider and account id.

    Args:
        folder: Where it was sealed.
        cohort: Only these; None is everyone.
        idp: Only accounts of this provider; None is all.

    Raises:
        SnapshotUnreadable: There is no snapshot, or none that this version reads.
        SnapshotChanged: The header or the members are not what was sealed.
    """
    table = read_table(folder)
    for name, wanted in (("cohort", cohort), ("idp", idp)):
        if wanted is not None:
            table = table.filter(pc.equal(table[name], wanted))
    return members_of(table)


def _changed(path: Path, what: str) -> SnapshotChanged:
    return SnapshotChanged(
        what,
        context=str(path),
        hint=f"fetch the snapshot as it was sealed; {SEAL} EXPORT into another folder makes a new one",
    )
