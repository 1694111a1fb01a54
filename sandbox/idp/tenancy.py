"""Without this file there would be parts but no sandbox: one tenant, who lives in it, and what goes wrong."""

from datetime import UTC, datetime
from pathlib import Path

from sandbox.idp import defaults
from sandbox.idp.faults import Faults
from sandbox.idp.okta.limits import Limits
from sandbox.idp.options import Options
from sandbox.idp.questions import Asking
from sandbox.idp.state import Json, State
from sandbox.population import populate


class Sandbox:
    """One running sandbox; `reset` gives it a new tenant, and everything that was is forgotten."""

    def __init__(self, options: Options, saved: Path | None = None) -> None:
        self.started_as = options
        self.faults = Faults()
        self.limits = Limits(options.calls_per_window, options.window_seconds)
        self.state = State.load(saved) if saved is not None and saved.exists() else made(options)
        self.asking = Asking(self.state)

    def reset(self, options: Options) -> None:
        """Start again with a new tenant, a new clock and no faults."""
        self.faults.clear()
        self.state = made(options)
        self.asking = Asking(self.state)

    def truth(self) -> list[Json]:
        """Return what the population was made with, in the order in which it was made."""
        return list(self.state.all("truth").values())


def made(options: Options) -> State:
    """Make a tenant as new; its clock stands at the present second until somebody moves it."""
    state = State(at=datetime.now(UTC).replace(microsecond=0))
    defaults.install(state)
    truth = populate(state, people=options.people, seed=options.seed, tenant=options.tenant)
    for row in truth:
        state.put("truth", row["id"], row)
    state.settle()
    return state
