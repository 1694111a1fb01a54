"""Without this file a half-finished update could be a hole: law 6, asked after every single write."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sandbox.demo.crowd import Person, Question, accepted, every_path
from sandbox.demo.stage import Stage

Family = frozenset[frozenset[str]]
MEMBERSHIP = "/users/"
BATCH = 240  # small enough that the commands of the next step are not kept waiting


def never_worse(old: Family, now: Family, new: Family) -> str | None:
    """
    Say how *now* is worse than either side, or None when it is not.

    Each set in *now* must contain a set of *old* or *new*; each set that satisfies both *old* and *new* must
    satisfy *now*.
    """
    if now in (old, new):
        return None
    for methods in now:
        if not any(other <= methods for other in (*old, *new)):
            return f"accepts {sorted(methods)}, which neither side does"
    for before in old:
        for after in new:
            both = before | after
            if not any(methods <= both for methods in now):
                return f"refuses {sorted(both)}, which both sides accept"
    return None


def check_update(stage: Stage, people: Sequence[Person], *, first: int, last: int) -> tuple[list[str], int]:
    """
    Ask one person of every class, on every path, after every write of an update.

    Args:
        stage: The running sandbox.
        people: One of every class.
        first: The last write before the update.
        last: The last write of the update.

    Returns:
        violations: In words.
        count: How many comparisons were made.
    """
    questions = [question for person in people for question in every_path(person.id)]
    old = _families(stage, questions, first)
    new = _families(stage, questions, last)
    violations, count = [], 0
    for write in stage.writes(first):
        if write["n"] > last or not write["took_effect"]:
            continue
        now = _families(stage, questions, write["n"])
        violations += _compared(f"write {write['n']} {write['method']} {write['path']}", questions, old, now, new)
        count += len(questions)
    return violations, count


def check_memberships(stage: Stage, people: Mapping[str, Person], *, first: int, last: int) -> tuple[list[str], int]:
    """Ask each person who was moved, on every path, before, between and after the writes that moved them."""
    moves: dict[str, list[int]] = {}
    for write in memberships(stage.writes(first)):
        if write["n"] <= last and write["took_effect"]:
            moves.setdefault(write["path"].rsplit("/", 1)[-1], []).append(write["n"])
    answers = _at_their_moments(stage, moves)
    violations = [f"{person} was moved and is nobody" for person in moves if person not in people]
    count = 0
    for person, numbers in moves.items():
        old, new = answers[person, numbers[0] - 1], answers[person, numbers[-1]]
        for moment in numbers:
            found = _compared(f"write {moment}", every_path(person), old, answers[person, moment], new)
            violations += found
            count += len(new)
    return violations, count


def _at_their_moments(stage: Stage, moves: Mapping[str, Sequence[int]]) -> dict[tuple[str, int], list[Family]]:
    """Return what every path of each person accepts, before their first move and after each."""
    moments: dict[int, list[Question]] = {}
    for person, numbers in moves.items():
        for moment in {numbers[0] - 1, *numbers}:
            moments.setdefault(moment, []).extend(every_path(person))
    answers: dict[tuple[str, int], list[Family]] = {}
    for moment, questions in sorted(moments.items()):
        for question, family in zip(questions, _families(stage, questions, moment), strict=True):
            answers.setdefault((question["user"], moment), []).append(family)
    return answers


def _compared(
    write: str, questions: Sequence[Question], old: Sequence[Family], now: Sequence[Family], new: Sequence[Family]
) -> list[str]:
    found = []
    for question, before, during, after in zip(questions, old, now, new, strict=True):
        worse = never_worse(before, during, after)
        if worse:
            found.append(f"{write}: {_words(question)} {worse}")
    return found


def memberships(writes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the writes that moved somebody."""
    return [write for write in writes if _is_membership(write)]


def _is_membership(write: Mapping[str, Any]) -> bool:
    return "/groups/" in write["path"] and MEMBERSHIP in write["path"]


def _families(stage: Stage, questions: Sequence[Question], moment: int) -> list[Family]:
    found: list[Family] = []
    for start in range(0, len(questions), BATCH):
        batch = [{**question, "after_write": moment} for question in questions[start : start + BATCH]]
        found += [accepted(answer) for answer in stage.ask(batch)]
    return found


def _words(question: Question) -> str:
    parts = [question["user"], question["action"], question.get("app"), question.get("method"), question.get("via")]
    return " ".join(str(part) for part in parts if part)
