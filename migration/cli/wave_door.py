"""Without this file nobody could rehearse a wave, or go through the one-way door behind it."""

from pathlib import Path

import click

from migration.cli import options, render, render_gates, render_waves
from migration.cli.desk import attended
from migration.exception_events import ApprovalGiven
from migration.operations import intents, rehearsing, retiring
from migration.operations.finding import find
from migration.operations.ports import Desk

KEY = click.argument("key", metavar="WAVE")


@click.command()
@KEY
@options.lane
@options.as_json
@attended
def rehearsal(desk: Desk, key: str, lane: str, as_json: bool) -> None:
    """Say whom ENFORCE would refuse, without applying it.

    From what people hold, from how they signed in lately, and from what the canary app's policy decides for them.

    \b
    Example:
      offramp wave rehearsal standard-01 --json
    """
    state = intents.look(desk)
    found = rehearsing.forecast(desk, state, find(state, key, lane))
    render_gates.forecast(key, found, as_json=as_json)


@click.command()
@KEY
@options.lane
@click.option("--name", default="", metavar="WAVE", help="The wave's key once more: this cannot be undone.")
@click.option("--text", "show_text", is_flag=True, help="Print the exact text that approvers sign, and nothing else.")
@options.execute
@options.as_json
@attended
def retire(
    desk: Desk,
    key: str,
    lane: str,
    name: str,
    show_text: bool,
    execute: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Delete the enrolled phones of a settled WAVE, for good.

    The first --execute asks for it; two people sign exactly that list; then --execute --name WAVE deletes it.
    Whose phone is the last way in is skipped, and listed.

    \b
    Example:
      offramp wave retire standard-01 --execute --expect 3f2a
      offramp wave retire standard-01 --name standard-01 --execute --expect 91bc
    """
    found = retiring.propose(desk, key, idp=lane)
    if show_text:
        click.echo(found.asked.text, nl=False)
        return
    verb = "delete" if name else "request"
    digest = retiring.shown_digest(found, verb)
    render_waves.retirement(found, digest=digest, as_json=as_json and not execute)
    if execute:
        if found.refused is None:
            options.require_expected(digest, expect)
        entry = retiring.begin(desk, found, name=name) if name else retiring.request(desk, found)
        render.recorded(entry, as_json=as_json)
    raise SystemExit(0 if found.refused is None and (found.may_begin or not name) else render.REFUSED)


@click.command()
@KEY
@options.lane
@click.option("--as", "approver", metavar="NAME", required=True, help="Who approves, as the approvers file has it.")
@click.option(
    "--signature",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The file that ssh-keygen -Y sign wrote over the exact text.",
)
@options.execute
@options.as_json
@attended
def approve(
    desk: Desk,
    key: str,
    lane: str,
    approver: str,
    signature: Path,
    execute: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Approve, with a signature, a retirement.

    \b
    Example:
      offramp wave retire standard-01 --text > list.txt
      ssh-keygen -Y sign -n offramp-approval -f ~/.ssh/id_ed25519 list.txt
      offramp wave approve standard-01 --as m.ito --signature list.txt.sig --execute
    """
    wanted = retiring.propose(desk, key, idp=lane)
    text = signature.read_text(encoding="utf-8", errors="replace")
    found = retiring.approve(desk, wanted, name=approver, signature=text)
    digest = retiring.shown_digest(wanted, f"approve as {approver}")
    render_waves.approval(key, found, digest=digest, as_json=as_json and not execute)
    is_accepted = isinstance(found, ApprovalGiven)
    if execute:
        # No --expect is asked for: a signature is over the exact text, so it was read.
        if expect is not None:
            options.require_expected(digest, expect)
        render.recorded(retiring.record_approval(desk, wanted, found), as_json=as_json)
    raise SystemExit(0 if is_accepted else render.REFUSED)
