"""Without this file nobody outside could be told what happens: event hooks, log streams, behaviours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.idp.okta.errors import forbidden, invalid, no_such_path
from sandbox.idp.okta.logs import target, token_actor, written
from sandbox.idp.okta.shapes import fit
from sandbox.idp.okta.wire import (
    Call,
    Handler,
    Reply,
    Route,
    find,
    href,
    lifecycle_links,
    new_id,
    paged,
    stamp,
)
from sandbox.idp.state import Json

_STATUS = frozenset({"ACTIVE", "INACTIVE"})
_OWN: Json = {"id": str, "name": str, "status": _STATUS, "created": str, "lastUpdated": str, "_links": dict}


@dataclass(frozen=True, slots=True)
class _Family:
    """One kind of object that differs from the others only in content."""

    kind: str
    path: str
    prefix: str
    called: str
    shape: Json
    content: Callable[[Call, Json, Json | None], Json]
    links: Callable[[Call, str, str], Json]
    events: Callable[[str], str]
    answers_lifecycle: bool = True

    def view(self, call: Call, row: Json) -> Json:
        """Show one object as its own GET does."""
        return {**row, "_links": self.links(call, f"{self.path}/{row['id']}", row["status"])}

    def put(self, call: Call, old: Json | None, body: Json, key: str) -> Json:
        """Make or replace one object; a PUT leaves the status alone."""
        fit(body, {**_OWN, **self.shape})
        if not body.get("name"):
            raise invalid("name", "The field cannot be left blank")
        now = self.clock(call)
        row = {
            "id": key,
            "name": body["name"],
            "status": old["status"] if old else "ACTIVE",
            "created": old["created"] if old else now,
            "lastUpdated": now,
            **self.content(call, body, old),
        }
        call.state.put(self.kind, key, row)
        return row

    def clock(self, call: Call) -> str:
        """Write the time as this family does; recorded: behaviours have a form of their own."""
        if self.kind == "behaviors":
            return f"{call.state.at:%Y-%m-%d %H:%M:%S}.0"
        return stamp(call.state.at)

    def routes(self) -> list[Route]:
        """Return the family's calls."""
        one = f"{self.path}/{{}}"
        calls: list[tuple[str, str, Handler]] = [
            ("GET", self.path, self._listing),
            ("POST", self.path, self._create),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
            ("POST", f"{one}/lifecycle/{{}}", self._lifecycle),
        ]
        return calls

    def _listing(self, call: Call) -> Reply:
        rows = call.state.all(self.kind).values()
        return paged(call, rows, lambda row: self.view(call, row), default=200, most=1000)

    def _create(self, call: Call) -> Reply:
        row = self.put(call, None, call.document, new_id(call.state, self.prefix))
        written(call, self.events("create"), target(self.called, row))
        return Reply(200, self.view(call, row))

    def _get(self, call: Call, key: str) -> Reply:
        return Reply(200, self.view(call, find(call.state, self.kind, key, self.called)))

    def _update(self, call: Call, key: str) -> Reply:
        row = self.put(call, find(call.state, self.kind, key, self.called), call.document, key)
        written(call, self.events("update"), target(self.called, row))
        return Reply(200, self.view(call, row))

    def _delete(self, call: Call, key: str) -> Reply:
        row = find(call.state, self.kind, key, self.called)
        if row["status"] == "ACTIVE":
            raise forbidden("An active object cannot be deleted; deactivate it first.")
        call.state.drop(self.kind, key)
        written(call, self.events("delete"), target(self.called, row))
        return Reply(204)

    def _lifecycle(self, call: Call, key: str, step: str) -> Reply:
        row = find(call.state, self.kind, key, self.called)
        if step == "verify" and self.kind == "event_hooks":
            row = {**row, "verificationStatus": "VERIFIED"}
        elif step in {"activate", "deactivate"}:
            row = {
                **row,
                "status": "ACTIVE" if step == "activate" else "INACTIVE",
                "lastUpdated": self.clock(call),
            }
        else:
            raise no_such_path()
        call.state.put(self.kind, key, row)
        written(call, self.events(step), target(self.called, row))
        return Reply(200, self.view(call, row) if self.answers_lifecycle else None)


