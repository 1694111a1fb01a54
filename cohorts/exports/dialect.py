"""Without this file a CSV would have to say how it is written: its encoding, delimiter, heading and first row."""

import re
from pathlib import Path

from cohorts.exports.csv_records import cells, records
from cohorts.exports.headings import DELIMITERS, delimiter_of, made_different
from cohorts.exports.texts import MARK, head, start_as_utf_8

FIRST = 1 << 20
SEPARATOR_LINE = re.compile(rb"\s*\"?sep=(.)\"?\s*(?:\r\n|\r|\n)", re.IGNORECASE)
MANY_ZEROS = 0.25


def encoding_of(path: Path) -> str:
    """Return the Python codec name of a text: by its mark, or by its zero bytes, or UTF-8."""
    start = head(path, FIRST)
    if start.startswith(MARK):
        return "utf-8-sig"
    if start.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if start.startswith(b"\xfe\xff"):
        return "utf-16-be"
    zeros = start[::2].count(0), start[1::2].count(0)
    for place, encoding in enumerate(("utf-16-be", "utf-16-le")):
        # A heading or a bracket begins with a letter of ASCII, whose other byte is zero.
        begins_so = len(start) > 1 and start[place] == 0 and start[1 - place] != 0
        if begins_so and zeros[place] > MANY_ZEROS * len(start) / 2:
            return encoding
    return "utf-8"


def is_windows_1252(path: Path) -> bool:
    """Say whether a text has bytes beyond ASCII of which not one makes a character in UTF-8."""
    has_high = False
    buffer = bytearray(FIRST)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            content = buffer if count == FIRST else buffer[:count]
            if content.isascii():
                continue
            has_high = True
            if _has_wide(content):
                return False
    return has_high


def _has_wide(content: bytes | bytearray) -> bool:
    wide = rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    return re.search(wide, content) is not None


def heading_row(path: Path, encoding: str) -> tuple[str, tuple[str, ...], int, int] | None:
    """Return delimiter, headings, and byte and line where the rows begin; None where there is no heading row.

    The byte counts in the text as UTF-8, without byte-order mark. A first line `sep=;` names the delimiter.
    """
    size = path.stat().st_size
    count = FIRST
    while True:
        content = head(path, count)
        is_whole = count >= size
        text = start_as_utf_8(content, encoding)
        found = _first_record(text)
        if found and (is_whole or found[3] < len(text)):
            return _named(text, *found)
        if is_whole:
            return None
        count *= 8


def _first_record(text: bytes) -> tuple[str, int, int, int] | None:
    named = SEPARATOR_LINE.match(text)
    at = named.end() if named else 0
    line = re.match(rb"[\r\n]*([^\r\n]*)", text[at : at + FIRST])
    delimiter = (
        named[1].decode("ascii", "replace")
        if named
        else delimiter_of(line[1].decode("utf-8", "replace") if line else "")
    )
    if delimiter not in DELIMITERS and not delimiter.isascii():
        return None
    for start, end, following in records(text[at:], delimiter):
        return None if end < 0 else (delimiter, at + start, at + end, at + following)
    return None


def _named(text: bytes, delimiter: str, start: int, end: int, following: int) -> tuple[str, tuple[str, ...], int, int]:
    headings = [cell.decode("utf-8", "replace").strip() for cell in cells(text[start:end], delimiter)]
    before = text[:following]
    line = before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n") + 1
    return delimiter, made_different(headings), following, line
