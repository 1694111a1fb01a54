"""Without this file a step could create, delete or replace: the set of what is ours changes by provision only."""

from collections.abc import Iterator, Mapping

from stacks.policy_pack.declared import ENTRY, OWN_POLICIES, UNKNOWN, Declared, Stack
from stacks.policy_pack.standing import Standing

# What the provider cannot change in place (ForceNew).
REPLACES: Mapping[str, tuple[str, ...]] = {
    ENTRY: ("policyId",),
    **dict.fromkeys(OWN_POLICIES.values(), ("policyId", "name")),
}
_PREVIEW = "offramp wave advance shows what the step is; git diff stacks/ shows what else was changed"
_PROVISION = "provision first: offramp plan propose, then pulumi up"


def beyond_in_place(one: Declared, standing: Standing) -> Iterator[str]:
    """
    Say why writing one resource would not be a change in place.

    Asked before its write. A step creates nothing; neither kind of update replaces. An input that is unknown although
    the resource stands can only come from another that is being created or replaced.
    """
    held = standing.held.get(one.urn)
    step = standing.kind == "step"
    if held is None:
        if step:
            yield one.objection("it is not provisioned, and a step creates nothing", _PROVISION)
        return
    for setting in REPLACES.get(one.kind, ()):
        before, after = held.inputs.get(setting), one.settings.get(setting)
        if UNKNOWN not in (before, after) and before != after:
            what = f"its {setting} would change from {before} to {after}, which replaces it"
            yield one.objection(what, _PREVIEW)
    for setting in one.unknown() if step else ():
        what = f"its {setting} comes from something that would be created or replaced, and a step does neither"
        yield one.objection(what, _PREVIEW)


def left_out(stack: Stack, standing: Standing) -> Iterator[tuple[str, str]]:
    """Yield (URN, objection) of what the engine holds and the program no longer declares: it would be deleted."""
    declared = {one.urn for one in stack.resources}
    for urn, held in sorted(standing.held.items()):
        if urn not in declared:
            gone = Declared(held.kind, urn.rsplit("::", 1)[-1], urn, held.inputs)
            what = f"it is not declared any more, and a {standing.kind} deletes nothing ({held.object_id})"
            yield urn, gone.objection(what, _PREVIEW)
