"""Without this file a tenant would be the vendor's defaults only, and no company looks like that."""

from typing import Any

from sandbox.idp.okta.rule_content import completed
from sandbox.idp.okta.wire import new_id, stamp
from sandbox.idp.state import Json, State

PHONE_RESET = ["email", "sms", "voice"]


def add_group(state: State, name: str, description: str) -> str:
    """Add one group and return its id."""
    group_id, now = new_id(state, "00g"), stamp(state.at)
    state.put(
        "groups",
        group_id,
        {
            "id": group_id,
            "created": now,
            "lastUpdated": now,
            "lastMembershipUpdated": now,
            "objectClass": ["okta:user_group"],
            "type": "OKTA_GROUP",
            "profile": {"name": name, "description": description},
        },
    )
    return group_id


def furnish(state: State, groups: dict[str, str], *, lived_in: bool) -> None:
    """Turn the vendor's defaults into a company's tenant.

    Args:
        state: Holds the vendor's defaults; changed.
        groups: Group name → id, of the population and of the vendor ("Everyone").
        lived_in: Whether somebody else's policies are there too.
    """
    corporate = _zone(state, "Corporate network", "203.0.113.0/24")
    blocked = _zone(state, "Blocked networks", "198.51.100.0/24")
    _sign_on_rules(state, corporate, blocked)
    _recovery(state, groups["Everyone"])
    _enrolment_and_session(state)
    _authenticators(state)
    if lived_in:
        _inherited(state, groups, corporate)
    # Last, so that whoever comes to a tenant without these finds every other id the same.
    _zone(state, "Registration desk", "192.0.2.128/28")
    canary = _closed_policy(state, "Sign-in canary", "Outside blocked networks", _but_from(blocked))
    _app(state, "Sign-in canary", canary)


def _zone(state: State, name: str, gateway: str) -> str:
    zone_id, now = new_id(state, "nzo"), stamp(state.at)
    zone = {
        "type": "IP",
        "id": zone_id,
        "name": name,
        "status": "ACTIVE",
        "usage": "POLICY",
        "created": now,
        "lastUpdated": now,
        "system": False,
        "gateways": [{"type": "CIDR", "value": gateway}],
        "proxies": None,
    }
    state.put("zones", zone_id, zone)
    return zone_id


def _sign_on_rules(state: State, corporate: str, blocked: str) -> None:
    dashboard = find_policy(state, "ACCESS_POLICY", "Okta Dashboard")["id"]
    _close_catch_all(state, dashboard)
    _access_rule(state, dashboard, "Outside blocked networks", 1, _but_from(blocked))

    console = find_policy(state, "ACCESS_POLICY", "Okta Admin Console")["id"]
    _close_catch_all(state, console)
    _access_rule(state, console, "Managed devices", 1, {"device": {"registered": True, "managed": True}})

    inside = {"network": {"connection": "ZONE", "include": [corporate]}}
    _app(state, "Payroll", _closed_policy(state, "Payroll", "From the corporate network", inside))


def _but_from(blocked: str) -> Json:
    return {"network": {"connection": "ZONE", "exclude": [blocked]}}


def _closed_policy(state: State, name: str, opening: str, conditions: Json) -> str:
    """Add an app policy that denies all but what one rule opens, and return its id."""
    policy_id = _add_policy(state, "ACCESS_POLICY", name, conditions=None, _embedded={"resourceType": "APP"})
    _access_rule(state, policy_id, "Catch-all Rule", 99, None)
    _close_catch_all(state, policy_id)
    _access_rule(state, policy_id, opening, 1, conditions)
    return policy_id


def _app(state: State, label: str, policy_id: str) -> None:
    app_id, now = new_id(state, "0oa"), stamp(state.at)
    name = f"sandbox_{''.join(filter(str.isalnum, label.lower()))}_1"
    app = {
        "id": app_id,
        "name": name,
        "label": label,
        "status": "ACTIVE",
        "lastUpdated": now,
        "created": now,
        "accessibility": {"selfService": False, "errorRedirectUrl": None, "loginRedirectUrl": None},
        "visibility": {
            "autoLaunch": False,
            "autoSubmitToolbar": False,
            "hide": {"iOS": False, "web": False},
            "appLinks": {f"{name}_link": True},
        },
        "features": [],
        "signOnMode": "SAML_2_0",
        "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}},
        "settings": {"app": {}, "implicitAssignment": True, "notes": {"admin": None, "enduser": None}},
        "_policy": policy_id,
    }
    state.put("apps", app_id, app)


