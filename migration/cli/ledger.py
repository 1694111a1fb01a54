"""Without this file nobody could read who decided what, or check that it still says so."""

from datetime import datetime

import click

from migration.cli import options, render
from migration.cli.desk import with_desk
from migration.operations import reading
from migration.operations.ports import Desk


@click.group()
def ledger() -> None:
    """Read and verify the record of decisions."""


@ledger.command()
@options.as_of
@options.as_json
@with_desk
def show(desk: Desk, as_of: datetime | None, as_json: bool) -> None:
    """Show every entry: when, who, what.

    \b
    Example:
      offramp ledger show --json | jq '.entries[-1]'
    """
    render.entries(reading.entries(desk, as_of), as_json=as_json)


@ledger.command()
@options.as_json
@with_desk
def verify(desk: Desk, as_json: bool) -> None:
    """Check every seal, the chain, and the anchors outside it.

    What lies after the last anchor is reported as not anchored. Exits with 4 when anything is wrong.

    \b
    Example:
      offramp ledger verify
    """
    found, _ = reading.verified(desk)
    render.verification(found, as_json=as_json)
