"""Without this file a row that we misread would still be counted; here each is a fact or a named reject."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.blocks import Block, Part, Reject
from cohorts.cells import Lists, Moments, as_text, coded, folded, lists, smallest, stripped, yes_no
from cohorts.columns import SUBJECTS, WORDS, Column, Form
from cohorts.exports.lines import lines_of
from cohorts.facts import Coded, Mask, YesNo
from cohorts.moments import moments
from cohorts.phones import to_e164

Cell: TypeAlias = Coded | Lists | Moments | YesNo | pa.Array
LINK = "href"
LONGEST = 60  # letters of a strange word that are repeated
Wrong = tuple[str, Mask | npt.NDArray[np.intp], str]  # column, rows, because


@dataclass(frozen=True, slots=True)
class Clean:
    """The rows of one part that stand, each cell in its canonical form.

    Attributes:
        part: Where they come from.
        read_count: Rows that the part had, good and bad.
        count: Rows that stand, and that the source is about.
        passed_count: Rows that stand and are about nobody (another kind of member, for example).
        rows: Which rows of the block they are, ordered; None is all of them.
        cells: Canonical column → *count* values; a column that the file does not have is absent.
        rejects: The rest: read_count is count + passed_count + the number of rejects.
    """

    part: Part
    read_count: int
    count: int
    passed_count: int
    rows: npt.NDArray[np.intp] | None
    cells: Mapping[str, Cell]
    rejects: tuple[Reject, ...]


def clean(block: Block, *, region: str) -> Clean:
    """Bring the rows of one block into canonical form; every row stands or is a reject, nothing is dropped.

    Args:
        block: As the reader gave it.
        region: Where a telephone number is that does not say its country, as ISO 3166 writes it.
    """
    source = block.part.file.source
    subject = SUBJECTS[source.subject]
    cells: dict[str, Cell] = {}
    wrong: list[Wrong] = []
    for name, column in subject.items():
        values = block.columns.get(name)
        if values is None and name in source.constants:
            codes = pa.array(np.zeros(block.row_count, np.int32))
            values = pa.DictionaryArray.from_arrays(codes, pa.array([source.constants[name]]))
            cells[name], _ = _cell(name, column, values, None, (), region)
        elif values is not None:
            separators = source.columns[name].separators
            if any(path[-1] == LINK for path in source.columns[name].paths):
                values = _last_steps(as_text(values))
            cells[name], found = _cell(name, column, values, source.words.get(name), separators, region)
            wrong += found
    wrong += _missing(cells, subject, block.row_count)
    for known in WORDS.keys() & {(source.subject, name) for name in cells}:
        wrong += _unknown_words(known[1], cells[known[1]], WORDS[known])
        cells[known[1]] = _known_words(cells[known[1]], WORDS[known])
    return _sifted(block, cells, wrong)


def _last_steps(values: pa.Array) -> pa.Array:
    """Return ids as they are, and of a link its last step: …/api/v1/users/ID."""
    if not pc.any(pc.match_substring(values, "/")).as_py():
        return values
    is_link = pc.match_substring_regex(values, r"^\s*(?:[a-z]+:/)?/")
    return pc.if_else(is_link, pc.extract_regex(values, r"(?P<step>[^/?#\s]*)/*\s*(?:[?#].*)?$").field("step"), values)


def _cell(
    name: str,
    column: Column,
    values: pa.Array,
    words: Mapping[str, str] | None,
    separators: Sequence[str],
    region: str,
) -> tuple[Cell, list[Wrong]]:
    strange: Mask | None = None
    because = ""
    cell: Cell
    match column.form:
        case Form.TEXT:
            cell = stripped(values)
        case Form.FOLDED:
            cell = folded(values)
        case Form.CODED:
            cell = coded(values, words)
        case Form.NAMES:
            cell = lists(values, separators)
        case Form.TIME:
            cell, strange = moments(values)
            because = "not a time"
        case Form.YES_NO:
            cell, strange = yes_no(values, words)
            because = "neither yes nor no"
        case Form.PHONE:
            # A number that cannot be read is no reason to lose the account that it stands in.
            cell, _ = to_e164(stripped(values), region)
        case Form.PRESENT:
            cell = YesNo(values.is_valid().cast(pa.int8()).to_numpy(zero_copy_only=False))
    return cell, [] if strange is None else [(name, strange, because)]


def text_in(cells: Mapping[str, Cell], name: str) -> Any:
    """Return a column of many different texts as an Arrow array; None where the file has none."""
    cell = cells.get(name)
    return cell if isinstance(cell, pa.Array) else None


def known_in(cell: Cell) -> Mask | None:
    """Say which values of a column are known; None is all of them."""
    match cell:
        case Coded():
            return None if cell.codes.all() else cell.codes != 0
        case YesNo():
            return None if (cell.values >= 0).all() else cell.values >= 0
        case Lists() | Moments():
            return cell.known
        case _:
            return None if not cell.null_count else cell.is_valid().to_numpy(zero_copy_only=False)


def _missing(cells: Mapping[str, Cell], subject: Mapping[str, Column], count: int) -> Iterator[Wrong]:
    for name, column in subject.items():
        if column.is_required:
            known = known_in(cells[name]) if name in cells else np.zeros(count, bool)
            if known is not None:
                yield name, ~known, "missing"
    whose = [known_in(cells[name]) for name in ("account_id", "login") if name in cells]
    if "login" in subject and "account_id" in subject and whose and all(known is not None for known in whose):
        yield (
            "account_id" if "account_id" in cells else "login",
            ~np.logical_or.reduce([known for known in whose if known is not None]),
            "missing",
        )


def _unknown_words(name: str, cell: Cell, allowed: frozenset[str]) -> Iterator[Wrong]:
    if isinstance(cell, Coded):
        strange = np.array([False, *(value not in allowed for value in cell.values)])
        for code in np.flatnonzero(strange).tolist():
            yield name, cell.codes == code, f"{name} {shown(cell.values[code - 1])} is not known"


def _known_words(cell: Cell, allowed: frozenset[str]) -> Cell:
    """Forget words that only rejected rows say: where columns were mixed up they may be anybody's address."""
    if not isinstance(cell, Coded) or allowed.issuperset(cell.values):
        return cell
    values = [value for value in cell.values if value in allowed]
    lut = np.array([0, *(values.index(value) + 1 if value in allowed else 0 for value in cell.values)])
    return Coded(smallest(lut[cell.codes], len(values)), tuple(values))


