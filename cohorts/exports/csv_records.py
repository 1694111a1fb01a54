"""Without this file a CSV could only be read where it is well formed: where each record and each cell ends."""

import re
from collections.abc import Iterator
from functools import cache

QUOTE = b'"'


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    # A quote opens only where a cell begins; behind a closing one the rest of the cell is taken as it stands.
    mark = re.escape(delimiter.encode())
    rest = rb"[^" + mark + rb"\r\n]*+"
    cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"' + rest + rb'|(?!")' + rest + rb")"
    record = cell + rb"(?:" + mark + cell + rb")*+"
    return re.compile(rb"(" + record + rb")(?:\r\n|\r|\n|\Z)"), re.compile(rb"(" + cell + rb")(?:" + mark + rb"|\Z)")


def records(content: bytes, delimiter: str) -> Iterator[tuple[int, int, int]]:
    """Return start, end, and start of the next one, of each record; empty lines are none.

    A quotation mark that is opened and never closed makes the rest one record, whose end is -1.
    """
    matches = _patterns(delimiter)[0].match
    at = 0
    while at < len(content):
        found = matches(content, at)
        if found is None:
            yield at, -1, len(content)
            return
        if found.end(1) > at:
            yield at, found.end(1), found.end()
        at = found.end()


def is_open(content: bytes, delimiter: str) -> bool:
    """Say whether a quotation mark is opened and never closed."""
    return any(end < 0 for _, end, _ in records(content, delimiter))


def cells(record: bytes, delimiter: str) -> list[bytes]:
    """Return the cells of one whole record, without their quotes."""
    found, at = [], 0
    matches = _patterns(delimiter)[1].match
    while (cell := matches(record, at)) is not None:
        found.append(_unquoted(cell[1]))
        if cell.end() == cell.end(1):
            break
        at = cell.end()
    return found


def _unquoted(cell: bytes) -> bytes:
    if not cell.startswith(QUOTE):
        return cell
    parts = cell[1:].split(b'""')
    inner: list[bytes] = []
    for number, part in enumerate(parts):
        closing = part.find(QUOTE)
        if closing >= 0:
            # Behind the closing quote nothing is special any more, not even two quotes.
            inner.append(part[:closing] + part[closing + 1 :])
            tail = b'""'.join(parts[number + 1 :])
            return b'"'.join(inner) + (b'""' + tail if parts[number + 1 :] else b"")
        inner.append(part)
    return b'"'.join(inner)
