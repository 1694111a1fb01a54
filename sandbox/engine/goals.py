"""Without this file a registration that the stand-in cannot honour would be half-honoured."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sandbox.engine.checkpoint import PROVIDER_TYPE, ROOT_TYPE
from sandbox.engine.refusals import EngineError, Refused
from sandbox.engine.values import file_kind, secret, without_nulls
from sandbox.engine.wire import from_struct

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.engine.checkpoint import State
    from sandbox.engine.deployment import Deployment
    from sandbox.engine.values import Properties

SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
STEP = re.compile(r"\.?([^.\[\]]+)|\[(?:\"([^\"]+)\"|(\d+))\]")


def urn_of(deployment: Deployment, token: str, name: str, parent: str) -> str:
    """Give a resource's URN; the parents' types are part of it, the stack's own type is not."""
    chain = ""
    if parent and parent != deployment.root_urn:
        chain = parent.split("::")[2] + "$"
    return f"urn:pulumi:{deployment.stack.name}::{deployment.stack.project}::{chain}{token}::{name}"


def require_registrable(request: Any) -> None:
    """
    Refuse what only the Pulumi CLI can do.

    Raises:
        Refused: The registration asks for it.
    """
    who = f"{request.type} '{request.name}'"
    if request.remote or (not request.custom and request.type != ROOT_TYPE):
        raise Refused(f"handle component resources ({who})")
    if request.importId:
        raise Refused(f"import resources ({who} has the import option)")
    if request.transforms or request.hooks.ListFields() or request.state_migrations:
        raise Refused(f"run transforms, hooks or migrations ({who})")
    if request.packageRef:
        raise Refused(f"use parameterised packages ({who})")
    if request.replace_with or request.HasField("replacement_trigger"):
        raise Refused(f"replace resources ({who} asks for replacement triggers)")
    if kind := file_kind(from_struct(request.object)):
        raise Refused(f"carry {kind}s ({who})")


def require_no_alias(deployment: Deployment, request: Any, urn: str) -> list[str]:
    """
    Give the URNs of a registration's aliases, as the state records them.

    Raises:
        Refused: An alias names a resource of the state, which would have to be renamed.
    """
    found = list(request.aliasURNs)
    for alias in request.aliases:
        if alias.WhichOneof("alias") == "urn":
            found.append(alias.urn)
            continue
        spec = alias.spec
        parent = spec.parentUrn or ("" if spec.noParent else request.parent)
        made = urn_of(deployment, spec.type or request.type, spec.name or request.name, parent)
        stack, project = spec.stack or deployment.stack.name, spec.project or deployment.stack.project
        found.append("::".join([f"urn:pulumi:{stack}", project, *made.split("::")[2:]]))
    for other in found:
        if other != urn and deployment.snapshot.old(other) is not None:
            raise Refused(f"rename resources by alias ({other})")
    return [other for other in found if other != urn]


def read_goal(deployment: Deployment, request: Any) -> State:
    """
    Turn a registration into the state the resource shall have, without id and outputs.

    Args:
        deployment: The operation.
        request: The protocol's RegisterResourceRequest or ReadResourceRequest of a custom resource.

    Returns:
        A state whose `inputs` are what the program gave.

    Raises:
        EngineError: A timeout cannot be read.
    """
    urn = urn_of(deployment, request.type, request.name, request.parent)
    options = {
        key: getattr(request, key) for key in ("protect", "retainOnDelete", "deletedWith") if hasattr(request, key)
    }
    return {
        "urn": urn,
        "custom": True,
        "type": request.type,
        "inputs": without_nulls(from_struct(request.object if hasattr(request, "object") else request.properties)),
        "parent": request.parent,
        "dependencies": list(request.dependencies),
        "propertyDependencies": {
            key: list(each.urns) for key, each in sorted(getattr(request, "propertyDependencies", {}).items())
        },
        "additionalSecretOutputs": list(request.additionalSecretOutputs),
        "ignoreChanges": list(getattr(request, "ignoreChanges", ())),
        "replaceOnChanges": list(getattr(request, "replaceOnChanges", ())),
        "customTimeouts": _timeouts(request) if hasattr(request, "customTimeouts") else {},
        **origin_of(deployment, request),
        **options,
    }


def _timeouts(request: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for key in ("create", "update", "delete"):
        text = getattr(request.customTimeouts, key)
        if not text:
            continue
        parts = re.findall(r"([\d.]+)(h|ms|m|s)", text)
        if "".join(number + unit for number, unit in parts) != text:
            raise EngineError(f"unable to parse customTimeout Value {text}")
        seconds = sum(float(number) * SECONDS[unit] for number, unit in parts)
        found[key] = int(seconds) if seconds == int(seconds) else seconds
    return found


def position_of(position: Any, root: Path) -> str:
    """Give a source position as the state holds it: relative to the project, even where that leads out of it."""
    if not position.uri:
        return ""
    path = os.path.relpath(unquote(urlsplit(position.uri).path), root)
    column = f",{position.column}" if position.column else ""
    return f"project:///{path}#{position.line}{column}"


def origin_of(deployment: Deployment, request: Any) -> State:
    """Give where in the program a registration comes from."""
    root = deployment.project.root
    return {
        "sourcePosition": position_of(request.sourcePosition, root),
        "stackTrace": [{"sourcePosition": position_of(each.pc, root)} for each in request.stackTrace.frames],
    }


def is_provider_type(token: str) -> bool:
    """Say whether a type is a provider's."""
    return token.startswith(PROVIDER_TYPE)


def keep_ignored(inputs: Properties, old: Properties, paths: list[str]) -> Properties:
    """
    Put the old values back at the paths whose changes are to be ignored.

    Args:
        inputs: What the program gave; not changed.
        old: The inputs of the state.
        paths: `a`, `a.b`, `a[0].b`, `a["b"]` or `*` for everything.

    Returns:
        The inputs to check.
    """
    answer: Any = inputs
    for path in paths:
        if path == "*":
            return old
        answer = _with_old(answer, old, _steps(path))
    kept: Properties = answer
    return kept


def _steps(path: str) -> list[str | int]:
    return [int(index) if index else (name or quoted) for name, quoted, index in STEP.findall(path)]


def _with_old(new: Any, old: Any, steps: list[str | int]) -> Any:
    step, rest = steps[0], steps[1:]
    if isinstance(new, dict) and isinstance(step, str):
        before = old if isinstance(old, dict) else {}
        if rest and step in new and step in before:
            return {**new, step: _with_old(new[step], before[step], rest)}
        without = {key: value for key, value in new.items() if key != step}
        if rest:
            return new
        return {**without, step: before[step]} if step in before else without
    if isinstance(new, list) and isinstance(old, list) and isinstance(step, int) and step < min(len(new), len(old)):
        value = _with_old(new[step], old[step], rest) if rest else old[step]
        return [*new[:step], value, *new[step + 1 :]]
    return new


def with_secret_outputs(outputs: Properties, names: list[str]) -> Properties:
    """Mark the outputs that the program asked to keep secret."""
    return {key: secret(value) if key in names else value for key, value in outputs.items()}
