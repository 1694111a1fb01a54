"""Without this file no policy pack could see, and refuse, what a program declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty

from sandbox.engine.backend import ORGANISATION
from sandbox.engine.difference import name_of
from sandbox.engine.packs import LEVELS, Policy, PolicyConfig, mistakes, read_config, reconcile
from sandbox.engine.refusals import EngineError, Refused
from sandbox.engine.served import Served
from sandbox.engine.values import as_policies_see
from sandbox.engine.wire import from_struct, to_struct
from sandbox.protocol import analyzer_pb2, analyzer_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.engine.checkpoint import State
    from sandbox.engine.deployment import Deployment
    from sandbox.engine.packs import Pack

# In the order of the protocol's numbers.
KINDS = ("unknown", "resource", "stack")
SEVERITIES = ("", "low", "medium", "high", "critical")


@dataclass(frozen=True)
class Violation:
    """What one policy has to say about one resource, or about the whole stack; `message` begins with the rule."""

    policy: str
    level: str
    message: str
    urn: str
    severity: str = ""

    @property
    def is_mandatory(self) -> bool:
        """Say whether it stops the operation; what a remediation left wrong does."""
        return self.level in {"mandatory", "remediate"}


@dataclass(frozen=True)
class Opinion:
    """A pack's answer: violations, and the policies that did not apply."""

    violations: tuple[Violation, ...]
    not_applicable: frozenset[str]


class Analyzer:
    """One running policy pack; started, greeted and configured when made."""

    def __init__(self, pack: Pack, deployment: Deployment) -> None:
        self.pack = pack
        settings = pack.settings
        folder = str(pack.folder.absolute())
        self._served = Served(
            f'policy pack "{folder}"',
            [pack.interpreter, "-u", "-m", "pulumi.policy", deployment.address, folder],
            pack.folder,
            deployment.pack_environment,
            deployment.children,
            deployment.events.diagnose,
        )
        self._stub = analyzer_pb2_grpc.AnalyzerStub(self._served.channel)
        self._greet(deployment, folder)
        described = self._call("GetAnalyzerInfo", Empty())
        self.name = described.name
        # PulumiPolicy.yaml has the last word on the version.
        self.version = str(settings.get("version") or described.version)
        self.policies = [_policy(each) for each in described.policies]
        self._levels = {policy.name: policy.level for policy in self.policies}
        if described.supportsConfig:
            self._configure(described)
        elif pack.config_file:
            raise EngineError(f'policy pack "{self.name}" at "{folder}" does not support config')
        for name, level in sorted(self._levels.items()):
            if level == "remediate":
                raise Refused(f"remediate resources (policy '{name}' of policy pack '{self.name}')")

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            raise EngineError(f"failed to run policy: {error.details() or error.code()}") from error

    def _greet(self, deployment: Deployment, folder: str) -> None:
        hello = analyzer_pb2.AnalyzerHandshakeRequest(
            engine_address=deployment.address, root_directory=folder, program_directory=folder
        )
        stack = analyzer_pb2.AnalyzerStackConfigureRequest(
            stack=deployment.stack.name,
            project=deployment.stack.project,
            organization=ORGANISATION,
            dry_run=deployment.dry_run,
            config=deployment.config,
            config_secret_keys=sorted(deployment.secret_keys),
        )
        for method, request in (("Handshake", hello), ("ConfigureStack", stack)):
            try:
                getattr(self._stub, method)(request)
            except grpc.RpcError as error:
                # Packs built on an older SDK know neither.
                if error.code() != grpc.StatusCode.UNIMPLEMENTED:
                    raise EngineError(f"failed to greet policy pack: {error.details()}") from error

    def _configure(self, described: Any) -> None:
        initial = {
            name: PolicyConfig(LEVELS[each.enforcementLevel], from_struct(each.properties))
            for name, each in described.initialConfig.items()
        }
        given = read_config(self.pack.config_file) if self.pack.config_file else {}
        config = reconcile(self.policies, initial, given)
        if wrong := mistakes(self.policies, config):
            lines = [f"validating policy config: {self.name} {self.version}  {text}" for text in wrong]
            raise EngineError("\n".join([*lines, "validating policy config"]))
        request: Any = analyzer_pb2.ConfigureAnalyzerRequest()
        for name, each in config.items():
            request.policyConfig[name].enforcementLevel = LEVELS.index(each.level)
            request.policyConfig[name].properties.CopyFrom(to_struct(each.properties))
            self._levels[name] = each.level
        self._call("Configure", request)

    def analyze(self, state: State, provider: State | None) -> Opinion:
        """
        Ask about one resource's checked inputs, before anything is done to it.

        Raises:
            Refused: A policy would change the resource.
            EngineError: The pack broke.
        """
        request = analyzer_pb2.AnalyzeRequest(**_described(state, provider, state.get("inputs") or {}))
        changed = [each for each in self._call("Remediate", request).remediations if not each.diagnostic]
        if changed:
            raise Refused(f"remediate resources (policy '{changed[0].policyName}' of policy pack '{self.name}')")
        return self._opinion(self._call("Analyze", request), state["urn"])

    def analyze_stack(self, states: Iterable[State], providers: Mapping[str, State]) -> Opinion:
        """Ask about all resources together, with what their providers answered."""
        request = analyzer_pb2.AnalyzeStackRequest()
        for state in states:
            provider = providers.get(state.get("provider") or "")
            each = request.resources.add(
                **_described(state, provider, state.get("outputs") or {}),
                parent=state.get("parent") or "",
                dependencies=state.get("dependencies") or [],
            )
            for key, urns in (state.get("propertyDependencies") or {}).items():
                if urns:
                    each.propertyDependencies[key].urns.extend(urns)
        return self._opinion(self._call("AnalyzeStack", request), "")

    def _opinion(self, answer: Any, urn: str) -> Opinion:
        severities = {policy.name: policy.severity for policy in self.policies}
        found = tuple(
            Violation(
                each.policyName,
                LEVELS[each.enforcementLevel],
                each.message,
                urn or each.urn,
                SEVERITIES[each.severity] or severities.get(each.policyName, ""),
            )
            for each in answer.diagnostics
        )
        return Opinion(found, frozenset(each.policy_name for each in answer.not_applicable))

    def passed(self, kind: str, opinion: Opinion) -> list[str]:
        """Name the policies of a kind that ran and found nothing."""
        broken = {violation.policy for violation in opinion.violations} | opinion.not_applicable
        return sorted(
            policy.name
            for policy in self.policies
            if policy.kind in {kind, "unknown"}
            and self._levels[policy.name] != "disabled"
            and policy.name not in broken
        )

    def close(self) -> None:
        """End the pack."""
        self._served.close()


