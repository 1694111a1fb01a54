"""Without this file no scheduler could call us: everything that is due, in one command."""

import click

from migration.cli import options, render_waves
from migration.cli.desk import with_desk
from migration.cli.render import say
from migration.operations import ticking, turns
from migration.operations.ports import Desk


@click.command()
@click.option("--approved-by", metavar="NAME", help="Who approves that a mover's assurance falls; recorded.")
@click.option("--execute", is_flag=True, help="Accepted as everywhere; what is due was decided before, and is done.")
@options.as_json
@with_desk
def tick(desk: Desk, approved_by: str | None, execute: bool, as_json: bool) -> None:
    """Carry out what is due: ends, warnings, joiners.

    Meant for a scheduler, every hour; safe to run at any time and by anybody. Its heartbeat is recorded: after a long
    silence no wave is moved forward.

    \b
    Example:
      offramp tick
    """
    del execute
    with turns.taken(desk) as before:
        done, entry = ticking.tick(desk, before=before, approved_by=approved_by)
    render_waves.tick(done, as_json=as_json)
    if not as_json:
        say(f"recorded: entry {entry.number} {entry.kind}")
