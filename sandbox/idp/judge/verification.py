"""Without this file a rule's JSON could not be held against methods: the vendor's verification as demands."""

from collections.abc import Iterable
from typing import Any, Final

from sandbox.idp.judge.clauses import Clause, clause_of
from sandbox.idp.judge.durations import seconds_of
from sandbox.idp.judge.refusals import NotModelled
from sandbox.idp.judge.requirement import (
    FREE,
    AnyOf,
    Assurance,
    Chains,
    Constraint,
    Recovery,
    Session,
    Step,
    Wanted,
)

Json = dict[str, Any]
EMPTY: Final[tuple[Any, ...]] = (None, {}, [], "")
_PATH: Final = "verificationMethod"
_FACTORS: Final = {"1FA": 1, "2FA": 2}
_OTP: Final = frozenset({"totp", "app_code"})
# Words of a password rule's method lists, and the methods that they open.
_RECOVERY: Final[dict[str, frozenset[str]]] = {
    "sms": frozenset({"sms"}),
    "voice": frozenset({"voice"}),
    "email": frozenset({"email"}),
    "push": frozenset({"push"}),
    "otp": _OTP,
    "security_question": frozenset({"question"}),
}


def clause_for_app(method: Json | None) -> Clause:
    """
    Read the `verificationMethod` of an ALLOW rule of an app sign-on or account-management policy.

    Raises:
        NotModelled: Another type than ASSURANCE or AUTH_METHOD_CHAIN, or a setting that is not modelled.
    """
    method = method or {}
    limit = seconds_of(method.get("reauthenticateIn"), f"{_PATH}.reauthenticateIn")
    match method.get("type", "ASSURANCE" if "factorMode" in method else None):
        case "ASSURANCE":
            _only(method, _PATH, "type", "factorMode", "constraints", "reauthenticateIn", "inactivityPeriod")
            factors = _FACTORS.get(method.get("factorMode", "2FA"))
            if factors is None:
                raise NotModelled(f"{_PATH}.factorMode {method['factorMode']!r}")
            options = [_assurance(one, factors, limit) for one in method.get("constraints") or [{}]]
            return clause_of(AnyOf(tuple(options)))
        case "AUTH_METHOD_CHAIN":
            _only(method, _PATH, "type", "chains", "factorMode", "reauthenticateIn", "inactivityPeriod")
            chains = tuple(_step(one, limit) for one in method.get("chains") or ())
            if not chains:
                raise NotModelled(f"{_PATH}.chains without a chain")
            return clause_of(Chains(chains))
        case other:
            raise NotModelled(f"{_PATH}.type {other!r}")


def _only(value: Json, path: str, *known: str) -> None:
    for key, inner in value.items():
        if key not in known and inner not in EMPTY:
            raise NotModelled(f"{path}.{key}")


def _assurance(value: Json, factors: int, limit: float | None) -> Assurance:
    path = f"{_PATH}.constraints"
    _only(value, path, "knowledge", "possession", "inherence")
    parts = {
        name: _constraint(value[name], f"{path}.{name}", limit) if value.get(name) is not None else free(limit)
        for name in ("knowledge", "possession", "inherence")
    }
    return Assurance(factors, **parts)


def free(limit: float | None) -> Constraint:
    """Return the constraint that says nothing but how recent a method must be."""
    return FREE if limit is None else Constraint(limit=limit)


def _constraint(value: Json, path: str, limit: float | None) -> Constraint:
    _only(
        value,
        path,
        *("required", "types", "methods", "authenticationMethods", "excludedAuthenticationMethods"),
        *("reauthenticateIn", "deviceBound", "hardwareProtection", "phishingResistant"),
        *("userPresence", "userVerification"),
    )
    excluded = value.get("excludedAuthenticationMethods") or ()
    required = value.get("required")
    own = seconds_of(value.get("reauthenticateIn"), f"{path}.reauthenticateIn")
    # userPresence is not read: everything in the catalogue that is possessed needs the person to be there.
    return Constraint(
        # The vendor's own default: true, and false where something is excluded. What is not required still
        # narrows which methods of its type count, but a method of another type may do instead.
        required=not excluded if required is None else bool(required),
        kinds=frozenset(str(kind).lower() for kind in value.get("types") or ()),
        vendors=_vendors(value.get("methods") or ()),
        only=_wanted(value.get("authenticationMethods") or (), f"{path}.authenticationMethods"),
        never=_wanted(excluded, f"{path}.excludedAuthenticationMethods"),
        device_bound=_demanded(value, "deviceBound", path),
        hardware=_demanded(value, "hardwareProtection", path),
        phishing_resistant=_demanded(value, "phishingResistant", path),
        verified=_demanded(value, "userVerification", path),
        limit=limit if own is None else own,
    )


