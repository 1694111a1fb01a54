"""Without this file the command line would reach into cohorts: an export, classified, and kept as a snapshot."""

from pathlib import Path
from typing import TYPE_CHECKING

from migration.operations.ports import Desk

if TYPE_CHECKING:
    from cohorts.classified import Classified
    from cohorts.snapshot import Snapshot


def classify(desk: Desk, export: Path) -> "Classified":
    """
    Read *export* and place everyone in it.

    Raises:
        OfframpError: The export or the rule book cannot be used.
    """
    from cohorts.segment import classify_export  # noqa: PLC0415 - pandas is loaded only where people are read

    return classify_export(export, desk.rules, desk.now())


def rules(desk: Desk) -> tuple[tuple[str, str], ...]:
    """
    Return cohort and reason of every rule, in the order in which they are tried.

    Raises:
        RuleBookInvalid: It cannot place everyone; all problems are listed.
    """
    from cohorts.rules import read_rules  # noqa: PLC0415 - as in classify

    return tuple((rule.cohort, rule.because) for rule in read_rules(desk.rules).rules)


def keep(desk: Desk, classified: "Classified") -> "Snapshot":
    """Keep a classified export under its digest; the same one twice is kept once."""
    from cohorts.segment import seal  # noqa: PLC0415 - as in classify

    folder = desk.snapshots / classified.header.digest
    if (folder / "snapshot.json").is_file():
        return classified.header
    return seal(classified, folder)