def _recovery(state: State, everyone: str) -> None:
    default = find_policy(state, "PASSWORD", "Default Policy")
    by_phone = _self_service("ALLOW", PHONE_RESET)
    _change_rule(state, _only_rule(state, default["id"]), actions=by_phone)
    if _search(state, "PASSWORD", "Active Directory Policy") is None:
        conditions = {
            "people": {"groups": {"include": [everyone]}},
            "authProvider": {"provider": "ACTIVE_DIRECTORY"},
        }
        directory = _add_policy(
            state,
            "PASSWORD",
            "Active Directory Policy",
            system=True,
            conditions=conditions,
            settings=default["settings"],
        )
        _rule(state, directory, "PASSWORD", "Default Rule", _anywhere(), by_phone, system=True)
    else:
        directory = find_policy(state, "PASSWORD", "Active Directory Policy")["id"]
        _change_rule(state, _only_rule(state, directory), actions=by_phone)


def _self_service(access: str, primary: list[str]) -> Json:
    return {
        "passwordChange": {"access": "ALLOW"},
        "selfServicePasswordReset": {
            "access": access,
            "requirement": {
                "primary": {"methods": primary},
                "stepUp": {"required": False},
                "accessControl": "LEGACY",
            },
        },
        "selfServiceUnlock": {"access": access},
    }


def _enrolment_and_session(state: State) -> None:
    enrolment = find_policy(state, "MFA_ENROLL", "Default Policy")
    state.put(
        "policies",
        enrolment["id"],
        {**enrolment, "settings": _enrolment(state, {"okta_password": "REQUIRED"}, "OPTIONAL")},
    )
    _change_rule(state, _only_rule(state, enrolment["id"]), actions={"enroll": {"self": "CHALLENGE"}})
    session = find_policy(state, "OKTA_SIGN_ON", "Default Policy")
    _change_rule(state, _only_rule(state, session["id"]), actions=_session(idle=120, lifetime=720))


def _enrolment(state: State, enrol: dict[str, str], otherwise: str) -> Json:
    keys = sorted({authenticator["key"] for authenticator in state.all("authenticators").values()})
    rows = [{"key": key, "enroll": {"self": enrol.get(key, otherwise)}} for key in keys]
    return {"type": "AUTHENTICATORS", "authenticators": rows}


def _session(*, idle: int, lifetime: int) -> Json:
    return {
        "signon": {
            "access": "ALLOW",
            "requireFactor": False,
            "primaryFactor": "PASSWORD_IDP_ANY_FACTOR",
            "rememberDeviceByDefault": False,
            "session": {
                "usePersistentCookie": False,
                "maxSessionIdleMinutes": idle,
                "maxSessionLifetimeMinutes": lifetime,
            },
        }
    }


def _authenticators(state: State) -> None:
    allowed_for = {"okta_email": "recovery", "security_question": "recovery", "phone_number": "any"}
    for authenticator_id, authenticator in sorted(state.all("authenticators").items()):
        changed = {**authenticator, "status": "ACTIVE"}
        if authenticator["key"] in allowed_for:
            settings = {
                **(authenticator.get("settings") or {}),
                "allowedFor": allowed_for[authenticator["key"]],
            }
            changed["settings"] = settings
        state.put("authenticators", authenticator_id, changed)


def _inherited(state: State, groups: dict[str, str], corporate: str) -> None:
    """Add what somebody else made before us, and that must stay as it is."""
    contractors = _add_policy(
        state,
        "MFA_ENROLL",
        "Contractors",
        conditions=_groups(groups["Contractors"]),
        settings=_enrolment(
            state,
            {"okta_password": "REQUIRED", "okta_verify": "NOT_ALLOWED", "security_question": "NOT_ALLOWED"},
            "OPTIONAL",
        ),
    )
    _rule(state, contractors, "MFA_ENROLL", "At first challenge", _anywhere(), {"enroll": {"self": "CHALLENGE"}})

    kiosks = _add_policy(state, "OKTA_SIGN_ON", "Frontline kiosks", conditions=_groups(groups["Frontline"]))
    anyone = {**_anywhere(), "authContext": {"authType": "ANY"}, "identityProvider": {"provider": "ANY"}}
    _rule(state, kiosks, "SIGN_ON", "Short session", anyone, _session(idle=15, lifetime=60))

    settings = find_policy(state, "PASSWORD", "Default Policy")["settings"]
    service = _add_policy(
        state,
        "PASSWORD",
        "Service accounts",
        conditions={**_groups(groups["Service accounts"]), "authProvider": {"provider": "OKTA"}},
        settings=settings,
    )
    _rule(state, service, "PASSWORD", "No self-service", _anywhere(), _self_service("DENY", ["email"]))

    payroll = find_policy(state, "ACCESS_POLICY", "Payroll")["id"]
    _access_rule(state, payroll, "Vendors", 2, _groups(groups["Vendors"]), factors="1FA")

    account = find_policy(state, "ACCESS_POLICY", "Okta Account Management Policy")["id"]
    enrolling = "accessRequest.operation == 'enroll' && accessRequest.authenticator.key == 'webauthn'"
    first_key = {
        **_groups(groups["Key pilot"]),
        "network": {"connection": "ZONE", "include": [corporate]},
        "elCondition": {"condition": enrolling},
    }
    _access_rule(state, account, "First phishing-resistant", 1, first_key, factors="1FA")


