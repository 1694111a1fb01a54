"""Without this file a truncated or foreign export would look like a small company."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from cohorts.columns import FILES, Source
from cohorts.errors import ExportEmpty, ExportForeign, ExportUnreadable

PULL = "offramp cohort pull"
MALFORMED = object()  # stands where a path runs into something that is no object

# How a file begins that is neither JSON lines nor a JSON array.
BEGINNINGS: Mapping[bytes, tuple[str, str]] = {
    b"\xff\xfe": ("UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    b"\x1f\x8b": ("compressed", "gunzip"),
    b"PK\x03\x04": ("a zip archive or a spreadsheet", "unzip"),
    b"PAR1": ("Parquet", PULL),
    b"<": ("HTML or XML, perhaps a sign-in page", PULL),
}
# Fields that only one kind of row has → what the row is.
MARKS: Mapping[str, str] = {
    "userPrincipalName": "an Entra user",
    "@odata.context": "an answer of Microsoft Graph",
    "eventType": "a System Log event",
    "errorCode": "an error answer of Okta",
    "factorType": "a factor",
    "groupId": "a group membership",
}
# The field that every row of a kind must have → what it is not without.
OWN: Mapping[str, tuple[str, str]] = {
    "users": ("profile", "no user of Okta"),
    "factors": ("factorType", "no factor"),
    "groups": ("groupId", "no group membership"),
    "roles": ("userId", "no role of anyone"),
}


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not be used: where it stands and why; `line` counts as an editor does.

    In a JSON array, `line` is the number of the element. `column` is ours, empty for the whole row.
    """

    file: str
    line: int
    column: str
    because: str


@dataclass(frozen=True, slots=True)
class RawExport:
    """What the files said, before anyone judged it.

    Attributes:
        frames: "users", "factors", "groups", "roles" → the columns of cohorts.columns, values as read, None
            where absent; the index is the line.
        files: The same four → file name.
        rejects: Rows that were no row of their kind.
        digest: sha-256 over the bytes of all four files.
    """

    frames: Mapping[str, pd.DataFrame]
    files: Mapping[str, str]
    rejects: tuple[Reject, ...]
    digest: str


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    kind: str
    path: Path
    lines: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    foreign: str = ""
    is_array: bool = False

    def reject(self, line: int, because: str) -> None:
        self.rejects.append(Reject(self.path.name, line, "", because))


def read_export(folder: Path) -> RawExport:
    """Read the four files of one export: users, factors, groups and roles, as `.jsonl` or `.json`.

    Args:
        folder: Holds them; each is one JSON object a line, or one JSON array.

    Returns:
        The rows and a digest. Rows that are no JSON, or of another kind, are in `rejects`.

    Raises:
        ExportUnreadable: A file is missing, there twice, cut off, or no JSON at all.
        ExportEmpty: A file has no rows.
        ExportForeign: A file holds something else.
    """
    if not folder.is_dir():
        raise ExportUnreadable(
            f"{folder.name} is not a folder",
            context=str(folder),
            hint=f"{PULL} writes a folder with users, factors, groups and roles",
        )
    whole = hashlib.sha256()
    frames, files, rejects = {}, {}, []
    for kind, sources in FILES.items():
        reading = _Reading(kind, _find(folder, kind), columns={column: [] for column in sources})
        whole.update(f"{kind}\0{_read(reading, sources)}\0".encode())
        _refuse_what_says_nothing(reading)
        frames[kind] = pd.DataFrame(reading.columns, index=pd.Index(reading.lines, name="line"), dtype=object)
        files[kind] = reading.path.name
        rejects += reading.rejects
    return RawExport(frames, files, tuple(rejects), whole.hexdigest())


def _find(folder: Path, kind: str) -> Path:
    found = [path for suffix in (".jsonl", ".json") if (path := folder / f"{kind}{suffix}").is_file()]
    if len(found) == 1:
        return found[0]
    if found:
        raise ExportUnreadable(
            f"{kind}.jsonl and {kind}.json are both there, and only one can be the export",
            context=str(folder),
            hint=f"remove the older one, or run {PULL} into an empty folder",
        )
    why = ": without it nobody can tell who is an administrator" if kind == "roles" else ""
    raise ExportUnreadable(
        f"{kind}.jsonl is missing{why}",
        context=str(folder),
        hint=f"{PULL} writes all four files; reading roles needs the scope okta.roles.read",
    )


