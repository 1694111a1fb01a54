"""Without this file a vendor's factor would stay a word; here it becomes a method that a target can name."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from cohorts.snapshot import METHODS

BIT: Mapping[str, int] = {method: 1 << position for position, method in enumerate(METHODS)}

# Okta's factor type → method, whoever provides it.
BY_TYPE: Mapping[str, str] = {
    "sms": "sms",
    "call": "voice",
    "email": "email",
    "question": "question",
    "push": "push",
    "signed_nonce": "fastpass",
    "token:software:totp": "totp",
    "token:hardware": "totp",
}
OKTAS_OWN_CODE = ("token:software:totp", "OKTA")

# What stands in the name of an authenticator → what it is; the first that is found counts.
KEY_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "passkey_synced",
        (
            "icloud",
            "google password manager",
            "1password",
            "bitwarden",
            "dashlane",
            "keeper",
            "lastpass",
            "nordpass",
            "proton pass",
            "samsung pass",
            "synced",
        ),
    ),
    (
        "security_key",
        ("yubikey", "security key", "titan", "feitian", "solokey", "nitrokey", "token2", "security_key"),
    ),
    (
        "passkey_bound",
        ("windows hello", "touch id", "face id", "microsoft authenticator", "device-bound", "passkey_bound"),
    ),
)
UNKNOWN_KEY = "passkey_synced"  # the weakest claim: a key that we do not know may be copied between devices


def method_of(factor_type: str, provider: str | None, authenticator: str | None) -> tuple[str | None, bool]:
    """Say which method one Okta factor is.

    Returns:
        The method, None where the type is not known; and whether it was understood, not assumed.
    """
    if factor_type == "webauthn":
        name = (authenticator or "").casefold()
        for method, words in KEY_NAMES:
            if any(word in name for word in words):
                return method, True
        return UNKNOWN_KEY, False
    if (factor_type, provider) == OKTAS_OWN_CODE:
        return "app_code", True
    return BY_TYPE.get(factor_type), True


def encode(methods: Iterable[str]) -> int:
    """Return the bits of *methods*."""
    return reduce(or_, (BIT[method] for method in methods), 0)


def decode(bits: int) -> tuple[str, ...]:
    """Return the methods of *bits*, in the catalogue's order."""
    return tuple(method for method, bit in BIT.items() if bits & bit)
