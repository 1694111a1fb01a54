"""Without this file a plan could flood the help desk: what the coming weeks ask of it, and what it can take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from migration.posture import Method
from migration.rounds import WEEK, Rounds

MILLI = 1000  # of a ticket
UNKNOWN = "unknown"  # what somebody holds of whom the snapshot says nothing
_CODES = frozenset({Method.PUSH, Method.APP_CODE, Method.TOTP, Method.TAP})
_PHONES = frozenset({Method.SMS, Method.VOICE})
_WORDS = frozenset({Method.EMAIL, Method.QUESTION})
_KEYS = frozenset(
    {Method.FASTPASS, Method.PASSKEY_SYNCED, Method.PASSKEY_BOUND, Method.SECURITY_KEY, Method.WINDOWS_HELLO}
)
# The strongest that somebody holds, in the words of the costs, from the top.
_LADDER: Sequence[tuple[str, frozenset[Method]]] = (
    ("weaker-passkey", _KEYS),
    ("code-or-push", _CODES),
    ("phone", _PHONES),
    ("email-or-question", _WORDS),
)


@dataclass(frozen=True, slots=True)
class Coming:
    """
    One wave that has not been enforced: when it will be, and what its people hold.

    Attributes:
        enforce_on: The first day on which it can be.
        holds: What is held, in the words of the costs → people; UNKNOWN costs as much as the dearest.
    """

    wave: str
    enforce_on: date
    holds: Mapping[str, int]

    @property
    def people_count(self) -> int:
        """Everyone in it."""
        return sum(self.holds.values())


@dataclass(frozen=True, slots=True)
class DeskWeek:
    """One week of the help desk: its Monday, who is moved in it, and milli-tickets: expected, and the most it takes."""

    starts_on: date
    waves: tuple[str, ...]
    people_count: int
    cost: int
    most_cost: int

    @property
    def is_short(self) -> bool:
        """It would be asked for more than it can take."""
        return self.cost > self.most_cost


@dataclass(frozen=True, slots=True)
class HelpDesk:
    """
    What the coming waves ask of the help desk.

    Attributes:
        weeks: From this week to the last in which somebody is moved, the quiet ones among them.
        short_from: The Monday of the first week that is short; None where all can be taken.
        costs: What is held → milli-tickets a person.
        planned_count: The people that its capacity is counted from.
        per_day: Milli-tickets a working day and planned person.
    """

    weeks: tuple[DeskWeek, ...]
    short_from: date | None
    costs: Mapping[str, int]
    planned_count: int
    per_day: float


def holds(methods: Iterable[str], *, is_ready: bool) -> str:
    """Return what somebody holds in the words of the costs: the target, or the strongest beside it."""
    if is_ready:
        return "target"
    held = frozenset(methods)
    return next((word for word, kinds in _LADDER if held & kinds), "nothing")


def help_desk(coming: Sequence[Coming], rounds: Rounds, *, planned_count: int) -> HelpDesk:
    """
    Spread the cost of every coming wave over the weeks, and hold it against what the help desk can take.

    Args:
        coming: Waves that have not been enforced; each costs in the week in which it is.
        rounds: From the Monday of this week on: what a person costs, and what a week takes.
        planned_count: Everyone with a wave, those who have moved included.
    """
    if not coming:
        return HelpDesk((), None, rounds.costs, planned_count, rounds.help_desk_per_day)
    last_on = max(one.enforce_on for one in coming)
    takes = {}
    for limit in rounds.limits(planned_count):
        if limit.starts_on > last_on:
            break
        takes[_monday(limit.starts_on)] = limit.most_cost
    weeks = []
    monday = rounds.first_on
    while monday <= last_on:
        inside = [one for one in coming if monday <= one.enforce_on < monday + WEEK]
        weeks.append(
            DeskWeek(
                starts_on=monday,
                waves=tuple(one.wave for one in inside),
                people_count=sum(one.people_count for one in inside),
                cost=sum(_cost(one, rounds.costs) for one in inside),
                most_cost=takes.get(monday, 0),
            )
        )
        monday += WEEK
    short = next((one.starts_on for one in weeks if one.is_short), None)
    return HelpDesk(tuple(weeks), short, rounds.costs, planned_count, rounds.help_desk_per_day)


def this_week(today: date) -> date:
    """Return the Monday of the week that *today* lies in."""
    return _monday(today)


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _cost(one: Coming, costs: Mapping[str, int]) -> int:
    dearest = max(costs.values(), default=0)
    return sum(count * costs.get(word, dearest) for word, count in one.holds.items())