def _read(reading: _Reading, sources: Mapping[str, Source]) -> str:
    """Fill *reading* and return the digest of the file's bytes."""
    digest = hashlib.sha256()
    keepers = [(reading.columns[column].append, source) for column, source in sources.items()]
    with reading.path.open("rb") as file:
        for line, row in _rows(reading, file, digest):
            what = _foreign(reading.kind, row)
            if what:
                reading.foreign = reading.foreign or what
                reading.reject(line, f"this is {what}")
                continue
            reading.lines.append(line)
            for keep, source in keepers:
                keep(_value(row, source))
    return digest.hexdigest()


def _rows(reading: _Reading, file: BinaryIO, digest: Any) -> Iterator[tuple[int, Any]]:
    start = file.peek(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:8]  # type: ignore[attr-defined]
    for beginning, (what, remedy) in BEGINNINGS.items():
        if start.startswith(beginning):
            raise ExportForeign(f"{reading.path.name} is {what}, not JSON", context=f"{reading.path}:1", hint=remedy)
    if start.startswith(b"["):
        yield from _elements(reading, file, digest)
        return
    for number, line in enumerate(file, start=1):
        digest.update(line)
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            if text.isspace():
                continue
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            _not_json(reading, number, line, error)
        else:
            yield number, row


def _elements(reading: _Reading, file: BinaryIO, digest: Any) -> Iterator[tuple[int, Any]]:
    content = file.read()
    digest.update(content)
    reading.is_array = True
    try:
        rows = json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise ExportUnreadable(
            f"{reading.path.name} begins as a JSON array and does not end as one: {_reason(error)}",
            context=f"{reading.path}:{getattr(error, 'lineno', 1)}",
            hint=f"{PULL} again: the file was probably cut off while it was written",
        ) from error
    yield from enumerate(rows, start=1)


def _not_json(reading: _Reading, number: int, line: bytes, error: ValueError | RecursionError) -> None:
    if line.startswith(b"{") and not line.endswith(b"\n"):
        raise ExportUnreadable(
            f"{reading.path.name} ends in the middle of line {number}; what came after is lost",
            context=f"{reading.path}:{number}",
            hint=f"{PULL} again: the file was cut off while it was written",
        ) from error
    reading.reject(number, f"not JSON: {_reason(error)}")


def _reason(error: ValueError | RecursionError) -> str:
    # Where it stopped, never what stood there: that may be an address.
    if isinstance(error, json.JSONDecodeError):
        return f"column {error.colno} makes no sense"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else "nested too deeply"


def _foreign(kind: str, row: Any) -> str:
    if not isinstance(row, dict):
        return "no JSON object"
    own, otherwise = OWN[kind]
    if MARKS.keys().isdisjoint(row.keys() - {own}):
        return "" if own in row else otherwise
    return next(what for mark, what in MARKS.items() if mark in row and mark != own)


def _value(row: Mapping[str, Any], source: Source) -> Any:
    for path in source.paths:
        value: Any = row
        for step in path:
            if not isinstance(value, dict):
                # Nothing leads on from nothing; anything else here is of the wrong shape.
                value = None if value is None else MALFORMED
                break
            value = value.get(step)
        if value is not None:
            return value
    return None


def _refuse_what_says_nothing(reading: _Reading) -> None:
    name, first = reading.path.name, next(iter(reading.rejects), None)
    if reading.lines and not (reading.kind == "roles" and first):
        return
    if reading.lines and first:
        raise ExportUnreadable(
            f"Line {first.line} of {name}: {first.because}; whoever it was about may be an administrator",
            context=f"{reading.path}:{first.line}",
            hint=f"{PULL} again, or repair that line",
        )
    if reading.foreign and first:
        raise ExportForeign(
            f"{name} has no {reading.kind}: its first row is {reading.foreign}",
            context=f"{reading.path}:{first.line}",
            hint=f"{PULL} writes {name} from Okta",
        )
    if first:
        raise ExportForeign(
            f"None of the {len(reading.rejects)} lines of {name} is a JSON object; it may be CSV",
            context=f"{reading.path}:1",
            hint=f"{PULL} writes {name} as one JSON object a line",
        )
    # Written as [], "nobody holds a factor" was said on purpose; an org without a user or a role is none.
    may_be_none = reading.kind in {"factors", "groups"}
    if not (reading.is_array and may_be_none):
        none = f"if there are none in truth, write [] into {reading.kind}.json"
        rights = f"with a token that may read {reading.kind}: every org has at least one"
        raise ExportEmpty(
            f"{name} is empty",
            context=str(reading.path),
            hint=f"{PULL} again; {none if may_be_none else rights}",
        )
