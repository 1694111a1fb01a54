"""Without this file nobody could open the supervised desk: request, approve, refuse, revoke, list, show."""

from datetime import datetime, timedelta

import click

from migration.cli import exception_options, options, render_exceptions
from migration.cli.desk import attended
from migration.cli.exception import carry_through
from migration.cli.exception_options import BECAUSE, KEY, OWNER, PERSONS, moment
from migration.exception_classes import DESK
from migration.operations import asking, excepting, reading
from migration.operations.asking import Asking
from migration.operations.ports import Desk


@click.group()
def bootstrap() -> None:
    """Open the supervised desk for people, and close it."""


@bootstrap.command()
@PERSONS
@click.option("--wave", metavar="WAVE", help="Everyone of a wave who holds nothing yet that its target accepts.")
@moment("--on", "on", help_text="The day at the desk, UTC; instead of --from and --until.")
@moment("--from", "starts_at", help_text="When it opens; default: as soon as it is approved.")
@moment("--until", help_text="When it closes; at most one day after it opens.")
@click.option(
    "--reason", default="binds a passkey at the registration desk", show_default=True, metavar="TEXT", help="Why."
)
@click.option(
    "--control",
    default="two people at the desk check an identity document",
    show_default=True,
    metavar="TEXT",
    help="How it is made sure who stands there.",
)
@OWNER
@options.execute
@options.as_json
@attended
def request(
    desk: Desk,
    *,
    persons: tuple[str, ...],
    wave: str | None,
    on: datetime | None,
    starts_at: datetime | None,
    until: datetime | None,
    reason: str,
    control: str,
    owner: str,
    execute: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Ask that people may bind a passkey at the desk, for a day.

    Inside the desk's network zone and these dates a password is enough to bind a passkey, and nothing else is.
    Two others must sign exactly this request. Administrators have no other way.

    \b
    Example:
      offramp bootstrap request --wave administrators-01 --on 2026-11-30 --owner k.brown --execute
    """
    opens, closes = _window(desk, on, starts_at, until)
    accounts = (*persons, *(asking.of_wave(desk, wave) if wave else ()))
    asked = Asking(DESK, accounts, reason, control, owner, opens, closes)
    carry_through(desk, asking.propose_request(desk, asked), execute=execute, expect=expect, as_json=as_json)


def _window(
    desk: Desk, on: datetime | None, starts_at: datetime | None, until: datetime | None
) -> tuple[datetime | None, datetime]:
    if on is not None and starts_at is None and until is None:
        return (on if on > desk.now() else None), on + timedelta(days=1)
    if on is None and until is not None:
        return starts_at, until
    raise click.UsageError("give --on DAY, or --until TIME and, if you like, --from TIME")


@bootstrap.command()
@KEY
@exception_options.proof
@options.execute
@options.as_json
@attended
def approve(
    desk: Desk, key: str, name: str | None, signature: str | None, execute: bool, expect: str | None, as_json: bool
) -> None:
    """Say yes to one exact request for the desk, by signature.

    \b
    Example:
      offramp bootstrap show desk-0007 --request > r.txt
      ssh-keygen -Y sign -n offramp-approval -f ~/.ssh/id_ed25519 r.txt
      offramp bootstrap approve desk-0007 --as r.lee --signature r.txt.sig --execute
    """
    proposal = asking.propose_approve(desk, key, name=name, signature=signature)
    carry_through(desk, proposal, execute=execute, expect=expect, as_json=as_json)


@bootstrap.command()
@KEY
@BECAUSE
@options.execute
@options.as_json
@attended
def refuse(desk: Desk, key: str, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Say no to a request for the desk, or withdraw it.

    \b
    Example:
      offramp bootstrap refuse desk-0007 --because "the desk is closed that day" --execute
    """
    proposal = asking.propose_refuse(desk, key, because=because)
    carry_through(desk, proposal, execute=execute, expect=expect, as_json=as_json)


@bootstrap.command()
@KEY
@BECAUSE
@options.execute
@options.as_json
@attended
def revoke(desk: Desk, key: str, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Close the desk for these people now, with their sessions.

    \b
    Example:
      offramp bootstrap revoke desk-0007 --because "somebody came with a false document" --execute
    """
    proposal = asking.propose_revoke(desk, key, because=because)
    carry_through(desk, proposal, execute=execute, expect=expect, as_json=as_json)


@bootstrap.command("list")
@options.as_of
@options.as_json
@attended
def list_desks(desk: Desk, as_of: datetime | None, as_json: bool) -> None:
    """List for whom the desk is open, was, or shall be.

    \b
    Example:
      offramp bootstrap list --json
    """
    state = reading.as_it_stood(desk, as_of)
    render_exceptions.listed(asking.listed(state, of_desk=True), as_json=as_json)


@bootstrap.command()
@KEY
@exception_options.the_request
@options.as_json
@attended
def show(desk: Desk, key: str, as_request: bool, as_json: bool) -> None:
    """Show one opening of the desk, its approvals and its end.

    \b
    Example:
      offramp bootstrap show desk-0007 --request > r.txt
    """
    one = excepting.find(reading.as_it_stood(desk, None), key)
    render_exceptions.shown(one, as_request=as_request, as_json=as_json)
