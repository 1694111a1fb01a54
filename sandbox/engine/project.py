"""Without this file the engine would not know which program to run, where, and with which interpreter."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.engine.refusals import EngineError, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Project:
    """What Pulumi.yaml says."""

    name: str
    file: Path
    settings: Mapping[str, Any]

    @property
    def root(self) -> Path:
        """The folder of Pulumi.yaml."""
        return self.file.parent

    @property
    def program(self) -> tuple[Path, str]:
        """The folder the program runs in, and the entry point seen from there (`.` or a file name)."""
        main = self.root / str(self.settings.get("main") or ".")
        if main.is_file():
            return main.parent, main.name
        return main, "."

    @property
    def interpreter(self) -> str:
        """The Python that runs the program: the project's virtualenv, else the engine's own."""
        runtime = self.settings.get("runtime")
        options = runtime.get("options", {}) if isinstance(runtime, dict) else {}
        virtualenv = options.get("virtualenv")
        if not virtualenv:
            return sys.executable
        python = self.root / virtualenv / "bin" / "python"
        if not python.exists():
            raise EngineError(f"the project's virtualenv has no interpreter: {python}")
        return str(python)

    def stack_settings(self, stack: str) -> Path:
        """The file that holds a stack's configuration."""
        return self.root / str(self.settings.get("stackConfigDir") or ".") / f"Pulumi.{stack}.yaml"

    def require_python(self) -> None:
        """Refuse programs in other languages."""
        runtime = self.settings.get("runtime")
        name = runtime.get("name") if isinstance(runtime, dict) else runtime
        if name != "python":
            raise Refused(f"run {name} programs")


def find_project(start: Path) -> Project:
    """
    Find Pulumi.yaml in a folder or above it.

    Raises:
        EngineError: There is none, or it is no project.
    """
    for folder in (start, *start.parents):
        for name in ("Pulumi.yaml", "Pulumi.yml"):
            if (folder / name).is_file():
                return _read(folder / name)
    raise EngineError(
        f"no Pulumi.yaml project file found (searching upwards from {start}). If you have not created a project "
        "yet, use `pulumi new` to do so: no project file found"
    )


def _read(file: Path) -> Project:
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise EngineError(f"could not read {file}: {error}") from error
    if not isinstance(settings, dict) or not settings.get("name"):
        raise EngineError(f"could not read {file}: project is missing a 'name' attribute")
    return Project(str(settings["name"]), file, settings)
