"""Without this file an entry of ours in a policy of theirs could reach people who are not ours, or open a path."""

from collections.abc import Iterator

from stacks.policy_pack.declared import ENTRY, GROUP, UNKNOWN, Declared, Stack
from stacks.policy_pack.expressions import names_authenticator, names_operation
from stacks.policy_pack.proofs import (
    ONE_FACTOR,
    accepts_phone,
    constraints,
    demands_possession,
    is_password_alone,
)
from stacks.policy_pack.standing import Standing

DESK = "bootstrap "  # how the name of the registration desk's rule begins
_GROUP = "name the set's own group and no other"


def without_its_group(entry: Declared, standing: Standing) -> Iterator[str]:
    """Say why an entry is not one for exactly one group of ours and, in account management, for a named operation."""
    if entry.kind != ENTRY:
        return
    where = f"in policy {_shown(entry.settings.get('policyId'))}"
    groups = entry.listed("groupsIncluded")
    if len(groups) != 1:
        yield entry.objection(f"{where} it names {len(groups)} groups instead of one", _GROUP)
    elif standing.kind == "step" and groups[0] is not UNKNOWN and groups[0] not in _group_ids(standing):
        yield entry.objection(f"{where} its group {groups[0]} is none of this stack's", _GROUP)
    if entry.listed("usersIncluded"):
        # The vendor joins people and groups with "or".
        yield entry.objection(f"{where} it names people beside its group", "take usersIncluded out")
    if entry.settings.get("policyId") == standing.account_policy_id and not names_operation(_expression(entry)):
        yield entry.objection(
            f"{where}, which decides account management, it is not limited to operations that it names",
            "let its custom expression demand accessRequest.operation == '...' in every alternative",
        )


def foreign_group(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield (URN, objection) of each entry whose group is none of this stack's."""
    groups = list(stack.of_kind(GROUP))
    for entry in stack.of_kind(ENTRY):
        if not any(stack.refers(entry, "groupsIncluded", group) for group in groups):
            where = _shown(entry.settings.get("policyId"))
            yield entry.urn, entry.objection(f"in policy {where} its group is none of this stack's", _GROUP)


def without_a_proof(entry: Declared, standing: Standing) -> Iterator[str]:
    """Say why an entry would let people through with a bare password; the registration desk's may, at the desk."""
    if entry.kind != ENTRY or entry.settings.get("access") == "DENY":
        return
    found, one_factor = constraints(entry), _one_factor(entry)
    if found is None:
        yield entry.objection(
            "what it demands cannot be judged",
            "demand an assurance with constraints in JSON that are known before the write; no chains",
        )
    elif entry.name.startswith(DESK):
        yield from _beside_the_desk(entry, standing)
        if not found or not all(
            is_password_alone(one, one_factor=one_factor) or demands_possession(one, one_factor=one_factor)
            for one in found
        ):
            yield entry.objection(
                "at the desk it would accept whatever is shown", "demand the password, or a possession that is named"
            )
    elif not found or not all(demands_possession(one, one_factor=one_factor) for one in found):
        yield entry.objection(
            "it allows and demands nothing that is held, so a bare password would do",
            "demand a possession in every constraint, or deny",
        )


def accepting_phones(entry: Declared) -> Iterator[str]:
    """Say why an entry would accept a code on a phone."""
    if entry.kind != ENTRY or entry.settings.get("access") == "DENY":
        return
    one_factor = _one_factor(entry)
    for one in constraints(entry) or ():
        if accepts_phone(one, one_factor=one_factor):
            yield entry.objection(
                "a code on a phone would be a part of what it accepts",
                "demand phishing resistance or a bound device, or name the methods",
            )


def _beside_the_desk(entry: Declared, standing: Standing) -> Iterator[str]:
    if entry.settings.get("policyId") != standing.account_policy_id:
        yield entry.objection("the desk's rule stands outside account management", "declare it in that policy only")
    if entry.settings.get("networkConnection") != "ZONE" or not entry.listed("networkIncludes"):
        yield entry.objection("the desk's rule names no network zone", "name the zone of the registration desk")
    expression = _expression(entry)
    if not (names_operation(expression, "enroll") and names_authenticator(expression, "webauthn")):
        yield entry.objection(
            "the desk's rule is for more than binding a passkey",
            "demand accessRequest.operation == 'enroll' && accessRequest.authenticator.key == 'webauthn'",
        )


def _expression(entry: Declared) -> str:
    found = entry.settings.get("customExpression")
    return found if isinstance(found, str) else ""


def _one_factor(entry: Declared) -> bool:
    return entry.settings.get("factorMode") == ONE_FACTOR


def _group_ids(standing: Standing) -> set[str]:
    return {held.object_id for held in standing.held.values() if held.kind == GROUP}


def _shown(value: object) -> str:
    return "that is not known yet" if value is UNKNOWN else str(value)
