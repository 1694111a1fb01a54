"""Items that need each other: by output, by dependsOn, through an explicit provider, and with a secret."""

from pathlib import Path

import pulumi
import shelf
from sizes import SIZES

config = pulumi.Config()
wanted = config.get("items", "three")

one = shelf.Item("one", name="first", size=SIZES["one"], tags={"colour": config.get("colour", "red"), "n": [1, 2]})
two = shelf.Item("two", name=one.label.apply(lambda label: f"{label} again"), size=SIZES["two"])
own = shelf.Provider("own", prefix="own")
if wanted == "three":
    three = shelf.Item(
        "three",
        name="third",
        size=SIZES["three"],
        note=pulumi.Output.secret("hush"),
        opts=pulumi.ResourceOptions(depends_on=[two], provider=own),
    )
    pulumi.export("note", three.note if hasattr(three, "note") else pulumi.Output.secret("hush"))

pulumi.export("folder", Path.cwd().name)
pulumi.export("label", two.label)
pulumi.export("nested", {"deep": [1, {"slot": one.slot}]})
