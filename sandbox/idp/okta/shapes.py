"""Without this file an unknown or misspelt field would be swallowed, where the vendor refuses it."""

from collections.abc import Mapping
from typing import Any

from sandbox.idp.okta.errors import malformed

# A shape is a mapping (an object with these members), a one-element list (a list of that shape), a frozenset
# (one of these words), a type, or None (anything).
Shape = Any

_WORDS = frozenset[str]
_NAMES: Shape = [str]
_INCLUDE_EXCLUDE: Shape = {"include": _NAMES, "exclude": _NAMES}
_SERVER_FILLED: Mapping[str, Shape] = {
    "id": str, "created": str, "lastUpdated": str, "_links": dict, "_embedded": dict, "default": bool,
}  # fmt: skip

PEOPLE: Shape = {"users": _INCLUDE_EXCLUDE, "groups": _INCLUDE_EXCLUDE}
NETWORK: Shape = {
    "connection": _WORDS({"ANYWHERE", "ZONE", "ON_NETWORK", "OFF_NETWORK"}),
    "include": _NAMES,
    "exclude": _NAMES,
}
_PLATFORMS: Shape = [{"type": _WORDS({"ANY", "DESKTOP", "MOBILE", "OTHER"}), "os": {
    "type": _WORDS({"ANDROID", "ANY", "CHROMEOS", "IOS", "MACOS", "OSX", "OTHER", "WINDOWS"}),
    "expression": str, "version": None,
}}]  # fmt: skip
_METHOD: Shape = {
    "key": str, "method": str, "id": str, "hardwareProtection": str, "phishingResistant": str,
    "userVerification": str, "userVerificationMethods": _NAMES,
}  # fmt: skip
_KNOWLEDGE: Mapping[str, Shape] = {
    "authenticationMethods": [_METHOD], "excludedAuthenticationMethods": [_METHOD], "methods": _NAMES,
    "types": _NAMES, "reauthenticateIn": str, "required": bool,
}  # fmt: skip
_LEVEL = _WORDS({"OPTIONAL", "REQUIRED"})
_POSSESSION: Mapping[str, Shape] = {
    **_KNOWLEDGE, "deviceBound": _LEVEL, "hardwareProtection": _LEVEL, "phishingResistant": _LEVEL,
    "userPresence": _LEVEL, "userVerification": _LEVEL, "userVerificationMethods": _NAMES,
}  # fmt: skip
CONSTRAINT: Shape = {
    "knowledge": _KNOWLEDGE, "possession": _POSSESSION,
    "authenticationMethods": [_METHOD], "next": list, "reauthenticateIn": str,
}  # fmt: skip

