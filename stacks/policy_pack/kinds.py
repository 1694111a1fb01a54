"""Without this file a kind that no rule looks at would pass in silence: a default policy, or a whole app policy."""

from collections.abc import Iterator

from stacks.policy_pack.declared import JUDGED, Declared


def unjudged(one: Declared) -> Iterator[str]:
    """Say that no rule of this pack knows the kind of a resource."""
    if one.kind.startswith("okta:") and one.kind not in JUDGED:
        yield one.objection(
            f"no rule of the policy pack judges {one.kind}",
            "declare it in the tenant's own stack, or teach stacks/policy_pack/ what would make it weaker",
        )
