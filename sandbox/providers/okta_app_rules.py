"""Without this file the provider would know no rule of an app sign-on policy, nor of account management."""

import json
import threading
from collections.abc import Iterator
from typing import Any

from sandbox.providers.fields import Field, Kind, Problem, Unset, parsed
from sandbox.providers.okta_rules import RULE, Rule
from sandbox.providers.okta_shared import (
    network_condition,
    network_problems,
    people_condition,
    sayings,
)
from sandbox.providers.values import UNKNOWN, Json

_METHOD = {"key", "id", "method"}
_KNOWLEDGE = {
    *("authenticationMethods", "excludedAuthenticationMethods", "methods", "reauthenticateIn", "types"),
    "required",
}
_POSSESSION = {
    *_KNOWLEDGE,
    *("deviceBound", "hardwareProtection", "phishingResistant", "userPresence", "userVerification"),
    "userVerificationMethods",
}
_CHAIN = {"authenticationMethods", "next", "reauthenticateIn"}
_CHAIN_METHOD = {
    *_METHOD,
    *("hardwareProtection", "phishingResistant", "userVerification", "userVerificationMethods"),
}
_PLATFORM = {
    "type": Field(Kind.TEXT, default="ANY", one_of=("ANY", "DESKTOP", "MOBILE", "OTHER")),
    "osType": Field(
        Kind.TEXT,
        default="ANY",
        one_of=("ANY", "IOS", "ANDROID", "WINDOWS", "MACOS", "OSX", "CHROMEOS", "OTHER"),
    ),
    "osExpression": Field(Kind.TEXT),
}
_STAY = {
    "postAuth": Field(Kind.TEXT, default="NOT_ALLOWED", one_of=("ALLOWED", "NOT_ALLOWED")),
    "postAuthPromptFrequency": Field(Kind.TEXT),
}


def _constraint_problems(path: str, one: Json) -> Iterator[Problem]:
    for factor, known in (("knowledge", _KNOWLEDGE), ("possession", _POSSESSION)):
        if factor not in one:
            continue
        inner = one[factor]
        if not isinstance(inner, dict):
            yield Problem(f"{path}.{factor}", "must be an object")
            continue
        yield from _strangers(f"{path}.{factor}", inner, known)
        for listed in ("authenticationMethods", "excludedAuthenticationMethods"):
            for index, method in enumerate(inner.get(listed) or []):
                yield from _strangers(f"{path}.{factor}.{listed}[{index}]", method, _METHOD)


def _chain_problems(path: str, one: Json) -> Iterator[Problem]:
    yield from _strangers(path, one, _CHAIN)
    for index, method in enumerate(one.get("authenticationMethods") or []):
        yield from _strangers(f"{path}.authenticationMethods[{index}]", method, _CHAIN_METHOD)
    for index, following in enumerate(one.get("next") or []):
        yield from _chain_problems(f"{path}.next[{index}]", following)


def _strangers(path: str, value: Any, known: set[str]) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, "must be an object")
        return
    for name in sorted(set(value) - known):
        yield Problem(f"{path}.{name}", "is a key that the official provider drops from the request in silence")


def _problems(news: Json) -> Iterator[Problem]:
    yield from network_problems(news)
    if news.get("deviceIsRegistered") is False:
        yield Problem("deviceIsRegistered", "can either be true or not be set")
    if news.get("deviceIsManaged") is not None and news.get("deviceIsRegistered") is None:
        yield Problem("deviceIsManaged", "needs deviceIsRegistered = true beside it")
    chains = news.get("chains")
    if chains and news.get("type") not in ("AUTH_METHOD_CHAIN", UNKNOWN):
        yield Problem("chains", "is only for type AUTH_METHOD_CHAIN")
    for name, look in (("constraints", _constraint_problems), ("chains", _chain_problems)):
        listed = news.get(name)
        for index, text in enumerate(listed if isinstance(listed, list) else []):
            if text != UNKNOWN:
                yield from look(f"{name}[{index}]", parsed(text))
    if news.get("reAuthenticationFrequency") not in (None, "PT2H", UNKNOWN) and _chains_reauthenticate(news):
        yield Problem("reAuthenticationFrequency", "cannot be set together with reauthenticateIn in chains")


def _chains_reauthenticate(news: Json) -> bool:
    chains = news.get("chains")
    return isinstance(chains, list) and any((parsed(one) or {}).get("reauthenticateIn") for one in chains)


def _unseen(news: Json) -> tuple[str, ...]:
    return ("reAuthenticationFrequency",) if _chains_reauthenticate(news) else ()


def _constraint(text: str) -> Json:
    # The vendor's SDK always writes `required` and leaves out whatever is empty.
    one: Json = parsed(text)
    return {
        name: {"required": False, **sayings(**value)} if name in ("knowledge", "possession") else value
        for name, value in one.items()
    }


