"""Without this file the provider could not say how long a session lasts and what opens it."""

from collections.abc import Iterator

from sandbox.providers.fields import Field, Kind, Problem, Unset
from sandbox.providers.okta_rules import ACCESS, RULE, Rule, base_body, conditions_body
from sandbox.providers.okta_shared import network_problems, sayings
from sandbox.providers.values import Json


def _signon_body(news: Json) -> Json:
    idp = sayings(provider=news.get("identityProvider"), idpIds=sorted(news.get("identityProviderIds") or []))
    conditions = conditions_body(
        news,
        identityProvider=idp,
        risk=sayings(behaviors=sorted(news.get("behaviors") or [])),
        riskScore=sayings(level=news.get("riskLevel")),
    )
    signon = {
        "access": news["access"],
        "rememberDeviceByDefault": news.get("mfaRememberDevice", False),
        "requireFactor": news.get("mfaRequired", False),
        "session": {
            "maxSessionIdleMinutes": news["sessionIdle"],
            "maxSessionLifetimeMinutes": news["sessionLifetime"],
            "usePersistentCookie": news.get("sessionPersistent", False),
        },
        **sayings(
            factorLifetime=news.get("mfaLifetime"),
            factorPromptMode=news.get("mfaPrompt"),
            primaryFactor=news.get("primaryFactor"),
        ),
    }
    return {
        "type": "SIGN_ON",
        **base_body(news),
        "conditions": {"authContext": {"authType": news["authtype"]}, **conditions},
        "actions": {"signon": signon},
    }


def _signon_outputs(found: Json, known: Json) -> Json:
    conditions, signon = found["conditions"], found["actions"]["signon"]
    session = signon.get("session") or {}
    idp = conditions.get("identityProvider") or {}
    outputs = {
        "authtype": (conditions.get("authContext") or {}).get("authType", "ANY"),
        "access": signon["access"],
        "mfaRequired": signon.get("requireFactor", False),
        "mfaRememberDevice": signon.get("rememberDeviceByDefault", False),
        "mfaLifetime": signon.get("factorLifetime") or 0,
        "mfaPrompt": signon.get("factorPromptMode"),
        "primaryFactor": signon.get("primaryFactor"),
        "sessionIdle": session.get("maxSessionIdleMinutes"),
        "sessionLifetime": session.get("maxSessionLifetimeMinutes"),
        "sessionPersistent": session.get("usePersistentCookie", False),
        "identityProvider": idp.get("provider", "ANY"),
        "identityProviderIds": idp.get("idpIds") or [],
        "behaviors": (conditions.get("risk") or {}).get("behaviors") or [],
    }
    if known.get("riskLevel"):
        # The official provider follows the risk score only where the program names one.
        outputs["riskLevel"] = (conditions.get("riskScore") or {}).get("level")
    return {name: value for name, value in outputs.items() if value is not None}


def _signon_problems(news: Json) -> Iterator[Problem]:
    yield from network_problems(news)
    if news.get("mfaRememberDevice") is True and news.get("mfaPrompt") in ("SESSION", "ALWAYS"):
        yield Problem("mfaRememberDevice", "can only be set when mfaPrompt is DEVICE")
    if news.get("identityProvider") == "SPECIFIC_IDP" and not news.get("identityProviderIds"):
        yield Problem("identityProviderIds", "needs at least one id when identityProvider is SPECIFIC_IDP")


RULE_SIGNON = Rule(
    tok="okta:policy/ruleSignon:RuleSignon",
    noun="sign-on policy rule",
    fields={
        **RULE,
        "authtype": Field(Kind.TEXT, default="ANY", one_of=("ANY", "RADIUS", "LDAP_INTERFACE")),
        "access": ACCESS,
        "mfaRequired": Field(Kind.FLAG),
        "mfaPrompt": Field(Kind.TEXT, one_of=("DEVICE", "SESSION", "ALWAYS")),
        "mfaRememberDevice": Field(Kind.FLAG),
        "mfaLifetime": Field(Kind.WHOLE),
        "sessionIdle": Field(Kind.WHOLE, default=120),
        "sessionLifetime": Field(Kind.WHOLE, default=120),
        "sessionPersistent": Field(Kind.FLAG),
        "riskLevel": Field(Kind.TEXT, one_of=("ANY", "LOW", "MEDIUM", "HIGH", ""), unset=Unset.UNSENT),
        "riscLevel": Field(Kind.TEXT, not_modelled="deprecated, use riskLevel"),
        "behaviors": Field(Kind.SET),
        "primaryFactor": Field(Kind.TEXT, one_of=("PASSWORD_IDP_ANY_FACTOR", "PASSWORD_IDP"), unset=Unset.SERVERS),
        "factorSequences": Field(Kind.OBJECTS, not_modelled="Classic Engine organisations only"),
        "identityProvider": Field(Kind.TEXT, default="ANY", one_of=("ANY", "OKTA", "SPECIFIC_IDP")),
        "identityProviderIds": Field(Kind.SET),
    },
    body=_signon_body,
    outputs=_signon_outputs,
    check=_signon_problems,
    reads_policy=True,
)
