"""Without this file nobody could say why a person is in a cohort, nor change it without a programmer."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cohorts.columns import ASKABLE
from cohorts.errors import RuleBookInvalid
from cohorts.snapshot import COHORTS, digest_of

RULES_PATH = Path(__file__).with_name("rules.toml")
Condition = tuple[str, str, Any]  # column, test, value


def _text(match: Callable[[str, Any], bool]) -> Callable[[pd.Series, Any], pd.Series]:
    """Test each distinct text once, without regard to case; an unknown never matches."""

    def test(column: pd.Series, value: Any) -> pd.Series:
        codes, texts = pd.factorize(column)
        # An unknown has the code -1, and so the answer that stands last.
        answers = np.array([match(str(text).casefold(), value) for text in texts] + [False], dtype=bool)
        return pd.Series(answers[codes], index=column.index)

    return test


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _mentions(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words.casefold())}(?!\w)", text) is not None


def _has_one_of(column: pd.Series, names: list[str]) -> pd.Series:
    wanted = {name.casefold() for name in names}
    answers = {held: any(name.casefold() in wanted for name in held) for held in set(column)}
    return pd.Series([answers[held] for held in column], index=column.index, dtype=bool)


# What is asked of a column, by what the column holds.
TESTS: Mapping[str, Mapping[str, Callable[[pd.Series, Any], pd.Series]]] = {
    "text": {
        "is": _text(lambda text, value: text == value.casefold()),
        "one_of": _text(lambda text, values: text in {value.casefold() for value in values}),
        "starts_with": _text(lambda text, value: text.startswith(value.casefold())),
        "mentions": _text(_mentions),
        "missing": lambda column, wanted: column.isna() == wanted,
    },
    "names": {"has_one_of": _has_one_of},
    "yes or no": {
        "is": lambda column, wanted: column == wanted,
        "missing": lambda column, wanted: column.isna() == wanted,
    },
    "number": {
        "at_least": lambda column, value: column >= value,
        "at_most": lambda column, value: column <= value,
        "missing": lambda column, wanted: column.isna() == wanted,
    },
}


def _wants_value(kind: str, test: str) -> tuple[str, Callable[[Any], bool]]:
    if test == "missing" or kind == "yes or no":
        return "true or false", lambda value: isinstance(value, bool)
    if test in {"one_of", "has_one_of"}:
        return (
            "a list of texts",
            lambda value: (
                isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)
            ),
        )
    if kind == "number":
        return "a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)
    return "a text", lambda value: isinstance(value, str) and bool(value)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the risk policy: who, where to, and why."""

    cohort: str
    because: str
    when: tuple[Condition, ...] = ()  # all must hold; () is everyone

    def matches(self, users: pd.DataFrame) -> pd.Series:
        """Say of each user whether every condition holds."""
        mask = pd.Series(data=True, index=users.index)
        for column, test, value in self.when:
            answer = TESTS[ASKABLE[column]][test](users[column], value)
            # An unknown never matches by accident; ask for it with "missing".
            mask &= answer.astype("boolean").fillna(value=False).astype(bool)
        return mask


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Ordered rules, of which the last matches everyone; the digest says what they say, not how."""

    rules: tuple[Rule, ...]
    digest: str


def read_rules(path: Path = RULES_PATH) -> RuleBook:
    """Read a rule book and check that it places everyone.

    Args:
        path: A TOML file of `[[rule]]` with `cohort`, `because` and `when`, a list of [column, test, value].

    Raises:
        RuleBookInvalid: It does not; `problems` says all that is wrong, not only the first.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise _invalid(path, (f"cannot be read: {told}",)) from error
    problems = [f"unknown table {name!r}" for name in document if name != "rule"]
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _invalid(path, (*problems, "rules are written as [[rule]]"))
    for number, table in enumerate(tables, start=1):
        problems += [f"rule {number}: {problem}" for problem in _problems(table)]
    if not tables or tables[-1].get("when"):
        problems.append("the last rule must match everyone: give it no `when`")
    if problems:
        raise _invalid(path, tuple(problems))
    rules = tuple(
        Rule(table["cohort"], table["because"], tuple((c, t, v) for c, t, v in table.get("when", ())))
        for table in tables
    )
    unreachable = _unreachable(rules)
    if unreachable:
        raise _invalid(path, unreachable)
    return RuleBook(rules, digest_of([[rule.cohort, rule.because, rule.when] for rule in rules]))


