"""Without this file a wrong file would be refused as unknown, though its first bytes or fields say what it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cohorts.errors import ExportForeign

PULL = "offramp cohort pull"

# How a file begins that is no text with rows in it → what it is, and what turns it into one that we read.
BEGINNINGS: Mapping[bytes, tuple[str, str]] = {
    b"\x1f\x8b": ("compressed", "gunzip"),
    b"BZh": ("compressed", "bunzip2"),
    b"\xfd7zXZ": ("compressed", "unxz"),
    b"\x28\xb5\x2f\xfd": ("compressed", "unzstd"),
    b"PK\x03\x04": ("a zip archive or a spreadsheet", "unzip it, or save the spreadsheet as CSV"),
    b"PK\x05\x06": ("an empty zip archive", PULL),
    b"\xd0\xcf\x11\xe0": ("an old spreadsheet", "save the spreadsheet as CSV"),
    b"%PDF": ("a PDF", PULL),
    b"ARROW1": ("an Arrow file", "write it as Parquet"),
    b"SQLite format 3": ("a database", PULL),
    b"<": ("HTML or XML, perhaps a sign-in page", PULL),
}
# Fields that only one kind of row has → what the row is.
MARKS: Mapping[str, str] = {
    "userPrincipalName": "an Entra user",
    "@odata.context": "an answer of Microsoft Graph",
    "eventType": "a System Log event",
    "errorCode": "an error answer of Okta",
    "error": "an error answer of Microsoft Graph",
    "factorType": "a factor",
    "groupId": "a group membership",
    "methodsRegistered": "a row of Entra's user registration details",
    "value": "a page of Microsoft Graph",
}


def refuse_other_formats(path: Path, name: str, start: bytes) -> None:
    """Refuse a file whose first bytes give it away as something that has no rows of text.

    Raises:
        ExportForeign: It is one.
    """
    begun = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, (what, remedy) in BEGINNINGS.items():
        if begun.startswith(beginning):
            raise ExportForeign(
                f"{name} is {what}, not CSV, JSON or Parquet", context=f"{path}:1", hint=f"{remedy}: {name}"
            )


def what_it_is(row: str | Mapping[str, Any]) -> str:
    """Return what a row with this field, or these fields, is; nothing where no field says it."""
    if isinstance(row, str):
        return MARKS.get(row, f"something else: it has {row}")
    return next((what for mark, what in MARKS.items() if mark in row), "")
