"""Without this file an exception would be asked for by mail: request, approve, refuse, revoke, renew, list, show."""

from datetime import datetime

import click

from migration.cli import exception_options, options, render_exceptions
from migration.cli.desk import attended
from migration.cli.exception_options import BECAUSE, KEY, OWNER, PERSONS, moment
from migration.exception_classes import CLASSES, DESK
from migration.operations import asking, excepting, reading
from migration.operations.asking import Asking
from migration.operations.ports import Desk

CLASS = click.Choice([key for key in CLASSES if key != DESK])
UNTIL = moment(
    "--until", required=True, help_text="When it ends; a day is its beginning, UTC. At most 30 days after its start."
)
FROM = moment("--from", "starts_at", help_text="When it begins; default: as soon as it is approved.")


@click.group()
def exception() -> None:
    """Ask for, approve and end exceptions."""


@exception.command()
@click.option("--class", "exception_class", required=True, type=CLASS, help="What is excused: one of the catalogue.")
@PERSONS
@click.option("--reason", required=True, metavar="TEXT", help="Why; without names and addresses.")
@click.option("--control", required=True, metavar="TEXT", help="The compensating control: what watches meanwhile.")
@OWNER
@FROM
@UNTIL
@options.execute
@options.as_json
@attended
def request(
    desk: Desk,
    *,
    exception_class: str,
    persons: tuple[str, ...],
    reason: str,
    control: str,
    owner: str,
    starts_at: datetime | None,
    until: datetime,
    execute: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Ask that one person be excused, until a date.

    The person signs in with the target or the class's own method; recovery and enrolment stay closed. Two others
    must approve exactly this request, one of them a security lead; for administrators and finance by signature.

    \b
    Example:
      offramp exception request --class dated-totp --person 00u1 --reason "scanner takes no key" \\
        --control "sign-ins reviewed daily" --owner k.brown --until 2026-12-01 --execute
    """
    asked = Asking(exception_class, persons, reason, control, owner, starts_at, until)
    carry_through(desk, asking.propose_request(desk, asked), execute=execute, expect=expect, as_json=as_json)


@exception.command()
@KEY
@exception_options.proof
@options.execute
@options.as_json
@attended
def approve(
    desk: Desk, key: str, name: str | None, signature: str | None, execute: bool, expect: str | None, as_json: bool
) -> None:
    """Say yes to one exact request.

    The second yes begins the exception, if its start has come. A signature needs no --expect: it is over the text.

    \b
    Example:
      offramp exception show exception-0007 --request > r.txt
      ssh-keygen -Y sign -n offramp-approval -f ~/.ssh/id_ed25519 r.txt
      offramp exception approve exception-0007 --as r.lee --signature r.txt.sig --execute
    """
    proposal = asking.propose_approve(desk, key, name=name, signature=signature)
    carry_through(desk, proposal, execute=execute, expect=expect, as_json=as_json)


@exception.command()
@KEY
@BECAUSE
@options.execute
@options.as_json
@attended
def refuse(desk: Desk, key: str, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Say no to a request, or withdraw it.

    \b
    Example:
      offramp exception refuse exception-0007 --because "a key arrives on Monday" --execute
    """
    proposal = asking.propose_refuse(desk, key, because=because)
    carry_through(desk, proposal, execute=execute, expect=expect, as_json=as_json)


@exception.command()
@KEY
@BECAUSE
@options.execute
@options.as_json
@attended
def revoke(desk: Desk, key: str, because: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """End an exception now: credential, membership, sessions.

    One approver or its owner is enough. It is said for how many people this takes the last way in.

    \b
    Example:
      offramp exception revoke exception-0007 --because "the device was lost" --execute
    """
    proposal = asking.propose_revoke(desk, key, because=because)
    carry_through(desk, proposal, execute=execute, expect=expect, as_json=as_json)


@exception.command()
@KEY
@moment("--until", required=True, help_text="When the renewal ends; at most 30 days after the old end.")
@click.option("--reason", required=True, metavar="TEXT", help="Why it is needed still; without names and addresses.")
@options.execute
@options.as_json
@attended
def renew(desk: Desk, key: str, until: datetime, reason: str, execute: bool, expect: str | None, as_json: bool) -> None:
    """Ask that an exception be followed by another one.

    Within 14 days of its end, at most twice, with two approvals of its own. The old one stands until its own end.

    \b
    Example:
      offramp exception renew exception-0007 --until 2026-12-20 --reason "the new scanner is late" --execute
    """
    proposal = asking.propose_renew(desk, key, ends_at=until, reason=reason)
    carry_through(desk, proposal, execute=execute, expect=expect, as_json=as_json)


@exception.command("list")
@options.as_of
@options.as_json
@attended
def list_exceptions(desk: Desk, as_of: datetime | None, as_json: bool) -> None:
    """List exceptions: for whom, until when, approved by whom.

    \b
    Example:
      offramp exception list --as-of 2026-11-30 --json
    """
    state = reading.as_it_stood(desk, as_of)
    render_exceptions.listed(asking.listed(state, of_desk=False), as_json=as_json)


@exception.command()
@KEY
@exception_options.the_request
@options.as_json
@attended
def show(desk: Desk, key: str, as_request: bool, as_json: bool) -> None:
    """Show one exception, its approvals and what comes next.

    \b
    Example:
      offramp exception show exception-0007 --request > r.txt
    """
    one = excepting.find(reading.as_it_stood(desk, None), key)
    render_exceptions.shown(one, as_request=as_request, as_json=as_json)


def carry_through(desk: Desk, proposal: asking.Proposal, *, execute: bool, expect: str | None, as_json: bool) -> None:
    """Show what was decided; record it where asked and allowed; exit 0, or 1 where it must not be."""
    render_exceptions.proposal(proposal, as_json=as_json and not (execute and proposal.is_granted))
    if execute and proposal.is_granted:
        if expect is not None or not proposal.is_seen:
            options.require_expected(proposal.digest, expect)
        render_exceptions.recorded(asking.apply(desk, proposal), as_json=as_json)
    raise SystemExit(render_exceptions.exit_code(proposal))
