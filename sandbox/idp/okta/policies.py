"""Without this file the tenant would have rules of the game but no way to change them: policies of every type."""

from typing import Any

from sandbox.idp.okta import enrolment, rule_content, rules
from sandbox.idp.okta.errors import forbidden, invalid, no_such_path
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.priorities import CATCH_ALL, CONTIGUOUS, close_gap, place_contiguous
from sandbox.idp.okta.references import check_people
from sandbox.idp.okta.shapes import POLICIES, fit
from sandbox.idp.okta.wire import (
    Call,
    Reply,
    Route,
    find,
    href,
    lifecycle_links,
    merged,
    new_id,
    stamp,
    without_nulls,
)
from sandbox.idp.state import Json, State

ACCOUNT_MANAGEMENT = "END_USER_ACCOUNT_MANAGEMENT"
_NEEDS_PEOPLE = frozenset({"MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD"})
_PASSWORD_DEFAULTS: Json = {
    "password": {
        "complexity": {
            "minLength": 8, "minLowerCase": 1, "minUpperCase": 1, "minNumber": 1, "minSymbol": 0,
            "excludeUsername": True, "dictionary": {"common": {"exclude": False}}, "excludeAttributes": [],
        },
        "age": {"maxAgeDays": 0, "expireWarnDays": 0, "minAgeMinutes": 0, "historyCount": 4},
        "lockout": {
            "maxAttempts": 10, "autoUnlockMinutes": 0, "userLockoutNotificationChannels": [],
            "showLockoutFailures": False,
        },
        "breachedProtection": {"expireAfterDays": None, "logoutEnabled": False, "delegatedWorkflowId": None},
    },
    "recovery": {"factors": {
        "recovery_question": {"status": "INACTIVE", "properties": {"complexity": {"minLength": 4}}},
        "okta_email": {"status": "ACTIVE", "properties": {"recoveryToken": {"tokenLifetimeMinutes": 60}}},
        "okta_sms": {"status": "INACTIVE"}, "okta_call": {"status": "INACTIVE"},
    }},
    "delegation": {"options": {"skipUnlock": False}},
}  # fmt: skip


def account_management(policy: Json) -> bool:
    """Say whether this is the one policy that decides about changes to one's own account."""
    resource: Json = policy.get("_embedded") or {}
    return resource.get("resourceType") == ACCOUNT_MANAGEMENT


def view(call: Call, policy: Json) -> Json:
    """Show one policy as its own GET does."""
    path = f"/api/v1/policies/{policy['id']}"
    links: Json = {"rules": href(call, f"{path}/rules", "GET", "POST")}
    if account_management(policy):
        links["self"] = href(call, path, "GET")
    elif policy["system"]:
        links["self"] = href(call, path, "GET", "PUT")
    else:
        links["self"] = href(call, path, "GET", "PUT", "DELETE")
        links["mappings"] = href(call, f"{path}/mappings", "GET", "POST")
        links |= lifecycle_links(call, path, policy["status"])
    return {**policy, "_links": links}


def of_type(state: State, kind: str) -> list[Json]:
    """Return the policies of one type in their order."""
    rows = [row for row in state.all("policies").values() if row["type"] == kind]
    return sorted(rows, key=lambda row: (row["priority"], row["system"]))


def _listing(call: Call) -> Reply:
    kind = call.query.get("type") or ""
    if kind not in POLICIES:
        raise invalid("type", "Unknown policy type." if kind else "The field cannot be left blank")
    rows = of_type(call.state, kind)
    if status := call.query.get("status"):
        rows = [row for row in rows if row["status"] == status]
    if word := call.query.get("q"):
        rows = [row for row in rows if word.lower() in row["name"].lower()]
    if kind_of := call.query.get("resourceType"):
        rows = [row for row in rows if (row.get("_embedded") or {}).get("resourceType") == kind_of]
    return Reply(200, [view(call, row) for row in rows])


def _get(call: Call, key: str) -> Reply:
    shown = view(call, find(call.state, "policies", key, "Policy"))
    if call.query.get("expand") == "rules":
        shown["_embedded"] = {
            **shown.get("_embedded", {}),
            "rules": [rules.view(call, rule) for rule in rules.of_policy(call.state, key)],
        }
    return Reply(200, shown)


def put_policy(call: Call, old: Json | None, body: Json, key: str) -> Json:
    """
    Make (*old* is None) or replace one policy as POST and PUT do, and return it.

    Raises:
        OktaError: 400 unknown field, unknown group, name in use; 403 the policy is the vendor's to change.
    """
    kind = str(old["type"] if old else body.get("type") or "")
    if kind not in POLICIES:
        raise invalid("type", "Unknown policy type." if kind else "The field cannot be left blank")
    fit(body, POLICIES[kind])
    if body.get("type") not in {None, kind}:
        raise invalid("type", "The type of a policy cannot be changed.")
    if old is not None and account_management(old):
        raise forbidden("This policy cannot be changed; its rules can.")
    name = body.get("name")
    if not name:
        raise invalid("name", "The field cannot be left blank")
    others = [row for row in of_type(call.state, kind) if row["id"] != key]
    if kind != "ACCESS_POLICY" and any(row["name"] == name for row in others):
        raise invalid("name", "Policy name already in use")
    now = stamp(call.state.at)
    system = bool(old and old["system"])
    policy: Json = {
        "id": key,
        "status": old["status"] if old else "ACTIVE",
        "name": old["name"] if old and system else name,
        "description": body.get("description") or "",
        "priority": old["priority"] if old else 1,
        "system": system,
        "conditions": old["conditions"] if old and system else _conditions(call.state, kind, body),
        "created": old["created"] if old else now,
        "lastUpdated": now,
        **_content(call.state, kind, body),
        "type": kind,
    }
    if kind == "ACCESS_POLICY":
        policy["_embedded"] = old.get("_embedded") if old else {"resourceType": "APP"}
    if kind not in CONTIGUOUS:
        call.state.put("policies", key, policy)
        return policy
    wanted = body.get("priority") or (old["priority"] if old else None)
    return place_contiguous(call.state, "policies", others, policy, wanted)


