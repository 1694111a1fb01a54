"""Without this file an administrator would always hold the role in person, never by a group."""

from sandbox.idp.okta.errors import invalid
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, new_id
from sandbox.idp.state import Json, State

LABELS = {
    "SUPER_ADMIN": "Super Administrator", "ORG_ADMIN": "Organization Administrator",
    "APP_ADMIN": "Application Administrator", "USER_ADMIN": "Group Administrator",
    "HELP_DESK_ADMIN": "Help Desk Administrator", "READ_ONLY_ADMIN": "Read-only Administrator",
    "GROUP_MEMBERSHIP_ADMIN": "Group Membership Administrator", "REPORT_ADMIN": "Report Administrator",
    "API_ACCESS_MANAGEMENT_ADMIN": "API Access Management Administrator", "CUSTOM": "Custom",
}  # fmt: skip


def by_groups(state: State, user_id: str) -> list[Json]:
    """Return the roles that somebody has through groups."""
    held = state.all("group_roles")
    return [role for group_id in state.all("memberships").get(user_id, ()) for role in held.get(group_id, ())]


def _view(call: Call, group_id: str, role: Json) -> Json:
    return {"assignmentType": "GROUP", **role, "_links": {"assignee": href(call, f"/api/v1/groups/{group_id}")}}


def _listing(call: Call, key: str) -> Reply:
    find(call.state, "groups", key, "UserGroup")
    return Reply(200, [_view(call, key, role) for role in call.state.all("group_roles").get(key, ())])


def _grant(call: Call, key: str) -> Reply:
    group, body = find(call.state, "groups", key, "UserGroup"), call.document
    fit(body, {"type": frozenset(LABELS), "role": str, "resource-set": str})
    held, kind = call.state.all("group_roles").get(key, ()), body.get("type")
    if kind is None:
        raise invalid("type", "The field cannot be left blank")
    if any(role["type"] == kind for role in held):
        raise invalid("type", "The role specified is already assigned to the group.")
    role = {"id": new_id(call.state, "gra"), "type": kind, "label": LABELS[kind], "status": "ACTIVE"}
    call.state.put("group_roles", key, (*held, role))
    written(call, "group.privilege.grant", target("UserGroup", group), target("ROLE", role))
    return Reply(201, _view(call, key, role))


ROUTES: list[Route] = [
    ("GET", "/api/v1/groups/{}/roles", _listing),
    ("POST", "/api/v1/groups/{}/roles", _grant),
]
