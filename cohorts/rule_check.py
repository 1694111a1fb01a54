"""Without this file a slip in a condition would be found by the people it misplaced: conditions, checked as written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cohorts.columns import ASKABLE, EMPLOYMENTS, PLATFORMS, STATUSES
from cohorts.rule_conditions import (
    ALL,
    ANY,
    KNOWN_TESTS,
    NOT,
    SET_TESTS,
    SIZE_TESTS,
    TESTS,
    Branch,
    Condition,
    Leaf,
)
from cohorts.snapshot import METHODS

# Columns of which all words are known: another one is a slip.
WORDS: Mapping[str, frozenset[str]] = {
    "idp": frozenset({"okta", "entra", "hr"}),
    "status": STATUSES,
    "employment": EMPLOYMENTS,
    "platforms": PLATFORMS,
    "methods": frozenset(METHODS),
}
MOST_NESTING = 20
MOST_SHOWN = 80
MOST_NUMBER = 2**31
LIST_TESTS = ("one_of", "none_of", *SET_TESTS)
HOW = f"a condition is [column, test, value], {{{ANY} = [...]}}, {{{ALL} = [...]}} or {{{NOT} = ...}}"


def shown(value: Any) -> str:
    """Return a value as a message may show it: short, and without anybody's address."""
    told = repr(value)
    if "@" in told:
        return "a value with an address in it"
    return told if len(told) <= MOST_SHOWN else f"{told[: MOST_SHOWN - 3]}..."


def fits(kind: str, value: Any) -> bool:
    """Say whether *value* is one that a column of this kind may hold."""
    match kind:
        case "names":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "yes or no":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_NUMBER
        case _:
            return isinstance(value, str)


def strange_words(column: str, values: Iterable[str], words: Mapping[str, frozenset[str]] = WORDS) -> str:
    """Say which of *values* a column that knows its words does not know; empty where there is none."""
    if column not in words:
        return ""
    known = {one.casefold() for one in words[column]}
    strange = [shown(value) for value in values if value.casefold() not in known]
    told = ", ".join(sorted(words[column])[:MOST_SHOWN])
    return f"knows {told}, not {', '.join(strange)}" if strange else ""


@dataclass(frozen=True, slots=True)
class Checking:
    """Conditions while they are read; `problems` collects all that is wrong.

    Attributes:
        kinds: Column, or look-up → what it holds.
        words: Column, or look-up → all that it may say, where that is known.
        problems: What is wrong, in words.
    """

    kinds: Mapping[str, str] = field(default_factory=lambda: ASKABLE)
    words: Mapping[str, frozenset[str]] = field(default_factory=lambda: WORDS)
    problems: list[str] = field(default_factory=list)

    def condition(self, told: Any, depth: int = 0) -> Condition | None:
        """Return one condition as written in TOML; None where something is wrong with it."""
        if depth > MOST_NESTING:
            self.problems.append(f"conditions are nested more than {MOST_NESTING} deep")
            return None
        match told:
            case {"any": list() as inner, **rest} | {"all": list() as inner, **rest} if not rest and inner:
                found = [self.condition(one, depth + 1) for one in inner]
                return Branch(next(iter(told)), tuple(one for one in found if one is not None)) if all(found) else None
            case {"any": [], **rest} | {"all": [], **rest} if not rest:
                self.problems.append(f"`{next(iter(told))}` needs at least one condition")
            case {"not": inner, **rest} if not rest:
                only = self.condition(inner, depth + 1)
                return Branch(NOT, (only,)) if only is not None else None
            case [str() as column, str() as test, value]:
                return self._leaf(column, test, value)
            case _:
                self.problems.append(f"{HOW}, not {shown(told)}")
        return None

    def _leaf(self, column: str, test: str, value: Any) -> Leaf | None:
        kind = self.kinds.get(column)
        if kind is None:
            self.problems.append(f"nothing is known of {shown(column)}; ask about {', '.join(self.kinds)}")
            return None
        if test not in TESTS[kind]:
            self.problems.append(f"{column!r} holds {kind} and knows {', '.join(TESTS[kind])}, not {shown(test)}")
            return None
        problem = next(self._value_problems(kind, column, test, value), "")
        if problem:
            self.problems.append(f"{column!r} {test} {problem}")
            return None
        return Leaf(column, test, value if test == "matches" else _folded(value))

    def _value_problems(self, kind: str, column: str, test: str, value: Any) -> Iterator[str]:
        """Say what is wrong with the value of a test."""
        if test in KNOWN_TESTS or kind == "yes or no":
            if not isinstance(value, bool):
                yield f"takes true or false, not {shown(value)}"
        elif test in SIZE_TESTS:
            if value is not True:
                yield f"takes true, not {shown(value)}"
        elif kind == "number":
            yield from _number_problems(test, value)
        elif test in LIST_TESTS:
            yield from _list_problems(value) or [strange_words(column, value, self.words)]
        elif not isinstance(value, str) or not value:
            yield f"takes a text, not {shown(value)}"
        elif test == "matches":
            yield refused_expression(value)
        elif test in {"is", "is_not"}:
            yield strange_words(column, [value], self.words)


def _number_problems(test: str, value: Any) -> Iterator[str]:
    if test != "between":
        if not fits("number", value):
            yield f"takes a whole number, not {shown(value)}"
        return
    match value:
        case [low, high] if fits("number", low) and fits("number", high):
            if low > high:
                yield f"takes the smaller number first, not {shown(value)}"
        case _:
            yield f"takes two whole numbers, not {shown(value)}"


def _list_problems(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        return [f"takes a list of texts, not {shown(value)}"]
    return []


def refused_expression(value: str) -> str:
    """Ask the engine that will run it: RE2 takes no time out of proportion, and so knows no look-behind."""
    try:
        pc.match_substring_regex(pa.array([""]), value, ignore_case=True)
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        return f"takes an RE2 expression, and {shown(value)} is none: {str(error).splitlines()[0]}"
    return ""


def _folded(value: Any) -> Any:
    match value:
        case str():
            return value.casefold()
        case [str(), *_]:
            return tuple(sorted({one.casefold() for one in value}))
        case list():
            return tuple(value)
        case _:
            return value
