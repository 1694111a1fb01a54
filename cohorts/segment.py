"""Without this file the steps from an export to a snapshot would never meet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cohorts.assessing import assess
from cohorts.classified import Classified, targets_for
from cohorts.engine import Engine, Progress, Threads, silent
from cohorts.exports.recognising import recognise
from cohorts.exports.texts import byte_digest
from cohorts.gathering import gather
from cohorts.judging import judge
from cohorts.needs import Needs
from cohorts.readiness import LONGEST_EVIDENCE_DAYS
from cohorts.reject_share import refuse_too_many
from cohorts.rule_reading import read_rules
from cohorts.source_reading import VENDORS, read_sources


@dataclass(frozen=True, slots=True)
class Reading:
    """How an export is read.

    Attributes:
        sources: Folders of column maps beside ours.
        pinned: File name → key of its source, where somebody says so.
        region: Where a telephone number is that does not say its country, as ISO 3166 writes it.
        max_rejects: The largest share of a file's rows that may be unusable; repeats do not count, nothing is lost
            with them.
        longest_evidence_days: How old what is known of methods may be.
        engine: Who reads the parts.
        progress: Is told how far the reading has come.
    """

    sources: tuple[Path, ...] = ()
    pinned: Mapping[str, str] = field(default_factory=dict)
    region: str = "US"
    max_rejects: float = 1.0
    longest_evidence_days: int = LONGEST_EVIDENCE_DAYS
    engine: Engine = field(default_factory=Threads)
    progress: Progress = silent

    def on(self, engine: Engine) -> "Reading":
        """Return the same with another engine."""
        return replace(self, engine=engine)


def classify_export(
    export: Path,
    rules: Path,
    at: datetime,
    targets: Mapping[str, frozenset[str]] | None = None,
    reading: Reading | None = None,
) -> Classified:
    """Read an export and give everyone a cohort, a reason and a readiness.

    Args:
        export: A folder with the files of one or several systems, or one file.
        rules: The rule book; `cohorts.rules.RULES_PATH` is the one that comes with us.
        at: Aware; ages are counted from here.
        targets: Cohort → methods of which one makes a member ready; None is the rule book's, else ours.
        reading: How the files are read.

    Raises:
        ExportUnreadable: A file is missing, cut off or in no form that we read.
        ExportEmpty: A file has no rows.
        ExportForeign: A file holds something else.
        RejectsTooMany: More rows of a file cannot be used than may be.
        RuleBookInvalid: The rule book does not place everyone.
        SourceInvalid: A column map cannot be used.
        ValueError: The time has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone is no moment")
    told = reading or Reading()
    book = read_rules(rules)
    needs = Needs(int(at.timestamp() * 1000), book.atoms_by_column, region=told.region)
    recognised = recognise(export, read_sources(VENDORS, *told.sources), told.pinned)
    gathered = gather(recognised.files, needs, told.engine, told.progress)
    refuse_too_many(gathered, told.max_rejects)
    judged = judge(gathered, book)
    assessed = assess(gathered, judged, book, targets, needs, longest_evidence_days=told.longest_evidence_days)
    return Classified(
        taken_at=at.astimezone(UTC),
        book=book,
        targets=targets_for(book, targets),
        files=recognised.files,
        gathered=gathered,
        judged=judged,
        assessed=assessed,
        source_digests={file.name: byte_digest(file.path) for file in recognised.files},
        own_notes=recognised.notes,
        engine=told.engine,
        needs=needs,
    )
