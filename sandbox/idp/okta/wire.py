"""Without this file every resource would read requests, number objects and page lists in its own way."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sandbox.idp.okta.errors import invalid, malformed, not_found
from sandbox.idp.state import Json, State

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed: `base` is the face's own URL, `actor` who holds the token."""

    state: State
    base: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    actor: str

    @property
    def document(self) -> Json:
        """The body as an object; anything else is the vendor's 400."""
        if not isinstance(self.body, dict):
            raise malformed()
        return self.body


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a JSON value (None: no body) with a status and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Reply]
Route = tuple[str, str, Handler]


def stamp(moment: datetime) -> str:
    """Write a time as the vendor does, in UTC to the millisecond."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def new_id(state: State, prefix: str) -> str:
    """Return the next id of one family, 20 characters as the vendor's, the same in every run."""
    number = state.next_number(f"id:{prefix}")
    value = int.from_bytes(hashlib.sha256(f"{prefix}/{number}".encode()).digest()[:16])
    tail = ""
    while len(tail) < _ID_LENGTH - len(prefix) - 3:
        value, digit = divmod(value, len(_ALPHABET))
        tail += _ALPHABET[digit]
    return f"{prefix}{tail}0s7"


def find(state: State, kind: str, key: str, called: str) -> Json:
    """Return one object or raise the vendor's 404, which names it by what it is *called*."""
    found: Json | None = state.all(kind).get(key)
    if found is None:
        raise not_found(key, called)
    return found


def href(call: Call, path: str, *allow: str) -> Json:
    """Return a link with the methods it allows, as the vendor hints them."""
    return {"href": call.base + path, "hints": {"allow": list(allow)}} if allow else {"href": call.base + path}


def lifecycle_links(call: Call, path: str, status: str) -> Json:
    """Return the one lifecycle link that an object's status leaves open."""
    step = "deactivate" if status == "ACTIVE" else "activate"
    return {step: href(call, f"{path}/lifecycle/{step}", "POST")}


def paged(call: Call, rows: Iterable[Json], view: Callable[[Json], Json], *, default: int, most: int) -> Reply:
    """Return one page of *rows*, which have ids, with the vendor's Link header to the next."""
    asked = call.query.get("limit", str(default))
    if not asked.isdigit() or int(asked) == 0:
        raise invalid("limit", "The limit must be a positive number.")
    limit = min(int(asked), most)
    listed = list(rows)
    start = 0
    if after := call.query.get("after"):
        start = next((index + 1 for index, row in enumerate(listed) if row["id"] == after), len(listed))
    page = listed[start : start + limit]
    links = [f'<{call.base}{call.path}{_query(call.query)}>; rel="self"']
    if start + limit < len(listed):
        onward = {**call.query, "after": page[-1]["id"], "limit": str(limit)}
        links.append(f'<{call.base}{call.path}{_query(onward)}>; rel="next"')
    return Reply(200, [view(row) for row in page], {"Link": ", ".join(links)})


def _query(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""


def merged(old: Any, new: Any) -> Any:
    """Return *new* laid over *old*, objects key by key, anything else replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


def without_nulls(value: Any) -> Any:
    """Return a JSON value without its null members, which the vendor does not keep."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(member) for member in value]
    return value
