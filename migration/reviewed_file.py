"""Without this file each reviewed file would be opened in its own way: TOML in, or one error with all that is wrong."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cohorts.errors import OfframpError


@dataclass(frozen=True, slots=True)
class ReviewedFile:
    """
    A TOML file that people review, and how it is said that it cannot be used.

    Attributes:
        name: What it is called in a sentence.
        error: What is raised.
        without: What its absence means.
        to_have_one: What to do where there is none.
    """

    name: str
    error: type[OfframpError]
    without: str
    to_have_one: str

    def text(self, path: Path) -> str:
        """Return its text; raise where it is missing, or not UTF-8."""
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise self.error(
                f"There is no {self.name}, so {self.without}", context=path.name, hint=self.to_have_one
            ) from error
        except UnicodeDecodeError as error:
            raise self.error(f"The {self.name} is not UTF-8", context=path.name, hint="mend it") from error

    def document(self, text: str, where: str) -> dict[str, Any]:
        """Return what its text says; raise where it is not TOML."""
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise self.error(f"The {self.name} is not TOML: {error}", context=where, hint="mend it") from error

    def refuse(self, problems: Sequence[str], where: str) -> None:
        """Raise where anything is wrong, and name all of it."""
        if problems:
            raise self.error(
                f"{len(problems)} thing(s) are wrong in the {self.name}",
                problems=tuple(problems),
                context=where,
                hint="mend it, and have the change reviewed",
            )
