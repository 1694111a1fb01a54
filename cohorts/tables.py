"""Without this file a name could run a program in somebody's spreadsheet, and a full disk would leave half a file."""

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from numbers import Real
from pathlib import Path
from typing import IO, Any

NEUTRAL = "'"
# What looks like = + - @ to a spreadsheet that folds wide, small and raised forms, and the minus of typographers.
_LEADS = (
    "=+\\-@\u207a\u207b\u207c\u208a\u208b\u208c\u2212\u2a75\u2a76\ufb29\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
)
# What an import trims, or does not see: spaces, control characters, quotes, marks without width or of direction.
_PASSED_OVER = (
    r'"\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f'
    r"\u205f-\u2064\u2066-\u2069\u3000\ufeff"
)
# Also after what another spreadsheet, or one of another country, takes for the end of a cell or of a row.
_FORMULA = re.compile(f"(?:^|(?<=[;\t\r\n]))(?=[{_PASSED_OVER}]*[{_LEADS}])|^(?=[\t\r\n|%])")


def safe_cell(value: object) -> object:
    """Return a cell that no spreadsheet runs.

    A text gets an apostrophe wherever a formula could begin; it is otherwise kept whole, line ends included. Numbers
    stay numbers, nothing is an empty cell, yes and no are words, times are ISO 8601.
    """
    match value:
        case str():
            return _safe_text(value)
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Real():
            return value
        case date():
            return value.isoformat()
        case _:
            return _safe_text(str(value))


def _safe_text(text: str) -> str:
    # Nearly every cell is plain, and telling so costs less than looking for what a formula begins with.
    if text[:1].isalnum() and ";" not in text and text.isprintable():
        return text
    return _FORMULA.sub(NEUTRAL, text)


@contextmanager
def aside(path: Path, mode: str = "w", *, encoding: str = "utf-8") -> Iterator[IO[Any]]:
    """
    Open a file beside *path* and rename it when it is whole; whatever goes wrong, nothing of it stays.

    A link keeps leading where it led. What is no file, such as a pipe, cannot be renamed to and is written at once.

    Args:
        path: The file; what it holds stays until the new one is whole.
        mode: "w" or "wb".
        encoding: Of a text; "utf-8-sig" begins with a byte-order mark. What it cannot write becomes its number.

    Raises:
        OSError: It cannot be written; *path* is as it was.
    """
    options: dict[str, Any] = {}
    if "b" not in mode:
        options = {"encoding": encoding, "newline": "", "errors": "backslashreplace"}
    if path.exists() and not path.is_file():
        with path.open(mode, **options) as file:
            yield file
        return
    target = path.resolve()
    # Two at once write a file each; the last to end is kept.
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open(mode, **options) as file:
            yield file
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def write_csv(
    path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]], *, encoding: str = "utf-8"
) -> None:
    """
    Write a table as CSV (RFC 4180) that any spreadsheet reads and none runs.

    Args:
        path: The file; see `aside`.
        headings: The first line.
        rows: Each as long as *headings*; they may come one after another.
        encoding: "utf-8-sig" where Excel opens it by a double click: without the mark it takes it for its own.

    Raises:
        OSError: It cannot be written; nothing is left behind.
        ValueError: A row is not as long as the headings; nothing is left behind.
    """
    with aside(path, encoding=encoding) as file:
        writer = csv.writer(file)
        writer.writerow(map(safe_cell, headings))
        for number, row in enumerate(rows, start=1):
            if len(row) != len(headings):
                raise ValueError(f"row {number} has {len(row)} cells under {len(headings)} headings")
            writer.writerow(map(safe_cell, row))
