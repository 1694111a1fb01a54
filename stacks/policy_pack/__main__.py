"""Without this file the engine would have no pack to run: the rules, served through its analyzer protocol."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from cohorts.errors import OfframpError
from stacks.policy_pack import deployed, entries, fixed_set, kinds, owned
from stacks.policy_pack.declared import JUDGED, ROOT, Declared, Stack, plain
from stacks.policy_pack.standing import Standing

PROJECT = Path(__file__).resolve().parents[2]


@cache
def standing() -> Standing | OfframpError:
    """Return what this update is compared with, read once before its first write; or why it cannot be read."""
    try:
        return deployed.read(PROJECT, pulumi.get_stack())
    except OfframpError as error:
        return error


def of_one(
    name: str, description: str, rule: Callable[[Declared, Standing], Iterator[str]]
) -> ResourceValidationPolicy:
    """Return a rule about each resource, asked before its write."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        found = standing()
        if isinstance(found, Standing) and args.resource_type in JUDGED:
            for objection in rule(Declared(args.resource_type, args.name, args.urn, plain(args.props)), found):
                report(objection, None)

    return ResourceValidationPolicy(name, description, validate)


def of_all(
    name: str, description: str, rule: Callable[[Stack, Standing], Iterator[tuple[str, str]]]
) -> StackValidationPolicy:
    """Return a rule about the whole stack, asked at the end of a preview and of an update."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        found = standing()
        if isinstance(found, Standing):
            for urn, objection in rule(declared(args, found), found):
                report(objection, urn)

    return StackValidationPolicy(name, description, validate)


def declared(args: StackValidationArgs, found: Standing) -> Stack:
    """Return everything that was declared, with the ids that are known by now."""
    resources = tuple(
        Declared(
            one.resource_type,
            one.name,
            one.urn,
            plain(one.props),
            {
                setting: tuple(source.urn for source in sources)
                for setting, sources in one.property_dependencies.items()
            },
        )
        for one in args.resources
        if one.resource_type in JUDGED
    )
    told = {one.urn: one.settings["id"] for one in resources if isinstance(one.settings.get("id"), str)}
    return Stack(resources, {urn: one.object_id for urn, one in found.held.items()} | told)


def unreadable(args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Refuse the stack itself, which is declared first, where there is nothing to compare it with."""
    found = standing()
    if args.resource_type == ROOT and isinstance(found, OfframpError):
        report(f"{found.code}: {found.message} ({found.context}). Next: {found.hint}.", None)


def unjudged(args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Refuse a kind that no rule knows."""
    for objection in kinds.unjudged(Declared(args.resource_type, args.name, args.urn, {})):
        report(objection, None)


POLICIES: list[Policy] = [
    ResourceValidationPolicy("comparable", "What was decided and what is held must be readable.", unreadable),
    ResourceValidationPolicy("judged-kind", "Every kind of resource has rules here.", unjudged),
    of_one("in-place", "A step changes in place, and nothing is ever replaced.", fixed_set.beyond_in_place),
    of_all("nothing-left-out", "Neither a step nor a provision deletes.", fixed_set.left_out),
    of_one("policy-group", "A policy of ours names one group.", lambda one, _: owned.without_one_group(one)),
    of_all("policy-own-group", "A policy of ours names a group of ours.", lambda stack, _: owned.foreign_group(stack)),
    of_all(
        "always-applies",
        "An active policy of ours ends with a rule that always applies.",
        lambda stack, _: owned.falls_through(stack),
    ),
    of_one("entry-group", "An entry in a shared policy names its group and its operation.", entries.without_its_group),
    of_all(
        "entry-own-group",
        "An entry in a shared policy names a group of ours.",
        lambda stack, _: entries.foreign_group(stack),
    ),
    of_one("proof", "Whoever is let through has shown something that is held.", entries.without_a_proof),
    of_one("no-phone", "No entry of ours accepts a code on a phone.", lambda one, _: entries.accepting_phones(one)),
]

if __name__ == "__main__":
    PolicyPack("offramp", POLICIES, EnforcementLevel.MANDATORY)
