"""Without this file clients could not tell what kind of org this is, nor what kinds of people it knows."""

from sandbox.idp.okta.errors import invalid
from sandbox.idp.okta.logs import target, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import Call, Reply, Route, find, href, new_id, stamp
from sandbox.idp.state import Json

_ORG = "00osandbox0000000000"
_THREATS = {"action": frozenset({"none", "audit", "block"}), "excludeZones": [str], "created": str,
            "lastUpdated": str, "_links": dict}  # fmt: skip
_TYPE = {"id": str, "name": str, "displayName": str, "description": str, "created": str, "lastUpdated": str,
         "createdBy": str, "lastUpdatedBy": str, "default": bool, "_links": dict}  # fmt: skip


def _organisation(call: Call) -> Reply:
    settings = {
        "analyticsCollectionEnabled": False, "bugReportingEnabled": True, "omEnabled": False, "pssoEnabled": False,
        "desktopMFAEnabled": False, "itpEnabled": False, "op4wEnabled": False,
    }  # fmt: skip
    link = {"organization": {"href": call.base}}
    return Reply(200, {"id": _ORG, "cell": "sandbox", "_links": link, "pipeline": "idx", "settings": settings})


def _threats(call: Call) -> Reply:
    usual = {
        "action": "none",
        "excludeZones": [],
        "created": stamp(call.state.at),
        "lastUpdated": stamp(call.state.at),
    }
    row: Json = call.state.all("threats").get("configuration") or usual
    if call.method == "POST":
        fit(call.document, _THREATS)
        row = {**row, "action": call.document.get("action") or "none", "lastUpdated": stamp(call.state.at)}
        row["excludeZones"] = call.document.get("excludeZones") or []
        call.state.put("threats", "configuration", row)
        written(call, "security.threat.configuration.update", target("ThreatInsight", {"id": _ORG}))
    return Reply(200, {**row, "_links": {"self": href(call, "/api/v1/threats/configuration", "GET", "POST")}})


def type_view(call: Call, row: Json) -> Json:
    """Show one user type as its own GET does."""
    return {**row, "_links": {"self": href(call, f"/api/v1/meta/types/user/{row['id']}")}}


def _types(call: Call) -> Reply:
    return Reply(200, [type_view(call, row) for row in call.state.all("user_types").values()])


def _type(call: Call, key: str) -> Reply:
    return Reply(200, type_view(call, find(call.state, "user_types", key, "UserType")))


def _new_type(call: Call) -> Reply:
    body, now = call.document, stamp(call.state.at)
    fit(body, _TYPE)
    if not body.get("name"):
        raise invalid("name", "The field cannot be left blank")
    row = {
        "id": new_id(call.state, "oty"), "displayName": body.get("displayName") or body["name"],
        "name": body["name"], "description": body.get("description"), "created": now, "lastUpdated": now,
        "default": False,
    }  # fmt: skip
    call.state.put("user_types", row["id"], row)
    written(call, "user_type.lifecycle.create", target("UserType", row))
    return Reply(200, type_view(call, row))


ROUTES: list[Route] = [
    ("GET", "/.well-known/okta-organization", _organisation),
    ("GET", "/api/v1/threats/configuration", _threats),
    ("POST", "/api/v1/threats/configuration", _threats),
    ("GET", "/api/v1/meta/types/user", _types),
    ("POST", "/api/v1/meta/types/user", _new_type),
    ("GET", "/api/v1/meta/types/user/{}", _type),
]
