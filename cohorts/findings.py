"""Without this file nobody would hear of the leaver who can still sign in, or of the number that five people share."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.facts import Coded, Mask, Numbers
from cohorts.identity import HR, Joined, JoinRecords
from cohorts.joining import Index

MOST_RECORDS = 20  # of one finding that are named; the count is always whole
DORMANT_DAYS = 90

# A user type that says that no person signs in; with or without "account", "user" and the like behind it.
NON_HUMAN_TYPES = (
    r"^(?:service|svc|bot|robot|rpa|system|application|app|api|daemon|machine|workload|automation|integration|"
    r"functional|non-?human|shared mailbox|room|equipment)s?(?:[ _-]?(?:account|user|identity|mailbox|principal)s?)?$"
)
# A login that says so: "svc-backup@...", "deploy-bot@...".
NON_HUMAN_LOGINS = (
    r"^(?:svc|service|sa|bot|robot|rpa|api|noreply|no-reply)[-_.]|[-_.](?:svc|service|bot|robot|rpa)(?:@|$)"
)


@dataclass(frozen=True, slots=True)
class Phones:
    """Telephone numbers in E.164 and whose they are: number *numbers[i]* stands in record *records[i]*."""

    records: Index
    numbers: pa.Array


@dataclass(frozen=True, slots=True)
class Enrolments:
    """When methods were enrolled: milliseconds since 1970, of record *records[i]*."""

    records: Index
    at: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Signs:
    """
    What is known of n records, in their order; None where nothing is.

    Attributes:
        is_leaver: HR says that the person has left.
        is_privileged: An administrator role or group.
        is_non_human: No person signs in to it; see `looks_non_human`.
        last_login_age_days, created_age_days: Whole days.
        disabled_at: Milliseconds since 1970, when the account was disabled; not known where it never was.
        phones: From profiles and methods.
        enrolments: Of methods.
    """

    is_leaver: Mask | None = None
    is_privileged: Mask | None = None
    is_non_human: Mask | None = None
    last_login_age_days: Numbers | None = None
    created_age_days: Numbers | None = None
    disabled_at: Numbers | None = None
    phones: Phones | None = None
    enrolments: Enrolments | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something that somebody should look at.

    Attributes:
        kind: What was found; also the name of a row in the documentation.
        count: How many *of_what* in all.
        of_what: "accounts", "people" or "numbers".
        records: (system, id) of the first that stand for it, in order; at most as many as were asked for.
        because: Why it matters, in plain words.
    """

    kind: str
    count: int
    of_what: str
    records: tuple[tuple[str, str], ...]
    because: str


def find(
    records: JoinRecords, joined: Joined, signs: Signs, *, most: int = MOST_RECORDS, dormant_days: int = DORMANT_DAYS
) -> tuple[Finding, ...]:
    """Return what is there to be found, in a fixed order; a kind of which there is nothing is absent."""
    found = _Desk(records, joined, most)
    return tuple(
        finding
        for finding in (
            *_on_one_idp_only(found),
            *_leavers(found, signs),
            *_without_account(found, signs),
            *_shared_phones(found, signs),
            *_several_privileged(found, signs),
            *_accounts(found, signs, dormant_days),
            *_enrolled_after(found, signs),
        )
        if finding.count
    )


def looks_non_human(user_type: Coded | None, login: pa.Array) -> Mask:
    """Say which records are of accounts that no person signs in to, by their type or the shape of their login."""
    by_login: Mask = pc.match_substring_regex(login, NON_HUMAN_LOGINS).fill_null(False).to_numpy(zero_copy_only=False)
    if user_type is None:
        return by_login
    words = pa.array(user_type.values, pa.string())
    by_type: Mask = pc.match_substring_regex(words, NON_HUMAN_TYPES, ignore_case=True).to_numpy(zero_copy_only=False)
    return np.asarray(by_login | np.append(False, by_type)[user_type.codes])


def shared_numbers(phones: Phones, whose: Index) -> Mask:
    """Say of each entry of *phones* whether its number stands with somebody else too; *whose* is per record."""
    codes = np.array(phones.numbers.dictionary_encode().indices.fill_null(-1), np.int64)
    holder = whose[phones.records]
    size = int(codes.max(initial=-1)) + 2
    low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    np.minimum.at(low, codes, holder)
    np.maximum.at(high, codes, holder)
    return np.asarray((codes >= 0) & (low != high)[codes])


class _Desk:
    """What every question needs: the records, their people, and people who may be one and the same."""

    def __init__(self, records: JoinRecords, joined: Joined, most: int) -> None:
        self.records, self.joined, self.most = records, joined, most
        self.person = joined.person
        self.is_account = ~records.is_of(HR)
        self.is_live = self.is_account & records.is_active
        places, which = joined.conflicts.doubts()
        first = np.full(len(joined.conflicts.kinds), joined.count)
        np.minimum.at(first, which, self.person[places])
        # People in one conflict may be one: what they share is no secret between them.
        self.perhaps = np.arange(joined.count)
        np.minimum.at(self.perhaps, self.person[places], first[which])
        self.is_doubted = self.of_people(self.person[places])
        self.doubts = (self.person[places], which)

    def of_people(self, people: Index) -> Mask:
        """Return the mask of *people* among all."""
        mask = np.zeros(self.joined.count, bool)
        mask[people] = True
        return mask

    def finding(self, kind: str, count: int, of_what: str, mask: Mask, because: str) -> Finding:
        """Make a finding that names the first of the records where *mask* is set."""
        shown = self.joined.order[np.flatnonzero(mask[self.joined.order])[: self.most]].tolist()
        named = tuple((self.records.systems[self.records.system[at]], self.records.ids[at].as_py()) for at in shown)
        return Finding(kind, count, of_what, named, because)


