"""Without this file the stand-in's stacks would be invisible to the Pulumi CLI, and the CLI's to it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sandbox.engine.files import write_whole
from sandbox.engine.refusals import ONLY_LOOPBACK, EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.engine.project import Project

ORGANISATION = "organization"
_LAST_OF_A_DEPLOYMENT = '"metadata": {}'
STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class StackRef:
    """Which stack of which project; the organisation is always the same on a file backend."""

    project: str
    name: str

    @property
    def qualified(self) -> str:
        """The name as the state and the locks write it."""
        return f"{ORGANISATION}/{self.project}/{self.name}"


@dataclass(frozen=True)
class Backend:
    """Pulumi's file backend: where each kind of file lives."""

    url: str
    root: Path

    def state_file(self, stack: StackRef) -> Path:
        """The checkpoint."""
        return self.root / "stacks" / stack.project / f"{stack.name}.json"

    def history_folder(self, stack: StackRef) -> Path:
        """One pair of files for each finished operation."""
        return self.root / "history" / stack.project / stack.name

    def lock_folder(self, stack: StackRef) -> Path:
        """One file for each running operation."""
        return self.root / "locks" / ORGANISATION / stack.project / stack.name

    def stacks(self, project: str | None = None) -> list[StackRef]:
        """List the stacks, of one project or of all."""
        found = sorted(self.root.glob(f"stacks/{project or '*'}/*.json"))
        return [StackRef(path.parent.name, path.stem) for path in found]

    def exists(self, stack: StackRef) -> bool:
        """Say whether the stack has been initialised."""
        return self.state_file(stack).exists()

    def read(self, stack: StackRef) -> dict[str, Any]:
        """Give the checkpoint document."""
        if not self.exists(stack):
            raise EngineError(f"no stack named '{stack.name}' found", 6)
        document: dict[str, Any] = json.loads(self.state_file(stack).read_text(encoding="utf-8"))
        if document.get("version") != 3:  # noqa: PLR2004 - the only deployment version modelled
            raise EngineError(f"the state of stack '{stack.name}' is not version 3")
        return document

    def write(self, stack: StackRef, document: dict[str, Any], resources: Sequence[str] = ()) -> None:
        """
        Replace the checkpoint document.

        Args:
            stack: Whose it is.
            document: The document; where resources are given, its deployment has none.
            resources: The deployment's resources, each written already: most of them are as they were before a step.
        """
        meta = self.root / "meta.yaml"
        if not meta.exists():
            write_whole(meta, "version: 1\n")
        # Without indentation: it is written after every step, and indenting costs more than all the rest of a step.
        text = json.dumps(document)
        if resources:
            head, end, tail = text.rpartition(_LAST_OF_A_DEPLOYMENT)
            text = f'{head}"resources": [{", ".join(resources)}], {end}{tail}'
        write_whole(self.state_file(stack), text, keep_previous=True)

    def forget(self, stack: StackRef) -> None:
        """Remove the checkpoint and its backup; history stays, as with the Pulumi CLI."""
        path = self.state_file(stack)
        for each in (path, path.with_name(path.name + ".bak"), path.with_name(path.name + ".attrs")):
            each.unlink(missing_ok=True)


def open_backend(project: Project | None) -> Backend:
    """
    Find the file backend named by PULUMI_BACKEND_URL, or by the project.

    Raises:
        EngineError: None is named, or it is not a folder of this machine.
    """
    settings = project.settings.get("backend") if project else None
    named = settings.get("url") if isinstance(settings, dict) else None
    url = os.environ.get("PULUMI_BACKEND_URL") or named or ""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in {"", ".", "~"}:
        shown = f"{parts.scheme}://…" if parts.scheme else "none"
        raise EngineError(
            f"{ONLY_LOOPBACK}: set PULUMI_BACKEND_URL to file://FOLDER (it names {shown}), or use the Pulumi CLI"
        )
    folder = Path(unquote(parts.netloc + parts.path)).expanduser().absolute()
    return Backend(url, folder / ".pulumi")


def pulumi_home() -> Path:
    """The folder of plugins and of each project's current stack."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def _workspace_file(project: Project) -> Path:
    mark = hashlib.sha1(str(project.file.absolute()).encode(), usedforsecurity=False).hexdigest()
    return pulumi_home() / "workspaces" / f"{project.name}-{mark}-workspace.json"


def current_stack(backend: Backend, project: Project) -> StackRef | None:
    """Give the stack selected for this project, if any."""
    path = _workspace_file(project)
    if not path.exists():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    name = (document.get("stacks") or {}).get(backend.url) or document.get("stack")
    return parse_stack(name, project) if name else None


def select_stack(backend: Backend, project: Project, stack: StackRef | None) -> None:
    """Remember the current stack; None forgets it."""
    path = _workspace_file(project)
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    stacks = dict(document.get("stacks") or {})
    stacks.pop(backend.url, None)
    if stack is not None:
        stacks[backend.url] = stack.qualified
    write_whole(path, json.dumps({**document, "stacks": stacks}, indent=4))


def parse_stack(text: str, project: Project) -> StackRef:
    """
    Read `NAME`, `PROJECT/NAME` or `organization/PROJECT/NAME`.

    Raises:
        EngineError: The name cannot be one, or belongs to another project.
    """
    *before, name = text.split("/")
    if not STACK_NAME.fullmatch(name):
        raise EngineError(f"invalid stack name '{text}'")
    owner = before[-1] if before else project.name
    if before[:-1] not in ([], [ORGANISATION]) or owner not in {project.name, ORGANISATION}:
        raise EngineError(f"stack '{text}' does not belong to project '{project.name}'")
    return StackRef(project.name, name)
