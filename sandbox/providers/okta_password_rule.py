"""Without this file the provider could not say by which methods a password is recovered."""

from collections.abc import Iterator
from typing import Any

from sandbox.providers.fields import Field, Kind, Problem, Unset
from sandbox.providers.okta_rules import ACCESS, RULE, Rule
from sandbox.providers.okta_shared import network_condition, people_condition, sayings
from sandbox.providers.values import Json

_METHODS = ("otp", "push", "sms", "email", "voice")
_REQUIREMENT = Field(
    Kind.OBJECT,
    # The server fills one in where the program has none; that is no difference.
    unset=Unset.UNSENT,
    fields={
        "primaryMethods": Field(Kind.SET, one_of=_METHODS),
        "methodConstraints": Field(
            Kind.OBJECTS,
            fields={
                "method": Field(Kind.TEXT, required=True),
                "allowedAuthenticators": Field(Kind.SET),
            },
        ),
        "stepUpEnabled": Field(Kind.FLAG),
        "stepUpMethods": Field(Kind.SET, one_of=("security_question",)),
    },
)


def _body(news: Json) -> Json:
    reset: Json = {"access": news["passwordReset"]}
    if control := news.get("passwordResetAccessControl"):
        reset["requirement"] = {
            "accessControl": control,
            **_requirement(news.get("passwordResetRequirement") or {}),
        }
    people = people_condition(news)
    return {
        "type": "PASSWORD",
        "system": False,
        "name": news["name"],
        "status": news["status"],
        **sayings(priority=news.get("priority")),
        "conditions": {"network": network_condition(news), **sayings(people=people)},
        "actions": {
            "passwordChange": {"access": news["passwordChange"]},
            "selfServicePasswordReset": reset,
            "selfServiceUnlock": {"access": news["passwordUnlock"]},
        },
    }


def _requirement(wanted: Json) -> Json:
    constraints = [
        {
            "method": one["method"],
            **sayings(allowedAuthenticators=[{"key": key} for key in sorted(one.get("allowedAuthenticators") or [])]),
        }
        for one in wanted.get("methodConstraints") or []
    ]
    methods = sorted(wanted.get("primaryMethods") or [])
    # The vendor wants both parts whenever there is a requirement, and constraints only beside methods.
    primary = {"methods": methods, **sayings(methodConstraints=constraints if methods else None)}
    step_up = {
        "required": wanted.get("stepUpEnabled", False),
        **sayings(methods=sorted(wanted.get("stepUpMethods") or [])),
    }
    return {"primary": primary, "stepUp": step_up}


def _outputs(found: Json, _known: Json) -> Json:
    actions = found["actions"]
    reset = actions.get("selfServicePasswordReset") or {}
    requirement = reset.get("requirement") or {}
    primary, step_up = requirement.get("primary") or {}, requirement.get("stepUp") or {}
    shown: dict[str, Any] = {
        "primaryMethods": primary.get("methods") or [],
        "methodConstraints": [
            {
                "method": one["method"],
                "allowedAuthenticators": [each["key"] for each in one.get("allowedAuthenticators") or []],
            }
            for one in primary.get("methodConstraints") or []
        ],
        "stepUpEnabled": step_up.get("required", False),
        "stepUpMethods": step_up.get("methods") or [],
    }
    return sayings(
        passwordChange=(actions.get("passwordChange") or {}).get("access"),
        passwordReset=reset.get("access"),
        passwordUnlock=(actions.get("selfServiceUnlock") or {}).get("access"),
        passwordResetAccessControl=requirement.get("accessControl"),
        passwordResetRequirement=shown if any(shown.values()) else None,
    )


def _problems(news: Json) -> Iterator[Problem]:
    if news.get("passwordResetRequirement") and not news.get("passwordResetAccessControl"):
        yield Problem(
            "passwordResetRequirement",
            "is sent only with passwordResetAccessControl; alone the official provider drops it in silence",
        )


RULE_PASSWORD = Rule(
    tok="okta:policy/rulePassword:RulePassword",
    noun="password policy rule",
    fields={
        **RULE,
        "networkConnection": Field(Kind.TEXT, default="ANYWHERE", one_of=("ANYWHERE", "ZONE")),
        "usersIncluded": Field(Kind.SET),
        "groupsIncluded": Field(Kind.SET),
        "groupsExcluded": Field(Kind.SET),
        "passwordChange": ACCESS,
        "passwordReset": ACCESS,
        "passwordUnlock": Field(Kind.TEXT, default="DENY", one_of=("ALLOW", "DENY")),
        "passwordResetAccessControl": Field(Kind.TEXT, one_of=("LEGACY", "AUTH_POLICY"), unset=Unset.UNSENT),
        "passwordResetRequirement": _REQUIREMENT,
    },
    body=_body,
    outputs=_outputs,
    check=_problems,
)
