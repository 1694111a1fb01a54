"""Without this file nothing could be switched on or off for the whole tenant: authenticators and their methods."""

from sandbox.idp.okta.enrolment import allowing
from sandbox.idp.okta.errors import OktaError, forbidden, invalid, no_such_path, not_found
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import (
    Call,
    Reply,
    Route,
    find,
    href,
    lifecycle_links,
    merged,
    new_id,
    stamp,
    without_nulls,
)
from sandbox.idp.state import Json, State

_SETTINGS = {
    "allowedFor": frozenset({"any", "none", "recovery", "sso"}), "tokenLifetimeInMinutes": int,
    "userVerification": str, "userVerificationMethods": [str], "enrollmentSecurityLevel": str,
    "channelBinding": {"required": str, "style": str}, "compliance": {"fips": str}, "appInstanceId": str,
    "oauthClientId": str, "minimumLength": int, "maximumLength": int, "defaultLength": int,
    "length": int, "multiUse": bool, "complexity": dict, "minTtl": int, "maxTtl": int, "defaultTtl": int,
}  # fmt: skip
_BODY = {
    "id": str, "key": str, "type": str, "name": str, "status": frozenset({"ACTIVE", "INACTIVE"}),
    "settings": _SETTINGS, "provider": dict, "created": str, "lastUpdated": str, "_links": dict,
    "agreeToTerms": bool, "legacyIgnoreName": bool,
}  # fmt: skip
_METHOD_BODY = {
    "type": str, "status": frozenset({"ACTIVE", "INACTIVE"}), "settings": dict, "_links": dict,
    "verifiableProperties": [str], "acceptableAdjacentIntervals": None, "algorithm": None, "encoding": None,
    "passCodeLength": None, "timeIntervalInSeconds": None, "transactionTypes": None,
}  # fmt: skip
# key → (type, name, settings, methods): what may be added to a tenant.
CATALOGUE: dict[str, tuple[str, str, Json | None, tuple[str, ...]]] = {
    "okta_password": ("password", "Password", None, ("password",)),
    "okta_email": ("email", "Email", {"allowedFor": "any", "tokenLifetimeInMinutes": 5}, ("email",)),
    "phone_number": ("phone", "Phone", {"allowedFor": "any"}, ("sms", "voice")),
    "okta_verify": (
        "app",
        "Okta Verify",
        {
            "compliance": {"fips": "OPTIONAL"},
            "channelBinding": {"style": "NUMBER_CHALLENGE", "required": "HIGH_RISK_ONLY"},
            "userVerification": "PREFERRED", "enrollmentSecurityLevel": "ANY",
            "userVerificationMethods": ["BIOMETRICS", "PIN"], "appInstanceId": "",
        },
        ("signed_nonce", "push", "totp"),
    ),
    "webauthn": ("security_key", "Security Key or Biometric", None, ("webauthn",)),
    "security_question": ("security_question", "Security Question", {"allowedFor": "recovery"}, ("security_question",)),
    "google_otp": ("app", "Google Authenticator", {}, ("otp",)),
    "tac": ("tac", "Temporary Access Code", {"defaultTtl": 120}, ("tac",)),
    "yubikey_token": ("security_key", "Yubikey", None, ("otp",)),
    "smart_card_idp": ("federated", "Smart Card", {}, ("idp",)),
}  # fmt: skip
_WEBAUTHN: Json = {"userVerification": "PREFERRED", "attachment": "ANY", "aaguidGroups": []}


def add(state: State, key: str, name: str | None, status: str) -> Json:
    """Put one authenticator of the catalogue, with its methods, into the tenant and return it."""
    kind, usual, settings, methods = CATALOGUE[key]
    now = stamp(state.at)
    row: Json = {
        "type": kind, "id": new_id(state, "aut"), "key": key, "status": status, "name": name or usual,
        "created": now, "lastUpdated": now,
    }  # fmt: skip
    if settings is not None:
        row["settings"] = settings
    state.put("authenticators", row["id"], row)
    for method in methods:
        content = {"type": method, "status": "ACTIVE", "settings": _WEBAUTHN if method == "webauthn" else {}}
        state.put("authenticator_methods", f"{row['id']}/{method}", content)
    return row


