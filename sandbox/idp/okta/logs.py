"""Without this file nothing that happens would leave a trace: the vendor's System Log, written and read."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.idp.okta.errors import invalid
from sandbox.idp.okta.filtering import compiled
from sandbox.idp.okta.wire import Call, Reply, Route, stamp
from sandbox.idp.state import Json, State

_DEFAULT_LIMIT, _MOST = 100, 1000
_DEFAULT_WINDOW = timedelta(days=7)
_SPACE = uuid.UUID("6f6b7461-6c6f-6721-8000-000000000000")
_SEVERE = ("FAILURE", "DENY")


def user_target(user: Json, kind: str = "User") -> Json:
    """Name a person as the log does."""
    profile = user.get("profile", {})
    return {
        "id": user["id"],
        "type": kind,
        "alternateId": profile.get("login", user["id"]),
        "displayName": f"{profile.get('firstName', '')} {profile.get('lastName', '')}".strip(),
        "detailEntry": None,
    }


def target(kind: str, item: Json, **detail: Any) -> Json:
    """Name an object other than a person as the log does."""
    profile = item.get("profile")
    name = item.get("label") or item.get("name") or (profile or {}).get("name") or item["id"]
    return {
        "id": item["id"],
        "type": kind,
        "alternateId": item.get("key") or "unknown",
        "displayName": name,
        "detailEntry": detail or None,
    }


def token_actor(actor: str) -> Json:
    """Name who holds an API token; it is not one of the tenant's people."""
    return {
        "id": f"00u{actor:0>17.17}",
        "type": "User",
        "alternateId": f"{actor}@sandbox.invalid",
        "displayName": f"API token {actor}",
        "detailEntry": None,
    }


def record(  # noqa: PLR0913 - one event of the vendor's has this many parts
    state: State,
    event_type: str,
    actor: Json,
    targets: Iterable[Json],
    *,
    outcome: str = "SUCCESS",
    reason: str | None = None,
    context: Mapping[str, Any] | None = None,
    debug: Mapping[str, Any] | None = None,
    session: str | None = None,
    transaction: str | None = None,
) -> None:
    """
    Write one event.

    Args:
        state: Its log grows by one.
        event_type: The vendor's type, such as `user.mfa.factor.activate`.
        actor: From `token_actor` or `user_target`.
        targets: From `user_target` and `target`, in the vendor's order.
        outcome: `SUCCESS`, `FAILURE`, `ALLOW`, `DENY`, `CHALLENGE`.
        reason: The vendor's reason, where it gives one.
        context: `ip`, `platform`, `device_id`, `device` as in a question to the sandbox.
        debug: Goes into `debugContext.debugData`.
        session: The session that it happened in.
        transaction: What happened together has the same; without one it happened alone.
    """
    given = context or {}
    event = {
        "uuid": str(uuid.uuid5(_SPACE, str(state.next_number("event")))),
        "published": stamp(state.at),
        "eventType": event_type,
        "version": "0",
        "severity": "WARN" if outcome in _SEVERE else "INFO",
        "legacyEventType": None,
        "displayMessage": event_type.replace(".", " ").replace("_", " "),
        "actor": actor,
        "client": {
            "userAgent": {"rawUserAgent": "sandbox", "os": given.get("platform"), "browser": "UNKNOWN"},
            "zone": "null",
            "device": "Unknown",
            "id": None,
            "ipAddress": given.get("ip"),
            "geographicalContext": None,
        },
        "device": {"id": given["device_id"]} if given.get("device_id") else None,
        "authenticationContext": {
            "authenticationStep": 0,
            "rootSessionId": session,
            "externalSessionId": session or "unknown",
        },
        "outcome": {"result": outcome, "reason": reason},
        "target": list(targets),
        "transaction": {"type": "WEB", "id": transaction or f"tx{len(state.log) + 1:08d}", "detail": {}},
        "debugContext": {"debugData": dict(debug or {})},
        "request": {"ipChain": [{"ip": given["ip"]}] if given.get("ip") else []},
    }
    state.log.append(event)


def written(call: Call, event_type: str, *targets: Json, **debug: Any) -> None:
    """Write the event of a change that came through the API."""
    record(call.state, event_type, token_actor(call.actor), targets, debug={"requestUri": call.path, **debug})


def _listing(call: Call) -> Reply:
    query = call.query
    if unknown := set(query) - {"since", "until", "after", "filter", "q", "limit", "sortOrder"}:
        raise invalid(min(unknown), "Unknown parameter.")
    asked = query.get("limit", str(_DEFAULT_LIMIT))
    if not asked.isdigit() or int(asked) > _MOST:
        raise invalid("limit", f"The limit must be between 0 and {_MOST}.")
    rows = _selected(call)
    if after := query.get("after"):
        place = next((index for index, row in enumerate(rows) if row["uuid"] == after), None)
        rows = rows[place + 1 :] if place is not None else rows
    page = rows[: int(asked)]
    links = [f'<{call.base}{call.path}>; rel="self"']
    # Without `until` the vendor always gives a next link, for the next poll.
    if len(rows) > len(page) or "until" not in query:
        cursor = {"after": page[-1]["uuid"]} if page else {}
        links.append(f'<{call.base}{call.path}?{urlencode({**query, **cursor})}>; rel="next"')
    return Reply(200, page, {"Link": ", ".join(links)})


def _selected(call: Call) -> list[Json]:
    query, state = call.query, call.state
    since = _moment(query["since"], "since") if "since" in query else stamp(state.at - _DEFAULT_WINDOW)
    until = _moment(query["until"], "until") if "until" in query else "9999"
    rows = [row for row in state.log if since <= row["published"] <= until]
    if expression := query.get("filter"):
        rows = list(filter(compiled(expression, "filter"), rows))
    for word in query.get("q", "").lower().split():
        rows = [row for row in rows if word in str(row).lower()]
    return rows[::-1] if query.get("sortOrder") == "DESCENDING" else rows


def _moment(text: str, parameter: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(parameter, "Not a valid ISO 8601 time.") from None
    return stamp(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))


ROUTES: list[Route] = [("GET", "/api/v1/logs", _listing)]
