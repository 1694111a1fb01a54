"""Without this file help could only be given by full administrators: custom roles and what they reach."""

from typing import Any

from sandbox.idp.okta.errors import invalid
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, new_id, stamp
from sandbox.idp.state import Json

_SET = {"id": str, "label": str, "description": str, "resources": [str], "created": str, "lastUpdated": str,
        "_links": dict}  # fmt: skip
_ROLE = {**_SET, "permissions": [str]}


def role_view(call: Call, row: Json) -> Json:
    """Show one custom role as its own GET does."""
    path = f"/api/v1/iam/roles/{row['id']}"
    shown = {key: value for key, value in row.items() if not key.startswith("_")}
    return {**shown, "_links": {"permissions": href(call, f"{path}/permissions"), "self": href(call, path)}}


def set_view(call: Call, row: Json) -> Json:
    """Show one resource set as its own GET does."""
    path = f"/api/v1/iam/resource-sets/{row['id']}"
    shown = {key: value for key, value in row.items() if not key.startswith("_")}
    links = {name: href(call, f"{path}/{name}") for name in ("resources", "bindings")}
    return {**shown, "_links": {"self": href(call, path), **links}}


def _roles(call: Call) -> Reply:
    return Reply(200, {"roles": [role_view(call, row) for row in call.state.all("iam_roles").values()], "_links": {}})


def _new(call: Call, kind: str, prefix: str, shape: Json, rest: Json) -> Json:
    body, now = call.document, stamp(call.state.at)
    fit(body, shape)
    if not body.get("label"):
        raise invalid("label", "The field cannot be left blank")
    row = {
        "id": new_id(call.state, prefix), "label": body["label"], "description": body.get("description"),
        "created": now, "lastUpdated": now, **rest,
    }  # fmt: skip
    call.state.put(kind, row["id"], row)
    return row


def _changed(call: Call, kind: str, row: Json, shape: Json) -> Json:
    fit(call.document, shape)
    changes: Json = {name: call.document[name] for name in ("label", "description") if name in call.document}
    return _store(call, kind, {**row, **changes})


def _store(call: Call, kind: str, row: Json) -> Json:
    changed = {**row, "lastUpdated": stamp(call.state.at)}
    call.state.put(kind, row["id"], changed)
    return changed


def _create_role(call: Call) -> Reply:
    now = stamp(call.state.at)
    permissions = dict.fromkeys(call.document.get("permissions") or [], now)
    row = _new(call, "iam_roles", "cr0", _ROLE, {"_permissions": permissions})
    written(call, "iam.role.create", target("CUSTOM_ROLE", row))
    return Reply(200, role_view(call, row))


def _get_role(call: Call, key: str) -> Reply:
    return Reply(200, role_view(call, find(call.state, "iam_roles", key, "Role")))


def _update_role(call: Call, key: str) -> Reply:
    row = _changed(call, "iam_roles", find(call.state, "iam_roles", key, "Role"), _ROLE)
    written(call, "iam.role.update", target("CUSTOM_ROLE", row))
    return Reply(200, role_view(call, row))


def _delete_role(call: Call, key: str) -> Reply:
    row = find(call.state, "iam_roles", key, "Role")
    call.state.drop("iam_roles", key)
    written(call, "iam.role.delete", target("CUSTOM_ROLE", row))
    return Reply(204)


def _permission(call: Call, key: str, label: str, at: str) -> Json:
    path = f"/api/v1/iam/roles/{key}"
    links = {"role": href(call, path), "self": href(call, f"{path}/permissions/{label}")}
    return {"label": label, "created": at, "lastUpdated": at, "conditions": None, "_links": links}


def _permissions(call: Call, key: str) -> Reply:
    held = find(call.state, "iam_roles", key, "Role")["_permissions"].items()
    return Reply(200, {"permissions": [_permission(call, key, label, at) for label, at in held]})


