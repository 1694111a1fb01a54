"""Without this file nobody would know what a pull asks Okta for, and which lines become of each answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote, urlencode

Row = Mapping[str, Any]

# What the log says of methods: used, enrolled, changed, taken away.
LOG_EVENTS = (
    "user.authentication.auth_via_mfa",
    "user.mfa.factor.activate",
    "user.mfa.factor.update",
    "user.mfa.factor.deactivate",
    "user.mfa.factor.reset_all",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One call that is still to be made.

    Attributes:
        path: Path and query.
        about: What its lines need to know and its answer does not say.
        named: What every element of the answer has.
    """

    path: str
    about: Mapping[str, Any] = field(default_factory=dict)
    named: str = "id"

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"path": self.path, "about": dict(self.about), "named": self.named}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read what `document` wrote."""
        return cls(document["path"], document["about"], document["named"])


def _nothing_more(_ask: Ask, _rows: Sequence[Row]) -> Iterable[Ask]:
    return ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One list, or one list for each line of another: what is asked, and what becomes of the answers.

    Attributes:
        name: Unique; how the journal knows it.
        file: Where its lines go; several may share one file.
        starts: Calls to begin with, or
        each: of each line of this file one call, as `ask` says.
        lines: Of one page.
        more: Further calls that follow from a page, beside its next one.
        is_unique: An account that two of its lists show counts once, as first seen; they are read one after another.
        absent_is_fine: What is gone since it was listed has nothing.
        ends_empty: A page without elements is the last, even where it names a next one.
    """

    name: str
    file: str
    lines: Callable[[Ask, Sequence[Row]], Iterable[Row]]
    starts: tuple[Ask, ...] = ()
    each: str = ""
    ask: Callable[[Row], Ask] | None = None
    more: Callable[[Ask, Sequence[Row]], Iterable[Ask]] = _nothing_more
    is_unique: bool = False
    absent_is_fine: bool = False
    ends_empty: bool = False


def _of(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _whole(_ask: Ask, rows: Sequence[Row]) -> Iterable[Row]:
    return rows


def _ids(_ask: Ask, rows: Sequence[Row]) -> Iterable[Row]:
    return [{"id": row["id"]} for row in rows]


def _groups(_ask: Ask, rows: Sequence[Row]) -> Iterable[Row]:
    return [{"id": row["id"], "name": (row.get("profile") or {}).get("name")} for row in rows]


def _members(ask: Ask, rows: Sequence[Row]) -> Iterable[Row]:
    return [{**ask.about, "userId": row["id"]} for row in rows]


def _roles(ask: Ask, rows: Sequence[Row]) -> Iterable[Row]:
    # What a group holds comes with the group.
    own = [row for row in rows if row.get("assignmentType") != "GROUP"]
    return [{**ask.about, "type": row.get("type"), "label": row.get("label")} for row in own]


def _group_roles(ask: Ask, rows: Sequence[Row]) -> Iterable[Row]:
    held = ask.about.get("roles")
    if held is None:
        return ()
    # Not `groupId`: by that a reader knows memberships.
    of = {"throughGroup": ask.about["groupId"]}
    return [{"userId": row["id"], **role, **of} for row in rows for role in held]


def _role_members(ask: Ask, rows: Sequence[Row]) -> Iterable[Ask]:
    if "roles" in ask.about or not rows:
        return ()
    held = [{"type": row.get("type"), "label": row.get("label")} for row in rows]
    path = _of(f"/api/v1/groups/{ask.about['groupId']}/users", limit="1000")
    return [Ask(path, {**ask.about, "roles": held})]


def _devices(ask: Ask, rows: Sequence[Row]) -> Iterable[Row]:
    if "device" in ask.about:
        return [_owned(ask.about["device"], owner) for owner in rows]
    return [_owned(row, owner) for row in rows for owner in _owners(row) or ()]


def _owners(device: Row) -> Sequence[Row] | None:
    """Return whose device it is; None where the answer does not say."""
    owners: Sequence[Row] | None = (device.get("_embedded") or {}).get("users")
    return owners


def _owned(device: Row, owner: Row) -> Row:
    about = {name: owner.get(name) for name in ("managementStatus", "created", "screenLockType") if owner.get(name)}
    shown = {name: value for name, value in device.items() if name not in {"_embedded", "_links"}}
    return {"userId": owner["user"]["id"], **about, "device": shown}


def _device_owners(ask: Ask, rows: Sequence[Row]) -> Iterable[Ask]:
    if "device" in ask.about:
        return ()
    silent = [row for row in rows if _owners(row) is None]
    shown = [{name: value for name, value in row.items() if name != "_links"} for row in silent]
    return [Ask(f"/api/v1/devices/{row['id']}/users", {"device": row}, "user") for row in shown]


def listings(log: Mapping[str, str]) -> tuple[Listing, ...]:
    """
    Return what a pull reads, in order.

    Args:
        log: `since` and `until` of the log, ISO times; empty: no log.
    """
    gone = _of("/api/v1/users", limit="200", filter='status eq "DEPROVISIONED"')
    found = (
        # A plain list leaves out who is deactivated; only a filter shows them.
        Listing(
            "users",
            "users.jsonl",
            _whole,
            starts=(Ask(_of("/api/v1/users", limit="200")), Ask(gone)),
            is_unique=True,
        ),
        Listing("all groups", "all-groups", _groups, starts=(Ask(_of("/api/v1/groups", limit="1000")),)),
        Listing(
            "groups",
            "groups.jsonl",
            _members,
            each="all-groups",
            ask=lambda group: Ask(
                _of(f"/api/v1/groups/{group['id']}/users", limit="1000"),
                {"groupId": group["id"], "groupName": group["name"]},
            ),
            absent_is_fine=True,
        ),
        Listing(
            "administrators",
            "administrators",
            _ids,
            starts=(Ask(_of("/api/v1/iam/assignees/users", limit="100")),),
        ),
        Listing(
            "roles",
            "roles.jsonl",
            _roles,
            each="administrators",
            ask=lambda user: Ask(f"/api/v1/users/{user['id']}/roles", {"userId": user["id"]}),
            absent_is_fine=True,
        ),
        Listing(
            "roles of groups",
            "roles.jsonl",
            _group_roles,
            each="all-groups",
            ask=lambda group: Ask(f"/api/v1/groups/{group['id']}/roles", {"groupId": group["id"]}),
            more=_role_members,
            absent_is_fine=True,
        ),
        Listing(
            "devices",
            "devices.jsonl",
            _devices,
            starts=(Ask(_of("/api/v1/devices", limit="200", expand="userSummary")),),
            more=_device_owners,
        ),
        Listing(
            "factors",
            "factors.jsonl",
            lambda ask, rows: [{**ask.about, **row} for row in rows],
            each="users.jsonl",
            ask=lambda user: Ask(f"/api/v1/users/{user['id']}/factors", {"userId": user["id"]}),
            absent_is_fine=True,
        ),
    )
    return (*found, _log(log)) if log else found


def _log(between: Mapping[str, str]) -> Listing:
    wanted = " or ".join(f'eventType eq "{event}"' for event in LOG_EVENTS)
    path = _of("/api/v1/logs", **between, limit="1000", sortOrder="ASCENDING", filter=wanted)
    return Listing("log", "logs.jsonl", _whole, starts=(Ask(path, named="uuid"),), ends_empty=True)
