"""One resource option, function or refusal at a time, chosen by the variable SHELF_CASE."""

import os
import sys

import pulumi
import shelf

options = pulumi.ResourceOptions


def component():
    """Register a component with something inside."""

    class Group(pulumi.ComponentResource):
        def __init__(self):
            super().__init__("shelf:index:Group", "group")
            shelf.Item("inside", name="inside", opts=options(parent=self))

    Group()


def seen():
    """Read an item that somebody else owns, and find it by a function."""
    shelf.Item("seen", opts=options(id="item-1"))
    pulumi.export("found", shelf.get_item("item")["slot"])


def loud():
    """Say something on every channel and exit with a code of its own."""
    sys.stdout.write("a line on stdout\n")
    pulumi.log.warn("a warning")
    raise SystemExit(3)


def wrong():
    """Raise."""
    raise ValueError("the program is wrong")


CASES = {
    "item": lambda: shelf.Item("item", name="item", size=2),
    "ignored": lambda: shelf.Item("item", name="item", size=3, opts=options(ignore_changes=["size"])),
    "other kind": lambda: shelf.Item("item", name="item", kind="other"),
    "component": component,
    "transform": lambda: pulumi.runtime.register_stack_transform(lambda _args: None),
    "renamed": lambda: shelf.Item("renamed", name="item", opts=options(aliases=[pulumi.Alias(name="item")])),
    "unused alias": lambda: shelf.Item(
        "item", name="item", size=2, opts=options(aliases=[pulumi.Alias(name="nobody")])
    ),
    "refused by check": lambda: shelf.Item("item", name="item", size=13),
    "twice": lambda: [shelf.Item("item", name="item"), shelf.Item("item", name="item")],
    "protected": lambda: shelf.Item("item", name="item", size=2, opts=options(protect=True)),
    "retained": lambda: shelf.Item("item", name="item", size=2, opts=options(retain_on_delete=True)),
    "loud": loud,
    "wrong": wrong,
    "missing plugin": lambda: pulumi.CustomResource("nowhere:index:Thing", "thing", {}, options(version="1.2.3")),
    "far": lambda: shelf.Item(
        "item", name="item", opts=options(provider=shelf.Provider("far", url="https://example.com"))
    ),
    "seen": seen,
    "nothing": lambda: None,
}

CASES[os.environ["SHELF_CASE"]]()
