"""Without this file a throttled read would fail and a failed write would be doubled: which calls are tried again."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Protocol

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 60.0
IDEMPOTENT = frozenset({"GET", "HEAD"})
THROTTLED = 429
SERVER_ERRORS = 500


class Throttled(Exception):
    """The provider asked to wait; how long, in seconds."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"429 from {response.request.url.path}")
        self.response = response


class ReadFailed(Exception):
    """A read was answered by a server error, or not at all; asking again changes nothing."""


class Pace(Protocol):
    """Whoever decides when a call may leave; each attempt is a call."""

    def enter(self, request: httpx.Request) -> None:
        """Wait until *request* may leave: after a 429, not before the tenant lets calls through again."""

    def leave(self, request: httpx.Request, response: httpx.Response | None) -> None:
        """Learn what came of a request that left: None is no answer."""

    def sleep(self, seconds: float) -> None:
        """Wait between two attempts of one call."""


def waits(response: httpx.Response, *, now: Callable[[], float] = time.time) -> float:
    """
    Return how many seconds the provider asks to wait.

    Okta answers 429 with `X-Rate-Limit-Reset`, in epoch seconds of its own clock, which `Date` tells.
    """
    # A proxy before the tenant may write a date there; then what Okta says counts.
    asked = response.headers.get("retry-after", "")
    if asked.isdecimal():
        return min(float(asked), LONGEST_WAIT_SECONDS)
    reset = response.headers.get("x-rate-limit-reset")
    if reset is None:
        return 1.0
    date = response.headers.get("date")
    theirs = parsedate_to_datetime(date).timestamp() if date else now()
    return min(max(float(reset) - theirs, 0.0) + 1.0, LONGEST_WAIT_SECONDS)


def send(
    client: httpx.Client,
    request: httpx.Request,
    *,
    sleep: Callable[[float], None] = time.sleep,
    pace: Pace | None = None,
) -> httpx.Response:
    """
    Send *request*; wait out a 429, and repeat reads alone after a server error or a lost connection.

    A write that was answered by nothing may have taken effect: it is never sent again here. With a *pace* no
    attempt leaves before its turn.

    Raises:
        httpx.HTTPError: The provider did not answer.
    """
    is_read = request.method in IDEMPOTENT

    def once() -> httpx.Response:
        try:
            response = _sent(client, request, pace)
        except httpx.TransportError as error:
            if is_read:
                raise ReadFailed from error
            raise
        if response.status_code == THROTTLED:
            raise Throttled(response)
        if is_read and response.status_code >= SERVER_ERRORS:
            raise ReadFailed from httpx.HTTPStatusError("server error", request=request, response=response)
        return response

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, Throttled | ReadFailed)),
        wait=partial(_wait, is_paced=pace is not None),
        stop=stop_after_attempt(ATTEMPTS),
        sleep=sleep if pace is None else pace.sleep,
        reraise=True,
    )
    try:
        return retrying(once)
    except Throttled as error:
        return error.response
    except ReadFailed as error:
        cause = error.__cause__
        if isinstance(cause, httpx.HTTPStatusError):
            return cause.response
        raise httpx.ConnectError(str(cause)) from error


def _wait(state: RetryCallState, *, is_paced: bool) -> float:
    failed = state.outcome.exception() if state.outcome else None
    if isinstance(failed, Throttled):
        # A pace has learnt of the 429, too: its next turn is the wait.
        return 0.0 if is_paced else waits(failed.response)
    return 0.2 * 2.0**state.attempt_number


def _sent(client: httpx.Client, request: httpx.Request, pace: Pace | None) -> httpx.Response:
    if pace is None:
        return client.send(request)
    pace.enter(request)
    response = None
    try:
        response = client.send(request)
    finally:
        pace.leave(request, response)
    return response
