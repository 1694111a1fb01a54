"""Without this file nobody but an operator would know how it stands: the pages and tables that others read."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from migration import report_exceptions_page, report_exceptions_table, report_page, report_table
from migration.cli import files, options, render
from migration.cli.desk import with_desk
from migration.operations import reading, reporting
from migration.operations.ports import Desk

_FILE = click.Path(path_type=Path, dir_okay=False)
HTML = click.option("--html", "html_path", type=_FILE, help="Write the page here.")
CSV = click.option("--csv", "csv_path", type=_FILE, help="Write the table here.")


@click.group()
def report() -> None:
    """Write what a program manager reads."""


@report.command()
@HTML
@CSV
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
    """Show what moved, who is stuck, and whether we make the date.

    Made offline, from ledger and snapshots alone. Without a path the page goes to stdout.

    \b
    Example:
      offramp report show --html report.html --csv report.csv
    """
    found = reading.programme_report(desk, as_of)
    if csv_path:
        files.write(csv_path, report_table.table(found))
    if as_json:
        render.report(found)
    _page(report_page.page(found), html_path, is_asked=not (csv_path or as_json))


@report.command()
@HTML
@CSV
@options.as_of
@options.as_json
@with_desk
def exceptions(
    desk: Desk,
    html_path: Path | None,
    csv_path: Path | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Show each exception with its signatures, checked again.

    And each retirement. Made offline, from ledger, snapshots and approvers file; without a path to stdout.

    \b
    Example:
      offramp report exceptions --html exceptions.html --csv exceptions.csv --as-of 2026-11-30
    """
    found = reporting.exception_report(desk, as_of)
    if csv_path:
        files.write(csv_path, report_exceptions_table.table(found))
    if as_json:
        render.document("exceptions-report", report=asdict(found) | {"excused_count": found.excused_count})
    _page(report_exceptions_page.page(found), html_path, is_asked=not (csv_path or as_json))


def _page(text: str, html_path: Path | None, *, is_asked: bool) -> None:
    """Write the page where it was asked for; to stdout where nothing else was asked for."""
    if html_path:
        files.write(html_path, text)
    elif is_asked:
        click.echo(text)
