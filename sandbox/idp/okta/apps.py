"""Without this file there would be nothing to sign in to: apps, and the one sign-in policy that each has."""

from collections.abc import Iterator

from sandbox.idp.okta.errors import forbidden, invalid, no_such_path, not_found
from sandbox.idp.okta.filtering import compiled
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.policies import account_management, of_type
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, lifecycle_links, new_id, paged, stamp
from sandbox.idp.state import Json, State

_BODY = {
    "id": str, "orn": str, "name": str, "label": str, "status": str, "created": str, "lastUpdated": str,
    "accessibility": dict, "visibility": dict, "features": list, "signOnMode": str, "credentials": dict,
    "settings": dict, "profile": dict, "licensing": dict, "universalLogout": dict, "_links": dict, "_embedded": dict,
}  # fmt: skip
_VENDORS = frozenset({"okta_enduser", "saasure"})


def view(call: Call, app: Json) -> Json:
    """Show one app as its own GET does."""
    path = f"/api/v1/apps/{app['id']}"
    shown = {key: value for key, value in app.items() if not key.startswith("_")}
    links = {
        "self": href(call, path),
        "accessPolicy": href(call, f"/api/v1/policies/{app['_policy']}"),
        "groups": href(call, f"{path}/groups"),
        "users": href(call, f"{path}/users"),
        **lifecycle_links(call, path, app["status"]),
    }
    return {**shown, "_links": links}


