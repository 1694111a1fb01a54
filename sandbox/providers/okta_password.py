"""Without this file the provider would know no password policy: each setting and its place in the body."""

from collections.abc import Iterator
from typing import Any

from sandbox.providers.fields import Field, Kind, Problem
from sandbox.providers.okta_policies import POLICY, Policy
from sandbox.providers.values import Json

_ON_OR_OFF = ("ACTIVE", "INACTIVE")
_EXCLUDED = {"passwordExcludeFirstName": "firstName", "passwordExcludeLastName": "lastName"}
_CHANNELS = "settings.password.lockout.userLockoutNotificationChannels"
_BREACHED = "settings.password.breachedProtection"

# Property → (its place in the policy, kind, the official provider's default).
_PLACES: dict[str, tuple[str, Kind, Any]] = {
    "authProvider": ("conditions.authProvider.provider", Kind.TEXT, "OKTA"),
    "passwordMinLength": ("settings.password.complexity.minLength", Kind.WHOLE, 8),
    "passwordMinLowercase": ("settings.password.complexity.minLowerCase", Kind.WHOLE, 1),
    "passwordMinUppercase": ("settings.password.complexity.minUpperCase", Kind.WHOLE, 1),
    "passwordMinNumber": ("settings.password.complexity.minNumber", Kind.WHOLE, 1),
    "passwordMinSymbol": ("settings.password.complexity.minSymbol", Kind.WHOLE, None),
    "passwordExcludeUsername": ("settings.password.complexity.excludeUsername", Kind.FLAG, None),
    "passwordDictionaryLookup": ("settings.password.complexity.dictionary.common.exclude", Kind.FLAG, None),
    "passwordMaxAgeDays": ("settings.password.age.maxAgeDays", Kind.WHOLE, None),
    "passwordExpireWarnDays": ("settings.password.age.expireWarnDays", Kind.WHOLE, None),
    "passwordMinAgeMinutes": ("settings.password.age.minAgeMinutes", Kind.WHOLE, None),
    "passwordHistoryCount": ("settings.password.age.historyCount", Kind.WHOLE, None),
    "passwordMaxLockoutAttempts": ("settings.password.lockout.maxAttempts", Kind.WHOLE, 10),
    "passwordAutoUnlockMinutes": ("settings.password.lockout.autoUnlockMinutes", Kind.WHOLE, None),
    "passwordShowLockoutFailures": ("settings.password.lockout.showLockoutFailures", Kind.FLAG, None),
    "emailRecovery": ("settings.recovery.factors.okta_email.status", Kind.TEXT, "ACTIVE"),
    "recoveryEmailToken": (
        "settings.recovery.factors.okta_email.properties.recoveryToken.tokenLifetimeMinutes",
        Kind.WHOLE,
        60,
    ),
    "smsRecovery": ("settings.recovery.factors.okta_sms.status", Kind.TEXT, "INACTIVE"),
    "callRecovery": ("settings.recovery.factors.okta_call.status", Kind.TEXT, "INACTIVE"),
    "questionRecovery": ("settings.recovery.factors.recovery_question.status", Kind.TEXT, "ACTIVE"),
    "questionMinLength": (
        "settings.recovery.factors.recovery_question.properties.complexity.minLength",
        Kind.WHOLE,
        4,
    ),
    "skipUnlock": ("settings.delegation.options.skipUnlock", Kind.FLAG, None),
}
_ALLOWED = {
    "authProvider": ("OKTA", "ACTIVE_DIRECTORY", "LDAP"),
    **dict.fromkeys(("emailRecovery", "smsRecovery", "callRecovery", "questionRecovery"), _ON_OR_OFF),
}
_BREACH_PLACES = {
    "breachedPasswordExpireAfterDays": (f"{_BREACHED}.expireAfterDays", Kind.WHOLE),
    "breachedPasswordLogoutEnabled": (f"{_BREACHED}.logoutEnabled", Kind.FLAG),
    "breachedPasswordDelegatedWorkflowId": (f"{_BREACHED}.delegatedWorkflowId", Kind.TEXT),
}
_NOTHING = {Kind.WHOLE: 0, Kind.FLAG: False, Kind.TEXT: ""}


def _put(body: Json, place: str, value: Any) -> None:
    *parents, last = place.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[last] = value


def _at(found: Json, place: str) -> Any:
    value: Any = found
    for step in place.split("."):
        value = (value or {}).get(step)
    return value


def _body(news: Json) -> Json:
    # `system` is what the vendor's SDK adds to every body of this type.
    body: Json = {"type": "PASSWORD", "system": False}
    for name, (place, kind, _default) in _PLACES.items():
        _put(body, place, news.get(name, _NOTHING[kind]))
    _put(body, _CHANNELS, sorted(news.get("passwordLockoutNotificationChannels") or []))
    if excluded := [attribute for name, attribute in _EXCLUDED.items() if news.get(name)]:
        _put(body, "settings.password.complexity.excludeAttributes", excluded)
    if news.get("breachedPasswordLogoutEnabled") or news.get("breachedPasswordDelegatedWorkflowId"):
        for name, (place, kind) in _BREACH_PLACES.items():
            if kind is not Kind.TEXT or news.get(name):
                _put(body, place, news.get(name, _NOTHING[kind]))
    return body


def _outputs(found: Json, _known: Json) -> Json:
    outputs = {name: _at(found, place) for name, (place, _kind, _default) in _PLACES.items()}
    outputs |= {name: _at(found, place) for name, (place, _kind) in _BREACH_PLACES.items()}
    excluded = _at(found, "settings.password.complexity.excludeAttributes") or []
    outputs |= {name: attribute in excluded for name, attribute in _EXCLUDED.items()}
    outputs["passwordLockoutNotificationChannels"] = _at(found, _CHANNELS) or []
    return {name: value for name, value in outputs.items() if value is not None}


def _problems(news: Json) -> Iterator[Problem]:
    days = news.get("breachedPasswordExpireAfterDays")
    if isinstance(days, int) and not 0 <= days <= 10:  # noqa: PLR2004 - the vendor's own bounds
        yield Problem("breachedPasswordExpireAfterDays", "must be from 0 through 10")


PASSWORD = Policy(
    tok="okta:policy/password:Password",
    noun="password policy",
    fields={
        **POLICY,
        **{
            name: Field(kind, default=default, one_of=_ALLOWED.get(name, ()))
            for name, (_place, kind, default) in _PLACES.items()
        },
        **{name: Field(kind) for name, (_place, kind) in _BREACH_PLACES.items()},
        **dict.fromkeys(_EXCLUDED, Field(Kind.FLAG)),
        "passwordLockoutNotificationChannels": Field(Kind.SET),
    },
    body=_body,
    settings=_outputs,
    check=_problems,
)