def _hook(call: Call, body: Json, old: Json | None) -> Json:
    events, channel = body.get("events") or {}, body.get("channel") or {}
    config: dict[str, Any] = dict(channel.get("config") or {})
    if not config.get("uri") or not events.get("items"):
        raise invalid("channel.config.uri" if events.get("items") else "events.items", "The field cannot be left blank")
    scheme = config.get("authScheme")
    return {
        "verificationStatus": old["verificationStatus"] if old else "UNVERIFIED",
        "description": body.get("description"),
        "createdBy": old["createdBy"] if old else token_actor(call.actor)["id"],
        "events": {"type": "EVENT_TYPE", "items": events["items"], "filter": events.get("filter")},
        "channel": {
            "type": "HTTP",
            "version": channel.get("version") or "1.0.0",
            "config": {
                "uri": config["uri"],
                "headers": config.get("headers") or [],
                "method": config.get("method") or "POST",
                # The secret never comes back.
                "authScheme": {"type": scheme.get("type"), "key": scheme.get("key")} if scheme else None,
            },
        },
    }


def _hook_links(call: Call, path: str, status: str) -> Json:
    links = {"self": href(call, path), **lifecycle_links(call, path, status)}
    if status == "ACTIVE":
        return {**links, "verify": href(call, f"{path}/lifecycle/verify", "POST")}
    return {**links, "delete": href(call, path, "DELETE")}


def _stream(_: Call, body: Json, old: Json | None) -> Json:
    kind = body.get("type") or (old or {}).get("type")
    if kind not in {"aws_eventbridge", "splunk_cloud_logstreaming"}:
        raise invalid("type", "Unknown log stream type.")
    kept = {name: value for name, value in (body.get("settings") or {}).items() if name != "token"}
    return {"type": kind, "settings": kept}


def _stream_links(call: Call, path: str, status: str) -> Json:
    step = "deactivate" if status == "ACTIVE" else "activate"
    return {
        "self": {**href(call, path), "method": "GET"},
        step: {**href(call, f"{path}/lifecycle/{step}"), "method": "POST"},
    }


def _behaviour(_: Call, body: Json, old: Json | None) -> Json:
    return {"settings": body.get("settings") or {}, "type": body.get("type") or (old or {}).get("type")}


def _behaviour_links(call: Call, path: str, status: str) -> Json:
    return {"self": href(call, path, "GET", "PUT", "DELETE"), **lifecycle_links(call, path, status)}


_HOOK_EVENTS = {"activate": "activated", "deactivate": "deactivated", "verify": "verified"}
FAMILIES = (
    _Family(
        "event_hooks", "/api/v1/eventHooks", "who", "EventHook",
        {"description": str, "createdBy": str, "verificationStatus": str, "events": dict, "channel": {
            "type": str, "version": str,
            "config": {"uri": str, "headers": [{"key": str, "value": str}], "method": str, "authScheme": dict},
        }},
        _hook, _hook_links, lambda step: f"event_hook.{_HOOK_EVENTS.get(step, step + 'd')}",
    ),
    _Family(
        "log_streams", "/api/v1/logStreams", "0oa", "LogStream", {"type": str, "settings": dict},
        _stream, _stream_links, lambda step: f"system.log_stream.lifecycle.{step}", answers_lifecycle=False,
    ),
    _Family(
        "behaviors", "/api/v1/behaviors", "bhv", "Behavior", {"type": str, "settings": dict},
        _behaviour, _behaviour_links, lambda step: f"security.behavior.settings.{step}",
    ),
)  # fmt: skip
ROUTES: list[Route] = [route for family in FAMILIES for route in family.routes()]
