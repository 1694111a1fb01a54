"""Without this file the face would have no people: their accounts, groups and lifecycle."""

from collections.abc import Iterator, Mapping

from sandbox.idp.okta import group_rules
from sandbox.idp.okta.errors import invalid, malformed, not_found
from sandbox.idp.okta.filtering import compiled
from sandbox.idp.okta.logs import target, user_target, written
from sandbox.idp.okta.membership import join, leave_all
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, new_id, paged, stamp, without_nulls
from sandbox.idp.state import Json, State

_ATTRIBUTES = (
    "login", "email", "secondEmail", "firstName", "lastName", "middleName", "honorificPrefix", "honorificSuffix",
    "title", "displayName", "nickName", "profileUrl", "primaryPhone", "mobilePhone", "streetAddress", "city", "state",
    "zipCode", "countryCode", "postalAddress", "preferredLanguage", "locale", "timezone", "userType",
    "employeeNumber", "costCenter", "organization", "division", "department", "managerId", "manager",
)  # fmt: skip
_BODY = {
    "profile": dict.fromkeys(_ATTRIBUTES, str),
    "credentials": {
        "password": {"value": str, "hash": dict, "hook": dict},
        "recovery_question": {"question": str, "answer": str},
        "provider": {"type": str, "name": str},
    },
    "groupIds": [str],
    "type": {"id": str},
    "realmId": str,
}
_REQUIRED = ("login", "email", "firstName", "lastName")


# Login → id, as last seen: a hint that is checked each time, for logins move and tenants come and go.
_IDS: dict[str, str] = {}


def by_login(users: Mapping[str, Json], login: str) -> Json | None:
    """Return the account with a login, whatever its case; quick where the same tenant is asked again."""
    wanted = login.lower()
    for attempt in range(2):
        found: Json | None = users.get(_IDS.get(wanted, ""))
        if found is not None and found["profile"]["login"].lower() == wanted:
            return found
        if attempt == 0:
            _IDS.clear()
            _IDS.update((user["profile"]["login"].lower(), key) for key, user in users.items())
    return None


def person(state: State, key: str) -> Json:
    """Return one account by id, login or unambiguous login prefix, or raise the vendor's 404."""
    users = state.all("users")
    found: Json | None = users.get(key) or by_login(users, key)
    if found is None:
        start = f"{key.lower()}@"
        fitting = [user for user in users.values() if user["profile"]["login"].lower().startswith(start)]
        found = fitting[0] if len(fitting) == 1 else None
    if found is None:
        raise not_found(key, "User")
    return found


def view(call: Call, user: Json) -> Json:
    """Show one account as a listing does."""
    return {**user, "_links": {"self": href(call, f"/api/v1/users/{user['id']}")}}


def full_view(call: Call, user: Json) -> Json:
    """Show one account as its own GET does."""
    path = f"/api/v1/users/{user['id']}"
    links = {"self": href(call, path), "schema": href(call, "/api/v1/meta/schemas/user/default")}
    links["type"] = href(call, f"/api/v1/meta/types/user/{user['type']['id']}")
    steps = {
        "suspend": "suspend", "resetPassword": "reset_password", "resetFactors": "reset_factors",
        "deactivate": "deactivate",
    }  # fmt: skip
    if user["status"] == "DEPROVISIONED":
        steps = {"activate": "activate", "delete": ""}
    for name, step in steps.items():
        links[name] = {**href(call, f"{path}/lifecycle/{step}" if step else path), "method": "POST"}
    return {**user, "_links": links}


def _get(call: Call, key: str) -> Reply:
    if key == "me":
        return Reply(200, full_view(call, _token_owner(call)))
    return Reply(200, full_view(call, person(call.state, key)))


def _token_owner(call: Call) -> Json:
    # The token's owner is an account of the vendor's org that the population does not count.
    now = stamp(call.state.at)
    profile = {"login": f"{call.actor}@sandbox.invalid", "email": f"{call.actor}@sandbox.invalid"}
    return {
        "id": f"00u{call.actor:0>17.17}", "status": "ACTIVE", "created": now, "activated": now,
        "statusChanged": now, "lastLogin": now, "lastUpdated": now, "passwordChanged": now,
        "type": {"id": "default"}, "profile": {**profile, "firstName": "API", "lastName": "token"},
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
    }  # fmt: skip


def _listing(call: Call) -> Reply:
    return paged(call, _selected(call), lambda user: view(call, user), default=200, most=200)


def _selected(call: Call) -> Iterator[Json]:
    rows = iter(call.state.all("users").values())
    narrowed = [name for name in ("search", "filter") if call.query.get(name)]
    for name in narrowed:
        rows = filter(compiled(call.query[name], name), rows)
    if not narrowed:
        rows = (row for row in rows if row["status"] != "DEPROVISIONED")
    if word := call.query.get("q", "").lower():
        named = ("firstName", "lastName", "email", "login")
        rows = (row for row in rows if any(str(row["profile"].get(n)).lower().startswith(word) for n in named))
    return rows


