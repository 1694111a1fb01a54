"""Without this file Parquet would be read whole: a row group at a time, only the columns that are asked for."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cohorts.blocks import Block, ExportFile, Part, Problem
from cohorts.columns import Form
from cohorts.errors import ExportUnreadable
from cohorts.exports.headings import plain
from cohorts.exports.shapes import coalesced, forms_of
from cohorts.exports.sound import sound
from cohorts.exports.texts import unreadable
from cohorts.sources import Path_

MOST_ROWS = 1 << 20  # a row group with more is read in slices


def parts(file: ExportFile) -> Iterator[Part]:
    """Cut a file into its row groups, and those that are too large into slices; `start` and `stop` are rows."""
    opened = _opened(file)
    number = row = 0
    for group in range(opened.metadata.num_row_groups):
        end = row + opened.metadata.row_group(group).num_rows
        while row < end:
            stop = min(row + MOST_ROWS, end)
            yield Part(file, number, row, stop)
            row, number = stop, number + 1


def read(part: Part) -> Block:
    """Read one part.

    Raises:
        ExportUnreadable: The bytes are not those that the file's footer promises.
    """
    source = part.file.source
    with _opened(part.file) as plain_file:
        schema = plain_file.schema_arrow
        metadata = plain_file.metadata
    places = {
        column: [place for path in source.columns[column].paths if (place := place_of(schema, path))]
        for column in forms_of(source)
    }
    wanted = sorted({".".join(place) for told in places.values() for place in told})
    few = [
        leaf
        for column, form in forms_of(source).items()
        if form in {Form.CODED, Form.NAMES}
        for place in places[column]
        for leaf in _leaves(metadata, ".".join(place))
    ]
    with _opened(part.file, few) as opened:
        try:
            table = _rows(opened, part, wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise _broken(part.file) from error
    columns: dict[str, pa.Array] = {}
    problems: list[Problem] = []
    for column, form in forms_of(source).items():
        found = [sound(_value(table, place), form) for place in places[column]]
        problems += [Problem(row, column, because) for _, rows, because in found for row in rows]
        values = coalesced([told for told, _, _ in found])
        if values is not None:
            columns[column] = values
    return Block(part, part.stop - part.start, columns, tuple(sorted(problems, key=lambda problem: problem.row)))


def place_of(schema: pa.Schema, path: Path_) -> Path_ | None:
    """Return where a file has what *path* names: nested, or flat under the name with dots; None is nowhere."""
    fields: Any = schema
    place: list[str] = []
    for step in path:
        index = (
            fields.get_field_index(step) if not isinstance(fields, pa.DataType) or pa.types.is_struct(fields) else -1
        )
        if index < 0:
            break
        place.append(step)
        fields = fields.field(index).type
    if len(place) == len(path):
        return tuple(place)
    flat = plain(".".join(path))
    return next(((name,) for name in schema.names if plain(name) == flat), None)


def one_row(part: Part, row: int) -> dict[str, Any]:
    """Return all fields of one row of a part."""
    with _opened(part.file) as opened:
        return dict(_rows(opened, part, None).slice(row, 1).to_pylist()[0])


def _rows(opened: pq.ParquetFile, part: Part, wanted: list[str] | None) -> pa.Table:
    begin = 0
    for group in range(opened.metadata.num_row_groups):
        end = begin + opened.metadata.row_group(group).num_rows
        if begin <= part.start < end:
            break
        begin = end
    if (part.start, part.stop) == (begin, end):
        return opened.read_row_group(group, columns=wanted, use_threads=False)
    slices = opened.iter_batches(MOST_ROWS, row_groups=[group], columns=wanted, use_threads=False)
    for batch in slices:
        if begin == part.start:
            return pa.Table.from_batches([batch])
        begin += batch.num_rows
    raise _broken(part.file)


def _value(table: pa.Table, place: Path_) -> pa.Array:
    values = table[place[0]]
    values = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    if len(place) > 1:
        values = pc.struct_field(values, list(place[1:]))
    return values


def _leaves(metadata: pq.FileMetaData, name: str) -> list[str]:
    columns = [metadata.schema.column(number) for number in range(metadata.num_columns)]
    return [
        leaf.path
        for leaf in columns
        if leaf.physical_type == "BYTE_ARRAY" and (leaf.path == name or leaf.path.startswith(f"{name}."))
    ]


def _opened(file: ExportFile, few: list[str] | None = None) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file.path, read_dictionary=few)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _broken(file) from error
    except OSError as error:
        raise unreadable(file.path, error) from error


def _broken(file: ExportFile) -> ExportUnreadable:
    return ExportUnreadable(
        f"{file.name} begins as Parquet and cannot be read as it",
        context=str(file.path),
        hint="write it again: it was cut off, or damaged on its way",
    )


def schema_of(file: ExportFile) -> pa.Schema:
    """Return what columns a file has."""
    return _opened(file).schema_arrow
