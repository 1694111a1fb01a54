"""Without this file a row could not be found again in an editor: how many lines lie before a byte of a text."""

import threading

from cohorts.blocks import ExportFile
from cohorts.exports.texts import STEP, span, stat_of

# File → (byte, lines before it) of every place that was asked for; a file with rejects is asked part by part.
_KNOWN: dict[tuple[str, int, int], dict[int, int]] = {}
_LOCK = threading.Lock()


def line_count(content: bytes) -> int:
    """Return how many lines end in *content*: at a line feed, or at a carriage return without one."""
    ends = content.count(b"\n")
    if b"\r" in content:
        ends += content.count(b"\r") - content.count(b"\r\n")
    return ends


def lines_before(file: ExportFile, at: int) -> int:
    """Return how many lines end before byte *at* of the text of *file*, which is behind a line end or the start."""
    stat = stat_of(file.path)
    with _LOCK:
        known = _KNOWN.setdefault((str(file.path), stat.st_mtime_ns, stat.st_size), {0: 0})
        start = max(place for place in known if place <= at)
        count = known[start]
    while start < at:
        content = span(file, start, min(start + STEP, at))
        if not content:
            break
        # A pair of carriage return and line feed is not counted twice where a step ends between the two.
        if content.endswith(b"\r") and len(content) > 1 and start + len(content) < at:
            content = content[:-1]
        start += len(content)
        count += line_count(content)
    with _LOCK:
        known[at] = count
    return count
