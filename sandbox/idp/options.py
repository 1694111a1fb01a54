"""Without this file the command line would load the whole sandbox to know what it may be asked."""

from dataclasses import dataclass

TENANTS = ("fresh", "lived-in")


@dataclass(frozen=True, slots=True)
class Options:
    """How a tenant is made."""

    people: int = 500
    seed: int = 7
    tenant: str = "lived-in"
