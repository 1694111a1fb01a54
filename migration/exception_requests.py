"""Without this file anything could be excused: what may be asked for, renewed, refused and revoked, and why not."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from migration import approvals
from migration.approvals import Refused
from migration.approvers import Approvers
from migration.exception_classes import CLASSES, DESK, MOST_RENEWALS, ExceptionClass
from migration.exception_events import EndBegun, ExceptionRefused, ExceptionRequested
from migration.model import Document
from migration.policy_exceptions import Exceptions, PolicyException, State, Subject
from migration.posture import AIMS

RENEWED_WITHIN = timedelta(days=14)  # of the end: whoever asks earlier cannot know yet
LONGEST_TEXT = 500
_ADDRESS = re.compile(r"\S+@\S+\.\S+|(?<!\w)\+?\d(?:[ ()/-]{0,2}\d){8,}(?!\w)")  # a date has eight digits
_LIST = "offramp exception list"


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What somebody asks for.

    Attributes:
        exception_class: A key of the catalogue.
        subjects: Whom it is for, of one cohort.
        reason: Why, without names or addresses.
        control: What watches over it meanwhile.
        owner: Who answers for the risk.
        requester: Who asks.
        starts_at: None is as soon as it is approved.
        ends_at: When it ends whatever happens.
        renews: The key of the one that it takes over from, without a gap.
    """

    exception_class: str
    subjects: tuple[Subject, ...]
    reason: str
    control: str
    owner: str
    requester: str
    starts_at: datetime | None
    ends_at: datetime
    renews: str | None = None

    @property
    def accounts(self) -> frozenset[str]:
        """Whose accounts it is for."""
        return frozenset(subject.account_id for subject in self.subjects)

    @property
    def persons(self) -> frozenset[str]:
        """Whom it is for."""
        return frozenset(subject.person_key for subject in self.subjects)


@dataclass(frozen=True, slots=True)
class Ground:
    """
    What is known when somebody asks.

    Attributes:
        stack: Whose tenant: a signature for another one opens nothing here.
        exceptions: As the ledger tells them.
        held: Account → what it holds now; one that cannot sign in is left out.
        cohort_count: How many people the cohort has.
        largest_share: Of these at most so many may be excused at once; one always may.
        requester_account: The account of whoever asks, where the approvers file says it.
        at: Now, aware.
    """

    stack: str
    exceptions: Exceptions
    held: Mapping[str, frozenset[str]]
    cohort_count: int
    largest_share: float
    requester_account: str | None
    at: datetime

    @property
    def budget(self) -> int:
        """How many people of the cohort may be excused at once."""
        return max(1, int(self.largest_share * self.cohort_count))


def request(wish: Wish, ground: Ground, *, key: str) -> ExceptionRequested | Refused:
    """Decide whether *wish* may be asked for, as the exception called *key*."""
    found = CLASSES.get(wish.exception_class)
    if found is None:
        return Refused(f"there is no class {wish.exception_class}", f"one of {', '.join(CLASSES)}")
    refused = next(_objections(wish, found, ground), None)
    if refused:
        return refused
    document = request_document(wish, ground, key)
    return ExceptionRequested(key, document, approvals.request_digest(document))


def renew(
    old: PolicyException, ground: Ground, *, ends_at: datetime, reason: str, requester: str, key: str
) -> ExceptionRequested | Refused:
    """
    Decide whether *old* may be followed by another one, which needs two approvals of its own.

    The old one stands until its own end; the new one begins there, and nobody leaves the group between them.
    """
    if old.state is not State.ACTIVE:
        return Refused(f"{old.key} is {old.state}: only one that is active is renewed", "offramp exception request")
    if old.exception_class == DESK:
        return Refused("the desk is not renewed", "offramp bootstrap request asks for another day")
    if old.renewals_count >= MOST_RENEWALS:
        because = f"{old.key} was renewed {old.renewals_count} times, and {MOST_RENEWALS} is the most"
        return Refused(because, "bring the person to the target: offramp bootstrap request")
    if old.ends_at - ground.at > RENEWED_WITHIN:
        opens = (old.ends_at - RENEWED_WITHIN).date()
        return Refused(f"{old.key} ends on {old.ends_at.date()}, which is long", f"ask again from {opens} on")
    asked = [one.key for one in ground.exceptions.values() if one.renews == old.key and one.is_open]
    if asked:
        return Refused(f"{asked[0]} renews {old.key} already", f"offramp exception show {asked[0]}")
    wish = Wish(
        exception_class=old.exception_class,
        subjects=old.subjects,
        reason=reason,
        control=old.control,
        owner=old.owner,
        requester=requester,
        starts_at=old.ends_at,
        ends_at=ends_at,
        renews=old.key,
    )
    return request(wish, ground, key=key)


