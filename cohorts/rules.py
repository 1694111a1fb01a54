"""Without this file nobody could say why a person is in a cohort, nor change it without a programmer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cohorts.columns import ASKABLE
from cohorts.facts import Atom, Facts, Mask, Names
from cohorts.rule_answers import Answers, Asking, Lookups, blocks, seen
from cohorts.rule_conditions import ALL, Branch, Condition, Leaf, atoms_of, leaves
from cohorts.snapshot import COHORTS

RULES_PATH = Path(__file__).with_name("rules.toml")
MOST_BYTE = 254  # so many rules have their marks, and one more, in a byte


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the risk policy: who, where to, and why."""

    cohort: str
    because: str
    when: tuple[Condition, ...] = ()  # all must hold; () is everyone


@dataclass(frozen=True, slots=True)
class Expect:
    """An example that the owner of a rule book wrote down: a person, and where the book must put them."""

    person: Mapping[str, Any]
    cohort: str
    because: str | None = None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Ordered rules, of which the last matches everyone.

    Attributes:
        rules: Tried in order; the first that matches counts.
        digest: sha-256 over what the book says, not how it is laid out.
        cohorts: All that there are, riskiest first.
        lookups: Derived column → the column it comes from, and the table; its words are case folded.
        targets: Cohort → methods of which one makes a member ready; None is ours.
        expects: Examples; `rule_trial` runs them.
    """

    rules: tuple[Rule, ...]
    digest: str
    cohorts: tuple[str, ...] = COHORTS
    lookups: Lookups = field(default_factory=dict)
    targets: Mapping[str, frozenset[str]] | None = None
    expects: tuple[Expect, ...] = ()

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Return every different question of the book, in order."""
        return tuple(dict.fromkeys(leaf for rule in self.rules for one in rule.when for leaf in leaves(one)))

    @property
    def columns(self) -> frozenset[str]:
        """Return the columns that the book asks about; of a look-up, the one that it comes from."""
        asked = {leaf.column for leaf in self.leaves}
        return frozenset(self.lookups[column][0] if column in self.lookups else column for column in asked)

    def atoms(self, column: str) -> tuple[Atom, ...]:
        """Return every question that the book asks about single names of a list column."""
        told = (atom for leaf in self.leaves if leaf.column == column for atom in atoms_of(leaf))
        return tuple(dict.fromkeys(told))

    @property
    def atoms_by_column(self) -> dict[str, tuple[Atom, ...]]:
        """Return list column → every question that the book asks about its names."""
        return {column: self.atoms(column) for column, kind in ASKABLE.items() if kind == "names"}

    def riskier(self, first: str, second: str) -> str:
        """Return the riskier of two cohorts."""
        return min(first, second, key=self.cohorts.index)


def first_match(book: RuleBook, facts: Facts) -> npt.NDArray[np.uint16]:
    """Return for each of n people the number, from 1, of the first rule that matches; the last matches all."""
    number = np.empty(facts.count, np.uint16)
    answers: dict[Leaf, Answers] = {}
    for rows, some in blocks(facts):
        number[rows] = _first(len(book.rules), matches(book, some, answers))
    return number


def matches(book: RuleBook, facts: Facts, answers: dict[Leaf, Answers]) -> Iterator[Mask | None]:
    """Yield for each rule where it matches; None is everywhere. *answers* is kept from block to block."""
    asking = Asking(facts, book.lookups, answers)
    return (asking.all_hold(rule.when) for rule in book.rules)


def _first(count: int, found: Iterable[Mask | None]) -> npt.NDArray[np.unsignedinteger] | int:
    """Return the first of *count* rules that matches, for each person."""
    kind = np.uint8 if count <= MOST_BYTE else np.uint16
    best: npt.NDArray[np.unsignedinteger] | None = None
    # The earlier the rule, the larger its mark: the largest mark is the first match, without a look at who is left.
    for mark, mask in zip(range(count, 0, -1), found, strict=True):
        if mask is None:
            break
        marked = mask.view(np.uint8) * kind(mark)
        best = marked if best is None else np.maximum(best, marked, out=best)
    if best is None:
        return 1
    # The rule that takes everyone has the mark at which the loop ended.
    number: npt.NDArray[np.unsignedinteger] = kind(count + 1) - np.maximum(best, kind(mark))
    return number


