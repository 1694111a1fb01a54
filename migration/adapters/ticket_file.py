"""Without this file nobody would open the help desk's export: a CSV file, read for what it says of sign-in."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migration import tickets
from migration.tickets import TicketColumns, Tickets

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket file and what its columns are called."""

    path: Path
    columns: TicketColumns

    def read(self) -> Tickets:
        """Return what the file says; where it cannot be read, why not."""
        name = self.path.name
        try:
            text = self.path.read_text(encoding="utf-8-sig")
            rows = _rows(text, _delimiter(text, self.columns))
            _, headings = next(rows, (0, []))
            return tickets.parse(rows, [heading.strip() for heading in headings], self.columns)
        except FileNotFoundError:
            because = f"there is no ticket file {name}"
        except OSError as error:
            because = f"the ticket file {name} cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            because = f"the ticket file {name} is not UTF-8"
        except csv.Error as error:
            because = f"the ticket file {name} is no CSV: {error}"
        return tickets.silent(because, self.columns)


def _delimiter(text: str, columns: TicketColumns) -> str:
    """Return the sign under which most of the wanted columns are found."""

    def found(sign: str) -> int:
        _, headings = next(_rows(text, sign), (0, []))
        return len(set(columns.named) & {heading.strip() for heading in headings})

    return max(_DELIMITERS, key=found)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins, as an editor counts; empty lines are none."""
    # Read as a file: a form feed or a foreign line separator inside a cell begins no new line.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    for cells in reader:
        if cells:
            yield line, cells
        line = reader.line_num + 1
