"""Without this file resources would be neither created, updated, left alone nor deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.engine.checkpoint import is_provider, is_root, now, referred
from sandbox.engine.deployment import Stopped
from sandbox.engine.difference import ProviderError
from sandbox.engine.events import Step
from sandbox.engine.goals import keep_ignored, with_secret_outputs
from sandbox.engine.refusals import EngineError, Refused
from sandbox.engine.values import without_nulls
from sandbox.engine.wire import from_struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.checkpoint import State
    from sandbox.engine.deployment import Deployment
    from sandbox.engine.difference import Difference
    from sandbox.engine.provider import Provider
    from sandbox.engine.values import Properties


def apply_goal(deployment: Deployment, goal: State, provider: Provider) -> State:
    """
    Bring one custom resource to its goal, or preview that.

    Args:
        deployment: The operation.
        goal: State without id and outputs; `inputs` as the program gave them.
        provider: The provider that serves it.

    Returns:
        The new state; in a preview, a new resource has an empty id.

    Raises:
        Stopped: The step failed; the reason has been reported.
    """
    urn = goal["urn"]
    old = deployment.snapshot.old(urn)
    if old is not None and (old.get("external") or old["type"] != goal["type"]):
        raise Refused(f"replace {urn}")
    try:
        inputs = keep_ignored(goal["inputs"], (old or {}).get("inputs") or {}, goal["ignoreChanges"] if old else [])
        inputs = provider.check(urn, (old or {}).get("inputs") or {}, inputs)
        goal = {**goal, "inputs": inputs}
        deployment.judge(goal)
        goal.pop("deleteBeforeReplace", None)
        if old is None:
            return _create(deployment, goal, provider)
        difference = provider.diff(old, inputs, goal["ignoreChanges"])
    except ProviderError as error:
        deployment.fail(str(error), urn)
        raise Stopped from error
    _refuse_replacement(deployment, goal, old, difference)
    if difference.changed or old.get("initErrors"):
        return _update(deployment, goal, old, provider, difference)
    return keep(deployment, goal, old)


def _refuse_replacement(deployment: Deployment, goal: State, old: State, difference: Difference) -> None:
    watched = goal["replaceOnChanges"]
    touched = {*difference.diffs, *(difference.detailed or {})}
    forced = difference.changed and any(
        path == "*" or key.split(".")[0].split("[")[0] == path.split(".")[0].split("[")[0]
        for path in watched
        for key in touched
    )
    before, after = old.get("provider", ""), goal["provider"]
    moved = before != after and not _both_default(before, after)
    if difference.replaces or forced or moved:
        because = ", ".join(difference.replaces) or ("its provider" if moved else "replaceOnChanges")
        step = Step("update", goal, old, goal, difference.diffs, difference.detailed)
        deployment.events.failed(step)
        if old.get("protect"):
            raise EngineError(
                f'unable to replace resource "{goal["urn"]}"\nas it is currently marked for protection. To unprotect '
                "the resource, remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
            )
        raise Refused(f"replace resources ({goal['type']} '{goal['urn'].rsplit('::', 1)[1]}', because of {because})")


def _both_default(before: str, after: str) -> bool:
    names = [text.rsplit("::", 1)[0].rsplit("::", 1)[1] for text in (before, after) if text]
    return len(names) == 2 and all(name.startswith("default") for name in names)  # noqa: PLR2004 - old and new


def _create(deployment: Deployment, goal: State, provider: Provider) -> State:
    preview = deployment.dry_run
    step = Step("create", goal, None, goal)
    at = now()

    def call() -> State:
        timeout = float(goal["customTimeouts"].get("create", 0))
        made, outputs = provider.create(goal, timeout, preview=preview)
        outputs = with_secret_outputs(outputs, goal["additionalSecretOutputs"])
        return {**goal, "id": made, "outputs": outputs, "created": at, "modified": at}

    def partial(found: Any) -> State:
        kept = {
            **goal,
            "id": found.id,
            "outputs": _partial_outputs(found, goal),
            "created": at,
            "modified": at,
        }
        return {**kept, "initErrors": list(found.reasons)}

    return _perform(deployment, step, "creating", call, partial)


def _update(deployment: Deployment, goal: State, old: State, provider: Provider, difference: Difference) -> State:
    goal = {**goal, "id": old["id"], "created": old.get("created", ""), "modified": now()}
    step = Step("update", goal, old, goal, difference.diffs, difference.detailed)

    def call() -> State:
        timeout = float(goal["customTimeouts"].get("update", 0))
        outputs = provider.update(old, goal["inputs"], goal["ignoreChanges"], timeout, preview=deployment.dry_run)
        return {**goal, "outputs": with_secret_outputs(outputs, goal["additionalSecretOutputs"])}

    def partial(found: Any) -> State:
        return {**goal, "outputs": _partial_outputs(found, goal), "initErrors": list(found.reasons)}

    return _perform(deployment, step, "updating", call, partial)


def _partial_outputs(found: Any, goal: State) -> Properties:
    return with_secret_outputs(without_nulls(from_struct(found.properties)), goal["additionalSecretOutputs"])


def _perform(
    deployment: Deployment,
    step: Step,
    kind: str,
    call: Callable[[], State],
    partial: Callable[[Any], State] | None = None,
) -> State:
    deployment.events.before(step)
    # What the step will leave is not known yet, not even by which id.
    mark = deployment.snapshot.begin(kind, {key: value for key, value in step.state.items() if key != "id"})
    try:
        new = call()
    except ProviderError as error:
        left = partial(error.partial) if partial and error.partial is not None else None
        deployment.snapshot.end(mark, old=step.old if left else None, new=left)
        failed(deployment, step, str(error))
        raise Stopped from error
    deployment.snapshot.end(mark, old=step.old, new=new)
    deployment.events.after(Step(step.op, new, step.old, new, step.diffs, step.detailed))
    return new


def failed(deployment: Deployment, step: Step, message: str) -> None:
    """Report a step that did not succeed, and stop."""
    if deployment.terminated:
        # The plugins have just been ended: that they do not answer any more is no news.
        return
    deployment.fail(message, step.state["urn"])
    deployment.events.failed(step)


def keep(deployment: Deployment, goal: State, old: State) -> State:
    """Leave a resource as it is: id and outputs stay, options and dependencies are the program's."""
    kept = {
        **goal,
        "id": old.get("id", ""),
        "outputs": old.get("outputs") or {},
        "created": old.get("created", ""),
        "modified": old.get("modified", ""),
    }
    step = Step("same", kept, old, kept)
    deployment.events.before(step)
    deployment.snapshot.settle(old=old, new=kept)
    deployment.events.after(step)
    return kept


