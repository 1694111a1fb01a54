"""Without this file groups could only be filled by hand: rules that put people into groups."""

from sandbox.idp.okta import group_expression
from sandbox.idp.okta.errors import forbidden, invalid, no_such_path
from sandbox.idp.okta.logs import target, user_target, written
from sandbox.idp.okta.membership import join, leave
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, new_id, paged, stamp
from sandbox.idp.state import Json

_NAME_LENGTH = 50
_BODY = {
    "id": str, "type": frozenset({"group_rule"}), "name": str, "status": str, "created": str, "lastUpdated": str,
    "conditions": {
        "people": {"users": {"exclude": [str], "include": [str]}, "groups": {"exclude": [str], "include": [str]}},
        "expression": {"type": str, "value": str},
    },
    "actions": {"assignUserToGroups": {"groupIds": [str]}}, "allGroupsValid": bool, "_links": dict,
    "_embedded": dict,
}  # fmt: skip


def _put(call: Call, old: Json | None, body: Json, key: str) -> Json:
    fit(body, _BODY)
    name = body.get("name")
    if not name or len(name) > _NAME_LENGTH:
        raise invalid("name", f"The name must have between 1 and {_NAME_LENGTH} characters.")
    expression = ((body.get("conditions") or {}).get("expression") or {}).get("value")
    targets = ((body.get("actions") or {}).get("assignUserToGroups") or {}).get("groupIds") or []
    if not expression or not targets:
        raise invalid("conditions.expression" if targets else "actions", "The field cannot be left blank")
    group_expression.compiled(expression)
    for group_id in targets:
        find(call.state, "groups", group_id, "UserGroup")
    if old is not None and sorted(targets) != sorted(old["actions"]["assignUserToGroups"]["groupIds"]):
        raise invalid("actions", "The groups of a rule cannot be changed.")
    now = stamp(call.state.at)
    people = (body["conditions"].get("people") or {}).get("users") or {}
    rule = {
        "type": "group_rule",
        "id": key,
        "status": old["status"] if old else "INACTIVE",
        "name": name,
        "created": old["created"] if old else now,
        "lastUpdated": now,
        "conditions": {
            "people": {"users": {"exclude": people.get("exclude") or []}, "groups": {"exclude": []}},
            "expression": {"value": expression, "type": "urn:okta:expression:1.0"},
        },
        "actions": {"assignUserToGroups": {"groupIds": targets}},
        "allGroupsValid": True,
    }
    call.state.put("group_rules", key, rule)
    return rule


def evaluate(call: Call, user: Json) -> None:
    """Put one new or changed person into the groups that active rules say."""
    for rule in call.state.all("group_rules").values():
        if rule["status"] == "ACTIVE":
            _apply(call, rule, user)


def _apply(call: Call, rule: Json, user: Json) -> None:
    matches = group_expression.compiled(rule["conditions"]["expression"]["value"])
    held = call.state.all("memberships").get(user["id"], ())
    if user["id"] in rule["conditions"]["people"]["users"]["exclude"] or user["status"] == "DEPROVISIONED":
        return
    if matches(user, held):
        for group_id in rule["actions"]["assignUserToGroups"]["groupIds"]:
            group = call.state.all("groups").get(group_id)
            if group is not None and join(call.state, user["id"], group_id):
                written(call, "group.user_membership.add", user_target(user), target("UserGroup", group))


def _listing(call: Call) -> Reply:
    rows = call.state.all("group_rules").values()
    return paged(call, rows, lambda rule: rule, default=50, most=200)


def _create(call: Call) -> Reply:
    return Reply(200, _put(call, None, call.document, new_id(call.state, "0pr")))


def _get(call: Call, key: str) -> Reply:
    return Reply(200, find(call.state, "group_rules", key, "GroupRule"))


def _update(call: Call, key: str) -> Reply:
    old = find(call.state, "group_rules", key, "GroupRule")
    if old["status"] == "ACTIVE":
        raise invalid("status", "An active rule cannot be changed; deactivate it first.")
    return Reply(200, _put(call, old, call.document, key))


def _delete(call: Call, key: str) -> Reply:
    rule = find(call.state, "group_rules", key, "GroupRule")
    if rule["status"] == "ACTIVE":
        raise forbidden("An active rule cannot be deleted; deactivate it first.")
    if call.query.get("removeUsers") == "true":
        matches = group_expression.compiled(rule["conditions"]["expression"]["value"])
        for user in list(call.state.all("users").values()):
            if matches(user, call.state.all("memberships").get(user["id"], ())):
                for group_id in rule["actions"]["assignUserToGroups"]["groupIds"]:
                    leave(call.state, user["id"], group_id)
    call.state.drop("group_rules", key)
    return Reply(202, {})


def _lifecycle(call: Call, key: str, step: str) -> Reply:
    rule = find(call.state, "group_rules", key, "GroupRule")
    if step not in {"activate", "deactivate"}:
        raise no_such_path()
    status = "ACTIVE" if step == "activate" else "INACTIVE"
    rule = {**rule, "status": status, "lastUpdated": stamp(call.state.at)}
    call.state.put("group_rules", key, rule)
    happened = "trigger" if step == "activate" else "deactivated"
    written(call, f"group.user_membership.rule.{happened}", target("GroupRule", rule))
    if step == "activate":
        for user in list(call.state.all("users").values()):
            _apply(call, rule, user)
    return Reply(204)


ROUTES: list[Route] = [
    ("GET", "/api/v1/groups/rules", _listing),
    ("POST", "/api/v1/groups/rules", _create),
    ("GET", "/api/v1/groups/rules/{}", _get),
    ("PUT", "/api/v1/groups/rules/{}", _update),
    ("DELETE", "/api/v1/groups/rules/{}", _delete),
    ("POST", "/api/v1/groups/rules/{}/lifecycle/{}", _lifecycle),
]
