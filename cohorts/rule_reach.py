"""Without this file a rule could stand in the book for years and decide nothing: which are never reached, and why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cohorts.columns import ASKABLE
from cohorts.facts import Atom
from cohorts.rule_conditions import ALL, ANY, NOT, TEXT_TESTS, Branch, Condition, Leaf
from cohorts.rule_plain import joined, opposite, plain
from cohorts.rules import Rule

EVERYONE = Branch(ALL, ())
# A list may answer these though nobody knows the whole of it.
OF_SOME_NAMES = frozenset({"has_one_of", "has_all_of", "matches", "nonempty", "not has_only"})


def unreachable(rules: Sequence[Rule], titles: Sequence[str]) -> tuple[str, ...]:
    """Say which rules can match nobody: an earlier one takes all of them, or they contradict themselves.

    Only what can be proved is told; *titles* say which rule is which.
    """
    proof = _Proof()
    wholes = [joined(ALL, [plain(one) for one in rule.when]) if rule.when else EVERYONE for rule in rules]
    found = []
    for later, whole in enumerate(wholes):
        if proof.is_impossible(whole):
            found.append(f"{titles[later]} is never reached: its conditions contradict each other")
            continue
        before = next((earlier for earlier in range(later) if proof.follows(whole, wholes[earlier])), None)
        if before is not None:
            found.append(f"{titles[later]} is never reached: {titles[before]} takes everyone whom it could match")
    return tuple(found)


class _Proof:
    """What follows from what; nothing is proved twice, or deep nesting would take for ever."""

    def __init__(self) -> None:
        # By identity: the conditions are kept with the answer, so that no other takes their place.
        self._known: dict[tuple[int, int], tuple[Condition, Condition, bool]] = {}

    def follows(self, given: Condition, asked: Condition) -> bool:
        """Say whether *asked* surely holds wherever *given* surely does; False where we cannot tell. Both are plain."""
        if _is_single(given) and _is_single(asked):
            return _single_follows(given, asked)
        key = (id(given), id(asked))
        if key not in self._known:
            self._known[key] = (given, asked, self._follows(given, asked))
        return self._known[key][2]

    def _follows(self, given: Condition, asked: Condition) -> bool:
        if given == asked:
            return True
        if isinstance(asked, Branch) and asked.how == ALL:
            return all(self.follows(given, one) for one in asked.inner)
        if isinstance(given, Branch) and given.how == ANY:
            return all(self.follows(one, asked) for one in given.inner)
        if isinstance(asked, Branch) and asked.how == ANY and any(self.follows(given, one) for one in asked.inner):
            return True
        return isinstance(given, Branch) and given.how == ALL and any(self.follows(one, asked) for one in given.inner)

    def is_impossible(self, condition: Condition) -> bool:
        """Say whether a plain condition can hold of nobody, as far as pairs of questions show it."""
        if not isinstance(condition, Branch) or condition.how == NOT:
            return False
        if condition.how == ANY:
            return all(self.is_impossible(one) for one in condition.inner)
        singles = [one for one in condition.inner if _is_single(one)]
        choices = [one for one in condition.inner if not _is_single(one)]
        if any(self._exclude(one, other) for place, one in enumerate(singles) for other in singles[:place]):
            return True
        return any(all(self._is_shut(one, singles) for one in _options(choice)) for choice in choices)

    def _is_shut(self, option: Condition, singles: Sequence[Condition]) -> bool:
        if self.is_impossible(option):
            return True
        parts = option.inner if isinstance(option, Branch) and option.how == ALL else (option,)
        return any(self._exclude(part, one) for part in parts if _is_single(part) for one in singles)

    def _exclude(self, one: Condition, other: Condition) -> bool:
        if _column(one) != _column(other):
            return False
        return self.follows(one, opposite(other)) or self.follows(other, opposite(one))


def _options(choice: Condition) -> tuple[Condition, ...]:
    return choice.inner if isinstance(choice, Branch) and choice.how == ANY else (choice,)


def _is_single(condition: Condition) -> bool:
    return isinstance(condition, Leaf) or condition.how == NOT


def _question(condition: Condition) -> tuple[Leaf, str]:
    """Return the question of a single condition, and its test with "not" before it where it is denied."""
    if isinstance(condition, Leaf):
        return condition, condition.test
    inner = condition.inner[0]
    assert isinstance(inner, Leaf)  # noqa: S101 - plain conditions deny nothing else
    return inner, f"not {inner.test}"


def _column(condition: Condition) -> str:
    return _question(condition)[0].column


def _single_follows(given: Condition, asked: Condition) -> bool:
    one, test = _question(given)
    other, asked_test = _question(asked)
    if one.column != other.column or given == asked:
        return one.column == other.column
    is_list = ASKABLE.get(one.column) == "names"
    if asked_test == "present":
        return test != "missing" and not (is_list and test in OF_SOME_NAMES)
    if "missing" in {test, asked_test} or test == "present":
        return False
    if is_list:
        follows = NAMES_FOLLOW.get((test, asked_test))
        return follows is not None and follows(one.value, other.value)
    # Whoever does not meet what is asked does not meet what is given either; both are known of the same people.
    back, then = opposite(asked), opposite(given)
    return _value_follows(given, asked) or (_is_single(back) and _is_single(then) and _value_follows(back, then))


def _value_follows(given: Condition, asked: Condition) -> bool:
    """Say whether one answer about one text or number gives another."""
    one, test = _question(given)
    other, asked_test = _question(asked)
    if test == "one_of":
        return _texts_follow(one.value, other.value, asked_test)
    follows = VALUES_FOLLOW.get((test, asked_test))
    return given == asked or (follows is not None and follows(one.value, other.value))


def _texts_follow(texts: Sequence[str], value: Any, asked_test: str) -> bool:
    test = asked_test.removeprefix("not ")
    if test == "matches" and not all(map(str.isascii, texts)):
        return False
    answers = TEXT_TESTS[test](_spellings(texts) if test == "matches" else texts, value)
    return not answers.any() if test != asked_test else bool(answers.all())


def _spellings(texts: Sequence[str]) -> list[str]:
    """Return how folded texts may have been written: an expression tells "ss" from "ß", which folding does not."""
    return [spelling for text in texts for spelling in (text, text.replace("ss", "ß"))]


def _all_match(names: Sequence[str], expression: str) -> bool:
    return all(map(str.isascii, names)) and bool(Atom("matches", (expression,)).holds(_spellings(names)).all())


def _one_matches(names: Sequence[str], expression: str) -> bool:
    return any(name.isascii() and _all_match([name], expression) for name in names)


Follows = Callable[[Any, Any], bool]
# What is given, and what is asked → whether their values make the one follow from the other.
VALUES_FOLLOW: Mapping[tuple[str, str], Follows] = {
    ("range", "range"): lambda given, asked: given[0] >= asked[0] and given[1] <= asked[1],
    ("starts_with", "starts_with"): lambda given, asked: given.startswith(asked),
    ("starts_with", "not starts_with"): lambda given, asked: not (given.startswith(asked) or asked.startswith(given)),
}
NAMES_FOLLOW: Mapping[tuple[str, str], Follows] = {
    ("has_one_of", "nonempty"): lambda _given, _asked: True,
    ("has_one_of", "has_one_of"): lambda given, asked: set(given) <= set(asked),
    ("has_one_of", "matches"): _all_match,
    ("has_one_of", "not has_only"): lambda given, asked: not set(given) & set(asked),
    ("has_all_of", "nonempty"): lambda _given, _asked: True,
    ("has_all_of", "has_one_of"): lambda given, asked: bool(set(given) & set(asked)),
    ("has_all_of", "has_all_of"): lambda given, asked: set(asked) <= set(given),
    ("has_all_of", "matches"): _one_matches,
    ("has_all_of", "not has_only"): lambda given, asked: not set(given) <= set(asked),
    ("matches", "nonempty"): lambda _given, _asked: True,
    ("has_only", "nonempty"): lambda _given, _asked: True,
    ("has_only", "has_one_of"): lambda given, asked: set(given) <= set(asked),
    ("has_only", "has_only"): lambda given, asked: set(given) <= set(asked),
    ("has_only", "has_none_of"): lambda given, asked: not set(given) & set(asked),
    ("has_only", "not has_all_of"): lambda given, asked: not set(asked) <= set(given),
    ("has_only", "matches"): _all_match,
    ("has_none_of", "has_none_of"): lambda given, asked: set(asked) <= set(given),
    ("has_none_of", "not has_all_of"): lambda given, asked: bool(set(given) & set(asked)),
    ("not has_all_of", "not has_all_of"): lambda given, asked: set(given) <= set(asked),
    ("empty", "has_none_of"): lambda _given, _asked: True,
    ("empty", "not has_all_of"): lambda _given, _asked: True,
    ("empty", "not matches"): lambda _given, _asked: True,
    ("empty", "not has_only"): lambda _given, _asked: True,
}
