"""Without this file one machine would be the limit: the workers of a cluster, as an engine like any other."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from cohorts.errors import ClusterUnavailable

if TYPE_CHECKING:
    from distributed import Client, Future

Item = TypeVar("Item")
Result = TypeVar("Result")
LOCAL_WORKERS = 2


class Workers:
    """The workers of a cluster, as an engine: parts are read there, and what is kept of each comes back."""

    def __init__(self, client: "Client") -> None:
        self.client = client

    @property
    def count(self) -> int:
        """How many workers there are now."""
        return max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the results in the order of *items*; a worker that dies is replaced by another's work."""
        waiting: deque[Future[Result]] = deque()
        ahead = 3 * self.count
        for item in items:
            waiting.append(self.client.submit(function, item, pure=False))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def workers(scheduler: str | None) -> Iterator[Workers]:
    """Give the workers of the cluster at *scheduler*, or two processes of our own.

    Raises:
        ClusterUnavailable: The library is not installed, or nothing answers there.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 - an optional extra, slow to load
    except ImportError as error:
        raise ClusterUnavailable(
            "The library that speaks to a cluster is not installed",
            context="--engine dask",
            hint="pip install 'offramp[dask]', or leave --engine out",
        ) from error
    if scheduler is None:
        own = LocalCluster(
            n_workers=LOCAL_WORKERS,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs="ERROR",
            memory_limit=0,
        )
        with own, Client(own) as client:
            yield Workers(client)
        return
    try:
        client = Client(scheduler, timeout="5s")
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterUnavailable(
            f"No scheduler answers at {scheduler}: {type(error).__name__}",
            context="--scheduler",
            hint="start it with: dask scheduler; then its workers with: dask worker ADDRESS",
        ) from error
    with client:
        yield Workers(client)
