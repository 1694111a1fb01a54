"""Without this file nobody could say what was done to a stack, and `up` through the Automation API would fail."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.engine.files import write_whole
from sandbox.engine.refusals import EngineError

if TYPE_CHECKING:
    from sandbox.engine.backend import Backend, StackRef
    from sandbox.engine.config import StackSettings
    from sandbox.engine.passphrase import Vault


def add_entry(
    backend: Backend,
    stack: StackRef,
    settings: StackSettings,
    entry: dict[str, Any],
) -> None:
    """
    Record a finished operation next to a copy of the checkpoint it left.

    Args:
        backend: Where the stack lives.
        stack: Which stack.
        settings: Its configuration; secrets are recorded encrypted.
        entry: kind, startTime, message, environment, result, resourceChanges; times in unix seconds.
    """
    values: dict[str, Any] = {}
    for key, setting in settings.values.items():
        values[key] = {"secure": setting.text} if setting.secret else setting.text
    document = {
        "kind": entry["kind"],
        "startTime": entry["startTime"],
        "message": entry["message"],
        "environment": entry["environment"],
        "config": values,
        "version": 0,
        "result": entry["result"],
        "endTime": int(time.time()),
        "resourceChanges": entry["resourceChanges"],
    }
    stem = backend.history_folder(stack) / f"{stack.name}-{time.time_ns()}"
    write_whole(stem.with_name(stem.name + ".history.json"), json.dumps(document, indent=4))
    shutil.copyfile(backend.state_file(stack), stem.with_name(stem.name + ".checkpoint.json"))


def entries(backend: Backend, stack: StackRef) -> list[dict[str, Any]]:
    """Give the recorded operations, newest first."""
    found = backend.history_folder(stack).glob("*.history.json")
    ordered = sorted(found, key=lambda path: int(path.name.split(".")[-3].rsplit("-", 1)[1]), reverse=True)
    return [json.loads(path.read_text(encoding="utf-8")) for path in ordered]


def moment(seconds: float) -> str:
    """Write a time the way the Automation API reads it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def as_json(entry: dict[str, Any], vault: Vault, *, show_secrets: bool) -> dict[str, Any]:
    """Turn a recorded operation into what `stack history --json` prints."""
    return {
        "version": entry.get("version", 0),
        "kind": entry["kind"],
        "startTime": moment(entry["startTime"]),
        "message": entry.get("message", ""),
        "environment": entry.get("environment") or {},
        "config": {
            key: _config_value(value, vault, show_secrets=show_secrets)
            for key, value in (entry.get("config") or {}).items()
        },
        "result": entry["result"],
        "endTime": moment(entry["endTime"]),
        "resourceChanges": entry.get("resourceChanges") or {},
    }


def _config_value(value: Any, vault: Vault, *, show_secrets: bool) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {"value": str(value), "secret": False}
    if not show_secrets:
        return {"secret": True}
    try:
        return {"value": vault.decrypt(value["secure"]), "secret": True}
    except EngineError:
        # An old entry may have been written under another passphrase; the rest of the history still counts.
        return {"value": "ERROR_UNABLE_TO_DECRYPT", "secret": True}