def find_policy(state: State, kind: str, name: str) -> Json:
    """Return the policy of one type and name; the vendor's defaults must be there already."""
    found = _search(state, kind, name)
    if found is None:
        raise LookupError(f"no {kind} policy named {name!r}: install the vendor's defaults first")
    return found


def _search(state: State, kind: str, name: str) -> Json | None:
    policies = state.all("policies").values()
    return next((policy for policy in policies if (policy["type"], policy["name"]) == (kind, name)), None)


def _only_rule(state: State, policy_id: str) -> Json:
    return next(rule for rule in state.all("rules").values() if rule["_policy"] == policy_id)


def _add_policy(state: State, kind: str, name: str, *, system: bool = False, **rest: Any) -> str:
    policy_id, now = new_id(state, "rst" if kind == "ACCESS_POLICY" else "00p"), stamp(state.at)
    policy = {
        "id": policy_id,
        "status": "ACTIVE",
        "name": name,
        "description": f"{name} policy.",
        "priority": 1,
        "system": system,
        "created": now,
        "lastUpdated": now,
        **rest,
        "type": kind,
    }
    if kind == "ACCESS_POLICY":
        state.put("policies", policy_id, policy)
        return policy_id
    # Own policies stand before the vendor's; among the vendor's, the Default Policy is last.
    ranked = [other for other in state.all("policies").values() if other["type"] == kind]
    ranked.sort(key=lambda other: other["priority"])
    ranked.append(policy)
    ranked.sort(key=lambda other: (other["system"], other["name"] == "Default Policy"))
    for priority, other in enumerate(ranked, start=1):
        if other is policy or other["priority"] != priority:
            state.put("policies", other["id"], {**other, "priority": priority})
    return policy_id


def _rule(
    state: State,
    policy_id: str,
    kind: str,
    name: str,
    conditions: Json | None,
    actions: Json,
    *,
    priority: int = 1,
    system: bool = False,
) -> str:
    rule_id, now = new_id(state, "rul" if kind == "ACCESS_POLICY" else "0pr"), stamp(state.at)
    policy = state.all("policies")[policy_id]["type"]
    if conditions is not None:
        conditions, actions = completed(state, policy, {"conditions": conditions, "actions": actions})
    rule = {
        "id": rule_id,
        "status": "ACTIVE",
        "name": name,
        "priority": priority,
        "created": now,
        "lastUpdated": now,
        "system": system,
        "conditions": conditions,
        "actions": actions,
        "type": kind,
        "_policy": policy_id,
    }
    state.put("rules", rule_id, rule)
    return rule_id


def _access_rule(
    state: State, policy_id: str, name: str, priority: int, conditions: Json | None, *, factors: str = "2FA"
) -> None:
    system = name == "Catch-all Rule"
    actions = {
        "appSignOn": {
            "access": "ALLOW",
            "verificationMethod": {"factorMode": factors, "type": "ASSURANCE", "reauthenticateIn": "PT12H"},
            "keepMeSignedIn": {"postAuth": "NOT_ALLOWED"},
        }
    }
    _rule(state, policy_id, "ACCESS_POLICY", name, conditions, actions, priority=priority, system=system)


def _close_catch_all(state: State, policy_id: str) -> None:
    rules = [rule for rule in state.all("rules").values() if rule["_policy"] == policy_id]
    catch_all = next(rule for rule in rules if rule["name"] == "Catch-all Rule")
    sign_on = {**catch_all["actions"]["appSignOn"], "access": "DENY"}
    _change_rule(state, catch_all, actions={"appSignOn": sign_on})


def _change_rule(state: State, rule: Json, **changes: Any) -> None:
    state.put("rules", rule["id"], {**rule, **changes})


def _groups(group_id: str) -> Json:
    return {"people": {"groups": {"include": [group_id]}}}


def _anywhere() -> Json:
    return {"people": {"users": {"exclude": []}}, "network": {"connection": "ANYWHERE"}}