def _invalid(path: Path, problems: tuple[str, ...]) -> RuleBookInvalid:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return RuleBookInvalid(
        f"{count} in {path.name}: {'; '.join(problems)}",
        problems=problems,
        context=str(path),
        hint="offramp cohort check says whether it is mended",
    )


def _problems(table: Mapping[str, Any]) -> list[str]:
    found = [f"unknown key {key!r}" for key in table if key not in {"cohort", "because", "when"}]
    if table.get("cohort") not in COHORTS:
        found.append(f"no cohort is called {table.get('cohort')!r}; there are {', '.join(COHORTS)}")
    because = table.get("because")
    if not isinstance(because, str) or not because.strip():
        found.append("`because` must say why, in words")
    conditions = table.get("when", [])
    if not isinstance(conditions, list):
        return [*found, "`when` must be a list of [column, test, value]"]
    return found + [problem for condition in conditions if (problem := _problem(condition))]


def _problem(condition: Any) -> str:
    match condition:
        case [str() as column, str() as test, value]:
            kind = ASKABLE.get(column)
            if kind is None:
                return f"nothing is known of {column!r}; ask about {', '.join(ASKABLE)}"
            if test not in TESTS[kind]:
                return f"{column!r} holds {kind} and knows {', '.join(TESTS[kind])}, not {test!r}"
            wanted, fits = _wants_value(kind, test)
            return "" if fits(value) else f"{column!r} {test} takes {wanted}, not {value!r}"
        case _:
            return f"a condition is [column, test, value], not {condition!r}"


def _unreachable(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """Name the rules that match nobody whom an earlier rule has not taken."""
    return tuple(
        f"rule {later + 1} is never reached: rule {earlier + 1} takes everyone whom it could match"
        for later in range(len(rules))
        for earlier in range(later)
        if all(any(_implies(given, asked) for given in rules[later].when) for asked in rules[earlier].when)
    )


def _implies(given: Condition, asked: Condition) -> bool:
    """Say whether whatever meets *given* meets *asked* too; False where we cannot tell."""
    column, test, value = given
    if column != asked[0]:
        return False
    match test, asked[1]:
        case ("at_least", "at_least"):
            return bool(value >= asked[2])
        case ("at_most", "at_most"):
            return bool(value <= asked[2])
        case ("is" | "one_of", "is" | "one_of") | ("has_one_of", "has_one_of"):
            return _values(value) <= _values(asked[2])
        case ("starts_with", "starts_with"):
            return bool(value.casefold().startswith(asked[2].casefold()))
        case _:
            return test == asked[1] and bool(_fold(value) == _fold(asked[2]))


def _values(value: Any) -> set[Any]:
    return {_fold(one) for one in (value if isinstance(value, list) else [value])}


def classify(users: pd.DataFrame, book: RuleBook) -> pd.DataFrame:
    """Give every user one cohort and the reason for it; the first match wins.

    Args:
        users: As `normalise` gave them.
        book: As `read_rules` gave it, so that the last rule matches everyone.

    Returns:
        *users* and three columns: `cohort`, `because` and `rule`, the number of the rule, from 1.
    """
    number = pd.Series(0, index=users.index, dtype="int64")
    for position, rule in enumerate(book.rules, start=1):
        unplaced = number.eq(0)
        if not unplaced.any():
            break
        number.loc[unplaced & rule.matches(users)] = position
    told = dict(enumerate(book.rules, start=1))
    return users.assign(
        cohort=number.map({position: rule.cohort for position, rule in told.items()}).astype("string"),
        because=number.map({position: rule.because for position, rule in told.items()}).astype("string"),
        rule=number,
    )
