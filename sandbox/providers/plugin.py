"""Without this file no engine could talk to a provider here: Pulumi's ResourceProvider protocol, served."""

import os
import re
import secrets
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2

from sandbox.protocol import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2
from sandbox.providers import fields as props
from sandbox.providers.fields import Problem
from sandbox.providers.resource import MadeButUnfinishedError, Package, ProviderError, Resource
from sandbox.providers.values import DEFAULTS, UNKNOWN, Json, bare, has_unknown, pack, unpack

# The engine sends whole property bags; the real SDK allows the same.
_MESSAGE_BYTES = 400 * 1024 * 1024
_OPTIONS = [
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
]
_WORKERS = 64
_WATCH_SECONDS = 0.5
_GRACE_SECONDS = 10


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The protocol for one package; Handshake, GetSchema, Construct and Call stay unimplemented."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.cancelled = threading.Event()
        self.client: Any = None

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Tell the version, by which the engine picks a plugin."""
        return plugin_pb2.PluginInfo(version=self.package.version)

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Refuse settings that nobody reads, and an SDK of another major version."""
        news = unpack(request.news)
        found = list(props.problems(self.package.config, _own_config(news)))
        if reason := self._other_major(news.get("version")):
            found.append(Problem("version", reason))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(found))

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Say that a changed setting never replaces anything."""
        same = unpack(request.olds) == unpack(request.news)
        kind = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=kind)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Connect; settings that are not known yet postpone it to the first call that needs it."""
        given = unpack(request.args) if request.HasField("args") else {}
        given |= {key.split(":")[-1]: value for key, value in request.variables.items()}
        if reason := self._other_major(given.get("version")):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, reason)
        config = _own_config(given)
        if not has_unknown(config):
            with _answering(context):
                self.client = self.package.connect(config, self.cancelled)
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True, acceptResources=False)

    def _other_major(self, version: Any) -> str | None:
        major = str(version or self.package.version).removeprefix("v").split(".")[0]
        if version == UNKNOWN or major == self.package.version.split(".")[0]:
            return None
        return (
            f"the program's SDK is {self.package.name} {version} and this plugin is {self.package.version}: "
            "property names differ between majors, so inputs would be lost in silence; use one major of both"
        )

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Validate what the program says and fill in defaults."""
        resource = self._resource(request.urn, context)
        news, olds = bare(unpack(request.news)), unpack(request.olds)
        automatic = "name" in resource.fields and "name" not in news
        if automatic:
            generated = "name" in olds.get(DEFAULTS, ["name"])
            news["name"] = (olds.get("name") if generated else None) or _own_name(request)
        found = list(props.problems(resource.fields, news))
        filled = props.with_defaults(resource.fields, news)
        doubtful = {re.split(r"[.\[]", one.path)[0] for one in found}
        sound = {name: value for name, value in bare(filled).items() if name not in doubtful}
        found += resource.problems(sound)
        if automatic:
            filled[DEFAULTS] = sorted([*filled[DEFAULTS], "name"])
        return provider_pb2.CheckResponse(inputs=pack(filled), failures=_failures(found))

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Compare the state, as last read, with the program, property by property."""
        resource = self._resource(request.urn, context)
        olds, news, inputs = unpack(request.olds), unpack(request.news), unpack(request.old_inputs)
        ignored = [*request.ignoreChanges, *resource.without_effect(news)]
        names = props.changed(resource.fields, olds, news, ignored)
        replaces = [name for name in names if resource.fields[name].replaces]
        detailed = {name: _difference(resource, name, olds, inputs, news) for name in names}
        # A fixed name cannot be held twice; a generated one can make room for its successor first.
        named = "name" in news and "name" not in news.get(DEFAULTS, ["name"])
        some = provider_pb2.DiffResponse.DIFF_SOME if names else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            diffs=names,
            replaces=replaces,
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and named,
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Make an object, or foretell its outputs in a preview."""
        resource = self._resource(request.urn, context)
        news = bare(unpack(request.properties))
        if request.preview:
            outputs = props.foretold(resource.fields, news, {}, resource.computed)
            return provider_pb2.CreateResponse(id="", properties=pack(outputs))
        with _answering(context, properties=news, inputs=request.properties):
            object_id, outputs = resource.create(self._client(), news)
        return provider_pb2.CreateResponse(id=object_id, properties=pack(_remembering(resource, outputs, news)))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Show an object as it is; an empty id says that it is gone."""
        resource = self._resource(request.urn, context)
        known, inputs = unpack(request.properties), unpack(request.inputs)
        with _answering(context):
            found = resource.read(self._client(), request.id, {**bare(inputs), **known})
        if found is None:
            return provider_pb2.ReadResponse()
        object_id, outputs = found
        outputs = _remembering(resource, outputs, known)
        if inputs:
            shown = props.projected(resource.fields, inputs, outputs)
        else:
            shown = props.controllable(resource.fields, outputs)
        return provider_pb2.ReadResponse(id=object_id, properties=pack(outputs), inputs=pack(shown))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Change an object in place, or foretell it in a preview."""
        resource = self._resource(request.urn, context)
        olds, news = unpack(request.olds), bare(unpack(request.news))
        if request.preview:
            outputs = props.foretold(resource.fields, news, olds, resource.computed)
            return provider_pb2.UpdateResponse(properties=pack(outputs))
        with _answering(context):
            joined = props.settled(resource.fields, news, olds)
            outputs = resource.update(self._client(), request.id, olds, joined)
        return provider_pb2.UpdateResponse(properties=pack(_remembering(resource, outputs, news)))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Remove an object."""
        resource = self._resource(request.urn, context)
        with _answering(context):
            resource.delete(self._client(), request.id, unpack(request.properties))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Answer a function of the package."""
        if request.tok not in self.package.invokes:
            known = ", ".join(sorted(self.package.invokes))
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"no function {request.tok} here; known are {known}")
        with _answering(context):
            answer = self.package.invokes[request.tok](self._client(), unpack(request.args))
        return provider_pb2.InvokeResponse(**{"return": pack(answer)})

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Start no wait any more; what runs may finish within the grace."""
        self.cancelled.set()
        return empty_pb2.Empty()

    def _resource(self, urn: str, context: Any) -> Resource:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self.package.resources:
            known = ", ".join(sorted(self.package.resources))
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"no resource {token} here; known are {known}")
        return self.package.resources[token]

    def _client(self) -> Any:
        if self.client is None:
            raise ProviderError(f"the {self.package.name} provider is not configured: its settings are not known yet")
        return self.client


