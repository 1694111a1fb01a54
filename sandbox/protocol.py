"""Without this file each process of the sandbox would load the whole SDK to read the engine's messages."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from types import ModuleType


@contextmanager
def _names_alone(*packages: str) -> Iterator[None]:
    """
    Let modules be loaded of which the packages around them are not.

    Whoever imports the SDK later gets all of it, with these same modules in it.
    """
    added = [] if packages[0] in sys.modules else [_named(name) for name in packages]
    try:
        yield
    finally:
        for name in added:
            del sys.modules[name]


def _named(name: str) -> str:
    parent = sys.modules.get(name.rpartition(".")[0])
    spec = PathFinder.find_spec(name, parent.__path__ if parent else None)
    if spec is None:
        raise ModuleNotFoundError(f"there is no {name}", name=name)
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = list(spec.submodule_search_locations or ())
    return name


with _names_alone("pulumi", "pulumi.runtime"):
    from pulumi.runtime.proto import (
        analyzer_pb2,
        analyzer_pb2_grpc,
        engine_pb2,
        engine_pb2_grpc,
        events_pb2,
        events_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        resource_pb2,
        resource_pb2_grpc,
        status_pb2,
    )

__all__ = [
    "analyzer_pb2",
    "analyzer_pb2_grpc",
    "engine_pb2",
    "engine_pb2_grpc",
    "events_pb2",
    "events_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "resource_pb2",
    "resource_pb2_grpc",
    "status_pb2",
]
