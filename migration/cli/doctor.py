"""Without this file a missing plugin would show itself in the middle of an update."""

import click

from migration.cli import options, render
from migration.cli.desk import with_desk
from migration.operations import reading
from migration.operations.ports import Desk


@click.command()
@options.as_json
@with_desk
def doctor(desk: Desk, as_json: bool) -> None:
    """Name engine, plugins and targets, and what is missing.

    Exits with 3 when something is missing.

    \b
    Example:
      offramp doctor
    """
    findings = reading.examine(desk)
    render.findings(findings, as_json=as_json)
    raise SystemExit(0 if all(finding.is_well for finding in findings) else render.OUTSIDE)
