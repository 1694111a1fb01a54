"""Two items that somebody will change behind the back of the engine; made in order, so that their ids stay the same."""

import shelf
from pulumi import ResourceOptions

kept = shelf.Item("kept", name="kept", size=4, tags={"colour": "blue"})
shelf.Item("lost", name="lost", size=5, opts=ResourceOptions(depends_on=[kept]))
