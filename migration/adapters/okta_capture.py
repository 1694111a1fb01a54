"""Without this file a baseline would be typed by hand: what decides today for the waves' people, read from Okta."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from migration.adapters.okta_client import OktaClient
from migration.baseline import (
    AccountBaseline,
    AppBaseline,
    Baseline,
    BaselineNotSupported,
    OwnPolicy,
    Vendor,
    always_applies,
    applies_to_everyone,
    deciding_rules,
    may_match,
)

_ACCOUNT_MANAGEMENT = "END_USER_ACCOUNT_MANAGEMENT"
_OKTA = "OKTA"
_CATCH_ALL = 99  # the catch-all stays last whatever is inserted
# What changes without deciding anything, or is the vendor's own bookkeeping.
_NOISE = frozenset({"_links", "_embedded", "created", "lastUpdated", "priority", "system"})
_OWN_TYPES = {"enrolment": "MFA_ENROLL", "session": "OKTA_SIGN_ON", "password": "PASSWORD"}


def capture(
    client: OktaClient,
    stack: str,
    *,
    cohorts: Mapping[str, frozenset[str]],
    ours: frozenset[str],
    at: datetime,
) -> Baseline:
    """
    Read what decides today for the people of *cohorts*.

    Args:
        client: The tenant.
        stack: The stack that the baseline is for.
        cohorts: Cohort → account ids of everyone who will be in a set of ours.
        ours: Ids of policies and rules of ours, which are no baseline.
        at: Now.

    Raises:
        BaselineNotSupported: A policy other than the default one decides for some of these people, or a rule
            singles some of them out.
    """
    people = frozenset().union(*cohorts.values()) if cohorts else frozenset()
    _refuse_other_directories(client, people)
    groups = _Groups(client, people)
    own = {name: _own_policy(client, kind, groups, ours, needed_by=name) for name, kind in _OWN_TYPES.items()}
    access = [
        policy for policy in client.pages("/api/v1/policies", {"type": "ACCESS_POLICY"}) if policy["id"] not in ours
    ]
    account = next((policy for policy in access if _is_account_management(policy)), None)
    if account is None:
        raise BaselineNotSupported(
            "The tenant has no account-management policy",
            context="ACCESS_POLICY",
            hint="is it on Identity Engine? offramp needs it to close recovery and enrolment",
        )
    account_rules = _rules(client, account, ours)
    concerning = [
        rule
        for rule in account_rules
        if rule["status"] == "ACTIVE"
        and int(rule["priority"]) == 0
        and (groups.singling_out(rule) or applies_to_everyone(rule, groups.everyone))
    ]
    _refuse_priority_zero(account, concerning)
    return Baseline(
        stack=stack,
        captured_at=at.isoformat(),
        enrolment=own["enrolment"][0],
        session=own["session"][0],
        password=own["password"][0],
        apps=_apps(client, access, groups, ours),
        account_management=AccountBaseline(
            policy_id=account["id"],
            policy_name=account["name"],
            standing=_standing(account_rules),
        ),
        policies_standing={_OWN_TYPES[name]: standing for name, (_, standing) in own.items()},
    )


class _Groups:
    """Which of the tenant's groups hold some of the people; each is read once, and only when a policy names it."""

    def __init__(self, client: OktaClient, people: frozenset[str]) -> None:
        self._client = client
        self._people = people
        self._known: dict[str, bool] = {}
        named = client.pages("/api/v1/groups", {"q": "Everyone"})
        self.everyone = frozenset(group["id"] for group in named if group["type"] == "BUILT_IN")

    def _holds_some(self, group_id: str) -> bool:
        if group_id not in self._known:
            members = self._client.pages(f"/api/v1/groups/{group_id}/users", {"limit": "1000"})
            self._known[group_id] = any(user["id"] in self._people for user in members)
        return self._known[group_id]

    def singling_out(self, policy: Vendor) -> list[str]:
        """Return the groups and accounts in a policy's or rule's people that are some of the people, not everyone."""
        people = (policy.get("conditions") or {}).get("people") or {}
        groups, users = people.get("groups") or {}, people.get("users") or {}
        included = [*(groups.get("include") or []), *(users.get("include") or [])]
        if self.everyone & set(included):
            included = []
        excluded = [*(groups.get("exclude") or []), *(users.get("exclude") or [])]
        accounts = {*(users.get("include") or []), *(users.get("exclude") or [])}
        return [
            named
            for named in (*included, *excluded)
            if (named in self._people if named in accounts else self._holds_some(named))
        ]

    def may_match(self, rule: Vendor) -> bool:
        """Say whether a rule is for the people; BaselineNotSupported where it is for some of them only."""
        return may_match(rule, some=frozenset(self.singling_out(rule)), everyone=self.everyone)


