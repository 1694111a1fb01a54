"""Without this file the owner of a rule book could only hope: the examples in the book, tried on the book."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cohorts.account_parts import answers, word
from cohorts.columns import ASKABLE
from cohorts.facts import Coded, Fact, Facts, Names, Numbers, YesNo
from cohorts.rules import RuleBook, first_match


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that came out otherwise: its number, what was expected, and what the book says."""

    number: int
    expected: str
    got: str
    rule: int


def try_expects(book: RuleBook) -> tuple[Failure, ...]:
    """Run every `[[expect]]` of a book; what an example does not say of its person is not known."""
    if not book.expects:
        return ()
    numbers = first_match(book, facts_of_rows(book, [one.person for one in book.expects])).tolist()
    failures = []
    for place, (one, number) in enumerate(zip(book.expects, numbers, strict=True), start=1):
        rule = book.rules[number - 1]
        if rule.cohort != one.cohort or one.because not in {None, rule.because}:
            expected = one.cohort if one.because is None else f"{one.cohort}: {one.because}"
            failures.append(Failure(place, expected, f"{rule.cohort}: {rule.because}", number))
    return tuple(failures)


def facts_of_rows(book: RuleBook, rows: Sequence[Mapping[str, Any]]) -> Facts:
    """Make facts of people who are written out: column → value, an absent one is not known."""
    columns: dict[str, Fact] = {}
    for name in sorted({name for row in rows for name in row}):
        told = [row.get(name) for row in rows]
        match ASKABLE[name]:
            case "text":
                values = tuple(dict.fromkeys(one for one in told if one))
                place = {value: number for number, value in enumerate(values, start=1)}
                columns[name] = Coded(np.array([place.get(one, 0) for one in told], np.uint32), values)
            case "number":
                known = np.array([one is not None for one in told])
                columns[name] = Numbers(np.array([one or 0 for one in told], np.int64), known)
            case "yes or no":
                columns[name] = YesNo(np.array([-1 if one is None else int(one) for one in told], np.int8))
            case _:
                columns[name] = _names(book, name, told)
    return Facts(len(rows), columns)


def _names(book: RuleBook, column: str, told: Sequence[Sequence[str] | None]) -> Names:
    atoms = book.atoms(column)
    bits = np.zeros(len(told), word(len(atoms)))
    for place, names in enumerate(told):
        for answer in answers(names or (), atoms).tolist():
            bits[place] |= bits.dtype.type(answer)
    sizes = np.array([-1 if names is None else len(names) for names in told], np.int16)
    return Names(atoms, bits, sizes)
