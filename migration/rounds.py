"""Without this file a million people could move in one week: how many may, what they may cost, and on which days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from migration.calendar import SATURDAY, Calendar

WEEK = timedelta(days=7)
# What somebody is expected to cost the help desk, in milli-tickets, by the strongest method that they hold.
COSTS: Mapping[str, int] = {
    "target": 10,
    "weaker-passkey": 40,
    "code-or-push": 60,
    "phone": 150,
    "email-or-question": 200,
    "nothing": 300,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """
    What one round can take.

    Attributes:
        number: Its place among the rounds, from 0.
        starts_on: Its first working day outside every freeze.
        most_people: People that may move in it.
        most_cost: Milli-tickets that the help desk can answer in it.
    """

    number: int
    starts_on: date
    most_people: int
    most_cost: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """
    How a planned population is spread over weeks: a round is a week with at least one open day.

    Attributes:
        calendar: Its freezes close days; a week that they close whole is no round. The finishing date moves nothing.
        first_on: The first day of the first week; every week begins on the same day of the week.
        costs: Readiness code → milli-tickets that such a person is expected to cost the help desk.
        largest_share: Share of all planned people that one round may take; at least one person.
        department_share: Share of a department that one round may take; at least one person.
        help_desk_per_day: Milli-tickets that the help desk answers on a working day, per planned person.
        least_cost: Milli-tickets that every round can take, however few people are planned. At 0 a small organisation
            may have a person who fits into no round; `max(costs.values())` lets each round take one of any readiness.
        most_rounds: Rounds after which planning gives up; whoever is left is reported, not forgotten.
    """

    calendar: Calendar
    first_on: date
    costs: Mapping[str, int]
    largest_share: float = 0.06
    department_share: float = 0.20
    help_desk_per_day: float = 1.0
    least_cost: int = 0
    most_rounds: int = 400

    def limits(self, planned_count: int) -> Iterator[Limit]:
        """
        Yield the rounds in the order of their dates.

        Args:
            planned_count: People who are to move in any round, those of rounds that are over included.
        """
        most_people = max(1, ceil(planned_count * self.largest_share))
        cost_per_day = int(self.help_desk_per_day * planned_count)
        number = 0
        for first_on in self._weeks():
            if number >= self.most_rounds:
                return
            if days := self._open_days(first_on):
                yield Limit(number, days[0], most_people, max(self.least_cost, cost_per_day * len(days)))
                number += 1

    def _weeks(self) -> Iterator[date]:
        """Yield the first day of every week until dates end; a freeze without end must not be waited for."""
        day = self.first_on
        while day <= date.max - WEEK:
            yield day
            day += WEEK

    def _open_days(self, first_on: date) -> list[date]:
        days = [first_on + timedelta(days=later) for later in range(WEEK.days)]
        return [day for day in days if day.weekday() < SATURDAY and not self.calendar.freeze_on(day)]


def usual(first_on: date) -> Rounds:
    """Return rounds without freezes, each of which can take one person of any readiness."""
    return Rounds(Calendar(date.max), first_on, COSTS, least_cost=max(COSTS.values()))