def delete_rest(deployment: Deployment, doomed: list[State]) -> None:
    """
    Delete resources, a resource only when nothing left needs it.

    Args:
        deployment: The operation.
        doomed: The old states that are to go, in the state's order.

    Raises:
        EngineError: The state is cyclic.
        Stopped: One of them is protected, and nothing was deleted; or a delete failed.
    """
    guarded = [state for state in doomed if state.get("protect")]
    for state in guarded:
        deployment.fail(
            f'{"Preview failed: " if deployment.dry_run else ""}resource "{state["urn"]}" cannot be deleted\n'
            "because it is protected. To unprotect the "
            "resource, either remove the `protect` flag from the resource in your Pulumi program and run "
            f"`pulumi up`, or use the command:\n`pulumi state unprotect '{state['urn']}'`",
            state["urn"],
        )
    if guarded:
        raise Stopped
    gone = {state["urn"] for state in doomed}
    left = list(reversed(doomed))
    while left:
        needed = {urn for state in left for urn in referred(state)}
        wave = [state for state in left if state["urn"] not in needed]
        # Providers and the root go when nothing else is left, even where nothing names them.
        others = [state for state in left if not (is_provider(state) or is_root(state))]
        wave = [state for state in wave if not others or not (is_provider(state) or is_root(state))]
        if not wave:
            raise EngineError("the resources left to delete depend on each other in a circle")
        deployment.together(lambda state: delete(deployment, state, gone), wave)
        left = [state for state in left if not any(state is each for each in wave)]


def delete(deployment: Deployment, old: State, gone: set[str]) -> None:
    """
    Delete one resource; what the engine does not own, or was told to leave, is only forgotten.

    Args:
        deployment: The operation.
        old: The state to delete.
        gone: Every URN that is being deleted, for `deletedWith`.

    Raises:
        Stopped: It failed; the reason has been reported.
    """
    external = bool(old.get("external"))
    step = Step("discard" if external else "delete", old, old, None)
    with deployment.work():
        deployment.events.before(step)
        forgotten = external or old.get("retainOnDelete") or old.get("deletedWith") in gone
        if not (forgotten or deployment.dry_run or is_provider(old) or not old["custom"]):
            mark = deployment.snapshot.begin("deleting", old)
            try:
                timeout = float((old.get("customTimeouts") or {}).get("delete", 0))
                deployment.providers.by_reference(old["provider"]).delete(old, timeout)
            except (ProviderError, EngineError) as error:
                deployment.snapshot.end(mark)
                failed(deployment, step, str(error))
                raise Stopped from error
            deployment.snapshot.end(mark, old=old)
        else:
            deployment.snapshot.settle(old=old)
        deployment.events.after(step)