def match_counts(book: RuleBook, facts: Facts) -> tuple[tuple[int, int], ...]:
    """Return per rule how many people it took, and how many it would have taken had it stood first."""
    told = np.zeros((len(book.rules), 2), np.int64)
    answers: dict[Leaf, Answers] = {}
    for _, some in blocks(facts):
        found = list(matches(book, some, answers))
        first = np.broadcast_to(np.asarray(_first(len(book.rules), found)), some.count)
        told[:, 0] += np.bincount(first, minlength=len(book.rules) + 1)[1:]
        told[:, 1] += np.array([some.count if mask is None else np.count_nonzero(mask) for mask in found])
    return tuple((int(taken), int(would)) for taken, would in told)


@dataclass(frozen=True, slots=True)
class TriedCondition:
    """One condition of a rule, asked of one person.

    Attributes:
        words: The condition, as people read it.
        value: The value that it saw; None is not known, or the condition is one about others, which follow.
        outcome: "yes", "no" or "unknown".
        depth: How deep it is nested: the conditions after it that are deeper are its own.
        column: What it asks about; empty where it is one about others.
    """

    words: str
    value: Any
    outcome: str
    depth: int = 0
    column: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule, tried on one person."""

    number: int
    cohort: str
    because: str
    outcome: str
    conditions: tuple[TriedCondition, ...]


def trace(
    book: RuleBook, facts: Facts, row: int, names: Mapping[str, Sequence[str]] | None = None
) -> tuple[Tried, ...]:
    """Return every rule that was tried on one person, up to the one that matched.

    Args:
        book: The rules.
        facts: Of n people.
        row: The person.
        names: List column → the names to show; facts keep only the answers about them.
    """
    asking = Asking(facts.row(row), book.lookups)

    def told(condition: Condition, depth: int) -> Iterator[TriedCondition]:
        outcome = _outcome(asking, condition)
        if isinstance(condition, Leaf):
            value = seen(asking, condition.column, book.lookups)
            if isinstance(facts.columns.get(condition.column), Names) and condition.column in (names or {}):
                value = list((names or {})[condition.column])
            yield TriedCondition(condition.words, value, outcome, depth, condition.column)
            return
        yield TriedCondition(condition.words, None, outcome, depth)
        for inner in condition.inner:
            yield from told(inner, depth + 1)

    tried = []
    for number, rule in enumerate(book.rules, start=1):
        outcome = _outcome(asking, Branch(ALL, rule.when)) if rule.when else "yes"
        conditions = tuple(one for condition in rule.when for one in told(condition, 0))
        tried.append(Tried(number, rule.cohort, rule.because, outcome, conditions))
        if outcome == "yes":
            break
    return tuple(tried)


def _outcome(asking: Asking, condition: Condition) -> str:
    if asking.surely(condition)[0]:
        return "yes"
    return "no" if asking.surely_not(condition)[0] else "unknown"


def marks(book: RuleBook, facts: Facts) -> tuple[tuple[str, ...], npt.NDArray[np.uint32]]:
    """Return what the book's questions answered of n people, column by column, and nothing else of them.

    Returns:
        The columns that are asked about, and shape (n, columns): equal numbers where every question about the column
        has the same answer.
    """
    asking = Asking(facts, book.lookups)
    columns = tuple(sorted({leaf.column for leaf in book.leaves}))
    told = np.zeros((facts.count, len(columns)), np.uint32)
    for leaf in book.leaves:
        answer = np.where(asking.surely(leaf), 1, np.where(asking.surely_not(leaf), 0, 2)).astype(np.uint32)
        place = columns.index(leaf.column)
        # The answers as digits to the base 3; past twenty questions of one column they run over, as a hash does.
        told[:, place] = told[:, place] * np.uint32(3) + answer
    return columns, told
