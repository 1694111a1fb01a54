"""Without this file a heading would be known in one spelling only: how the first row of a CSV is read and matched."""

from collections.abc import Sequence
from functools import lru_cache

from cohorts.sources import Path_

DELIMITERS = (",", ";", "\t", "|")
_LEFT_OUT = str.maketrans("", "", " _-\u00a0\ufeff")


def plain(heading: str) -> str:
    """Return a heading in the form in which two of them are compared."""
    return heading.translate(_LEFT_OUT).casefold()


def made_different(headings: Sequence[str]) -> tuple[str, ...]:
    """Return headings of which no two are equal: the second "x" becomes "x (2)"."""
    taken: set[str] = set()
    told: dict[str, int] = {}
    different = []
    for heading in headings:
        name = heading
        while name in taken:
            told[heading] = told.get(heading, 1) + 1
            name = f"{heading} ({told[heading]})"
        taken.add(name)
        different.append(name)
    return tuple(different)


def heading_of(headings: tuple[str, ...], path: Path_) -> str | None:
    """Return the first heading that *path* means; a nested path is written with dots."""
    return _by_plain(headings).get(plain(".".join(path)))


@lru_cache(maxsize=8)
def _by_plain(headings: tuple[str, ...]) -> dict[str, str]:
    # The first of two counts, so the last to be written down must be the first.
    return {plain(heading): heading for heading in reversed(headings)}


def delimiter_of(line: str) -> str:
    """Return what parts the cells of a heading row: whatever stands in it most often outside quotes."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)
