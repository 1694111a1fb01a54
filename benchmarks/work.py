"""
Without this file everyone would be measured at other work: whom the rule book places where, and who moves when.

The rules are those of rules.toml. What follows is fixed here, in numbers, for every program but the product, which
is told the same in its own words (ours.py).
"""

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AT = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
RULES = Path(__file__).parent / "rules.toml"
# Canonical column → what the synthetic directory calls it.
FIELDS: Mapping[str, str] = {
    "status": "status",
    "user_type": "userType",
    "department": "department",
    "title": "title",
    "country": "country",
    "device_type": "deviceType",
    "roles": "adminRoles",
    "groups": "groups",
    "last_login_age_days": "lastLogin",
}
LISTS = ("adminRoles", "groups")
CODED = ("status", "userType", "department", "title", "country", "deviceType")
USER_COLUMNS = ["id", *FIELDS.values()]
FACTOR_COLUMNS = ["userId", "factorType", "status"]
PLAN_COLUMNS = ("id", "department", "cohort", "readiness", "wave", "wave_start")

# Method → bit; the best that is active decides readiness, and readiness what the help desk has to expect.
BITS: Mapping[str, int] = {"sms": 1, "call": 2, "email": 4, "push": 8, "totp": 16, "webauthn": 32, "fastpass": 64}
LADDER: Sequence[tuple[str, int, int]] = (  # readiness, bits of which one is enough, milli-tickets
    ("target", 32 | 64, 10),
    ("code-or-push", 8 | 16, 60),
    ("phone", 1 | 2, 150),
    ("email-or-question", 4, 200),
    ("nothing", 0, 300),
)
READINESS = tuple(word for word, _, _ in LADDER)

# Who is in one of these cohorts is in no wave.
UNPLANNED = ("out-of-scope", "service", "break-glass")
LARGEST_SHARE = 0.06  # of the planned people, in one wave
DEPARTMENT_SHARE = 0.20  # of a department, in one wave; at least one person
MILLI_TICKETS_A_DAY = 1.0  # for each planned person
FIRST_ON = dt.date(2026, 2, 2)
WORKING_DAYS, DAYS_BETWEEN = 5, 7
FREEZES = ((dt.date(2026, 3, 27), dt.date(2026, 4, 3)), (dt.date(2026, 6, 26), dt.date(2026, 7, 3)))
MOST_WAVES = 400


@dataclass(frozen=True, slots=True)
class Condition:
    """One question of a rule, on a column as the directory calls it; *is_negated* turns the answer around."""

    field: str
    test: str
    value: Any
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """Who matches all conditions belongs to the cohort with this number."""

    cohort: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The rule book: names of the cohorts in the order in which they move, and the rules, the last for all."""

    cohorts: tuple[str, ...]
    rules: tuple[Rule, ...]

    @property
    def planned_count(self) -> int:
        """How many of the cohorts move at all; they come first."""
        return len(self.cohorts) - len(UNPLANNED)


def read_book(path: Path = RULES) -> Book:
    """Read the rule book; a question about a look-up becomes one about what it is looked up from."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    cohorts = tuple(told["cohorts"])

    def condition(plain: Any, *, is_negated: bool = False) -> Condition:
        if isinstance(plain, dict):
            return condition(plain["not"], is_negated=not is_negated)
        column, test, value = plain
        if lookup := told["lookup"].get(column):
            column, value = lookup["from"], [key for key, found in lookup["values"].items() if found in value]
        return Condition(FIELDS[column], test, value, is_negated)

    rules = (
        Rule(cohorts.index(rule["cohort"]), tuple(condition(one) for one in rule.get("when", ())))
        for rule in told["rule"]
    )
    return Book(cohorts, tuple(rules))


def calendar(planned_count: int) -> Iterator[tuple[dt.date, int]]:
    """Yield of every wave its first day and the milli-tickets it may cost; a week that is all frozen has none."""
    a_day = int(MILLI_TICKETS_A_DAY * planned_count)
    monday, found = FIRST_ON, 0
    while found < MOST_WAVES:
        week = [monday + dt.timedelta(days) for days in range(WORKING_DAYS)]
        is_open = [not any(first <= day <= last for first, last in FREEZES) for day in week]
        if any(is_open):
            yield week[is_open.index(True)], a_day * sum(is_open)
            found += 1
        monday += dt.timedelta(DAYS_BETWEEN)
