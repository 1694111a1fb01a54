"""Without this file a call for each of 20,000 people would go one by one, and twice after a lost answer."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, islice
from threading import Lock
from typing import Literal

from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_export_pace import LANES, Pace
from migration.errors import IdpRefused, IdpUnavailable

# Below so many calls, starting threads costs more than it saves.
MANY = 8
TRIES = 3
# So many refusals before the first success are not about single people: the group is gone, or a right is missing.
HOPELESS = 100


@dataclass(frozen=True, slots=True)
class Call:
    """
    One write without a body that has the same effect however often it is made.

    Attributes:
        method: "PUT", or "DELETE", for which a 404 is a success: what is gone already need not go.
        path: Path and query; the ids in it name the call in a failure.
        is_done: Reads back whether its effect is there; None where nobody can read it, and a lost answer then ends
            the whole. Where a second call is known to be harmless it may always say False.
    """

    method: Literal["PUT", "DELETE"]
    path: str
    is_done: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that came to nothing, and the tenant's reason."""

    call: Call
    because: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many calls have their effect, and which have not."""

    done_count: int
    failures: tuple[Failure, ...] = ()


def send_all(
    client: OktaClient,
    calls: Iterable[Call],
    pace: Pace,
    lanes: int = LANES,
    progress: Callable[[int], None] = lambda _settled: None,
) -> Outcome:
    """
    Make every call, several at once, none before its turn; one that fails does not stop the others.

    A 429 waits until the tenant's limit resets. After a lost answer, a server error or a refusal the effect is read
    back, and the call is made again only if it is not there and was not refused: up to three times in all.

    Args:
        client: The tenant.
        calls: Taken one after the other as lanes are free; those few that are under way may overtake each other.
        pace: Decides when each attempt may leave; stopped when something ends the whole.
        lanes: Calls at once.
        progress: Told how many calls are settled, done or failed.

    Raises:
        IdpUnavailable: The tenant is away, throttles for minutes, or an answer was lost that nobody can read back.
        IdpRefused: It refuses to be read, or the first hundred calls without exception.
    """
    waiting = iter(calls)
    first = list(islice(waiting, MANY))
    sending = _Sending(client, chain(first, waiting), pace, progress)
    if len(first) < MANY:
        sending.work()
        return sending.outcome()
    with ThreadPoolExecutor(lanes) as pool:
        try:
            workers = [pool.submit(sending.work) for _ in range(lanes)]
            ended, _ = wait(workers, return_when=FIRST_EXCEPTION)
            for worker in ended:
                worker.result()
        except BaseException:
            sending.stop()
            pace.stop()  # or leaving the pool would wait for the tenant's next minute
            raise
    return sending.outcome()


class _Sending:
    """Calls on their way, and what came of those before; its workers are threads."""

    def __init__(self, client: OktaClient, calls: Iterator[Call], pace: Pace, progress: Callable[[int], None]) -> None:
        self._client = client
        self._calls = calls
        self._pace = pace
        self._progress = progress
        self._done_count = 0
        self._failures: list[Failure] = []
        self._is_stopped = False
        self._turn = Lock()

    def outcome(self) -> Outcome:
        """Return what came of all calls."""
        return Outcome(self._done_count, tuple(self._failures))

    def stop(self) -> None:
        """Take no further call."""
        self._is_stopped = True

    def work(self) -> None:
        """Make one call after the other until none is left or somebody stops."""
        while (call := self._next()) is not None:
            self._settle(call, self._refusal(call))

    def _next(self) -> Call | None:
        with self._turn:
            return None if self._is_stopped else next(self._calls, None)

    def _refusal(self, call: Call) -> str | None:
        """Make one call; return why it came to nothing, or None when its effect is there."""
        because = ""
        for attempt in range(TRIES):
            if attempt:
                self._pace.sleep(0.2 * 2**attempt)
            try:
                self._send(call)
            except IdpRefused as refused:
                return None if call.is_done and call.is_done() else refused.message
            except IdpUnavailable as lost:
                # It may have taken effect; without a look nobody may send it again.
                if call.is_done is None:
                    raise
                if call.is_done():
                    return None
                because = lost.message
            else:
                return None
        return because

    def _send(self, call: Call) -> None:
        if call.method == "PUT":
            self._client.put(call.path, self._pace)
        else:
            self._client.delete(call.path, self._pace)

    def _settle(self, call: Call, because: str | None) -> None:
        with self._turn:
            if because is None:
                self._done_count += 1
            else:
                self._failures.append(Failure(call, because))
            self._progress(self._done_count + len(self._failures))
            if self._done_count == 0 and len(self._failures) >= HOPELESS:
                raise IdpRefused(
                    f"The tenant has refused the first {HOPELESS} calls, none was done: {because}",
                    context=f"{call.method} {call.path}",
                    hint="offramp doctor checks the address and the token's rights",
                )
