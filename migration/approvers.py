"""Without this file anybody's key would do: the reviewed list of who may approve, as what, from when to when."""

import base64
import binascii
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from cohorts.errors import OfframpError
from migration.reviewed_file import ReviewedFile

# Curves alone: a signature is as good as the weakest key that may give it.
KEY_TYPES: Final = frozenset(
    {
        "ssh-ed25519",
        "sk-ssh-ed25519@openssh.com",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)
ROLES: Final = ("security-lead", "risk-owner", "help-desk-lead")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # it becomes a principal: no pattern, no comma, no space
_FIELDS: Final = frozenset({"name", "roles", "key", "valid_from", "valid_until"})
_MAGIC: Final = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_LENGTH = 4  # bytes of a length in SSH's wire format


class ApproversInvalid(OfframpError):
    """The approvers file cannot be used as written; `problems` lists all that is wrong."""

    code = "approvers-invalid"
    exit_code = 2


_FILE = ReviewedFile(
    "approvers file",
    ApproversInvalid,
    without="nobody may approve anything",
    to_have_one="copy the example from the project, fill it in, and have it reviewed",
)


@dataclass(frozen=True, slots=True)
class Approver:
    """
    Somebody who may approve.

    Attributes:
        name: As in OFFRAMP_ACTOR, so that a request and its approval can be told to be of one person.
        roles: Out of ROLES.
        key: The public key: its type and its base64, without a comment.
        valid_from: The first day, UTC.
        valid_until: The last day, UTC.
        account: The vendor's id of their own account, where it is said: they cannot approve what is for it.
    """

    name: str
    roles: tuple[str, ...]
    key: str
    valid_from: date
    valid_until: date
    account: str | None = None

    @property
    def blob(self) -> bytes:
        """The public key as SSH writes it."""
        return base64.b64decode(self.key.split()[1])

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint, as `ssh-keygen -l` shows it."""
        return fingerprint(self.blob)

    def is_valid(self, at: datetime) -> bool:
        """Say whether they may approve *at* this moment."""
        return self.valid_from <= at.date() <= self.valid_until


@dataclass(frozen=True, slots=True)
class Approvers:
    """Everybody who may approve, by name."""

    everyone: tuple[Approver, ...] = ()

    def named(self, name: str) -> Approver | None:
        """Return one of them, or None."""
        return next((one for one in self.everyone if one.name == name), None)


def fingerprint(blob: bytes) -> str:
    """Return the fingerprint of a public key in SSH's wire format."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def key_of_signature(armoured: str) -> bytes | None:
    """Return the public key that an armoured SSH signature says it was made with; None where it is no such thing."""
    body = armoured.strip()
    if not (body.startswith(_BEGIN) and body.endswith(_END)):
        return None
    raw = _decoded("".join(body.removeprefix(_BEGIN).removesuffix(_END).split()))
    if raw is None or not raw.startswith(_MAGIC):
        return None
    return _first_string(raw[len(_MAGIC) + _LENGTH :])


def read(path: Path) -> Approvers:
    """
    Read the approvers file.

    Raises:
        ApproversInvalid: Missing, not TOML, or with entries that are wrong; all of them are named.
    """
    return parse(_FILE.text(path), path.name)


def parse(text: str, where: str = "approvers.toml") -> Approvers:
    """
    Read the text of an approvers file; one without entries is fine, and nobody may approve anything.

    Raises:
        ApproversInvalid: Not TOML, or with entries that are wrong; all of them are named.
    """
    document = _FILE.document(text, where)
    listed = document.pop("approver", [])
    problems = [f"{name}: nobody knows what that is" for name in document]
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        problems.append("approver: write each as a table of its own, [[approver]]")
        listed = []
    for number, row in enumerate(listed, start=1):
        problems += [f"approver {number} ({row.get('name', 'no name')}): {wrong}" for wrong in _wrong(row)]
    found = () if problems else tuple(_approver(row) for row in listed)
    problems += _shared(found)
    _FILE.refuse(problems, where)
    return Approvers(found)


def _wrong(row: Mapping[str, Any]) -> Iterator[str]:
    missing, foreign = sorted(_FIELDS - set(row)), sorted(set(row) - _FIELDS - {"account"})
    if missing:
        yield f"says nothing of {', '.join(missing)}"
    if foreign:
        yield f"nobody knows what {', '.join(foreign)} is"
    name, roles, account = row.get("name", "a"), row.get("roles", ["risk-owner"]), row.get("account", "a")
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        yield "a name has small letters, digits, dots, dashes and underscores alone"
    if not isinstance(roles, list) or not roles or not all(role in ROLES for role in roles):
        yield f"roles are a list out of {', '.join(ROLES)}"
    if not isinstance(account, str) or not account:
        yield "account is the vendor's id of their account"
    first, last = row.get("valid_from", date.min), row.get("valid_until", date.max)
    if not (_is_day(first) and _is_day(last)):
        yield "valid_from and valid_until are dates, such as 2026-11-02"
    elif first > last:
        yield "valid_from is after valid_until"
    if "key" in row:
        yield from _wrong_key(row["key"])


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _wrong_key(key: object) -> Iterator[str]:
    words = key.split() if isinstance(key, str) else []
    if not words or words[0] not in KEY_TYPES:
        yield f"the key is none of {', '.join(sorted(KEY_TYPES))}"
        return
    blob = _decoded(words[1]) if len(words) > 1 else None
    if blob is None or _first_string(blob) != words[0].encode():
        yield "the key is cut off, or not what it says; copy the whole line of the .pub file"


def _approver(row: Mapping[str, Any]) -> Approver:
    key = " ".join(row["key"].split()[:2])  # a comment is often somebody's address
    roles = tuple(dict.fromkeys(row["roles"]))
    return Approver(row["name"], roles, key, row["valid_from"], row["valid_until"], row.get("account"))


def _shared(found: tuple[Approver, ...]) -> list[str]:
    names, keys = Counter(one.name for one in found), Counter(one.blob for one in found)
    problems = [f"{name} is listed {count} times" for name, count in names.items() if count > 1]
    for blob, count in keys.items():
        if count > 1:
            holders = ", ".join(one.name for one in found if one.blob == blob)
            problems.append(f"{holders} have one key; it would let one person approve for two")
    return problems


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _first_string(raw: bytes) -> bytes | None:
    """Return the first string of SSH's wire format: four bytes of length, then so many bytes."""
    length = int.from_bytes(raw[:_LENGTH], "big")
    found = raw[_LENGTH : _LENGTH + length]
    return found if length and len(found) == length else None
