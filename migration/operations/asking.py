"""Without this file nobody could ask: requests, approvals, refusals, revocations, each proposed before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cohorts.snapshot import digest_of
from migration import approvals, approvers, exception_requests
from migration.approvals import Refused
from migration.errors import NotFound
from migration.exception_classes import DESK
from migration.exception_events import ApprovalGiven, EndBegun, ExceptionRefused, ExceptionRequested
from migration.exception_requests import Ground, Wish
from migration.ledger import Entry
from migration.model import Document
from migration.operations import approving, evidence, excepting, intents
from migration.operations.finding import find as find_wave
from migration.operations.ports import Desk
from migration.policy_exceptions import PolicyException, State, Subject, of_request
from migration.posture import ACCEPTED, AIMS
from migration.programme import Programme

if TYPE_CHECKING:
    from cohorts.snapshot import Member

Decided = ExceptionRequested | ApprovalGiven | ExceptionRefused | EndBegun


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    What would be recorded about one exception.

    Attributes:
        verb: "request", "approve", "refuse", "revoke" or "renew".
        decision: The fact, or why it must not be one.
        asked: What was typed; the same words give the same digest.
        one: The exception that it is about; None where nothing may be asked for.
        last_way_in_count: People for whom its end is the end of their way in.
    """

    verb: str
    decision: Decided | Refused
    asked: Document
    one: PolicyException | None
    last_way_in_count: int = 0

    @property
    def is_granted(self) -> bool:
        """Say whether it may be recorded."""
        return not isinstance(self.decision, Refused)

    @property
    def is_seen(self) -> bool:
        """Say whether the request was certainly read: a signature is over its exact text."""
        return isinstance(self.decision, ApprovalGiven) and self.decision.signature is not None

    @property
    def digest(self) -> str:
        """What `--expect` takes."""
        return digest_of([self.verb, self.asked])


@dataclass(frozen=True, slots=True)
class Asking:
    """
    What somebody types to ask for an exception, or for the desk.

    Attributes:
        exception_class: A key of the catalogue.
        accounts: Whom it is for.
        reason: Why.
        control: What watches over it.
        owner: Who answers for it.
        starts_at: None is as soon as it is approved.
        ends_at: When it ends.
    """

    exception_class: str
    accounts: tuple[str, ...]
    reason: str
    control: str
    owner: str
    starts_at: datetime | None
    ends_at: datetime


def propose_request(desk: Desk, asking: Asking) -> Proposal:
    """
    Say what would be asked for, or why it must not be.

    Raises:
        NotFound: The newest snapshot has no such account.
    """
    state = intents.look(desk)
    everyone = _everyone(desk)
    wish = Wish(
        exception_class=asking.exception_class,
        subjects=_subjects(everyone, state, asking.accounts),
        reason=asking.reason,
        control=asking.control,
        owner=asking.owner,
        requester=desk.actor,
        starts_at=asking.starts_at,
        ends_at=asking.ends_at,
    )
    cohorts = {subject.cohort for subject in wish.subjects}
    ground = _ground(desk, state, everyone, wish.accounts, cohorts)
    decision = exception_requests.request(wish, ground, key=_next_key(desk, wish.exception_class))
    if isinstance(decision, ExceptionRequested):
        one = of_request(decision.key, decision.request, decision.request_digest, ground.at.isoformat())
        decision = excepting.without_set(desk, one) or decision
    typed = {
        "class": wish.exception_class,
        "accounts": sorted(wish.accounts),
        "words": [wish.reason, wish.control, wish.owner, wish.requester],
        "starts_at": wish.starts_at.isoformat() if wish.starts_at else None,
        "ends_at": wish.ends_at.isoformat(),
    }
    return Proposal("request", decision, typed, _foreseen(decision, ground))


def of_wave(desk: Desk, key: str) -> tuple[str, ...]:
    """
    Return the accounts of a wave that hold nothing yet that their target accepts: who needs the desk.

    Raises:
        NotFound: There is no such wave.
    """
    state = intents.look(desk)
    wave = find_wave(state, key)
    aim = AIMS.get(wave.cohort)
    accounts = sorted(evidence.account_ids(desk, state, wave))
    accepted = ACCEPTED[aim.target] if aim else frozenset()
    held = desk.idp.held(accounts)
    return tuple(account for account in accounts if account in held and not held[account] & accepted)


def propose_renew(desk: Desk, key: str, *, ends_at: datetime, reason: str) -> Proposal:
    """Say what the renewal of *key* would be, or why it must not be asked for."""
    state = intents.look(desk)
    old = excepting.find(state, key)
    ground = _ground(desk, state, _everyone(desk), old.asked.accounts, {old.cohort})
    decision = exception_requests.renew(
        old,
        ground,
        ends_at=ends_at,
        reason=reason,
        requester=desk.actor,
        key=_next_key(desk, old.exception_class),
    )
    typed = {"renews": key, "ends_at": ends_at.isoformat(), "words": [reason, desk.actor]}
    return Proposal("renew", decision, typed, _foreseen(decision, ground))


def propose_approve(desk: Desk, key: str, *, name: str | None, signature: str | None) -> Proposal:
    """
    Say whether the yes of *name* to *key* would count.

    Raises:
        NotFound: There is no such exception.
        ApproversInvalid: The approvers file cannot be used.
    """
    state = intents.look(desk)
    one = excepting.find(state, key)
    typed = {"key": key, "request": one.request_digest, "as": name or desk.actor, "signed": signature is not None}
    decision: ApprovalGiven | Refused
    if one.state is not State.REQUESTED:
        decision = Refused(f"{key} is {one.state}, and only a request is approved", "offramp exception list")
    elif desk.now() >= one.ends_at:
        decision = Refused(f"{key} would have ended on {one.ends_at:%Y-%m-%d}", "ask for it anew")
    else:
        decision = approving.weigh(desk, one.asked, one.approvals, name=name, signature=signature)
    return Proposal("approve", decision, typed, one)