def _set_permission(call: Call, key: str, label: str) -> Reply:
    row = find(call.state, "iam_roles", key, "Role")
    held: dict[str, Any] = dict(row["_permissions"])
    if call.method == "DELETE":
        held.pop(label, None)
    else:
        held.setdefault(label, stamp(call.state.at))
    _store(call, "iam_roles", {**row, "_permissions": held})
    step = "delete" if call.method == "DELETE" else "add"
    written(call, f"iam.role.permissions.{step}", target("CUSTOM_ROLE", row, permission=label))
    return Reply(204)


def _sets(call: Call) -> Reply:
    rows = call.state.all("resource_sets").values()
    return Reply(200, {"resource-sets": [set_view(call, row) for row in rows], "_links": {}})


def _create_set(call: Call) -> Reply:
    resources = {new_id(call.state, "ire"): link for link in call.document.get("resources") or []}
    row = _new(call, "resource_sets", "iam", _SET, {"_resources": resources, "_bindings": {}})
    written(call, "iam.resourceset.create", target("RESOURCE_SET", row))
    return Reply(200, set_view(call, row))


def _get_set(call: Call, key: str) -> Reply:
    return Reply(200, set_view(call, find(call.state, "resource_sets", key, "ResourceSet")))


def _update_set(call: Call, key: str) -> Reply:
    row = _changed(call, "resource_sets", find(call.state, "resource_sets", key, "ResourceSet"), _SET)
    written(call, "iam.resourceset.update", target("RESOURCE_SET", row))
    return Reply(200, set_view(call, row))


def _delete_set(call: Call, key: str) -> Reply:
    row = find(call.state, "resource_sets", key, "ResourceSet")
    call.state.drop("resource_sets", key)
    written(call, "iam.resourceset.delete", target("RESOURCE_SET", row))
    return Reply(204)


def _resources(call: Call, key: str) -> Reply:
    row = find(call.state, "resource_sets", key, "ResourceSet")
    if call.method == "PATCH":
        fit(call.document, {"additions": [str]})
        added = {new_id(call.state, "ire"): link for link in call.document.get("additions") or []}
        row = _store(call, "resource_sets", {**row, "_resources": {**row["_resources"], **added}})
        written(call, "iam.resourceset.resources.add", target("RESOURCE_SET", row))
    held = [{"id": one, "_links": {"self": {"href": link}}} for one, link in row["_resources"].items()]
    return Reply(200, {"resources": held, "_links": {}})


def _drop_resource(call: Call, key: str, resource_id: str) -> Reply:
    row = find(call.state, "resource_sets", key, "ResourceSet")
    kept = {one: link for one, link in row["_resources"].items() if one != resource_id}
    _store(call, "resource_sets", {**row, "_resources": kept})
    written(call, "iam.resourceset.resources.delete", target("RESOURCE_SET", row))
    return Reply(204)


ROUTES: list[Route] = [
    ("GET", "/api/v1/iam/roles", _roles),
    ("POST", "/api/v1/iam/roles", _create_role),
    ("GET", "/api/v1/iam/roles/{}", _get_role),
    ("PUT", "/api/v1/iam/roles/{}", _update_role),
    ("DELETE", "/api/v1/iam/roles/{}", _delete_role),
    ("GET", "/api/v1/iam/roles/{}/permissions", _permissions),
    ("POST", "/api/v1/iam/roles/{}/permissions/{}", _set_permission),
    ("DELETE", "/api/v1/iam/roles/{}/permissions/{}", _set_permission),
    ("GET", "/api/v1/iam/resource-sets", _sets),
    ("POST", "/api/v1/iam/resource-sets", _create_set),
    ("GET", "/api/v1/iam/resource-sets/{}", _get_set),
    ("PUT", "/api/v1/iam/resource-sets/{}", _update_set),
    ("DELETE", "/api/v1/iam/resource-sets/{}", _delete_set),
    ("GET", "/api/v1/iam/resource-sets/{}/resources", _resources),
    ("PATCH", "/api/v1/iam/resource-sets/{}/resources", _resources),
    ("DELETE", "/api/v1/iam/resource-sets/{}/resources/{}", _drop_resource),
]