def _own_config(given: Json) -> Json:
    # The engine's own keys travel with ours, and explicit providers send everything as text.
    engines = ("version", "pluginDownloadURL", "__internal")
    return {key: value for key, value in given.items() if key not in engines}


def _failures(found: list[Problem]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=one.path, reason=f"{one.path} {one.because}") for one in found]


def _own_name(request: Any) -> str:
    seed = request.randomSeed or secrets.token_bytes(8)
    return f"{request.urn.split('::')[3]}-{sha256(seed).hexdigest()[:7]}"


def _difference(resource: Resource, name: str, olds: Json, inputs: Json, news: Json) -> Any:
    kinds = provider_pb2.PropertyDiff
    if olds.get(name) is None:
        kind = kinds.ADD_REPLACE if resource.fields[name].replaces else kinds.ADD
    elif news.get(name) is None:
        kind = kinds.DELETE_REPLACE if resource.fields[name].replaces else kinds.DELETE
    else:
        kind = kinds.UPDATE_REPLACE if resource.fields[name].replaces else kinds.UPDATE
    return kinds(kind=kind, inputDiff=bare(inputs.get(name)) != bare(news.get(name)))


def _remembering(resource: Resource, outputs: Json, known: Json) -> Json:
    unread = {name: known[name] for name, spec in resource.fields.items() if not spec.read_back and name in known}
    return {**outputs, **unread}


@contextmanager
def _answering(context: Any, properties: Json | None = None, inputs: Any = None) -> Iterator[None]:
    """Turn our failures into gRPC statuses; an object that exists all the same travels in the details."""
    try:
        yield
    except MadeButUnfinishedError as error:
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=error.object_id, properties=pack(properties or {}), reasons=[str(error)], inputs=inputs
            )
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    except ProviderError as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))


def serve(package: Package) -> None:
    """Serve until cancelled, told to stop or left alone; the port is the first line on stdout."""
    parent = os.getppid()
    servicer = Servicer(package)
    server = grpc.server(ThreadPoolExecutor(_WORKERS), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: servicer.cancelled.set())
    # ^C reaches the whole terminal group; a create that runs must finish so that the engine can record it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(port, flush=True)
    while not servicer.cancelled.wait(_WATCH_SECONDS):
        # A signal on the parent's death (PR_SET_PDEATHSIG) would follow its thread, not its process.
        if os.getppid() != parent:
            os._exit(1)
    server.stop(_GRACE_SECONDS).wait()
    os._exit(0)