def refuse(
    one: PolicyException, *, by: str, because: str, approvers: Approvers, at: datetime
) -> ExceptionRefused | Refused:
    """Decide whether *by* may say no to it: who might have approved it, and who asked for it or answers for it."""
    if one.state is not State.REQUESTED:
        hint = f"offramp exception revoke {one.key} ends one that stands"
        return Refused(f"{one.key} is {one.state}, and only a request is refused", hint)
    return _who(one, by, approvers, at) or _why(because) or ExceptionRefused(one.key, by, because)


def revoke(one: PolicyException, *, by: str, because: str, approvers: Approvers, at: datetime) -> EndBegun | Refused:
    """Decide whether *by* may end it now: one person is enough to close what two opened."""
    if one.state is not State.ACTIVE:
        hint = f"offramp exception refuse {one.key}" if one.state is State.REQUESTED else _LIST
        return Refused(f"{one.key} is {one.state}, and only an active one is revoked", hint)
    return _who(one, by, approvers, at) or _why(because) or EndBegun(one.key, f"revoked by {by}: {because}")


def request_document(wish: Wish, ground: Ground, key: str) -> Document:
    """
    Return the exact request: what approvers read and sign.

    Its key and its stack stand in it, so that a yes to one request is a yes to no other.
    """
    found = CLASSES[wish.exception_class]
    renewed = ground.exceptions.get(wish.renews) if wish.renews else None
    return {
        "kind": "exception",
        "stack": ground.stack,
        "key": key,
        "exception_class": found.key,
        "meaning": found.meaning,
        "accepts": found.method.value if found.method else "a password, to bind a passkey at the registration desk",
        "subjects": [
            {"account": subject.account_id, "person": subject.person_key, "cohort": subject.cohort}
            for subject in sorted(wish.subjects, key=lambda one: (one.account_id, one.person_key))
        ],
        "reason": wish.reason,
        "control": wish.control,
        "owner": wish.owner,
        "requester": wish.requester,
        "starts_at": (wish.starts_at or ground.at).astimezone(UTC).isoformat(),
        "ends_at": wish.ends_at.astimezone(UTC).isoformat(),
        "renews": wish.renews,
        "renewals_count": renewed.renewals_count + 1 if renewed else 0,
    }


def _objections(wish: Wish, found: ExceptionClass, ground: Ground) -> Iterator[Refused]:
    """Yield everything that stands against it, what is most basic first."""
    yield from _about_subjects(wish, found)
    yield from _about_words(wish, ground)
    yield from _about_time(wish, found, ground)
    yield from _about_methods(wish, found, ground)
    yield from _about_others(wish, found, ground)


def _about_subjects(wish: Wish, found: ExceptionClass) -> Iterator[Refused]:
    cohorts = sorted({subject.cohort for subject in wish.subjects})
    if not wish.subjects:
        yield Refused("it is for nobody", "name an account: --person ACCOUNT_ID")
    if len(cohorts) > 1:
        yield Refused(f"it is for people of {' and '.join(cohorts)}", "ask for each cohort on its own")
    if found.key != DESK and len(wish.persons) > 1:
        yield Refused(f"it is for {len(wish.persons)} people", "an exception is for one person: ask for each")
    for cohort in cohorts:
        if cohort not in AIMS:
            yield Refused(f"the cohort {cohort} has no posture yet, so nothing is asked of it", "offramp wave list")


