"""Without this file plugins and programs would outlive an engine that was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Runs apart from the engine: its input ends when the engine does, however that happened.
WATCHMAN = """
import os, signal, sys
alive = set()
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for line in sys.stdin:
    number = int(line)
    (alive.add if number > 0 else alive.discard)(abs(number))
for group in alive:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


class Children:
    """The processes of one operation, each leading its own group."""

    def __init__(self) -> None:
        self._alive: dict[int, subprocess.Popen[str]] = {}
        self._lock = threading.RLock()
        self._watchman: subprocess.Popen[str] | None = None

    def start(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start a process whose output the caller reads."""
        with self._lock:
            if self._watchman is None:
                self._watchman = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", WATCHMAN],
                    stdin=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            child = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._alive[child.pid] = child
            self._tell(child.pid)
        return child

    def stop(self, child: subprocess.Popen[str]) -> None:
        """End a process and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        with self._lock:
            if self._alive.pop(child.pid, None) is not None:
                self._tell(-child.pid)

    def stop_all(self) -> None:
        """End everything."""
        for child in list(self._alive.values()):
            self.stop(child)
        if self._watchman is not None and self._watchman.stdin is not None:
            self._watchman.stdin.close()
            self._watchman.wait()
            self._watchman = None

    def _tell(self, number: int) -> None:
        if self._watchman is not None and self._watchman.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._watchman.stdin.write(f"{number}\n")
                self._watchman.stdin.flush()
