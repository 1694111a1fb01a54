"""Without this file the command line would load the whole sandbox to know what it may be asked."""

from dataclasses import dataclass

TENANTS = ("fresh", "lived-in")


@dataclass(frozen=True, slots=True)
class Options:
    """How a tenant is made, and how many calls a minute its face takes of each bucket."""

    people: int = 500
    seed: int = 7
    tenant: str = "lived-in"
    calls_per_window: int = 100_000
    window_seconds: int = 60
