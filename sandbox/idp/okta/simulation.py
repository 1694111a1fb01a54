"""Without this file nobody could ask the vendor which rule would decide: the policy simulation."""

from collections.abc import Iterator
from typing import Any

from sandbox.idp.judge.question import ADDRESS
from sandbox.idp.judge.refusals import BadQuestion
from sandbox.idp.judge.scene import PLATFORMS, address_of
from sandbox.idp.judge.simulated import Status, Supposed, Tested, tested, together
from sandbox.idp.judge.tenant import Policy, Tenant, tenant_of
from sandbox.idp.okta.errors import invalid, malformed
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find
from sandbox.idp.state import Json, State

PATH = "/api/v1/policies/simulate"
_TYPES = ("OKTA_SIGN_ON", "MFA_ENROLL", "ACCESS_POLICY", "PROFILE_ENROLLMENT")
_BODY = {
    "appInstance": str,
    "policyTypes": [frozenset(_TYPES)],
    "policyContext": {
        "user": {"id": str},
        "groups": {"ids": [str]},
        "risk": {"level": frozenset({"LOW", "MEDIUM", "HIGH"})},
        "zones": {"ids": [str]},
        "ip": str,
        "device": {"platform": str, "registered": bool, "managed": bool, "assuranceId": str},
    },
}
_EXPAND = frozenset({"EVALUATED", "RULE"})
_SYSTEMS = {system: name for name, (_, system) in PLATFORMS.items() if system != "OTHER"} | {"DESKTOP_OTHER": "linux"}


def _simulate(call: Call) -> Reply:
    expand = frozenset(filter(None, call.query.get("expand", "").split(",")))
    if strange := expand - _EXPAND:
        raise invalid("expand", f"Unknown value: {min(strange)}")
    # The reference wants a list, the vendor's own guide sends one object; each is answered in kind.
    if isinstance(call.body, list):
        return Reply(200, [_evaluated(call, body, expand) for body in call.body])
    return Reply(200, _evaluated(call, call.document, expand))


def _evaluated(call: Call, body: Any, expand: frozenset[str]) -> Json:
    if not isinstance(body, dict):
        raise malformed()
    fit(body, _BODY)
    if not body.get("appInstance"):
        raise invalid("appInstance", "The field cannot be left blank")
    app = find(call.state, "apps", body["appInstance"], "AppInstance")
    scene, tenant = _scene(call.state, body.get("policyContext") or {}), tenant_of(call.state.now())
    kinds = body.get("policyTypes") or _TYPES
    rows = [_of_type(tenant, kind, app, scene, expand) for kind in _TYPES if kind in kinds]
    return {"evaluation": rows}


def _scene(state: State, context: Json) -> Supposed:
    user_id = (context.get("user") or {}).get("id")
    group_ids = (context.get("groups") or {}).get("ids")
    if user_id and group_ids:
        raise invalid("policyContext", "Only userId or groupIds are allowed, not both.")
    if not user_id and not group_ids:
        raise invalid("policyContext", "Either userId or groupIds are required.")
    zones, ip = (context.get("zones") or {}).get("ids"), context.get("ip")
    if zones and ip:
        raise invalid("policyContext", "Only zones or ip are allowed, not both.")
    for zone_id in zones or ():
        find(state, "zones", zone_id, "NetworkZone")
    # Unlike elsewhere a login is no name for an account here.
    user: Json = find(state, "users", user_id, "User") if user_id else {}
    device, risk = context.get("device") or {}, (context.get("risk") or {}).get("level")
    platform = _SYSTEMS.get(device.get("platform") or "")
    said = {
        "user": bool(user),
        "where": bool(zones or ip),
        "registered": device.get("registered") is not None,
        "managed": device.get("managed") is not None,
        "platform": platform is not None,
        "risk": risk is not None,
    }
    return Supposed(
        user_id=str(user.get("id", "")),
        groups=frozenset(state.all("memberships").get(user["id"], ())) if user else _groups(state, group_ids or []),
        type_id=(user.get("type") or {}).get("id"),
        provider=((user.get("credentials") or {}).get("provider") or {}).get("type", "OKTA"),
        profile=user.get("profile") or {},
        address=_address(ip or ADDRESS),
        zones=state.all("zones"),
        registered=bool(device.get("registered")),
        managed=bool(device.get("managed")),
        platform=platform or "windows",
        risk=(risk or "LOW").lower(),
        inside=frozenset(zones) if zones else None,
        said=frozenset(name for name, is_known in said.items() if is_known),
    )


def _groups(state: State, group_ids: list[str]) -> frozenset[str]:
    for group_id in group_ids:
        find(state, "groups", group_id, "UserGroup")
    everyone = (key for key, row in state.all("groups").items() if row["profile"]["name"] == "Everyone")
    return frozenset(group_ids) | frozenset(everyone)


def _address(text: str) -> Any:
    try:
        return address_of(text)
    except BadQuestion:
        raise invalid("policyContext.ip", "Not a valid IP address.") from None


def _candidates(tenant: Tenant, kind: str, app: Json) -> Iterator[Policy]:
    if kind != "ACCESS_POLICY":
        yield from tenant.by_type.get(kind, ())
    elif policy := tenant.policies.get(app["_policy"]):
        yield policy


def _of_type(tenant: Tenant, kind: str, app: Json, scene: Supposed, expand: frozenset[str]) -> Json:
    matched: list[Json] = []
    undefined: list[Json] = []
    evaluated: list[Json] = []
    for policy in _candidates(tenant, kind, app):
        own = tested(policy.json.get("conditions"), scene)
        rows, status = [], together(own)
        for rule in policy.rules if status is not Status.NOT_MATCH else ():
            results = tested(rule.json.get("conditions"), scene)
            # A rule of a policy that may not apply may not apply either.
            rows.append(_shown(rule.json, together((*own, *results)), results))
            if rows[-1]["status"] == Status.MATCH:
                break
        found = [row for row in rows if row["status"] == Status.MATCH]
        open_ones = [row for row in rows if row["status"] == Status.UNDEFINED]
        evaluated.append({**_shown(policy.json, status, own), "rules": rows})
        if open_ones:
            undefined.append({**_shown(policy.json, Status.UNDEFINED, own), "rules": open_ones})
        if found:
            matched.append({**_shown(policy.json, Status.MATCH, own), "rules": found})
            break
    return {
        "status": None,
        "policyType": kind,
        "result": {"policies": matched},
        "undefined": {"policies": undefined},
        "evaluated": {"policies": _brief(evaluated, expand) if "EVALUATED" in expand else []},
    }


def _shown(item: Json, status: Status, results: tuple[Tested, ...]) -> Json:
    conditions = [{"type": one.name, "status": one.status.value} for one in results]
    return {"id": item["id"], "name": item["name"], "status": status.value, "conditions": conditions}


def _brief(policies: list[Json], expand: frozenset[str]) -> list[Json]:
    """Return what was evaluated, with why a rule did not match only where that was asked for."""
    if "RULE" in expand:
        return policies
    return [{**policy, "rules": [{**rule, "conditions": []} for rule in policy["rules"]]} for policy in policies]


ROUTES: list[Route] = [("POST", PATH, _simulate)]
