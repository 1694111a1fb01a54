"""Without this file neither a screen nor a caller of the Automation API would hear what happens."""

from __future__ import annotations

import json
import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from sandbox.engine.checkpoint import is_default_provider
from sandbox.engine.redaction import Redactor
from sandbox.engine.values import blinded
from sandbox.protocol import events_pb2, events_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandbox.engine.checkpoint import State

Event = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One thing done, or about to be done, to one resource."""

    op: str
    state: State
    old: State | None = None
    new: State | None = None
    diffs: list[str] = field(default_factory=list)
    detailed: dict[str, Any] | None = None

    def metadata(self, op: str | None = None, *, before: bool = False) -> Event:
        """Give the step as an event carries it; before the provider answered there are no new outputs."""
        new = self.new
        if before and new is not None and self.op not in {"same", "refresh"}:
            new = {**new, "id": "", "outputs": {}}
        answer: Event = {
            "op": op or self.op,
            "urn": self.state["urn"],
            "type": self.state["type"],
            "old": _side(self.old),
            "new": _side(new),
            "detailedDiff": self.detailed,
            "logical": self.op != "refresh",
            "provider": self.state.get("provider", ""),
        }
        if self.diffs:
            answer["diffs"] = self.diffs
        return answer


def _side(state: State | None) -> Event | None:
    if state is None:
        return None
    answer = {
        "type": state["type"],
        "urn": state["urn"],
        "id": state.get("id", ""),
        "parent": state.get("parent", ""),
        "inputs": blinded(state.get("inputs") or {}),
        "outputs": blinded(state.get("outputs") or {}),
        "provider": state.get("provider", ""),
    }
    for key in ("custom", "delete", "protect", "external", "retainOnDelete", "initErrors"):
        if state.get(key):
            answer[key] = state[key]
    return answer


class Events:
    """Numbers the events of one operation, counts the changes, masks secrets, and tells every listener in order."""

    def __init__(self, *, planning: bool, debug: bool = False, secrets: Iterable[str] = ()) -> None:
        self.planning = planning
        self.debug = debug
        self.changes: dict[str, int] = {}
        self.failed_resources = 0
        self._listeners: list[Callable[[Event], None]] = []
        self._redacted = Redactor(secrets)
        self._sequence = 0
        self._lock = threading.Lock()
        self._started = time.monotonic()

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Add a listener; it is called with one event at a time."""
        self._listeners.append(listener)

    def emit(self, kind: str, content: Event) -> None:
        """Send one event."""
        with self._lock:
            event = {"sequence": self._sequence, "timestamp": int(time.time()), kind: self._redacted(content)}
            self._sequence += 1
            for listener in self._listeners:
                listener(event)

    def before(self, step: Step) -> None:
        """Announce a step."""
        self.emit("resourcePreEvent", self._with_planning(step.metadata(before=True)))

    def after(self, step: Step, op: str | None = None, *, counted: bool = True) -> None:
        """Report a finished step; `op` is what it turned out to be."""
        op = op or step.op
        if counted and op != "read" and not is_default_provider(step.state):
            with self._lock:
                self.changes[op] = self.changes.get(op, 0) + 1
        self.emit("resOutputsEvent", self._with_planning(step.metadata(op)))

    def failed(self, step: Step) -> None:
        """Report a step that did not succeed; the reason went out as a diagnostic."""
        with self._lock:
            self.failed_resources += 1
        steps = sum(self.changes.values())
        self.emit("resOpFailedEvent", {"metadata": step.metadata(before=True), "status": 0, "steps": steps})

    def diagnose(self, severity: str, message: str, urn: str = "") -> None:
        """Report a message; severities are debug, info, info#err, warning and error."""
        prefix = {"error": "error: ", "warning": "warning: ", "debug": "debug: "}.get(severity, "")
        content: Event = {"prefix": prefix, "message": message.rstrip("\n") + "\n", "color": "never"}
        self.emit("diagnosticEvent", ({"urn": urn} if urn else {}) | content | {"severity": severity})

    def print(self, text: str) -> None:
        """Say something to whoever watches; it is no diagnostic."""
        self.emit("stdoutEvent", {"message": text, "color": "never"})

    def summary(self, result: str, policy_packs: dict[str, str]) -> None:
        """Send the summary, then the event that always comes last."""
        content = {
            "maybeCorrupt": False,
            "durationSeconds": self.seconds,
            "resourceChanges": dict(self.changes),
            "PolicyPacks": policy_packs,
            "isPreview": self.planning,
            "result": result,
        }
        self.emit("summaryEvent", content)
        self.emit("cancelEvent", {})

    @property
    def seconds(self) -> int:
        """Whole seconds since the start, rounded up."""
        return int(time.monotonic() - self._started) + 1

    def _with_planning(self, metadata: Event) -> Event:
        return {"metadata": metadata, "planning": True} if self.planning else {"metadata": metadata}


class EventLog:
    """Sends events where --event-log says: to the caller's gRPC server, or to a file of JSON lines."""

    def __init__(self, target: str) -> None:
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._send, args=(target,), daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Queue one event."""
        self._queue.put(json.dumps(event))

    def close(self) -> None:
        """Wait until the receiver has handled every event."""
        self._queue.put(None)
        self._thread.join(timeout=60)

    def _items(self) -> Iterator[str]:
        while (text := self._queue.get()) is not None:
            yield text

    def _send(self, target: str) -> None:
        if not target.startswith("tcp://"):
            with Path(target).open("a", encoding="utf-8") as handle:
                for text in self._items():
                    handle.write(text + "\n")
                    handle.flush()
            return
        with grpc.insecure_channel(target.removeprefix("tcp://")) as channel:
            requests = (events_pb2.EventRequest(event=text) for text in self._items())
            events_pb2_grpc.EventsStub(channel).StreamEvents(requests)
