"""Without this file every use case would look for a wave in its own way."""

from migration.errors import NotFound
from migration.model import PlannedWave
from migration.programme import OKTA, Programme


def find(state: Programme, key: str, idp: str = OKTA) -> PlannedWave:
    """
    Return the wave called *key*.

    Raises:
        NotFound: There is no such wave or lane.
    """
    if idp != OKTA:
        raise NotFound(f"There is no lane {idp} yet", context=f"wave {key}", hint="--lane okta")
    plan = state.plan or state.pending_plan
    wave = plan.wave(key) if plan else None
    if wave is None:
        raise NotFound(f"There is no wave {key}", context="the plan in force", hint="offramp wave list")
    return wave
