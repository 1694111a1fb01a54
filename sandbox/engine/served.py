"""Without this file no process that answers over gRPC would be started, heard and ended: plugins and policy packs."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import grpc

from sandbox.engine.refusals import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sandbox.engine.children import Children

MESSAGE_BYTES = 400 * 1024 * 1024
CHANNEL = [
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
]
START_SECONDS = 30


class Served:
    """A process that prints its port as its first line; whatever it prints later becomes diagnostics."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        children: Children,
        log: Callable[[str, str], None],
    ) -> None:
        self._children, self._log = children, log
        try:
            self._process = children.start(command, folder, {**os.environ, **environment})
        except OSError as error:
            raise EngineError(f"could not start {name}: {error.strerror}") from error
        self.channel: Any = grpc.insecure_channel(f"127.0.0.1:{self._read_port(name)}", options=CHANNEL)

    def _read_port(self, name: str) -> int:
        lines: list[str] = []
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - Children always opens the pipes
        reader = threading.Thread(target=lambda: lines.append(stdout.readline()), daemon=True)
        reader.start()
        errors = self._drain(self._process.stderr, "info#err")
        reader.join(START_SECONDS)
        text = lines[0].strip() if lines else ""
        if not text.isdecimal():
            self._children.stop(self._process)
            errors.join(1)
            raise EngineError(f"{name} did not print a port number when it started")
        self._drain(stdout, "info")
        return int(text)

    def _drain(self, stream: Any, severity: str) -> threading.Thread:
        def copy() -> None:
            for line in stream:
                self._log(severity, line)

        thread = threading.Thread(target=copy, daemon=True)
        thread.start()
        return thread

    @property
    def is_running(self) -> bool:
        """Say whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        self.channel.close()
        self._children.stop(self._process)