def view(call: Call, row: Json) -> Json:
    """Show one authenticator as its own GET does."""
    path = f"/api/v1/authenticators/{row['id']}"
    links = {"self": href(call, path, "GET", "PUT"), "methods": href(call, f"{path}/methods", "GET")}
    if row["key"] != "okta_password":
        links |= lifecycle_links(call, path, row["status"])
    return {**row, "_links": links}


def method_view(call: Call, authenticator_id: str, row: Json) -> Json:
    """Show one method as its own GET does."""
    path = f"/api/v1/authenticators/{authenticator_id}/methods/{row['type']}"
    links = {"self": href(call, path, "GET", "PUT"), **lifecycle_links(call, path, row["status"])}
    return {**row, "_links": links}


def _listing(call: Call) -> Reply:
    return Reply(200, [view(call, row) for row in call.state.all("authenticators").values()])


def _create(call: Call) -> Reply:
    body = call.document
    fit(body, _BODY)
    key = body.get("key")
    if key not in CATALOGUE:
        raise invalid("key", f"Unknown authenticator: {key}")
    if any(row["key"] == key for row in call.state.all("authenticators").values()):
        raise invalid("key", "An authenticator with this key already exists")
    status = "ACTIVE" if call.query.get("activate", "false") == "true" else "INACTIVE"
    row = add(call.state, key, body.get("name"), status)
    row = put_authenticator(call, row, {**row, "settings": merged(row.get("settings"), body.get("settings"))})
    written(call, "security.authenticator.lifecycle.create", target("AuthenticatorMethod", row))
    return Reply(200, view(call, row))


def _get(call: Call, key: str) -> Reply:
    return Reply(200, view(call, find(call.state, "authenticators", key, "Authenticator")))


def put_authenticator(call: Call, old: Json, body: Json) -> Json:
    """Replace one authenticator's name and settings as PUT does (its status stays), and return it."""
    fit(body, _BODY)
    if body.get("key") not in {None, old["key"]} or body.get("type") not in {None, old["type"]}:
        raise invalid("key", "The key and type of an authenticator cannot be changed.")
    row = {**old, "name": body.get("name") or old["name"], "lastUpdated": stamp(call.state.at)}
    if body.get("settings") is not None:
        # Recorded: what a PUT leaves out keeps its value, such as the app instance.
        row["settings"] = merged(old.get("settings") or {}, without_nulls(body["settings"]))
    call.state.put("authenticators", old["id"], row)
    return row


def _update(call: Call, key: str) -> Reply:
    row = put_authenticator(call, find(call.state, "authenticators", key, "Authenticator"), call.document)
    written(call, "security.authenticator.lifecycle.update", target("AuthenticatorMethod", row))
    return Reply(200, view(call, row))


def _lifecycle(call: Call, key: str, step: str) -> Reply:
    row = find(call.state, "authenticators", key, "Authenticator")
    if step not in {"activate", "deactivate"}:
        raise no_such_path()
    status = "ACTIVE" if step == "activate" else "INACTIVE"
    if step == "deactivate":
        _check_deactivation(call.state, row)
    elif row["status"] == status:
        raise _unsupported("inactive.activate")
    row = set_authenticator_status(call.state, row, status)
    written(call, f"security.authenticator.lifecycle.{step}", target("AuthenticatorMethod", row))
    return Reply(200, view(call, row))


def set_authenticator_status(state: State, row: Json, status: str) -> Json:
    """Change what a PUT leaves alone, and return the authenticator."""
    changed = {**row, "status": status, "lastUpdated": stamp(state.at)}
    state.put("authenticators", row["id"], changed)
    return changed


