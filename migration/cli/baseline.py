"""Without this file what decides today would have to be typed by hand: capture it, show it, see what changed."""

import click

from cohorts.snapshot import digest_of
from migration.cli import options, render
from migration.cli.desk import with_desk
from migration.operations import reading
from migration.operations.ports import Desk


@click.group()
def baseline() -> None:
    """Capture and review what decides today."""


@baseline.command()
@options.as_json
@with_desk
def show(desk: Desk, as_json: bool) -> None:
    """Show the reviewed baseline.

    \b
    Example:
      offramp baseline show
    """
    render.baseline(desk.documents.baseline(), as_json=as_json)


@baseline.command()
@options.as_json
@with_desk
def diff(desk: Desk, as_json: bool) -> None:
    """Compare the reviewed baseline with the tenant.

    Exits with 1 when they differ.

    \b
    Example:
      offramp baseline diff
    """
    differences = reading.baseline_differences(desk)
    render.differences(differences, as_json=as_json)
    raise SystemExit(render.REFUSED if differences else 0)


@baseline.command()
@options.execute
@options.as_json
@with_desk
def capture(desk: Desk, execute: bool, expect: str | None, as_json: bool) -> None:
    """Read what decides today for the people of the waves.

    --execute writes it beside the stacks, to be reviewed and committed.

    \b
    Example:
      offramp baseline capture
      offramp baseline capture --execute --expect 3f2a
    """
    captured = reading.captured(desk)
    render.baseline(captured, as_json=as_json)
    if execute:
        options.require_expected(digest_of(captured.digest), expect)
        desk.documents.keep_baseline(captured)
        render.say("written; review and commit it")
