"""Without this file a running program could not reach the engine: the ResourceMonitor and Engine services."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty

from sandbox.engine.backend import ORGANISATION
from sandbox.engine.deployment import Stopped
from sandbox.engine.difference import ProviderError
from sandbox.engine.goals import urn_of
from sandbox.engine.refusals import EngineError
from sandbox.engine.registrations import invoke, read, register, register_outputs
from sandbox.engine.served import CHANNEL
from sandbox.engine.wire import from_struct, to_struct
from sandbox.protocol import engine_pb2, engine_pb2_grpc, provider_pb2, resource_pb2, resource_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.deployment import Deployment

# Names of ResourceMonitorFeature; what is not listed makes the SDK raise a clear error when a program needs it.
FEATURES: dict[str, Any] = {"secrets": 0, "resourceReferences": 1, "outputValues": 2, "aliasSpecs": 3, "deletedWith": 5}
SEVERITIES = ("debug", "info", "warning", "error")
TERMINATED = "Resource monitor has terminated"


class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Answers the program's calls; method names are the protocol's."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def _answer(self, context: Any, work: Callable[[], Any], urn: str = "") -> Any:
        """Do the work; once something has failed, the program only hears that the engine has ended."""
        deployment = self._deployment
        with contextlib.suppress(Stopped):
            if not deployment.stopped.is_set():
                try:
                    return work()
                except (EngineError, ProviderError) as error:
                    deployment.fail(str(error), urn)
        return context.abort(grpc.StatusCode.UNAVAILABLE, TERMINATED)

    def GetDeploymentInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - as the protocol
        """Tell the program where it runs."""
        deployment = self._deployment
        return resource_pb2.DeploymentInfo(
            project=deployment.stack.project,
            stack=deployment.stack.name,
            organization=ORGANISATION,
            config=deployment.config,
            configSecretKeys=sorted(deployment.secret_keys),
            dryRun=deployment.dry_run,
            parallel=deployment.parallel,
            supportedFeatures=list(FEATURES.values()),
        )

    def SupportsFeature(self, request: Any, _context: Any) -> Any:  # noqa: N802 - as the protocol
        """Answer older SDKs one feature at a time."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - as the protocol
        """Bring a resource to its goal; answers when that is done."""

        def work() -> Any:
            state = register(self._deployment, request)
            return resource_pb2.RegisterResourceResponse(
                urn=state["urn"], id=state.get("id", ""), object=to_struct(state.get("outputs") or {})
            )

        return self._answer(context, work, urn_of(self._deployment, request.type, request.name, request.parent))

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802 - as the protocol
        """Take the stack's exports."""

        def work() -> Any:
            register_outputs(self._deployment, request.urn, from_struct(request.outputs))
            return Empty()

        return self._answer(context, work)

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - as the protocol
        """Read a resource that somebody else owns."""

        def work() -> Any:
            state = read(self._deployment, request)
            return resource_pb2.ReadResourceResponse(urn=state["urn"], properties=to_struct(state.get("outputs") or {}))

        return self._answer(context, work)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802 - as the protocol
        """Call a provider's function; its failure is the program's to handle."""
        try:
            answer = self._answer_invoke(request)
        except ProviderError as error:
            message = f"invocation of {request.tok} returned an error: {error}"
            return context.abort(grpc.StatusCode.UNKNOWN, message)
        except Stopped:
            return context.abort(grpc.StatusCode.UNAVAILABLE, TERMINATED)
        except EngineError as error:
            self._deployment.fail(str(error))
            return context.abort(grpc.StatusCode.UNAVAILABLE, TERMINATED)
        return answer

    def _answer_invoke(self, request: Any) -> Any:
        answer = invoke(self._deployment, request)
        if answer is None:
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        failures = [provider_pb2.CheckFailure(property=each.property, reason=each.reason) for each in answer.failures]
        return resource_pb2.ResourceInvokeResponse(**{"return": getattr(answer, "return"), "failures": failures})

    def SignalAndWaitForShutdown(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - as the protocol
        """Let the program end; nothing of it is needed for deletes, as hooks are not served."""
        return Empty()

    def Log(self, request: Any, _context: Any) -> Any:  # noqa: N802 - as the protocol
        """Relay a message; an error makes the operation fail."""
        severity = SEVERITIES[request.severity]
        deployment = self._deployment
        # That the engine has ended is what the engine itself told the program.
        if TERMINATED in request.message or (severity == "debug" and not deployment.events.debug):
            return Empty()
        if severity == "error":
            deployment.errors.append(request.message)
        deployment.events.diagnose(severity, request.message, request.urn or deployment.root_urn)
        return Empty()

    def RequirePulumiVersion(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - as the protocol
        """Accept any: the version the stand-in names is the one it was compared with."""
        return engine_pb2.RequirePulumiVersionResponse()


@contextlib.contextmanager
def serve(deployment: Deployment) -> Any:
    """Serve both services on one loopback address for the length of a `with` block."""
    # Registrations wait inside their handlers: the pool must be wider than the program's own.
    server = grpc.server(ThreadPoolExecutor(max_workers=max(256, deployment.parallel * 8)), options=CHANNEL)
    monitor = Monitor(deployment)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(monitor, server)
    deployment.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield
    finally:
        server.stop(None)
