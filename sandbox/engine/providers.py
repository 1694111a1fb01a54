"""Without this file every program would have to make, name and configure its own providers."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

from sandbox.engine.checkpoint import PROVIDER_TYPE, now, reference
from sandbox.engine.difference import ProviderError
from sandbox.engine.events import Step
from sandbox.engine.plugins import Plugin, find_plugin
from sandbox.engine.provider import Provider
from sandbox.engine.refusals import EngineError, Refused, require_loopback
from sandbox.engine.values import UNKNOWN, has_unknown, plain, secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.checkpoint import State
    from sandbox.engine.deployment import Deployment
    from sandbox.engine.difference import Difference
    from sandbox.engine.values import Properties


class Providers:
    """The providers of one operation, each started and configured when first needed."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._configured: dict[str, Provider] = {}
        self._states: dict[str, State] = {}
        self._plugins: list[Plugin] = []
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def _lock_for(self, urn: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(urn, threading.Lock())

    def default(self, package: str, version: str) -> tuple[str, Provider]:
        """Give the reference and the provider that the engine itself configures, from `package:*` configuration."""
        name = "default" + (f"_{version.replace('.', '_').replace('-', '_').replace('+', '_')}" if version else "")
        stack = self._deployment.stack
        urn = f"urn:pulumi:{stack.name}::{stack.project}::{PROVIDER_TYPE}{package}::{name}"
        with self._lock_for(urn):
            if urn not in self._states:
                inputs: Properties = {
                    key.split(":", 1)[1]: secret(value) if key in self._deployment.secret_keys else value
                    for key, value in self._deployment.config.items()
                    if key.split(":", 1)[0] == package
                }
                if version:
                    inputs["version"] = version
                goal: State = {
                    "urn": urn,
                    "custom": True,
                    "type": PROVIDER_TYPE + package,
                    "inputs": {"__internal": {}, **inputs},
                }
                self._register(goal, inputs)
            state = self._states[urn]
        return reference(state), self._configured[reference(state)]

    def explicit(self, goal: State, inputs: Properties) -> State:
        """Register a provider the program made; gives its state."""
        with self._lock_for(goal["urn"]):
            return self._register(goal, inputs)

    def by_reference(self, text: str) -> Provider:
        """
        Give a provider by reference; one that the program did not register is configured from the state.

        Raises:
            EngineError: The state does not hold it.
        """
        urn, provider_id = text.rsplit("::", 1)
        with self._lock_for(urn):
            if text in self._configured:
                return self._configured[text]
            state = self._deployment.snapshot.old(urn)
            if state is None or state["id"] != provider_id:
                raise EngineError(f"unknown provider {text}")
            inputs = {key: value for key, value in state["inputs"].items() if key != "__internal"}
            provider = self._start(urn, inputs)
            provider.configure(urn, provider_id, inputs)
            self._configured[text] = provider
            return provider

    def state_of(self, text: str) -> State | None:
        """Give the state of a provider that this run has registered, by reference."""
        state = self._states.get(text.rsplit("::", 1)[0])
        return state if state is not None and reference(state) == text else None

    def cancel(self) -> None:
        """Tell every plugin that the operation comes to an end."""
        with self._lock:
            plugins = list(self._plugins)
        for plugin in plugins:
            plugin.cancel()

    def close(self) -> None:
        """Stop every plugin."""
        for plugin in self._plugins:
            plugin.close()

    def _register(self, goal: State, inputs: Properties) -> State:
        deployment, urn = self._deployment, goal["urn"]
        old = deployment.snapshot.old(urn)
        try:
            provider = self._start(urn, inputs)
            olds = {key: value for key, value in ((old or {}).get("inputs") or {}).items() if key != "__internal"}
            inputs = provider.check_config(urn, olds, inputs)
            internal: Properties = {"__internal": {}}
            goal = {**goal, "inputs": {**internal, **inputs}}
            deployment.judge(goal)
            state, step = self._plan(provider, goal, old, inputs)
            deployment.events.before(step)
            provider.configure(urn, state["id"], inputs)
        except ProviderError as error:
            raise EngineError(f"could not configure provider {urn}: {error}") from error
        deployment.snapshot.settle(old=old, new=state)
        deployment.events.after(step)
        self._states[urn] = state
        self._configured[reference(state)] = provider
        return state

    def _plan(self, provider: Provider, goal: State, old: State | None, inputs: Properties) -> tuple[State, Step]:
        at, outputs = now(), dict(inputs)
        if old is None:
            unknown = self._deployment.dry_run
            state = {**goal, "id": UNKNOWN if unknown else str(uuid.uuid4()), "outputs": outputs}
            state |= {"created": at, "modified": at}
            return state, Step("create", state, None, state)
        kept = {**goal, "id": old["id"], "outputs": outputs, "created": old.get("created", at)}
        if plain(old["inputs"]) == plain(goal["inputs"]):
            state = {**kept, "modified": old.get("modified", at)}
            return state, Step("same", state, old, state)
        difference: Difference = provider.diff_config(goal["urn"], old, inputs)
        if difference.replaces:
            raise Refused(f"replace provider {goal['urn']}")
        op = "update" if difference.changed else "same"
        state = {**kept, "modified": at if difference.changed else old.get("modified", at)}
        return state, Step(op, state, old, state, difference.diffs, difference.detailed)

    def _start(self, urn: str, inputs: Mapping[str, Any]) -> Provider:
        deployment = self._deployment
        package = urn.split("::")[2].rsplit("$", 1)[-1].removeprefix(PROVIDER_TYPE)
        if inputs.get("pluginDownloadURL"):
            raise Refused("download plugins")
        if not has_unknown(dict(inputs)):
            require_loopback(package, plain(dict(inputs)), deployment.environment)
        executable = find_plugin(package, str(inputs.get("version") or ""))
        own = {key: value for key, value in deployment.config.items() if key.split(":", 1)[0] == package}
        environment = {**deployment.plugin_environment, **deployment.config_environment(own)}
        plugin = Plugin(
            executable,
            deployment.project.root,
            deployment.children,
            environment,
            deployment.address,
            deployment.events.diagnose,
        )
        with self._lock:
            self._plugins.append(plugin)
        provider = Provider(plugin, package)
        provider.handshake(deployment.address, str(deployment.project.root), str(deployment.project.program[0]))
        return provider
