"""Without this file the face would take any number of calls: the vendor's limits, and what its headers say of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate

# The vendor's own map, as far as it is needed: a whole path, else the longest beginning.
_BUCKETS = ("/api/v1/users", "/api/v1/groups", "/api/v1/devices", "/api/v1/iam", "/api/v1/logs", "/api/v1/apps")
_SINGLE = ("/api/v1/users", "/api/v1/groups", "/api/v1/apps")
_REST = "/api/v1"


def bucket(path: str) -> str:
    """Name the limit that a call to *path*, without its query, counts against."""
    path = path.rstrip("/")
    above, _, last = path.rpartition("/")
    if above in _SINGLE and last != "rules":
        return f"{above}/{{id}}"
    return next((name for name in _BUCKETS if path == name or path.startswith(f"{name}/")), _REST)


@dataclass(slots=True)
class Limits:
    """
    So many calls per window and bucket; a window begins with its first call and ends on a whole second.

    Attributes:
        calls: Per window, for each bucket.
        window_seconds: Length of a window, whole seconds.
        taken: (bucket, end of the window) → calls that were let through.
        refused: Calls that were turned away.
    """

    calls: int
    window_seconds: int = 60
    taken: dict[tuple[str, int], int] = field(default_factory=dict)
    refused: int = 0
    _resets: dict[str, int] = field(default_factory=dict)

    def take(self, path: str, now: float) -> tuple[bool, Mapping[str, str]]:
        """
        Count one call.

        Args:
            path: Without its query.
            now: Epoch seconds.

        Returns:
            Whether it may pass, and the vendor's headers.
        """
        name = bucket(path)
        if now >= self._resets.get(name, 0):
            self._resets[name] = int(now) + self.window_seconds
        window = (name, self._resets[name])
        used = self.taken.get(window, 0)
        is_let_through = used < self.calls
        if is_let_through:
            self.taken[window] = used = used + 1
        else:
            self.refused += 1
        headers = {
            "X-Rate-Limit-Limit": str(self.calls),
            "X-Rate-Limit-Remaining": str(self.calls - used),
            "X-Rate-Limit-Reset": str(window[1]),
            "Date": formatdate(now, usegmt=True),
        }
        return is_let_through, headers
