"""Without this file there would be nobody to put a policy on: groups and who is in them."""

from collections.abc import Iterator
from typing import Any

from sandbox.idp.okta import users
from sandbox.idp.okta.errors import OktaError, forbidden, invalid
from sandbox.idp.okta.filtering import compiled
from sandbox.idp.okta.logs import target, user_target, written
from sandbox.idp.okta.membership import empty, join, leave
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, new_id, paged, stamp, without_nulls
from sandbox.idp.state import Json, State

_BODY = {
    "profile": dict, "id": str, "type": str, "created": str, "lastUpdated": str, "lastMembershipUpdated": str,
    "objectClass": [str], "_links": dict, "_embedded": dict,
}  # fmt: skip


def view(call: Call, group: Json) -> Json:
    """Show one group as its own GET does."""
    path = f"/api/v1/groups/{group['id']}"
    logo = [{"name": size, "href": f"{call.base}/logo-{size}.png", "type": "image/png"} for size in ("medium", "large")]
    links = {name: href(call, f"{path}/{name}") for name in ("owners", "users", "apps")}
    return {**group, "_links": {"logo": logo, **links}}


def _listing(call: Call) -> Reply:
    return paged(call, _selected(call), lambda group: view(call, group), default=10000, most=10000)


def _selected(call: Call) -> Iterator[Json]:
    rows: Iterator[Json] = iter(call.state.all("groups").values())
    for name in ("search", "filter"):
        if call.query.get(name):
            rows = filter(compiled(call.query[name], name), rows)
    if word := call.query.get("q", "").lower():
        rows = (row for row in rows if row["profile"]["name"].lower().startswith(word))
    return rows


def _get(call: Call, key: str) -> Reply:
    return Reply(200, view(call, find(call.state, "groups", key, "UserGroup")))


def _create(call: Call) -> Reply:
    group = put_group(call, None, call.document, new_id(call.state, "00g"))
    written(call, "group.lifecycle.create", target("UserGroup", group))
    return Reply(200, view(call, group))


def put_group(call: Call, old: Json | None, body: Json, key: str) -> Json:
    """Make or change one group as POST and PUT do, and return it."""
    fit(body, _BODY)
    profile: dict[str, Any] = without_nulls(body.get("profile") or {})
    if not profile.get("name"):
        raise invalid("name", "The field cannot be left blank")
    if old is not None and old["type"] != "OKTA_GROUP":
        raise forbidden("Only groups of type OKTA_GROUP can be changed.")
    for other in call.state.all("groups").values():
        if other["id"] != key and other["profile"]["name"] == profile["name"]:
            raise invalid("name", "An object with this field already exists in the current organization")
    now = stamp(call.state.at)
    group = {
        "id": key,
        "created": old["created"] if old else now,
        "lastUpdated": now,
        "lastMembershipUpdated": old["lastMembershipUpdated"] if old else now,
        "objectClass": ["okta:user_group"],
        "type": "OKTA_GROUP",
        "profile": {"description": None, **profile},
    }
    call.state.put("groups", key, group)
    return group


def _update(call: Call, key: str) -> Reply:
    group = put_group(call, find(call.state, "groups", key, "UserGroup"), call.document, key)
    written(call, "group.profile.update", target("UserGroup", group))
    return Reply(200, view(call, group))


def _delete(call: Call, key: str) -> Reply:
    group = find(call.state, "groups", key, "UserGroup")
    if group["type"] != "OKTA_GROUP":
        raise forbidden("Only groups of type OKTA_GROUP can be deleted.")
    empty(call.state, key)
    call.state.drop("groups", key)
    written(call, "group.lifecycle.delete", target("UserGroup", group))
    return Reply(204)


def members(state: State, key: str) -> list[Json]:
    """Return everybody in one group, in the order in which they came into the tenant."""
    everybody, held = state.all("users"), state.all("memberships")
    return [user for user_id, user in everybody.items() if key in held.get(user_id, ())]


def _members(call: Call, key: str) -> Reply:
    find(call.state, "groups", key, "UserGroup")
    rows = members(call.state, key)
    return paged(call, rows, lambda user: users.view(call, user), default=1000, most=1000)


def _add(call: Call, key: str, user_key: str) -> Reply:
    group, user = _pair(call, key, user_key)
    if join(call.state, user["id"], key):
        written(call, "group.user_membership.add", user_target(user), target("UserGroup", group))
    return Reply(204)


def _remove(call: Call, key: str, user_key: str) -> Reply:
    group, user = _pair(call, key, user_key)
    if leave(call.state, user["id"], key):
        written(call, "group.user_membership.remove", user_target(user), target("UserGroup", group))
    return Reply(204)


def _pair(call: Call, key: str, user_key: str) -> tuple[Json, Json]:
    group = find(call.state, "groups", key, "UserGroup")
    if group["type"] == "BUILT_IN":
        raise OktaError(501, "E0000060", "Unsupported operation.", "Membership of this group is the vendor's.")
    return group, users.person(call.state, user_key)


def _of_person(call: Call, user_key: str) -> Reply:
    user = users.person(call.state, user_key)
    known = call.state.all("groups")
    held = call.state.all("memberships").get(user["id"], ())
    return Reply(200, [view(call, known[key]) for key in held if key in known])


ROUTES: list[Route] = [
    ("GET", "/api/v1/groups", _listing),
    ("POST", "/api/v1/groups", _create),
    ("GET", "/api/v1/groups/{}", _get),
    ("PUT", "/api/v1/groups/{}", _update),
    ("DELETE", "/api/v1/groups/{}", _delete),
    ("GET", "/api/v1/users/{}/groups", _of_person),
    ("GET", "/api/v1/groups/{}/users", _members),
    ("PUT", "/api/v1/groups/{}/users/{}", _add),
    ("DELETE", "/api/v1/groups/{}/users/{}", _remove),
]
