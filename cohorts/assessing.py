"""Without this file readiness would know nothing of exports: what each account holds and carries, judged."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cohorts.account_parts import DAY_MS, NOT_KNOWN
from cohorts.facts import Coded, Mask
from cohorts.gathering import Gathered, Provider
from cohorts.holdings import shared_numbers
from cohorts.judging import Judged
from cohorts.needs import Needs
from cohorts.readiness import CANNOT_SIGN_IN, CODE_OF_WHY, Evidence, has_leftover_phone, judge, target_bits
from cohorts.rules import RuleBook


@dataclass(frozen=True)
class Assessed:
    """How far the accounts of one provider are from ready; every array has one value an account.

    Attributes:
        targets: Per cohort of the rule book, the bits of its target.
        why: Places in `readiness.WHY`.
        leftover: Ready, and still holds a phone.
        shares_number: Another account holds the same number.
        evidence: What the judgement rests on.
        evidence_days: How old what is known of the methods is; -1 where the vendor does not say.
    """

    targets: npt.NDArray[np.uint32]
    why: npt.NDArray[np.uint8]
    leftover: Mask
    shares_number: Mask
    evidence: Evidence
    evidence_days: npt.NDArray[np.int32]

    @property
    def readiness(self) -> npt.NDArray[np.uint8]:
        """Return places in `readiness.READINESS`."""
        return CODE_OF_WHY[self.why]


def assess(
    gathered: Gathered,
    judged: Judged,
    book: RuleBook,
    targets: Mapping[str, frozenset[str]] | None,
    needs: Needs,
    *,
    longest_evidence_days: int,
) -> Mapping[str, Assessed]:
    """Judge the accounts of every provider.

    Args:
        gathered: The export.
        judged: Everybody's cohort.
        book: The rule book; its targets count where *targets* is None, and ours where it has none.
        targets: Cohort → methods of which one makes a member ready.
        needs: When ages are counted from.
        longest_evidence_days: How old what is known of methods may be.
    """
    bits = target_bits(book.cohorts, targets if targets is not None else book.targets)
    return {
        provider.accounts.idp: _assessed(provider, judged, book, bits, needs, longest_evidence_days)
        for provider in gathered.providers
    }


def _assessed(
    provider: Provider,
    judged: Judged,
    book: RuleBook,
    targets: npt.NDArray[np.uint32],
    needs: Needs,
    longest_evidence_days: int,
) -> Assessed:
    accounts, holdings = provider.accounts, provider.holdings
    cohort = judged.cohort[judged.stack.span(accounts.idp)]
    days = _evidence_days(provider, needs.at_ms)
    evidence = _evidence(provider, days > longest_evidence_days)
    why = judge(holdings.held, cohort, book.cohorts, targets, evidence)
    return Assessed(
        targets=targets,
        why=why,
        leftover=has_leftover_phone(why, holdings.held),
        shares_number=shared_numbers(len(accounts), iter(holdings.numbers)),
        evidence=evidence,
        evidence_days=days,
    )


def _evidence_days(provider: Provider, at_ms: int) -> npt.NDArray[np.int32]:
    """Return how old what is known of the methods is, in whole days; -1 where no vendor says."""
    told = [provider.holdings.evidence_at, provider.accounts.moments.get("evidence_at")]
    latest = np.full(len(provider.accounts), NOT_KNOWN)
    for one in told:
        if one is not None:
            latest = np.maximum(latest, one)
    days = np.full(len(latest), -1, np.int32)
    known = latest != NOT_KNOWN
    days[known] = np.maximum((at_ms - latest[known]) // DAY_MS, 0)
    return days


def _evidence(provider: Provider, stale: Mask) -> Evidence:
    count = len(provider.accounts)
    equipment, status = provider.equipment, provider.accounts.facts.get("status")
    nothing = np.zeros(count, bool)
    can_sign_in = np.ones(count, bool)
    if isinstance(status, Coded):
        can_sign_in = np.array([True, *(word not in CANNOT_SIGN_IN for word in status.values)])[status.codes]
    shared = _says_shared(provider)
    return Evidence(
        is_known=provider.holdings.is_known,
        is_stale=stale if stale.any() else None,
        can_sign_in=can_sign_in,
        has_inventory=equipment is not None,
        has_device=nothing if equipment is None else equipment.has_device,
        is_able=nothing if equipment is None else equipment.able != 0,
        is_unclear=nothing if equipment is None else equipment.unclear != 0,
        is_shared=shared if equipment is None else shared | equipment.is_shared,
    )


def _says_shared(provider: Provider) -> Mask:
    """Say of each account whether its directory entry says that it works on a shared device."""
    column = provider.accounts.facts.get("device_type")
    if not isinstance(column, Coded):
        return np.zeros(len(provider.accounts), bool)
    words = ("shared", "kiosk")
    return np.array([False, *(any(one in value.casefold() for one in words) for value in column.values)])[column.codes]
