"""Without this file a program manager would have nothing to read: the page and the table."""

from datetime import datetime
from pathlib import Path

import click

from migration.cli import files, options, render
from migration.cli.desk import with_desk
from migration.operations import reading
from migration.operations.ports import Desk
from migration.report_page import page
from migration.report_table import table


@click.group()
def report() -> None:
    """Write what a program manager reads."""


@report.command()
@click.option("--html", "html_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the page here.")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the table here.")
@options.as_of
@options.as_json
@with_desk
def show(
    desk: Desk,
    html_path: Path | None,
    csv_path: Path | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Show cohorts, waves, dates and who is stuck.

    Made offline, from ledger and snapshot alone. Without a path the page goes to stdout.

    \b
    Example:
      offramp report show --html report.html --csv report.csv
    """
    found = reading.programme_report(desk, as_of)
    if html_path:
        files.write(html_path, page(found))
    if csv_path:
        files.write(csv_path, table(found))
    if as_json:
        render.report(found)
    elif not (html_path or csv_path):
        click.echo(page(found))
