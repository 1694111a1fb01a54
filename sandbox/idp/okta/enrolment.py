"""Without this file an enrolment policy would leave authenticators open that nobody mentioned."""

from typing import Any

from sandbox.idp.okta.errors import invalid
from sandbox.idp.state import Json, State

_KEYS = frozenset((
    "okta_password", "okta_email", "phone_number", "okta_verify", "webauthn", "security_question", "google_otp",
    "tac", "custom_app", "custom_otp", "duo", "external_idp", "onprem_mfa", "rsa_token", "smart_card_idp",
    "symantec_vip", "yubikey_token",
))  # fmt: skip
# Only these can be had more than once, and are told apart by id.
_MANY = frozenset({"custom_app", "custom_otp", "external_idp"})


def filled(state: State, settings: Json) -> Json:
    """
    Complete an enrolment policy's settings as the vendor does: what is not declared is not allowed.

    Raises:
        OktaError: 400 for an unknown or inactive authenticator, or where neither password nor e-mail is required.
    """
    if settings.get("type", "AUTHENTICATORS") != "AUTHENTICATORS":
        return settings
    declared: list[Json] = settings.get("authenticators") or []
    known = state.all("authenticators").values()
    for row in declared:
        _check(row, [held for held in known if held["key"] == row.get("key")])
    rows = [_clean(row) for row in declared]
    named = {row["key"] for row in rows}
    missing = {held["key"] for held in known if held["status"] == "ACTIVE"} - named
    rows += [{"key": key, "enroll": {"self": "NOT_ALLOWED"}} for key in missing]
    required = {row["key"] for row in rows if row["enroll"]["self"] == "REQUIRED"}
    if not required & {"okta_password", "okta_email"}:
        raise invalid("settings.authenticators", "Password or email must be required.")
    return {"type": "AUTHENTICATORS", "authenticators": sorted(rows, key=lambda row: str(row["key"]))}


def _check(row: Json, held: list[Json]) -> None:
    key, level = row.get("key"), (row.get("enroll") or {}).get("self")
    if key not in _KEYS:
        raise invalid("settings.authenticators.key", f"Unknown authenticator: {key}")
    if level is None:
        raise invalid("settings.authenticators.enroll.self", "The field cannot be left blank")
    if level != "NOT_ALLOWED" and held and key not in _MANY and held[0]["status"] != "ACTIVE":
        raise invalid("settings.authenticators", f"The authenticator {key} is not active.")


def _clean(row: Json) -> dict[str, Any]:
    kept = {"key": row["key"], "enroll": row["enroll"]}
    for name in ("id", "constraints"):
        if row.get(name):
            kept[name] = row[name]
    return kept


def allowing(state: State, key: str) -> list[str]:
    """Return the names of the enrolment policies under which an authenticator may still be enrolled."""
    names = []
    for policy in state.all("policies").values():
        rows = (policy.get("settings") or {}).get("authenticators", []) if policy["type"] == "MFA_ENROLL" else []
        if any(row["key"] == key and row["enroll"]["self"] != "NOT_ALLOWED" for row in rows):
            names.append(policy["name"])
    return names
