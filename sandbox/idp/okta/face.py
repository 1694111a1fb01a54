"""Without this file there would be handlers but no API: who may call, which handler answers, what is written down."""

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.idp.okta import (
    apps,
    assignments,
    authenticators,
    bindings,
    devices,
    factors,
    group_roles,
    group_rules,
    groups,
    iam,
    logs,
    org,
    policies,
    rules,
    simulation,
    user_lifecycle,
    users,
    watching,
    zones,
)
from sandbox.idp.okta.errors import OktaError, malformed, no_such_method, no_such_path, unauthorised
from sandbox.idp.okta.wire import Call, Handler, Reply
from sandbox.idp.state import State

_FAMILIES = (
    apps, assignments, authenticators, bindings, devices, factors, group_roles, group_rules, groups, iam, logs, org,
    policies, rules, simulation, user_lifecycle, users, watching, zones,
)  # fmt: skip
_ACTORS = {"sandbox-pulumi": "pulumi", "sandbox-offramp": "offramp", "sandbox-console": "console"}
_OPEN = frozenset({"/.well-known/okta-organization"})
_SCHEMES = frozenset({"ssws", "bearer"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
# Sent by POST, and changes nothing.
_QUESTIONS = frozenset({("POST", simulation.PATH)})


class _Node:
    """One step of a path: literal next steps, a step that stands for an id, and handlers by method."""

    def __init__(self) -> None:
        self.steps: dict[str, _Node] = {}
        self.handlers: dict[str, Handler] = {}


def _tree() -> _Node:
    root = _Node()
    for family in _FAMILIES:
        for method, path, handler in family.ROUTES:
            node = root
            for part in path.strip("/").split("/"):
                node = node.steps.setdefault(part, _Node())
            node.handlers[method] = handler
    return root


_ROOT = _tree()


def _match(node: _Node, parts: list[str], ids: list[str]) -> tuple[dict[str, Handler], list[str]] | None:
    if not parts:
        return (node.handlers, ids) if node.handlers else None
    if (step := node.steps.get(parts[0])) and (found := _match(step, parts[1:], ids)):
        return found
    step = node.steps.get("{}")
    return _match(step, parts[1:], [*ids, parts[0]]) if step else None


def actor(authorization: str | None) -> str | None:
    """Name who holds a token, by its name alone; None where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() not in _SCHEMES or not token.strip():
        return None
    return _ACTORS.get(token.strip(), "api")


def answer(
    state: State,
    base: str,
    method: str,
    target: str,
    authorization: str | None,
    body: bytes,
    *,
    refusal: OktaError | None = None,
) -> Reply:
    """
    Answer one request, and write it down if it is a write.

    Args:
        state: Changed by writes; a refused write changes nothing but the list of writes.
        base: URL of this face, for links.
        method: HTTP method.
        target: Path and query as received, or a whole URL: clients behind a proxy send that.
        authorization: The header, or None.
        body: As received.
        refusal: What to answer instead, where something is made to go wrong on the way.

    Returns:
        The vendor's status, body and headers.
    """
    parsed = urlsplit(target)
    path = parsed.path.rstrip("/") or "/"
    asked = f"{path}?{parsed.query}" if parsed.query else path
    content: Any = None
    try:
        holder = actor(authorization)
        if holder is None and path not in _OPEN:
            raise unauthorised()
        content = _content(body)
        if refusal is not None:
            raise refusal
        query = _query(parsed.query)
        reply = _dispatch(Call(state, base, method, path, query, content, holder or "api"))
    except OktaError as error:
        reply = Reply(error.status, error.body(f"oae{state.next_number('error'):022d}"))
    if method not in _READS and (method, path) not in _QUESTIONS:
        took_effect = 200 <= reply.status < 400  # noqa: PLR2004 - HTTP's own line between done and refused
        state.wrote(actor(authorization) or "api", method, asked, content, reply.status, took_effect=took_effect)
    return reply


def _query(text: str) -> dict[str, str]:
    """Read a query; what is said twice counts as a list, as the vendor takes it."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def _content(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise malformed() from None


def _dispatch(call: Call) -> Reply:
    parts = [unquote(part) for part in call.path.strip("/").split("/")]
    found = _match(_ROOT, parts, [])
    if found is None:
        raise no_such_path()
    handlers, ids = found
    handler = handlers.get(call.method)
    if handler is None:
        raise no_such_method()
    return handler(call, *ids)
