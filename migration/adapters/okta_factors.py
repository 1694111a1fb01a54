"""Without this file nobody could see or take away what an account holds, or end what it has open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from migration.adapters.okta_client import OktaClient
from migration.posture import Method

PHONES: Final = frozenset({Method.SMS, Method.VOICE})
_OWN_CODE: Final = ("token:software:totp", "OKTA")
# The vendor's factor type → our word, whoever provides it.
_METHODS: Final[Mapping[str, Method]] = {
    "sms": Method.SMS,
    "call": Method.VOICE,
    "email": Method.EMAIL,
    "question": Method.QUESTION,
    "push": Method.PUSH,
    "web": Method.PUSH,
    "signed_nonce": Method.FASTPASS,
    "token": Method.TOTP,
    "token:hotp": Method.TOTP,
    "token:hardware": Method.TOTP,
    "token:software:totp": Method.TOTP,
}
# A passkey's kind is told by the name of its authenticator alone; the first that is found counts, and what has no
# name of these is taken for the weakest.
_KEY_NAMES: Final[tuple[tuple[Method, tuple[str, ...]], ...]] = (
    (
        Method.PASSKEY_SYNCED,
        (
            "icloud", "google password manager", "1password", "bitwarden", "dashlane", "keeper", "lastpass", "nordpass",
            "proton pass", "samsung pass", "synced",
        ),
    ),
    (
        Method.SECURITY_KEY,
        ("yubikey", "security key", "titan", "feitian", "solokey", "nitrokey", "token2", "security_key"),
    ),
    (
        Method.PASSKEY_BOUND,
        ("windows hello", "touch id", "face id", "microsoft authenticator", "device-bound", "passkey_bound"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldFactor:
    """
    One thing that an account has enrolled.

    Attributes:
        factor_id: The vendor's id.
        method: Our word; None is something that we have no word for.
        created_at: When it was enrolled, as the tenant says; None is not said.
        is_active: It can be used; else its enrolment was begun and not ended, or it is switched off.
    """

    factor_id: str
    method: Method | None
    created_at: datetime | None
    is_active: bool


def factors(client: OktaClient, account_id: str) -> tuple[HeldFactor, ...]:
    """
    Return all that an account has enrolled beside its password; an account that is gone has nothing.

    Raises:
        IdpUnavailable: The tenant does not answer.
        IdpRefused: The token may not ask.
    """
    page = client.page(_path(account_id), absent_is_fine=True)
    return tuple(_held(row) for row in page.rows)


def phones(client: OktaClient, account_id: str) -> tuple[HeldFactor, ...]:
    """Return the phones that an account has enrolled, for text messages and for calls; errors as `factors`."""
    return tuple(one for one in factors(client, account_id) if one.method in PHONES)


def remove(client: OktaClient, account_id: str, factor_id: str) -> None:
    """
    Take one factor away, and with a phone the number as a way to recover; what is gone already is no error.

    Raises:
        IdpUnavailable: The tenant does not answer; whether the factor is gone is then unknown.
        IdpRefused: The token may not remove it.
    """
    client.delete(f"{_path(account_id)}/{factor_id}?removeRecoveryEnrollment=true")


def end_sessions(client: OktaClient, account_id: str) -> None:
    """End every session of an account and take back its tokens; an account that is gone has none."""
    client.delete(f"/api/v1/users/{account_id}/sessions?oauthTokens=true")


def _path(account_id: str) -> str:
    return f"/api/v1/users/{account_id}/factors"


def _held(row: Mapping[str, Any]) -> HeldFactor:
    created = row.get("created")
    return HeldFactor(
        factor_id=str(row["id"]),
        method=_method(row),
        created_at=datetime.fromisoformat(created).astimezone(UTC) if isinstance(created, str) else None,
        is_active=row.get("status") == "ACTIVE",
    )


def _method(row: Mapping[str, Any]) -> Method | None:
    kind = str(row.get("factorType"))
    if (kind, row.get("provider")) == _OWN_CODE:
        return Method.APP_CODE
    if kind != "webauthn":
        return _METHODS.get(kind)
    name = str((row.get("profile") or {}).get("authenticatorName") or "").casefold()
    found = (method for method, words in _KEY_NAMES if any(word in name for word in words))
    return next(found, Method.PASSKEY_SYNCED)
