"""Without this file what an export shows in passing would go unsaid: leavers who can sign in, shared numbers."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.account_parts import NOT_KNOWN
from cohorts.facts import Coded, Mask, Numbers
from cohorts.findings import Enrolments, Finding, Phones, Signs, find, looks_non_human
from cohorts.gathering import PEOPLE, Gathered
from cohorts.judging import Judged
from cohorts.known import is_admin_of_accounts
from cohorts.people import Stack, joined_people
from cohorts.rules import RuleBook

LEAVER = "leaver"
SERVICE = "service"


def findings_of(gathered: Gathered, judged: Judged, book: RuleBook) -> tuple[Finding, ...]:
    """Return what somebody should look at, of all systems of an export."""
    stack = judged.stack
    if judged.records is None or judged.joined is None:
        records, joined = joined_people(stack)
    else:
        records, joined = judged.records, judged.joined
    return find(records, joined, _signs(gathered, judged, book))


def _signs(gathered: Gathered, judged: Judged, book: RuleBook) -> Signs:
    stack = judged.stack
    return Signs(
        is_leaver=_is_leaver(stack),
        is_privileged=_is_privileged(gathered, stack),
        is_non_human=_is_non_human(stack, judged, book),
        last_login_age_days=_numbers(stack, "last_login_age_days"),
        created_age_days=_numbers(stack, "created_age_days"),
        disabled_at=_disabled_at(stack),
        phones=_phones(gathered, stack),
        enrolments=_enrolments(gathered, stack),
    )


def _is_leaver(stack: Stack) -> Mask | None:
    if PEOPLE not in stack.names:
        return None
    mask = np.zeros(stack.count, bool)
    column = stack.tables[stack.names.index(PEOPLE)].facts.get("employment")
    if isinstance(column, Coded):
        mask[stack.span(PEOPLE)] = np.array([False, *(value == LEAVER for value in column.values)])[column.codes]
    return mask


def _is_privileged(gathered: Gathered, stack: Stack) -> Mask:
    """Say which accounts are known to hold an administrator's role."""
    mask = np.zeros(stack.count, bool)
    for provider in gathered.providers:
        known = is_admin_of_accounts(provider)
        if known is not None:
            mask[stack.span(provider.accounts.idp)] = known.values == 1
    return mask


def _is_non_human(stack: Stack, judged: Judged, book: RuleBook) -> Mask:
    mask = np.zeros(stack.count, bool)
    for table in stack.tables:
        if table.idp != PEOPLE:
            logins = table.texts.get("login", pa.nulls(len(table), pa.string()))
            column = table.facts.get("user_type")
            mask[stack.span(table.idp)] = looks_non_human(column if isinstance(column, Coded) else None, logins)
    if SERVICE in book.cohorts:
        mask |= judged.cohort == book.cohorts.index(SERVICE)
    return mask


def _numbers(stack: Stack, name: str) -> Numbers | None:
    found = [table.facts.get(name) for table in stack.tables]
    if not any(isinstance(one, Numbers) for one in found):
        return None
    values, known = np.zeros(stack.count, np.int64), np.zeros(stack.count, bool)
    for table, one in zip(stack.tables, found, strict=True):
        if isinstance(one, Numbers):
            values[stack.span(table.idp)] = one.values
            known[stack.span(table.idp)] = True if one.known is None else one.known
    return Numbers(values, known)


def _disabled_at(stack: Stack) -> Numbers | None:
    values = np.full(stack.count, NOT_KNOWN)
    for table in stack.tables:
        if "disabled_at" in table.moments:
            values[stack.span(table.idp)] = table.moments["disabled_at"]
    known = values != NOT_KNOWN
    return Numbers(values, known) if known.any() else None


def _phones(gathered: Gathered, stack: Stack) -> Phones | None:
    """Return the numbers of phone methods: what codes are sent to. A number in a profile alone receives none."""
    records: list[npt.NDArray[np.int64]] = []
    numbers: list[npt.NDArray[np.uint64]] = []
    for provider in gathered.providers:
        begin = stack.span(provider.accounts.idp).start
        for positions, hashes in provider.holdings.numbers:
            records.append(positions + begin)
            numbers.append(hashes)
    if not records:
        return None
    # Equal hashes stand for equal numbers: none of them is shown.
    return Phones(np.concatenate(records), pa.array(np.concatenate(numbers)))


def _enrolments(gathered: Gathered, stack: Stack) -> Enrolments | None:
    late: list[int] = []
    for provider in gathered.providers:
        begin = stack.span(provider.accounts.idp).start
        late += [begin + position for position in sorted(provider.holdings.late)]
    if not late:
        return None
    return Enrolments(np.array(late, np.int64), np.full(len(late), np.iinfo(np.int64).max))
