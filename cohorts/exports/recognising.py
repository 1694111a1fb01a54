"""Without this file somebody would have to say what each file of an export is; names lie, contents do not."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from cohorts.blocks import ExportFile
from cohorts.errors import ExportEmpty, ExportForeign, ExportUnreadable
from cohorts.exports import json_whole, parquet
from cohorts.exports.dialect import encoding_of, heading_row, is_windows_1252
from cohorts.exports.foreign import MARKS, PULL, refuse_other_formats, what_it_is
from cohorts.exports.headings import heading_of
from cohorts.exports.shapes import MISSHAPEN, PAGE
from cohorts.exports.texts import head, start_as_utf_8, unreadable
from cohorts.sources import Path_, Source

# Where nothing else says it, a file is of the first of these.
IDPS = ("okta", "entra", "hr")
ENDINGS = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet"})
FIRST = 1 << 20
LONGEST_ROW = 1 << 26
SAMPLED = 50
LOOKED_AT = 4096
# Every organisation has a user, an administrator, a person: a file without one was not allowed to see them.
NEVER_NONE = frozenset({"users", "roles", "people"})


@dataclass(frozen=True, slots=True)
class Recognised:
    """The files of an export, in order of their names, and sentences about what was assumed or passed over."""

    files: tuple[ExportFile, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sample:
    """What a file looks like: the field names or the first rows, and how it is written."""

    file: ExportFile
    rows: tuple[Any, ...] = ()
    schema: pa.Schema | None = None

    def has(self, path: Path_) -> bool:
        if self.schema is not None:
            return parquet.place_of(self.schema, path) is not None
        if self.file.form == "csv":
            return heading_of(self.file.header, path) is not None
        return any(_has(row, path) for row in self.rows)


def recognise(folder: Path, sources: Sequence[Source], pinned: Mapping[str, str] | None = None) -> Recognised:
    """Say of every file with rows in *folder* which source it is, by its content.

    Args:
        folder: Holds the export; or one file of it.
        sources: As `read_sources` gives them.
        pinned: File name → key of the source, where an organisation says so itself.

    Raises:
        ExportUnreadable: There is no such folder, no file with rows in it, or a file is cut off.
        ExportEmpty: A file says nothing where nothing cannot be true.
        ExportForeign: A file is no source, or as likely one as another, or lies outside the folder.
    """
    paths, notes = _paths(folder)
    told = [_recognised(path, name, sources, (pinned or {}).get(name)) for path, name in paths]
    files = _named(told, sources)
    stems: dict[tuple[str, str], list[str]] = {}
    for file in files:
        stems.setdefault((file.source.key, Path(file.name).stem), []).append(file.name)
    for (key, _), names in stems.items():
        if len(names) > 1:
            notes.append(f"{' and '.join(names)} are both read as {key}; rows that are in both count once")
    for file in files:
        notes += _twice_named(file)
    return Recognised(tuple(files), tuple(notes))


def _paths(folder: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    try:
        if folder.is_file():
            return [(folder, folder.name)], []
        entries = sorted(folder.iterdir())
    except OSError as error:
        if not folder.exists():
            raise ExportUnreadable(
                f"{folder.name} is not there", context=str(folder), hint=f"{PULL} writes a folder with an export"
            ) from error
        raise unreadable(folder, error) from error
    home = folder.resolve()
    paths, notes = [], []
    for path in entries:
        if path.name.startswith("."):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(home):
            raise ExportForeign(
                f"{path.name} leads out of the export", context=str(path), hint=f"copy the file itself to {path.name}"
            )
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            notes.append(f"{path.name} is passed over: it is no CSV, JSON or Parquet file")
            continue
        paths.append((path, path.name))
    if not paths:
        raise ExportUnreadable(
            f"{folder.name} holds no file with rows in it",
            context=str(folder),
            hint=f"{PULL} writes a folder with an export",
        )
    return paths, notes


def _recognised(path: Path, name: str, sources: Sequence[Source], pin: str | None) -> ExportFile | _Sample:
    """Return what a file is, or what it looks like where it has no row that says it."""
    sample = _look(path, name, sources[0])
    form = sample.file.form
    _refuse_empty(sample, sources)
    if pin is not None:
        chosen = next((source for source in sources if source.key == pin), None)
        if chosen is None:
            raise ExportForeign(
                f"{name} is said to be {pin}, and there is no such source",
                context=str(path),
                hint=f"choose one of {', '.join(source.key for source in sources)}",
            )
        return replace(sample.file, source=chosen, because=f"said to be {chosen.key}")
    if not sample.rows and form in {"json", "jsonl"}:
        return sample
    fitting = [source for source in sources if form in source.forms and _fits(sample, source)]
    most = max((len(source.has) for source in fitting), default=0)
    best = [source for source in fitting if len(source.has) == most]
    if len(best) > 1:
        best = [source for source in best if path.stem.casefold() in source.stems] or best
    if len(best) > 1:
        raise ExportForeign(
            f"{name} may be {' or '.join(source.key for source in best)}",
            context=str(path),
            hint=f"say which: --source {name}={best[0].key}",
        )
    if not best:
        raise _foreign(sample, sources)
    told = ", ".join(".".join(step) for step in best[0].has)
    return replace(sample.file, source=best[0], because=f"it has {told}")


def _look(path: Path, name: str, any_source: Source) -> _Sample:
    start = head(path, FIRST)
    file = ExportFile(path, name, any_source, "csv", "")
    if start.startswith(b"PAR1"):
        file = replace(file, form="parquet")
        return _Sample(file, schema=parquet.schema_of(file))
    refuse_other_formats(path, name, start)
    file = replace(file, encoding=encoding_of(path))
    text = start_as_utf_8(start, file.encoding)
    refuse_other_formats(path, name, text[:64])
    begun = text.lstrip()
    if begun.startswith(b"{") and b"\n" not in begun and len(start) == FIRST:
        # One row that is longer than what was looked at.
        start = head(path, LONGEST_ROW)
        begun = start_as_utf_8(start, file.encoding).lstrip()
    if begun.startswith((b"{", b"[")):
        return _json(file, begun, is_whole=len(start) not in {FIRST, LONGEST_ROW})
    if any(b"\0" in line for line in begun[:LOOKED_AT].splitlines()[:1]):
        raise ExportForeign(f"{name} is binary, not CSV, JSON or Parquet", context=f"{path}:1", hint=f"{PULL}: {name}")
    if file.encoding == "utf-8" and is_windows_1252(path):
        file = replace(file, encoding="cp1252")
    found = heading_row(path, file.encoding)
    if found is None:
        return _Sample(file)
    delimiter, header, at, line = found
    return _Sample(replace(file, delimiter=delimiter, header=header, body_at=at, body_line=line))


def _json(file: ExportFile, begun: bytes, *, is_whole: bool) -> _Sample:
    lines = [line for line in begun.split(b"\n") if line.strip()]
    if not is_whole and len(lines) > 1:
        lines.pop()
    parsed = [_object(line) for line in lines[:SAMPLED]]
    is_lines = any(isinstance(row, dict) for row in parsed) if begun.startswith(b"{") else False
    if is_lines or (begun.startswith(b"{") and file.path.suffix.lower() in {".jsonl", ".ndjson"}):
        told = [row for row in parsed if isinstance(row, dict)]
        rows = tuple(row for one in told for row in _inner(one))
        # Nothing but pages without rows says "none", as an empty array does.
        return _Sample(replace(file, form="jsonl" if rows or not told else "json"), rows=rows)
    file = replace(file, form="json")
    seen = [] if is_whole else json_whole.first_elements(begun.decode("utf-8", "replace"), SAMPLED)
    return _Sample(file, rows=tuple(seen or json_whole.elements(file)[:SAMPLED]))


def _inner(row: Any) -> list[Any]:
    """Return the first row of a page, if it has one, or the row itself."""
    is_page = isinstance(row.get(PAGE), list)
    return row[PAGE][:1] if is_page else [row]


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _has(row: Any, path: Path_) -> bool:
    value = row
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return value is not MISSHAPEN


def _fits(sample: _Sample, source: Source) -> bool:
    if sample.file.form not in {"json", "jsonl"}:
        return all(sample.has(path) for path in source.has) and not any(sample.has(path) for path in source.has_not)
    return any(
        all(_has(row, path) for path in source.has) and not any(_has(row, path) for path in source.has_not)
        for row in sample.rows
    )


def _refuse_empty(sample: _Sample, sources: Iterable[Source]) -> None:
    file = sample.file
    is_json = file.form in {"json", "jsonl"}
    if file.form == "parquet" or (is_json and sample.rows) or (not is_json and file.header):
        return
    named = [source for source in sources if file.path.stem.casefold() in source.stems]
    subjects = {source.subject for source in named}
    if file.form == "json" and subjects and not subjects & NEVER_NONE:
        return
    what = next(iter(sorted(subjects)), "rows")
    can_be_none = bool(subjects) and not subjects & NEVER_NONE
    remedy = (
        f"if there are none in truth, write [] into {file.path.stem}.json"
        if can_be_none
        else f"with a token that may read {what}: every org has at least one"
    )
    raise ExportEmpty(f"{file.name} is empty", context=str(file.path), hint=f"{PULL} again; {remedy}")


def _named(told: Sequence[ExportFile | _Sample], sources: Sequence[Source]) -> list[ExportFile]:
    """Choose by its name what a file without rows is, of the vendor that the other files are from."""
    known = [one.source.idp for one in told if isinstance(one, ExportFile)]
    order = sorted(IDPS, key=lambda idp: -known.count(idp))
    files = []
    for one in told:
        if isinstance(one, ExportFile):
            files.append(one)
            continue
        file = one.file
        named = [source for source in sources if file.path.stem.casefold() in source.stems]
        source = min(named, key=lambda source: order.index(source.idp))
        files.append(replace(file, source=source, because=f"it has no rows and is called {file.path.stem}"))
    return files


def _foreign(sample: _Sample, sources: Iterable[Source]) -> ExportForeign:
    file = sample.file
    candidates = [source for source in sources if file.form in source.forms] or list(sources)
    nearest = max(candidates, key=lambda source: sum(sample.has(path) for path in source.has) / len(source.has))
    missing = [".".join(path) for path in nearest.has if not sample.has(path)]
    extra = [".".join(path) for path in nearest.has_not if sample.has(path)]
    row = next((row for row in sample.rows if isinstance(row, dict)), None)
    known = what_it_is(row) if row else ""
    what = f": its first row is {known}" if known and known not in MARKS["factorType"] else ""
    lacks = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(extra)}"
    return ExportForeign(
        f"{file.name} is no export that we know{what}; it is nearest to {nearest.key} and {lacks}",
        context=f"{file.path}:1",
        hint=f"{PULL} writes one that we know; for another system write a source file, as docs/sources/README.md says",
    )


def _twice_named(file: ExportFile) -> list[str]:
    """Say where a heading that is read occurs twice; the first one counts."""
    return [
        f"{file.name} has the heading {heading} twice; the first one is read"
        for origin in file.source.columns.values()
        for path in origin.paths
        if (heading := heading_of(file.header, path)) and f"{heading} (2)" in file.header
    ]
