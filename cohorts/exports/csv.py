"""Without this file a CSV would be read as one piece: cut where rows end, a part read at once or row by row."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv as arrow_csv

from cohorts.blocks import Block, ExportFile, Part, Problem
from cohorts.columns import Form
from cohorts.errors import ExportUnreadable
from cohorts.exports import csv_records
from cohorts.exports.counting import line_count, lines_before
from cohorts.exports.headings import heading_of
from cohorts.exports.shapes import CODED, TEXT, coalesced, forms_of
from cohorts.exports.texts import size_of, span

PART = 8 << 20
WINDOW = 1 << 16
LINE_ENDS = (b"", b"\r", b"\n")
FARTHEST = 32 << 20  # how far the end of a row is looked for by counting quotes alone


def parts(file: ExportFile) -> Iterator[Part]:
    """Cut a file behind the ends of rows nearest to every 8 MB."""
    size, start, number = size_of(file), file.body_at, 0
    while start < size:
        stop = _row_end(file, start, size)
        yield Part(file, number, start, stop)
        start, number = stop, number + 1


def read(part: Part) -> Block:
    """Read one part.

    Raises:
        ExportUnreadable: A quotation mark is opened and never closed, so nobody knows how many rows it swallowed.
    """
    content = span(part.file, part.start, part.stop)
    columns = _at_once(part, content)
    return _row_by_row(part, content) if columns is None else Block(part, *columns)


def _row_end(file: ExportFile, start: int, size: int) -> int:
    """Return a place behind the end of a row: a line end with an even number of quotes before it."""
    if start + PART >= size:
        return size
    content = span(file, start, start + PART)
    is_open = content.count(csv_records.QUOTE) % 2
    at = start + PART
    while at < size and at < start + FARTHEST:
        window = span(file, at, min(at + WINDOW, size))
        found = 0
        while (found := window.find(b"\n", found)) >= 0:
            if (is_open + window.count(csv_records.QUOTE, 0, found)) % 2 == 0:
                return at + found + 1
            found += 1
        is_open = (is_open + window.count(csv_records.QUOTE)) % 2
        at += len(window)
    return _exact_row_end(file, start, size)


def _exact_row_end(file: ExportFile, start: int, size: int) -> int:
    """Return the same by following every row: a stray quote made counting worthless, or lines end in returns only."""
    reach = PART
    while start + reach < size:
        reach = min(4 * reach, size - start)
        content = span(file, start, start + reach)
        last = 0
        for _, end, following in csv_records.records(content, file.delimiter):
            # A record that ends with the content may go on behind it.
            if end < 0 or following >= len(content):
                break
            last = following
            if last >= PART:
                return start + last
    return size


def _at_once(part: Part, content: bytes) -> tuple[int, dict[str, pa.Array]] | None:
    file = part.file
    has_quotes = csv_records.QUOTE in content
    # Arrow takes a cell that is still open at the end of a file for one that ends there.
    if has_quotes and part.stop >= size_of(file) and csv_records.is_open(content, file.delimiter):
        return None
    if content[:1] in LINE_ENDS and not content.strip(b"\r\n"):
        return 0, _columns({}, part, 0)
    wanted = _wanted(file)
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=len(content) + 1, column_names=list(file.header)
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=file.delimiter, newlines_in_values=has_quotes),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(wanted) or [file.header[0]],
                column_types={heading: _type(wanted.get(heading)) for heading in wanted or file.header[:1]},
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    read_columns = {heading: _in_one(table[heading]) for heading in wanted}
    return table.num_rows, _columns(read_columns, part, table.num_rows)


def _wanted(file: ExportFile) -> dict[str, Form]:
    wanted: dict[str, Form] = {}
    for column, form in forms_of(file.source).items():
        for path in file.source.columns[column].paths:
            if heading := heading_of(file.header, path):
                known = wanted.setdefault(heading, form)
                if known is not form:
                    wanted[heading] = Form.TEXT
    return wanted


def _columns(told: dict[str, pa.Array], part: Part, count: int) -> dict[str, pa.Array]:
    file, columns = part.file, {}
    for column, form in forms_of(file.source).items():
        headings = [heading_of(file.header, path) for path in file.source.columns[column].paths]
        found = [told.get(heading, pa.nulls(count, TEXT)) for heading in headings if heading]
        values = coalesced(found)
        if values is None:
            continue
        if form is Form.PRESENT:
            values = pa.compute.if_else(values.is_valid(), True, pa.scalar(None, pa.bool_()))
        elif form is Form.CODED and values.type == TEXT:
            values = values.dictionary_encode().cast(CODED)
        columns[column] = values
    return columns


def _type(form: Form | None) -> pa.DataType:
    return CODED if form is Form.CODED else TEXT


def _in_one(values: pa.ChunkedArray) -> pa.Array:
    return values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()


def _row_by_row(part: Part, content: bytes) -> Block:
    file = part.file
    wanted = _wanted(file)
    places = {heading: file.header.index(heading) for heading in wanted}
    told: dict[str, list[str | None]] = {heading: [] for heading in wanted}
    lines: list[int] = []
    lost: list[tuple[int, str]] = []
    problems: list[Problem] = []
    for line, row, because in records(part, content):
        if because:
            lost.append((line, because))
            continue
        for heading, place in places.items():
            value, wrong = _text(row[place])
            told[heading].append(value)
            if wrong:
                problems += [Problem(len(lines), column, wrong) for column in _columns_of(file, heading)]
        lines.append(line)
    arrays = {heading: pa.array(values, TEXT) for heading, values in told.items()}
    for heading, form in wanted.items():
        if form is Form.CODED:
            arrays[heading] = arrays[heading].dictionary_encode().cast(CODED)
    return Block(part, len(lines), _columns(arrays, part, len(lines)), tuple(problems), tuple(lost), tuple(lines))


def records(part: Part, content: bytes) -> Iterator[tuple[int, list[bytes], str]]:
    """Return line, cells and what is wrong ("" is nothing) of each row of a part."""
    file = part.file
    line, at = lines_before(file, part.start) + 1, 0
    for start, end, _ in csv_records.records(content, file.delimiter):
        line += line_count(content[at:start])
        at = start
        if end < 0:
            raise ExportUnreadable(
                f"A quotation mark is opened on line {line} of {file.name} and never closed; what follows is lost",
                context=f"{file.path}:{line}",
                hint=f"sed -n {line}p {file.name}; close the quotation mark, or export the file again",
            )
        row = csv_records.cells(content[start:end], file.delimiter)
        wrong = len(row) != len(file.header)
        yield line, row, f"{len(row)} cells where the heading has {len(file.header)}" if wrong else ""


def _text(cell: bytes) -> tuple[str | None, str]:
    try:
        return cell.decode() or None, ""
    except UnicodeDecodeError:
        return None, "not UTF-8"


def _columns_of(file: ExportFile, heading: str) -> list[str]:
    return [
        column
        for column, origin in file.source.columns.items()
        if any(heading_of(file.header, path) == heading for path in origin.paths)
    ]
