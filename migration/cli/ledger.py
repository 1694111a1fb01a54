"""Without this file nobody could read who decided what, or check that it still says so."""

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click

from migration.cli import files, options, render
from migration.cli.desk import with_desk
from migration.ledger_export import read_jsonl, to_jsonl
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
@click.option(
    "--jsonl", "path", type=click.Path(path_type=Path, dir_okay=False), help="Write the lines here; default: stdout."
)
@options.as_of
@with_desk
def export(desk: Desk, path: Path | None, as_of: datetime | None) -> None:
    """Write every entry as a line of JSON.

    Each has the names and values that were sealed, in canonical JSON: offramp ledger verify --jsonl checks them, and so
    can anybody without offramp.

    \b
    Example:
      offramp ledger export --jsonl ledger.jsonl
    """
    lines = "".join(to_jsonl(reading.entries(desk, as_of)))
    if path:
        files.write(path, lines)
    else:
        click.echo(lines, nl=False)


@ledger.command()
@click.option(
    "--jsonl", type=click.File("rb"), metavar="FILE", help="Verify this export instead of the ledger; - is stdin."
)
@options.as_json
@with_desk
def verify(desk: Desk, jsonl: BinaryIO | None, as_json: bool) -> None:
    """Check every seal, the chain, and the anchors outside it.

    The manifest and the stack's outputs vouch for entries from outside. What lies after the last of these anchors is
    reported as not anchored. Exits with 4 when anything is wrong.

    \b
    Example:
      offramp ledger verify
      offramp ledger verify --jsonl ledger.jsonl
    """
    exported = read_jsonl(jsonl.read(), name=jsonl.name) if jsonl else None
    found, _ = reading.verified(desk, entries=exported)
    render.verification(found, as_json=as_json)
