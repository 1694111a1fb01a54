"""Items as the configuration says: `sizes` is a list of numbers, each after the one before it."""

import pulumi
import shelf

config = pulumi.Config()
if config.get_bool("loud"):
    print("the program says", config.get("look"))  # noqa: T201 - so does a program that is careless
before = []
for number, size in enumerate(config.require_object("sizes")):
    options = pulumi.ResourceOptions(depends_on=before, custom_timeouts=pulumi.CustomTimeouts(create="5m"))
    look = {"tags": {"look": config.get_secret("look")}} if config.get("look") else {}
    before = [shelf.Item(f"item-{number}", name=f"item {number}", size=size, **look, opts=options)]
pulumi.export("count", len(config.require_object("sizes")))
