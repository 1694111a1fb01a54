"""Without this file nobody could ask for all devices at once, and whose each of them is."""

from sandbox.idp.okta.errors import invalid, not_found
from sandbox.idp.okta.wire import Call, Reply, Route, href, paged
from sandbox.idp.state import Json

_EXPANSIONS = frozenset({"user", "userSummary"})


def shown(row: Json) -> Json:
    """Show one device as a person's own list does."""
    profile = {
        "displayName": f"{row['platform']} {row['id'][-4:]}", "platform": row["platform"].upper(),
        "osVersion": row["os_version"], "registered": row["registered"],
    }  # fmt: skip
    return {"id": row["id"], "status": "ACTIVE", "profile": profile, "resourceType": "UDDevice"}


def _listing(call: Call) -> Reply:
    expand = call.query.get("expand")
    if expand is not None and expand not in _EXPANSIONS:
        raise invalid("expand", "Unknown expansion.")
    held = _held(call)

    def view(row: Json) -> Json:
        device = {**shown(row), "_links": {"self": href(call, f"/api/v1/devices/{row['id']}")}}
        return {**device, "_embedded": {"users": _owners(held[row["id"]], expand)}} if expand else device

    return paged(call, [held[key][0][1] for key in sorted(held)], view, default=200, most=200)


def _held(call: Call) -> dict[str, list[tuple[Json, Json]]]:
    """Return device id → its owners, each with the device as they have it."""
    people, held = call.state.all("users"), dict[str, list[tuple[Json, Json]]]()
    for user_id, rows in call.state.all("devices").items():
        for row in rows:
            if user_id in people:
                held.setdefault(row["id"], []).append((people[user_id], row))
    return held


def _owners(held: list[tuple[Json, Json]], expand: str) -> list[Json]:
    return [
        {
            "created": user["created"],
            "managementStatus": "MANAGED" if row["managed"] else "NOT_MANAGED",
            "user": user if expand == "user" else _summary(user),
        }
        for user, row in held
    ]


def _summary(user: Json) -> Json:
    names = ("login", "email", "firstName", "lastName")
    return {"id": user["id"], "profile": {name: user["profile"].get(name) for name in names}}


def _users(call: Call, key: str) -> Reply:
    held = _held(call).get(key)
    if held is None:
        raise not_found(key, "UDDevice")
    return Reply(200, _owners(held, "user"))


ROUTES: list[Route] = [
    ("GET", "/api/v1/devices", _listing),
    ("GET", "/api/v1/devices/{}/users", _users),
]
