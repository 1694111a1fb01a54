"""Without this file the exception would become the standard: who is excused from what, by whom, until when."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from migration import approvals
from migration.approvals import HELP_DESK_LEAD, RISK_OWNER, SECURITY_LEAD, ApprovalPolicy, Asked
from migration.events import OfExceptions
from migration.exception_classes import DESK, SIGNED_ONLY, WARNED_BEFORE, set_key
from migration.exception_events import (
    ApprovalGiven,
    EndBegun,
    ExceptionEnded,
    ExceptionGranted,
    ExceptionRefused,
    ExceptionRequested,
    ExceptionWarned,
    GrantBegun,
)
from migration.model import Document, Placed

LEFT = "left"  # the reason of somebody who was placed nowhere: they are no longer here


class State(StrEnum):
    """Where an exception is in its life; there is no way back and none to for ever."""

    REQUESTED = "requested"
    GRANTING = "granting"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Subject:
    """One account that an exception is for."""

    account_id: str
    person_key: str
    cohort: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes to one exact request."""

    approver: str
    roles: tuple[str, ...]
    proof: str
    at: str
    request_digest: str
    signature: str | None


@dataclass(frozen=True, slots=True)
class PolicyException:
    """Who is excused from what, why, by whom, with which compensating control, and until when."""

    key: str
    exception_class: str
    subjects: tuple[Subject, ...]
    reason: str
    control: str
    owner: str
    requester: str
    starts_at: datetime
    ends_at: datetime
    renews: str | None
    request: Document
    request_digest: str
    requested_at: str
    state: State = State.REQUESTED
    approvals: tuple[Approval, ...] = ()
    renewals_count: int = 0
    granted_at: str | None = None
    warned_at: str | None = None
    ended_at: str | None = None
    because: str | None = None  # why it was refused, or why it ended

    @property
    def cohort(self) -> str:
        """The cohort of its people; a request names people of one cohort."""
        return self.subjects[0].cohort

    @property
    def is_open(self) -> bool:
        """Say whether something of it stands, or may yet."""
        return self.state not in {State.ENDED, State.REFUSED}

    @property
    def stands(self) -> bool:
        """Say whether its people are excused now."""
        return self.state in {State.GRANTING, State.ACTIVE}

    @property
    def set_key(self) -> str:
        """The set of ours whose group its people join."""
        return set_key(self.exception_class, self.cohort)

    @property
    def asked(self) -> Asked:
        """What waits for approval, and what that takes."""
        accounts = frozenset(subject.account_id for subject in self.subjects)
        policy = approval_policy(self.exception_class, self.cohort)
        return Asked(self.key, self.request, self.requester, accounts, policy)

    @property
    def is_approved(self) -> bool:
        """Say whether enough people said yes to exactly this request."""
        return approvals.enough(self.asked.policy, self.approvals, self.request_digest)


Exceptions = Mapping[str, PolicyException]


@dataclass(frozen=True, slots=True)
class Due:
    """
    What has to be done about exceptions now, in this order.

    Attributes:
        lapse: Requests whose time is over before they began.
        grant: Approved, and their start has come; a renewal among them before the end of what it renews.
        end: Over.
        warn: Their end has to be announced.
        because: Key → why it lapses or ends.
    """

    lapse: tuple[str, ...] = ()
    grant: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()
    because: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """Say whether there is nothing to do."""
        return not (self.lapse or self.grant or self.end or self.warn)


def approval_policy(exception_class: str, cohort: str) -> ApprovalPolicy:
    """Say who may approve an exception: whoever guards the help desk alone does not guard administrators."""
    strict = cohort in SIGNED_ONLY
    roles = {SECURITY_LEAD, RISK_OWNER} | (set() if strict else {HELP_DESK_LEAD})
    return ApprovalPolicy(frozenset(roles), signed_only=strict or exception_class == DESK)


