"""Values for tests of the population: a tenant as the vendor hands it over."""

from datetime import UTC, datetime

from sandbox.idp.defaults import install
from sandbox.idp.state import State

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def bare_tenant() -> State:
    """Make a tenant with the vendor's defaults and nobody in it."""
    state = State(at=NOON)
    install(state)
    return state