_RULE: Mapping[str, Shape] = {
    **_SERVER_FILLED, "name": str, "priority": int, "status": _WORDS({"ACTIVE", "INACTIVE"}),
    "system": bool, "type": str,
}  # fmt: skip
_ACCESS = _WORDS({"ALLOW", "DENY"})
_SIGN_ON_CONDITIONS: Shape = {
    "people": PEOPLE, "network": NETWORK,
    "authContext": {"authType": _WORDS({"ANY", "RADIUS", "LDAP_INTERFACE"})},
    "identityProvider": {"provider": str, "idpIds": _NAMES}, "risk": {"behaviors": _NAMES},
    "riskScore": {"level": _WORDS({"", "ANY", "LOW", "MEDIUM", "HIGH"})}, "platform": None,
}  # fmt: skip
RULES: Mapping[str, Shape] = {
    "ACCESS_POLICY": {
        **_RULE,
        "conditions": {
            "people": PEOPLE, "network": NETWORK, "userType": _INCLUDE_EXCLUDE,
            "platform": {"include": _PLATFORMS, "exclude": _PLATFORMS},
            "device": {"registered": bool, "managed": bool, "assurance": _INCLUDE_EXCLUDE},
            "riskScore": {"level": _WORDS({"ANY", "LOW", "MEDIUM", "HIGH"})},
            "elCondition": {"condition": str},
        },
        "actions": {"appSignOn": {
            "access": _ACCESS, "keepMeSignedIn": {"postAuth": str, "postAuthPromptFrequency": str},
            "verificationMethod": {
                "type": _WORDS({"ASSURANCE", "AUTH_METHOD_CHAIN"}), "factorMode": _WORDS({"1FA", "2FA"}),
                "reauthenticateIn": str, "inactivityPeriod": str, "constraints": [CONSTRAINT], "chains": list,
            },
        }},
    },
    "OKTA_SIGN_ON": {
        **_RULE, "conditions": _SIGN_ON_CONDITIONS,
        "actions": {"signon": {
            "access": _WORDS({"ALLOW", "DENY", "CHALLENGE"}), "requireFactor": bool,
            "primaryFactor": _WORDS({"PASSWORD_IDP", "PASSWORD_IDP_ANY_FACTOR"}),
            "rememberDeviceByDefault": bool, "factorPromptMode": _WORDS({"ALWAYS", "DEVICE", "SESSION"}),
            "factorLifetime": int, "challenge": None,
            "session": {
                "usePersistentCookie": bool, "maxSessionIdleMinutes": int, "maxSessionLifetimeMinutes": int,
            },
        }},
    },
    "PASSWORD": {
        **_RULE, "conditions": {"people": PEOPLE, "network": NETWORK},
        "actions": {
            "passwordChange": {"access": _ACCESS}, "selfServiceUnlock": {"access": _ACCESS, "type": None},
            "selfServicePasswordReset": {"access": _ACCESS, "type": None, "requirement": {
                "accessControl": _WORDS({"LEGACY", "AUTH_POLICY"}),
                "primary": {
                    "methods": [_WORDS({"otp", "push", "sms", "email", "voice"})],
                    "methodConstraints": [{"method": str, "allowedAuthenticators": [{"key": str, "id": str}]}],
                },
                "stepUp": {"required": bool, "methods": [_WORDS({"security_question"})]},
            }},
        },
    },
    "MFA_ENROLL": {
        **_RULE, "conditions": {"people": PEOPLE, "network": NETWORK, "app": None},
        "actions": {"enroll": {"self": _WORDS({"LOGIN", "CHALLENGE", "NEVER"})}},
    },
}  # fmt: skip
OTHER_RULE: Shape = {**_RULE, "conditions": dict, "actions": dict}

_POLICY: Mapping[str, Shape] = {
    **_RULE, "description": str, "conditions": {"people": PEOPLE, "authProvider": {
        "provider": _WORDS({"OKTA", "ACTIVE_DIRECTORY", "LDAP", "ANY"}), "include": _NAMES,
    }},
}  # fmt: skip
POLICIES: Mapping[str, Shape] = {
    "MFA_ENROLL": {
        **_POLICY,
        "settings": {
            "type": _WORDS({"AUTHENTICATORS", "FACTORS"}), "factors": dict,
            "authenticators": [{
                "key": str, "id": str, "constraints": {"aaguidGroups": _NAMES},
                "enroll": {"self": _WORDS({"NOT_ALLOWED", "OPTIONAL", "REQUIRED"}), "gracePeriod": dict},
            }],
        },
    },
    "PASSWORD": {**_POLICY, "settings": {
        "password": dict, "recovery": {"factors": dict}, "delegation": {"options": {"skipUnlock": bool}},
    }},
    "OKTA_SIGN_ON": {**_POLICY, "settings": dict},
    "ACCESS_POLICY": {**_POLICY, "conditions": dict},
    "IDP_DISCOVERY": {**_POLICY, "settings": dict},
    "PROFILE_ENROLLMENT": {**_POLICY, "settings": dict},
    "POST_AUTH_SESSION": {**_POLICY, "settings": dict},
    "ENTITY_RISK": {**_POLICY, "settings": dict},
}  # fmt: skip


def fit(value: Any, shape: Shape, at: str = "") -> None:
    """
    Hold a JSON value against a shape; null fits everywhere.

    Raises:
        OktaError: 400, names the first member that the shape does not have or that is of another kind.
    """
    if value is None or shape is None:
        return
    if isinstance(shape, Mapping):
        _fit_object(value, shape, at)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise malformed(f"{at}: a list is expected")
        for index, member in enumerate(value):
            fit(member, shape[0], f"{at}[{index}]")
    elif isinstance(shape, frozenset):
        if value not in shape:
            raise malformed(f"{at}: must be one of {', '.join(sorted(shape))}")
    elif not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        raise malformed(f"{at}: {shape.__name__} is expected")


def _fit_object(value: Any, shape: Mapping[str, Shape], at: str) -> None:
    if not isinstance(value, dict):
        raise malformed(f"{at or 'body'}: an object is expected")
    for name, member in value.items():
        where = f"{at}.{name}" if at else name
        if name not in shape:
            raise malformed(f"{where}: unrecognised field")
        fit(member, shape[name], where)