def due(exceptions: Exceptions, at: datetime, placed: Mapping[str, Placed] | None = None) -> Due:
    """
    Say what has to be done *at* this moment; what is under way is not listed.

    Args:
        exceptions: As the ledger tells them.
        at: Now, aware.
        placed: Person key → where they are now, of those who are not where the plan put them.
    """
    lapse, grant, end, warn, because = [], [], [], [], {}
    for key, one in exceptions.items():
        over = _over(one, at, placed or {})
        if one.state is State.REQUESTED:
            over = over or _without_ground(one, exceptions)
            if over:
                lapse.append(key)
                because[key] = over
            elif one.is_approved and one.starts_at <= at:
                grant.append(key)
        elif one.state is State.ACTIVE:
            if over:
                end.append(key)
                because[key] = over
            elif _is_to_be_warned(one, exceptions, at):
                warn.append(key)
    return Due(tuple(lapse), tuple(grant), tuple(end), tuple(warn), because)


def _over(one: PolicyException, at: datetime, placed: Mapping[str, Placed]) -> str:
    if at >= one.ends_at:
        return "its end has come"
    for subject in one.subjects:
        now = placed.get(subject.person_key)
        if now and now.wave is None and now.reason == LEFT:
            return "somebody whom it is for has left"
        if now and now.cohort not in {"", subject.cohort}:
            return f"somebody whom it is for is of {now.cohort} now, not of {subject.cohort}"
    return ""


def _without_ground(one: PolicyException, exceptions: Exceptions) -> str:
    renewed = exceptions.get(one.renews) if one.renews else None
    return f"{one.renews} ended before it was renewed" if renewed and renewed.state is not State.ACTIVE else ""


def _is_to_be_warned(one: PolicyException, exceptions: Exceptions, at: datetime) -> bool:
    if one.warned_at or one.exception_class == DESK or one.ends_at - at > WARNED_BEFORE:
        return False
    return not any(other.renews == one.key and other.is_open and other.is_approved for other in exceptions.values())


def covered(exceptions: Exceptions, one: PolicyException) -> frozenset[str]:
    """Return the accounts of *one* that another standing exception holds in the same set."""
    others = [other for other in exceptions.values() if other.key != one.key and other.stands]
    return frozenset(
        subject.account_id for other in others if other.set_key == one.set_key for subject in other.subjects
    ) & frozenset(subject.account_id for subject in one.subjects)


def of_request(key: str, request: Document, digest: str, at: str) -> PolicyException:
    """Return the exception that a request document asks for."""
    return PolicyException(
        key=key,
        exception_class=request["exception_class"],
        subjects=tuple(Subject(one["account"], one["person"], one["cohort"]) for one in request["subjects"]),
        reason=request["reason"],
        control=request["control"],
        owner=request["owner"],
        requester=request["requester"],
        starts_at=datetime.fromisoformat(request["starts_at"]),
        ends_at=datetime.fromisoformat(request["ends_at"]),
        renews=request["renews"],
        request=request,
        request_digest=digest,
        requested_at=at,
        renewals_count=request["renewals_count"],
    )


def evolve(held: Exceptions, event: OfExceptions, *, at: str) -> Exceptions:  # noqa: PLR0911 - one case per fact
    """Fold one recorded fact into the exceptions; approvals of other things are not theirs."""
    match event:
        case ExceptionRequested(key=key, request=request, request_digest=digest):
            return {**held, key: of_request(key, request, digest, at)}
        case ApprovalGiven():
            return _approved(held, event, at)
        case ExceptionRefused(key=key, because=because):
            return _changed(held, key, state=State.REFUSED, ended_at=at, because=because)
        case GrantBegun(key=key):
            return _changed(held, key, state=State.GRANTING)
        case ExceptionGranted(key=key):
            return _changed(held, key, state=State.ACTIVE, granted_at=at)
        case EndBegun(key=key, because=because):
            return _changed(held, key, state=State.ENDING, because=because)
        case ExceptionEnded(key=key):
            return _changed(held, key, state=State.ENDED, ended_at=at)
        case ExceptionWarned(key=key):
            return _changed(held, key, warned_at=at)


def _approved(held: Exceptions, event: ApprovalGiven, at: str) -> Exceptions:
    if event.subject not in held:
        return held
    given = Approval(event.approver, event.roles, event.proof, at, event.request_digest, event.signature)
    return _changed(held, event.subject, approvals=(*held[event.subject].approvals, given))


def _changed(held: Exceptions, key: str, **changes: object) -> Exceptions:
    return {**held, key: replace(held[key], **changes)}  # type: ignore[arg-type]
