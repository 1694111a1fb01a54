"""Without this file every command would wait for the SDK of an engine that few of them run."""

from importlib import import_module
from typing import Any


class Late:
    """A module that is imported when somebody first takes something out of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
