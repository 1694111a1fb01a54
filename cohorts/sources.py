"""Without this file a new export would need code: what a source is called, how one knows it, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Path_ = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one canonical column comes from.

    Attributes:
        paths: Tried in order; the first that leads to a value counts. Each is a path of field names; in a CSV
            or a flat Parquet file a path of one step is the heading.
        separators: What parts a list that is written as one text; () is a list already.
    """

    paths: tuple[Path_, ...]
    separators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of file that some system writes; read from one TOML file.

    Attributes:
        key: Name of the TOML file: "okta-users".
        title: What people call it.
        idp: "okta", "entra" or "hr".
        subject: One of `columns.SUBJECTS`.
        forms: Which of "csv", "jsonl", "json", "parquet" it comes as.
        columns: Canonical column → where it comes from.
        has: Paths that every file of this source has; what it is recognised by.
        has_not: Paths that no file of this source has.
        stems: File names, without ending, that say it where a file has no rows.
        words: Canonical column → the vendor's word, case folded → ours.
        constants: Canonical column → the value of every row.
        is_account_list: Whether its rows stand for accounts where no users file of this provider is there.
        only: Column → words, case folded; a row with another word is none of this source's rows and is passed over.
    """

    key: str
    title: str
    idp: str
    subject: str
    forms: tuple[str, ...]
    columns: Mapping[str, Origin]
    has: tuple[Path_, ...]
    has_not: tuple[Path_, ...] = ()
    stems: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    is_account_list: bool = False
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
