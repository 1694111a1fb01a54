"""Without this file the command line would reach into cohorts: an export, classified, compared, kept as a snapshot."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohorts.errors import ExportUnreadable
from migration.errors import NotFound
from migration.operations.ports import Desk

if TYPE_CHECKING:
    from cohorts.classified import Classified
    from cohorts.diffing import Difference
    from cohorts.rules import RuleBook
    from cohorts.segment import Reading
    from cohorts.snapshot import Snapshot

HEADER = "snapshot.json"
SHORTEST_PREFIX = 6
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants an export to be read, where that is not what the configuration says.

    Attributes:
        max_rejects: The largest share of a file's rows that may be unusable; None is the configuration's.
        region: Where a telephone number is that does not say its country; None is the configuration's.
        pinned: File name → key of its source.
        engine: "threads" or "dask".
        scheduler: Of a cluster; None is two worker processes of our own.
        progress: Is told how far the reading has come.
    """

    max_rejects: float | None = None
    region: str | None = None
    pinned: Mapping[str, str] = field(default_factory=dict)
    engine: str = "threads"
    scheduler: str | None = None
    progress: Progress = lambda _what, _done, _of: None


@contextmanager
def _reading(desk: Desk, wishes: Wishes) -> "Iterator[Reading]":
    from cohorts.segment import Reading  # noqa: PLC0415 - pandas is loaded only where people are read

    frame = desk.export
    told = Reading(
        sources=(frame.sources,) if frame.sources else (),
        pinned=wishes.pinned,
        region=wishes.region or frame.region,
        max_rejects=frame.max_rejects if wishes.max_rejects is None else wishes.max_rejects,
        longest_evidence_days=frame.longest_evidence_days,
        progress=wishes.progress,
    )
    if wishes.engine != "dask":
        yield told
        return
    from cohorts.cluster import workers  # noqa: PLC0415 - an optional library

    with workers(wishes.scheduler) as engine:
        yield told.on(engine)


def classify(desk: Desk, export: Path, wishes: Wishes | None = None) -> "Classified":
    """
    Read *export* and place everyone in it.

    Raises:
        OfframpError: The export or the rule book cannot be used.
    """
    return _classified(desk, export, desk.now(), wishes or Wishes())


def _classified(desk: Desk, export: Path, at: datetime, wishes: Wishes) -> "Classified":
    from cohorts.segment import classify_export  # noqa: PLC0415 - as in _reading

    with _reading(desk, wishes) as reading:
        return classify_export(export, desk.rules, at, reading=reading)


def explain(desk: Desk, export: Path, person: str, wishes: Wishes | None = None) -> dict[str, Any]:
    """
    Say where one person of *export* belongs, and why.

    Raises:
        OfframpError: The export cannot be used, or nobody in it answers to that name.
    """
    from cohorts.explaining import explain as explained  # noqa: PLC0415 - as in _reading

    return explained(classify(desk, export, wishes), person)


def book(desk: Desk) -> "RuleBook":
    """
    Return the rule book, checked.

    Raises:
        RuleBookInvalid: It cannot place everyone; all problems are listed.
    """
    from cohorts.rule_reading import read_rules  # noqa: PLC0415 - as in _reading

    return read_rules(desk.rules)


def trial(desk: Desk, export: Path | None, wishes: Wishes) -> dict[str, Any]:
    """
    Try the rule book on its own examples and, where an export is given, on everybody in it.

    Returns:
        `failures` of examples, and `counts`: per rule, how many people it took and would have taken; None without an
        export.
    """
    from cohorts.rule_trial import try_expects  # noqa: PLC0415 - as in _reading
    from cohorts.rules import match_counts  # noqa: PLC0415 - as in _reading

    rules = book(desk)
    counts = None
    if export is not None:
        found = classify(desk, export, wishes)
        counts = match_counts(found.book, found.judged.facts)
    return {"book": rules, "failures": try_expects(rules), "counts": counts}


