"""Without this file every test of the stacks would need an engine: what a program declares, as one hears it."""

import asyncio
import gc
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import Mocks, rpc, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_in_stack

from migration.baseline import Baseline
from migration.manifest import Manifest

KINDS = {
    "okta:group/group:Group": "group",
    "okta:policy/mfa:Mfa": "enrolment",
    "okta:policy/ruleMfa:RuleMfa": "enrolment rule",
    "okta:policy/signon:Signon": "session",
    "okta:policy/ruleSignon:RuleSignon": "session rule",
    "okta:policy/password:Password": "password",
    "okta:policy/rulePassword:RulePassword": "password rule",
    "okta:index/appSignonPolicyRule:AppSignonPolicyRule": "rule",
}


@dataclass(frozen=True)
class Declared:
    """One resource: its kind in our words, its name, what it was given, and what it waits for."""

    kind: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    waits_for: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """Everything that one run declared, in the order in which the engine heard of it, and what it exports."""

    resources: tuple[Declared, ...]
    exports: Mapping[str, Any]

    def named(self, name: str) -> Declared:
        """Return the resource of that name."""
        return next(resource for resource in self.resources if resource.name == name)

    def inputs(self) -> dict[str, Mapping[str, Any]]:
        """Return name → inputs."""
        return {resource.name: resource.inputs for resource in self.resources}


class _Tenant(Mocks):
    def __init__(self, account_policy_id: str) -> None:
        self.account_policy_id = account_policy_id

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        return f"id of {args.name}", dict(args.inputs)

    def call(self, args: Any) -> dict[str, Any]:
        assert args.token == "okta:policy/getPolicy:getPolicy"
        assert args.args["type"] == "ACCESS_POLICY"
        return {**args.args, "id": self.account_policy_id}


class _Recorder(MockMonitor):
    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.heard: list[Declared] = []
        self.exports: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object)
            waits_for = tuple(urn.rsplit("::", 1)[-1] for urn in request.dependencies)
            self.heard.append(Declared(KINDS[request.type], request.name, answer.urn, inputs, waits_for))
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        self.exports |= rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)


def run(manifest: Manifest, baseline: Baseline, *, account_policy_id: str = "rst-account") -> Program:
    """Run the program on *manifest* and *baseline* in a tenant with that account-management policy."""

    def program() -> None:
        # Only now: the mocks stand before the program is imported.
        from stacks.okta_stack import declare  # noqa: PLC0415 - see above

        declare(manifest, baseline)

    return listen(program, stack=manifest.stack, account_policy_id=account_policy_id)


def listen(program: Callable[[], object], *, stack: str, account_policy_id: str = "rst-account") -> Program:
    """Run *program* and return what it declared."""
    recorder = _Recorder(_Tenant(account_policy_id))

    async def main() -> None:
        # With a root there already `set_mocks` makes none; `run_in_stack` makes its own, with the program's outputs.
        set_root_resource(object())  # type: ignore[arg-type]
        set_mocks(recorder.mocks, project="offramp", stack=stack, monitor=recorder)
        set_root_resource(None)  # type: ignore[arg-type]
        await run_in_stack(lambda: program() and None)

    asyncio.run(main())
    with warnings.catch_warnings():
        # The mock monitor opens event loops in its threads and closes none; they end here and not in another test.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return Program(tuple(recorder.heard), recorder.exports)
