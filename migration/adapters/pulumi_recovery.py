"""Without this file an update that died would lock its stack for ever: alive or dead, and what it was creating."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from migration.adapters.late import Late
from migration.errors import EngineFailed
from migration.model import Creating

if TYPE_CHECKING:
    from pulumi import automation
else:
    automation = Late("pulumi.automation")

LONGEST_WAIT_SECONDS = 900.0
_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock of a stack: who took it, and where."""

    path: Path
    pid: int
    host: str

    @property
    def is_ours(self) -> bool:
        """Say whether it was taken on this machine, so that we can tell whether its holder lives."""
        return self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool:
        """Say whether its holder still runs; one on another machine counts as running."""
        return not self.is_ours or _runs(self.pid)


def recover(
    stack: automation.Stack,
    *,
    sleep: Callable[[float], None] = time.sleep,
    longest_wait: float = LONGEST_WAIT_SECONDS,
) -> Sequence[str]:
    """
    Make a stack usable after an update that did not end.

    Only a file backend shows who holds a stack; with another, the engine's own refusal says it.

    Returns:
        What was found and done, in words.

    Raises:
        EngineFailed: An engine is alive still after a long wait, or one on another machine holds the stack.
    """
    said = []
    locks = list(_locks(stack))
    if any(lock.is_alive for lock in locks):
        _wait(stack, sleep, longest_wait)
        said.append("an engine had outlived its command; it was waited for")
        locks = list(_locks(stack))
    if locks:
        stack.cancel()
        said.append(f"the lock of a dead engine (pid {locks[0].pid}) was removed")
    return said


def _wait(stack: automation.Stack, sleep: Callable[[float], None], longest: float) -> None:
    waited = 0.0
    while alive := [lock for lock in _locks(stack) if lock.is_alive]:
        if waited >= longest:
            held = alive[0]
            raise EngineFailed(
                "An engine still holds the stack",
                context=f"stack {stack.name}, pid {held.pid} on {held.host}",
                hint="wait for it; pulumi cancel removes the lock of an engine that is dead",
            )
        sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS


def _locks(stack: automation.Stack) -> Iterator[Lock]:
    folder = _folder(stack)
    for path in sorted(folder.rglob(f"*/{stack.name.rpartition('/')[2]}/*.json")) if folder else ():
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            yield Lock(path, int(told["pid"]), str(told["hostname"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it was removed, or is being written, at this moment


def _folder(stack: automation.Stack) -> Path | None:
    """Return where a file backend keeps its locks; None for every other backend."""
    url = urlsplit(stack.workspace.who_am_i().url or "")
    if url.scheme != "file":
        return None
    return Path(unquote(url.path).replace("~", str(Path.home()), 1)) / ".pulumi" / "locks"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A dead child that nobody has waited for still has a number.
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def creating(stack: automation.Stack) -> Sequence[Creating]:
    """Return what an update was creating when it died."""
    deployment = stack.export_stack().deployment or {}
    pending = [one for one in deployment.get("pending_operations") or [] if one.get("type") == "creating"]
    return [
        Creating(one["resource"]["urn"], one["resource"]["type"], one["resource"].get("inputs") or {})
        for one in pending
    ]


def adopt(stack: automation.Stack, found: Mapping[str, str]) -> None:
    """
    Take over objects that exist, by the engine's name and the vendor's id, and forget those that do not.

    The engine's own flag for it forgets the object instead (measured on v3.260.0), and the next update makes a second
    one. So the state is taken out, each object moves from what is pending to what is there, and a refresh reads the
    rest of it.
    """
    taken_out = stack.export_stack()
    put_back = automation.Deployment(taken_out.version, adopted(taken_out.deployment or {}, found))
    stack.import_stack(put_back)
    stack.refresh(parallel=1, suppress_outputs=True)


def adopted(deployment: Mapping[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    """Return a deployment without pending creations: those of *found* are resources, with the vendor's id."""
    pending = deployment.get("pending_operations") or []
    creating = {one["resource"]["urn"]: one["resource"] for one in pending if one.get("type") == "creating"}
    taken_over = [
        {**resource, "id": found[urn], "outputs": dict(resource.get("inputs") or {})}
        for urn, resource in creating.items()
        if urn in found
    ]
    kept = {name: value for name, value in deployment.items() if name != "pending_operations"}
    return {**kept, "resources": [*(deployment.get("resources") or []), *taken_over]}
