"""Without this file a pull would be throttled, or would take what other programs need: when each call may leave."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from threading import Condition

import httpx

from migration.adapters.okta_export_bucket import Bucket, Told
from migration.adapters.retrying import LONGEST_WAIT_SECONDS, THROTTLED, waits

BUDGET_SHARE = 0.5
# Okta lets 75 calls of an organisation run at once, 35 on its free plan; others need room, too.
LANES = 16
_CLOCK_DOUBT_SECONDS = 1.0
# Which calls share a limit; the longest beginning counts.
BUCKETS = ("/api/v1/users", "/api/v1/groups", "/api/v1/devices", "/api/v1/iam", "/api/v1/logs", "/api/v1")


class Stopped(Exception):
    """Nobody waits for the answer any more."""


class Pace:
    """
    Lets calls leave within a share of each bucket's limit, and few at once; safe for threads.

    Args:
        share: Of each bucket's limit, in (0, 1].
        lanes: Calls at once, over all buckets.
        now: Seconds of a clock that only goes forward.
        wall: Epoch seconds of this machine, for a tenant that does not tell its time.
    """

    def __init__(
        self,
        share: float = BUDGET_SHARE,
        *,
        lanes: int = LANES,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._share = share
        self._lanes = lanes
        self._now = now
        self._buckets: dict[str, Bucket] = {}
        self._flying = 0
        self._turn = Condition()
        self._is_stopped = False
        self._doubtful_ahead = wall() - now() - _CLOCK_DOUBT_SECONDS
        self._ahead: float | None = None

    def enter(self, request: httpx.Request) -> None:
        """
        Wait until *request* may leave.

        Raises:
            Stopped: Nobody waits for it any more.
        """
        with self._turn:
            while True:
                delay = self.delay(request.url.path)
                if delay == 0:
                    return
                self._turn.wait(delay)

    def delay(self, path: str) -> float | None:
        """
        Return 0 and count a call to *path* as left, or how many seconds to wait; None is until another's answer.

        Raises:
            Stopped: Nobody waits for it any more.
        """
        with self._turn:
            if self._is_stopped:
                raise Stopped
            if self._flying >= self._lanes:
                return None
            bucket, theirs = self._bucket(path), self._theirs()
            delay = bucket.delay(theirs)
            if delay == 0:
                bucket.begin(theirs)
                self._flying += 1
            return delay

    def leave(self, request: httpx.Request, response: httpx.Response | None) -> None:
        """Learn what came of a request that left; None is no answer."""
        with self._turn:
            self._flying -= 1
            bucket, told = self._bucket(request.url.path), None if response is None else _told(response)
            if told is not None and told.date is not None:
                # Their seconds are cut off, so their time is this or later; the largest of these is the closest.
                ahead = told.date - self._now()
                self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)
            if told is not None and told.limit == 0:
                # So Okta says that too many calls run at once; it is no limit per minute.
                self._lanes, told = max(1, self._lanes // 2), None
            theirs = self._theirs()
            bucket.end(told, theirs)
            if response is not None and response.status_code == THROTTLED:
                bucket.hold(_until(response, told, theirs))
            self._turn.notify_all()

    def stop(self) -> None:
        """Let everybody who waits give up."""
        with self._turn:
            self._is_stopped = True
            self._turn.notify_all()

    def sleep(self, seconds: float) -> None:
        """
        Wait between two attempts of one call.

        Raises:
            Stopped: Nobody waits for it any more.
        """
        until = self._now() + seconds
        with self._turn:
            while (left := until - self._now()) > 0 and not self._is_stopped:
                self._turn.wait(left)
            if self._is_stopped:
                raise Stopped

    def _bucket(self, path: str) -> Bucket:
        name = next((beginning for beginning in BUCKETS if path.startswith(beginning)), path)
        return self._buckets.setdefault(name, Bucket(self._share))

    def _theirs(self) -> float:
        return self._now() + (self._doubtful_ahead if self._ahead is None else self._ahead)


def _until(response: httpx.Response, told: Told | None, theirs: float) -> float:
    """Return when calls may leave again; of their clock we know more than the whole seconds of one answer."""
    if told is None or "retry-after" in response.headers:
        return theirs + waits(response)
    return min(told.reset, theirs + LONGEST_WAIT_SECONDS)


def _told(response: httpx.Response) -> Told | None:
    headers = response.headers
    numbers = [headers.get(f"x-rate-limit-{name}", "") for name in ("limit", "remaining", "reset")]
    if not all(number.isdecimal() for number in numbers):
        return None
    limit, remaining, reset = map(int, numbers)
    date = headers.get("date")
    return Told(limit, remaining, reset, parsedate_to_datetime(date).timestamp() if date else None)
