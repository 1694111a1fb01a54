"""Without this file an exception would be a mail thread: what may be recorded of its request, approval and end."""

from dataclasses import dataclass

from migration.model import Document


@dataclass(frozen=True, slots=True)
class ExceptionRequested:
    """
    Somebody asks for an exception, or for the desk.

    Attributes:
        key: "exception-0007"; its number is that of the entry.
        request: The exact request, as `policy_exceptions.request_document` writes it; approvals sign its text.
        request_digest: sha-256 over the request's text.
    """

    key: str
    request: Document
    request_digest: str


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """
    One person approves one exact request.

    Attributes:
        subject: The key of what is approved: an exception's, or "retire-WAVE".
        request_digest: Of the text that was read, and signed.
        approver: A name of the approvers file, or the one that somebody typed.
        roles: What the approver might approve at that moment.
        proof: "signature", or "asserted" where somebody only typed a name.
        signature: The armoured SSH signature over the request's text; None where asserted.
    """

    subject: str
    request_digest: str
    approver: str
    roles: tuple[str, ...]
    proof: str
    signature: str | None


@dataclass(frozen=True, slots=True)
class ExceptionRefused:
    """Somebody who might have approved said no."""

    key: str
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class GrantBegun:
    """Intent: the people of an approved exception join its group."""

    key: str


@dataclass(frozen=True, slots=True)
class ExceptionGranted:
    """Outcome: they are in the group, as read back."""

    key: str
    intent: int
    member_count: int


@dataclass(frozen=True, slots=True)
class EndBegun:
    """Intent: an exception ends: credential, membership, read-back, sessions."""

    key: str
    because: str


@dataclass(frozen=True, slots=True)
class ExceptionEnded:
    """Outcome: nothing of it is left."""

    key: str
    intent: int
    removed_factor_count: int
    left_count: int
    ended_session_count: int


@dataclass(frozen=True, slots=True)
class ExceptionWarned:
    """Its end was announced, seven days ahead."""

    key: str
    ends_at: str
