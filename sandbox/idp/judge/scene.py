"""Without this file rules would have nothing to be matched against: who, where, doing what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final

from sandbox.idp.judge.refusals import BadQuestion, NotModelled

Json = dict[str, Any]
Address = IPv4Address | IPv6Address
Zones = Mapping[str, Json]

CLIENTS: Final = frozenset({"browser", "mobile-desktop", "exchange-active-sync", "other"})
RISKS: Final = frozenset({"low", "medium", "high"})
PLATFORMS: Final[dict[str, tuple[str, str]]] = {
    "windows": ("DESKTOP", "WINDOWS"),
    "macos": ("DESKTOP", "MACOS"),
    "ios": ("MOBILE", "IOS"),
    "android": ("MOBILE", "ANDROID"),
    "linux": ("DESKTOP", "OTHER"),
}
# The vendor knows of a device only that it is registered and that it is managed.
DEVICES: Final[dict[str, tuple[bool, bool]]] = {
    "unregistered": (False, False),
    "registered": (True, False),
    "joined": (True, False),
    "compliant": (True, True),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What the vendor knows while it looks for the rule that decides."""

    user_id: str
    groups: frozenset[str]
    type_id: str | None
    provider: str
    profile: Mapping[str, Any]
    address: Address
    zones: Zones
    registered: bool
    managed: bool
    platform: str
    risk: str

    def in_zone(self, zone_id: str) -> bool:
        """Tell whether the address lies in one zone; a missing or inactive zone holds nobody."""
        zone = self.zones.get(zone_id)
        return zone is not None and _active(zone) and _holds(zone, self.address)

    def in_any_zone(self) -> bool:
        """Tell whether the address lies in any IP zone made for policies."""
        return any(
            zone.get("type") == "IP"
            and zone.get("usage", "POLICY") == "POLICY"
            and _active(zone)
            and _holds(zone, self.address)
            for zone in self.zones.values()
        )

    def is_blocked(self) -> bool:
        """Tell whether the address lies in a block list, which is asked before any policy."""
        return any(
            zone.get("usage") == "BLOCKLIST"
            and zone.get("type") == "IP"
            and _active(zone)
            and _holds(zone, self.address)
            for zone in self.zones.values()
        )


def _active(zone: Json) -> bool:
    return bool(zone.get("status", "ACTIVE") == "ACTIVE")


_CONTAINS: dict[int, tuple[Json, Callable[[Address], bool]]] = {}


def _holds(zone: Json, address: Address) -> bool:
    known = _CONTAINS.get(id(zone))
    if known is None or known[0] is not zone:
        if len(_CONTAINS) > 4096:  # noqa: PLR2004 - a bound, so that a long life does not fill the memory
            _CONTAINS.clear()
        # The zone itself is kept beside its reading, so that its id cannot be given to another one.
        known = _CONTAINS[id(zone)] = (zone, _reader(zone))
    return known[1](address)


def _reader(zone: Json) -> Callable[[Address], bool]:
    if zone.get("type", "IP") != "IP":
        raise NotModelled(f"network zone of type {zone.get('type')}: {zone.get('name')}")
    spans = [_span(gateway, str(zone.get("name"))) for gateway in zone.get("gateways") or ()]
    return lambda address: any(
        address.version == low.version and int(low) <= int(address) <= int(high) for low, high in spans
    )


def _span(gateway: Json, name: str) -> tuple[Address, Address]:
    value = str(gateway.get("value", ""))
    try:
        match gateway.get("type"):
            case "CIDR":
                network = ip_network(value, strict=False)
                return network[0], network[-1]
            case "RANGE":
                low, _, high = value.partition("-")
                return ip_address(low.strip()), ip_address((high or low).strip())
    except ValueError:
        pass
    raise NotModelled(f"gateway {value!r} of network zone {name}")


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address:
    """
    Read an address.

    Raises:
        BadQuestion: It is none.
    """
    try:
        return ip_address(text)
    except ValueError as error:
        raise BadQuestion("context.ip", f"{text!r} is no address") from error


def device_of(context: Json, devices: tuple[Json, ...]) -> tuple[bool, bool, str | None]:
    """
    Return whether the device is registered, whether it is managed, and its platform if it is a known one.

    Args:
        context: The question's `context`; `device` outweighs what `device_id` names.
        devices: The person's own, as `PUT /people/{login}/devices` gave them.

    Raises:
        BadQuestion: A device or an attribute that does not exist.
    """
    platform, state = None, (False, False)
    if (device_id := context.get("device_id")) is not None:
        device = next((one for one in devices if one.get("id") == device_id), None)
        if device is None:
            raise BadQuestion("context.device_id", f"this person has no device {device_id!r}")
        platform = device.get("platform")
        state = (bool(device.get("registered")), bool(device.get("managed")))
    match context.get("device"):
        case None:
            pass
        case str() as word if word in DEVICES:
            state = DEVICES[word]
        case {**attributes} if not set(attributes) - {"registered", "managed"}:
            if not all(isinstance(value, bool) for value in attributes.values()):
                raise BadQuestion("context.device", "its attributes are true or false")
            state = (bool(attributes.get("registered", state[0])), bool(attributes.get("managed", state[1])))
        case other:
            raise BadQuestion("context.device", f"{other!r} is none of {', '.join(DEVICES)} or registered, managed")
    return *state, platform
