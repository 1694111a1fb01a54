"""Without this file no provider plugin would be found, started, asked or stopped."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty

from sandbox.engine.backend import pulumi_home
from sandbox.engine.difference import ProviderError
from sandbox.engine.refusals import EngineError
from sandbox.engine.served import Served
from sandbox.protocol import provider_pb2, provider_pb2_grpc, status_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.engine.children import Children


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
        name = f"plugin {executable.name}"
        self._served = Served(name, [str(executable), engine_address], folder, environment, children, log)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._served.channel)

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

    def cancel(self) -> None:
        """Tell the plugin to come to an end: what runs may finish, what waits shall not begin."""
        if self._served.is_running:
            with contextlib.suppress(ProviderError):
                self.call("Cancel", Empty())

    def close(self) -> None:
        """Tell the plugin to stop, then stop it."""
        self.cancel()
        self._served.close()


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