def _unsupported(what: str) -> OktaError:
    return OktaError(400, "E0000001", f"Api validation failed: api.authenticator.error.unsupported.{what}")


def _check_deactivation(state: State, row: Json) -> None:
    if row["key"] == "okta_password":
        raise forbidden("The password authenticator cannot be deactivated.")
    if row["status"] == "INACTIVE":
        raise _unsupported("active.deactivate")
    if policies := allowing(state, row["key"]):
        raise OktaError(
            403,
            "E0000148",
            "Cannot modify/disable this authenticator because it is enabled in one or more policies. To continue, "
            "disable the authenticator in these policies. Additionally, if disabling Okta Verify when Fastpass is "
            'active, the "Device state" must not be set to "registered" in app assurance policies.',
            f"Authenticator Enrollment Policies: {', '.join(policies)}",
        )


def find_method(state: State, key: str, kind: str) -> Json:
    """Return one method of an authenticator or raise the vendor's 404."""
    find(state, "authenticators", key, "Authenticator")
    row: Json | None = state.all("authenticator_methods").get(f"{key}/{kind}")
    if row is None:
        raise not_found(kind, "AuthenticatorMethod")
    return row


def _methods(call: Call, key: str) -> Reply:
    find(call.state, "authenticators", key, "Authenticator")
    rows = call.state.all("authenticator_methods").items()
    return Reply(200, [method_view(call, key, row) for name, row in rows if name.startswith(f"{key}/")])


def _method(call: Call, key: str, kind: str) -> Reply:
    return Reply(200, method_view(call, key, find_method(call.state, key, kind)))


def put_method(call: Call, key: str, old: Json, body: Json) -> Json:
    """Replace one method's settings as PUT does (its status stays), and return it."""
    fit(body, _METHOD_BODY)
    usual = _WEBAUTHN if old["type"] == "webauthn" else {}
    kept = {name: body[name] for name in _METHOD_BODY if name in body and name not in {"_links", "status", "settings"}}
    row = {
        **kept,
        "type": old["type"],
        "status": old["status"],
        "settings": {**usual, **(body.get("settings") or {})},
    }
    call.state.put("authenticator_methods", f"{key}/{old['type']}", row)
    return row


def _update_method(call: Call, key: str, kind: str) -> Reply:
    row = put_method(call, key, find_method(call.state, key, kind), call.document)
    authenticator = find(call.state, "authenticators", key, "Authenticator")
    written(
        call,
        "security.authenticator.lifecycle.update",
        target("AuthenticatorMethod", authenticator, method=kind),
    )
    return Reply(200, method_view(call, key, row))


def _method_lifecycle(call: Call, key: str, kind: str, step: str) -> Reply:
    row = find_method(call.state, key, kind)
    if step not in {"activate", "deactivate"}:
        raise no_such_path()
    row = {**row, "status": "ACTIVE" if step == "activate" else "INACTIVE"}
    call.state.put("authenticator_methods", f"{key}/{kind}", row)
    authenticator = find(call.state, "authenticators", key, "Authenticator")
    written(
        call,
        f"security.authenticator.lifecycle.{step}",
        target("AuthenticatorMethod", authenticator, method=kind),
    )
    return Reply(200, method_view(call, key, row))


ROUTES: list[Route] = [
    ("GET", "/api/v1/authenticators", _listing),
    ("POST", "/api/v1/authenticators", _create),
    ("GET", "/api/v1/authenticators/{}", _get),
    ("PUT", "/api/v1/authenticators/{}", _update),
    ("POST", "/api/v1/authenticators/{}/lifecycle/{}", _lifecycle),
    ("GET", "/api/v1/authenticators/{}/methods", _methods),
    ("GET", "/api/v1/authenticators/{}/methods/{}", _method),
    ("PUT", "/api/v1/authenticators/{}/methods/{}", _update_method),
    ("POST", "/api/v1/authenticators/{}/methods/{}/lifecycle/{}", _method_lifecycle),
]
