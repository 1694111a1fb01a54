"""Two items that somebody will change behind the engine's back."""

import shelf

shelf.Item("kept", name="kept", size=4, tags={"colour": "blue"})
shelf.Item("lost", name="lost", size=5)