def _about_words(wish: Wish, ground: Ground) -> Iterator[Refused]:
    for name in ("reason", "control", "owner"):
        text = getattr(wish, name)
        if not text.strip():
            yield Refused(f"it has no {name}", f"--{name} TEXT")
        elif len(text) > LONGEST_TEXT or any(unicodedata.category(sign)[0] == "C" for sign in text):
            yield Refused(f"its {name} is no single line of at most {LONGEST_TEXT} plain signs", "write it shorter")
        elif _ADDRESS.search(text):
            yield Refused(f"its {name} holds an address or a number of somebody", "the record keeps none: leave it out")
    if wish.requester == wish.owner:
        yield Refused(f"{wish.owner} asks for it, and cannot also answer for it", "--owner NAME of somebody else")
    asking = {wish.requester, ground.requester_account}
    if asking & (wish.accounts | wish.persons):
        yield Refused("nobody asks for an exception of their own", "somebody else asks for it")


def _about_time(wish: Wish, found: ExceptionClass, ground: Ground) -> Iterator[Refused]:
    starts_at = wish.starts_at or ground.at
    if starts_at < ground.at:
        yield Refused(f"it would have begun at {starts_at:%Y-%m-%d %H:%M}, which is past", "--from a later day")
    if wish.ends_at <= max(starts_at, ground.at):
        yield Refused(f"it would end at {wish.ends_at:%Y-%m-%d %H:%M}, before it began", "--until a later day")
    if wish.ends_at - starts_at > found.longest:
        latest = starts_at + found.longest
        because = f"it would last longer than the {found.longest.days} day(s) that {found.key} may"
        yield Refused(because, f"at the latest --until {latest:%Y-%m-%dT%H:%M:%S}")


def _about_methods(wish: Wish, found: ExceptionClass, ground: Ground) -> Iterator[Refused]:
    for account in sorted(wish.accounts):
        holds = ground.held.get(account)
        if holds is None:
            yield Refused(f"account {account} cannot sign in at all", "offramp cohort explain ACCOUNT_ID says why")
        elif found.must_hold and found.method not in holds:
            because = f"account {account} holds no {found.method}, and an exception lets nobody enrol one"
            yield Refused(because, "offramp bootstrap request opens the desk")


def _about_others(wish: Wish, found: ExceptionClass, ground: Ground) -> Iterator[Refused]:
    is_desk = found.key == DESK
    others = [
        one
        for one in ground.exceptions.values()
        if one.is_open and one.key != wish.renews and (one.exception_class == DESK) == is_desk
    ]
    for one in others:
        if wish.persons & {subject.person_key for subject in one.subjects}:
            yield Refused(f"{one.key} is for the same person and is {one.state}", f"offramp exception show {one.key}")
    if is_desk or not wish.subjects:
        return
    cohort = wish.subjects[0].cohort
    excused = {subject.person_key for one in others for subject in one.subjects if subject.cohort == cohort}
    if len(excused | wish.persons) > ground.budget:
        because = f"{len(excused)} people of {cohort} are excused, and {ground.budget} is the most"
        yield Refused(because, f"{_LIST} shows who could be brought to the target first")


def _who(one: PolicyException, by: str, approvers: Approvers, at: datetime) -> Refused | None:
    approver = approvers.named(by)
    may = approver is not None and approver.is_valid(at) and bool(set(approver.roles) & one.asked.policy.roles)
    if may or by in {one.owner, one.requester}:
        return None
    because = f"{by} did not ask for {one.key}, does not answer for it, and might not have approved it"
    return Refused(because, f"{one.owner} may, and whoever may approve")


def _why(because: str) -> Refused | None:
    if not because.strip() or len(because) > LONGEST_TEXT or _ADDRESS.search(because):
        return Refused("it needs a reason, without anybody's address", "--because TEXT")
    return None
