"""Without this file nobody could ask "what if": vendor objects replaced, added or taken away for one question."""

from collections.abc import Callable
from typing import Any

from sandbox.idp.okta import authenticators, policies, rules
from sandbox.idp.okta.apps import assign_policy, new_app, put_app
from sandbox.idp.okta.errors import OktaError
from sandbox.idp.okta.groups import put_group
from sandbox.idp.okta.membership import empty, join, leave
from sandbox.idp.okta.users import person, put_profile
from sandbox.idp.okta.wire import Call, find
from sandbox.idp.okta.zones import put_zone
from sandbox.idp.refusals import BadRequest, NotModelledHere
from sandbox.idp.state import Json, State, World

_STATUSES = frozenset({"ACTIVE", "INACTIVE"})
# What the vendor would add by itself must not take the id of something that is there.
_FAR = {f"id:{prefix}": 1_000_000_000 for prefix in ("rul", "0oa")}


def assumed(world: World, changes: Json) -> World:
    """
    Return *world* as it would be after some vendor objects were put or deleted.

    Args:
        world: Left as it is.
        changes: Vendor GET path → object as PUT takes it (its `status` counts, too), or None to delete it;
            what is not there yet is added under the id in its path.

    Raises:
        BadRequest: The vendor would refuse the object, or there is no such path.
        NotModelledHere: Objects of this kind cannot be assumed.
    """
    copies = {kind: dict(objects) for kind, objects in world.collections.items()}
    scratch = State(world.at, copies, counters=dict(_FAR))
    # Rules and memberships come after the policies and groups that they belong to; deletions last.
    order = sorted(changes, key=lambda path: (changes[path] is None, path.count("/"), path))
    for path in order:
        try:
            _assume(scratch, path, changes[path])
        except OktaError as error:
            causes = "; ".join(error.causes)
            raise BadRequest(f"assume.{path}", f"{error.summary} {causes}".strip()) from error
    return World(scratch.collections, world.at)


def _assume(state: State, path: str, content: Any) -> None:
    parts = path.split("?", maxsplit=1)[0].strip("/").split("/")
    if parts[:2] != ["api", "v1"]:
        raise BadRequest(f"assume.{path}", "is not a path of the vendor's")
    if content is not None and not isinstance(content, dict):
        raise BadRequest(f"assume.{path}", "must be an object, or null to delete")
    kinds = tuple(parts[2::2])
    change = _CHANGES.get(kinds)
    if change is None or len(parts[2:]) != 2 * len(kinds):
        raise NotModelledHere(f"assume {path}")
    change(Call(state, "", "PUT", path, {}, content, "assume"), content, *parts[3::2])


def _policy(call: Call, content: Json | None, key: str) -> None:
    old = call.state.all("policies").get(key)
    if content is None:
        policies.drop_policy(call.state, find(call.state, "policies", key, "Policy"))
        return
    policy = policies.put_policy(call, old, content, key)
    if old is None and policy["type"] == "ACCESS_POLICY":
        policies.add_catch_all(call.state, key)
    if status := _status(content):
        policies.set_policy_status(call.state, policy, status)


def _rule(call: Call, content: Json | None, policy_id: str, key: str) -> None:
    policy = find(call.state, "policies", policy_id, "Policy")
    if content is None:
        rules.drop_rule(call.state, policy, find(call.state, "rules", key, "PolicyRule"))
        return
    rule = rules.put_rule(call, policy, call.state.all("rules").get(key), content, key)
    if status := _status(content):
        rules.set_rule_status(call.state, rule, status)


def _group(call: Call, content: Json | None, key: str) -> None:
    if content is None:
        empty(call.state, key)
        call.state.drop("groups", key)
        return
    put_group(call, call.state.all("groups").get(key), content, key)


def _member(call: Call, content: Json | None, group_id: str, user_key: str) -> None:
    find(call.state, "groups", group_id, "UserGroup")
    user_id = person(call.state, user_key)["id"]
    if content is None:
        leave(call.state, user_id, group_id)
    else:
        join(call.state, user_id, group_id)


def _authenticator(call: Call, content: Json | None, key: str) -> None:
    if content is None:
        raise NotModelledHere("assume: the vendor does not delete authenticators")
    old = find(call.state, "authenticators", key, "Authenticator")
    row = authenticators.put_authenticator(call, old, content)
    if status := _status(content):
        authenticators.set_authenticator_status(call.state, row, status)


def _method(call: Call, content: Json | None, key: str, kind: str) -> None:
    if content is None:
        raise NotModelledHere("assume: the vendor does not delete methods")
    row = authenticators.put_method(call, key, authenticators.find_method(call.state, key, kind), content)
    if status := _status(content):
        call.state.put("authenticator_methods", f"{key}/{kind}", {**row, "status": status})


def _zone(call: Call, content: Json | None, key: str) -> None:
    if content is None:
        call.state.drop("zones", key)
    else:
        put_zone(call, call.state.all("zones").get(key), content, key)


def _app(call: Call, content: Json | None, key: str) -> None:
    if content is None:
        call.state.drop("apps", key)
        return
    old = call.state.all("apps").get(key)
    if old is None:
        default = next(row["id"] for row in policies.of_type(call.state, "ACCESS_POLICY") if row["system"])
        made = new_app(call.state, str(content.get("name") or key), str(content.get("label") or key), default)
        call.state.drop("apps", made["id"])
        old = {**made, "id": key}
    app = put_app(call, old, content)
    if status := _status(content):
        call.state.put("apps", key, {**app, "status": status})


def _app_policy(call: Call, content: Json | None, key: str, policy_id: str) -> None:
    app = find(call.state, "apps", key, "AppInstance")
    policy = find(call.state, "policies", policy_id, "Policy")
    if content is not None:
        assign_policy(call.state, app, policy)
    elif app["_policy"] == policy_id:
        default = next(row for row in policies.of_type(call.state, "ACCESS_POLICY") if row["system"])
        assign_policy(call.state, app, default)


def _user(call: Call, content: Json | None, key: str) -> None:
    if content is None:
        user_id = person(call.state, key)["id"]
        for kind in ("users", "memberships", "held", "devices", "roles"):
            call.state.drop(kind, user_id)
        return
    user = person(call.state, key)
    given: Json = {name: content[name] for name in ("profile", "type") if name in content}
    changed = put_profile(call, user, given, partial="profile" not in content)
    if content.get("status"):
        call.state.put("users", user["id"], {**changed, "status": content["status"]})


def _factor(call: Call, content: Json | None, user_key: str, factor_id: str) -> None:
    user_id = person(call.state, user_key)["id"]
    if content is not None:
        raise NotModelledHere("assume: give what somebody holds in `holds`")
    held = call.state.all("held").get(user_id, ())
    call.state.put("held", user_id, tuple(entry for entry in held if entry["id"] != factor_id))


def _status(content: Json) -> str | None:
    status = content.get("status")
    if status is not None and status not in _STATUSES:
        raise BadRequest("assume.status", "must be ACTIVE or INACTIVE")
    return status


_CHANGES: dict[tuple[str, ...], Callable[..., None]] = {
    ("policies",): _policy,
    ("policies", "rules"): _rule,
    ("groups",): _group,
    ("groups", "users"): _member,
    ("authenticators",): _authenticator,
    ("authenticators", "methods"): _method,
    ("zones",): _zone,
    ("apps",): _app,
    ("apps", "policies"): _app_policy,
    ("users",): _user,
    ("users", "factors"): _factor,
}
