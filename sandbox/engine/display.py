"""Without this file a person at a terminal would see nothing of what the engine does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.engine.checkpoint import ROOT_TYPE, is_default_provider, tidy
from sandbox.engine.difference import name_of, type_of
from sandbox.engine.policy_text import LOADING, has_mandatory, packs_table, policies_section, violation_line
from sandbox.engine.text import (
    PREFIX,
    display_type,
    short_diff,
    show_step,
    write_differences,
    write_object,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.backend import StackRef
    from sandbox.engine.events import Event

DOING = {
    "create": "creating",
    "update": "updating",
    "delete": "deleting",
    "read": "reading",
    "refresh": "refreshing",
}
DONE = {"create": "created", "update": "updated", "delete": "deleted", "read": "read", "discard": "discarded"}
LABEL = {"preview": "update", "update": "update", "refresh": "refresh", "destroy": "destroy"}
VERB = {"preview": "Previewing", "update": "Updating", "refresh": "Refreshing", "destroy": "Destroying"}


class Display:
    """Writes the events of one operation as text, in the manner of the Pulumi CLI without a terminal."""

    def __init__(
        self, kind: str, stack: StackRef, write: Callable[[str], None], *, diff: bool, outputs: bool = True
    ) -> None:
        self._kind, self._write, self._diff, self._outputs = kind, write, diff, outputs
        self._stack, self._root = stack.name, f"{stack.project}-{stack.name}"
        self._messages: dict[str, list[str]] = {}
        self._refreshing: set[str] = set()
        self._exports: tuple[Event, Event] = ({}, {})
        self._shows_same_outputs = True
        self._errored = 0
        self._violations: list[Event] = []
        self._loading = False

    def heading(self, *, planning: bool) -> None:
        """Write the first line."""
        self._shows_same_outputs = not planning
        label = LABEL[self._kind]
        verb = f"Previewing {label}" if planning else VERB[self._kind]
        self._write(f"{verb} ({self._stack}):\n")

    def __call__(self, event: Event) -> None:
        """Write one event."""
        for kind, handle in (
            ("resourcePreEvent", self._before),
            ("resOutputsEvent", self._after),
            ("resOpFailedEvent", self._failed),
            ("diagnosticEvent", self._diagnostic),
            ("stdoutEvent", lambda content: self._write(content["message"])),
            ("policyLoadEvent", lambda _content: self._load()),
            ("preludeEvent", lambda _content: self._loaded()),
            ("policyEvent", self._violation),
            ("summaryEvent", self._summary),
        ):
            if kind in event and not _is_internal(event[kind].get("metadata")):
                handle(event[kind])

    def _before(self, content: Event) -> None:
        meta = content["metadata"]
        if meta["op"] == "refresh":
            self._refreshing.add(meta["urn"])
        elif self._diff:
            if meta["op"] != "same" or meta["type"] == ROOT_TYPE:
                self._write(show_step(meta))
        elif not content.get("planning") and meta["op"] != "same":
            self._row(meta, DOING.get(meta["op"], meta["op"]))

    def _after(self, content: Event) -> None:
        meta = content["metadata"]
        if meta["type"] == ROOT_TYPE and meta["new"]:
            self._exports = ((meta["old"] or {}).get("outputs") or {}, meta["new"]["outputs"])
        seen = meta["urn"] in self._refreshing and meta["op"] in {"refresh", "update", "delete"}
        self._refreshing.discard(meta["urn"])
        if seen and meta["op"] == "refresh" and meta["new"] is not None and not meta["detailedDiff"]:
            return
        if self._diff:
            if seen:
                self._write(show_step(meta))
        elif meta["op"] != "same":
            self._row(meta, meta["op"] if content.get("planning") else DONE.get(meta["op"], meta["op"]))

    def _row(self, meta: Event, status: str) -> None:
        changes = short_diff(meta)
        tail = f" [diff: {changes}]" if changes else ""
        mark = PREFIX.get(meta["op"], "  ")
        self._write(f" {mark} {display_type(meta['type'])} {name_of(meta['urn'])} {status}{tail}\n")

    def _failed(self, content: Event) -> None:
        self._errored += 1
        if not self._diff:
            meta = content["metadata"]
            self._row(meta, f"**{DOING.get(meta['op'], meta['op'])} failed**")

    def _diagnostic(self, content: Event) -> None:
        if content["severity"] == "debug":
            return
        text = content["prefix"] + content["message"]
        self._messages.setdefault(content.get("urn", ""), []).append(text)

    def _load(self) -> None:
        if not self._loading and not self._diff:
            self._write(f"{LOADING}: starting\n")
        self._loading = True

    def _loaded(self) -> None:
        if self._loading and not self._diff:
            self._write(f"{LOADING}: done\n\n")

    def _violation(self, content: Event) -> None:
        self._violations.append(content)
        if self._diff:
            self._write(violation_line(content))

    def _summary(self, content: Event) -> None:
        packs = content["PolicyPacks"]
        if not self._diff:
            self._write("".join(f"{line}\n" for line in policies_section(packs, self._violations)))
        self._show_messages()
        if self._outputs:
            self._show_outputs()
        if self._diff or not has_mandatory(self._violations):
            self._show_changes(content)
        if self._diff:
            self._write("".join(f"{line}\n" for line in packs_table(packs)))

    def _show_changes(self, content: Event) -> None:
        changes = content["resourceChanges"]
        self._write("Resources:\n")
        done = [(op, changes[op]) for op in ("create", "update", "delete", "discard") if changes.get(op)]
        to = "to " if content["isPreview"] else ""
        for op, count in done:
            word = op if content["isPreview"] else DONE[op]
            self._write(f"    {PREFIX.get(op, '  ')}{count} {to}{word}\n")
        pieces = [f"{sum(count for _, count in done)} changes"] if len(done) > 1 else []
        if changes.get("same"):
            pieces.append(f"{changes['same']} unchanged")
        if pieces:
            self._write(f"    {'. '.join(pieces)}\n")
        if self._errored:
            self._write(f"    {self._errored} errored\n")
        if not content["isPreview"]:
            self._write(f"\nDuration: {content['durationSeconds']}s\n")

    def _show_messages(self) -> None:
        if not self._messages:
            return
        self._write("Diagnostics:\n")
        for urn, texts in self._messages.items():
            kind, name = (display_type(type_of(urn)), name_of(urn)) if urn else (ROOT_TYPE, self._root)
            self._write(f"  {kind} ({name}):\n")
            for text in texts:
                self._write("".join(f"    {line}".rstrip() + "\n" for line in text.splitlines()))
            self._write("\n")

    def _show_outputs(self) -> None:
        before, after = self._exports
        shown = write_differences(before, after, 1) if before else write_object(after, 1)
        if shown and (self._shows_same_outputs or before != after):
            self._write("Outputs:\n" + "\n".join(shown) + "\n\n")


class Digest:
    """Collects a preview into the one document that `pulumi preview --json` prints."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = {"config": {}, "steps": [], "diagnostics": []}

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        document = self._document
        if "preludeEvent" in event:
            document["config"] = event["preludeEvent"]["config"]
        elif "resourcePreEvent" in event:
            meta = event["resourcePreEvent"]["metadata"]
            if (meta["op"] != "same" or meta["type"] == ROOT_TYPE) and not _is_internal(meta):
                document["steps"].append(_digest_step(meta))
        elif "resOutputsEvent" in event:
            self._refreshed(event["resOutputsEvent"]["metadata"])
        elif "diagnosticEvent" in event and event["diagnosticEvent"]["severity"] != "debug":
            content = event["diagnosticEvent"]
            where = {"urn": content["urn"]} if content.get("urn") else {}
            text = content["prefix"] + content["message"]
            document["diagnostics"].append({**where, "message": text, "severity": content["severity"]})
        elif "summaryEvent" in event:
            content = event["summaryEvent"]
            document["duration"] = content["durationSeconds"] * 1_000_000_000
            document["changeSummary"] = content["resourceChanges"]
            document["maybeCorrupt"] = content["maybeCorrupt"]

    def _refreshed(self, meta: Event) -> None:
        """Show what a refresh of its own found; one before an update stays as it was announced."""
        if not (meta["op"] == "update" and meta["detailedDiff"] is not None) and meta["op"] != "delete":
            return
        for index, step in enumerate(self._document["steps"]):
            if step["urn"] == meta["urn"] and step["op"] == "refresh":
                self._document["steps"][index] = _digest_step(meta)

    def text(self) -> str:
        """Give the document."""
        document = {key: value for key, value in self._document.items() if value not in ([], {}, False)}
        return json.dumps(document, indent=4)


def _is_internal(meta: Event | None) -> bool:
    """Nobody asked for a default provider: it is not shown."""
    return meta is not None and is_default_provider(meta)


def _digest_step(meta: Event) -> Event:
    step: Event = {"op": meta["op"], "urn": meta["urn"]}
    for key, source in (("provider", "provider"), ("oldState", "old"), ("newState", "new")):
        if meta[source]:
            step[key] = _unblinded(meta[source])
    for key in ("oldState", "newState"):
        if key in step:
            step[key] = tidy({"custom": False, **step[key]})
    if meta.get("diffs"):
        step["diffReasons"] = meta["diffs"]
    if meta["detailedDiff"] is not None:
        step["detailedDiff"] = {
            key: {"kind": each["diffKind"], "inputDiff": each["inputDiff"]}
            for key, each in meta["detailedDiff"].items()
        }
    return step


def _unblinded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("ciphertext") == "[secret]":
            return "[secret]"
        return {key: _unblinded(item) for key, item in value.items()}
    return [_unblinded(item) for item in value] if isinstance(value, list) else value
