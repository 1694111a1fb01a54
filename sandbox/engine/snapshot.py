"""Without this file a run that dies would leave a state that knows nothing of what it had done."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from sandbox.engine.checkpoint import Sealer, is_root, new_deployment, new_document, tidy
from sandbox.engine.refusals import Refused

if TYPE_CHECKING:
    from sandbox.engine.backend import Backend, StackRef
    from sandbox.engine.checkpoint import State
    from sandbox.engine.passphrase import Vault


class Snapshot:
    """
    The stack's state while an operation runs.

    Finished resources come first, in the order they finished, then the old ones nobody has touched yet, in
    their old order: so whatever a resource needs always stands before it.
    """

    def __init__(self, backend: Backend, stack: StackRef, vault: Vault, *, dry_run: bool) -> None:
        self._backend, self._stack, self._dry_run = backend, stack, dry_run
        self._sealer = Sealer(vault)
        self._vault = vault
        self._lock = threading.RLock()
        self._frozen = False
        latest = backend.read(stack)["checkpoint"].get("latest") or {}
        self.olds: list[State] = [self._sealer.opened(each) for each in latest.get("resources") or []]
        found: list[State] = [self._sealer.opened(each) for each in latest.get("pending_operations") or []]
        self.interrupted: tuple[State, ...] = tuple(found)
        # Only an interrupted create may have left an object nobody knows of; it is reported until cleared.
        self._pending = [each for each in found if each["type"] == "creating"]
        self._news: list[State] = []
        # State by identity, beside what is written of it: a finished state is never changed, only replaced.
        self._written: dict[int, tuple[State, str]] = {}
        for state in self.olds:
            _require_modelled(state)

    def old(self, urn: str) -> State | None:
        """Give the state a resource had before this run; one about to be deleted does not count."""
        for state in self.olds:
            if state["urn"] == urn and not state.get("delete"):
                return state
        return None

    def begin(self, kind: str, state: State) -> Any:
        """Record, before a provider is called, what is about to happen; gives the mark for `end`."""
        mark = {"resource": dict(state), "type": kind}
        with self._lock:
            self._pending.append(mark)
            self.save()
        return mark

    def end(self, mark: Any, *, old: State | None = None, new: State | None = None) -> None:
        """Record what came of it: `old` is gone or superseded, `new` stands."""
        with self._lock:
            self._pending = [each for each in self._pending if each is not mark]
            self._settle(old, new)
            self.save()

    def settle(self, *, old: State | None = None, new: State | None = None) -> None:
        """Record a step that called no provider; one that left everything as it was is not worth a write."""
        with self._lock:
            self._settle(old, new)
            if old is None or new is None or tidy(old) != tidy(new):
                self.save()

    def _settle(self, old: State | None, new: State | None) -> None:
        if old is not None:
            self.olds = [each for each in self.olds if each is not old]
        if new is not None:
            self._news.append(new)

    def replace_old(self, old: State, new: State | None) -> None:
        """Put a refreshed state in an old one's place, or take it out; what is as it was is not worth a write."""
        with self._lock:
            swapped = [new if each is old else each for each in self.olds]
            self.olds = [each for each in swapped if each is not None]
            if new is None or tidy(old) != tidy(new):
                self.save()

    def freeze(self) -> None:
        """Leave the checkpoint as it now is, whatever comes."""
        with self._lock:
            self._frozen = True

    @property
    def finished(self) -> list[State]:
        """What this run has brought to its goal, in the order it was done."""
        with self._lock:
            return list(self._news)

    def forget_missing(self) -> None:
        """Drop references to resources that a refresh found gone, so that the state stays readable."""
        with self._lock:
            present = {state["urn"] for state in self.olds}
            self.olds = [_without_missing(state, present) for state in self.olds]
            self.save()

    def resources(self) -> list[State]:
        """Give every resource in the order the state holds it."""
        with self._lock:
            return [*self._news, *self.olds]

    def save(self) -> None:
        """Write the checkpoint; a preview writes nothing."""
        with self._lock:
            if self._dry_run or self._frozen:
                return
            pending: list[State] = [self._sealer.sealed(each) for each in self._pending]
            document = new_document(self._stack, new_deployment([], pending, self._vault))
            self._backend.write(self._stack, document, [self._text(state) for state in self.resources()])

    def _text(self, state: State) -> str:
        """Write a state once; the stack's own gets its exports later."""
        known = self._written.get(id(state))
        if known is None or is_root(state):
            known = self._written[id(state)] = (state, json.dumps(tidy(self._sealer.sealed(state))))
        return known[1]


def _require_modelled(state: State) -> None:
    if not state["custom"] and state["type"] != "pulumi:pulumi:Stack":
        raise Refused(f"handle component resources ({state['type']})")
    for key in ("pendingReplacement", "taint", "viewOf", "delete"):
        if state.get(key):
            raise Refused(f"continue from a state where {state['urn']} has '{key}' set")


def _without_missing(state: State, present: set[str]) -> State:
    kept = dict(state)
    if kept.get("dependencies"):
        kept["dependencies"] = [urn for urn in kept["dependencies"] if urn in present]
    if kept.get("propertyDependencies"):
        listed = {key: [urn for urn in urns if urn in present] for key, urns in kept["propertyDependencies"].items()}
        kept["propertyDependencies"] = {key: urns for key, urns in listed.items() if urns}
    if kept.get("deletedWith") and kept["deletedWith"] not in present:
        del kept["deletedWith"]
    return kept
