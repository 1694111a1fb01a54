"""Without this file nobody could ask before they try: what must be so before a wave moves, and what is so now."""

import click

from migration.cli import options, render_gates
from migration.cli.desk import attended
from migration.gate_book import MOVES
from migration.operations import gating, intents
from migration.operations.finding import find
from migration.operations.ports import Desk

KEY = click.argument("key", metavar="WAVE")
TO = click.option(
    "--to",
    type=click.Choice(MOVES, case_sensitive=False),
    help="The move that is asked about: a stage, or settle; default: the next one.",
)


@click.group()
def gate() -> None:
    """Ask whether a wave may move, and why."""


@gate.command("list")
@KEY
@TO
@options.lane
@options.as_json
@attended
def list_gates(desk: Desk, key: str, to: str | None, lane: str, as_json: bool) -> None:
    """List what must be so before WAVE moves.

    From the gate book alone: thresholds, samples, ages, and why a gate is not asked. Nothing is measured.

    \b
    Example:
      offramp gate list standard-01 --to ENFORCE
    """
    state = intents.look(desk)
    render_gates.asked(gating.asked(desk, state, find(state, key, lane), to), as_json=as_json)


@gate.command("check")
@KEY
@TO
@options.lane
@options.as_json
@attended
def check_gates(desk: Desk, key: str, to: str | None, lane: str, as_json: bool) -> None:
    """Measure every gate that WAVE has to pass.

    Exits with 1 unless all of them PASS. A FAIL would hold the wave; an UNKNOWN would let it wait. Nothing is recorded.

    \b
    Example:
      offramp gate check standard-01 --json
    """
    state = intents.look(desk)
    found = gating.check(desk, state, find(state, key, lane), to)
    render_gates.checked(found, as_json=as_json)
    raise SystemExit(render_gates.exit_code(found))