def propose_refuse(desk: Desk, key: str, *, because: str) -> Proposal:
    """Say whether *key* would be refused."""
    one = excepting.find(intents.look(desk), key)
    everyone = approvers.read(desk.approvers)
    decision = exception_requests.refuse(one, by=desk.actor, because=because, approvers=everyone, at=desk.now())
    return Proposal("refuse", decision, {"key": key, "because": because}, one)


def propose_revoke(desk: Desk, key: str, *, because: str) -> Proposal:
    """Say what ending *key* now would take away."""
    one = excepting.find(intents.look(desk), key)
    everyone = approvers.read(desk.approvers)
    decision = exception_requests.revoke(one, by=desk.actor, because=because, approvers=everyone, at=desk.now())
    lost = 0 if isinstance(decision, Refused) else len(excepting.last_ways_in(desk, one))
    return Proposal("revoke", decision, {"key": key, "because": because, "last_ways_in": lost}, one, lost)


def apply(desk: Desk, proposal: Proposal) -> tuple[Entry, ...]:
    """
    Record what was decided, and carry out what follows from it at once; only under the turn.

    The approval that was missing begins the exception, if its start has come; a revocation ends it.
    """
    decision = proposal.decision
    match decision:
        case Refused():
            return ()
        case EndBegun():
            return (excepting.begin_end(desk, decision),)
        case ExceptionRequested() | ApprovalGiven() | ExceptionRefused():
            entry = desk.ledger.append(decision, actor=desk.actor, at=desk.now())
    if not isinstance(decision, ApprovalGiven):
        return (entry,)
    return (entry, *_begun(desk, decision.subject))


def _begun(desk: Desk, key: str) -> tuple[Entry, ...]:
    """Begin an exception whose last missing approval was just recorded; say why where it does not begin."""
    one = excepting.find(intents.look(desk), key)
    if not one.is_approved:
        desk.say(f"{key}: {len(one.approvals)} of {one.asked.policy.count} have approved it")
        return ()
    if one.starts_at > desk.now():
        desk.say(f"{key} is approved; a tick begins it on {one.starts_at:%Y-%m-%d %H:%M} UTC")
        return ()
    granted = excepting.grant(desk, key)
    if isinstance(granted, Refused):
        desk.say(f"{key} is approved and cannot begin yet: {granted.because}; {granted.hint}")
        return ()
    return (granted,)


def _everyone(desk: Desk) -> "Sequence[Member]":
    folder, _ = evidence.snapshot(desk)
    return evidence.people(folder)


def _subjects(everyone: "Sequence[Member]", state: Programme, accounts: Sequence[str]) -> tuple[Subject, ...]:
    """Return whom it is for, in the cohort that each is held to now."""
    known = {member.account_id: member for member in everyone}
    missing = [account for account in accounts if account not in known]
    if missing:
        raise NotFound(
            f"{len(missing)} of {len(accounts)} accounts are not in the newest snapshot, first {missing[0]}",
            context="accounts that can sign in",
            hint="use the account id, as offramp cohort explain shows it; or seal a newer snapshot",
        )
    found = []
    for account in dict.fromkeys(accounts):
        member = known[account]
        placed = state.placed.get(member.person_key)
        found.append(Subject(account, member.person_key, (placed.cohort if placed else "") or member.cohort))
    return tuple(found)


def _ground(
    desk: Desk, state: Programme, everyone: "Sequence[Member]", accounts: frozenset[str], cohorts: set[str]
) -> Ground:
    people = {member.person_key for member in everyone if member.cohort in cohorts}
    return Ground(
        stack=desk.stack,
        exceptions=state.exceptions,
        held=desk.idp.held(sorted(accounts)),
        cohort_count=len(people),
        largest_share=desk.around.exception_share,
        requester_account=_own_account(desk),
        at=desk.now(),
    )


def _own_account(desk: Desk) -> str | None:
    found = approvers.read(desk.approvers).named(desk.actor) if desk.approvers.is_file() else None
    return found.account if found else None


def _next_key(desk: Desk, exception_class: str) -> str:
    word = "desk" if exception_class == DESK else "exception"
    return f"{word}-{len(intents.history(desk)) + 1:04d}"


def _foreseen(decision: ExceptionRequested | Refused, ground: Ground) -> PolicyException | None:
    if isinstance(decision, Refused):
        return None
    return of_request(decision.key, decision.request, decision.request_digest, ground.at.isoformat())


def signing_words(one: PolicyException) -> str:
    """Return what an approver types to read and sign it."""
    noun = "bootstrap" if one.exception_class == DESK else "exception"
    show = f"offramp {noun} show {one.key} --request"
    return approvals.signing(one.asked, show, f"offramp {noun} approve {one.key}")


def listed(state: Programme, *, of_desk: bool) -> tuple[PolicyException, ...]:
    """Return the exceptions, or the openings of the desk: first what is open, and of that what ends first."""
    found = [one for one in state.exceptions.values() if (one.exception_class == DESK) == of_desk]
    return tuple(sorted(found, key=lambda one: (not one.is_open, one.ends_at, one.key)))
