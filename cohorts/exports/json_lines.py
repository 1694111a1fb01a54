"""Without this file JSON lines would be read one at a time: a part of them at once, or one by one if that fails."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

from cohorts.blocks import Block, ExportFile, Part
from cohorts.columns import Form
from cohorts.errors import ExportUnreadable
from cohorts.exports.counting import lines_before
from cohorts.exports.foreign import what_it_is
from cohorts.exports.shapes import (
    CODED,
    LIST,
    PAGE,
    TEXT,
    coalesced,
    foreign_names,
    forms_of,
    gathered,
    led_to,
    own_names,
    paths_of,
)
from cohorts.exports.texts import size_of, span
from cohorts.sources import Path_, Source

LINE, OPEN, CLOSE, RETURN = 0x0A, 0x7B, 0x7D, 0x0D
PART = 8 << 20
SAMPLED = 8
AGAIN = "offramp cohort pull again: the file was cut off while it was written"


def parts(file: ExportFile) -> Iterator[Part]:
    """Cut a file behind the line ends nearest to every 8 MB."""
    size, start, number = size_of(file), 0, 0
    while start < size:
        stop = min(start + PART, size)
        while stop < size:
            window = span(file, stop - 1, min(stop + (1 << 16), size))
            found = window.find(b"\n")
            if found >= 0:
                stop += found
                break
            stop += len(window) - 1
        yield Part(file, number, start, stop)
        start, number = stop, number + 1


def read(part: Part) -> Block:
    """Read one part.

    Raises:
        ExportUnreadable: The last line ends in its middle.
    """
    content = span(part.file, part.start, part.stop)
    columns = _at_once(content, part.file.source)
    if columns is None:
        return _one_by_one(part, content)
    count, found = columns
    return Block(part, count, found)


def _at_once(content: bytes, source: Source) -> tuple[int, dict[str, pa.Array]] | None:
    """Read all lines at once; None where anything is not as it should be, which only the slow way can name."""
    content = content.rstrip()
    count = _object_count(content)
    if not count or not (content.isascii() or _is_utf_8(content)):
        return None
    content += b"\n"
    try:
        table = arrow_json.read_json(
            pa.BufferReader(content),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(content) + 1),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=_schema(source, _sample(content)), unexpected_field_behavior="ignore"
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):
        return None
    if table.num_rows != count or _has_stranger(table, source):
        return None
    return count, {column: _column(table, source, column, form) for column, form in forms_of(source).items()}


def _object_count(content: bytes) -> int:
    """Return how many lines there are, 0 unless each begins and ends as an object and nothing is odd."""
    if not content.startswith(b"{") or not content.endswith(b"}"):
        return 0
    letters = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(letters == LINE)
    if not (letters[ends + 1] == OPEN).all():
        return 0
    before = letters[ends - 1]
    if not (before == CLOSE).all():
        is_return = before == RETURN
        if not ((before == CLOSE) | is_return).all() or not (letters[ends[is_return] - 2] == CLOSE).all():
            return 0
    return len(ends) + 1


def _has_stranger(table: pa.Table, source: Source) -> bool:
    """Say whether a row has none of the fields that this source is known by."""
    own = [table[name] for name in own_names(source)]
    if not own or any(not column.null_count for column in own):
        return False
    is_empty = own[0].is_null()
    for column in own[1:]:
        is_empty = pc.and_(is_empty, column.is_null())
    return bool(pc.any(is_empty).as_py())


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sample(content: bytes) -> list[Any]:
    rows = []
    for line in content[: 1 << 16].split(b"\n", SAMPLED)[:SAMPLED]:
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError):
            break
    return rows


def _schema(source: Source, sample: Sequence[Any]) -> pa.Schema:
    """Return what Arrow shall look for; a field that no row may have is null, so that a row with it is refused."""
    tree: dict[str, Any] = {}
    for path, form in paths_of(source):
        place = tree
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                return pa.schema([])
        place.setdefault(path[-1], _leaf(path, form, sample))
    fields = [*tree.items(), *((name, pa.null()) for name in foreign_names(source))]
    return pa.schema([(name, _nested(told)) for name, told in fields])


def _nested(told: Any) -> pa.DataType:
    if not isinstance(told, dict):
        return told
    return pa.struct([(name, _nested(inner)) for name, inner in told.items()])


def _leaf(path: Path_, form: Form, sample: Sequence[Any]) -> pa.DataType:
    value = next((value for row in sample if (value := led_to(row, path)) is not None), None)
    match value:
        case bool():
            return pa.bool_()
        case int():
            return pa.int64()
        case dict() | None if form is Form.PRESENT:
            return pa.struct([])
        case list() | None if form is Form.NAMES:
            return LIST
    return TEXT


def _column(table: pa.Table, source: Source, column: str, form: Form) -> pa.Array:
    found = []
    for path in source.columns[column].paths:
        values = table[path[0]].combine_chunks()
        if len(path) > 1:
            values = pc.struct_field(values, list(path[1:]))
        found.append(_canonical(values, form))
    values = coalesced(found)
    if form is Form.CODED and values is not None and values.type == TEXT:
        return values.dictionary_encode().cast(CODED)
    return values


def _canonical(values: pa.Array, form: Form) -> pa.Array:
    """Return a column in the type that the slow way gives."""
    if form is Form.PRESENT:
        return pc.if_else(values.is_valid(), True, pa.scalar(None, pa.bool_()))
    if form is Form.NAMES and values.type == LIST and values.null_count == len(values):
        return pa.nulls(len(values), TEXT)
    if values.type in {TEXT, LIST} or (form is Form.YES_NO and pa.types.is_boolean(values.type)):
        return values
    return values.cast(TEXT)


def _one_by_one(part: Part, content: bytes) -> Block:
    good, lines, lost = [], [], []
    for line, row, because in records(part.file, content, is_last=part.stop >= size_of(part.file), at=part.start):
        if because:
            lost.append((line, because))
        else:
            good.append(row)
            lines.append(line)
    columns, problems = gathered(good, part.file.source)
    return Block(part, len(good), columns, problems, tuple(lost), tuple(lines))


def records(file: ExportFile, content: bytes, *, is_last: bool, at: int) -> Iterator[tuple[int, Any, str]]:
    """Return line, row and what is wrong with it ("" is nothing) of each row, a page opened into its rows."""
    first = lines_before(file, at) + 1
    for number, line in enumerate(content.split(b"\n"), start=first):
        if line.isspace() or not line:
            continue
        row, because = _parsed(line)
        if because and is_last and line.startswith(b"{") and content.endswith(line):
            raise ExportUnreadable(
                f"{file.name} ends in the middle of line {number}; what came after is lost",
                context=f"{file.path}:{number}",
                hint=AGAIN,
            )
        if because:
            yield number, None, because
            continue
        for one in opened(row, file.source):
            yield number, one, unfit(one, file.source)


def opened(row: Any, source: Source) -> Sequence[Any]:
    """Return the rows of a page, or the row itself."""
    if not isinstance(row, dict) or not isinstance(row.get(PAGE), list) or PAGE not in foreign_names(source):
        return [row]
    # A row that also has a list of this name is no page: what it says of itself would be lost.
    return [row] if any(row.get(name) is not None for name in own_names(source)) else row[PAGE]


def unfit(row: Any, source: Source) -> str:
    """Say why a row is none of this source's rows, or nothing."""
    if not isinstance(row, dict):
        return "this is no JSON object"
    for name in foreign_names(source):
        if row.get(name) is not None:
            return f"this is {what_it_is(name)}"
    own = own_names(source)
    if own and all(row.get(name) is None for name in own):
        known = what_it_is(row)
        return f"this is {known}" if known else f"this is no row of {source.title}: it has no {own[0]}"
    return ""


def _parsed(line: bytes) -> tuple[Any, str]:
    try:
        return json.loads(line.decode()), ""
    except UnicodeDecodeError:
        return None, "not JSON: not UTF-8"
    except json.JSONDecodeError as error:
        # Where it stopped, never what stood there: that may be an address.
        return None, f"not JSON: column {error.colno} makes no sense"
    except ValueError:
        return None, "not JSON: a number with too many digits"
    except RecursionError:
        return None, "not JSON: nested too deeply"