def _vendors(methods: Iterable[str]) -> frozenset[str]:
    return frozenset("webauthn" if name.lower() == "fido2" else name.lower() for name in methods)


def _demanded(value: Json, name: str, path: str) -> bool:
    match value.get(name):
        case None | "OPTIONAL":
            return False
        case "REQUIRED":
            return True
        case other:
            raise NotModelled(f"{path}.{name} {other!r}")


def _wanted(items: Iterable[Json], path: str) -> tuple[Wanted, ...]:
    return tuple(_one_wanted(item, path) for item in items)


def _one_wanted(item: Json, path: str) -> Wanted:
    _only(item, path, "key", "method", "id", "hardwareProtection", "phishingResistant", "userVerification")
    key, vendor = item.get("key"), item.get("method")
    if not key:
        # An id alone names one authenticator of this tenant, and the catalogue knows keys.
        raise NotModelled(f"{path} without a key")
    return Wanted(
        key,
        vendor.lower() if vendor else None,
        hardware=_demanded(item, "hardwareProtection", path),
        phishing_resistant=_demanded(item, "phishingResistant", path),
        verified=_demanded(item, "userVerification", path),
    )


def _step(value: Json, limit: float | None) -> Step:
    path = f"{_PATH}.chains"
    _only(value, path, "authenticationMethods", "next", "reauthenticateIn")
    own = seconds_of(value.get("reauthenticateIn"), f"{path}.reauthenticateIn")
    reach = limit if own is None else own
    methods = _wanted(value.get("authenticationMethods") or (), f"{path}.authenticationMethods")
    if not methods:
        raise NotModelled(f"{path}.authenticationMethods without a method")
    # A chain's own interval holds for the steps that follow, unless they have one.
    return Step(methods, reach, tuple(_step(one, reach) for one in value.get("next") or ()))


def clause_for_session(action: Json) -> Clause:
    """
    Read the `signon` action of an ALLOW rule of a global session policy.

    Raises:
        NotModelled: A primary factor or a factor sequence that is not modelled.
    """
    if action.get("challenge") not in EMPTY:
        raise NotModelled("actions.signon.challenge")
    primary = action.get("primaryFactor") or "PASSWORD_IDP_ANY_FACTOR"
    if primary not in {"PASSWORD_IDP", "PASSWORD_IDP_ANY_FACTOR"}:
        raise NotModelled(f"actions.signon.primaryFactor {primary!r}")
    return clause_of(Session(password=primary == "PASSWORD_IDP", second=bool(action.get("requireFactor"))))


def clause_for_recovery(requirement: Json) -> Clause:
    """
    Read the `requirement` of a LEGACY password rule.

    Raises:
        NotModelled: A method or a constraint that is not modelled.
    """
    path = "selfServicePasswordReset.requirement"
    _only(requirement, path, "accessControl", "primary", "stepUp")
    first, second = requirement.get("primary") or {}, requirement.get("stepUp") or {}
    _only(first, f"{path}.primary", "methods", "methodConstraints")
    _only(second, f"{path}.stepUp", "required", "methods")
    primary = _named(first.get("methods") or (), f"{path}.primary.methods")
    for narrowed in first.get("methodConstraints") or ():
        keys = {one.get("key") for one in narrowed.get("allowedAuthenticators") or ()}
        if narrowed.get("method") != "otp" or not keys <= {"google_otp", "okta_verify"}:
            raise NotModelled(f"{path}.primary.methodConstraints")
        allowed = {"google_otp": "totp", "okta_verify": "app_code"}
        primary -= _OTP - {allowed[key] for key in keys}
    step_up = bool(second.get("required"))
    methods = second.get("methods") if step_up else None
    named = _named(methods, f"{path}.stepUp.methods") if methods else None
    return clause_of(Recovery(primary, step_up, named))


def _named(methods: Iterable[str], path: str) -> frozenset[str]:
    named: frozenset[str] = frozenset()
    for method in methods:
        if method not in _RECOVERY:
            raise NotModelled(f"{path} {method!r}")
        named |= _RECOVERY[method]
    return named
