"""Without this file a signature would be checked once and believed for ever: every approval, checked again."""

from collections.abc import Iterable
from datetime import datetime

from cohorts.errors import OfframpError
from migration import approvers
from migration.approvals import Proof, request_digest, request_text
from migration.approvers import Approver, Approvers, key_of_signature
from migration.model import Document
from migration.operations.ports import Desk
from migration.policy_exceptions import Approval, Exceptions
from migration.report_doors import Door
from migration.report_exceptions import SignatureStanding, Standings


def standings(desk: Desk, held: Exceptions, doors: Iterable[Door]) -> Standings:
    """
    Check every recorded approval again: over the same text, as of its own moment, against the file of today.

    Returns:
        (digest of the request, approver) → what it is worth; empty where the approvers file cannot be used, which is
        said.
    """
    try:
        everyone = approvers.read(desk.approvers)
    except OfframpError as error:
        desk.say(f"signatures are not checked: {error.message}")
        return {}
    asked = [(one.request, one.request_digest, one.approvals) for one in held.values()]
    asked += [(one.request, one.request_digest, one.approvals) for one in doors]
    return {
        (digest, given.approver): _standing(desk, request, digest, given, everyone)
        for request, digest, yes in asked
        for given in yes
    }


def _standing(desk: Desk, request: Document, digest: str, given: Approval, everyone: Approvers) -> SignatureStanding:
    """Check one signature again, as of the moment when it was given."""
    if given.signature is None or given.proof == Proof.ASSERTED:
        return SignatureStanding.ASSERTED
    if not given.request_digest == digest == request_digest(request):
        return SignatureStanding.ANOTHER_TEXT
    approver = everyone.named(given.approver)
    if approver is None:
        return SignatureStanding.NO_APPROVER
    key = key_of_signature(given.signature)
    if key is not None and key != approver.blob:
        return SignatureStanding.ANOTHER_KEY
    return _verified(desk, request_text(request), given.signature, approver, datetime.fromisoformat(given.at))


def _verified(desk: Desk, text: str, signature: str, approver: Approver, at: datetime) -> SignatureStanding:
    if desk.signatures is None:
        return SignatureStanding.NOT_CHECKED
    try:
        is_theirs = desk.signatures.verify(text.encode(), signature, approver, at)
    except OfframpError as error:
        desk.say(f"a signature is not checked: {error.message}")
        return SignatureStanding.NOT_CHECKED
    return SignatureStanding.VERIFIES if is_theirs else SignatureStanding.FAILS
