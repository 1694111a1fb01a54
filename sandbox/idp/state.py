"""Without this file the identity provider would forget: one state, and what it was after every write."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]
Collections = Mapping[str, Mapping[str, Any]]

# What people hold, carry and have open is theirs, not the vendor's configuration: `after_write` leaves it as now.
PERSONAL = frozenset({"held", "devices", "sessions", "enrolled_at", "ended_sessions", "failed_passwords"})


@dataclass(frozen=True, slots=True)
class World:
    """
    What the judge may look at: every object at one moment, and the time.

    Collections (key → value, values are never changed in place):
        users: user id → user as GET shows it (`id status profile credentials type`).
        groups: group id → group as GET shows it.
        memberships: user id → tuple of group ids, Everyone among them.
        authenticators: authenticator id → as GET shows it (`id key type status name settings`).
        authenticator_methods: "<authenticator id>/<method type>" → `{"type", "status", "settings"}`.
        policies: policy id → as GET shows it, without links.
        rules: rule id → as GET shows it, without links, and `_policy`, the id of its policy.
        apps: app id → as GET shows it, without links, and `_policy`, the id of its sign-on policy.
        zones: zone id → network zone as GET shows it.
        held: user id → tuple of `{"method", "user_verified", "attestation", "name", "id"}`.
        devices: user id → tuple of devices as `PUT /people/{login}/devices` gave them.
        sessions: session id → `{"user", "opened_at", "last_activity", "with", "app", "context", ...}`.
        ended_sessions: session id → what it was before somebody ended it.
    """

    collections: Collections
    at: datetime
    is_past: bool = False  # the vendor's objects in it stay as they are; else it may be a view of what goes on

    def all(self, kind: str) -> Mapping[str, Any]:
        """Return every object of one kind by key; an unused kind is empty."""
        return self.collections.get(kind, {})


@dataclass(frozen=True, slots=True)
class Write:
    """One write that a vendor face received, as `GET /writes` tells it."""

    n: int
    at: str
    actor: str
    method: str
    path: str
    body: Any
    status: int
    took_effect: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """One key that changed, and which write (0: none) changed it."""

    n: int
    kind: str
    key: str
    before: Any


@dataclass
class State:
    """
    The one identity state; every change goes through `put` and `drop`, so the past can be asked.

    `version` grows with every change, so that what was worked out from a World can be kept until then.
    """

    at: datetime
    collections: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    log: list[Json] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    version: int = 0
    _changes: list[_Change] = field(default_factory=list)
    _past: dict[int, Collections] = field(default_factory=dict)

    def all(self, kind: str) -> Mapping[str, Any]:
        """Return every object of one kind by key; an unused kind is empty."""
        return self.collections.get(kind, {})

    def put(self, kind: str, key: str, value: Any) -> None:
        """Set one object; *value* is shared with the past and must not be changed afterwards."""
        objects = self.collections.setdefault(kind, {})
        self._remember(kind, key, objects.get(key))
        objects[key] = value

    def drop(self, kind: str, key: str) -> None:
        """Remove one object; a missing one is no error."""
        objects = self.collections.get(kind, {})
        if key in objects:
            self._remember(kind, key, objects[key])
            del objects[key]

    def settle(self) -> None:
        """Take everything as it stands for what was before the first write."""
        self._changes.clear()
        self._past.clear()

    def _remember(self, kind: str, key: str, before: Any) -> None:
        self.version += 1
        # A change made inside a write belongs to that write, which is numbered when it ends.
        if kind not in PERSONAL:
            self._changes.append(_Change(len(self.writes) + 1, kind, key, before))

    def wrote(self, actor: str, method: str, path: str, body: Any, status: int, *, took_effect: bool) -> Write:
        """Close one write: the changes since the last one belong to it."""
        write = Write(len(self.writes) + 1, self.at.isoformat(), actor, method, path, body, status, took_effect)
        self.writes.append(write)
        return write

    def now(self) -> World:
        """Show everything as it stands; cheap, and stale after the next change."""
        return World(MappingProxyType(self.collections), self.at)

    def after_write(self, n: int) -> World:
        """Show the vendor's objects as they stood after write *n*, and what people hold as now."""
        if n not in self._past:
            past = {kind: dict(objects) for kind, objects in self.collections.items() if kind not in PERSONAL}
            for change in reversed(self._changes):
                if change.n <= n:
                    break
                if change.before is None:
                    past[change.kind].pop(change.key, None)
                else:
                    past[change.kind][change.key] = change.before
            if len(self._past) > 64:  # noqa: PLR2004 - a demo asks about one write many times, then moves on
                self._past.pop(next(iter(self._past)))
            if n >= len(self.writes):
                return World({**past, **self._personal()}, self.at, is_past=True)
            self._past[n] = past
        return World({**self._past[n], **self._personal()}, self.at, is_past=True)

    def _personal(self) -> dict[str, dict[str, Any]]:
        return {kind: self.collections.get(kind, {}) for kind in PERSONAL}

    def next_number(self, name: str) -> int:
        """Count upwards per *name*, so that ids are the same in every run."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]

    def save(self, path: Path) -> None:
        """Write everything but the past to *path*, aside and renamed."""
        aside = path.with_suffix(".tmp")
        aside.write_text(
            json.dumps(
                {
                    "at": self.at.isoformat(),
                    "collections": self.collections,
                    "log": self.log,
                    "counters": self.counters,
                }
            )
        )
        aside.replace(path)

    @classmethod
    def load(cls, path: Path) -> "State":
        """Read what `save` wrote; the numbering of writes starts again."""
        document = json.loads(path.read_text())
        state = cls(at=datetime.fromisoformat(document["at"]))
        state.collections = document["collections"]
        for kind in ("memberships", "held", "devices", "roles"):
            state.collections[kind] = {key: tuple(value) for key, value in state.all(kind).items()}
        state.log = document["log"]
        state.counters = document["counters"]
        return state

    def __iter__(self) -> Iterator[tuple[str, str, Any]]:
        for kind in sorted(self.collections):
            for key in sorted(self.collections[kind]):
                yield kind, key, self.collections[kind][key]
