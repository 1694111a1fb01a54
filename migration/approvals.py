"""Without this file a typed name would be a yes: who may approve what, over which exact text, and with which proof."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from migration.approvers import Approver, Approvers, key_of_signature
from migration.model import Document

NAMESPACE = "offramp-approval"  # what `ssh-keygen -Y sign -n` must be given: a signature for mail is none for us
SECURITY_LEAD, RISK_OWNER, HELP_DESK_LEAD = "security-lead", "risk-owner", "help-desk-lead"


class Proof(StrEnum):
    """How sure it is who said yes."""

    SIGNATURE = "signature"  # verified over this exact text, with the key in the approvers file
    ASSERTED = "asserted"  # somebody only typed their name
    FORGED = "forged"  # there is a signature, and it is not that one


class SignatureCheck(Protocol):
    """Whoever can tell a signature from a forged one."""

    def verify(self, text: bytes, signature: str, approver: Approver, at: datetime) -> bool:
        """Say whether *signature* is that of *approver*, over exactly *text*, in our namespace, valid *at*."""


class Given(Protocol):
    """A yes that was recorded before."""

    @property
    def approver(self) -> str:
        """Who gave it."""

    @property
    def roles(self) -> tuple[str, ...]:
        """What they might approve then."""

    @property
    def proof(self) -> str:
        """How sure that is."""

    @property
    def request_digest(self) -> str:
        """What it was given for."""

    @property
    def signature(self) -> str | None:
        """The armoured signature, where there is one."""


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """
    What it takes to approve one kind of request.

    Attributes:
        count: So many people, all different.
        roles: Each has one of these.
        one_of: At least one of them has this.
        signed_only: A typed name is not enough.
    """

    roles: frozenset[str]
    count: int = 2
    one_of: str = SECURITY_LEAD
    signed_only: bool = True


# A one-way door: never on somebody's word.
RETIRE = ApprovalPolicy(frozenset({SECURITY_LEAD, RISK_OWNER}))


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One exact request that waits for approval.

    Attributes:
        subject: The key of what is approved: an exception's, or "retire-WAVE".
        document: The request; what is signed is its text.
        requester: Who asks.
        accounts: The accounts that it is for: their holders cannot approve it.
        policy: What it takes.
    """

    subject: str
    document: Document
    requester: str
    accounts: frozenset[str]
    policy: ApprovalPolicy

    @property
    def text(self) -> str:
        """What is signed, to the byte."""
        return request_text(self.document)

    @property
    def digest(self) -> str:
        """What names it."""
        return request_digest(self.document)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The yes counts: whose, as what, with which proof, and whether it is the last that was missing."""

    approver: str
    roles: tuple[str, ...]
    proof: Proof
    is_enough: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """It must not happen: why, and the next command to type."""

    because: str
    hint: str


def request_text(document: Document) -> str:
    """Return the exact text that is read and signed: the same for the same request, ending with one newline."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def request_digest(document: Document) -> str:
    """Return the sha-256 of the text, as `sha256sum` shows it for the file that was signed."""
    return hashlib.sha256(request_text(document).encode()).hexdigest()


def enough(policy: ApprovalPolicy, given: Sequence[Given], digest: str) -> bool:
    """Say whether *given* approves the request with this *digest*; nobody is counted twice."""
    counted = {
        one.approver: one
        for one in given
        if one.request_digest == digest and (one.proof == Proof.SIGNATURE or not policy.signed_only)
    }
    return len(counted) >= policy.count and any(policy.one_of in one.roles for one in counted.values())


def judge(  # noqa: PLR0911 - one return per reason to refuse
    asked: Asked,
    given: Sequence[Given],
    *,
    name: str,
    proof: Proof,
    typed_by: str,
    approvers: Approvers,
    at: datetime,
) -> Accepted | Refused:
    """
    Decide whether the yes of *name* counts.

    Args:
        asked: The exact request.
        given: What was recorded for it so far; a yes to another text counts for nothing.
        name: Whose yes it is.
        proof: How sure that is; the signature was checked before, over the request's text.
        typed_by: Who runs the command.
        approvers: The reviewed file.
        at: Now, aware.
    """
    standing = [one for one in given if one.request_digest == asked.digest]
    approver = approvers.named(name)
    if approver is None:
        return Refused(f"{name} is not in the approvers file", "add them there, and have that change reviewed")
    if name == asked.requester:
        return Refused(f"{name} asked for it, and nobody approves their own request", "ask two others")
    if approver.account and approver.account in asked.accounts:
        return Refused(f"it is for {name}, and nobody approves what is for themselves", "ask two others")
    if not approver.is_valid(at):
        because = f"{name} may approve from {approver.valid_from} to {approver.valid_until}, and today is {at.date()}"
        return Refused(because, "have the approvers file reviewed")
    roles = tuple(role for role in approver.roles if role in asked.policy.roles)
    if not roles:
        because = f"{name} is {', '.join(approver.roles)}, and this takes {' or '.join(sorted(asked.policy.roles))}"
        return Refused(because, "ask somebody with such a role")
    unproven = _unproven(asked, approver, proof, typed_by)
    if unproven:
        return unproven
    if any(one.approver == name for one in standing):
        return Refused(f"{name} has approved it already", "one other person has to")
    if _same_key(approver, standing, approvers):
        return Refused(f"the key of {name} has approved it already, under another name", "two people, two keys")
    roles_given = {role for one in standing for role in one.roles} | set(roles)
    is_last = len({one.approver for one in standing}) + 1 >= asked.policy.count
    if is_last and asked.policy.one_of not in roles_given:
        because = f"one of the {asked.policy.count} must be {asked.policy.one_of}, and {name} is {', '.join(roles)}"
        return Refused(because, f"ask somebody who is {asked.policy.one_of}")
    return Accepted(name, roles, proof, is_enough=is_last)


def signing(asked: Asked, show: str, approve: str) -> str:
    """Return what an approver types to sign: *show* prints the text, *approve* takes the signature."""
    file = f"{asked.subject}.txt"
    return (
        f"{show} > {file} && ssh-keygen -Y sign -n {NAMESPACE} -f ~/.ssh/id_ed25519 {file}"
        f" && {approve} --as NAME --signature {file}.sig --execute"
    )


def _unproven(asked: Asked, approver: Approver, proof: Proof, typed_by: str) -> Refused | None:
    if proof is Proof.FORGED:
        because = f"the signature is not one of {approver.name} over exactly this request, valid now, for {NAMESPACE}"
        return Refused(because, f"sign the text of {asked.subject} as it is shown now, with the key in the file")
    if proof is Proof.ASSERTED and asked.policy.signed_only:
        return Refused(f"for {asked.subject} a typed name is not enough", "sign it: --signature FILE")
    if proof is Proof.ASSERTED and typed_by != approver.name:
        because = f"{typed_by} cannot say yes for {approver.name}"
        return Refused(because, f"{approver.name} signs it, or types it: OFFRAMP_ACTOR={approver.name}")
    return None


def _same_key(approver: Approver, standing: Sequence[Given], approvers: Approvers) -> bool:
    """Say whether somebody with this very key approved before: by the signature itself, or by the file."""
    before = {key_of_signature(one.signature) for one in standing if one.signature}
    named = (approvers.named(one.approver) for one in standing)
    before |= {found.blob for found in named if found is not None}
    return approver.blob in before