def _own_policy(
    client: OktaClient, kind: str, groups: _Groups, ours: frozenset[str], *, needed_by: str
) -> tuple[OwnPolicy, tuple[tuple[str, int], ...]]:
    policies = [policy for policy in client.pages("/api/v1/policies", {"type": kind}) if policy["id"] not in ours]
    policies.sort(key=lambda policy: int(policy["priority"]))
    deciding = None
    for policy in policies:
        if policy["status"] != "ACTIVE" or _provider(policy) != _OKTA:
            continue
        if groups.singling_out(policy):
            raise BaselineNotSupported(
                f"A {needed_by} policy for a group decides for some people of the waves, so they differ",
                context=f"policy {policy['name']} ({policy['id']})",
                hint="plan its members in waves of their own, or take them out of its groups",
            )
        if applies_to_everyone(policy, groups.everyone):
            deciding = policy
            break
    if deciding is None:
        raise BaselineNotSupported(f"No {needed_by} policy is everyone's", context=kind, hint="offramp doctor")
    rules = sorted(_rules(client, deciding, ours), key=lambda rule: int(rule["priority"]))
    active = [rule for rule in rules if rule["status"] == "ACTIVE" and groups.may_match(rule)]
    if not active or not always_applies(active[0]):
        raise BaselineNotSupported(
            f"The {needed_by} policy that decides today has no first rule that always applies",
            context=f"policy {deciding['name']} ({deciding['id']})",
            hint="put a rule that applies anywhere and to everyone first",
        )
    return OwnPolicy(policy=_plain(deciding), rule=_plain(active[0])), _standing(policies)


def _provider(policy: Vendor) -> str:
    return str(((policy.get("conditions") or {}).get("authProvider") or {}).get("provider", _OKTA))


def _refuse_other_directories(client: OktaClient, people: frozenset[str]) -> None:
    foreign = [
        user["id"]
        for user in client.pages("/api/v1/users", {"limit": "200"})
        if user["id"] in people and user["credentials"]["provider"]["type"] != _OKTA
    ]
    if foreign:
        raise BaselineNotSupported(
            f"{len(foreign)} people of the waves have their password in another directory",
            context="password policies match by authentication provider",
            hint="plan them in a cohort of their own until their provider has a password policy in the sets",
        )


def _apps(
    client: OktaClient, access: Sequence[Vendor], groups: _Groups, ours: frozenset[str]
) -> tuple[AppBaseline, ...]:
    covered: dict[str, list[str]] = {}
    for app in client.pages("/api/v1/apps", {"limit": "200"}):
        link = (app.get("_links", {}).get("accessPolicy") or {}).get("href")
        if link and app["status"] == "ACTIVE":
            covered.setdefault(link.rsplit("/", 1)[-1], []).append(app["label"])
    found: list[AppBaseline] = []
    for policy in access:
        labels = covered.get(policy["id"])
        if not labels or _is_account_management(policy):
            continue
        rules = _rules(client, policy, ours)
        singled = frozenset(group for rule in rules for group in groups.singling_out(rule))
        deciding = deciding_rules(rules, some=singled, everyone=groups.everyone)
        _refuse_priority_zero(policy, deciding)
        found.append(
            AppBaseline(
                key=_key(policy, taken={app.key for app in found}),
                policy_id=policy["id"],
                policy_name=policy["name"],
                apps=tuple(sorted(labels)),
                rules=tuple(_plain(rule) for rule in deciding),
                standing=_standing(rules),
            )
        )
    return tuple(sorted(found, key=lambda app: app.key))


def _refuse_priority_zero(policy: Vendor, deciding: Sequence[Vendor]) -> None:
    first = next((rule for rule in deciding if int(rule["priority"]) == 0), None)
    if first is not None:
        raise BaselineNotSupported(
            "A rule of yours stands at priority 0, above which the provider cannot put ours",
            context=f"policy {policy['name']}, rule {first['name']} ({first['id']})",
            hint="move it to priority 1 in the console, then capture again",
        )


def _key(policy: Vendor, *, taken: set[str]) -> str:
    """Return a readable key, and one with the policy's id where the name gives none or another policy's."""
    key = re.sub(r"[^a-z0-9]+", "-", policy["name"].lower()).strip("-")
    return key if key and key not in taken else f"{key or 'app'}-{policy['id']}"


def _is_account_management(policy: Vendor) -> bool:
    return bool((policy.get("_embedded") or {}).get("resourceType") == _ACCOUNT_MANAGEMENT)


def _rules(client: OktaClient, policy: Vendor, ours: frozenset[str]) -> list[Vendor]:
    rules = client.pages(f"/api/v1/policies/{policy['id']}/rules")
    return [rule for rule in rules if rule["id"] not in ours]


def _standing(objects: Sequence[Vendor]) -> tuple[tuple[str, int], ...]:
    movable = [item for item in objects if not (item.get("system") and int(item["priority"]) == _CATCH_ALL)]
    return tuple(sorted(((item["id"], int(item["priority"])) for item in movable), key=lambda pair: pair[1]))


def _plain(vendor: Vendor) -> dict[str, Any]:
    return {key: value for key, value in vendor.items() if key not in _NOISE}
