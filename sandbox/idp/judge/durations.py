"""Without this file "every two hours" would be text: ISO 8601 durations as seconds."""

import re
from functools import lru_cache
from typing import Final

from sandbox.idp.judge.refusals import NotModelled

_DURATION: Final = re.compile(
    r"P(?=.)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS: Final = {"weeks": 604800, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


@lru_cache(maxsize=1024)
def seconds_of(duration: str | None, path: str) -> float | None:
    """
    Return how long *duration* is; None stays None, no limit.

    Raises:
        NotModelled: It has years or months, which have no fixed length, or is no duration.
    """
    if duration is None:
        return None
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise NotModelled(f"{path} {duration!r}")
    return sum(float(match[unit] or 0) * length for unit, length in _SECONDS.items())
