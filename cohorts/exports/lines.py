"""Without this file a reject could not be looked up: the line of a row, and what the vendor wrote there."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from cohorts.blocks import Block, Part
from cohorts.exports import csv, json_lines, json_whole, parquet
from cohorts.exports.counting import lines_before
from cohorts.exports.json_lines import unfit
from cohorts.exports.texts import size_of, span


def lines_of(block: Block, rows: Sequence[int]) -> list[int]:
    """Return the line of each of *rows* of a block: of a text as an editor counts, else the number of the row.

    Costs another look into the file; call it for the few rows that somebody will look up.
    """
    if block.lines is not None:
        return [block.lines[row] for row in rows]
    part = block.part
    match part.file.form:
        case "jsonl":
            first = lines_before(part.file, part.start) + 1
            return [first + row for row in rows]
        case "csv":
            if not rows:
                return []
            content = span(part.file, part.start, part.stop)
            told = [line for line, _, _ in islice(csv.records(part, content), max(rows) + 1)]
            return [told[row] for row in rows]
        case _:
            return [part.start + row + 1 for row in rows]


def row_text(part: Part, row: int) -> dict[str, Any]:
    """Return the vendor's own fields of one row of the block that `read` gives for *part*.

    Raises:
        IndexError: The part has no such row.
    """
    file = part.file
    match file.form:
        case "parquet":
            return parquet.one_row(part, row)
        case "csv":
            content = span(file, part.start, part.stop)
            good = (cells for _, cells, because in csv.records(part, content) if not because)
            texts = (cell.decode("utf-8", "replace") for cell in _nth(good, row))
            return dict(zip(file.header, texts, strict=True))
        case "jsonl":
            content = span(file, part.start, part.stop)
            told = json_lines.records(file, content, is_last=part.stop >= size_of(file), at=part.start)
            return dict(_nth((one for _, one, because in told if not because), row))
        case _:
            rows = json_whole.elements(file)[part.start : part.stop]
            return dict(_nth((one for one in rows if not unfit(one, file.source)), row))


def _nth(rows: Any, row: int) -> Any:
    found = next(islice(rows, row, None), None)
    if found is None:
        raise IndexError(row)
    return found
