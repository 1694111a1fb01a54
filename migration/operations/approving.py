"""Without this file each kind of request would weigh a signature in its own way: one yes, checked and recorded."""

from collections.abc import Sequence

from migration import approvals, approvers
from migration.approvals import Accepted, Asked, Given, Proof, Refused
from migration.approvers import Approver
from migration.exception_events import ApprovalGiven
from migration.operations.ports import Desk


def weigh(
    desk: Desk, asked: Asked, given: Sequence[Given], *, name: str | None, signature: str | None
) -> ApprovalGiven | Refused:
    """
    Say whether a yes counts, and as what it would be recorded.

    Args:
        desk: The parts; its approvers file is read anew each time.
        asked: The exact request.
        given: What was recorded for it so far.
        name: Whose yes it is; None: of whoever runs the command.
        signature: The armoured SSH signature over the request's text; None: only a name.

    Raises:
        ApproversInvalid: The approvers file cannot be used.
    """
    everyone = approvers.read(desk.approvers)
    who = name or desk.actor
    found = approvals.judge(
        asked,
        given,
        name=who,
        proof=_proof(desk, asked, everyone.named(who), signature),
        typed_by=desk.actor,
        approvers=everyone,
        at=desk.now(),
    )
    match found:
        case Accepted(approver=approver, roles=roles, proof=proof):
            return ApprovalGiven(asked.subject, asked.digest, approver, roles, proof.value, signature)
        case Refused():
            return found


def _proof(desk: Desk, asked: Asked, approver: Approver | None, signature: str | None) -> Proof:
    if signature is None:
        return Proof.ASSERTED
    if approver is None or desk.signatures is None:
        return Proof.FORGED
    is_theirs = desk.signatures.verify(asked.text.encode(), signature, approver, desk.now())
    return Proof.SIGNATURE if is_theirs else Proof.FORGED
