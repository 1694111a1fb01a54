"""Without this file nobody could check a judgement: the rows of the export that one person came from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.blocks import ExportFile, Part
from cohorts.engine import Engine
from cohorts.exports.reading import parts, read
from cohorts.facts import Mask
from cohorts.gathering import PEOPLE
from cohorts.normalise import clean, text_in
from cohorts.repeats import values_at
from cohorts.whose import lines_at

# Events in which somebody presents a method of their own; others are done to them, often by an administrator.
USES = frozenset({"user.authentication.auth_via_mfa", "user.authentication.verify"})
DONE = frozenset({"SUCCESS", "ALLOW", None})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose rows are asked for: ids of one provider's accounts (of HR, numbers of employees), and their logins."""

    idp: str
    ids: tuple[str, ...]
    logins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One row: file, line, what the file is, and what it says in canonical columns; unknown ones are left out."""

    file: str
    line: int
    source: str
    idp: str
    subject: str
    values: dict[str, object]


def rows_about(
    files: Sequence[ExportFile], wanted: Sequence[Wanted], engine: Engine, *, region: str
) -> tuple[FoundRow, ...]:
    """Read the export once more and return every row about the people of *wanted*, file by file."""
    found = []
    for file in files:
        asked = [one for one in wanted if one.idp == file.source.idp]
        if asked:
            look = partial(_of_part, wanted=asked[0], region=region)
            for rows in engine.map(look, parts(file)):
                found += rows
    return tuple(found)


def _of_part(part: Part, wanted: Wanted, region: str) -> list[FoundRow]:
    told = clean(read(part), region=region)
    key = text_in(told.cells, "employee_number" if wanted.idp == PEOPLE else "account_id")
    mask = _is_one_of(key, wanted.ids, told.count)
    # A login says whose a row is only where no id does: another account may have the same one.
    has_key = np.zeros(told.count, bool) if key is None else key.is_valid().to_numpy(zero_copy_only=False)
    mask |= ~has_key & _is_one_of(text_in(told.cells, "login"), wanted.logins, told.count)
    rows = np.flatnonzero(mask)
    source = part.file.source
    return [
        FoundRow(part.file.name, line, source.title, source.idp, source.subject, known)
        for row, line in zip(rows.tolist(), lines_at(part, told.rows, rows), strict=True)
        if (known := {name: value for name, value in values_at(told.cells, row).items() if value is not None})
    ]


def _is_one_of(column: pa.Array | None, values: Sequence[str], count: int) -> Mask:
    if column is None:
        return np.zeros(count, bool)
    mask: Mask = pc.is_in(column, value_set=pa.array(values, column.type)).to_numpy(zero_copy_only=False)
    return mask


def last_uses(rows: Sequence[FoundRow]) -> Iterator[tuple[str, int]]:
    """Yield the vendor's word for a method and when it was last used, in milliseconds, as logs and methods tell it."""
    latest: dict[str, int] = {}
    for row in rows:
        if row.subject == "activity" and row.values.get("event") in USES and row.values.get("outcome") in DONE:
            word, at = row.values.get("factor"), row.values.get("at")
        elif row.subject == "methods":
            word, at = row.values.get("factor_type"), row.values.get("last_used_at")
        else:
            continue
        if isinstance(word, str) and isinstance(at, int):
            latest[word] = max(at, latest.get(word, at))
    yield from sorted(latest.items())
