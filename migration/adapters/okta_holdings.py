"""Without this file nobody could ask what many people hold at this moment, or take it away from them one by one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from migration.adapters import okta_factors
from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_export_pace import LANES, Pace
from migration.adapters.okta_factors import HeldFactor
from migration.adapters.okta_sending import MANY, Call, send_all
from migration.errors import IdpRefused
from migration.model import Phone

_AWAY = frozenset({"DEPROVISIONED", "SUSPENDED", "STAGED"})
_REASONS = 3
Answered = TypeVar("Answered")


def held(client: OktaClient, account_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """
    Return what each account has enrolled and active beside its password, in our words.

    An account that is gone, or cannot sign in, is left out.
    """

    def ask(account_id: str) -> frozenset[str] | None:
        user = client.find(f"/api/v1/users/{account_id}")
        if user is None or user.get("status") in _AWAY:
            return None
        factors = okta_factors.factors(client, account_id)
        return frozenset(str(one.method) for one in factors if one.method is not None and one.is_active)

    answers = _each(account_ids, ask)
    return {account: methods for account, methods in answers if methods is not None}


def phones(client: OktaClient, account_ids: Sequence[str]) -> Mapping[str, Sequence[Phone]]:
    """Return the enrolled phone factors of each account that has any."""
    found = _each(account_ids, lambda account: okta_factors.phones(client, account))
    return {account: [_phone(one) for one in factors] for account, factors in found if factors}


def remove_methods(client: OktaClient, account_ids: Sequence[str], methods: frozenset[str], pace: Pace) -> int:
    """Delete the enrolled factors of *methods*; return how many were still there."""
    found = _each(account_ids, lambda account: okta_factors.factors(client, account))
    factors = [(account, one.factor_id) for account, held_now in found for one in held_now if one.method in methods]
    return remove_factors(client, factors, pace)


def remove_factors(client: OktaClient, factors: Sequence[tuple[str, str]], pace: Pace) -> int:
    """
    Delete these factors, and with a phone the number as a way to recover; what is gone already is passed over.

    Raises:
        IdpRefused: Some could not be deleted; all others are.
    """
    accounts = list(dict.fromkeys(account for account, _ in factors))
    present = {
        (account, one.factor_id)
        for account, held_now in _each(accounts, lambda account: okta_factors.factors(client, account))
        for one in held_now
    }
    going = [pair for pair in factors if pair in present]
    outcome = send_all(client, (_deletion(client, account, factor) for account, factor in going), pace)
    if outcome.failures:
        said = ", ".join(sorted({failure.because for failure in outcome.failures})[:_REASONS])
        raise IdpRefused(
            f"{len(outcome.failures)} of {len(going)} factors could not be deleted, all others are: {said}",
            context=f"accounts of {len(accounts)} people",
            hint="the same command goes on with what is left",
        )
    return len(going)


def end_sessions(client: OktaClient, account_ids: Sequence[str], pace: Pace) -> int:
    """End every session of the accounts and take back their tokens; return how many were asked for."""
    # To end them twice harms nobody, so a call that was answered by nothing is made again.
    calls = (
        Call("DELETE", f"/api/v1/users/{account}/sessions?oauthTokens=true", lambda: False) for account in account_ids
    )
    outcome = send_all(client, calls, pace)
    if outcome.failures:
        raise IdpRefused(
            f"the sessions of {len(outcome.failures)} of {len(account_ids)} accounts could not be ended",
            context=outcome.failures[0].because,
            hint="the same command asks again",
        )
    return len(account_ids)


def _deletion(client: OktaClient, account: str, factor: str) -> Call:
    def is_done() -> bool:
        return all(one.factor_id != factor for one in okta_factors.factors(client, account))

    return Call("DELETE", f"/api/v1/users/{account}/factors/{factor}?removeRecoveryEnrollment=true", is_done)


def _phone(factor: HeldFactor) -> Phone:
    return Phone(factor.factor_id, str(factor.method))


def _each(accounts: Sequence[str], ask: Callable[[str], Answered]) -> Iterator[tuple[str, Answered]]:
    """Ask about each account, several at once; answers in the order of the accounts."""
    if len(accounts) < MANY:
        return zip(accounts, map(ask, accounts), strict=True)
    with ThreadPoolExecutor(LANES) as pool:
        answers: Iterable[Answered] = list(pool.map(ask, accounts))
    return zip(accounts, answers, strict=True)