def _policy(each: Any) -> Policy:
    return Policy(
        each.name,
        LEVELS[each.enforcementLevel],
        KINDS[each.policy_type],
        SEVERITIES[each.severity],
        from_struct(each.configSchema.properties),
        tuple(each.configSchema.required),
    )


def _described(state: State, provider: State | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    timeouts = state.get("customTimeouts") or {}
    answer = {
        "type": state["type"],
        "urn": state["urn"],
        "name": name_of(state["urn"]),
        "properties": to_struct(as_policies_see(properties)),
        "options": analyzer_pb2.AnalyzerResourceOptions(
            protect=bool(state.get("protect")),
            ignoreChanges=state.get("ignoreChanges") or [],
            deleteBeforeReplace=bool(state.get("deleteBeforeReplace")),
            deleteBeforeReplaceDefined="deleteBeforeReplace" in state,
            additionalSecretOutputs=state.get("additionalSecretOutputs") or [],
            aliases=state.get("aliases") or [],
            customTimeouts=analyzer_pb2.AnalyzerResourceOptions.CustomTimeouts(**timeouts),
            parent=state.get("parent") or "",
        ),
    }
    if provider is not None:
        answer["provider"] = analyzer_pb2.AnalyzerProviderResource(
            type=provider["type"],
            urn=provider["urn"],
            name=name_of(provider["urn"]),
            properties=to_struct(as_policies_see(provider.get("inputs") or {})),
        )
    return answer
