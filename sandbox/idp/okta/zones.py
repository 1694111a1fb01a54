"""Without this file a rule could not say where from: network zones."""

from sandbox.idp.okta.errors import forbidden, invalid, no_such_path
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, lifecycle_links, new_id, paged, stamp
from sandbox.idp.state import Json, State

_ADDRESSES = [{"type": frozenset({"CIDR", "RANGE"}), "value": str}]
_BODY = {
    "type": frozenset({"IP", "DYNAMIC", "DYNAMIC_V2"}), "id": str, "name": str, "system": bool,
    "status": frozenset({"ACTIVE", "INACTIVE"}), "usage": frozenset({"POLICY", "BLOCKLIST"}),
    "created": str, "lastUpdated": str, "_links": dict, "gateways": _ADDRESSES, "proxies": _ADDRESSES,
    "locations": None, "proxyType": str, "asns": None, "ipServiceCategories": dict,
}  # fmt: skip
_SIDES: Json = {"include": [], "exclude": []}


def view(call: Call, zone: Json) -> Json:
    """Show one zone as its own GET does."""
    path = f"/api/v1/zones/{zone['id']}"
    allow = ("GET", "PUT") if zone["system"] else ("GET", "PUT", "DELETE")
    links = {"self": href(call, path, *allow)}
    return {
        **zone,
        "_links": links if zone["system"] else {**links, **lifecycle_links(call, path, zone["status"])},
    }


def _content(body: Json) -> Json:
    if body["type"] == "IP":
        return {"gateways": body.get("gateways"), "proxies": body.get("proxies")}
    if body["type"] == "DYNAMIC":
        asns = {"asns": body["asns"]} if body.get("asns") else {}
        locations = [{"region": None, **place} for place in body.get("locations") or []]
        return {"locations": locations or None, "proxyType": body.get("proxyType") or "", **asns}
    places = {**_SIDES, **(body.get("locations") or {})}
    return {
        "locations": {side: [{"region": None, **place} for place in rows] for side, rows in places.items()},
        "ipServiceCategories": {**_SIDES, **(body.get("ipServiceCategories") or {})},
        "asns": {**_SIDES, **(body.get("asns") or {})},
    }


def put_zone(call: Call, old: Json | None, body: Json, key: str) -> Json:
    """
    Make or replace one zone as POST and PUT do, and return it; here, as recorded, PUT does change the status.

    Raises:
        OktaError: 400 unknown or missing field, name in use.
    """
    fit(body, _BODY)
    for name in ("name", "type"):
        if not body.get(name):
            raise invalid(name, "The field cannot be left blank")
    if old is not None and body["type"] != old["type"]:
        raise invalid("type", "The type of a zone cannot be changed.")
    if any(row["name"] == body["name"] and row["id"] != key for row in call.state.all("zones").values()):
        raise invalid("name", "An object with this field already exists in the current organization")
    now = stamp(call.state.at)
    zone = {
        "type": body["type"],
        "id": key,
        "name": body["name"],
        "status": body.get("status") or (old["status"] if old else "ACTIVE"),
        "usage": body.get("usage") or "POLICY",
        "created": old["created"] if old else now,
        "lastUpdated": now,
        "system": bool(old and old["system"]),
        **_content(body),
    }
    call.state.put("zones", key, zone)
    return zone


def _listing(call: Call) -> Reply:
    return paged(call, call.state.all("zones").values(), lambda zone: view(call, zone), default=10000, most=10000)


def _create(call: Call) -> Reply:
    zone = put_zone(call, None, call.document, new_id(call.state, "nzo"))
    written(call, "zone.create", target("NetworkZone", zone))
    return Reply(200, view(call, zone))


def _get(call: Call, key: str) -> Reply:
    return Reply(200, view(call, find(call.state, "zones", key, "NetworkZone")))


def _update(call: Call, key: str) -> Reply:
    zone = put_zone(call, find(call.state, "zones", key, "NetworkZone"), call.document, key)
    written(call, "zone.update", target("NetworkZone", zone))
    return Reply(200, view(call, zone))


def _named_in(state: State, key: str) -> list[str]:
    names = []
    for rule in state.all("rules").values():
        network = (rule["conditions"] or {}).get("network") or {}
        if key in [*(network.get("include") or []), *(network.get("exclude") or [])]:
            names.append(rule["name"])
    return names


def _delete(call: Call, key: str) -> Reply:
    zone = find(call.state, "zones", key, "NetworkZone")
    if zone["system"]:
        raise forbidden("The vendor's own zones cannot be deleted.")
    if zone["status"] == "ACTIVE":
        raise invalid("status", "An active zone cannot be deleted; deactivate it first.")
    if names := _named_in(call.state, key):
        raise invalid("id", f"The zone is used by policy rules: {', '.join(names)}")
    call.state.drop("zones", key)
    written(call, "zone.delete", target("NetworkZone", zone))
    return Reply(204)


def _lifecycle(call: Call, key: str, step: str) -> Reply:
    zone = find(call.state, "zones", key, "NetworkZone")
    if step not in {"activate", "deactivate"}:
        raise no_such_path()
    if step == "deactivate" and (names := _named_in(call.state, key)):
        raise invalid("id", f"The zone is used by policy rules: {', '.join(names)}")
    zone = {
        **zone,
        "status": "ACTIVE" if step == "activate" else "INACTIVE",
        "lastUpdated": stamp(call.state.at),
    }
    call.state.put("zones", key, zone)
    written(call, f"zone.{step}", target("NetworkZone", zone))
    return Reply(200, view(call, zone))


ROUTES: list[Route] = [
    ("GET", "/api/v1/zones", _listing),
    ("POST", "/api/v1/zones", _create),
    ("GET", "/api/v1/zones/{}", _get),
    ("PUT", "/api/v1/zones/{}", _update),
    ("DELETE", "/api/v1/zones/{}", _delete),
    ("POST", "/api/v1/zones/{}/lifecycle/{}", _lifecycle),
]
