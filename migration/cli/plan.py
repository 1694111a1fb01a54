"""Without this file there would be no plan to follow: propose, show, confirm."""

from datetime import datetime
from pathlib import Path

import click

from migration.cli import files, options, render, render_people
from migration.cli.desk import attended, with_desk
from migration.cli.progress import advancing
from migration.operations import drafting, planning, reading, stepping
from migration.operations.ports import Desk


@click.group()
def plan() -> None:
    """Plan the waves and provision what is ours."""


@plan.command()
@click.option("--apply", "with_engine", is_flag=True, help="Run the engine too and read back.")
@options.execute
@options.as_json
@attended
def propose(desk: Desk, with_engine: bool, execute: bool, expect: str | None, as_json: bool) -> None:
    """Date the waves and foresee the first provision.

    Lists every priority of yours that provisioning shifts; nothing else of yours changes. --execute publishes
    the first manifest.

    \b
    Example:
      offramp plan propose
      offramp plan propose --execute --apply --expect 3f2a
    """
    proposal = planning.propose(desk)
    render.plan_proposal(proposal, as_json=as_json and not execute)
    if execute and proposal.refused is None:
        options.require_expected(proposal.digest, expect)
        render.recorded(planning.publish(desk, proposal, apply=with_engine), as_json=as_json)
    raise SystemExit(render.REFUSED if proposal.refused else 0)


@plan.command()
@options.as_of
@options.as_json
@attended
def show(desk: Desk, as_of: datetime | None, as_json: bool) -> None:
    """Show the plan in force.

    \b
    Example:
      offramp plan show --json
    """
    render.plan(reading.as_it_stood(desk, as_of), as_json=as_json)


@plan.command()
@options.execute
@options.as_json
@attended
def confirm(desk: Desk, execute: bool, expect: str | None, as_json: bool) -> None:
    """Read the provision back, fill break-glass and record it.

    \b
    Example:
      offramp plan confirm --execute
    """
    proposal = stepping.propose_confirm(desk, None, idp="okta")
    render.confirmation(proposal, as_json=as_json and not execute)
    if execute:
        options.require_expected(proposal.digest, expect)
        render.recorded(planning.confirm(desk), as_json=as_json)


@plan.command()
@options.EXPORT_TO_READ
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("draft.parquet"),
    show_default=True,
    help="The Parquet file to write: one row an account.",
)
@click.option(
    "--previous",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A draft that was written before: nobody of it moves, unless a cap broke, and then the fewest.",
)
@click.option(
    "--first-open",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="ROUND",
    help="With --previous: the first round that has not started.",
)
@click.option(
    "--first-on", type=click.DateTime(["%Y-%m-%d"]), help="First day of the first round; default: next Monday."
)
@options.engine
@options.as_json
@with_desk
def draft(
    desk: Desk,
    export: Path,
    *,
    out: Path,
    previous: Path | None,
    first_open: int,
    first_on: datetime | None,
    engine: str,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Place everyone of EXPORT into dated rounds.

    Under the caps of the configuration: size, share of a department, the help desk's budget, freezes. It writes a
    file and nothing else: nothing is sealed, recorded or published.

    \b
    Example:
      offramp plan draft var/export --out draft.parquet
      offramp plan draft var/export --out next.parquet --previous draft.parquet --first-open 3
    """
    with advancing() as progress, files.writing(out):
        wish = drafting.DraftWish(
            export, out, previous, first_open, first_on.date() if first_on else None, engine, scheduler, progress
        )
        render_people.drafted(drafting.draft(desk, wish), as_json=as_json)
