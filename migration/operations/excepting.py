"""Without this file an approved exception would change nothing, and none would ever end: grant, end, warn, in order."""

from collections.abc import Mapping
from dataclasses import dataclass

from migration import policy_exceptions
from migration.approvals import Refused
from migration.errors import NotFound
from migration.exception_classes import CLASSES
from migration.exception_events import (
    EndBegun,
    ExceptionEnded,
    ExceptionGranted,
    ExceptionRefused,
    ExceptionWarned,
    GrantBegun,
)
from migration.ledger import Entry
from migration.operations import intents
from migration.operations.ports import Desk
from migration.policy_exceptions import PolicyException, State, covered
from migration.posture import ACCEPTED, AIMS
from migration.programme import Programme, fold

NOBODY = "offramp"  # who refuses a request that nobody answered in time


@dataclass(frozen=True, slots=True)
class Done:
    """What was due and is done: keys of exceptions, and what somebody must look at."""

    lapsed: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()

    def and_then(self, later: "Done") -> "Done":
        """Return this and what was done after it."""
        return Done(
            (*self.lapsed, *later.lapsed),
            (*self.granted, *later.granted),
            (*self.ended, *later.ended),
            (*self.warned, *later.warned),
            tuple(dict.fromkeys((*self.alarms, *later.alarms))),
        )


NOTHING = Done()


def find(state: Programme, key: str) -> PolicyException:
    """
    Return the exception called *key*.

    Raises:
        NotFound: There is none.
    """
    found = state.exceptions.get(key)
    if found is None:
        raise NotFound(f"There is no exception {key}", context="the ledger", hint="offramp exception list")
    return found


def is_due(desk: Desk, state: Programme) -> bool:
    """Say whether an exception has to start, end, lapse or be announced."""
    return not policy_exceptions.due(state.exceptions, desk.now(), state.placed).is_nothing


def carry_out_due(desk: Desk) -> Done:
    """
    Do what is due: lapse, grant, end, warn, in this order; only under the turn.

    A renewal is granted before what it renews ends, so nobody leaves the group between the two. One that cannot be
    granted is said, and the others go on: an end never waits for a grant.
    """
    state = fold(intents.history(desk))
    found = policy_exceptions.due(state.exceptions, desk.now(), state.placed)
    for key in found.lapse:
        event = ExceptionRefused(key, NOBODY, found.because[key])
        desk.ledger.append(event, actor=desk.actor, at=desk.now())
    granted, alarms = [], []
    for key in found.grant:
        answer = grant(desk, key)
        if isinstance(answer, Refused):
            alarms.append(f"{key} is approved and cannot begin: {answer.because}")
        else:
            granted.append(key)
    for key in found.end:
        end(desk, key, because=found.because[key])
    for key in found.warn:
        warn(desk, key)
    return Done(found.lapse, tuple(granted), found.end, found.warn, tuple(alarms))


def grant(desk: Desk, key: str) -> Entry | Refused:
    """
    Let the people of an approved exception in: content read back, membership, and what was done recorded.

    The person holds the credential already, or binds it at the desk: none is given here.
    """
    state = fold(intents.history(desk))
    one = find(state, key)
    refused = _not_yet(desk, one) or _without_content(desk, one) or _without_people(desk, one)
    if refused:
        return refused
    intent = desk.ledger.append(GrantBegun(key), actor=desk.actor, at=desk.now())
    return finish_grant(desk, intent.number, key)


def finish_grant(desk: Desk, intent: int, key: str) -> Entry:
    """Join whoever has not joined, read back, record it; past its end nobody is let in any more."""
    one = find(fold(intents.history(desk)), key)
    group = _sets(desk)[one.set_key]["group"]
    if desk.now() < one.ends_at:
        # One that was deleted meanwhile cannot join, and must not keep the others out.
        wanted = _fitting(desk, one)
        missing = wanted - desk.idp.members(group)
        if missing:
            desk.idp.join(group, sorted(missing))
        intents.require_some(desk, group, wanted)
    count = len(one.asked.accounts & desk.idp.members(group))
    granted = ExceptionGranted(key=key, intent=intent, member_count=count)
    return desk.ledger.append(granted, actor=desk.actor, at=desk.now())


def end(desk: Desk, key: str, *, because: str = "its end has come") -> Entry | Refused:
    """End an active exception: credential, membership, read-back, sessions, in that order."""
    one = find(fold(intents.history(desk)), key)
    if one.state is not State.ACTIVE:
        return Refused(f"{key} is {one.state}", f"offramp exception show {key}")
    return begin_end(desk, EndBegun(key, because))


