"""The smallest SDK for the test provider: an item, an explicit provider and one function."""

import pulumi

VERSION = "0.1.0"


class Item(pulumi.CustomResource):
    """One thing on the shelf."""

    slot: pulumi.Output[str]
    label: pulumi.Output[str]

    def __init__(self, resource_name, opts=None, **fields):
        options = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=VERSION), opts)
        super().__init__("shelf:index/item:Item", resource_name, {"slot": None, "label": None, **fields}, options)


class Provider(pulumi.ProviderResource):
    """A shelf provider with its own configuration."""

    def __init__(self, resource_name, opts=None, **fields):
        options = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=VERSION), opts)
        super().__init__("shelf", resource_name, fields, options)


def get_item(name):
    """Find an item by name."""
    options = pulumi.InvokeOptions(version=VERSION)
    return pulumi.runtime.invoke("shelf:index/getItem:getItem", {"name": name}, options).value
