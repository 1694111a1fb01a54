"""Without this file nobody would be an administrator: the vendor's own roles, and who has them."""

from sandbox.idp.okta.errors import invalid, not_found
from sandbox.idp.okta.group_roles import LABELS, by_groups
from sandbox.idp.okta.logs import target, user_target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.users import person
from sandbox.idp.okta.wire import Call, Reply, Route, href, new_id
from sandbox.idp.state import Json


def _assigned(call: Call, user: Json, role: Json) -> Json:
    link = {"assignee": href(call, f"/api/v1/users/{user['id']}")}
    return {
        "assignmentType": "USER",
        "created": user["created"],
        "lastUpdated": user["created"],
        **role,
        "_links": link,
    }


def _user_roles(call: Call, key: str) -> Reply:
    user = person(call.state, key)
    own = [_assigned(call, user, role) for role in call.state.all("roles").get(user["id"], ())]
    # As the vendor shows them: together, and told apart by how they were given.
    by_group = [
        {**_assigned(call, user, role), "assignmentType": "GROUP"} for role in by_groups(call.state, user["id"])
    ]
    return Reply(200, [*own, *by_group])


def _grant(call: Call, key: str) -> Reply:
    user, body = person(call.state, key), call.document
    fit(body, {"type": frozenset(LABELS), "role": str, "resource-set": str})
    held = call.state.all("roles").get(user["id"], ())
    kind = body.get("type")
    if kind is None:
        raise invalid("type", "The field cannot be left blank")
    if any(role["type"] == kind for role in held):
        raise invalid("type", "The role specified is already assigned to the user.")
    role = {"id": new_id(call.state, "ra1"), "type": kind, "label": LABELS[kind], "status": "ACTIVE"}
    call.state.put("roles", user["id"], (*held, role))
    written(call, "user.account.privilege.grant", user_target(user), target("ROLE", role))
    return Reply(201, _assigned(call, user, role))


def _revoke(call: Call, key: str, role_id: str) -> Reply:
    user = person(call.state, key)
    held = call.state.all("roles").get(user["id"], ())
    role = next((role for role in held if role["id"] == role_id), None)
    if role is None:
        raise not_found(role_id, "RoleAssignment")
    call.state.put("roles", user["id"], tuple(other for other in held if other is not role))
    written(call, "user.account.privilege.revoke", user_target(user), target("ROLE", role))
    return Reply(204)


def _assignees(call: Call) -> Reply:
    """List everybody with a role; here the vendor pages in the body, not by header."""
    everybody = call.state.all("users")
    keys = sorted(key for key, held in call.state.all("roles").items() if held and key in everybody)
    asked, after = call.query.get("limit", "100"), call.query.get("after", "")
    if not asked.isdigit() or int(asked) == 0:
        raise invalid("limit", "The limit must be a positive number.")
    limit = int(asked)
    rest = [key for key in keys if key > after]
    page = rest[:limit]
    value = [
        {
            "id": key,
            "orn": f"orn:okta:directory:sandbox:users:{key}",
            "_links": {
                "self": href(call, f"/api/v1/users/{key}"),
                "roles": href(call, f"/api/v1/users/{key}/roles"),
            },
        }
        for key in page
    ]
    more = {}
    if len(rest) > limit:
        more["next"] = href(call, f"/api/v1/iam/assignees/users?after={page[-1]}&limit={limit}")
    return Reply(200, {"value": value, "_links": more})


ROUTES: list[Route] = [
    ("GET", "/api/v1/users/{}/roles", _user_roles),
    ("POST", "/api/v1/users/{}/roles", _grant),
    ("DELETE", "/api/v1/users/{}/roles/{}", _revoke),
    ("GET", "/api/v1/iam/assignees/users", _assignees),
]