def begin_end(desk: Desk, event: EndBegun) -> Entry:
    """Record that an exception ends, and carry it out."""
    intent = desk.ledger.append(event, actor=desk.actor, at=desk.now())
    return finish_end(desk, intent.number, event.key)


def finish_end(desk: Desk, intent: int, key: str) -> Entry:
    """
    Take away what is left of it, and record what went now; asking again changes nothing.

    Whoever is excused by another standing exception of the same set, a renewal, keeps everything. The method goes
    where the target refuses it: from now on it could only tempt. What the target accepts is the person's own.
    """
    state = fold(intents.history(desk))
    one = find(state, key)
    accounts = one.asked.accounts - covered(state.exceptions, one)
    method = CLASSES[one.exception_class].method
    removed = left = ended = 0
    if accounts:
        if method is not None and method not in ACCEPTED[AIMS[one.cohort].target]:
            removed = desk.idp.remove_methods(sorted(accounts), frozenset({method}))
        group = _sets(desk)[one.set_key]["group"]
        there = accounts & desk.idp.members(group)
        if there:
            desk.idp.leave(group, sorted(there))
        intents.require_none(desk, group, accounts)
        left = len(there)
        ended = desk.idp.end_sessions(sorted(accounts))
    outcome = ExceptionEnded(
        key=key, intent=intent, removed_factor_count=removed, left_count=left, ended_session_count=ended
    )
    return desk.ledger.append(outcome, actor=desk.actor, at=desk.now())


def warn(desk: Desk, key: str) -> Entry:
    """Announce an end, once: from then on it may take the last way in, and says where another one is."""
    one = find(fold(intents.history(desk)), key)
    for subject in one.subjects:
        desk.say(
            f"{key} ends on {one.ends_at:%Y-%m-%d %H:%M} UTC: account {subject.account_id} then needs what"
            " its cohort accepts; the registration desk binds it: offramp bootstrap request"
        )
    return desk.ledger.append(ExceptionWarned(key, one.ends_at.isoformat()), actor=desk.actor, at=desk.now())


def last_ways_in(desk: Desk, one: PolicyException) -> frozenset[str]:
    """Return the accounts that hold nothing the target accepts: its end is the end of their way in."""
    accepted = ACCEPTED[AIMS[one.cohort].target]
    held = desk.idp.held(sorted(one.asked.accounts))
    return frozenset(account for account, methods in held.items() if not methods & accepted)


def without_set(desk: Desk, one: PolicyException) -> Refused | None:
    """Refuse where nothing in the tenant could carry it."""
    if one.set_key in _sets(desk):
        return None
    because = f"the tenant has no set {one.set_key}"
    return Refused(because, "offramp plan propose provisions it; the desk needs [bootstrap] zone in offramp.toml")


def _not_yet(desk: Desk, one: PolicyException) -> Refused | None:
    at, show = desk.now(), f"offramp exception show {one.key}"
    if one.state is not State.REQUESTED:
        return Refused(f"{one.key} is {one.state}", show)
    if not one.is_approved:
        return Refused(f"{one.key} is not approved by {one.asked.policy.count} people", show)
    if not one.starts_at <= at < one.ends_at:
        return Refused(f"it is {at:%Y-%m-%d %H:%M}, which is not inside its dates", show)
    return None


def _without_content(desk: Desk, one: PolicyException) -> Refused | None:
    """Refuse where the set does not hold its content: membership would then open nothing, or something else."""
    missing = without_set(desk, one)
    if missing:
        return missing
    owned = _sets(desk)[one.set_key]
    found = desk.idp.statuses(owned, desk.documents.baseline())
    wrong = sorted(name for name, status in found.items() if status != "ACTIVE")
    if wrong or not found:
        named = ", ".join(wrong[:3]) or "it holds no rule"
        because = f"{one.set_key} does not hold its content: {named}"
        return Refused(because, "pulumi preview --refresh shows what differs; pulumi up --refresh puts it right")
    return None


def _without_people(desk: Desk, one: PolicyException) -> Refused | None:
    """Refuse where it would take the way in of whoever lost, since they asked, what it accepts."""
    if _fitting(desk, one):
        return None
    because = f"nobody whom {one.key} is for holds anything any more that it accepts"
    return Refused(because, "offramp bootstrap request opens the desk")


def _fitting(desk: Desk, one: PolicyException) -> frozenset[str]:
    """Return whom it can let in: who can sign in at all, and holds something that it accepts."""
    held = desk.idp.held(sorted(one.asked.accounts))
    method = CLASSES[one.exception_class].method
    if method is None:
        return frozenset(held)
    accepted = ACCEPTED[AIMS[one.cohort].target] | {method}
    return frozenset(account for account, methods in held.items() if methods & accepted)


def _sets(desk: Desk) -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = desk.engine.outputs().get("sets", {})
    return found
