"""Without this file a rule would be stored as sent; the vendor completes it, and clients see the difference."""

from collections.abc import Callable

from sandbox.idp.okta.errors import invalid
from sandbox.idp.okta.references import check_network, check_people
from sandbox.idp.okta.wire import without_nulls
from sandbox.idp.state import Json, State

_RESET_ORDER = ["email", "otp", "sms", "voice", "push"]


def any_two_factors() -> Json:
    """Return the actions of the catch-all rule as the vendor makes it."""
    method = {"factorMode": "2FA", "type": "ASSURANCE", "reauthenticateIn": "PT12H"}
    sign_on = {"access": "ALLOW", "verificationMethod": method, "keepMeSignedIn": {"postAuth": "NOT_ALLOWED"}}
    return {"appSignOn": sign_on}


def completed(state: State, kind: str, body: Json) -> tuple[Json, Json]:
    """
    Return a rule's conditions and actions as the vendor keeps them.

    Args:
        state: For the groups, users and zones that may be named.
        kind: Type of the policy.
        body: The rule as sent; already held against its shape.

    Raises:
        OktaError: 400, a needed field is missing or names something that is not there.
    """
    conditions = without_nulls(body.get("conditions") or {})
    actions = without_nulls(body.get("actions") or {})
    check_people(state, conditions)
    check_network(state, conditions)
    people = {"users": {"exclude": []}, **conditions.get("people", {})}
    conditions = {
        **conditions,
        "people": people,
        "network": conditions.get("network") or {"connection": "ANYWHERE"},
    }
    fill = _FILL.get(kind)
    return fill(conditions, actions) if fill else (conditions, actions)


def _app_sign_on(conditions: Json, actions: Json) -> tuple[Json, Json]:
    platform = {key: value for key, value in (conditions.pop("platform", None) or {}).items() if value}
    if platform:
        conditions["platform"] = {"exclude": [], **platform}
    conditions["riskScore"] = conditions.get("riskScore") or {"level": "ANY"}
    conditions["userType"] = {"include": [], "exclude": [], **conditions.get("userType", {})}
    sign_on = dict(_needed(actions, "appSignOn"))
    _needed(sign_on, "access")
    method = sign_on.get("verificationMethod")
    if method is None and sign_on["access"] == "ALLOW":
        raise invalid("actions.appSignOn.verificationMethod", "The field cannot be left blank")
    if method is not None:
        sign_on["verificationMethod"] = _verification(dict(method))
    sign_on.setdefault("keepMeSignedIn", {"postAuth": "NOT_ALLOWED"})
    return conditions, {"appSignOn": sign_on}


def _verification(method: Json) -> Json:
    method.setdefault("type", "ASSURANCE")
    if method["type"] == "AUTH_METHOD_CHAIN":
        _needed(method, "chains")
        return method
    method.setdefault("factorMode", "2FA")
    method.setdefault("reauthenticateIn", "PT12H")
    if method.get("constraints"):
        method["constraints"] = [_constraint(constraint) for constraint in method["constraints"]]
    return method


def _constraint(constraint: Json) -> Json:
    # Recorded: an assurance rule keeps the two kinds of factor and silently loses the members of a chain.
    kept = {}
    for kind in ("knowledge", "possession"):
        if (factor := constraint.get(kind)) is not None:
            # Documented: required unless said otherwise, and not where a method is only excluded.
            kept[kind] = {"required": not factor.get("excludedAuthenticationMethods"), **factor}
    return kept


def _session(conditions: Json, actions: Json) -> tuple[Json, Json]:
    conditions.setdefault("authContext", {"authType": "ANY"})
    conditions.setdefault("identityProvider", {"provider": "ANY"})
    given = _needed(actions, "signon")
    _needed(given, "access")
    session = {"usePersistentCookie": False, "maxSessionIdleMinutes": 120, "maxSessionLifetimeMinutes": 120}
    defaults = {
        "requireFactor": False, "primaryFactor": "PASSWORD_IDP_ANY_FACTOR", "rememberDeviceByDefault": False,
    }  # fmt: skip
    return conditions, {"signon": {**defaults, **given, "session": {**session, **given.get("session", {})}}}


def _password(conditions: Json, actions: Json) -> tuple[Json, Json]:
    kept = {
        "passwordChange": actions.get("passwordChange") or {"access": "ALLOW"},
        "selfServicePasswordReset": dict(actions.get("selfServicePasswordReset") or {"access": "DENY"}),
        "selfServiceUnlock": actions.get("selfServiceUnlock") or {"access": "DENY"},
    }
    requirement = dict(kept["selfServicePasswordReset"].get("requirement") or {})
    # Documented: a rule that does not say who decides leaves it to the account-management policy.
    requirement.setdefault("accessControl", "LEGACY" if requirement.get("primary") else "AUTH_POLICY")
    primary = dict(requirement.get("primary") or {})
    primary["methods"] = sorted(primary.get("methods") or [], key=_RESET_ORDER.index)
    requirement["primary"] = primary
    requirement["stepUp"] = {"required": False, **(requirement.get("stepUp") or {})}
    kept["selfServicePasswordReset"]["requirement"] = requirement
    return conditions, kept


def _enrol(conditions: Json, actions: Json) -> tuple[Json, Json]:
    _needed(_needed(actions, "enroll"), "self")
    return conditions, {"enroll": actions["enroll"]}


def _needed(value: Json, name: str) -> Json:
    if value.get(name) is None:
        raise invalid(name, "The field cannot be left blank")
    found: Json = value[name]
    return found


_FILL: dict[str, Callable[[Json, Json], tuple[Json, Json]]] = {
    "ACCESS_POLICY": _app_sign_on,
    "OKTA_SIGN_ON": _session,
    "PASSWORD": _password,
    "MFA_ENROLL": _enrol,
}
