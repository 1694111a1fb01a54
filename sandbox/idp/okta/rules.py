"""Without this file a policy would have no say: its rules, in their order."""

from sandbox.idp.okta import rule_content
from sandbox.idp.okta.errors import forbidden, invalid, no_such_path, not_found
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.priorities import CONTIGUOUS, close_gap, place_contiguous, place_with_gaps
from sandbox.idp.okta.shapes import OTHER_RULE, RULES, fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, lifecycle_links, new_id, stamp
from sandbox.idp.state import Json, State

_RULE_TYPE = {"OKTA_SIGN_ON": "SIGN_ON"}


def view(call: Call, rule: Json) -> Json:
    """Show one rule as its own GET does."""
    path = f"/api/v1/policies/{rule['_policy']}/rules/{rule['id']}"
    shown = {key: value for key, value in rule.items() if not key.startswith("_")}
    if rule["system"]:
        return {**shown, "_links": {"self": href(call, path, "GET", "PUT")}}
    links = {"self": href(call, path, "GET", "PUT", "DELETE"), **lifecycle_links(call, path, rule["status"])}
    return {**shown, "_links": links}


def of_policy(state: State, policy_id: str) -> list[Json]:
    """Return one policy's rules in the order in which they are tried."""
    rows = [rule for rule in state.all("rules").values() if rule["_policy"] == policy_id]
    return sorted(rows, key=lambda rule: (rule["system"], rule["priority"]))


def _found(call: Call, policy_id: str, key: str) -> tuple[Json, Json]:
    policy = find(call.state, "policies", policy_id, "Policy")
    rule = call.state.all("rules").get(key)
    if rule is None or rule["_policy"] != policy_id:
        raise not_found(key, "PolicyRule")
    return policy, rule


def _listing(call: Call, policy_id: str) -> Reply:
    find(call.state, "policies", policy_id, "Policy")
    return Reply(200, [view(call, rule) for rule in of_policy(call.state, policy_id)])


def _get(call: Call, policy_id: str, key: str) -> Reply:
    return Reply(200, view(call, _found(call, policy_id, key)[1]))


def put_rule(call: Call, policy: Json, old: Json | None, body: Json, key: str) -> Json:
    """
    Make (*old* is None) or replace one rule as POST and PUT do, and return it.

    Raises:
        OktaError: 400 unknown field, missing field, name in use, conditions on a vendor's own rule.
    """
    kind = policy["type"]
    fit(body, RULES.get(kind, OTHER_RULE))
    rule_type = _RULE_TYPE.get(kind, kind)
    if body.get("type") not in {None, rule_type}:
        raise invalid("type", f"A rule of this policy is of type {rule_type}.")
    name = body.get("name")
    if not name:
        raise invalid("name", "The field cannot be left blank")
    others = [rule for rule in of_policy(call.state, policy["id"]) if rule["id"] != key]
    if any(rule["name"] == name for rule in others):
        raise invalid("name", "Policy rule name already in use")
    now, state = stamp(call.state.at), call.state
    if old is not None and old["system"]:
        return _put_system_rule(call, kind, old, body)
    conditions, actions = rule_content.completed(state, kind, body)
    rule = {
        "id": key,
        "status": old["status"] if old else "ACTIVE",
        "name": name,
        "created": old["created"] if old else now,
        "lastUpdated": now,
        "system": False,
        "conditions": conditions,
        "actions": actions,
        "type": rule_type,
        "_policy": policy["id"],
    }
    if old is not None:
        rule["priority"] = old["priority"]
    if kind in CONTIGUOUS:
        wanted = body.get("priority") or rule.get("priority")
        return place_contiguous(state, "rules", others, {"priority": 0, **rule}, wanted)
    wanted = body.get("priority")
    if wanted is not None and wanted < 0:
        raise invalid("priority", "The priority must not be negative.")
    return place_with_gaps(state, others, rule, wanted)


def _put_system_rule(call: Call, kind: str, old: Json, body: Json) -> Json:
    """Change the one thing that the vendor lets change in its own rule: what it does."""
    if body["name"] != old["name"]:
        raise invalid("name", "The name of a default rule cannot be changed.")
    given = {**body, "conditions": body.get("conditions") or {}}
    conditions, actions = rule_content.completed(call.state, kind, given)
    blank, _ = rule_content.completed(call.state, kind, {"actions": body.get("actions")})
    if conditions not in (blank, old["conditions"]):
        raise invalid("conditions", "The conditions of a default rule cannot be changed.")
    changed = {**old, "actions": actions, "lastUpdated": stamp(call.state.at)}
    call.state.put("rules", old["id"], changed)
    return changed


def _create(call: Call, policy_id: str) -> Reply:
    policy = find(call.state, "policies", policy_id, "Policy")
    prefix = "rul" if policy["type"] == "ACCESS_POLICY" else "0pr"
    rule = put_rule(call, policy, None, call.document, new_id(call.state, prefix))
    if call.query.get("activate") == "false":
        rule = set_rule_status(call.state, rule, "INACTIVE")
    _log(call, "policy.rule.add", policy, rule)
    return Reply(200, view(call, rule))


def _update(call: Call, policy_id: str, key: str) -> Reply:
    policy, old = _found(call, policy_id, key)
    rule = put_rule(call, policy, old, call.document, key)
    _log(call, "policy.rule.update", policy, rule)
    return Reply(200, view(call, rule))


def drop_rule(state: State, policy: Json, rule: Json) -> None:
    """Remove one rule; only contiguous orders close up."""
    state.drop("rules", rule["id"])
    if policy["type"] in CONTIGUOUS:
        close_gap(state, "rules", of_policy(state, policy["id"]))


def _delete(call: Call, policy_id: str, key: str) -> Reply:
    policy, rule = _found(call, policy_id, key)
    if rule["system"]:
        raise forbidden("The vendor's own rules cannot be deleted.")
    drop_rule(call.state, policy, rule)
    _log(call, "policy.rule.delete", policy, rule)
    return Reply(204)


def set_rule_status(state: State, rule: Json, status: str) -> Json:
    """Change what a PUT leaves alone, and return the rule."""
    changed = {**rule, "status": status, "lastUpdated": stamp(state.at)}
    state.put("rules", rule["id"], changed)
    return changed


def _lifecycle(call: Call, policy_id: str, key: str, step: str) -> Reply:
    policy, rule = _found(call, policy_id, key)
    if step not in {"activate", "deactivate"}:
        raise no_such_path()
    if step == "deactivate" and rule["system"]:
        raise forbidden("The vendor's own rules cannot be deactivated.")
    set_rule_status(call.state, rule, "ACTIVE" if step == "activate" else "INACTIVE")
    _log(call, f"policy.rule.{step}", policy, rule)
    return Reply(204)


def _log(call: Call, event: str, policy: Json, rule: Json) -> None:
    detail = {"policyType": policy["type"]}
    written(call, event, target("PolicyEntity", policy, **detail), target("PolicyRule", rule, **detail))


ROUTES: list[Route] = [
    ("GET", "/api/v1/policies/{}/rules", _listing),
    ("POST", "/api/v1/policies/{}/rules", _create),
    ("GET", "/api/v1/policies/{}/rules/{}", _get),
    ("PUT", "/api/v1/policies/{}/rules/{}", _update),
    ("DELETE", "/api/v1/policies/{}/rules/{}", _delete),
    ("POST", "/api/v1/policies/{}/rules/{}/lifecycle/{}", _lifecycle),
]
