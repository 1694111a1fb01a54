"""Without this file nobody would run the engine for the planner: Pulumi through its Automation API."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration.adapters.late import Late
from migration.adapters.pulumi_recovery import adopt, creating, recover
from migration.errors import EngineFailed, EngineMissing, PluginMismatch
from migration.model import Creating, Step

if TYPE_CHECKING:
    from pulumi import automation
else:
    automation = Late("pulumi.automation")

_UNCHANGED = frozenset({"same", "read", "refresh"})
_PLUGIN = re.compile(r"no resource plugin '(?P<plugin>[^']+)' found[^\n]*")


class PulumiEngine:
    """One stack of the project, carried out by the `pulumi` that PATH or OFFRAMP_PULUMI names."""

    def __init__(self, project: Path, stack: str, executable: str | None) -> None:
        self._project = project
        self._stack_name = stack
        self._executable = executable
        self._pack = project / "stacks" / "policy_pack"

    @cached_property
    def _stack(self) -> automation.Stack:
        workspace = automation.LocalWorkspace(work_dir=str(self._project), pulumi_command=self._command)
        try:
            return automation.Stack.select(self._stack_name, workspace)
        except automation.StackNotFoundError as error:
            raise EngineMissing(
                f"There is no stack {self._stack_name}",
                context=self._project.name,
                hint=f"pulumi stack init {self._stack_name}, or name another stack in offramp.toml",
            ) from error
        except automation.CommandError as error:
            raise self._failed(error) from error

    @cached_property
    def _command(self) -> automation.PulumiCommand:
        found = self._executable or shutil.which("pulumi")
        path = Path(found).resolve() if found else None
        if path is None or not path.is_file() or path.parent.name != "bin":
            raise EngineMissing(
                "There is no pulumi to run",
                context=self._executable or "PATH",
                hint="install the Pulumi CLI, or set OFFRAMP_PULUMI to its bin/pulumi",
            )
        try:
            return automation.PulumiCommand(root=str(path.parent.parent))
        except (automation.InvalidVersionError, automation.CommandError, OSError) as error:
            raise EngineMissing(
                f"The pulumi found cannot be used: {error}", context=str(path.name), hint="offramp doctor"
            ) from error

    def outputs(self) -> Mapping[str, Any]:
        """Return what the stack exports; empty when it was never updated."""
        # The SDK's own `outputs` runs the engine twice, to tell which of them are secrets: none is.
        found: dict[str, Any] = self._told(
            "stack", "output", "--json", "--non-interactive", "--stack", self._stack.name
        )
        return found

    def foresee(self) -> Sequence[Step]:
        """Return what an update would do, without what stays the same."""
        return self._steps("preview")

    def up(self, *, refresh: bool = False) -> Sequence[Step]:
        """Carry the manifest out, one write at a time; with *refresh* after asking what the tenant holds already."""
        return self._steps("up", refresh=refresh)

    def recover(self) -> Sequence[str]:
        """Wait for an engine that is alive, take the lock of a dead one away, look for what it was creating."""
        try:
            return recover(self._stack)
        except automation.CommandError as error:
            raise self._failed(error) from error

    def creating(self) -> Sequence[Creating]:
        """Return what an update was creating when it died."""
        try:
            return creating(self._stack)
        except automation.CommandError as error:
            raise self._failed(error) from error

    def adopt(self, found: Mapping[str, str]) -> None:
        """Take over objects that exist, and forget those that do not."""
        try:
            adopt(self._stack, found)
        except automation.CommandError as error:
            raise self._failed(error) from error

    def drift(self) -> Sequence[Step]:
        """Return what differs between the tenant and what was declared last; the program is not run for it."""
        return self._steps("drift")

    def facts(self) -> Mapping[str, str]:
        """Return name and version of the engine and of each plugin it has."""
        # The SDK's own list_plugins needs a time of last use, which a plugin that nobody used does not have.
        listed = self._told("plugin", "ls", "--json")
        plugins = {f"plugin {plugin['name']}": str(plugin.get("version")) for plugin in listed}
        return {"stack": self._stack.name, "pulumi": str(self._command.version), **plugins}

    def _told(self, *words: str) -> Any:
        """Return the JSON document that a command of the engine prints."""
        try:
            return json.loads(self._command.run(list(words), str(self._project), {}).stdout)
        except automation.CommandError as error:
            raise self._failed(error) from error

    def _steps(self, action: str, *, refresh: bool = False) -> Sequence[Step]:
        seen: dict[str, Step] = {}
        errors: list[str] = []

        def hear(event: automation.EngineEvent) -> None:
            # A refresh says what it found when it is done with a resource; an update says before what it will do.
            told = event.res_outputs_event if action == "drift" else event.resource_pre_event
            metadata = told.metadata if told else None
            if event.diagnostic_event and event.diagnostic_event.severity == "error":
                errors.append(event.diagnostic_event.message.strip())
            judged = event.policy_event
            if judged and judged.enforcement_level == "mandatory":
                errors.append(judged.message.strip().splitlines()[-1])
            if metadata is not None and not metadata.type.startswith("pulumi:"):
                step = _step(metadata)
                if step.operation not in _UNCHANGED:
                    seen[step.name] = step

        packs = [str(self._pack)] if self._pack.is_dir() else None
        try:
            if action == "up":
                self._stack.up(on_event=hear, parallel=1, suppress_outputs=True, refresh=refresh, policy_packs=packs)
            elif action == "drift":
                self._stack.preview_refresh(on_event=hear, parallel=1)
            else:
                self._stack.preview(on_event=hear, parallel=1, policy_packs=packs)
        except automation.ConcurrentUpdateError as error:
            raise EngineFailed(
                "Another update of this stack is running, or died with its lock",
                context=f"stack {self._stack_name}",
                hint="wait for it; pulumi cancel removes the lock of an engine that is dead",
            ) from error
        except automation.CommandError as error:
            raise self._failed(error, errors) from error
        return list(seen.values())

    def _failed(self, error: automation.CommandError, heard: Sequence[str] = ()) -> EngineFailed | PluginMismatch:
        text = "\n".join([*heard, str(error)])
        missing = _PLUGIN.search(text)
        if missing:
            return PluginMismatch(
                f"The engine has no fitting plugin: {missing.group(0)}",
                context=f"stack {self._stack_name}",
                hint="pulumi plugin install resource okta 7.0.1: plugin and SDK must share a major version",
            )
        lines = [line.strip() for line in text.splitlines() if "error:" in line or line in heard]
        first = lines[0] if lines else text.strip().splitlines()[-1]
        return EngineFailed(
            f"The engine failed: {first}",
            context=f"stack {self._stack_name}",
            hint="pulumi preview shows the whole message; what an update left half done, pulumi up finishes",
        )


def _step(metadata: automation.StepEventMetadata) -> Step:
    named = {path.split(".")[0].split("[")[0] for path in (metadata.detailed_diff or {})}
    fields = named or set(metadata.diffs or ())
    return Step(
        operation=str(getattr(metadata.op, "value", metadata.op)),
        name=metadata.urn.rsplit("::", 1)[-1],
        kind=metadata.type,
        fields=tuple(sorted(fields)),
    )
