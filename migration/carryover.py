"""Without this file the unready would be locked out or hold everybody up: the named wave that has them next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from migration.calendar import Calendar
from migration.model import Document, Plan, PlannedWave
from migration.waves import Strategy, dates

LEFT = "left"


@dataclass(frozen=True, slots=True)
class Unready:
    """Somebody whom ENFORCE would refuse, and why; `reason` is a readiness code, or LEFT."""

    account_id: str
    person_key: str
    reason: str
    because: str


@dataclass(frozen=True, slots=True)
class CarryOver:
    """
    Who does not come along, and where they go.

    Attributes:
        wave: The wave that has them next, with its dates; None where all of them have left.
        people: In order of their account ids.
    """

    wave: PlannedWave | None
    people: tuple[Unready, ...]

    @property
    def documents(self) -> tuple[Document, ...]:
        """The people as plain JSON values, each with the wave that has them next; who left is in none."""
        return tuple(
            {
                "account": one.account_id,
                "person": one.person_key,
                "reason": one.reason,
                "because": one.because,
                "wave": self.wave.key if self.wave and one.reason != LEFT else None,
            }
            for one in self.people
        )

    @property
    def account_ids(self) -> frozenset[str]:
        """Everyone who does not come along."""
        return frozenset(one.account_id for one in self.people)


NOBODY = CarryOver(None, ())


def carry_over(
    wave: PlannedWave, unready: Sequence[Unready], plan: Plan, strategy: Strategy, calendar: Calendar, *, today: date
) -> CarryOver:
    """
    Name and date the wave of those who are not ready.

    Args:
        wave: The wave that goes on without them.
        unready: Whom ENFORCE would refuse.
        plan: Its waves' names are taken.
        strategy: How long people have to enrol, and an enforced wave to prove itself.
        calendar: Freezes are skipped.
        today: They are asked again from the next open day on.
    """
    people = tuple(sorted(unready, key=lambda one: one.account_id))
    staying = sum(one.reason != LEFT for one in people)
    if not staying:
        return CarryOver(None, people)
    origin = wave.carried_from or wave.key
    taken = sum(other.carried_from is not None and other.key.startswith(f"{origin}-carried-") for other in plan.waves)
    enrol_on, enforce_on, settle_on = dates(today + timedelta(days=1), strategy, calendar)
    number = max(other.number for other in plan.waves if other.cohort == wave.cohort) + 1
    return CarryOver(
        PlannedWave(
            key=f"{origin}-carried-{taken + 1}",
            cohort=wave.cohort,
            number=number,
            member_count=staying,
            enrol_on=enrol_on,
            enforce_on=enforce_on,
            settle_on=settle_on,
            carried_from=wave.key,
        ),
        people,
    )
