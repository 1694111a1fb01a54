"""Without this file each check would drop rows in its own way, and say nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cohorts.columns import FILES, Kind
from cohorts.errors import ExportForeign
from cohorts.exports import PULL, Reject

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """What became of the rows of one file; `read_count` is always the sum of the other two."""

    read_count: int
    kept_count: int
    rejected_count: int


class Sieve:
    """One file's rows, and the first reason against each that cannot be used.

    Attributes:
        kind: "users", "factors", "groups" or "roles".
        file: The file's name.
        rows: All rows, good and bad; text is stripped, and None where there is none.
        reasons: Position of a refused row → column, because.
    """

    def __init__(self, kind: str, file: str, raw: pd.DataFrame) -> None:
        self.kind = kind
        self.file = file
        self.reasons: dict[int, tuple[str, str]] = {}
        self.rows = raw.assign(**{column: self._checked(column, raw[column].tolist()) for column in FILES[kind]})

    def _checked(self, column: str, values: list[Any]) -> list[Any]:
        """Refuse what is no text, and return the column with text only."""
        source = FILES[self.kind][column]
        if source.kind is Kind.PRESENT:
            return [value is not None for value in values]
        clean = [(value.strip() or None) if isinstance(value, str) else None for value in values]
        # Whole columns first: row by row only where something is wrong, which is seldom.
        if not set(map(type, values)) <= {str, type(None)}:
            no_text = [value is not None and not isinstance(value, str) for value in values]
            self._refuse_all(no_text, column, "not a text")
        if source.is_required and None in clean:
            self._refuse_all([text is None for text in clean], column, "missing")
        if not _is_encodable("".join(text for text in clean if text)):
            broken = [bool(text) and not _is_encodable(text or "") for text in clean]
            self._refuse_all(broken, column, "holds characters that are no text")
        return clean

    def _refuse_all(self, bad: Sequence[bool], column: str, because: str) -> None:
        for position in np.flatnonzero(bad).tolist():
            self._refuse(position, column, because)

    def _refuse(self, position: int, column: str, because: str) -> None:
        self.reasons.setdefault(position, (column, because))

    def refuse(self, bad: Mask, column: str, because: Callable[[Any], str] | str) -> None:
        """Refuse the rows of *bad*; a callable makes the reason out of the row's value of *column*."""
        values = self.rows[column]
        for position in np.flatnonzero(bad).tolist():
            words = because if isinstance(because, str) else because(values.iloc[position])
            self._refuse(position, column, words)

    def refuse_strangers(self, known: pd.Index) -> None:
        """Refuse rows about people who are not among the users that were kept."""
        stranger = known.get_indexer(pd.Index(self.rows["user_id"])) < 0
        self.refuse(stranger, "user_id", lambda user_id: f"no user {user_id} was kept")

    def refuse_repeats(self, key: Sequence[str]) -> None:
        """Keep one of several equal rows; where rows of one key differ, nobody knows which one is true."""
        good = self._good_mask()
        rows = self.rows[good]
        repeated = rows.duplicated(list(key), keep=False).to_numpy()
        at = pd.Series(np.flatnonzero(good)[repeated], index=rows.index[repeated])
        for _, told in rows[repeated].groupby(list(key), sort=False):
            differ = len(told.drop_duplicates()) > 1
            lines = ", ".join(str(line) for line in told.index[:5])
            for line in told.index if differ else told.index[1:]:
                because = (
                    f"lines {lines} say different things about one {self.kind[:-1]}"
                    if differ
                    else f"says again what line {told.index[0]} says"
                )
                self._refuse(int(at[line]), key[0], because)

    def _good_mask(self) -> Mask:
        good = np.ones(len(self.rows), dtype=bool)
        good[list(self.reasons)] = False
        return good

    def good(self) -> pd.DataFrame:
        """Return the rows that stand.

        Raises:
            ExportForeign: Rows were read and not one of them stands.
        """
        good = self._good_mask()
        if len(good) and not good.any():
            first = self.rejects()[0]
            raise ExportForeign(
                f"Not one of the {len(good)} rows of {self.file} can be used; the first: {first.because}",
                context=f"{self.file}:{first.line}",
                hint=f"{PULL} writes all files from one tenant at one time",
            )
        return self.rows[good]

    def rejects(self) -> list[Reject]:
        """Return what was refused, in the file's order."""
        lines = self.rows.index
        return [
            Reject(self.file, int(lines[position]), column, because)
            for position, (column, because) in sorted(self.reasons.items())
        ]

    def count(self, unread: Sequence[Reject]) -> Rows:
        """Count what became of the file's rows, those in *unread* among them."""
        no_rows = sum(reject.file == self.file for reject in unread)
        refused = len(self.reasons)
        return Rows(len(self.rows) + no_rows, len(self.rows) - refused, refused + no_rows)


def _is_encodable(text: str) -> bool:
    # JSON can spell half a character ("\ud800"), and no digest can be taken of that.
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
