"""Without this file an own policy could hold people and then let them fall through, or hold everyone."""

from collections.abc import Iterator, Mapping

from stacks.policy_pack.declared import GROUP, OWN_POLICIES, UNKNOWN, Declared, Stack

_NO_CONDITION: tuple[object, ...] = (None, "", (), {}, "ANY", "ANYWHERE", UNKNOWN)
# Every setting of a rule of an own policy that narrows whom, where or when it applies.
CONDITIONS = (
    *("networkConnection", "networkIncludes", "networkExcludes"),
    *("usersIncluded", "usersExcluded", "groupsIncluded", "groupsExcluded"),
    *("authtype", "identityProvider", "identityProviderIds", "behaviors", "riskLevel", "riscLevel"),
    *("appIncludes", "appExcludes"),
)


def conditions(rule: Declared) -> tuple[str, ...]:
    """Name the conditions of a rule; a rule without any always applies."""
    return tuple(name for name in CONDITIONS if rule.settings.get(name) not in _NO_CONDITION)


def falls_through(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield (URN, objection) of each active policy of ours that has no active rule which always applies."""
    for policy in stack.of_kind(*OWN_POLICIES):
        if not policy.active:
            continue
        rules = [rule for rule in stack.of_kind(OWN_POLICIES[policy.kind]) if stack.refers(rule, "policyId", policy)]
        if any(rule.active and not conditions(rule) for rule in rules):
            continue
        yield (
            policy.urn,
            policy.objection(
                f"it is ACTIVE and no rule of it always applies ({_why(rules)}), so people fall to the next policy",
                "declare a rule of it that is ACTIVE, ANYWHERE, for everybody, or leave the policy INACTIVE",
            ),
        )


def _why(rules: list[Declared]) -> str:
    if not rules:
        return "it has no rule"
    told: Mapping[str, str] = {
        rule.name: f"needs {', '.join(conditions(rule))}" if rule.active else "is INACTIVE" for rule in rules
    }
    return "; ".join(f"{name} {why}" for name, why in told.items())


def without_one_group(policy: Declared) -> Iterator[str]:
    """Say why an own policy does not hold exactly one group; without one the vendor gives it to Everyone."""
    if policy.kind in OWN_POLICIES and (count := len(policy.listed("groupsIncluded"))) != 1:
        yield policy.objection(f"it names {count} groups instead of one", "name the set's own group and no other")


def foreign_group(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield (URN, objection) of each own policy whose group is none of this stack's."""
    groups = list(stack.of_kind(GROUP))
    for policy in stack.of_kind(*OWN_POLICIES):
        if not any(stack.refers(policy, "groupsIncluded", group) for group in groups):
            yield policy.urn, policy.objection("its group is none of this stack's", "name the set's own group")
