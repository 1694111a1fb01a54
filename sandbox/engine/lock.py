"""Without this file two operations could write one stack's state at once."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Self

from sandbox.engine.files import write_whole
from sandbox.engine.refusals import EngineError

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.engine.backend import Backend, StackRef


class Lock:
    """One lock file, held for the length of a `with` block."""

    def __init__(self, backend: Backend, stack: StackRef) -> None:
        self._folder = backend.lock_folder(stack)
        self.path = self._folder / f"{uuid.uuid4()}.json"

    def __enter__(self) -> Self:
        self._refuse_if_locked()
        holder = {
            "pid": os.getpid(),
            "username": getpass.getuser(),
            "hostname": socket.gethostname(),
            "timestamp": datetime.now().astimezone().isoformat(),
        }
        write_whole(self.path, json.dumps(holder))
        try:
            # Two may have looked at the same moment; then both step back.
            self._refuse_if_locked()
        except EngineError:
            self.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Remove the file; doing it twice is harmless."""
        self.path.unlink(missing_ok=True)

    def _refuse_if_locked(self) -> None:
        others = [path for path in locks(self._folder) if path != self.path]
        if not others:
            return
        count = f"the stack is currently locked by {len(others)} lock(s)."
        lines = [f"{count} Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`."]
        for path in others:
            holder = json.loads(path.read_text(encoding="utf-8"))
            who = f"{holder['username']}@{holder['hostname']}"
            lines.append(f"  {path.as_uri()}: created by {who} (pid {holder['pid']}) at {holder['timestamp']}")
        raise EngineError("\n".join(lines))


def locks(folder: Path) -> list[Path]:
    """List the lock files of one stack."""
    return sorted(folder.glob("*.json"))


def cancel(backend: Backend, stack: StackRef) -> None:
    """Remove every lock of a stack."""
    for path in locks(backend.lock_folder(stack)):
        path.unlink(missing_ok=True)
