"""Without this file a provider's tables and the protocol that serves them would share no words."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.providers.fields import Fields, Problem
from sandbox.providers.values import Json


class ProviderError(Exception):
    """The operation failed; the text is one line for a person."""


class MadeButUnfinishedError(ProviderError):
    """The object exists at the vendor, but what should follow its creation failed."""

    def __init__(self, object_id: str, because: str) -> None:
        super().__init__(because)
        self.object_id = object_id


class Resource(ABC):
    """
    One resource type: its properties, and the vendor calls of its life.

    Attributes:
        tok: As the SDK registers it, such as `okta:group/group:Group`.
        fields: What a program may set.
        computed: Outputs that no program sets.
    """

    tok: str
    fields: Fields
    computed: tuple[str, ...] = ()

    def problems(self, news: Json) -> Iterator[Problem]:
        """Yield what no single property shows; *news* may hold unknowns."""
        yield from ()

    def without_effect(self, news: Json) -> tuple[str, ...]:
        """Name the properties that others of *news* leave without effect; they make no difference."""
        del news
        return ()

    @abstractmethod
    def create(self, client: Any, news: Json) -> tuple[str, Json]:
        """Make the object; return its id and its outputs."""

    @abstractmethod
    def read(self, client: Any, object_id: str, known: Json) -> tuple[str, Json] | None:
        """Return the id and the outputs as the vendor shows them now, None where it is gone."""

    @abstractmethod
    def update(self, client: Any, object_id: str, olds: Json, news: Json) -> Json:
        """Bring the object to *news*, already joined with what the state keeps; return its outputs."""

    @abstractmethod
    def delete(self, client: Any, object_id: str, olds: Json) -> None:
        """Remove the object; one that is gone already is no error."""


Invoke = Callable[[Any, Json], Json]


@dataclass(frozen=True)
class Package:
    """One provider package: its version, its types and functions, and how it reaches the vendor."""

    name: str
    version: str
    resources: Mapping[str, Resource]
    invokes: Mapping[str, Invoke]
    config: Fields
    connect: Callable[[Json, threading.Event], Any]


@contextmanager
def unfinished(object_id: str) -> Iterator[None]:
    """Turn a failure inside into one that keeps the object in the state, marked as not finished."""
    try:
        yield
    except ProviderError as error:
        raise MadeButUnfinishedError(object_id, str(error)) from error
