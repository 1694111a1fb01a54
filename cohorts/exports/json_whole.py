"""Without this file the array or the page that an API answers with could not be read: JSON that is no lines."""

import json
import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from cohorts.blocks import Block, ExportFile, Part
from cohorts.errors import ExportUnreadable
from cohorts.exports.json_lines import AGAIN, opened, unfit
from cohorts.exports.shapes import gathered
from cohorts.exports.texts import MARK, as_utf_8, head, stat_of

PART = 50_000  # rows
FIRST_LIST = re.compile(r"""\s*(?:\[|\{[^\[{]{0,4096}"value"\s*:\s*\[)""")
BETWEEN = re.compile(r"[\s,]*")
_LOCK = threading.Lock()


def parts(file: ExportFile) -> Iterator[Part]:
    """Cut a file into parts of so many elements.

    Raises:
        ExportUnreadable: It does not end as it begins.
    """
    count = len(elements(file))
    for number, start in enumerate(range(0, count, PART)):
        yield Part(file, number, start, min(start + PART, count))


def read(part: Part) -> Block:
    """Read one part."""
    good, lines, lost = [], [], []
    for number, row in enumerate(elements(part.file)[part.start : part.stop], start=part.start + 1):
        if because := unfit(row, part.file.source):
            lost.append((number, because))
        else:
            good.append(row)
            lines.append(number)
    columns, problems = gathered(good, part.file.source)
    return Block(part, len(good), columns, problems, tuple(lost), tuple(lines))


def elements(file: ExportFile) -> list[Any]:
    """Return every row of a file, pages and arrays opened; kept until another file is asked for."""
    stat = stat_of(file.path)
    # Two threads that miss at once would hold the file twice.
    with _LOCK:
        documents = _documents(file.path, file.encoding, stat.st_mtime_ns, stat.st_size)
    rows: list[Any] = []
    for document in documents:
        rows += document if isinstance(document, list) else opened(document, file.source)
    return rows


@lru_cache(maxsize=1)
def _documents(path: Path, encoding: str, _changed_at: int, size: int) -> tuple[Any, ...]:
    content = head(path, size)
    if encoding not in {"utf-8", "utf-8-sig"}:
        content = as_utf_8(content, encoding)
    # What is no UTF-8 stays recognisable in the cell that it stands in, and costs that row only.
    text = content.removeprefix(MARK).decode("utf-8", "surrogateescape")
    return tuple(documents_in(text, path.name, str(path)))


def first_elements(text: str, count: int) -> list[Any]:
    """Return the first rows of an array or a page of which only the beginning is there."""
    rows: list[Any] = []
    # A page names its list; anything before that is short.
    begins = FIRST_LIST.match(text)
    at = begins.end() if begins else 0
    decoder = json.JSONDecoder()
    while at and len(rows) < count:
        try:
            row, at = decoder.raw_decode(text, BETWEEN.match(text, at).end())  # type: ignore[union-attr]
        except (ValueError, RecursionError):
            break
        rows.append(row)
    return rows


def documents_in(text: str, name: str, where: str) -> Iterator[Any]:
    """Return one JSON document after the other, as pages stand that were joined."""
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if at == len(text):
            return
        try:
            document, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise _broken(error, text, name, where) from error
        yield document


def _broken(error: ValueError | RecursionError, text: str, name: str, where: str) -> ExportUnreadable:
    reason = "nested too deeply"
    line = 1
    if isinstance(error, json.JSONDecodeError):
        reason, line = f"column {error.colno} makes no sense", error.lineno
    elif isinstance(error, ValueError):
        reason = "a number with too many digits"
    kind = "array" if text.lstrip().startswith("[") else "document"
    return ExportUnreadable(
        f"{name} begins as a JSON {kind} and does not end as one: {reason}",
        context=f"{where}:{line}",
        hint=AGAIN,
    )
