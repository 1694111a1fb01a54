"""Without this file every column would be kept for everybody: what the question at hand has to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cohorts.blocks import ExportFile
from cohorts.columns import SUBJECTS
from cohorts.facts import Atom

# Columns that a question about ages is answered from.
BEHIND = {
    "last_login_age_days": "last_login",
    "created_age_days": "created",
    "manager_depth": "manager",
}
# Columns that part of an answer is found in, beside their own.
BESIDE = {
    "is_admin": ("roles",),
    "methods": ("password", "provider"),
}
# What joins records to people, and so decides whose cohort counts.
KEYS = frozenset({"employee_number", "immutable_id", "login", "email"})


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be kept of an export.

    Attributes:
        at_ms: Ages are counted from here, in milliseconds since 1970.
        atoms: List column → the questions that the rule book asks of its names.
        columns: Canonical columns of users files to keep; None is all.
        region: Where a telephone number is that does not say its country.
        has_classes: Whether it must be told apart whom the vendor's policies can tell apart.
    """

    at_ms: int
    atoms: Mapping[str, tuple[Atom, ...]] = field(default_factory=dict)
    columns: frozenset[str] | None = None
    region: str = "US"
    has_classes: bool = True

    def trimmed(self, file: ExportFile) -> ExportFile:
        """Return *file* with the columns of a users file that are needed alone, so that no other is read."""
        if self.columns is None or file.source.subject != "users":
            return file
        wanted = {BEHIND.get(column, column) for column in self.columns} | {
            name for name, column in SUBJECTS["users"].items() if column.is_required or name in KEYS
        }
        wanted.update(name for column in self.columns for name in BESIDE.get(column, ()))
        # What somebody holds decides what moving them costs, whatever the rules ask.
        wanted.add("methods")
        columns = {name: origin for name, origin in file.source.columns.items() if name in wanted}
        return replace(file, source=replace(file.source, columns=columns))
