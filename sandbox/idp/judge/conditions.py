"""Without this file every rule would match everybody: conditions, and which are modelled."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from sandbox.idp.judge.expression import Facts, compiled
from sandbox.idp.judge.refusals import NotModelled
from sandbox.idp.judge.scene import PLATFORMS, Scene

Json = dict[str, Any]
Check = Callable[[Scene], bool]
EMPTY: Final[tuple[Any, ...]] = (None, {}, [], "")


class Conditions:
    """
    What a policy or rule asks of a scene.

    A condition that is not modelled only matters when every modelled one holds: until then the rule is not
    reached, and nothing needs to be guessed.
    """

    __slots__ = ("asked", "checks", "only", "personal", "unmodelled")

    def __init__(self, conditions: Json | None) -> None:
        self.checks: list[Check] = []
        self.asked: list[Callable[[Facts], bool]] = []
        self.unmodelled: list[str] = []
        # Kept apart from the checks: most rules of a big tenant are somebody else's, and this tells at once.
        groups = ((conditions or {}).get("people") or {}).get("groups") or {}
        self.only: frozenset[str] = frozenset(groups.get("include") or ())
        self.personal = _looks_at_one(conditions or {})
        # Cheap and certain first: an expression is only read where everything else holds.
        for name, value in sorted((conditions or {}).items(), key=lambda item: _ORDER.get(item[0], 0)):
            if value in EMPTY:
                continue
            if name == "elCondition" and isinstance(value, dict) and not any(_rest(value, "condition")):
                self.asked += [_later(value["condition"])] if value.get("condition") else []
                continue
            reader = _READERS.get(name)
            if reader is None or not isinstance(value, dict):
                self.unmodelled.append(f"conditions.{name}")
                continue
            for item in reader(value):
                if isinstance(item, str):
                    self.unmodelled.append(f"conditions.{name}.{item}" if item else f"conditions.{name}")
                else:
                    self.checks.append(item)

    def hold(self, scene: Scene) -> bool:
        """
        Tell whether every condition holds.

        Raises:
            NotModelled: All that is modelled holds, and something is left that is not.
        """
        return self.may_hold(scene) and self.hold_for_request(Facts(scene.profile, None))

    def may_hold(self, scene: Scene) -> bool:
        """Tell whether all holds that is the same whatever is requested."""
        if self.only and self.only.isdisjoint(scene.groups):
            return False
        for check in self.checks:  # noqa: SIM110 - a generator costs more than most checks
            if not check(scene):
                return False
        return True

    def hold_for_request(self, facts: Facts) -> bool:
        """
        Tell whether the rest holds, given that `may_hold` is so.

        Raises:
            NotModelled: It does, and something is left that is not modelled.
        """
        for check in self.asked:
            if not check(facts):
                return False
        if self.unmodelled:
            raise NotModelled(self.unmodelled[0])
        return True


def _looks_at_one(conditions: Json) -> bool:
    users = (conditions.get("people") or {}).get("users") or {}
    expression = (conditions.get("elCondition") or {}).get("condition") or ""
    return any(users.values()) or "user." in expression


Items = Iterator[Check | str]


def _rest(value: Json, *known: str) -> Iterator[str]:
    return (key for key, inner in value.items() if key not in known and inner not in EMPTY)


def _people(value: Json) -> Items:
    yield from _rest(value, "groups", "users")
    groups, users = value.get("groups") or {}, value.get("users") or {}
    for name, part in (("groups", groups), ("users", users)):
        yield from (f"{name}.{key}" for key in _rest(part, "include", "exclude"))
    if excluded := frozenset(groups.get("exclude") or ()):
        yield lambda scene: excluded.isdisjoint(scene.groups)
    if named := frozenset(users.get("include") or ()):
        yield lambda scene: scene.user_id in named
    if spared := frozenset(users.get("exclude") or ()):
        yield lambda scene: scene.user_id not in spared


def _network(value: Json) -> Items:
    yield from _rest(value, "connection", "include", "exclude")
    included, excluded = value.get("include") or (), value.get("exclude") or ()
    match value.get("connection", "ANYWHERE"):
        case "ANYWHERE":
            pass
        case "ON_NETWORK":
            yield lambda scene: scene.in_any_zone()
        case "OFF_NETWORK":
            yield lambda scene: not scene.in_any_zone()
        case "ZONE" if included or excluded:
            if included:
                yield lambda scene: _in_one(scene, included)
            if excluded:
                yield lambda scene: not _in_one(scene, excluded)
        case _:
            yield "connection"


def _in_one(scene: Scene, zone_ids: list[str]) -> bool:
    return any(scene.in_any_zone() if zone_id == "ALL_ZONES" else scene.in_zone(zone_id) for zone_id in zone_ids)


def _device(value: Json) -> Items:
    yield from _rest(value, "registered", "managed", "assurance")
    if any(inner not in EMPTY for inner in (value.get("assurance") or {}).values()):
        yield "assurance"
    registered, managed = value.get("registered"), value.get("managed")
    if registered is not None:
        yield lambda scene: scene.registered is registered
    if managed is not None:
        yield lambda scene: scene.managed is managed


def _platform(value: Json) -> Items:
    yield from _rest(value, "include")
    wanted = []
    for item in value.get("include") or ():
        system = item.get("os") or {}
        yield from (f"include.os.{key}" for key in _rest(system, "type"))
        yield from (f"include.{key}" for key in _rest(item, "type", "os"))
        name = system.get("type", "ANY")
        wanted.append((item.get("type", "ANY"), "MACOS" if name == "OSX" else name))
    if wanted:
        yield lambda scene: any(
            kind in {"ANY", PLATFORMS[scene.platform][0]} and system in {"ANY", PLATFORMS[scene.platform][1]}
            for kind, system in wanted
        )


def _risk_score(value: Json) -> Items:
    yield from _rest(value, "level")
    level = value.get("level", "ANY")
    if level in {"LOW", "MEDIUM", "HIGH"}:
        yield lambda scene: scene.risk.upper() == level
    elif level != "ANY":
        yield "level"


def _user_type(value: Json) -> Items:
    yield from _rest(value, "include", "exclude")
    if included := frozenset(value.get("include") or ()):
        yield lambda scene: scene.type_id in included
    if excluded := frozenset(value.get("exclude") or ()):
        yield lambda scene: scene.type_id not in excluded


def _later(text: str) -> Callable[[Facts], bool]:
    """Return a check that reads *text* when it is reached: nobody may ever get to what has no meaning here."""

    def check(facts: Facts) -> bool:
        return compiled(text)(facts)

    return check


def _auth_context(value: Json) -> Items:
    yield from _rest(value, "authType")
    match value.get("authType", "ANY"):
        case "ANY":
            pass
        case "RADIUS" | "LDAP_INTERFACE":
            yield lambda _: False
        case _:
            yield "authType"


def _identity_provider(value: Json) -> Items:
    yield from _rest(value, "provider")
    if value.get("provider", "ANY") not in {"ANY", "OKTA"}:
        yield "provider"


def _auth_provider(value: Json) -> Items:
    yield from _rest(value, "provider")
    provider = value.get("provider", "ANY")
    if provider != "ANY":
        yield lambda scene: scene.provider == provider


def _risk(value: Json) -> Items:
    yield from _rest(value)


_READERS: Final[dict[str, Callable[[Json], Items]]] = {
    "people": _people,
    "authProvider": _auth_provider,
    "userType": _user_type,
    "authContext": _auth_context,
    "identityProvider": _identity_provider,
    "riskScore": _risk_score,
    "device": _device,
    "platform": _platform,
    "risk": _risk,
    "network": _network,
}
_ORDER: Final = {name: place for place, name in enumerate(_READERS)}
