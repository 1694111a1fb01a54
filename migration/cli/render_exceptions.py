"""Without this file exceptions would be shown as reprs: who is excused, by whom, until when, and what is signed."""

from collections.abc import Sequence
from typing import Any

import click

from migration.approvals import Refused
from migration.cli import render
from migration.cli.render import document, say, table
from migration.exception_classes import CLASSES, DESK
from migration.exception_events import ApprovalGiven, EndBegun
from migration.ledger import Entry
from migration.operations.asking import Proposal, signing_words
from migration.policy_exceptions import PolicyException, State

_MINUTE = "%Y-%m-%d %H:%M"


def exit_code(found: Proposal) -> int:
    """Return 0 for what may be recorded, 1 for what must not."""
    return 0 if found.is_granted else render.REFUSED


def proposal(found: Proposal, *, as_json: bool) -> None:
    """Show what would be recorded, or why it must not be."""
    decision, one = found.decision, found.one
    refused = decision if isinstance(decision, Refused) else None
    if as_json:
        document(
            f"exception-{found.verb}",
            granted=refused is None,
            because=refused.because if refused else None,
            hint=refused.hint if refused else None,
            exception=_document(one) if one else None,
            last_way_in_count=found.last_way_in_count,
            digest=found.digest,
        )
        return
    if refused:
        say(f"refused: {found.verb}{f' {one.key}' if one else ''}: {refused.because}")
        say(f"  next:  {refused.hint}")
        return
    if one:
        _say(one)
    if isinstance(decision, ApprovalGiven):
        say(f"  yes of {decision.approver} as {', '.join(decision.roles)}: {decision.proof}")
    if isinstance(decision, EndBegun):
        say(f"  ends now: {decision.because}")
    if found.last_way_in_count:
        say(f"  the last way in of {found.last_way_in_count} people goes; the registration desk opens another")
    say(f"  proposal {found.digest[:16]}")


def recorded(entries: Sequence[Entry], *, as_json: bool) -> None:
    """Show what was written to the ledger: the newest entry as the document, and every one of them in words."""
    for entry in entries[:-1] if as_json else entries:
        say(f"recorded: entry {entry.number} {entry.kind} by {entry.actor}")
    if as_json and entries:
        render.recorded(entries[-1], as_json=True)


def listed(found: Sequence[PolicyException], *, as_json: bool) -> None:
    """List exceptions, the one that ends first on top."""
    if as_json:
        document("exceptions", exceptions=[_document(one) for one in found])
        return
    table(
        "exception",
        "class",
        "cohort",
        "people",
        "state",
        "from",
        "until",
        "owner",
        "approved by",
        rows=[
            (
                one.key,
                one.exception_class,
                one.cohort,
                len(one.subjects),
                one.state.value,
                f"{one.starts_at:{_MINUTE}}",
                f"{one.ends_at:{_MINUTE}}",
                one.owner,
                ", ".join(f"{given.approver} ({given.proof})" for given in one.approvals),
            )
            for one in found
        ],
    )


def shown(one: PolicyException, *, as_request: bool, as_json: bool) -> None:
    """Show one exception; or only the exact text that is signed."""
    if as_request:
        click.echo(one.asked.text.encode(), nl=False)
        return
    if as_json:
        document("exception", exception=_document(one))
        return
    _say(one)
    for given in one.approvals:
        say(f"  approved by {given.approver} as {', '.join(given.roles)}, {given.at}: {given.proof}")
    for word, at in (("granted", one.granted_at), ("warned", one.warned_at), ("ended", one.ended_at)):
        if at:
            say(f"  {word} {at}")
    if one.because:
        say(f"  because {one.because}")
    if one.state is State.REQUESTED and not one.is_approved:
        say(f"  to sign it: {signing_words(one)}")


def _say(one: PolicyException) -> None:
    found = CLASSES[one.exception_class]
    accepts = f"{found.method} beside the target" if found.method else "a passkey bound with a password, at the desk"
    say(f"{one.key} ({one.exception_class}): {one.state.value}; {len(one.subjects)} of {one.cohort}: {accepts}")
    say(f"  from {one.starts_at:{_MINUTE}} until {one.ends_at:{_MINUTE}} UTC, owner {one.owner}, by {one.requester}")
    say(f"  reason:  {one.reason}")
    say(f"  control: {one.control}")
    if one.renews:
        say(f"  renews {one.renews}; renewal {one.renewals_count}")


def _document(one: PolicyException) -> dict[str, Any]:
    return {
        "key": one.key,
        "class": one.exception_class,
        "is_desk": one.exception_class == DESK,
        "state": one.state.value,
        "cohort": one.cohort,
        "accounts": [subject.account_id for subject in one.subjects],
        "reason": one.reason,
        "control": one.control,
        "owner": one.owner,
        "requester": one.requester,
        "requested_at": one.requested_at,
        "starts_at": one.starts_at.isoformat(),
        "ends_at": one.ends_at.isoformat(),
        "renews": one.renews,
        "renewals_count": one.renewals_count,
        "request": dict(one.request),
        "request_digest": one.request_digest,
        "is_approved": one.is_approved,
        "approvals": [
            {
                "approver": given.approver,
                "roles": list(given.roles),
                "proof": given.proof,
                "at": given.at,
                "request_digest": given.request_digest,
                "signature": given.signature,
            }
            for given in one.approvals
        ],
        "granted_at": one.granted_at,
        "warned_at": one.warned_at,
        "ended_at": one.ended_at,
        "because": one.because,
        "to_sign": signing_words(one) if one.state is State.REQUESTED and not one.is_approved else None,
    }
