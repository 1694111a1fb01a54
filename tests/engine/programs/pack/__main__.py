"""Policies for items: how big, how many, which names; what a pack sees of secrets; and, if asked, a remediation."""

import os

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ResourceValidationPolicy,
    StackValidationPolicy,
)

ITEM = "shelf:index/item:Item"


def small(args, report):
    """Refuse big items."""
    if args.resource_type == ITEM and args.props.get("size", 0) > args.get_config()["most"]:
        report(f"size {args.props['size']:g} is too big")


def seen(args, report):
    """Tell what the pack sees of an item that asks for it."""
    if args.resource_type == ITEM and args.props.get("tags", {}).get("look"):
        options = args.opts
        facts = [
            args.name,
            sorted(args.props),
            options.protect,
            options.ignore_changes,
            options.custom_timeouts.create_seconds,
            options.delete_before_replace,
            args.provider.resource_type,
            sorted(args.provider.props),
            "value" in str(args.props["tags"]["look"]),
        ]
        report(str(facts))


def few(args, report):
    """Refuse many items."""
    found = [each.name for each in args.resources if each.resource_type == ITEM]
    if len(found) > args.get_config()["most"]:
        report(f"{len(found)} items: {', '.join(sorted(found))}")


def bigger(_args):
    """Change nothing."""


policies = [
    ResourceValidationPolicy(
        name="small",
        description="Items are small.",
        validate=small,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema(properties={"most": {"type": "integer", "default": 5}}),
    ),
    ResourceValidationPolicy(name="seen", description="Packs see what is declared.", validate=seen),
    StackValidationPolicy(
        name="few",
        description="Items are few.",
        validate=few,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=PolicyConfigSchema(properties={"most": {"type": "integer", "default": 3}}),
    ),
]
if os.environ.get("PACK_REMEDIATES"):
    policies.append(
        ResourceValidationPolicy(
            name="bigger",
            description="Items are made bigger.",
            remediate=bigger,
            enforcement_level=EnforcementLevel.REMEDIATE,
        )
    )
PolicyPack("rules", policies)