def _on_one_idp_only(desk: _Desk) -> Iterator[Finding]:
    here = {name: desk.records.is_of(name) for name in desk.records.systems if name != HR}
    idps = {name: mask for name, mask in here.items() if mask.any()}
    if len(idps) == 1:
        return
    having = {name: desk.of_people(desk.person[mask & desk.is_live]) for name, mask in idps.items()}
    times = np.sum(list(having.values()), axis=0) if having else np.zeros(0)
    for name, people in having.items():
        alone = people & (times == 1) & ~desk.is_doubted
        because = f"their only active account is on {name}; moving the others moves nothing for them"
        yield desk.finding("one-idp-only", int(alone.sum()), "people", alone[desk.person] & desk.is_live, because)


def _leavers(desk: _Desk, signs: Signs) -> Iterator[Finding]:
    if signs.is_leaver is None:
        return
    gone = desk.of_people(desk.person[signs.is_leaver])
    people, which = desk.doubts
    is_of_leaver = np.zeros(len(desk.joined.conflicts.kinds), bool)
    is_of_leaver[which[gone[people]]] = True
    gone[people[is_of_leaver[which]]] = True
    mask = gone[desk.person] & desk.is_live
    because = "HR says that the person has left, and the account, or one that may be theirs, can still sign in"
    yield desk.finding("leaver-still-active", int(mask.sum()), "accounts", mask, because)


def _without_account(desk: _Desk, signs: Signs) -> Iterator[Finding]:
    is_hr = ~desk.is_account & desk.records.is_active
    if signs.is_leaver is not None:
        is_hr &= ~signs.is_leaver
    has_account = desk.of_people(desk.person[desk.is_account]) | desk.is_doubted
    mask = is_hr & ~has_account[desk.person]
    because = "HR knows the person, and no account was read that is theirs: an export may be missing, or a key"
    yield desk.finding("person-without-account", int(mask.sum()), "people", mask, because)


def _shared_phones(desk: _Desk, signs: Signs) -> Iterator[Finding]:
    if signs.phones is None:
        return
    is_shared = shared_numbers(signs.phones, desk.perhaps[desk.person])
    mask = np.zeros(len(desk.person), bool)
    mask[signs.phones.records[is_shared]] = True
    count = pc.count_distinct(signs.phones.numbers.filter(pa.array(is_shared))).as_py()
    because = "a code that is sent to the number reaches several people, so it tells none of them apart"
    yield desk.finding("shared-phone", count, "numbers", mask, because)


def _several_privileged(desk: _Desk, signs: Signs) -> Iterator[Finding]:
    if signs.is_privileged is None:
        return
    mask = signs.is_privileged & desk.is_live
    whose = desk.perhaps[desk.person]
    several = np.bincount(whose[mask], minlength=desk.joined.count) > 1
    because = "one person, or people who may be one, hold several privileged accounts: each needs its own key"
    yield desk.finding("several-privileged-accounts", int(several.sum()), "people", mask & several[whose], because)


def _accounts(desk: _Desk, signs: Signs, dormant_days: int) -> Iterator[Finding]:
    if signs.is_non_human is not None:
        mask = signs.is_non_human & desk.is_live
        because = "by its type or login no person signs in to the account: it needs an owner, not a passkey"
        yield desk.finding("non-human", int(mask.sum()), "accounts", mask, because)
    if signs.last_login_age_days is not None:
        mask = _dormant(desk, signs.last_login_age_days, signs.created_age_days, dormant_days) & desk.is_live
        because = f"nobody has signed in for {dormant_days} days or ever: disable it, or find out who needs it"
        yield desk.finding("dormant", int(mask.sum()), "accounts", mask, because)


def _dormant(desk: _Desk, login: Numbers, created: Numbers | None, days: int) -> Mask:
    known = _known(login)
    # Where a system tells of nobody's last sign-in, its silence does not mean "never".
    system = desk.records.system
    tells = np.bincount(system[known], minlength=len(desk.records.systems)) > 0
    mask = known & (login.values >= days)
    if created is not None:
        mask |= ~known & tells[system] & _known(created) & (created.values >= days)
    return mask


def _known(numbers: Numbers) -> Mask:
    return np.ones(len(numbers.values), bool) if numbers.known is None else numbers.known


def _enrolled_after(desk: _Desk, signs: Signs) -> Iterator[Finding]:
    if signs.disabled_at is None or signs.enrolments is None:
        return
    is_off = _known(signs.disabled_at) & desk.is_account & ~desk.records.is_active
    whose = signs.enrolments.records
    mask = np.zeros(len(desk.person), bool)
    mask[whose[is_off[whose] & (signs.enrolments.at > signs.disabled_at.values[whose])]] = True
    because = "a method was enrolled after the account was disabled: whoever did that waits for it to be enabled"
    yield desk.finding("enrolled-after-disabled", int(mask.sum()), "accounts", mask, because)
