"""Without this file no provider plugin would be found, started, asked or stopped."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.engine.backend import pulumi_home
from sandbox.engine.difference import ProviderError
from sandbox.engine.refusals import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.engine.children import Children

MESSAGE_BYTES = 400 * 1024 * 1024
CHANNEL = [
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
]
START_SECONDS = 30


def find_plugin(package: str, version: str) -> Path:
    """
    Find a provider's executable.

    Args:
        package: Such as `okta`.
        version: Without the leading v; empty takes the newest installed.

    Raises:
        EngineError: It is not installed; the text is the Pulumi CLI's.
    """
    name = f"pulumi-resource-{package}"
    folder = pulumi_home() / "plugins"
    pattern = f"resource-{package}-v{version}" if version else f"resource-{package}-v*"
    found = [each / name for each in folder.glob(pattern) if (each / name).is_file()]
    if found:
        return max(found, key=lambda path: _version_key(path.parent.name))
    if on_path := shutil.which(name):
        return Path(on_path)
    at = f" at version v{version}" if version else ""
    raise EngineError(f"no resource plugin '{name}' found in the workspace{at} or on your $PATH")


def _version_key(folder: str) -> list[int]:
    numbers = folder.rsplit("-v", 1)[1].split("+", maxsplit=1)[0].split("-", maxsplit=1)[0].split(".")
    return [int(number) if number.isdecimal() else 0 for number in numbers]


def installed() -> list[tuple[str, str]]:
    """List the installed provider plugins as (name, version)."""
    folders = sorted((pulumi_home() / "plugins").glob("resource-*-v*"))
    pairs = [folder.name.removeprefix("resource-").rsplit("-v", 1) for folder in folders if folder.is_dir()]
    return [(name, version) for name, version in pairs]


class Plugin:
    """A running provider plugin."""

    def __init__(
        self,
        executable: Path,
        folder: Path,
        children: Children,
        environment: Mapping[str, str],
        engine_address: str,
        log: Callable[[str, str], None],
    ) -> None:
        self._children = children
        try:
            self._process = children.start([str(executable), engine_address], folder, {**os.environ, **environment})
        except OSError as error:
            raise EngineError(f"could not start plugin {executable.name}: {error.strerror}") from error
        self._log = log
        port = self._read_port(executable.name)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

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
            raise EngineError(f"plugin {name} did not print a port number when it started")
        self._drain(stdout, "info")
        return int(text)

    def _drain(self, stream: Any, severity: str) -> threading.Thread:
        def copy() -> None:
            for line in stream:
                self._log(severity, line)

        thread = threading.Thread(target=copy, daemon=True)
        thread.start()
        return thread

    def call(self, method: str, request: Any) -> Any:
        """
        Make one call of the ResourceProvider protocol.

        Raises:
            ProviderError: The plugin answered with an error, or went away.
        """
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            message = error.details() or str(error.code())
            if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                raise ProviderError(message, unimplemented=True) from error
            raise ProviderError(*_init_failed(error, message)) from error

    def close(self) -> None:
        """Tell the plugin to stop, then stop it."""
        if self._process.poll() is None:
            with contextlib.suppress(ProviderError):
                self.call("Cancel", Empty())
        self._channel.close()
        self._children.stop(self._process)


def _init_failed(error: Any, message: str) -> tuple[str, Any]:
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        status = status_pb2.Status()
        status.ParseFromString(value)
        for detail in status.details:
            partial = provider_pb2.ErrorResourceInitFailed()
            if detail.Is(partial.DESCRIPTOR):
                detail.Unpack(partial)
                return status.message or message, partial
    return message, None
