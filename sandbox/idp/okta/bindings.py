"""Without this file a custom role could be described but given to nobody."""

from sandbox.idp.okta.errors import invalid, not_found
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, new_id, stamp
from sandbox.idp.state import Json


def _bindings(call: Call, key: str) -> Reply:
    held: Json = find(call.state, "resource_sets", key, "ResourceSet")["_bindings"]
    roles = [{"id": role, "_links": {"members": href(call, _path(key, role) + "/members")}} for role in held]
    return Reply(200, {"roles": roles, "_links": {}})


def _path(key: str, role: str) -> str:
    return f"/api/v1/iam/resource-sets/{key}/bindings/{role}"


def _create(call: Call, key: str) -> Reply:
    row, body = find(call.state, "resource_sets", key, "ResourceSet"), call.document
    fit(body, {"role": str, "members": [str]})
    role = body.get("role") or ""
    find(call.state, "iam_roles", role, "Role")
    if not body.get("members"):
        raise invalid("members", "At least one member is needed.")
    _store(call, row, role, {**row["_bindings"].get(role, {}), **_numbered(call, body["members"])})
    written(call, "iam.resourceset.bindings.add", target("RESOURCE_SET", row, role=role))
    links = {"self": href(call, _path(key, role)), "members": href(call, _path(key, role) + "/members")}
    return Reply(200, {"id": role, "_links": links})


def _numbered(call: Call, links: list[str]) -> Json:
    return {new_id(call.state, "irb"): link for link in links}


def _store(call: Call, row: Json, role: str, members: Json) -> None:
    bindings = {**row["_bindings"], role: members}
    if not members:
        del bindings[role]
    changed = {**row, "_bindings": bindings, "lastUpdated": stamp(call.state.at)}
    call.state.put("resource_sets", row["id"], changed)


def _held(call: Call, key: str, role: str) -> tuple[Json, Json]:
    row = find(call.state, "resource_sets", key, "ResourceSet")
    if role not in row["_bindings"]:
        raise not_found(role, "RoleResourceSetBinding")
    return row, row["_bindings"][role]


def _delete(call: Call, key: str, role: str) -> Reply:
    row, _ = _held(call, key, role)
    _store(call, row, role, {})
    written(call, "iam.resourceset.bindings.delete", target("RESOURCE_SET", row, role=role))
    return Reply(204)


def _members(call: Call, key: str, role: str) -> Reply:
    row, held = _held(call, key, role)
    if call.method == "PATCH":
        fit(call.document, {"additions": [str]})
        held = {**held, **_numbered(call, call.document.get("additions") or [])}
        _store(call, row, role, held)
        written(call, "iam.resourceset.bindings.add", target("RESOURCE_SET", row, role=role))
    shown = [{"id": one, "created": row["created"], "_links": {"self": {"href": link}}} for one, link in held.items()]
    return Reply(200, {"members": shown, "_links": {}})


def _drop_member(call: Call, key: str, role: str, member: str) -> Reply:
    row, held = _held(call, key, role)
    if member not in held:
        raise not_found(member, "RoleResourceSetBindingMember")
    _store(call, row, role, {one: link for one, link in held.items() if one != member})
    written(call, "iam.resourceset.bindings.delete", target("RESOURCE_SET", row, role=role))
    return Reply(204)


ROUTES: list[Route] = [
    ("GET", "/api/v1/iam/resource-sets/{}/bindings", _bindings),
    ("POST", "/api/v1/iam/resource-sets/{}/bindings", _create),
    ("DELETE", "/api/v1/iam/resource-sets/{}/bindings/{}", _delete),
    ("GET", "/api/v1/iam/resource-sets/{}/bindings/{}/members", _members),
    ("PATCH", "/api/v1/iam/resource-sets/{}/bindings/{}/members", _members),
    ("DELETE", "/api/v1/iam/resource-sets/{}/bindings/{}/members/{}", _drop_member),
]
