"""Without this file every step would have to know protobuf, and what to do with secrets a provider cannot take."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

from sandbox.engine.difference import (
    Difference,
    ProviderError,
    name_of,
    raise_failures,
    read_difference,
    type_of,
)
from sandbox.engine.values import Properties, annotate, has_unknown, plain, without_nulls
from sandbox.engine.wire import from_struct, to_struct
from sandbox.protocol import provider_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.checkpoint import State
    from sandbox.engine.plugins import Plugin


class Provider:
    """One configured provider: a plugin with the inputs it was given."""

    def __init__(self, plugin: Plugin, package: str) -> None:
        self.plugin = plugin
        self.package = package
        self._accepts_secrets = False
        self._supports_preview = False
        self._unknown = False

    def _wire(self, properties: Mapping[str, Any]) -> Any:
        return to_struct(properties if self._accepts_secrets else plain(dict(properties)))

    def _back(self, struct: Any, *given: Mapping[str, Any]) -> Properties:
        answer = without_nulls(from_struct(struct))
        if not self._accepts_secrets:
            for each in given:
                annotate(answer, each)
        return answer

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Properties:
        """Let the plugin check a provider's own inputs; gives the inputs to use."""
        request = provider_pb2.CheckRequest(
            urn=urn, olds=self._wire(olds), news=self._wire(news), name=name_of(urn), type=type_of(urn)
        )
        try:
            answer = self.plugin.call("CheckConfig", request)
        except ProviderError as error:
            if not error.unimplemented:
                raise
            return news
        raise_failures(urn, news, answer.failures)
        return annotate(without_nulls(from_struct(answer.inputs)), news)

    def diff_config(self, urn: str, old: State, news: Properties) -> Difference:
        """Compare a provider's inputs with those of the state."""
        olds = {key: value for key, value in (old.get("inputs") or {}).items() if key != "__internal"}
        request = provider_pb2.DiffRequest(
            id=old["id"],
            urn=urn,
            olds=self._wire(old.get("outputs") or {}),
            news=self._wire(news),
            old_inputs=self._wire(olds),
            name=name_of(urn),
            type=type_of(urn),
        )
        try:
            return read_difference(self.plugin.call("DiffConfig", request), olds, news)
        except ProviderError as error:
            if not error.unimplemented:
                raise
            return Difference(plain(olds) != plain(news))

    def configure(self, urn: str, provider_id: str, inputs: Properties) -> None:
        """Configure the plugin; with unknown inputs, only a preview may go on, without calling it."""
        self._unknown = has_unknown(inputs)
        if self._unknown:
            return
        variables = {f"{self.package}:config:{key}": _text(value) for key, value in plain(inputs).items()}
        answer = self.plugin.call(
            "Configure",
            provider_pb2.ConfigureRequest(
                variables=variables,
                args=to_struct(inputs),
                acceptSecrets=True,
                acceptResources=False,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
                id=provider_id,
                urn=urn,
                name=name_of(urn),
                type=type_of(urn),
            ),
        )
        self._accepts_secrets = bool(answer.acceptSecrets)
        self._supports_preview = bool(answer.supportsPreview)

    def handshake(self, address: str, root: str, program: str) -> None:
        """Greet the plugin; older ones do not know the greeting."""
        request = provider_pb2.ProviderHandshakeRequest(
            engine_address=address,
            root_directory=root,
            program_directory=program,
            configure_with_urn=True,
            invoke_with_preview=True,
        )
        with contextlib.suppress(ProviderError):
            self.plugin.call("Handshake", request)

    def check(self, urn: str, olds: Properties, news: Properties) -> Properties:
        """Let the provider check and complete a resource's inputs."""
        if self._unknown:
            return news
        request = provider_pb2.CheckRequest(
            urn=urn,
            olds=self._wire(olds),
            news=self._wire(news),
            randomSeed=os.urandom(32),
            name=name_of(urn),
            type=type_of(urn),
        )
        answer = self.plugin.call("Check", request)
        raise_failures(urn, news, answer.failures)
        return self._back(answer.inputs, news)

    def diff(self, old: State, news: Properties, ignored: list[str]) -> Difference:
        """Compare new inputs with a state."""
        olds = old.get("inputs") or {}
        if self._unknown:
            return Difference(plain(olds) != plain(news))
        request = provider_pb2.DiffRequest(
            id=old["id"],
            urn=old["urn"],
            olds=self._wire(old.get("outputs") or {}),
            news=self._wire(news),
            ignoreChanges=ignored,
            old_inputs=self._wire(olds),
            name=name_of(old["urn"]),
            type=old["type"],
        )
        return read_difference(self.plugin.call("Diff", request), olds, news)

    def create(self, state: State, timeout: float, *, preview: bool) -> tuple[str, Properties]:
        """Create; gives id and outputs. A preview's id is empty."""
        inputs = state["inputs"]
        if preview and (self._unknown or not self._supports_preview):
            return "", dict(inputs)
        answer = self.plugin.call(
            "Create",
            provider_pb2.CreateRequest(
                urn=state["urn"],
                properties=self._wire(inputs),
                timeout=timeout,
                preview=preview,
                name=name_of(state["urn"]),
                type=state["type"],
            ),
        )
        if not answer.id and not preview:
            raise ProviderError(f"plugin for package '{self.package}' returned empty resource.ID from create")
        return answer.id if not preview else "", self._back(answer.properties, inputs)

    def update(
        self, old: State, inputs: Properties, ignored: list[str], timeout: float, *, preview: bool
    ) -> Properties:
        """Update in place; gives the outputs."""
        if preview and (self._unknown or not self._supports_preview):
            return dict(inputs)
        answer = self.plugin.call(
            "Update",
            provider_pb2.UpdateRequest(
                id=old["id"],
                urn=old["urn"],
                olds=self._wire(old.get("outputs") or {}),
                news=self._wire(inputs),
                timeout=timeout,
                ignoreChanges=ignored,
                preview=preview,
                old_inputs=self._wire(old.get("inputs") or {}),
                name=name_of(old["urn"]),
                type=old["type"],
            ),
        )
        return self._back(answer.properties, inputs)

    def delete(self, old: State, timeout: float) -> None:
        """Delete."""
        request = provider_pb2.DeleteRequest(
            id=old["id"],
            urn=old["urn"],
            properties=self._wire(old.get("outputs") or {}),
            timeout=timeout,
            old_inputs=self._wire(old.get("inputs") or {}),
            name=name_of(old["urn"]),
            type=old["type"],
        )
        self.plugin.call("Delete", request)

    def read(self, state: State) -> tuple[str, Properties, Properties | None]:
        """Read the live object; gives id (empty when it is gone), outputs and, if the provider gave any, inputs."""
        inputs, outputs = state.get("inputs") or {}, state.get("outputs") or {}
        request = provider_pb2.ReadRequest(
            id=state["id"],
            urn=state["urn"],
            properties=self._wire(outputs),
            name=name_of(state["urn"]),
            type=state["type"],
        )
        if not state.get("external"):
            request.inputs.CopyFrom(self._wire(inputs))
        answer = self.plugin.call("Read", request)
        new_inputs = self._back(answer.inputs, inputs) if answer.HasField("inputs") else None
        return answer.id, self._back(answer.properties, outputs), new_inputs

    def invoke(self, token: str, args: Properties, *, preview: bool) -> Any:
        """Call a function; gives the protocol's answer. Secrets go in clear."""
        request = provider_pb2.InvokeRequest(tok=token, args=to_struct(plain(args)), preview=preview)
        return self.plugin.call("Invoke", request)

    @property
    def is_unknown(self) -> bool:
        """Say whether the provider's own inputs wait for resources not yet created."""
        return self._unknown


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
