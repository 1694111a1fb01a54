"""Without this file reader and normaliser would have to know each other: what a part of a file is, and its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from cohorts.sources import Source


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not be used: where it stands and why.

    `line` counts as an editor does; in a JSON array or page it is the number of the element, in Parquet that of
    the row, from 1. `column` is ours, empty for the whole row. `is_repeat`: nothing is lost with it.
    """

    file: str
    line: int
    column: str
    because: str
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of an export, and what it was recognised as.

    Attributes:
        path: Where it lies.
        name: As it is shown: relative to the export's folder.
        source: What it is.
        form: "csv", "jsonl", "json" or "parquet".
        because: Why it was recognised as that, in plain words.
        encoding: Of a text: a Python codec name.
        delimiter: Of a CSV.
        header: Of a CSV: the headings as they stand, made different where two are equal.
        body_at: Of a CSV: the byte (of the text as UTF-8, without byte-order mark) where the rows begin.
        body_line: Of a CSV: the line where the rows begin, from 1.
    """

    path: Path
    name: str
    source: Source
    form: str
    because: str
    encoding: str = "utf-8"
    delimiter: str = ","
    header: tuple[str, ...] = ()
    body_at: int = 0
    body_line: int = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file that can be read alone, in any thread or process; pickles.

    Attributes:
        file: The file.
        number: Its place among the file's parts, from 0.
        start, stop: Bytes of a text, rows of a Parquet file, elements of a JSON array.
    """

    file: ExportFile
    number: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of a block that is there and has something wrong that only the reader could see."""

    row: int
    column: str
    because: str


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one part, in the source's columns, before anyone judged them.

    Attributes:
        part: Where they come from.
        row_count: Rows that could be taken apart.
        columns: Canonical column → row_count values as read: string, large_string, dictionary, bool, int, float,
            timestamp, date, list of string or of dictionary. A column that the file does not have is absent.
        problems: Of rows that are there: a value of the wrong shape (its cell is null).
        lost: Rows that could not be taken apart at all, and are in no column: line, because.
        lines: Line of each row, where the reader knows it; None where `lines.lines_of` must count.
    """

    part: Part
    row_count: int
    columns: Mapping[str, pa.Array]
    problems: tuple[Problem, ...] = ()
    lost: tuple[tuple[int, str], ...] = ()
    lines: tuple[int, ...] | None = None
