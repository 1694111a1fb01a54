"""Without this file nobody could see a plan for everybody before any of it is sealed: export in, rounds out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from migration.operations.ports import Desk

WEEK_DAYS = 7
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class DraftWish:
    """What somebody wants drafted.

    Attributes:
        export: The folder of the export.
        out: The Parquet file to write.
        previous: A draft that was written before: nobody of it moves unless a cap broke.
        first_open: With *previous*, the first round that has not started.
        first_on: The first day of the first round; None is next Monday.
        engine: "threads" or "dask".
        scheduler: Of a cluster; None is two worker processes of our own.
        progress: Is told how far the reading has come.
    """

    export: Path
    out: Path
    previous: Path | None = None
    first_open: int = 0
    first_on: date | None = None
    engine: str = "threads"
    scheduler: str | None = None
    progress: Progress = lambda _what, _done, _of: None


@dataclass(frozen=True, slots=True)
class DraftReport:
    """What became of a draft: accounts that were read, those whom no round could take, and the file."""

    accounts_count: int
    unplaced_count: int
    out: Path


def draft(desk: Desk, wish: DraftWish) -> DraftReport:
    """
    Place everyone of an export into dated rounds under the caps of the configuration, and write one row an account.

    Nothing is sealed, recorded or published.

    Raises:
        OfframpError: The export, the rule book, the earlier draft or the cluster cannot be used.
    """
    from cohorts.drafting import Frame  # noqa: PLC0415 - pandas is loaded only where people are read
    from cohorts.drafting import draft as drafted  # noqa: PLC0415

    now = desk.now()
    frame = Frame(
        sources=desk.export.sources,
        previous=wish.previous,
        first_open=wish.first_open,
        region=desk.export.region,
        max_rejects=desk.export.max_rejects,
        progress=wish.progress,
    )
    rounds = desk.rounds(wish.first_on or next_monday(now))
    if wish.engine == "dask":
        from cohorts.cluster import workers  # noqa: PLC0415 - an optional library
        from cohorts.cluster_drafting import draft_on  # noqa: PLC0415

        with workers(wish.scheduler) as engine:
            told = draft_on(engine, wish.export, desk.rules, rounds, now, wish.out, frame)
        return DraftReport(told.accounts_count, told.unplaced_count, wish.out)
    found = drafted(wish.export, desk.rules, rounds, now, wish.out, frame)
    return DraftReport(len(found.held), found.placing.unplaced_count, wish.out)


def next_monday(now: datetime) -> date:
    """Return the first Monday after today."""
    return now.date() + timedelta(days=WEEK_DAYS - now.weekday())
