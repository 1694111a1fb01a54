"""Values for tests of the export's road: users, factors, memberships and roles as Okta tells them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
Row = dict[str, Any]
FACTORS = {
    "sms": ("sms", "OKTA"),
    "voice": ("call", "OKTA"),
    "email": ("email", "OKTA"),
    "question": ("question", "OKTA"),
    "push": ("push", "OKTA"),
    "fastpass": ("signed_nonce", "OKTA"),
    "app_code": ("token:software:totp", "OKTA"),
    "totp": ("token:software:totp", "GOOGLE"),
    "passkey_synced": ("webauthn", "FIDO"),
    "passkey_bound": ("webauthn", "FIDO"),
    "security_key": ("webauthn", "FIDO"),
}
KEY_NAMES = {
    "passkey_synced": "iCloud Keychain",
    "passkey_bound": "Windows Hello",
    "security_key": "YubiKey 5 NFC",
}


def a_user(user_id: str, **changes: Any) -> Row:
    """Make one active person of nothing special; `profile` is merged."""
    profile = {
        "login": f"{user_id}@example.com",
        "department": "Engineering",
        "title": "Engineer",
        "userType": "Employee",
        **changes.pop("profile", {}),
    }
    return {
        "id": user_id,
        "status": "ACTIVE",
        "created": "2024-01-01T00:00:00.000Z",
        "lastLogin": "2026-11-01T12:00:00.000Z",
        "type": {"id": "oty1"},
        "profile": profile,
        "credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}},
        **changes,
    }


def a_factor(user_id: str, method: str = "sms", **changes: Any) -> Row:
    """Make one active factor of a person."""
    factor_type, provider = FACTORS[method]
    profile = {"authenticatorName": KEY_NAMES[method]} if method in KEY_NAMES else {}
    if method in {"sms", "voice"}:
        profile = {"phoneNumber": f"+1 555 {user_id}"}
    return {
        "id": f"{method}-{user_id}",
        "userId": user_id,
        "factorType": factor_type,
        "provider": provider,
        "status": "ACTIVE",
        "profile": profile,
        **changes,
    }


def a_membership(user_id: str, name: str = "Everyone") -> Row:
    """Put one person into one group."""
    return {"groupId": f"id of {name}", "groupName": name, "userId": user_id}


def a_role(user_id: str, role_type: str = "SUPER_ADMIN") -> Row:
    """Give one person one administrator role."""
    return {"userId": user_id, "type": role_type, "label": role_type.title()}


def lines(rows: Iterable[Row | str]) -> str:
    """Write rows one a line; a text stands as it is."""
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def write_export(
    folder: Path,
    users: Iterable[Row | str] | None = None,
    factors: Iterable[Row | str] | None = None,
    groups: Iterable[Row | str] | None = None,
    roles: Iterable[Row | str] | None = None,
) -> Path:
    """Write an export; what is not given is that of one person and one administrator."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows, usual in (
        ("users", users, [a_user("u1"), a_user("boss")]),
        ("factors", factors, [a_factor("u1"), a_factor("boss", "security_key")]),
        ("groups", groups, [a_membership("u1"), a_membership("boss")]),
        ("roles", roles, [a_role("boss")]),
    ):
        (folder / f"{name}.jsonl").write_text(lines(usual if rows is None else rows), encoding="utf-8")
    return folder


def told_by(collections: dict[str, dict[str, Any]]) -> dict[str, list[Row]]:
    """Write an identity state as the four kinds of rows, which is what pulling it would give."""
    names = {key: group["profile"]["name"] for key, group in collections["groups"].items()}
    factors = []
    for user_id, held in collections["held"].items():
        for entry in held:
            if entry["method"] in FACTORS:
                field = "phoneNumber" if entry["method"] in {"sms", "voice"} else "authenticatorName"
                factor = a_factor(user_id, entry["method"], id=entry["id"])
                factors.append({**factor, "profile": {field: entry["name"]}})
    return {
        "users": list(collections["users"].values()),
        "factors": factors,
        "groups": [
            {"groupId": group_id, "groupName": names[group_id], "userId": user_id}
            for user_id, group_ids in collections["memberships"].items()
            for group_id in group_ids
        ],
        "roles": [{"userId": user_id, **role} for user_id, roles in collections["roles"].items() for role in roles],
    }
