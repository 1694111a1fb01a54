"""Without this file nobody could say what a rule's constraint demands: a proof, or only that a phone is not it."""

import json
from collections.abc import Mapping
from typing import Any

from stacks.policy_pack.declared import UNKNOWN, Declared

Constraint = Mapping[str, Any]

PASSWORD, PHONE = "okta_password", "phone_number"
_NO_PHONE_HAS = ("phishingResistant", "deviceBound", "hardwareProtection")
_PHONE_METHODS = frozenset({"sms", "voice"})
ONE_FACTOR = "1FA"


def constraints(rule: Declared) -> tuple[Constraint, ...] | None:
    """Return what a rule demands, one of them at least; None where it is unknown or in no form that we can judge."""
    if (
        UNKNOWN in rule.listed("constraints")
        or rule.settings.get("chains")
        or rule.settings.get("type") not in (None, "ASSURANCE")
    ):
        return None
    try:
        found: list[Any] = [json.loads(text) for text in rule.listed("constraints")]
    except ValueError:
        return None
    if not all(isinstance(one, dict) and all(isinstance(part, dict) for part in one.values()) for one in found):
        return None
    return tuple(found)


def demands_possession(constraint: Constraint, *, one_factor: bool) -> bool:
    """Say whether a constraint names something to hold; one that names nothing is met by a bare password."""
    possession = constraint.get("possession") or {}
    named = bool(possession.get("authenticationMethods")) and not one_factor
    return possession.get("required") is True or named


def is_password_alone(constraint: Constraint, *, one_factor: bool) -> bool:
    """Say whether a constraint is met by the password and by that only; a security question is known too."""
    knowledge = constraint.get("knowledge") or {}
    types = set(knowledge.get("types") or ())
    keys = {method.get("key") for method in knowledge.get("authenticationMethods") or ()}
    return _is_knowledge_alone(constraint, one_factor=one_factor) and (types == {"password"} or keys == {PASSWORD})


def _is_knowledge_alone(constraint: Constraint, *, one_factor: bool) -> bool:
    knowledge, possession = constraint.get("knowledge") or {}, constraint.get("possession") or {}
    return one_factor and knowledge.get("required") is True and possession.get("required") is not True


def accepts_phone(constraint: Constraint, *, one_factor: bool) -> bool:
    """Say whether a code on a phone could be a part of what meets a constraint."""
    if _is_knowledge_alone(constraint, one_factor=one_factor):
        return False
    possession = constraint.get("possession") or {}
    if any(possession.get(trait) == "REQUIRED" for trait in _NO_PHONE_HAS):
        return False
    if named := possession.get("authenticationMethods"):
        return any(method.get("key") == PHONE for method in named)
    excluded = [one for one in possession.get("excludedAuthenticationMethods") or () if one.get("key") == PHONE]
    return not (
        any(not one.get("method") for one in excluded) or {one.get("method") for one in excluded} >= _PHONE_METHODS
    )
