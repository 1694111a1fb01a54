"""Without this file nobody could see who is in which cohort: pull, classify, explain, seal."""

from pathlib import Path

import click

from migration.cli import files, options, progress, render, render_people
from migration.cli.desk import with_desk
from migration.operations import people
from migration.operations.ports import Desk


@click.group()
def cohort() -> None:
    """Classify people from an export."""


@cohort.command()
@options.EXPORT
@click.option(
    "--from",
    "source",
    type=click.Choice(["okta"]),
    default="okta",
    show_default=True,
    help="The identity provider to read.",
)
@click.option(
    "--log-days",
    type=click.IntRange(0, 90),
    default=0,
    show_default=True,
    metavar="DAYS",
    help="Read so many days of the log, too: when each factor was last used; at most 90, 0 is none.",
)
@click.option(
    "--budget",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Use at most this share of the calls that the tenant allows a minute, above 0 and up to 1.",
)
@options.execute
@with_desk
def pull(
    desk: Desk, export: Path, source: str, log_days: int, budget: float, execute: bool, expect: str | None
) -> None:
    """Write an export of the tenant into the folder EXPORT.

    Reads the tenant alone; the folder holds personal data afterwards. Nothing in it changes before everything is
    read. Killed and started again, a pull goes on where it stopped.

    \b
    Example:
      offramp cohort pull var/export --from okta --log-days 30 --execute
    """
    del source  # there is one so far
    for line in desk.idp.foresee_pull(export, log_days=log_days):
        render.say(line)
    if execute:
        del expect  # reading changes nothing that could have been shown
        at = desk.now() if log_days else None
        with files.writing(export), progress.advancing() as advance:
            counts = desk.idp.pull(
                export, log_days=log_days, budget_share=budget, at=at, say=render.say, progress=advance
            )
        render_people.pulled(counts)


@cohort.command()
@click.option("--export", type=click.Path(path_type=Path), help="Try the rules on everybody in this export, too.")
@options.reading
@options.as_json
@with_desk
def check(desk: Desk, export: Path | None, wishes: people.Wishes, as_json: bool) -> None:
    """Check the rule book, and try its own examples.

    Names every problem at once; nobody is read unless an export is named. Exits with 1 when an example of the book
    comes out otherwise than it says.

    \b
    Example:
      offramp cohort check --export var/export
    """
    found = people.trial(desk, export, wishes)
    render_people.trial(found, as_json=as_json)
    raise SystemExit(render.REFUSED if found["failures"] else 0)


@cohort.command()
@options.EXPORT_TO_READ
@options.reading
@options.CSV
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one page with charts here.")
@options.WITH_NAMES
@options.as_json
@with_desk
def classify(
    desk: Desk,
    export: Path,
    wishes: people.Wishes,
    csv_path: Path | None,
    html: Path | None,
    with_names: bool,
    as_json: bool,
) -> None:
    """Count cohorts, readiness, rejects and conflicts.

    Counts only; names appear in the table and on the page with --with-names alone.

    \b
    Example:
      offramp cohort classify var/export --html cohorts.html
    """
    found = people.classify(desk, export, wishes)
    render_people.classified(found, as_json=as_json)
    for path, write in ((csv_path, people.write_table), (html, people.write_page)):
        if path is not None:
            with files.writing(path):
                write(found, path, with_names=with_names)
            render.say(f"written: {path}")


@cohort.command()
@options.EXPORT_TO_READ
@options.reading
@options.CSV
@options.WITH_NAMES
@options.as_json
@with_desk
def conflicts(
    desk: Desk, export: Path, wishes: people.Wishes, csv_path: Path | None, with_names: bool, as_json: bool
) -> None:
    """List what could not be joined without guessing.

    Each with the accounts, what their keys say, and what somebody can do about it. Until then such an account counts
    as the riskier of its candidates. The keys' values are shown with --with-names alone.

    \b
    Example:
      offramp cohort conflicts var/export --csv conflicts.csv
    """
    found = people.classify(desk, export, wishes)
    render_people.conflicts(people.work_list(found, with_names=with_names), as_json=as_json)
    if csv_path is not None:
        with files.writing(csv_path):
            people.write_conflicts(found, csv_path, with_names=with_names)
        render.say(f"written: {csv_path}")


@cohort.command()
@click.argument("person")
@options.FOLDER_OF_EXPORT
@options.reading
@options.as_json
@with_desk
def explain(desk: Desk, person: str, export: Path, wishes: people.Wishes, as_json: bool) -> None:
    """Say which cohort PERSON (login or id) is in, and why.

    Shows the rows it came from, how they were joined, every rule that was tried with the values it saw, and what the
    readiness rests on.

    \b
    Example:
      offramp cohort explain ada@example.com --export var/export
    """
    render_people.explained(people.explain(desk, export, person, wishes), as_json=as_json)


@cohort.command()
@click.argument("old")
@click.argument("new")
@options.reading
@options.as_json
@with_desk
def diff(desk: Desk, old: str, new: str, wishes: people.Wishes, as_json: bool) -> None:
    """Say who changed between OLD and NEW, and why.

    Each is the digest of a snapshot (its first digits are enough), the folder of one, or an export. Names the accounts
    that came and went, and of everybody with another cohort or readiness the columns that caused it.

    \b
    Example:
      offramp cohort diff 3fa9c2 var/export
    """
    render_people.difference(people.compare(desk, old, new, wishes), as_json=as_json)


@cohort.command()
@options.EXPORT_TO_READ
@options.reading
@options.execute
@options.as_json
@with_desk
def seal(desk: Desk, export: Path, wishes: people.Wishes, execute: bool, expect: str | None, as_json: bool) -> None:
    """Keep the classified export as a snapshot.

    It is named by its digest, and holds ids and counts, no names.

    \b
    Example:
      offramp cohort seal var/export --execute
    """
    found = people.classify(desk, export, wishes)
    if not (execute and as_json):  # one document on stdout, never two
        render_people.classified(found, as_json=as_json)
    if execute:
        del expect  # a snapshot is named by what it holds; nothing else changes
        with files.writing(desk.snapshots):
            header = people.keep(desk, found)
        render_people.sealed(header, as_json=as_json)
