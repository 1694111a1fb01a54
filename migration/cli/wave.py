"""Without this file nobody could move a wave: list, status, stuck, advance, rollback, settle, confirm, abandon."""

from datetime import datetime

import click

from migration.cli import options, render
from migration.cli.desk import with_desk
from migration.operations import evidence, intents, moving, reading
from migration.operations.moving import Move
from migration.operations.ports import Desk
from migration.posture import Stage

KEY = click.argument("key", metavar="WAVE")
STAGE = click.Choice([stage.name for stage in Stage], case_sensitive=False)
APPLY = click.option("--apply", "with_engine", is_flag=True, help="Run the engine too and read back.")


@click.group()
def wave() -> None:
    """See waves and move them."""


@wave.command("list")
@options.as_of
@options.as_json
@with_desk
def list_waves(desk: Desk, as_of: datetime | None, as_json: bool) -> None:
    """List every wave, its stage and its dates.

    \b
    Example:
      offramp wave list --json
    """
    render.waves(reading.as_it_stood(desk, as_of), as_json=as_json)


@wave.command()
@KEY
@options.lane
@options.as_json
@with_desk
def status(desk: Desk, key: str, lane: str, as_json: bool) -> None:
    """Read one wave back: stage, readiness, drift.

    Exits with 4 when the tenant does not hold what is declared.

    \b
    Example:
      offramp wave status standard-01
    """
    state = intents.look(desk)
    found = reading.wave_status(desk, state, moving.find(state, key, lane))
    render.status(found, state, as_json=as_json)
    raise SystemExit(0 if found.is_sound else render.INTEGRITY)


@wave.command()
@KEY
@options.lane
@options.as_json
@with_desk
def stuck(desk: Desk, key: str, lane: str, as_json: bool) -> None:
    """Name whom ENFORCE would refuse, why, and what is next.

    Accounts are named by their id, from the newest snapshot alone.

    \b
    Example:
      offramp wave stuck standard-01 --json
    """
    state = intents.look(desk)
    render.stuck(key, evidence.stuck(desk, state, moving.find(state, key, lane)), as_json=as_json)


@wave.command()
@KEY
@options.lane
@click.option("--to", type=STAGE, help="The stage to enter; default: the next one.")
@APPLY
@options.execute
@options.as_json
@with_desk
def advance(
    desk: Desk,
    key: str,
    lane: str,
    to: str | None,
    with_engine: bool,
    execute: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Move WAVE one stage on, if nothing stands against it.

    Shows what would happen and stops there. --execute publishes the manifest, for the team's pipeline to run
    `pulumi up`; --execute --apply runs the engine too, reads back and records.

    \b
    Example:
      offramp wave advance standard-01 --lane okta
      offramp wave advance standard-01 --lane okta --execute --apply --expect 3f2a
    """
    move = moving.propose_advance(desk, key, idp=lane, to=Stage[to.upper()] if to else None)
    _carry_through(desk, move, with_engine=with_engine, execute=execute, expect=expect, as_json=as_json)


@wave.command()
@KEY
@options.lane
@click.option("--approved-by", metavar="NAME", help="Who approves the lower assurance; recorded as asserted.")
@APPLY
@options.execute
@options.as_json
@with_desk
def rollback(
    desk: Desk,
    key: str,
    lane: str,
    approved_by: str | None,
    with_engine: bool,
    execute: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Bring WAVE back from ENFORCE to RELAXED.

    SMS signs in again; recovery and enrolment by SMS stay closed.

    \b
    Example:
      offramp wave rollback standard-01 --lane okta --approved-by m.ito --execute --apply
    """
    move = moving.propose_rollback(desk, key, idp=lane, approved_by=approved_by)
    _carry_through(desk, move, with_engine=with_engine, execute=execute, expect=expect, as_json=as_json)


@wave.command()
@KEY
@options.lane
@APPLY
@options.execute
@options.as_json
@with_desk
def settle(
    desk: Desk,
    key: str,
    lane: str,
    with_engine: bool,
    execute: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Move WAVE into its cohort's home and free its slot.

    \b
    Example:
      offramp wave settle administrators-01 --lane okta --execute --apply
    """
    move = moving.propose_settle(desk, key, idp=lane)
    _carry_through(desk, move, with_engine=with_engine, execute=execute, expect=expect, as_json=as_json)


@wave.command()
@KEY
@options.lane
@options.execute
@options.as_json
@with_desk
def confirm(desk: Desk, key: str, lane: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Read back what the pipeline carried out, and record it.

    Into ENROL it also moves the people into the wave's slot.

    \b
    Example:
      offramp wave confirm standard-01 --execute
    """
    proposal = moving.propose_confirm(desk, key, idp=lane)
    render.confirmation(proposal, as_json=as_json and not execute)
    if execute:
        options.require_expected(proposal.digest, expect)
        render.recorded(moving.confirm(desk, key, idp=lane), as_json=as_json)


@wave.command()
@click.argument("key", metavar="[WAVE]", required=False)
@click.option("--because", default="ended by an operator", show_default=True, help="The reason, for the ledger.")
@options.execute
@options.as_json
@with_desk
def abandon(desk: Desk, key: str | None, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """End the open intent and bring the manifest before it back.

    \b
    Example:
      offramp wave abandon standard-01 --because "wrong week" --execute
    """
    proposal = moving.propose_abandon(desk, key)
    render.confirmation(proposal, as_json=as_json and not execute)
    if execute:
        options.require_expected(proposal.digest, expect)
        render.recorded(intents.abandon(desk, because), as_json=as_json)


def _carry_through(
    desk: Desk, move: Move, *, with_engine: bool, execute: bool, expect: str | None, as_json: bool
) -> None:
    render.move(move, as_json=as_json and not execute)
    if execute:
        if move.is_granted:
            options.require_expected(move.digest, expect)
        render.recorded(moving.apply(desk, move, with_engine=with_engine), as_json=as_json)
    raise SystemExit(render.exit_code(move))
