"""Without this file a wave could move on Christmas Eve: freeze windows, working days and the finishing date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Freeze:
    """Days on which nobody is moved, both ends included."""

    first_on: date
    last_on: date
    because: str

    def holds(self, day: date) -> bool:
        """Say whether *day* lies in the window."""
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people may be moved, and by when all of them shall have been."""

    finish_on: date
    freezes: Sequence[Freeze] = ()

    def freeze_on(self, day: date) -> Freeze | None:
        """Return the window that *day* lies in, or None."""
        return next((freeze for freeze in self.freezes if freeze.holds(day)), None)

    def opens_on_or_after(self, day: date) -> date:
        """Return the first working day outside every freeze, *day* itself if it is one."""
        while day.weekday() >= SATURDAY or self.freeze_on(day):
            freeze = self.freeze_on(day)
            day = (freeze.last_on if freeze else day) + timedelta(days=1)
        return day
