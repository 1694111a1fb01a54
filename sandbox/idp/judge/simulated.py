"""Without this file a simulation would have to guess: conditions, where part of the context is not known."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sandbox.idp.judge.conditions import Conditions
from sandbox.idp.judge.refusals import NotModelled
from sandbox.idp.judge.scene import Scene

Json = dict[str, Any]


class Status(StrEnum):
    """What came of one condition, rule or policy; UNDEFINED hangs on something that was not said."""

    MATCH = "MATCH"
    NOT_MATCH = "NOT_MATCH"
    UNDEFINED = "UNDEFINED"


@dataclass(frozen=True, slots=True)
class Supposed(Scene):
    """
    Where and on what somebody is supposed to be.

    Attributes:
        inside: Ids of the zones that they are said to be in; None leaves it to the address.
        said: Which of `user`, `where`, `registered`, `managed`, `platform`, `risk` is known.
    """

    inside: frozenset[str] | None
    said: frozenset[str]

    def in_zone(self, zone_id: str) -> bool:
        """Tell whether they are in one zone."""
        if self.inside is None:
            return Scene.in_zone(self, zone_id)
        return zone_id in self.inside

    def in_any_zone(self) -> bool:
        """Tell whether they are in any zone."""
        return Scene.in_any_zone(self) if self.inside is None else bool(self.inside)


@dataclass(frozen=True, slots=True)
class Tested:
    """One condition by its name, such as `people.groups.include`, and what came of it."""

    name: str
    status: Status


# What must be known before a condition can be tested; None: it never can, as the vendor says of expressions.
_NEEDS: Final[dict[str, str | None]] = {
    "people.users.include": "user",
    "people.users.exclude": "user",
    "userType.include": "user",
    "userType.exclude": "user",
    "authProvider.provider": "user",
    "network.connection": "where",
    "device.registered": "registered",
    "device.managed": "managed",
    "platform.include": "platform",
    "riskScore.level": "risk",
    "elCondition.condition": None,
}


def tested(conditions: Json | None, scene: Supposed) -> tuple[Tested, ...]:
    """Test every condition that asks for anything, one by one."""
    read = ((name, Conditions(part)) for name, part in _parts(conditions or {}))
    return tuple(Tested(name, _status(name, condition, scene)) for name, condition in read if _asks(condition))


def together(results: tuple[Tested, ...]) -> Status:
    """Return what came of all: one that does not match outweighs any that are undefined."""
    found = {one.status for one in results}
    for status in (Status.NOT_MATCH, Status.UNDEFINED):
        if status in found:
            return status
    return Status.MATCH


def _parts(conditions: Json) -> Iterator[tuple[str, Json]]:
    for outer, value in conditions.items():
        if outer == "network" or not isinstance(value, dict):
            yield "network.connection" if outer == "network" else outer, {outer: value}
            continue
        for inner, held in value.items():
            if outer == "people" and isinstance(held, dict):
                yield from ((f"people.{inner}.{leaf}", {outer: {inner: {leaf: ids}}}) for leaf, ids in held.items())
            else:
                yield f"{outer}.{inner}", {outer: {inner: held}}


def _asks(condition: Conditions) -> bool:
    return bool(condition.checks or condition.asked or condition.unmodelled or condition.only)


def _status(name: str, condition: Conditions, scene: Supposed) -> Status:
    needed = _NEEDS.get(name, "")
    if needed is None or (needed and needed not in scene.said):
        return Status.UNDEFINED
    try:
        return Status.MATCH if condition.hold(scene) else Status.NOT_MATCH
    except NotModelled:
        return Status.UNDEFINED
