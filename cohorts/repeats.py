"""Without this file an account that is listed twice would be two people: the same row again, or a contradiction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.blocks import Part, Reject
from cohorts.cells import Lists, Moments
from cohorts.facts import Coded, Mask, YesNo
from cohorts.normalise import Cell, Clean
from cohorts.whose import lines_at

MOST_LINES = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one part that stand so far.

    Attributes:
        part: Where they come from.
        kept: Which rows of the block they are; None is all of them.
        hashes: Of what names each.
        owners: The account that each is about, where that is a part of its name.
    """

    part: Part
    kept: npt.NDArray[np.intp] | None
    hashes: npt.NDArray[np.uint64]
    owners: npt.NDArray[np.intp] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One row: number of its part, its place among the part's standing rows, its line."""

    part: int
    row: int
    file: str
    line: int


def repeats(
    rows: Sequence[Rows],
    key: Sequence[str],
    noun: str,
    again: Callable[[Part], Clean],
    said: Sequence[str] | None = None,
) -> tuple[list[Mask | None], list[Reject]]:
    """Keep one of several equal rows; where rows of one key differ, nobody knows which one is true.

    Args:
        rows: Of every part of one subject and provider.
        key: The columns that name a row, and that the hashes are of; the owner beside them, where there is one.
        noun: What a row is, for people.
        again: Reads and cleans a part once more: contents were not kept, and repeats are seldom.
        said: The columns in which rows can differ; None is all of them.

    Returns:
        Per part, which standing rows fall (None: no row), and a reject for each of them.
    """
    drop: list[Mask | None] = [None] * len(rows)
    hashes = np.concatenate([one.hashes for one in rows]) if rows else np.empty(0, np.uint64)
    ordered = np.sort(hashes)
    double = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(double):
        return drop, []
    groups: dict[tuple[object, ...], list[tuple[Place, tuple[object, ...]]]] = {}
    for number, one in enumerate(rows):
        where = np.flatnonzero(np.isin(one.hashes, double))
        if len(where):
            clean = again(one.part)
            lines = lines_at(one.part, clean.rows, where if one.kept is None else _within(clean, one.kept[where]))
            for row, line in zip(where.tolist(), lines, strict=True):
                at = row if one.kept is None else int(_within(clean, one.kept[row : row + 1])[0])
                place = Place(number, row, one.part.file.name, line)
                owner = () if one.owners is None else (int(one.owners[row]),)
                named = (*owner, *(value_at(clean.cells[column], at) for column in key))
                content = tuple(
                    (name, value_at(cell, at))
                    for name, cell in sorted(clean.cells.items())
                    if said is None or name in said
                )
                groups.setdefault(named, []).append((place, content))
    rejects = []
    for told in groups.values():
        for place, because, is_repeat in _verdicts(told, noun):
            mask = drop[place.part]
            if mask is None:
                mask = drop[place.part] = np.zeros(len(rows[place.part].hashes), bool)
            mask[place.row] = True
            rejects.append(Reject(place.file, place.line, key[0], because, is_repeat))
    return drop, rejects


def _within(clean: Clean, kept: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the places among the standing rows of *clean* of rows that are counted in its block."""
    return kept if clean.rows is None else np.searchsorted(clean.rows, kept)


def _verdicts(told: Sequence[tuple[Place, tuple[object, ...]]], noun: str) -> list[tuple[Place, str, bool]]:
    if len(told) < 2:  # noqa: PLR2004 - two rows with one hash and different names are no repeat
        return []
    places = [place for place, _ in told]
    if len({content for _, content in told}) == 1:
        first = places[0]
        return [(place, f"says again what {_line(first, place)} says", True) for place in places[1:]]
    lines = ", ".join(f"{place.file}:{place.line}" for place in places[:MOST_LINES])
    return [(place, f"{lines} say different things about one {noun}", False) for place in places]


def _line(first: Place, second: Place) -> str:
    return f"line {first.line}" if first.file == second.file else f"line {first.line} of {first.file}"


def value_at(cell: Cell, row: int) -> object:
    """Return one value of a column as a plain, hashable value; None is not known."""
    match cell:
        case Coded():
            code = int(cell.codes[row])
            return cell.values[code - 1] if code else None
        case YesNo():
            answer = int(cell.values[row])
            return None if answer < 0 else bool(answer)
        case Moments():
            return None if cell.known is not None and not cell.known[row] else int(cell.values[row])
        case Lists():
            if cell.known is not None and not cell.known[row]:
                return None
            names = cell.codes[cell.offsets[row] : cell.offsets[row + 1]].tolist()
            return tuple(sorted(cell.values[code] for code in names))
        case _:
            return cell[row].as_py()


def values_at(cells: Mapping[str, Cell], row: int) -> dict[str, object]:
    """Return one row as plain values."""
    return {name: value_at(cell, row) for name, cell in cells.items()}


def without(values: pa.Array, drop: Mask) -> pa.Array:
    """Return an Arrow column without the rows of *drop*."""
    return values.filter(pa.array(~drop))
