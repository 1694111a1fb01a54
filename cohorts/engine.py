"""Without this file every step would start its own threads: one ordered map over the parts of an export."""

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
THREADS = 2
Progress = Callable[[str, int, int | None], None]  # what, how many parts are done, of how many


def give_back() -> None:
    """Return freed memory to the system, where its allocator can be asked to: else it stays with us until the end."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def silent(_what: str, _done: int, _of: int | None) -> None:
    """Show no progress."""


class Engine(Protocol):
    """Whoever carries out the same pure function on every part."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the results in the order of *items*."""


class Threads:
    """This process: *count* threads, and no more parts in memory than they can work on."""

    def __init__(self, count: int = THREADS) -> None:
        self._count = count

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the results in the order of *items*."""
        if self._count == 1:
            yield from map(function, items)
            return
        waiting: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(self._count) as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(function, item))
                    if len(waiting) > self._count:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
