"""Without this file nobody could see the whole tenant at once, as its own face shows it."""

from collections.abc import Callable
from typing import Any

from sandbox.idp.okta import apps, authenticators, groups, iam, org, policies, rules, users, watching, zones
from sandbox.idp.okta.wire import Call
from sandbox.idp.refusals import BadRequest
from sandbox.idp.state import Json, State

View = Callable[[Call, Json], Json]

_VIEWS: dict[str, View] = {
    "apps": apps.view,
    "authenticators": authenticators.view,
    "groups": groups.view,
    "iam_roles": iam.role_view,
    "policies": policies.view,
    "resource_sets": iam.set_view,
    "rules": rules.view,
    "user_types": org.type_view,
    "users": users.full_view,
    "zones": zones.view,
    **{family.kind: family.view for family in watching.FAMILIES},
}
_BARE = frozenset({"authenticator_methods", "devices", "group_rules", "held", "memberships", "roles", "sessions"})
# What the sandbox remembers beside what the vendor shows.
_HIDDEN = frozenset({"truth", "enrolled_at", "ended_sessions", "failed_passwords"})


def everything(state: State, base: str, only: str | None) -> dict[str, list[Any]]:
    """
    Return every object as its own GET shows it, by type, each type sorted by id.

    What has no GET of its own is shown by what it belongs to: `{"id": user, "groups" | "held" | ...: [...]}`.

    Args:
        state: Read only.
        base: URL of the vendor's face, for links.
        only: One type; None is all.

    Raises:
        BadRequest: There is no such type.
    """
    kinds = sorted((set(state.collections) | set(_VIEWS) | _BARE) - _HIDDEN)
    if only is not None and only not in kinds:
        raise BadRequest("only", f"must be one of {', '.join(kinds)}")
    call = Call(state, base, "GET", "/", {}, None, "api")
    return {kind: _shown(call, kind) for kind in kinds if only in {None, kind}}


def _shown(call: Call, kind: str) -> list[Any]:
    rows = sorted(call.state.all(kind).items())
    view = _VIEWS.get(kind)
    if view is not None:
        return [view(call, row) for _, row in rows]
    if kind == "authenticator_methods":
        return [authenticators.method_view(call, key.split("/")[0], row) for key, row in rows]
    if kind == "memberships":
        return [{"id": key, "groups": sorted(row)} for key, row in rows]
    return [{"id": key, **row} if isinstance(row, dict) else {"id": key, kind: list(row)} for key, row in rows]
