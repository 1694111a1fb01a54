"""Without this file a command that reads for hours would look as if it hung."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migration.cli.render import say

if TYPE_CHECKING:
    from rich.progress import Progress

QUIET_SECONDS = 2.0
SAY_EVERY_SECONDS = 30.0
Advance = Callable[[str, int, int | None], None]


@contextmanager
def advancing(now: Callable[[], float] = time.monotonic) -> Iterator[Advance]:
    """
    Give something to call with what is read, how much of it is, and of how much where that is known.

    On a terminal a bar appears on stderr once two seconds are over; elsewhere a line is said twice a minute.
    """
    shown = _Bars(now) if sys.stderr.isatty() else _Lines(now)
    try:
        yield shown.advance
    finally:
        shown.close()


class _Lines:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._said_at = now()

    def advance(self, name: str, count: int, total: int | None) -> None:
        """Say a line where the last one is half a minute old."""
        if self._now() - self._said_at >= SAY_EVERY_SECONDS:
            self._said_at = self._now()
            say(f"{name}: {count}" if total is None else f"{name}: {count} of {total}")

    def close(self) -> None:
        """Leave what was said."""


class _Bars:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began_at = now()
        self._progress: Progress | None = None
        self._tasks: dict[str, int] = {}

    def advance(self, name: str, count: int, total: int | None) -> None:
        """Move the bar of one name, if anything has been shown for long enough to be worth a look."""
        if self._progress is None:
            if self._now() - self._began_at < QUIET_SECONDS:
                return
            self._progress = _bar()
            self._progress.start()
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total)
        self._progress.update(self._tasks[name], completed=count, total=total)  # type: ignore[arg-type]

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._progress is not None:
            self._progress.stop()


def _bar() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - a quick command must not wait for it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description:>16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))