def _conditions(state: State, kind: str, body: Json) -> Json | None:
    if kind == "ACCESS_POLICY":
        return None
    conditions: Json = without_nulls(body.get("conditions") or {})
    check_people(state, conditions)
    groups = conditions.get("people", {}).get("groups", {}).get("include")
    if kind in _NEEDS_PEOPLE and not groups:
        # Recorded and documented: a policy for nobody becomes a policy for everybody.
        everyone = next(key for key, row in state.all("groups").items() if row["type"] == "BUILT_IN")
        people = {**conditions.get("people", {}), "groups": {"include": [everyone]}}
        conditions = {**conditions, "people": people}
    if kind == "PASSWORD" and not conditions.get("authProvider"):
        conditions = {**conditions, "authProvider": {"provider": "OKTA"}}
    return conditions


def _content(state: State, kind: str, body: Json) -> dict[str, Any]:
    settings = body.get("settings")
    if kind == "MFA_ENROLL":
        return {"settings": enrolment.filled(state, settings or {})}
    if kind == "PASSWORD":
        return {"settings": merged(_PASSWORD_DEFAULTS, settings or {})}
    return {"settings": settings} if settings else {}


def _create(call: Call) -> Reply:
    kind = call.document.get("type")
    policy = put_policy(call, None, call.document, new_id(call.state, "rst" if kind == "ACCESS_POLICY" else "00p"))
    if call.query.get("activate") == "false":
        policy = set_policy_status(call.state, policy, "INACTIVE")
    if kind == "ACCESS_POLICY":
        add_catch_all(call.state, policy["id"])
    written(call, "policy.lifecycle.create", target("PolicyEntity", policy, policyType=kind))
    return Reply(200, view(call, policy))


def add_catch_all(state: State, policy_id: str) -> None:
    """Give an app sign-in policy the rule that the vendor makes with it."""
    now = stamp(state.at)
    rule: Json = {
        "id": new_id(state, "rul"), "status": "ACTIVE", "name": "Catch-all Rule", "priority": CATCH_ALL,
        "created": now, "lastUpdated": now, "system": True, "conditions": None,
        "actions": rule_content.any_two_factors(), "type": "ACCESS_POLICY", "_policy": policy_id,
    }  # fmt: skip
    state.put("rules", rule["id"], rule)


def _update(call: Call, key: str) -> Reply:
    policy = put_policy(call, find(call.state, "policies", key, "Policy"), call.document, key)
    written(call, "policy.lifecycle.update", target("PolicyEntity", policy, policyType=policy["type"]))
    return Reply(200, view(call, policy))


def drop_policy(state: State, policy: Json) -> None:
    """Remove one policy with its rules."""
    for key, rule in list(state.all("rules").items()):
        if rule["_policy"] == policy["id"]:
            state.drop("rules", key)
    state.drop("policies", policy["id"])
    if policy["type"] in CONTIGUOUS:
        close_gap(state, "policies", of_type(state, policy["type"]))


def _delete(call: Call, key: str) -> Reply:
    policy = find(call.state, "policies", key, "Policy")
    if policy["system"] or account_management(policy):
        raise forbidden("The vendor's own policies cannot be deleted.")
    if any(app.get("_policy") == key for app in call.state.all("apps").values()):
        raise forbidden("The policy is still assigned to an application.")
    drop_policy(call.state, policy)
    written(call, "policy.lifecycle.delete", target("PolicyEntity", policy, policyType=policy["type"]))
    return Reply(204)


def set_policy_status(state: State, policy: Json, status: str) -> Json:
    """Change what a PUT leaves alone, and return the policy."""
    changed = {**policy, "status": status, "lastUpdated": stamp(state.at)}
    state.put("policies", policy["id"], changed)
    return changed


def _lifecycle(call: Call, key: str, step: str) -> Reply:
    policy = find(call.state, "policies", key, "Policy")
    if step not in {"activate", "deactivate"}:
        raise no_such_path()
    if step == "deactivate" and (policy["system"] or account_management(policy)):
        raise forbidden("The vendor's own policies cannot be deactivated.")
    set_policy_status(call.state, policy, "ACTIVE" if step == "activate" else "INACTIVE")
    written(call, f"policy.lifecycle.{step}", target("PolicyEntity", policy, policyType=policy["type"]))
    return Reply(204)


ROUTES: list[Route] = [
    ("GET", "/api/v1/policies", _listing),
    ("POST", "/api/v1/policies", _create),
    ("GET", "/api/v1/policies/{}", _get),
    ("PUT", "/api/v1/policies/{}", _update),
    ("DELETE", "/api/v1/policies/{}", _delete),
    ("POST", "/api/v1/policies/{}/lifecycle/{}", _lifecycle),
]