def _body(news: Json) -> Json:
    frequency = "" if _chains_reauthenticate(news) else news.get("reAuthenticationFrequency")
    method = sayings(
        type=news["type"],
        factorMode=news["factorMode"],
        reauthenticateIn=frequency,
        inactivityPeriod=news.get("inactivityPeriod"),
        constraints=[_constraint(one) for one in news.get("constraints") or []],
        chains=[parsed(one) for one in news.get("chains") or []],
    )
    stay = news.get("keepMeSignedIn") or {}
    sign_on = {
        "access": news["access"],
        "verificationMethod": method,
        **sayings(keepMeSignedIn=sayings(**stay)),
    }
    conditions = {
        "network": network_condition(news),
        "platform": sayings(include=[_platform(one) for one in news.get("platformIncludes") or []]),
        **sayings(
            people=people_condition(news),
            device=_device(news),
            elCondition=sayings(condition=news.get("customExpression")),
            riskScore=sayings(level=news.get("riskScore")),
            userType=sayings(
                include=sorted(news.get("userTypesIncluded") or []),
                exclude=sorted(news.get("userTypesExcluded") or []),
            ),
        ),
    }
    return {
        "type": "ACCESS_POLICY",
        "name": news["name"],
        "priority": news.get("priority", 0),
        "conditions": conditions,
        "actions": {"appSignOn": sign_on},
    }


def _device(news: Json) -> Json:
    registered = {"registered": True, "managed": news.get("deviceIsManaged", False)}
    assurance = sayings(include=sorted(news.get("deviceAssurancesIncluded") or []))
    return {**(registered if news.get("deviceIsRegistered") else {}), **sayings(assurance=assurance)}


def _platform(one: Json) -> Json:
    expression = one.get("osExpression", "") if one.get("osType") == "OTHER" else None
    return {
        "type": one.get("type", "ANY"),
        "os": {"type": one.get("osType", "ANY"), "expression": expression},
    }


def _outputs(found: Json, _known: Json) -> Json:
    conditions, sign_on = found.get("conditions") or {}, found["actions"].get("appSignOn") or {}
    method = sign_on.get("verificationMethod") or {}
    device, types = conditions.get("device") or {}, conditions.get("userType") or {}
    stay = sign_on.get("keepMeSignedIn")
    platforms = (conditions.get("platform") or {}).get("include") or []
    outputs = {
        "system": found.get("system", False),
        "access": sign_on.get("access"),
        "type": method.get("type"),
        "factorMode": method.get("factorMode") or "2FA",
        "reAuthenticationFrequency": method.get("reauthenticateIn"),
        "inactivityPeriod": method.get("inactivityPeriod"),
        "constraints": _texts(method.get("constraints")),
        "chains": _texts(method.get("chains")),
        "keepMeSignedIn": sayings(**stay) if stay else None,
        "customExpression": (conditions.get("elCondition") or {}).get("condition"),
        "riskScore": (conditions.get("riskScore") or {}).get("level"),
        "deviceIsRegistered": device.get("registered"),
        "deviceIsManaged": device.get("managed"),
        "deviceAssurancesIncluded": (device.get("assurance") or {}).get("include") or [],
        "platformIncludes": [_platform_output(one) for one in platforms],
        "userTypesIncluded": types.get("include") or [],
        "userTypesExcluded": types.get("exclude") or [],
    }
    return {name: value for name, value in outputs.items() if value is not None}


def _texts(shown: Any) -> list[str]:
    return [json.dumps(one, sort_keys=True, separators=(",", ":")) for one in shown or []]


def _platform_output(one: Json) -> Json:
    system = one.get("os") or {}
    outputs = {
        "type": one.get("type"),
        "osType": system.get("type"),
        "osExpression": system.get("expression"),
    }
    return {name: value for name, value in outputs.items() if value is not None}


APP_RULE = Rule(
    tok="okta:index/appSignonPolicyRule:AppSignonPolicyRule",
    noun="app sign-on policy rule",
    fields={
        **RULE,
        "name": Field(Kind.TEXT, required=True),
        "usersIncluded": Field(Kind.SET),
        "groupsIncluded": Field(Kind.SET),
        "groupsExcluded": Field(Kind.SET),
        "userTypesIncluded": Field(Kind.SET),
        "userTypesExcluded": Field(Kind.SET),
        "access": Field(Kind.TEXT, default="ALLOW", one_of=("ALLOW", "DENY")),
        "type": Field(Kind.TEXT, default="ASSURANCE", one_of=("ASSURANCE", "AUTH_METHOD_CHAIN")),
        "factorMode": Field(Kind.TEXT, default="2FA", one_of=("1FA", "2FA")),
        "reAuthenticationFrequency": Field(Kind.TEXT, default="PT2H"),
        "inactivityPeriod": Field(Kind.TEXT),
        "constraints": Field(Kind.JSONS),
        "chains": Field(Kind.JSONS),
        "customExpression": Field(Kind.TEXT),
        "deviceIsRegistered": Field(Kind.FLAG),
        "deviceIsManaged": Field(Kind.FLAG),
        "deviceAssurancesIncluded": Field(Kind.SET),
        "platformIncludes": Field(Kind.OBJECT_SET, fields=_PLATFORM),
        "riskScore": Field(Kind.TEXT, one_of=("ANY", "LOW", "MEDIUM", "HIGH", ""), unset=Unset.SERVERS),
        "keepMeSignedIn": Field(Kind.OBJECT, fields=_STAY, unset=Unset.SERVERS),
        "office365ClientIncludes": Field(Kind.SET, not_modelled="its place in the request is not public"),
    },
    body=_body,
    outputs=_outputs,
    check=_problems,
    unseen=_unseen,
    is_app_rule=True,
    turns=threading.Lock(),
    computed=("system",),
)
