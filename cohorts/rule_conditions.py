"""Without this file a rule would be words: what may be asked of a column, and how conditions are put together."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.facts import Atom, Mask

ALL, ANY, NOT = "all", "any", "not"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One question about one column: `department one_of [...]`.

    Attributes:
        column: What it asks about: a column of `columns.ASKABLE`, or a look-up.
        test: One of TESTS of what the column holds.
        value: As the test takes it; texts are case folded (but an expression is not), lists are tuples.
    """

    column: str
    test: str
    value: Any

    @property
    def words(self) -> str:
        """Return the condition as people read it."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return f"{self.column} {self.test} {value!r}"


@dataclass(frozen=True, slots=True)
class Branch:
    """Several conditions that must all hold, of which one must hold, or one that must be known not to hold."""

    how: str
    inner: tuple["Condition", ...]

    @property
    def words(self) -> str:
        """Return the condition as people read it; its parts follow."""
        return {ALL: "all of these", ANY: "any of these", NOT: "not this"}[self.how]


Condition = Leaf | Branch


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield every question of a condition."""
    if isinstance(condition, Leaf):
        yield condition
    else:
        for inner in condition.inner:
            yield from leaves(inner)


def _each(test: Callable[[str, Any], bool]) -> Callable[[Sequence[str], Any], Mask]:
    def answer(texts: Sequence[str], value: Any) -> Mask:
        return np.array([test(text.casefold(), value) for text in texts], bool)

    return answer


def _one_of(texts: Sequence[str], values: Iterable[str]) -> Mask:
    wanted = frozenset(values)
    return np.array([text.casefold() in wanted for text in texts], bool)


def _matches(texts: Sequence[str], value: str) -> Mask:
    asked = pa.array(list(texts), pa.string())
    found: Mask = pc.match_substring_regex(asked, value, ignore_case=True).to_numpy(zero_copy_only=False).astype(bool)
    return found


def mentions(text: str, words: str) -> bool:
    """Say whether *words* stand in *text* as whole words; both are case folded."""
    start = text.find(words)
    while start >= 0:
        before, after = text[:start][-1:], text[start + len(words) :][:1]
        if not (_is_word(before) or _is_word(after)):
            return True
        start = text.find(words, start + 1)
    return False


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


# What is asked of each different text.
TEXT_TESTS: Mapping[str, Callable[[Sequence[str], Any], Mask]] = {
    "is": _each(lambda text, value: text == value),
    "is_not": _each(lambda text, value: text != value),
    "one_of": _one_of,
    "none_of": lambda texts, values: ~_one_of(texts, values),
    "starts_with": _each(lambda text, value: text.startswith(value)),
    "mentions": _each(mentions),
    "matches": _matches,
}
NUMBER_TESTS: Mapping[str, Callable[[Any, Any], Mask]] = {
    "at_least": lambda numbers, value: numbers >= value,
    "at_most": lambda numbers, value: numbers <= value,
    "above": lambda numbers, value: numbers > value,
    "below": lambda numbers, value: numbers < value,
    "between": lambda numbers, value: (numbers >= value[0]) & (numbers <= value[1]),
}
SET_TESTS = ("has_one_of", "has_all_of", "has_none_of", "has_only")
SIZE_TESTS = ("empty", "nonempty")
KNOWN_TESTS = ("missing", "present")
# What a column holds → what may be asked of it.
TESTS: Mapping[str, tuple[str, ...]] = {
    "text": (*TEXT_TESTS, *KNOWN_TESTS),
    "number": (*NUMBER_TESTS, *KNOWN_TESTS),
    "yes or no": ("is", *KNOWN_TESTS),
    "names": (*SET_TESTS, "matches", *SIZE_TESTS, *KNOWN_TESTS),
}


def atoms_of(leaf: Leaf) -> tuple[Atom, ...]:
    """Return the questions about single names that a condition on a list asks."""
    match leaf.test:
        case "has_one_of" | "has_none_of":
            return (Atom("one_of", tuple(sorted(leaf.value))),)
        case "has_all_of":
            return tuple(Atom("one_of", (name,)) for name in sorted(leaf.value))
        case "has_only":
            return (Atom("none_of", tuple(sorted(leaf.value))),)
        case "matches" if isinstance(leaf.value, str):
            return (Atom("matches", (leaf.value,)),)
        case _:
            return ()
