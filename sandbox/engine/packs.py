"""Without this file nobody could say which policy pack to run, with which interpreter and which configuration."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.engine.refusals import EngineError, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.engine.arguments import Arguments

# In the order of the protocol's numbers.
LEVELS = ("advisory", "mandatory", "disabled", "remediate")
LONGEST_PATH = 75
SHORTENED = 4
TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
# Words of a JSON schema that say nothing about which values are right.
ANNOTATIONS = {"default", "description", "examples", "title"}


@dataclass(frozen=True)
class Pack:
    """One --policy-pack with its --policy-pack-config."""

    folder: Path
    config_file: Path | None

    @property
    def shown(self) -> str:
        """The folder as the Pulumi CLI shows it: a long path loses its middle."""
        text = str(self.folder)
        parts = text.split("/")
        if len(text) > LONGEST_PATH and len(parts) > SHORTENED:
            return "/".join([*parts[:2], "...", *parts[-2:]])
        return text

    @property
    def settings(self) -> Mapping[str, Any]:
        """
        What PulumiPolicy.yaml says.

        Raises:
            EngineError: There is none, or it is no YAML.
            Refused: It names another language than Python.
        """
        file = self.folder / "PulumiPolicy.yaml"
        try:
            found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as error:
            reason = f"open {file}: {error.strerror}".lower() if isinstance(error, OSError) else error
            raise EngineError(f'failed to load Pulumi policy project located at "{self.folder}": {reason}') from error
        runtime = found.get("runtime")
        name = runtime.get("name") if isinstance(runtime, dict) else runtime
        if name != "python":
            raise Refused(f"run policy packs written in {name}")
        return dict(found)

    @property
    def interpreter(self) -> str:
        """The Python that runs the pack: its own virtualenv, else the engine's."""
        runtime = self.settings["runtime"]
        virtualenv = (runtime.get("options") or {}).get("virtualenv") if isinstance(runtime, dict) else None
        if not virtualenv:
            return sys.executable
        python = self.folder / virtualenv / "bin" / "python"
        if not python.exists():
            raise EngineError(f"the policy pack's virtualenv has no interpreter: {python}")
        return str(python.absolute())


@dataclass(frozen=True)
class Policy:
    """One policy as its pack describes it; `kind` is resource, stack or unknown."""

    name: str
    level: str
    kind: str = "unknown"
    severity: str = ""
    schema: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    required: Sequence[str] = ()


@dataclass(frozen=True)
class PolicyConfig:
    """How a policy shall run: an enforcement level, empty where none is given, and its own properties."""

    level: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)


def packs_of(arguments: Arguments) -> list[Pack]:
    """
    Give the packs that a command line asks for.

    Raises:
        EngineError: There are configuration files, but not one for each pack.
    """
    folders, files = arguments.values("policy-pack"), arguments.values("policy-pack-config")
    if files and not folders:
        raise EngineError('"--policy-pack-config" must be specified with "--policy-pack"')
    if files and len(files) != len(folders):
        raise EngineError('the number of "--policy-pack-config" flags must match the number of "--policy-pack" flags')
    return [
        Pack(Path(folder), Path(files[index]) if files else None)
        for index, folder in enumerate(map(str, map(Path, folders)))
    ]


def read_config(file: Path) -> dict[str, PolicyConfig]:
    """
    Read a pack's configuration: policy name (or `all`) to a level, or to an object of properties and a level.

    Raises:
        EngineError: It cannot be read, or a level is none.
    """
    try:
        text = file.read_text(encoding="utf-8")
        found = json.loads(text) if text.strip() else {}
    except (OSError, ValueError) as error:
        raise EngineError(f"could not read policy pack configuration {file}: {error}") from error
    if "environments" in found:
        raise EngineError("the policy pack specifies ESC environments but the current backend does not support them")
    answer = {}
    for name, value in found.items():
        if not isinstance(value, str | dict):
            raise EngineError(f'parsing "{name}": {value} is not a valid value; must be a string or object')
        properties = dict(value) if isinstance(value, dict) else {"enforcementLevel": value}
        level = properties.pop("enforcementLevel", "")
        if level and level not in LEVELS:
            raise EngineError(f'parsing enforcement level for "{name}": "{level}" is not a valid enforcement level')
        answer[name] = PolicyConfig(level, properties)
    return answer


def reconcile(policies: Sequence[Policy], *layers: Mapping[str, PolicyConfig]) -> dict[str, PolicyConfig]:
    """
    Lay configurations over the policies' own defaults, the later over the earlier; `all` sets levels only.

    Args:
        policies: What the pack describes.
        layers: The pack's initial configuration, then the file's.

    Returns:
        A configuration for each policy.
    """
    answer = {
        policy.name: PolicyConfig(
            policy.level, {key: rule["default"] for key, rule in policy.schema.items() if "default" in rule}
        )
        for policy in policies
    }
    for layer in layers:
        everyone = layer.get("all", PolicyConfig()).level
        for name, before in list(answer.items()):
            given = layer.get(name, PolicyConfig())
            level = given.level or everyone or before.level
            answer[name] = PolicyConfig(level, {**before.properties, **given.properties})
    return answer


def mistakes(policies: Sequence[Policy], config: Mapping[str, PolicyConfig]) -> list[str]:
    """
    Name what a configuration gets wrong, in the Pulumi CLI's words.

    Raises:
        Refused: A policy describes a property with more than a type and a list of values.
    """
    found = []
    for policy in policies:
        given = config[policy.name].properties
        found += [f"{policy.name}: {key} is required" for key in policy.required if key not in given]
        for key, value in given.items():
            found += [f"{policy.name}: {key}: {text}" for text in _mistakes(key, value, policy.schema.get(key, {}))]
    return sorted(found)


def _mistakes(key: str, value: object, rule: Mapping[str, Any]) -> list[str]:
    if unknown := set(rule) - ANNOTATIONS - {"type", "enum"}:
        raise Refused(f"check a policy's configuration by '{min(unknown)}'")
    wanted = TYPES.get(rule.get("type", ""), (object,))
    # In Python a truth value is a number too.
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted in {(int,), (int, float)}):
        return [f"Invalid type. Expected: {rule['type']}, given: {_type_name(value)}"]
    if "enum" in rule and value not in rule["enum"]:
        listed = ", ".join(json.dumps(each) for each in rule["enum"])
        return [f"{key} must be one of the following: {listed}"]
    return []


def _type_name(value: object) -> str:
    order = ("boolean", "integer", "number", "string", "array", "object")
    return next((name for name in order if isinstance(value, TYPES[name])), "null")
