"""Without this file nobody could see or remove what a person has enrolled."""

from sandbox.idp.okta.devices import shown
from sandbox.idp.okta.enrolment import allowing
from sandbox.idp.okta.errors import OktaError, invalid, not_found
from sandbox.idp.okta.log_words import logged
from sandbox.idp.okta.logs import target, user_target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.users import person
from sandbox.idp.okta.wire import Call, Reply, Route, href, new_id, stamp
from sandbox.idp.state import Json, State

# method → (factor type, provider, vendor, authenticator key, id prefix); what is missing is no factor of the vendor's.
DIALECT: dict[str, tuple[str, str, str, str, str]] = {
    "sms": ("sms", "OKTA", "OKTA", "phone_number", "mbl"),
    "voice": ("call", "OKTA", "OKTA", "phone_number", "clf"),
    "email": ("email", "OKTA", "OKTA", "okta_email", "emf"),
    "question": ("question", "OKTA", "OKTA", "security_question", "ufs"),
    "totp": ("token:software:totp", "GOOGLE", "GOOGLE", "google_otp", "uft"),
    "app_code": ("token:software:totp", "OKTA", "OKTA", "okta_verify", "ost"),
    "push": ("push", "OKTA", "OKTA", "okta_verify", "opf"),
    "fastpass": ("signed_nonce", "OKTA", "OKTA", "okta_verify", "pfd"),
    "passkey_synced": ("webauthn", "FIDO", "FIDO", "webauthn", "fwf"),
    "passkey_bound": ("webauthn", "FIDO", "FIDO", "webauthn", "fwf"),
    "security_key": ("webauthn", "FIDO", "FIDO", "webauthn", "fwf"),
}
_KEYS = {"password": "okta_password", "tap": "tac"}
_MANY = frozenset({"passkey_synced", "passkey_bound", "security_key"})
_KEY_NAMES = {
    "passkey_synced": "iCloud Keychain",
    "passkey_bound": "Touch ID",
    "security_key": "YubiKey 5 Series",
}
_BODY = {"factorType": str, "provider": str, "vendorName": str, "profile": dict, "tokenLifetimeSeconds": int}


def held_entry(state: State, method: str, given: Json) -> Json:
    """Return what a person holds of one method, completed and numbered."""
    prefix = DIALECT[method][4] if method in DIALECT else "pwd" if method == "password" else "oth"
    key = given.get("id") or new_id(state, prefix)
    if not given.get("id"):
        state.put("enrolled_at", key, stamp(state.at))
    return {
        "method": method,
        "user_verified": given.get("user_verified"),
        "attestation": given.get("attestation"),
        "name": given.get("name"),
        "id": key,
    }


def hold(state: State, user_id: str, entry: Json) -> None:
    """Add one method to what a person holds; only keys can be held twice."""
    held = state.all("held").get(user_id, ())
    if entry["method"] not in _MANY:
        held = tuple(other for other in held if other["method"] != entry["method"])
    state.put("held", user_id, (*held, entry))


def view(call: Call, user: Json, entry: Json) -> Json:
    """Show one enrolled method as the vendor's factor."""
    kind, provider, vendor, _, _ = DIALECT[entry["method"]]
    path = f"/api/v1/users/{user['id']}/factors/{entry['id']}"
    enrolled = call.state.all("enrolled_at").get(entry["id"], user["created"])
    return {
        "id": entry["id"],
        "factorType": kind,
        "provider": provider,
        "vendorName": vendor,
        "status": "ACTIVE",
        "created": enrolled,
        "lastUpdated": enrolled,
        "profile": _profile(user, entry),
        "_links": {
            "self": href(call, path, "GET", "DELETE"),
            "user": href(call, f"/api/v1/users/{user['id']}", "GET"),
        },
    }


def _profile(user: Json, entry: Json) -> Json:
    method, profile = entry["method"], user["profile"]
    if method in {"sms", "voice"}:
        return {"phoneNumber": entry["name"] or profile.get("mobilePhone")}
    if method == "email":
        return {"email": profile["email"]}
    if method == "question":
        return {"question": "disliked_food", "questionText": "What is the food you least liked as a child?"}
    if method in _MANY:
        return {"credentialId": entry["id"], "appId": None, "version": None,
                "authenticatorName": entry["name"] or _KEY_NAMES[method]}  # fmt: skip
    return {"credentialId": profile["login"]}


