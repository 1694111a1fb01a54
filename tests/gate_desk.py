"""Without this file two tests would each teach a tenant to sign people in: a world that asks what our gates ask."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from desks import WAVE

from migration import tickets
from migration.adapters.ticket_file import TicketFile
from migration.log_events import METHOD, SESSION, SIGN_IN, LogEvent
from migration.operations import gating, intents
from migration.operations.finding import find

OURS = Path(__file__).parents[1] / "gates.toml"
HOUR = timedelta(hours=1)
COLUMNS = tickets.columns({"opened_at": "Created", "account": "User ID"})


def with_our_book(world, stage, wave=WAVE):
    """Bring a wave to a stage, and ask from then on what our own book asks."""
    world.bring_to(stage, wave)
    world.desk = replace(world.desk, gates=OURS, tickets=TicketFile(world.folder / "tickets.csv", COLUMNS))
    return world


def verdicts(world, to, wave=WAVE):
    """Return gate → verdict for a move."""
    state = intents.look(world.desk)
    return {one.gate: one for one in gating.verdicts(world.desk, state, find(state, wave), to)}


def outcomes(world, to, wave=WAVE):
    """Return gate → outcome for a move."""
    return {key: one.outcome for key, one in verdicts(world, to, wave).items()}


def sign_in(world, *people, method="security_key", ago=HOUR):
    """Let people sign in."""
    for who in people:
        shared = {"at": world.clock.at - ago, "kind": SIGN_IN, "account_id": who, "result": "SUCCESS", "attempt": who}
        world.idp.happened += [LogEvent(**shared, method=method, step=METHOD), LogEvent(**shared, step=SESSION)]


def happen(world, kind, who, result="FAILURE", method=None):
    """Let something else happen an hour ago."""
    world.idp.happened.append(LogEvent(world.clock.at - HOUR, kind, who, result, method=method))


def call_the_help_desk(world, *people):
    """Write a ticket file of an hour ago."""
    opened = (world.clock.at - HOUR).isoformat()
    rows = "".join(f"{opened},{who}\n" for who in people)
    (world.folder / "tickets.csv").write_text(f"Created,User ID\n{rows}", encoding="utf-8")


def days_later(world, days):
    """Let days pass, and a new snapshot be taken."""
    world.clock.forward(days=days)
    world.take_snapshot()
