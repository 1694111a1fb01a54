"""Without this file the record could not leave its database: entries as JSON lines, and read back as sealed."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields

from cohorts.snapshot import canonical_json
from migration.ledger import Entry, LedgerBroken

_TYPES = {field.name: dict if field.name == "body" else field.type for field in fields(Entry)}
_HINT = "stop; export the ledger again, and find out who had the file"


def to_jsonl(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield one line an entry, in canonical JSON with the names that are sealed, each ending with a newline."""
    for entry in entries:
        yield canonical_json(asdict(entry)) + "\n"


def read_jsonl(content: bytes, *, name: str = "") -> list[Entry]:
    """
    Return the entries that `to_jsonl` wrote, oldest first; whether they are what was sealed is for `verify` to say.

    Args:
        content: Of the whole file.
        name: The file's, for whoever must look into it.

    Raises:
        LedgerBroken: A line is not byte for byte what was written; which, counted from 1.
    """
    lines = content.split(b"\n")
    if lines.pop():
        raise _broken(f"{name}:{len(lines) + 1}", "it was cut off")
    return [_entry(line, f"{name}:{number}") for number, line in enumerate(lines, start=1)]


def _entry(line: bytes, place: str) -> Entry:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _broken(place, "it is no JSON") from error
    if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != _TYPES:
        raise _broken(place, "its names and types are not those of an entry")
    # The same values can be written in many ways; only one of them was exported.
    if canonical_json(found).encode(errors="replace") != line:
        raise _broken(place, "it was written anew")
    return Entry(**found)


def _broken(place: str, because: str) -> LedgerBroken:
    line = place.rpartition(":")[2]
    return LedgerBroken(f"Line {line} of the export is not as exported: {because}", context=place, hint=_HINT)
