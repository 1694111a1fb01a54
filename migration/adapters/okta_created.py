"""Without this file an object whose creation was cut short could be made twice: ours, looked for by name."""

from collections.abc import Mapping
from typing import Any, Final

from migration.adapters.okta_client import OktaClient

_GROUP: Final = "okta:group/group:Group"
# Pulumi's type of a policy → the vendor's type in its list.
_POLICIES: Final[Mapping[str, str]] = {
    "okta:policy/mfa:Mfa": "MFA_ENROLL",
    "okta:policy/signon:Signon": "OKTA_SIGN_ON",
    "okta:policy/password:Password": "PASSWORD",
}
_RULES: Final = frozenset(
    {
        "okta:policy/ruleMfa:RuleMfa",
        "okta:policy/ruleSignon:RuleSignon",
        "okta:policy/rulePassword:RulePassword",
        "okta:index/appSignonPolicyRule:AppSignonPolicyRule",
    }
)


def find(client: OktaClient, kind: str, inputs: Mapping[str, Any]) -> str | None:
    """
    Return the id of an object of ours that was being created, or None where the tenant has none.

    Args:
        client: The tenant.
        kind: Pulumi's type token.
        inputs: What it was to be made from; its name is ours alone, and set explicitly.
    """
    name = inputs.get("name")
    if kind == _GROUP:
        groups = client.pages("/api/v1/groups", {"q": str(name), "limit": "200"})
        return next((str(one["id"]) for one in groups if (one.get("profile") or {}).get("name") == name), None)
    if kind in _POLICIES:
        policies = client.pages("/api/v1/policies", {"type": _POLICIES[kind]})
        return next((str(one["id"]) for one in policies if one.get("name") == name), None)
    if kind in _RULES:
        policy_id = inputs.get("policyId") or inputs.get("policyid")
        rules = client.pages(f"/api/v1/policies/{policy_id}/rules")
        return next((str(one["id"]) for one in rules if one.get("name") == name), None)
    return None
