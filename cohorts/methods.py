"""Without this file a vendor's factor would stay a word; here it becomes a method that a target can name."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from cohorts.method_words import (
    ASSUMED,
    ENTRA_PHONES,
    ENTRA_TYPES,
    ENTRA_WORDS,
    KEY_NAMES,
    OKTA_TYPES,
    OKTA_WORDS,
    Words,
)
from cohorts.snapshot import METHODS

BIT: Mapping[str, int] = {method: 1 << position for position, method in enumerate(METHODS)}
# Words that are understood and stand for no method of the catalogue.
NO_METHOD = 1 << 31
UNKNOWN_KEY = "passkey_synced"  # the weakest claim: a key that we do not know may be copied between devices
OKTAS_OWN_CODE = ("token:software:totp", "okta")
ENTRA_FIDO = "fido2authenticationmethod"
ENTRA_PHONE = "phoneauthenticationmethod"


def method_bits(
    idp: str, factor_type: str | None, provider: str | None = None, authenticator: str | None = None
) -> tuple[int, bool]:
    """Say what one vendor's word stands for; a word may stand for several methods.

    Args:
        idp: "okta" or "entra".
        factor_type: Okta's factor type or the name of an authenticator in a report; Entra's `@odata.type`, a word
            of `methodsRegistered` or of the portal.
        provider: Who verifies it; of an Entra phone its `phoneType`, of an Entra passkey its `passkeyType`.
        authenticator: Name or model of a passkey's authenticator.

    Returns:
        Bits of the methods: 0 where nobody knows the word, NO_METHOD where it is known and is no method of ours; and
        whether it was assumed, not understood.
    """
    if not factor_type:
        return 0, False
    kind = (provider or "").casefold()
    if idp == "okta":
        return _of_okta(factor_type, kind, authenticator)
    return _of_entra(factor_type, kind, authenticator)


def _of_okta(told: str, provider: str, authenticator: str | None) -> tuple[int, bool]:
    factor_type = told.casefold()
    if factor_type == "webauthn":
        method, is_sure = key_named(authenticator)
        return BIT[method], not is_sure
    if (factor_type, provider) == OKTAS_OWN_CODE:
        return BIT["app_code"], False
    if factor_type in OKTA_TYPES:
        return encode(OKTA_TYPES[factor_type]) or NO_METHOD, False
    return _by_word(OKTA_WORDS, told)


def _of_entra(told: str, kind: str, authenticator: str | None) -> tuple[int, bool]:
    method_type = told.casefold().removeprefix("#").removeprefix("microsoft.graph.")
    if method_type == ENTRA_FIDO:
        return _entra_passkey(kind, authenticator)
    if method_type == ENTRA_PHONE:
        return encode(ENTRA_PHONES.get(kind, ENTRA_PHONES["mobile"])), False
    if method_type in ENTRA_TYPES:
        return encode(ENTRA_TYPES[method_type]) or NO_METHOD, False
    return _by_word(ENTRA_WORDS, told)


def _entra_passkey(kind: str, authenticator: str | None) -> tuple[int, bool]:
    if kind == "synced":
        return BIT["passkey_synced"], False
    method, is_sure = key_named(authenticator)
    if not is_sure and kind == "devicebound":
        return BIT["passkey_bound"], False
    return BIT[method], not is_sure


def _by_word(words: Words, told: str) -> tuple[int, bool]:
    word = "".join(letter for letter in told.casefold() if letter.isalnum())
    if word not in words:
        return 0, False
    return encode(words[word]) or NO_METHOD, word in ASSUMED


def key_named(authenticator: str | None) -> tuple[str, bool]:
    """Say what kind of WebAuthn key a name stands for, and whether it was understood."""
    name = (authenticator or "").casefold()
    for method, words in KEY_NAMES:
        if any(word in name for word in words):
            return method, True
    return UNKNOWN_KEY, False


def encode(methods: Iterable[str]) -> int:
    """Return the bits of *methods*."""
    return reduce(or_, (BIT[method] for method in methods), 0)


def decode(bits: int) -> tuple[str, ...]:
    """Return the methods of *bits*, in the catalogue's order."""
    return tuple(method for method, bit in BIT.items() if bits & bit)
