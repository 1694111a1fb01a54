"""Without this file a fresh tenant would be empty: what the vendor puts into every new org."""

from sandbox.idp.okta import authenticators, rule_content
from sandbox.idp.okta.apps import new_app
from sandbox.idp.okta.policies import ACCOUNT_MANAGEMENT, add_catch_all, put_policy
from sandbox.idp.okta.wire import Call, new_id, stamp
from sandbox.idp.state import Json, State

_AUTHENTICATORS = (
    "okta_email", "google_otp", "okta_verify", "okta_password", "phone_number", "webauthn", "security_question",
)  # fmt: skip
_DEFAULT_POLICY = "The default policy applies in all situations if no other policy applies."
_RULE_TYPES = {"OKTA_SIGN_ON": "SIGN_ON"}


def install(state: State) -> None:
    """Fill an empty state with what a new org of the vendor's holds, and nothing else."""
    _group(state, "Everyone", "All users in your organization", "BUILT_IN")
    _group(state, "Okta Administrators", "Okta manages this group", "BUILT_IN")
    _user_type(state)
    for key in _AUTHENTICATORS:
        authenticators.add(state, key, None, "ACTIVE")
    _zones(state)
    _app_policies(state)
    _default_policies(state)


def _group(state: State, name: str, description: str, kind: str) -> None:
    group_id, now = new_id(state, "00g"), stamp(state.at)
    group = {
        "id": group_id, "created": now, "lastUpdated": now, "lastMembershipUpdated": now,
        "objectClass": ["okta:user_group"], "type": kind, "profile": {"name": name, "description": description},
    }  # fmt: skip
    state.put("groups", group_id, group)


def _user_type(state: State) -> None:
    key, now = new_id(state, "oty"), stamp(state.at)
    row = {
        "id": key, "displayName": "User", "name": "user",
        "description": "Okta user profile template with default permission settings",
        "created": now, "lastUpdated": now, "default": True,
    }  # fmt: skip
    state.put("user_types", key, row)


def _zones(state: State) -> None:
    for name, usage in (("LegacyIpZone", "POLICY"), ("BlockedIpZone", "BLOCKLIST")):
        key, now = new_id(state, "nzo"), stamp(state.at)
        zone = {
            "type": "IP", "id": key, "name": name, "status": "ACTIVE", "usage": usage, "created": now,
            "lastUpdated": now, "system": True, "gateways": None, "proxies": None,
        }  # fmt: skip
        state.put("zones", key, zone)


def _app_policies(state: State) -> None:
    two = _app_policy(state, "Any two factors", "Require two factors to access.", system=True)
    add_catch_all(state, two)
    for name, app_name in (("Okta Dashboard", "okta_enduser"), ("Okta Admin Console", "saasure")):
        policy_id = _app_policy(state, name, "")
        add_catch_all(state, policy_id)
        new_app(state, app_name, name, policy_id)
    account = _app_policy(
        state,
        "Okta Account Management Policy",
        "This policy defines how users must authenticate for authenticator enrollment, password reset, or "
        "unlock account. Password policy rules control whether to enforce this policy for password reset and "
        "unlock account.",
        resource=ACCOUNT_MANAGEMENT,
    )
    add_catch_all(state, account)


def _app_policy(state: State, name: str, description: str, *, system: bool = False, resource: str = "APP") -> str:
    key, now = new_id(state, "rst"), stamp(state.at)
    policy = {
        "id": key, "status": "ACTIVE", "name": name, "description": description, "priority": 1, "system": system,
        "conditions": None, "created": now, "lastUpdated": now, "type": "ACCESS_POLICY",
        "_embedded": {"resourceType": resource},
    }  # fmt: skip
    state.put("policies", key, policy)
    return key


def _default_policies(state: State) -> None:
    rows = [{"key": key, "enroll": {"self": "OPTIONAL"}} for key in _AUTHENTICATORS if key != "okta_password"]
    required = {"key": "okta_password", "enroll": {"self": "REQUIRED"}}
    enrolment = {"type": "AUTHENTICATORS", "authenticators": [required, *rows]}
    _default(state, "MFA_ENROLL", {"enroll": {"self": "CHALLENGE"}}, {"settings": enrolment})
    session = {"usePersistentCookie": False, "maxSessionIdleMinutes": 120, "maxSessionLifetimeMinutes": 720}
    sign_on = {"access": "ALLOW", "requireFactor": False, "primaryFactor": "PASSWORD_IDP_ANY_FACTOR"}
    _default(state, "OKTA_SIGN_ON", {"signon": {**sign_on, "session": session}}, {})
    requirement = {"accessControl": "LEGACY", "primary": {"methods": ["email", "sms", "voice"]},
                   "stepUp": {"required": False}}  # fmt: skip
    recovery = {
        "passwordChange": {"access": "ALLOW"},
        "selfServicePasswordReset": {"access": "ALLOW", "requirement": requirement},
        "selfServiceUnlock": {"access": "ALLOW"},
    }
    # Each goes before what is there, so that the default ends up before the one for directories.
    breached = {"expireAfterDays": 0, "logoutEnabled": True, "delegatedWorkflowId": None}
    settings: Json = {"settings": {"password": {"breachedProtection": breached}}}
    directory = {"conditions": {"authProvider": {"provider": "ACTIVE_DIRECTORY"}}, **settings}
    _default(state, "PASSWORD", recovery, directory, "Active Directory Policy")
    _default(state, "PASSWORD", recovery, settings)
    _default(state, "IDP_DISCOVERY", {"idp": {"providers": [{"type": "OKTA"}]}}, {})
    _default(state, "PROFILE_ENROLLMENT", {"profileEnrollment": {"access": "DENY"}}, {})


def _default(state: State, kind: str, actions: Json, more: Json, name: str = "Default Policy") -> None:
    call = Call(state, "", "POST", "", {}, None, "vendor")
    body = {"name": name, "description": _DEFAULT_POLICY, "type": kind, **more}
    policy = put_policy(call, None, body, new_id(state, "00p"))
    state.put("policies", policy["id"], {**policy, "system": True})
    conditions, filled = rule_content.completed(state, kind, {"actions": actions})
    now = stamp(state.at)
    rule = {
        "id": new_id(state, "0pr"), "status": "ACTIVE", "name": "Default Rule", "priority": 1, "created": now,
        "lastUpdated": now, "system": True, "conditions": conditions, "actions": filled,
        "type": _RULE_TYPES.get(kind, kind), "_policy": policy["id"],
    }  # fmt: skip
    state.put("rules", rule["id"], rule)
