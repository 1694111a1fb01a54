"""Without this file a diff would not name the field that changes, from what and to what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.engine.checkpoint import ROOT_TYPE
from sandbox.engine.difference import kinds_of
from sandbox.engine.values import UNKNOWN

if TYPE_CHECKING:
    from sandbox.engine.events import Event

PREFIX = {"create": "+ ", "update": "~ ", "delete": "- ", "read": "> ", "refresh": "~ ", "discard": "< "}
MARK = {"add": "+ ", "delete": "- ", "update": "~ "}


def display_type(token: str) -> str:
    """Shorten `okta:group/group:Group` to `okta:group:Group`."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return f"{package}:{module.split('/')[0]}:{name}"


def changed_keys(meta: Event) -> dict[str, str]:
    """Give the top-level properties an event says will change, each with add, delete or update."""
    if meta["detailedDiff"] is not None:
        found: dict[str, str] = {}
        for path, each in meta["detailedDiff"].items():
            key = path.split(".")[0].split("[")[0]
            found[key] = each["diffKind"].split("-")[0] if key == path else "update"
        return dict(sorted(found.items()))
    if not (meta["old"] and meta["new"]):
        return {}
    compared = kinds_of(meta["old"]["inputs"], meta["new"]["inputs"])
    wanted = meta.get("diffs") or list(compared)
    return {key: compared.get(key, {"diffKind": "update"})["diffKind"] for key in sorted(wanted)}


def short_diff(meta: Event) -> str:
    """Write the changed properties of an event as `+added,-removed,~changed`."""
    if meta["op"] in {"same", "create", "delete"}:
        return ""
    keys = changed_keys(meta)
    return ",".join(mark.strip() + key for kind, mark in MARK.items() for key, found in keys.items() if found == kind)


def show_step(meta: Event) -> str:
    """Write one step with the properties it sets, removes or changes."""
    indent = 0 if meta["type"] == ROOT_TYPE else 1
    pad = "    " * indent
    lines = [f"{pad}{PREFIX.get(meta['op'], '  ')}{meta['type']}: ({meta['op']})"]
    if meta["old"] and meta["old"]["id"]:
        lines.append(f"{pad}    [id={meta['old']['id']}]")
    lines.append(f"{pad}    [urn={meta['urn']}]")
    if meta["provider"]:
        lines.append(f"{pad}    [provider={meta['provider']}]")
    if meta["op"] != "same":
        lines += _properties(meta, indent + 1)
    return "\n".join(lines) + "\n"


def _properties(meta: Event, indent: int) -> list[str]:
    old, new = meta["old"], meta["new"]
    if old is None or new is None:
        inputs = {key: value for key, value in (new or old)["inputs"].items() if not key.startswith("__")}
        return write_object(inputs, indent)
    keys = changed_keys(meta)
    width = max(map(len, keys), default=0)
    lines: list[str] = []
    for key, kind in keys.items():
        before, after = _value(old, key), _value(new, key)
        lines += write_change(kind, key, before, after, indent, width)
    return lines


def _value(side: Event, key: str) -> Any:
    return side["inputs"].get(key, side["outputs"].get(key))


def write_object(values: dict[str, Any], indent: int) -> list[str]:
    """Write properties one below the other; `indent` counts steps of four columns."""
    width = max(map(len, values), default=0)
    lines: list[str] = []
    for key in sorted(values):
        lines += _lines("  ", f"{key:<{width}}: ", values[key], indent)
    return lines


def write_differences(old: dict[str, Any], new: dict[str, Any], indent: int) -> list[str]:
    """Write two sets of properties as one: what was added, removed, changed or left."""
    kinds = {key: each["diffKind"] for key, each in kinds_of(old, new).items()}
    width = max(map(len, {*old, *new}), default=0)
    lines: list[str] = []
    for key in sorted({*old, *new}):
        lines += write_change(kinds.get(key, "same"), key, old.get(key), new.get(key), indent, width)
    return lines


def write_change(kind: str, key: str, old: Any, new: Any, indent: int, width: int = 0) -> list[str]:
    """
    Write what happens to one property.

    Args:
        kind: add, delete, update or same.
        key: The property.
        old: Its value before, secrets blinded.
        new: Its value after, secrets blinded.
        indent: Steps of four columns.
        width: How wide the keys around it are.

    Returns:
        One line, or several for an object or a list.
    """
    title = f"{key:<{width}}: "
    pad = "    " * indent
    if kind != "update":
        return _lines(MARK.get(kind, "  "), title, old if kind == "delete" else new, indent)
    head = f"{pad[:-2]}~ {title}"
    if _is_object(old) and _is_object(new):
        return [head + "{", *write_differences(old, new, indent + 1), pad + "}"]
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        return [*_lines("- ", title, old, indent), *_lines("+ ", title, new, indent)]
    return [f"{head}{_scalar(old)} => {_scalar(new)}"]


def _lines(mark: str, title: str, value: Any, indent: int) -> list[str]:
    pad = "    " * indent
    head = pad[:-2] + mark + title
    if _is_object(value) and value:
        return [head + "{", *write_object(value, indent + 1), pad + "}"]
    if isinstance(value, list) and value:
        lines = [head + "["]
        for index, item in enumerate(value):
            lines += _lines("  ", f"[{index}]: ", item, indent + 1)
        return [*lines, pad + "]"]
    return [head + _scalar(value)]


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and value.get("ciphertext") != "[secret]"


def _scalar(value: Any) -> str:
    if value == UNKNOWN:
        return "[unknown]"
    if isinstance(value, dict) and not _is_object(value):
        return "[secret]"
    return "<null>" if value is None else json.dumps(value, ensure_ascii=False)