def new_app(state: State, name: str, label: str, policy_id: str) -> Json:
    """Put one app into the tenant, open to everybody, and return it."""
    now = stamp(state.at)
    app: Json = {
        "id": new_id(state, "0oa"), "name": name, "label": label, "status": "ACTIVE", "lastUpdated": now,
        "created": now, "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
        "visibility": {"autoLaunch": False, "autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
        "features": [], "signOnMode": "OPENID_CONNECT",
        "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}},
        "settings": {"app": {}, "implicitAssignment": True, "notes": {"admin": None, "enduser": None}},
        "_policy": policy_id,
    }  # fmt: skip
    state.put("apps", app["id"], app)
    return app


def _listing(call: Call) -> Reply:
    return paged(call, _selected(call), lambda app: view(call, app), default=20, most=200)


def _selected(call: Call) -> Iterator[Json]:
    rows: Iterator[Json] = iter(call.state.all("apps").values())
    if expression := call.query.get("filter"):
        rows = filter(compiled(expression, "filter"), rows)
    if word := call.query.get("q", "").lower():
        rows = (row for row in rows if word in row["label"].lower() or word in row["name"].lower())
    return rows


def _get(call: Call, key: str) -> Reply:
    return Reply(200, view(call, find(call.state, "apps", key, "AppInstance")))


def _default_policy(state: State) -> str:
    return next(str(policy["id"]) for policy in of_type(state, "ACCESS_POLICY") if policy["system"])


def _create(call: Call) -> Reply:
    body = call.document
    fit(body, _BODY)
    if not body.get("label"):
        raise invalid("label", "The field cannot be left blank")
    if any(app["label"] == body["label"] for app in call.state.all("apps").values()):
        raise invalid("label", "An app with this label already exists.")
    name = body.get("name") or f"sandbox_{''.join(filter(str.isalnum, body['label'].lower()))}_1"
    app = new_app(call.state, name, body["label"], _default_policy(call.state))
    app = put_app(call, app, body)
    if call.query.get("activate", "true") == "false":
        app = _set_status(call.state, app, "INACTIVE")
    written(call, "application.lifecycle.create", target("AppInstance", app))
    return Reply(200, view(call, app))


def put_app(call: Call, old: Json, body: Json) -> Json:
    """Replace an app's content as PUT does (status and policy stay), and return it."""
    fit(body, _BODY)
    content = (
        "label", "accessibility", "visibility", "features", "signOnMode", "credentials", "settings", "profile",
    )  # fmt: skip
    changes = {name: body[name] for name in content if body.get(name) is not None}
    app = {**old, **changes, "lastUpdated": stamp(call.state.at)}
    call.state.put("apps", old["id"], app)
    return app


def _update(call: Call, key: str) -> Reply:
    app = put_app(call, find(call.state, "apps", key, "AppInstance"), call.document)
    written(call, "application.lifecycle.update", target("AppInstance", app))
    return Reply(200, view(call, app))


def _set_status(state: State, app: Json, status: str) -> Json:
    changed = {**app, "status": status, "lastUpdated": stamp(state.at)}
    state.put("apps", app["id"], changed)
    return changed


def _lifecycle(call: Call, key: str, step: str) -> Reply:
    app = find(call.state, "apps", key, "AppInstance")
    if step not in {"activate", "deactivate"}:
        raise no_such_path()
    if app["name"] in _VENDORS:
        raise forbidden("The vendor's own apps cannot be deactivated.")
    _set_status(call.state, app, "ACTIVE" if step == "activate" else "INACTIVE")
    written(call, f"application.lifecycle.{step}", target("AppInstance", app))
    return Reply(200, {})


def _delete(call: Call, key: str) -> Reply:
    app = find(call.state, "apps", key, "AppInstance")
    if app["status"] == "ACTIVE" or app["name"] in _VENDORS:
        raise forbidden("An active app cannot be deleted; deactivate it first.")
    call.state.drop("apps", key)
    written(call, "application.lifecycle.delete", target("AppInstance", app))
    return Reply(204)


def assign_policy(state: State, app: Json, policy: Json) -> Json:
    """
    Let one policy decide about one app, instead of the one before, and return the app.

    Raises:
        OktaError: 400, the policy is none for apps.
    """
    if policy["type"] != "ACCESS_POLICY" or account_management(policy):
        raise invalid("policyId", "Only an app sign-in policy can be assigned to an app.")
    changed = {**app, "_policy": policy["id"], "lastUpdated": stamp(state.at)}
    state.put("apps", app["id"], changed)
    return changed


def _assign(call: Call, key: str, policy_id: str) -> Reply:
    app = find(call.state, "apps", key, "AppInstance")
    policy = find(call.state, "policies", policy_id, "Policy")
    assign_policy(call.state, app, policy)
    written(call, "application.policy.sign_on.update", target("AppInstance", app), target("PolicyEntity", policy))
    return Reply(204)


def _of_policy(call: Call, policy_id: str) -> Reply:
    find(call.state, "policies", policy_id, "Policy")
    apps = [app for app in call.state.all("apps").values() if app["_policy"] == policy_id]
    return Reply(200, [view(call, app) for app in apps])


def _mapping(call: Call, policy_id: str, app: Json) -> Json:
    key = f"{policy_id}-{app['id']}"
    links = {
        "application": href(call, f"/api/v1/apps/{app['id']}"),
        "policy": href(call, f"/api/v1/policies/{policy_id}"),
        "self": href(call, f"/api/v1/policies/{policy_id}/mappings/{key}"),
    }
    return {"id": key, "_links": links}


def _mappings(call: Call, policy_id: str) -> Reply:
    policy = find(call.state, "policies", policy_id, "Policy")
    if call.method == "POST":
        fit(call.document, {"resourceId": str, "resourceType": frozenset({"APP", "ACCESS_POLICY"})})
        app = call.state.all("apps").get(call.document.get("resourceId") or "")
        if app is None:
            raise not_found(call.document.get("resourceId") or "", "AppInstance")
        assign_policy(call.state, app, policy)
        written(
            call,
            "application.policy.sign_on.update",
            target("AppInstance", app),
            target("PolicyEntity", policy),
        )
        return Reply(201, _mapping(call, policy_id, app))
    apps = [app for app in call.state.all("apps").values() if app["_policy"] == policy_id]
    return Reply(200, [_mapping(call, policy_id, app) for app in apps])


ROUTES: list[Route] = [
    ("GET", "/api/v1/apps", _listing),
    ("POST", "/api/v1/apps", _create),
    ("GET", "/api/v1/apps/{}", _get),
    ("PUT", "/api/v1/apps/{}", _update),
    ("DELETE", "/api/v1/apps/{}", _delete),
    ("POST", "/api/v1/apps/{}/lifecycle/{}", _lifecycle),
    ("PUT", "/api/v1/apps/{}/policies/{}", _assign),
    ("GET", "/api/v1/policies/{}/app", _of_policy),
    ("GET", "/api/v1/policies/{}/mappings", _mappings),
    ("POST", "/api/v1/policies/{}/mappings", _mappings),
]
