"""Without this file nobody would learn that the live objects are no longer what the state says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.engine.checkpoint import is_provider, now, tidy
from sandbox.engine.deployment import Stopped
from sandbox.engine.difference import ProviderError
from sandbox.engine.events import Step
from sandbox.engine.goals import with_secret_outputs
from sandbox.engine.refusals import EngineError
from sandbox.engine.steps import failed

if TYPE_CHECKING:
    from sandbox.engine.checkpoint import State
    from sandbox.engine.deployment import Deployment


def refresh_all(deployment: Deployment, *, alone: bool) -> None:
    """
    Read every resource of the state and put what was found in its place.

    Args:
        deployment: The operation.
        alone: A refresh of its own: outcomes are reported as same, update or delete and counted. Otherwise, as a
            first part of an update, they are reported as refresh.

    Raises:
        Stopped: A read failed; the reason has been reported.
    """
    deployment.together(lambda state: _refresh(deployment, state, alone=alone), list(deployment.snapshot.olds))
    deployment.snapshot.forget_missing()


def _refresh(deployment: Deployment, old: State, *, alone: bool) -> None:
    with deployment.work():
        before = Step("refresh", old, old, old)
        deployment.events.before(before)
        if not old["custom"] or is_provider(old):
            outcome, after = "same", before
        else:
            try:
                outcome, after = _read(deployment, old)
            except (ProviderError, EngineError) as error:
                failed(deployment, before, str(error))
                raise Stopped from error
        deployment.events.after(after, outcome if alone else "refresh", counted=alone)


def _read(deployment: Deployment, old: State) -> tuple[str, Step]:
    provider = deployment.providers.by_reference(old["provider"])
    found, outputs, inputs = provider.read(old)
    if not found:
        deployment.snapshot.replace_old(old, None)
        return "delete", Step("refresh", old, old, None)
    new = {
        **old,
        "id": found,
        "outputs": with_secret_outputs(outputs, old.get("additionalSecretOutputs") or []),
    }
    new.pop("initErrors", None)
    if inputs is not None and not old.get("external"):
        new["inputs"] = inputs
    touched = tidy(new) != tidy({**old, "initErrors": []})
    if touched:
        new["modified"] = now()
    deployment.snapshot.replace_old(old, new)
    if old.get("external"):
        return "update" if touched else "same", Step("refresh", old, old, new)
    # Seen from the state: what an update would put back, turned round.
    seen = provider.diff(new, old.get("inputs") or {}, old.get("ignoreChanges") or []).inverted()
    return "update" if seen.changed else "same", Step("refresh", old, old, new, seen.diffs, seen.detailed)
