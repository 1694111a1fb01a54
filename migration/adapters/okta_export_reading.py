"""Without this file a list would be read one call after another: many at once, and every page counted once."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from migration.adapters.okta_client import Page
from migration.adapters.okta_export_journal import Journal
from migration.adapters.okta_export_lists import Ask, Listing
from migration.errors import IdpRefused

RECORD_EVERY_SECONDS = 0.5
Progress = Callable[[str, int, int | None], None]


class Reading:
    """
    One list on its way into the journal.

    The calls that wait or are under way are its frontier. A record holds the frontier together with the length of
    the file, so that what was answered and not yet recorded is simply asked again.
    """

    def __init__(self, listing: Listing, journal: Journal, fetch: Callable[[Ask], Page]) -> None:
        place = journal.place(listing.name) or {}
        self._listing = listing
        self._journal = journal
        self._fetch = fetch
        self.is_done = bool(place.get("is_done"))
        self._waiting = deque(map(Ask.of, place["waiting"]) if place else listing.starts)
        self._at = int(place.get("at", 0))
        self.answered = int(place.get("answered", 0))
        self._sources = journal.rows(listing.each, at=self._at) if listing.each else iter(())
        self._seen = self._known() if listing.is_unique and not self.is_done else set()
        self._recorded_at = time.monotonic()
        self._recorded = self.answered
        self._is_steady = True

    @property
    def total(self) -> int | None:
        """How many lines it makes one call for; None where pages are not known beforehand."""
        return self._journal.count(self._listing.each) if self._listing.each else None

    def read(self, pool: ThreadPoolExecutor, lanes: int, progress: Progress) -> None:
        """
        Read on to the end; what is answered when something fails is recorded.

        Raises:
            IdpUnavailable, IdpRefused: The tenant does not answer, or refuses.
            OSError: The disk is full.
        """
        flying: dict[Future[Page], Ask] = {}
        with self._kept(flying):
            while True:
                self._is_steady = False
                for ask in self._next(1 if self._listing.is_unique else lanes, flying):
                    flying[pool.submit(self._fetch, ask)] = ask
                self._is_steady = True
                if not flying:
                    break
                # While everybody waits for the tenant's next minute, what was answered is recorded all the same.
                answered, _ = wait(flying, timeout=RECORD_EVERY_SECONDS or None, return_when=FIRST_COMPLETED)
                for future in answered:
                    self._take(future, flying)
                is_due = time.monotonic() - self._recorded_at >= RECORD_EVERY_SECONDS
                if is_due and self.answered > self._recorded:
                    self._record(flying)
                progress(self._listing.name, self.answered, self.total)
            self.is_done = True
            self._record(flying)

    @contextmanager
    def _kept(self, flying: dict[Future[Page], Ask]) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if self._is_steady and self.answered:
                self._record(flying)
            raise

    def _next(self, lanes: int, flying: dict[Future[Page], Ask]) -> Iterator[Ask]:
        for _ in range(lanes - len(flying)):
            if self._waiting:
                yield self._waiting.popleft()
            elif self._listing.ask and (source := next(self._sources, None)):
                self._at = source[0]
                yield self._listing.ask(source[1])

    def _take(self, future: Future[Page], flying: dict[Future[Page], Ask]) -> None:
        ask, page = flying[future], future.result()
        rows = [row for row in page.rows if self._is_new(row)]
        try:
            lines, more = list(self._listing.lines(ask, rows)), list(self._listing.more(ask, page.rows))
        except (KeyError, TypeError, AttributeError) as error:
            raise IdpRefused(
                "The tenant's answer lacks what it is known to have",
                context=f"GET {ask.path.partition('?')[0]}",
                hint="is the address that of an Okta tenant? offramp doctor",
            ) from error
        # Whatever interrupts from here to the end of this call leaves a page half counted: no record of that.
        self._is_steady = False
        self._journal.append(self._listing.file, lines)
        if page.following and (page.rows or not self._listing.ends_empty):
            self._waiting.appendleft(replace(ask, path=page.following))
        self._waiting.extend(more)
        self.answered += 1
        del flying[future]
        self._is_steady = True

    def _is_new(self, row: dict[str, Any]) -> bool:
        if not self._listing.is_unique:
            return True
        is_new = row["id"] not in self._seen
        self._seen.add(row["id"])
        return is_new

    def _known(self) -> set[str]:
        return {row["id"] for _, row in self._journal.rows(self._listing.file)}

    def _record(self, flying: dict[Future[Page], Ask]) -> None:
        under_way: Sequence[Ask] = (*flying.values(), *self._waiting)
        place = {
            "waiting": [ask.document() for ask in under_way],
            "at": self._at,
            "answered": self.answered,
            "is_done": self.is_done,
        }
        self._journal.record(self._listing.name, place, self._listing.file)
        self._recorded_at, self._recorded = time.monotonic(), self.answered