def shown(word: object) -> str:
    """Return a strange word as people are shown it: where columns were mixed up it may be a whole page."""
    text = str(word)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _sifted(block: Block, cells: Mapping[str, Cell], wrong: Sequence[Wrong]) -> Clean:
    """Take out the rows that have something wrong, each with the first reason, and those about nobody."""
    file = block.part.file
    reasons: dict[int, tuple[str, str]] = {}
    for problem in block.problems:
        reasons.setdefault(problem.row, (problem.column, problem.because))
    for column, rows, because in wrong:
        for row in np.flatnonzero(rows).tolist():
            reasons.setdefault(row, (column, because))
    is_ours = _ours(file.source.only, cells)
    if is_ours is not None:
        # What a row about nobody has wrong is nobody's loss.
        reasons = {row: reason for row, reason in reasons.items() if is_ours[row]}
    rejects = [Reject(file.name, line, "", because) for line, because in block.lost]
    if reasons:
        ordered = sorted(reasons)
        told = zip(ordered, lines_of(block, ordered), strict=True)
        rejects += [Reject(file.name, line, *reasons[row]) for row, line in told]
    if not reasons and is_ours is None:
        return Clean(block.part, block.row_count + len(block.lost), block.row_count, 0, None, cells, tuple(rejects))
    keep = np.ones(block.row_count, bool)
    keep[list(reasons)] = False
    passed_count = 0
    if is_ours is not None:
        passed_count = int(np.count_nonzero(~is_ours))
        keep &= is_ours
    rows = np.flatnonzero(keep)
    return Clean(
        block.part,
        block.row_count + len(block.lost),
        len(rows),
        passed_count,
        rows,
        {name: taken(cell, rows) for name, cell in cells.items()},
        tuple(sorted(rejects, key=lambda reject: reject.line)),
    )


def _ours(only: Mapping[str, frozenset[str]], cells: Mapping[str, Cell]) -> Mask | None:
    mask = None
    for name, words in only.items():
        cell = cells.get(name)
        if isinstance(cell, Coded):
            answers = np.array([True, *(value.casefold() in words for value in cell.values)])
            mask = answers[cell.codes] if mask is None else mask & answers[cell.codes]
    return None if mask is None or mask.all() else mask


def list_rows(cell: Lists, rows: npt.NDArray[np.intp]) -> Lists:
    """Return the lists of *rows* alone."""
    sizes = np.diff(cell.offsets)[rows]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    starts = np.repeat(cell.offsets[rows] - offsets[:-1], sizes)
    known = None if cell.known is None else cell.known[rows]
    return Lists(offsets, cell.codes[starts + np.arange(offsets[-1])], cell.values, known)


def taken(cell: Cell, rows: npt.NDArray[np.intp]) -> Cell:
    """Return the values of *rows* alone."""
    match cell:
        case Coded():
            return replace(cell, codes=cell.codes[rows])
        case YesNo():
            return YesNo(cell.values[rows])
        case Moments():
            return Moments(cell.values[rows], None if cell.known is None else cell.known[rows])
        case Lists():
            return list_rows(cell, rows)
        case _:
            return cell.take(pa.array(rows))
