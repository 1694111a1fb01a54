"""Without this file a registration would not find its old state, its provider or its place in the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.engine.checkpoint import ROOT_TYPE, is_root, now
from sandbox.engine.deployment import Stopped
from sandbox.engine.difference import ProviderError
from sandbox.engine.events import Step
from sandbox.engine.goals import (
    is_provider_type,
    origin_of,
    read_goal,
    require_no_alias,
    require_registrable,
    urn_of,
    with_secret_outputs,
)
from sandbox.engine.refusals import EngineError, Refused, package_of
from sandbox.engine.steps import apply_goal, failed
from sandbox.engine.values import UNKNOWN, has_unknown, plain, without_nulls
from sandbox.engine.wire import from_struct

if TYPE_CHECKING:
    from sandbox.engine.checkpoint import State
    from sandbox.engine.deployment import Deployment
    from sandbox.engine.provider import Provider
    from sandbox.engine.values import Properties


def register(deployment: Deployment, request: Any) -> State:
    """
    Register the root stack, an explicit provider or a custom resource, and bring it to its goal.

    Raises:
        EngineError: The stand-in does not do that, or the URN has been registered already.
        Stopped: The step failed; the reason has been reported.
    """
    require_registrable(request)
    urn = urn_of(deployment, request.type, request.name, request.parent)
    _claim(deployment, urn)
    if request.type == ROOT_TYPE:
        return _register_root(deployment, request, urn)
    aliases = require_no_alias(deployment, request, urn)
    with deployment.work():
        goal = {**read_goal(deployment, request), "aliases": aliases}
        if request.deleteBeforeReplaceDefined:
            goal["deleteBeforeReplace"] = request.deleteBeforeReplace
        if is_provider_type(request.type):
            if request.version:
                goal["inputs"]["version"] = request.version
            state = deployment.providers.explicit(goal, goal["inputs"])
        else:
            ref, provider = _provider_for(deployment, request, request.type)
            state = apply_goal(deployment, {**goal, "provider": ref}, provider)
    deployment.registered[urn] = state
    return state


def _claim(deployment: Deployment, urn: str) -> None:
    with deployment.lock:
        if urn in deployment.registered:
            raise EngineError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        deployment.registered[urn] = {"urn": urn}


def _provider_for(deployment: Deployment, request: Any, token: str) -> tuple[str, Provider]:
    if request.pluginDownloadURL:
        raise Refused("download plugins")
    if request.packageRef:
        raise Refused(f"use parameterised packages ({token})")
    if not request.provider:
        return deployment.providers.default(package_of(token), request.version)
    return request.provider, deployment.providers.by_reference(request.provider)


def _register_root(deployment: Deployment, request: Any, urn: str) -> State:
    old = deployment.snapshot.old(urn)
    at = now()
    state = {
        "urn": urn,
        "custom": False,
        "type": ROOT_TYPE,
        "outputs": (old or {}).get("outputs") or {},
        "created": (old or {}).get("created", at),
        "modified": (old or {}).get("modified", at),
        **origin_of(deployment, request),
    }
    deployment.judge({**state, "outputs": {}})
    step = Step("same" if old else "create", state, old, state)
    deployment.events.before(step)
    deployment.snapshot.settle(old=old, new=state)
    deployment.registered[urn] = state
    deployment.root_step = step
    if deployment.dry_run:
        # A preview reports it here as well as at the end, as the Pulumi CLI does.
        deployment.events.after(step, counted=False)
    return state


def register_outputs(deployment: Deployment, urn: str, outputs: Properties) -> None:
    """Keep the stack's exports; they are reported when everything else is done."""
    state = deployment.registered.get(urn)
    if state is None or not is_root(state):
        raise Refused(f"take outputs of component resources ({urn})")
    state["outputs"] = without_nulls(outputs)
    deployment.snapshot.save()


def read(deployment: Deployment, request: Any) -> State:
    """
    Read a resource that the engine does not own, for `.get()`.

    Raises:
        Stopped: It does not exist or could not be read; the reason has been reported.
    """
    urn = urn_of(deployment, request.type, request.name, request.parent)
    _claim(deployment, urn)
    with deployment.work():
        ref, provider = _provider_for(deployment, request, request.type)
        goal = {**read_goal(deployment, request), "inputs": {}, "external": True, "provider": ref}
        given = without_nulls(from_struct(request.properties))
        old = deployment.snapshot.old(urn)
        if old is not None and not old.get("external"):
            raise Refused(f"replace {urn} by a read")
        at = now()
        state = {
            **goal,
            "id": request.id,
            "outputs": given,
            "created": (old or {}).get("created", at),
            "modified": at,
        }
        step = Step("read", state, old, state)
        deployment.events.before(step)
        if request.id != UNKNOWN and not provider.is_unknown:
            state = _read_live(deployment, step, provider)
        if old is not None and plain(old.get("outputs")) == plain(state["outputs"]):
            state["modified"] = old.get("modified", at)
        deployment.snapshot.settle(old=old, new=state)
        deployment.events.after(Step("read", state, old, state))
    deployment.registered[urn] = state
    return state


def _read_live(deployment: Deployment, step: Step, provider: Provider) -> State:
    state = step.state
    try:
        found, outputs, _inputs = provider.read(state)
    except ProviderError as error:
        failed(deployment, step, str(error))
        raise Stopped from error
    if not found:
        failed(deployment, step, f"resource '{state['id']}' does not exist")
        raise Stopped
    return {**state, "id": found, "outputs": with_secret_outputs(outputs, state["additionalSecretOutputs"])}


def invoke(deployment: Deployment, request: Any) -> Any:
    """
    Call a provider's function.

    Returns:
        The provider's answer; None when a preview cannot know it yet.

    Raises:
        ProviderError: The function failed.
    """
    args = without_nulls(from_struct(request.args))
    if request.tok.startswith("pulumi:pulumi:"):
        raise Refused(f"call {request.tok}")
    with deployment.work(limited=False):
        _ref, provider = _provider_for(deployment, request, request.tok)
        if deployment.dry_run and (has_unknown(args) or provider.is_unknown or _awaited(deployment, request)):
            return None
        return provider.invoke(request.tok, args, preview=deployment.dry_run)


def _awaited(deployment: Deployment, request: Any) -> bool:
    states = (deployment.registered.get(urn, {}) for urn in getattr(request, "dependsOn", ()))
    return any(state.get("custom") and state.get("id") in {"", UNKNOWN} for state in states)
