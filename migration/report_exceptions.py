"""Without this file an auditor would read the ledger: who is excused from what, since when, and who signed for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from migration.approvals import Proof
from migration.approvers import fingerprint, key_of_signature
from migration.exception_classes import CLASSES, DESK, MOST_RENEWALS, WARNED_BEFORE
from migration.policy_exceptions import Approval, Exceptions, PolicyException, State
from migration.report_doors import Door
from migration.report_words import counted, people, percent

_DAY = timedelta(days=1)


class SignatureStanding(StrEnum):
    """What a recorded approval is worth when it is checked again."""

    VERIFIES = "verifies"
    FAILS = "does not verify"
    ANOTHER_KEY = "signed with a key that is not in the file"
    NO_APPROVER = "not in the file any more"
    ANOTHER_TEXT = "for another text"
    ASSERTED = "a typed name: nothing to verify"
    NOT_CHECKED = "not checked"


Standings = Mapping[tuple[str, str], SignatureStanding]  # (digest of the request, approver) → what it is worth now


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """
    One recorded yes.

    Attributes:
        key_fingerprint: Of the key that the signature says it was made with; None where nothing was signed, or where
            it cannot be read.
        standing: What it is worth when it is checked again.
    """

    approver: str
    roles: tuple[str, ...]
    proof: str
    at: str
    key_fingerprint: str | None
    standing: SignatureStanding


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """
    One exception, or one opening of the desk; people by number only.

    Attributes:
        age_days: Whole days since it was granted, or since it was asked for where it was not; up to its end. A renewal
            is as old as what it renews.
        days_left: Whole days until it ends, rounded up; 0 where it has.
        renewed_by: The request that follows it, if there is one that was not refused.
        because: Why it was refused, or why it ended.
    """

    key: str
    exception_class: str
    cohort: str
    people_count: int
    state: str
    is_open: bool
    stands: bool
    reason: str
    control: str
    owner: str
    requester: str
    requested_at: str
    starts_at: datetime
    ends_at: datetime
    granted_at: str | None
    warned_at: str | None
    ended_at: str | None
    age_days: int
    days_left: int
    renews: str | None
    renewed_by: str | None
    renewals_count: int
    because: str | None
    approvals: tuple[ApprovalFacts, ...]

    @property
    def is_asserted(self) -> bool:
        """Somebody's yes to it rests on a typed name."""
        return any(given.proof == Proof.ASSERTED for given in self.approvals)

    @property
    def is_doubtful(self) -> bool:
        """A signature of it does not hold any more."""
        fine = {SignatureStanding.VERIFIES, SignatureStanding.ASSERTED, SignatureStanding.NOT_CHECKED}
        return any(given.standing not in fine for given in self.approvals)


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """
    One request to delete the phones of a settled wave: a way of no return, signed by two.

    Attributes:
        state: "requested", "deleting", "done", or "replaced" by a later list.
        phones_count: Phones on the list.
        deleted_count: Phones that went.
        skipped_count: People who keep theirs, since it is their last way in.
    """

    wave: str
    state: str
    requester: str
    requested_at: str
    done_at: str | None
    phones_count: int
    deleted_count: int
    skipped_count: int
    approvals: tuple[ApprovalFacts, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """How many of a cohort's people are excused, and how many may be at once."""

    cohort: str
    people_count: int
    excused_count: int
    most_count: int


@dataclass(frozen=True, slots=True)
class ExceptionReport:
    """
    Every exception at one moment.

    Attributes:
        open: What stands or may yet, the oldest first; openings of the desk among them.
        closed: What was refused or has ended, the newest first.
        budgets: Of each cohort with somebody excused.
        warnings: What somebody should look at, one sentence each.
        states: State → how many.
        doors: Retirements that were asked for, the newest first.
    """

    stack: str
    at: datetime
    open: tuple[ExceptionFacts, ...]
    closed: tuple[ExceptionFacts, ...]
    budgets: tuple[Budget, ...]
    warnings: tuple[str, ...]
    states: Mapping[str, int]
    largest_share: float
    doors: tuple[DoorFacts, ...] = ()

    @property
    def everyone(self) -> tuple[ExceptionFacts, ...]:
        """Open and closed ones, in the order of the page."""
        return self.open + self.closed

    @property
    def excused_count(self) -> int:
        """People who are excused now; the desk excuses nobody."""
        return sum(one.excused_count for one in self.budgets)


def exceptions(
    held: Exceptions,
    *,
    stack: str,
    at: datetime,
    cohorts: Mapping[str, int],
    largest_share: float,
    doors: Sequence[Door] = (),
    standings: Standings | None = None,
) -> ExceptionReport:
    """
    Tell of every exception what an auditor asks.

    Args:
        held: As the ledger tells them.
        stack: Whose tenant.
        at: The moment that ages are counted to, aware.
        cohorts: Cohort → people in the newest snapshot.
        largest_share: Of these at most so many may be excused at once; one always may.
        doors: Retirements that were asked for, oldest first.
        standings: What each approval is worth now; one that is missing was not checked.
    """
    facts = [_facts(one, held, at, standings or {}) for one in held.values()]
    is_open = sorted((one for one in facts if one.is_open), key=lambda one: (-one.age_days, one.requested_at, one.key))
    closed = sorted((one for one in facts if not one.is_open), key=lambda one: (one.ended_at or "", one.key))
    budgets = _budgets(held, cohorts, largest_share)
    return ExceptionReport(
        stack=stack,
        at=at,
        open=tuple(is_open),
        closed=tuple(reversed(closed)),
        budgets=budgets,
        warnings=tuple(_warnings(is_open, budgets, largest_share)),
        states=dict(sorted(Counter(one.state for one in facts).items())),
        largest_share=largest_share,
        doors=tuple(_door(one, standings or {}) for one in reversed(doors)),
    )


def _door(one: Door, standings: Standings) -> DoorFacts:
    return DoorFacts(
        wave=one.wave,
        state=one.state,
        requester=one.requester,
        requested_at=one.requested_at,
        done_at=one.done_at,
        phones_count=one.phones_count,
        deleted_count=one.deleted_count,
        skipped_count=one.skipped_count,
        approvals=tuple(_approval(one.request_digest, given, standings) for given in one.approvals),
    )


def _facts(one: PolicyException, held: Exceptions, at: datetime, standings: Standings) -> ExceptionFacts:
    since = _since(one, held)
    until = datetime.fromisoformat(one.ended_at) if one.ended_at else at
    following = [other.key for other in held.values() if other.renews == one.key and other.state is not State.REFUSED]
    return ExceptionFacts(
        key=one.key,
        exception_class=one.exception_class,
        cohort=one.cohort,
        people_count=len(one.subjects),
        state=one.state.value,
        is_open=one.is_open,
        stands=one.stands,
        reason=one.reason,
        control=one.control,
        owner=one.owner,
        requester=one.requester,
        requested_at=one.requested_at,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        granted_at=one.granted_at,
        warned_at=one.warned_at,
        ended_at=one.ended_at,
        age_days=max(0, (until - since) // _DAY),
        days_left=max(0, -((at - one.ends_at) // _DAY)) if one.is_open else 0,
        renews=one.renews,
        renewed_by=following[-1] if following else None,
        renewals_count=one.renewals_count,
        because=one.because,
        approvals=tuple(_approval(one.request_digest, given, standings) for given in one.approvals),
    )


def _since(one: PolicyException, held: Exceptions) -> datetime:
    """Return when the first of its chain was granted: a renewal does not make an exception young again."""
    before = held.get(one.renews) if one.renews else None
    return _since(before, held) if before else datetime.fromisoformat(one.granted_at or one.requested_at)


def _approval(digest: str, given: Approval, standings: Standings) -> ApprovalFacts:
    key = key_of_signature(given.signature) if given.signature else None
    standing = standings.get((digest, given.approver), SignatureStanding.NOT_CHECKED)
    return ApprovalFacts(
        approver=given.approver,
        roles=given.roles,
        proof=given.proof,
        at=given.at,
        key_fingerprint=fingerprint(key) if key else None,
        standing=SignatureStanding.ASSERTED if given.proof == Proof.ASSERTED else standing,
    )


def _budgets(held: Exceptions, cohorts: Mapping[str, int], largest_share: float) -> tuple[Budget, ...]:
    excused: dict[str, set[str]] = {}
    for one in held.values():
        if one.stands and one.exception_class != DESK:
            excused.setdefault(one.cohort, set()).update(subject.person_key for subject in one.subjects)
    return tuple(
        Budget(cohort, count, len(excused[cohort]), max(1, int(largest_share * count)))
        for cohort, count in ((cohort, cohorts.get(cohort, 0)) for cohort in sorted(excused))
    )


def _warnings(is_open: Sequence[ExceptionFacts], budgets: Sequence[Budget], largest_share: float) -> list[str]:
    said = [
        f"{one.cohort}: {people(one.excused_count)} excused, and {one.most_count} is the most at once "
        f"({percent(largest_share)} of {one.people_count:,})."
        for one in budgets
        if one.excused_count >= one.most_count
    ]
    doubtful = [one.key for one in is_open if one.is_doubtful]
    if doubtful:
        said.append(f"{_named(doubtful)}: an approval does not hold when it is checked again.")
    asserted = [one.key for one in is_open if one.is_asserted]
    if asserted:
        said.append(f"{_named(asserted)}: approved on a typed name; nobody has checked who that was.")
    last = [one.key for one in is_open if one.renewals_count >= MOST_RENEWALS]
    if last:
        said.append(f"{_named(last)}: renewed {counted(MOST_RENEWALS, 'time')}, so there is no further renewal.")
    soon = [one.key for one in is_open if _ends_soon(one)]
    if soon:
        days = counted(WARNED_BEFORE // _DAY, "day")
        said.append(f"{_named(soon)}: ends within {days}, and nothing follows: its people then need the target.")
    return said


def _ends_soon(one: ExceptionFacts) -> bool:
    is_sign_in = CLASSES[one.exception_class].method is not None
    return one.stands and is_sign_in and not one.renewed_by and one.days_left <= WARNED_BEFORE // _DAY


def _named(keys: Sequence[str]) -> str:
    return ", ".join(keys)
