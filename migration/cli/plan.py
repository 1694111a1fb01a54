"""Without this file there would be no plan to follow: propose, show, confirm."""

from datetime import datetime

import click

from migration.cli import options, render
from migration.cli.desk import with_desk
from migration.operations import moving, planning, reading
from migration.operations.ports import Desk


@click.group()
def plan() -> None:
    """Plan the waves and provision what is ours."""


@plan.command()
@click.option("--apply", "with_engine", is_flag=True, help="Run the engine too and read back.")
@options.execute
@options.as_json
@with_desk
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
@with_desk
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
@with_desk
def confirm(desk: Desk, execute: bool, expect: str | None, as_json: bool) -> None:
    """Read the provision back, fill break-glass and record it.

    \b
    Example:
      offramp plan confirm --execute
    """
    proposal = moving.propose_confirm(desk, None, idp="okta")
    render.confirmation(proposal, as_json=as_json and not execute)
    if execute:
        options.require_expected(proposal.digest, expect)
        render.recorded(planning.confirm(desk), as_json=as_json)