def _listing(call: Call, key: str) -> Reply:
    user = person(call.state, key)
    held = call.state.all("held").get(user["id"], ())
    return Reply(200, [view(call, user, entry) for entry in held if entry["method"] in DIALECT])


def _entry(call: Call, user: Json, factor_id: str) -> Json:
    for entry in call.state.all("held").get(user["id"], ()):
        if entry["id"] == factor_id and entry["method"] in DIALECT:
            found: Json = entry
            return found
    raise not_found(factor_id, "UserFactor")


def _get(call: Call, key: str, factor_id: str) -> Reply:
    user = person(call.state, key)
    return Reply(200, view(call, user, _entry(call, user, factor_id)))


def _enrol(call: Call, key: str) -> Reply:
    user, body = person(call.state, key), call.document
    fit(body, _BODY)
    wanted = (body.get("factorType"), body.get("provider"))
    methods = [name for name, (kind, provider, *_) in DIALECT.items() if (kind, provider) == wanted]
    if not methods:
        raise invalid("factorType", "Unknown factor.")
    method = methods[0]
    _check_enrolment(call.state, user, method)
    profile = body.get("profile") or {}
    if method in {"sms", "voice"} and not profile.get("phoneNumber"):
        raise invalid("profile.phoneNumber", "The field cannot be left blank")
    entry = held_entry(call.state, method, {"name": profile.get("phoneNumber") or profile.get("authenticatorName")})
    hold(call.state, user["id"], entry)
    written(call, "user.mfa.factor.activate", user_target(user), enrolment_target(entry))
    return Reply(200, view(call, user, entry))


def _check_enrolment(state: State, user: Json, method: str) -> None:
    key = DIALECT[method][3]
    active = [row for row in state.all("authenticators").values() if row["key"] == key and row["status"] == "ACTIVE"]
    if user["status"] in {"DEPROVISIONED", "SUSPENDED"}:
        raise invalid("user", "The user is not active.")
    if not active or not allowing(state, key):
        raise OktaError(403, "E0000006", "You do not have permission to perform the requested action")


def enrolment_target(entry: Json) -> Json:
    """Name an enrolled method as the log does."""
    method = entry["method"]
    words, key = logged(method), DIALECT[method][3] if method in DIALECT else _KEYS.get(method, method)
    item = {"id": entry["id"], "key": key, "name": words.authenticator}
    used = {"methodTypeUsed": words.used, "methodUsedVerifiedProperties": words.proved}
    return target("AuthenticatorEnrollment", item, **used, authenticatorKey=key)


def _remove(call: Call, key: str, factor_id: str) -> Reply:
    user = person(call.state, key)
    entry = _entry(call, user, factor_id)
    held = call.state.all("held").get(user["id"], ())
    call.state.put("held", user["id"], tuple(other for other in held if other["id"] != factor_id))
    recovery = call.query.get("removeRecoveryEnrollment", "false")
    written(
        call,
        "user.mfa.factor.deactivate",
        user_target(user),
        enrolment_target(entry),
        removeRecoveryEnrollment=recovery,
    )
    return Reply(204)


def _devices(call: Call, key: str) -> Reply:
    user = person(call.state, key)
    return Reply(200, [_device(user, row) for row in call.state.all("devices").get(user["id"], ())])


def _device(user: Json, row: Json) -> Json:
    status = "MANAGED" if row["managed"] else "NOT_MANAGED"
    return {"deviceUserId": f"{user['id']}-{row['id']}", "managementStatus": status, "created": user["created"],
            "device": shown(row)}  # fmt: skip


ROUTES: list[Route] = [
    ("GET", "/api/v1/users/{}/factors", _listing),
    ("POST", "/api/v1/users/{}/factors", _enrol),
    ("GET", "/api/v1/users/{}/factors/{}", _get),
    ("DELETE", "/api/v1/users/{}/factors/{}", _remove),
    ("GET", "/api/v1/users/{}/devices", _devices),
]
