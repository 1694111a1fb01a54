"""Four items in a row, the third of which cannot be made unless the configuration says so."""

import pulumi
import shelf

mended = pulumi.Config().get_bool("mended")
first = shelf.Item("first", name="first")
second = shelf.Item("second", name="second", opts=pulumi.ResourceOptions(depends_on=[first]))
third = shelf.Item("third", name="third" if mended else "broken", opts=pulumi.ResourceOptions(depends_on=[second]))
fourth = shelf.Item("fourth", name="fourth", opts=pulumi.ResourceOptions(depends_on=[third]))
