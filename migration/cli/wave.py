"""Without this file nobody could move a wave: list, status, stuck, advance, rollback, settle, confirm, abandon."""

from datetime import datetime

import click

from migration.cli import options, render, render_waves
from migration.cli.desk import attended
from migration.cli.wave_door import approve, rehearsal, retire
from migration.operations import evidence, intents, moving, reading, stepping
from migration.operations.finding import find
from migration.operations.moving import Move, Stop
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
@attended
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
@attended
def status(desk: Desk, key: str, lane: str, as_json: bool) -> None:
    """Read one wave back: stage, readiness, drift.

    Exits with 4 when the tenant does not hold what is declared.

    \b
    Example:
      offramp wave status standard-01
    """
    state = intents.look(desk)
    found = reading.wave_status(desk, state, find(state, key, lane))
    render_waves.status(found, state, as_json=as_json)
    raise SystemExit(0 if found.is_sound else render.INTEGRITY)


@wave.command()
@KEY
@options.lane
@options.as_json
@attended
def stuck(desk: Desk, key: str, lane: str, as_json: bool) -> None:
    """Name whom ENFORCE would refuse, why, and what is next.

    Accounts are named by their id, from the newest snapshot alone.

    \b
    Example:
      offramp wave stuck standard-01 --json
    """
    state = intents.look(desk)
    render_waves.stuck(key, evidence.stuck_since(desk, state, find(state, key, lane)), as_json=as_json)


@wave.command()
@KEY
@options.lane
@click.option("--to", type=STAGE, help="The stage to enter; default: the next one.")
@APPLY
@options.execute
@options.as_json
@attended
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
@attended
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
@attended
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
@attended
def confirm(desk: Desk, key: str, lane: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Read back what the pipeline carried out, and record it.

    Into ENROL it also moves the people into the wave's slot.

    \b
    Example:
      offramp wave confirm standard-01 --execute
    """
    proposal = stepping.propose_confirm(desk, key, idp=lane)
    render.confirmation(proposal, as_json=as_json and not execute)
    if execute:
        options.require_expected(proposal.digest, expect)
        render.recorded(stepping.confirm(desk, key, idp=lane), as_json=as_json)


@wave.command()
@click.argument("key", metavar="[WAVE]", required=False)
@click.option("--because", default="ended by an operator", show_default=True, help="The reason, for the ledger.")
@options.execute
@options.as_json
@attended
def abandon(desk: Desk, key: str | None, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """End the open intent and bring the manifest before it back.

    \b
    Example:
      offramp wave abandon standard-01 --because "wrong week" --execute
    """
    proposal = stepping.propose_abandon(desk, key)
    render.confirmation(proposal, as_json=as_json and not execute)
    if execute:
        options.require_expected(proposal.digest, expect)
        render.recorded(intents.abandon(desk, because), as_json=as_json)


@wave.command()
@KEY
@options.lane
@click.option("--because", required=True, help="The reason, for the ledger and for whoever reads the report.")
@options.execute
@options.as_json
@attended
def hold(desk: Desk, key: str, lane: str, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Stop WAVE where it is, until somebody resumes it.

    Going back stays possible.

    \b
    Example:
      offramp wave hold standard-01 --because "the help desk is short of people" --execute
    """
    _stop(
        desk,
        moving.propose_stop(desk, key, idp=lane, because=because, is_held=True),
        execute=execute,
        expect=expect,
        as_json=as_json,
    )


@wave.command()
@KEY
@options.lane
@click.option("--because", required=True, help="What was looked into, for the ledger.")
@options.execute
@options.as_json
@attended
def resume(desk: Desk, key: str, lane: str, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Let a held WAVE go on; its gates are asked again.

    \b
    Example:
      offramp wave resume standard-01 --because "two more people at the desk" --execute
    """
    _stop(
        desk,
        moving.propose_stop(desk, key, idp=lane, because=because, is_held=False),
        execute=execute,
        expect=expect,
        as_json=as_json,
    )


def _stop(desk: Desk, wanted: Stop, *, execute: bool, expect: str | None, as_json: bool) -> None:
    render_waves.stop(wanted, as_json=as_json and not execute)
    if execute:
        options.require_expected(wanted.digest, expect)
        render.recorded(moving.stop(desk, wanted), as_json=as_json)


for _command in (rehearsal, retire, approve):
    wave.add_command(_command)


def _carry_through(
    desk: Desk, move: Move, *, with_engine: bool, execute: bool, expect: str | None, as_json: bool
) -> None:
    render_waves.move(move, as_json=as_json and not execute)
    if execute:
        if move.is_granted:
            options.require_expected(move.digest, expect)
        render.recorded(moving.apply(desk, move, with_engine=with_engine), as_json=as_json)
    raise SystemExit(render_waves.exit_code(move))
