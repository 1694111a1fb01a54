"""Without this file nobody could see who is in which cohort: pull, classify, explain, seal."""

from pathlib import Path

import click

from migration.cli import files, options, render, render_people
from migration.cli.desk import with_desk
from migration.operations import people
from migration.operations.ports import Desk


@click.group()
def cohort() -> None:
    """Classify people from an export."""


@cohort.command()
@options.EXPORT
@options.execute
@with_desk
def pull(desk: Desk, export: Path, execute: bool, expect: str | None) -> None:
    """Write an export of the tenant into the folder EXPORT.

    Reads the tenant alone; the folder holds personal data afterwards.

    \b
    Example:
      offramp cohort pull var/export --execute
    """
    render.say(f"{desk.idp.target()} → {export}")
    if execute:
        del expect  # reading changes nothing that could have been shown
        with files.writing(export):
            counts = desk.idp.pull(export)
        render_people.pulled(counts)


@cohort.command()
@options.as_json
@with_desk
def check(desk: Desk, as_json: bool) -> None:
    """Check the rule book.

    Names every problem at once; nobody is read.

    \b
    Example:
      offramp cohort check
    """
    render_people.rules(people.rules(desk), as_json=as_json)


@cohort.command()
@options.EXPORT
@options.as_json
@with_desk
def classify(desk: Desk, export: Path, as_json: bool) -> None:
    """Count cohorts, readiness and rejects of an export.

    \b
    Example:
      offramp cohort classify var/export --json
    """
    render_people.classified(people.classify(desk, export), as_json=as_json)


@cohort.command()
@click.argument("person")
@click.option(
    "--export",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/export"),
    show_default=True,
    help="The folder of the export to look in.",
)
@options.as_json
@with_desk
def explain(desk: Desk, person: str, export: Path, as_json: bool) -> None:
    """Say which cohort PERSON (login or id) is in, and why.

    \b
    Example:
      offramp cohort explain ada@example.com --export var/export
    """
    render_people.explained(people.classify(desk, export).explain(person), as_json=as_json)


@cohort.command()
@options.EXPORT
@options.execute
@options.as_json
@with_desk
def seal(desk: Desk, export: Path, execute: bool, expect: str | None, as_json: bool) -> None:
    """Keep the classified export as a snapshot.

    It is named by its digest, and holds ids and counts, no names.

    \b
    Example:
      offramp cohort seal var/export --execute
    """
    found = people.classify(desk, export)
    render_people.classified(found, as_json=as_json and not execute)
    if execute:
        del expect  # a snapshot is named by what it holds; nothing else changes
        with files.writing(desk.snapshots):
            header = people.keep(desk, found)
        render_people.sealed(header, as_json=as_json)