def _create(call: Call) -> Reply:
    body, state, now = call.document, call.state, stamp(call.state.at)
    fit(body, _BODY)
    profile = without_nulls(body.get("profile") or {})
    _check_profile(state, profile, None)
    password = ((body.get("credentials") or {}).get("password") or {}).get("value")
    activate = call.query.get("activate", "true") == "true"
    status = ("ACTIVE" if password else "PROVISIONED") if activate else "STAGED"
    known = state.all("user_types")
    default_type = next((key for key, row in known.items() if row["default"]), "default")
    groups = [find(state, "groups", key, "UserGroup") for key in body.get("groupIds") or []]
    user: Json = {
        "id": new_id(state, "00u"),
        "status": status,
        "created": now,
        "activated": now if activate else None,
        "statusChanged": now if activate else None,
        "lastLogin": None,
        "lastUpdated": now,
        "passwordChanged": now if password else None,
        "realmId": "guo00000000000000000",
        "type": body.get("type") or {"id": default_type},
        "profile": {"firstName": None, "lastName": None, "mobilePhone": None, "secondEmail": None, **profile},
        "credentials": {
            **({"password": {}} if password else {}),
            "provider": (body.get("credentials") or {}).get("provider") or {"type": "OKTA", "name": "OKTA"},
        },
    }
    state.put("users", user["id"], user)
    if password:
        state.put("held", user["id"], (_password(state),))
    everyone = [row for row in state.all("groups").values() if row["type"] == "BUILT_IN"][:1]
    for group in [*everyone, *groups]:
        join(state, user["id"], group["id"])
    written(call, "user.lifecycle.create", user_target(user))
    if activate:
        written(call, "user.lifecycle.activate", user_target(user))
    for group in groups:
        written(call, "group.user_membership.add", user_target(user), target("UserGroup", group))
    group_rules.evaluate(call, user)
    return Reply(200, full_view(call, user))


def _password(state: State) -> Json:
    bare = {"user_verified": None, "attestation": None, "name": None}
    return {"method": "password", **bare, "id": new_id(state, "pwd")}


def _check_profile(state: State, profile: Json, own: str | None) -> None:
    for name in _REQUIRED:
        if not profile.get(name):
            raise invalid(name, "The field cannot be left blank")
    login = profile["login"].lower()
    for other in state.all("users").values():
        if other["id"] != own and other["profile"]["login"].lower() == login:
            raise invalid("login", "An object with this field already exists in the current organization")


def put_profile(call: Call, user: Json, body: Json, *, partial: bool) -> Json:
    """Change an account as PUT (or, *partial*, POST) does, and return it."""
    fit(body, {**_BODY, "id": str, "status": str, "_links": dict})
    if body.get("profile") is None and not partial:
        raise malformed("profile: The field cannot be left blank")
    profile = without_nulls({**(user["profile"] if partial else {}), **(body.get("profile") or {})})
    _check_profile(call.state, profile, user["id"])
    changed = {**user, "profile": profile, "lastUpdated": stamp(call.state.at)}
    if type_id := (body.get("type") or {}).get("id"):
        changed["type"] = {"id": type_id}
    call.state.put("users", user["id"], changed)
    return changed


def _update(call: Call, key: str) -> Reply:
    user = person(call.state, key)
    changed = put_profile(call, user, call.document, partial=call.method == "POST")
    names = sorted(
        name
        for name in user["profile"].keys() | changed["profile"].keys()
        if user["profile"].get(name) != changed["profile"].get(name)
    )
    written(call, "user.account.update_profile", user_target(changed), changedAttributes=",".join(names))
    group_rules.evaluate(call, changed)
    return Reply(200, full_view(call, changed))


def _delete(call: Call, key: str) -> Reply:
    user = person(call.state, key)
    if user["status"] != "DEPROVISIONED":
        set_status(call, user, "DEPROVISIONED")
        written(call, "user.lifecycle.deactivate", user_target(user))
        return Reply(204)
    for kind in ("users", "held", "devices", "roles"):
        call.state.drop(kind, user["id"])
    leave_all(call.state, user["id"])
    written(call, "user.lifecycle.delete.initiated", user_target(user))
    return Reply(204)


def set_status(call: Call, user: Json, status: str) -> Json:
    """Change an account's status and return it; one that is no longer active loses its sessions."""
    now = stamp(call.state.at)
    changed = {**user, "status": status, "statusChanged": now, "lastUpdated": now}
    call.state.put("users", user["id"], changed)
    if status in {"DEPROVISIONED", "SUSPENDED"}:
        end_sessions(call.state, user["id"])
    return changed


def end_sessions(state: State, user_id: str) -> None:
    """Close every session that one person has open."""
    for key, session in list(state.all("sessions").items()):
        if session["user"] == user_id:
            state.drop("sessions", key)
            state.put("ended_sessions", key, session)


def _clear_sessions(call: Call, key: str) -> Reply:
    user = person(call.state, key)
    end_sessions(call.state, user["id"])
    written(call, "user.session.clear", user_target(user))
    return Reply(204)


ROUTES: list[Route] = [
    ("GET", "/api/v1/users", _listing),
    ("POST", "/api/v1/users", _create),
    ("GET", "/api/v1/users/{}", _get),
    ("POST", "/api/v1/users/{}", _update),
    ("PUT", "/api/v1/users/{}", _update),
    ("DELETE", "/api/v1/users/{}", _delete),
    ("DELETE", "/api/v1/users/{}/sessions", _clear_sessions),
]
