"""Without this file a pull would guess how fast it may go: one bucket of the tenant's limit, as its answers tell it."""

import math
from dataclasses import dataclass

WINDOWS_A_LOSS_MAY_FALL_INTO = 2
AGAIN_AFTER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer says of its bucket.

    Attributes:
        limit: Calls per window.
        remaining: Calls left in this window, for everybody.
        reset: End of this window, in epoch seconds of the tenant's clock.
        date: When the tenant answered, by the same clock, whole seconds; None where it did not say.
    """

    limit: int
    remaining: int
    reset: int
    date: float | None


class Bucket:
    """
    Calls that share one limit, counted in the tenant's own windows.

    A call is counted in the window that its answer names, and until then against whichever window is asked about:
    no window can hold more of ours than *share* of its limit. `theirs` is always the tenant's time in epoch seconds,
    or earlier. Not safe for threads; whoever uses it takes turns.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._limit: int | None = None
        self._remaining = 0
        self._reset = 0
        self._counted = 0
        self._flying = 0
        self._losses: list[int] = []  # for each call without an answer, how many windows may still hold it
        self._is_asking = False
        self._held_until = -math.inf

    @property
    def budget(self) -> int | None:
        """Calls that we may make per window; at least one, or nothing could ever be read."""
        return None if self._limit is None else max(1, math.floor(self._limit * self._share))

    def delay(self, theirs: float) -> float | None:
        """Return how many seconds the next call must wait: 0 is go, None is until an answer arrives."""
        if theirs < self._held_until:
            return self._held_until - theirs
        budget = self.budget
        if budget is None or theirs >= self._reset:
            # What a window allows is not known before its first answer, so one call goes ahead and asks.
            is_within = self._flying == 0 or (budget is not None and self._flying + len(self._losses) < budget)
            return 0.0 if is_within and not self._is_asking else None
        is_within = self._counted + self._flying + len(self._losses) < budget
        return 0.0 if is_within and self._flying < self._remaining else self._reset - theirs

    def begin(self, theirs: float) -> None:
        """Count a call that leaves."""
        self._is_asking = self._is_asking or self._limit is None or theirs >= self._reset
        self._flying += 1

    def end(self, told: Told | None, theirs: float) -> None:
        """Count the answer to a call that left; None is an answer that was lost, or told nothing."""
        self._flying -= 1
        if told is None:
            if self._limit is not None:
                self._losses.append(WINDOWS_A_LOSS_MAY_FALL_INTO)
            self._is_asking = False
        elif self._limit is None:
            self._limit, self._reset, self._remaining = told.limit, told.reset, told.remaining
            # Whoever pulled a moment ago may have been we: what this window has lost already counts as ours.
            self._counted = max(1, told.limit - told.remaining)
            self._is_asking = False
        elif told.reset > self._reset and (told.date is None or told.date >= self._reset):
            self._limit, self._reset, self._remaining, self._counted = told.limit, told.reset, told.remaining, 1
            self._losses = [left - 1 for left in self._losses if left > 1]
            self._is_asking = False
        elif told.reset >= self._reset:
            self._counted += 1
            self._limit, self._remaining = told.limit, min(self._remaining, told.remaining)
            if theirs >= self._reset:
                self._held_until, self._is_asking = theirs + AGAIN_AFTER_SECONDS, False

    def hold(self, until: float) -> None:
        """Let nobody leave before *until*: the tenant asked for it."""
        self._held_until = max(self._held_until, until)