def keep(desk: Desk, classified: "Classified") -> "Snapshot":
    """
    Keep a classified export under its digest; the same one twice is kept once.

    Raises:
        ExportUnreadable: No file says who is an administrator: a plan must not be made of that.
        SnapshotChanged: It lies there already, and is no longer what was sealed.
    """
    from cohorts.sealing import seal  # noqa: PLC0415 - as in _reading

    if not classified.is_every_admin_known():
        raise ExportUnreadable(
            "No file of the export says who is an administrator, so nobody can tell who is none",
            context=", ".join(file.name for file in classified.files),
            hint="add the roles: offramp cohort pull writes them; docs/sources names the export of each vendor",
        )
    return seal(classified.header, classified.table, desk.snapshots / classified.header.digest)


def work_list(found: "Classified", *, with_names: bool) -> dict[str, Any]:
    """Return what could not be joined without guessing, as plain JSON values."""
    from cohorts.conflicts import work_list as listed  # noqa: PLC0415 - as in _reading

    if found.judged.records is None or found.judged.joined is None:
        return {"counts": {}, "conflicts": []}
    return listed(found.judged.records, found.judged.joined, with_names=with_names)


def write_conflicts(found: "Classified", path: Path, *, with_names: bool) -> None:
    """Write the work list as a table, one row an account of a conflict."""
    from cohorts.writing import write_conflicts as write  # noqa: PLC0415 - as in _reading

    write(found, path, with_names=with_names)


def write_table(found: "Classified", path: Path, *, with_names: bool) -> None:
    """Write counts as a table, or with names one row an account."""
    from cohorts.writing import write_table as write  # noqa: PLC0415 - as in _reading

    write(found, path, with_names=with_names)


def write_page(found: "Classified", path: Path, *, with_names: bool) -> None:
    """Write one page with charts."""
    from cohorts.writing import write_page as write  # noqa: PLC0415 - as in _reading

    write(found, path, with_names=with_names)


def compare(desk: Desk, old: str, new: str, wishes: Wishes | None = None) -> "Difference":
    """
    Compare two snapshots, or exports; of two exports, both as of the same moment.

    Args:
        desk: Where snapshots are kept.
        old: The digest of a snapshot or how it begins, its folder, or the folder of an export.
        new: Likewise.
        wishes: How exports are read.

    Raises:
        NotFound: There is no such snapshot or export, or several snapshots begin so.
        OfframpError: A snapshot or an export cannot be used.
    """
    from cohorts.diffing import diff  # noqa: PLC0415 - as in _reading

    at = desk.now()
    before, after = (_population(desk, named, at, wishes or Wishes()) for named in (old, new))
    return diff(*before, *after)


def _population(desk: Desk, named: str, at: datetime, wishes: Wishes) -> "tuple[Snapshot, Any]":
    from cohorts.sealing import open_snapshot, read_table  # noqa: PLC0415 - as in _reading

    folder = Path(named)
    if not _is_there(folder / HEADER):
        if _is_there(folder):
            found = _classified(desk, folder, at, wishes)
            return found.header, found.table
        folder = _sealed(desk, named)
    return open_snapshot(folder), read_table(folder)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no file can be called that
        return False


def _sealed(desk: Desk, prefix: str) -> Path:
    kept = [path for path in desk.snapshots.glob(f"{prefix}*") if (path / HEADER).is_file()] if _is_hex(prefix) else []
    if len(kept) == 1:
        return kept[0]
    raise NotFound(
        f"{len(kept)} snapshots begin with {prefix}" if kept else f"There is no snapshot or export {prefix}",
        context=desk.snapshots.name,
        hint=f"name {SHORTEST_PREFIX} or more digits of a digest, or the folder of an export",
    )


def _is_hex(text: str) -> bool:
    return len(text) >= SHORTEST_PREFIX and set(text) <= set("0123456789abcdef")
