"""Without this file the outside world would always be well: what goes wrong on the way to a vendor, and when."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.idp.refusals import BadRequest, NotModelledHere
from sandbox.idp.state import Json

KINDS = ("429", "500", "503", "slow", "drop", "lost-answer", "pause", "not-yet-visible")
_FIELDS = frozenset({"match", "nth", "times", "kind", "seconds"})
_MATCH = frozenset({"method", "path_regex"})


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong: from the `nth` fitting request on, `times` times."""

    fault_id: str
    kind: str
    method: str | None
    path: re.Pattern[str]
    nth: int
    times: int
    seconds: float
    seen: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def hits(self, method: str, path: str) -> bool:
        """Count one request if it fits, and say whether this fault strikes it."""
        if (self.method and self.method != method) or not self.path.search(path):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class Faults:
    """Everything that is to go wrong; the oldest fault that strikes wins."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._made = 0

    def add(self, document: Any) -> str:
        """
        Take one fault as `POST /faults` describes it and return its id.

        Raises:
            BadRequest: An unknown field or value.
            NotModelledHere: The vendor at hand has no such trouble.
        """
        given = _fields(document, _FIELDS, "")
        match = _fields(given.get("match", {}), _MATCH, "match.")
        kind = str(given.get("kind"))
        if kind not in KINDS:
            raise BadRequest("kind", f"must be one of {', '.join(KINDS)}")
        if kind == "not-yet-visible":
            raise NotModelledHere("kind not-yet-visible: Okta shows what it has written at once")
        try:
            path = re.compile(str(match.get("path_regex", "")))
        except re.error as error:
            raise BadRequest("match.path_regex", str(error)) from error
        self._made += 1
        fault = Fault(
            fault_id=f"fault-{self._made}",
            kind=kind,
            method=str(match["method"]).upper() if match.get("method") else None,
            path=path,
            nth=_number(given, "nth", 1, int),
            times=_number(given, "times", 1, int),
            seconds=_number(given, "seconds", 1, float),
        )
        self._faults[fault.fault_id] = fault
        return fault.fault_id

    def remove(self, fault_id: str) -> bool:
        """Forget one fault, letting go of what it holds; say whether there was one."""
        fault = self._faults.pop(fault_id, None)
        if fault is not None:
            fault.released.set()
        return fault is not None

    def release(self, fault_id: str) -> bool:
        """Let go of the requests that one fault holds; say whether there is one."""
        fault = self._faults.get(fault_id)
        if fault is not None:
            fault.released.set()
        return fault is not None

    def clear(self) -> None:
        """Forget every fault."""
        for fault_id in list(self._faults):
            self.remove(fault_id)

    def striking(self, method: str, path: str) -> Fault | None:
        """Count one request against every fault and return the first that strikes it."""
        struck = [fault for fault in self._faults.values() if fault.hits(method, path)]
        return struck[0] if struck else None


def _fields(document: Any, known: frozenset[str], prefix: str) -> Json:
    if not isinstance(document, dict):
        raise BadRequest(prefix.rstrip(".") or "body", "must be an object")
    for name in document:
        if name not in known:
            raise BadRequest(f"{prefix}{name}", "is not a field of a fault")
    return document


def _number(given: Json, name: str, usual: float, kind: type) -> Any:
    value = given.get(name, usual)
    wanted = int if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted) or value <= 0:
        raise BadRequest(name, "must be a positive number")
    return kind(value)
