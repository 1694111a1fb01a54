"""Without this file no method would be worth anything: each one's dialect and characteristics."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """One row of the vendor's table of authenticators and their characteristics."""

    key: str
    kind: str
    vendor: str
    knowledge: bool = False
    device_bound: bool = False
    hardware: bool = False
    phishing_resistant: bool = False
    verifies: bool | None = None  # None: cannot verify the user; else: does so unless the person's own differs
    level: int = 0
    group: str = ""
    phone: bool = False


# `level` and `group` follow the A-scale: what an attacker must take, and what falls together with it. A bound
# passkey and FastPass stay at A4 because nothing here has looked at an attestation; a security key is A5.
KINDS: Final[dict[str, Kind]] = {
    "password": Kind("okta_password", "password", "password", knowledge=True, level=1, group="memory"),
    "question": Kind("security_question", "security_question", "security_question", knowledge=True, group="memory"),
    "sms": Kind("phone_number", "phone", "sms", level=1, group="issued", phone=True),
    "voice": Kind("phone_number", "phone", "voice", level=1, group="issued", phone=True),
    "email": Kind("okta_email", "email", "email", level=1, group="issued"),
    "totp": Kind("google_otp", "app", "otp", device_bound=True, level=2, group="app"),
    "app_code": Kind("okta_verify", "app", "totp", device_bound=True, level=2, group="app"),
    "push": Kind("okta_verify", "app", "push", device_bound=True, verifies=False, level=2, group="app"),
    "fastpass": Kind(
        "okta_verify",
        "app",
        "signed_nonce",
        device_bound=True,
        hardware=True,
        phishing_resistant=True,
        verifies=True,
        level=4,
        group="device",
    ),
    "passkey_synced": Kind(
        "webauthn",
        "security_key",
        "webauthn",
        phishing_resistant=True,
        verifies=True,
        level=4,
        group="fabric",
    ),
    "passkey_bound": Kind(
        "webauthn",
        "security_key",
        "webauthn",
        device_bound=True,
        hardware=True,
        phishing_resistant=True,
        verifies=True,
        level=4,
        group="device",
    ),
    "security_key": Kind(
        "webauthn",
        "security_key",
        "webauthn",
        device_bound=True,
        hardware=True,
        phishing_resistant=True,
        verifies=True,
        level=5,
        group="hardware",
    ),
    "tap": Kind("tac", "tac", "tac", level=1, group="issued"),
}
# Known words that this vendor has no authenticator for: they may be held and shown, and count for nothing.
FOREIGN: Final = frozenset({"windows_hello"})
NAMES: Final = frozenset(KINDS) | FOREIGN
PHONES: Final = frozenset({"sms", "voice"})


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """One method as somebody uses it: the catalogue's row, and whether the user is verified with it."""

    method: str
    row: Kind
    verified: bool
    bit: int

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the factor types that it proves; one that verifies the user proves two."""
        if self.row.knowledge:
            return ("knowledge",)
        return ("possession", "inherence") if self.verified else ("possession",)


_ORDER: Final = tuple(KINDS)
_TABLE: Final[dict[tuple[str, bool], Traits]] = {
    (method, verified): Traits(method, KINDS[method], verified, 1 << (2 * place + verified))
    for place, method in enumerate(_ORDER)
    for verified in (False, True)
}
RANK: Final[dict[str, int]] = {method: place for place, method in enumerate(_ORDER)}
EITHER: Final[dict[str, int]] = {method: 3 << (2 * place) for place, method in enumerate(_ORDER)}


def traits(method: str, verified: bool | None = None) -> Traits:  # noqa: FBT001 - it is a person's own word
    """
    Return *method* as used with or without user verification.

    Args:
        method: A key of `KINDS`.
        verified: The person's own setting; None leaves it to the catalogue.
    """
    default = KINDS[method].verifies
    return _TABLE[method, bool(default) if verified is None or default is None else verified]


def mask_of(shown: Iterable[Traits]) -> int:
    """Return a set of traits as bits, so that it can be a key and a subset test is one operation."""
    bits = 0
    for one in shown:
        bits |= one.bit
    return bits


@lru_cache(maxsize=65536)
def members(mask: int) -> tuple[Traits, ...]:
    """Return the traits in *mask*, in the catalogue's order."""
    return tuple(one for one in _TABLE.values() if one.bit & mask)


@lru_cache(maxsize=65536)
def strength(methods: tuple[str, ...]) -> int:
    """
    Return what taking all of *methods* costs an attacker, 0 to 5.

    Two independent things are worth one more than the better of them, never past 3, and never past 2 when one
    of the two is a phone line; asking for one thing more never lowers the result.
    """
    rows = [KINDS[method] for method in methods]
    best = max((row.level for row in rows), default=0)
    live = [row for row in rows if row.level]
    return max(best, _bonus([row for row in live if not row.phone]), min(_bonus(live), 2))


def _bonus(rows: list[Kind]) -> int:
    best = max((row.level for row in rows), default=0)
    independent = len({row.group for row in rows})
    return best + 1 if best < 3 and independent > 1 else best  # noqa: PLR2004 - the scale's own ceiling
