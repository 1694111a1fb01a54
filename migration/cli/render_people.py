"""Without this file an export would be shown as rows: cohorts, readiness, rejects and one explained person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cohorts.snapshot import Snapshot, to_document
from migration.cli.render import document, say, table

if TYPE_CHECKING:
    from cohorts.classified import Classified


def pulled(counts: Mapping[str, int]) -> None:
    """Show how many lines each file of an export has."""
    for name, count in counts.items():
        say(f"{count:8d} {name}")


def classified(found: "Classified", *, as_json: bool) -> None:
    """Show counts of cohorts, readiness and rejects; no names."""
    header = found.header
    if as_json:
        document(
            "classification",
            snapshot=to_document(header),
            rejects=[asdict(reject) for reject in found.rejects],
        )
        return
    rows = [
        (
            cohort,
            sum(codes.values()),
            codes.get("ready", 0),
            ", ".join(f"{count} {code}" for code, count in codes.items() if code != "ready"),
        )
        for cohort, codes in header.counts.items()
    ]
    table("cohort", "people", "ready", "not ready", rows=rows)
    say(f"{header.people_count} people, {header.rejects_count} rejects, {header.shared_numbers_count} share a number")
    for reject in found.rejects[:20]:
        say(f"  reject {reject.file}:{reject.line} {reject.column or ''}: {reject.because}")


def rules(found: Sequence[tuple[str, str]], *, as_json: bool) -> None:
    """Show the rule book."""
    if as_json:
        document("rules", rules=[{"cohort": cohort, "because": because} for cohort, because in found])
        return
    table("rule", "cohort", "because", rows=[(number, *rule) for number, rule in enumerate(found, start=1)])


def explained(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Show why one person is where they are."""
    if as_json:
        document("explanation", **found)
        return
    for name, value in found.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else value
        say(f"{name:>14}: {shown}")


def sealed(header: Snapshot, *, as_json: bool) -> None:
    """Show the snapshot that was kept."""
    if as_json:
        document("snapshot", snapshot=to_document(header))
    else:
        say(f"sealed: snapshot {header.digest[:16]}, {header.people_count} people")
