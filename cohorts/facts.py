"""Without this file rules would reach into frames: what is known of many people at once, one value per column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.unsignedinteger]
MOST_ATOMS = 64  # questions about one list column that fit into the bits of one word


@dataclass(frozen=True, slots=True)
class Atom:
    """One question about a single name of a list: is it one of these, is it none of them, or does it match.

    Attributes:
        test: "one_of", "none_of" or "matches".
        value: For the first two the names, case folded and ordered; for "matches" one RE2 expression.
    """

    test: str
    value: tuple[str, ...]

    def holds(self, names: Sequence[str]) -> Mask:
        """Answer for each of *names*, without regard to case."""
        if self.test != "matches":
            wanted = frozenset(self.value)
            found = np.array([name.casefold() in wanted for name in names], dtype=bool)
            return ~found if self.test == "none_of" else found
        asked = pa.array(list(names), pa.string())
        return pc.match_substring_regex(asked, self.value[0], ignore_case=True).to_numpy(zero_copy_only=False)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts with few different values.

    Attributes:
        codes: Shape (n,), unsigned: 0 where nothing is known, else 1 + the position in *values*.
        values: The different texts, as they were written.
    """

    codes: Codes
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of whole numbers; *known* None is known everywhere."""

    values: npt.NDArray[np.signedinteger]
    known: Mask | None = None


@dataclass(frozen=True, slots=True)
class YesNo:
    """A column of 1 (yes), 0 (no) and -1 (not known), as int8."""

    values: npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Names:
    """A column of lists, kept as the answers to the questions that the rule book asks of it.

    Attributes:
        atoms: The questions; at most MOST_ATOMS.
        bits: Shape (n,), unsigned: bit i is set where a name of the list answers atom i with yes.
        sizes: Shape (n,), signed: how many names the list has; -1 where it is not known.
    """

    atoms: tuple[Atom, ...]
    bits: npt.NDArray[np.unsignedinteger]
    sizes: npt.NDArray[np.signedinteger]


Fact = Coded | Numbers | YesNo | Names


def fact_rows(fact: Fact, rows: npt.NDArray[np.intp] | slice) -> Fact:
    """Return what is known of *rows* alone; of a slice nothing is copied."""
    match fact:
        case Coded():
            return Coded(fact.codes[rows], fact.values)
        case Numbers():
            return Numbers(fact.values[rows], None if fact.known is None else fact.known[rows])
        case YesNo():
            return YesNo(fact.values[rows])
        case Names():
            return Names(fact.atoms, fact.bits[rows], fact.sizes[rows])


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of *count* people: column of `columns.ASKABLE`, or of a look-up, → its values.

    A column that is absent is not known of anybody.
    """

    count: int
    columns: Mapping[str, Fact]

    def row(self, row: int) -> "Facts":
        """Return what is known of one person."""
        rows = np.array([row])
        return Facts(1, {name: fact_rows(fact, rows) for name, fact in self.columns.items()})
