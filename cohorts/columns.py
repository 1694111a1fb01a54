"""Without this file every step would have its own opinion of what a vendor's field is called and means."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a raw value must be."""

    TEXT = "text"
    TIME = "time"
    PRESENT = "present"  # only whether it is there matters, never what it is


@dataclass(frozen=True, slots=True)
class Source:
    """Where one column comes from: the first of *paths* that leads anywhere."""

    paths: tuple[tuple[str, ...], ...]
    kind: Kind = Kind.TEXT
    is_required: bool = False


def _at(*path: str, kind: Kind = Kind.TEXT, is_required: bool = False) -> Source:
    return Source((path,), kind, is_required)


# Okta's "List all users", "List factors", memberships and roles; names on the left are ours.
USERS: Mapping[str, Source] = {
    "user_id": _at("id", is_required=True),
    "login": _at("profile", "login", is_required=True),
    "status": _at("status", is_required=True),
    "user_type": _at("profile", "userType"),
    "department": _at("profile", "department"),
    "title": _at("profile", "title"),
    "provider": _at("credentials", "provider", "type"),
    "type_id": _at("type", "id"),
    "password": _at("credentials", "password", kind=Kind.PRESENT),
    "last_login": _at("lastLogin", kind=Kind.TIME),
    "created": _at("created", kind=Kind.TIME),
}
FACTORS: Mapping[str, Source] = {
    "factor_id": _at("id", is_required=True),
    "user_id": Source((("userId",), ("_embedded", "user", "id"), ("_links", "user", "href")), is_required=True),
    "factor_type": _at("factorType", is_required=True),
    "provider": _at("provider"),
    "status": _at("status", is_required=True),
    "phone_number": _at("profile", "phoneNumber"),
    "authenticator": _at("profile", "authenticatorName"),
}
GROUPS: Mapping[str, Source] = {
    "group_id": _at("groupId", is_required=True),
    "group_name": _at("groupName", is_required=True),
    "user_id": _at("userId", is_required=True),
}
ROLES: Mapping[str, Source] = {
    "user_id": _at("userId", is_required=True),
    "role_type": _at("type", is_required=True),
    "role_label": _at("label"),
}
FILES: Mapping[str, Mapping[str, Source]] = {
    "users": USERS,
    "factors": FACTORS,
    "groups": GROUPS,
    "roles": ROLES,
}

STATUSES = frozenset(
    {
        "STAGED",
        "PROVISIONED",
        "ACTIVE",
        "RECOVERY",
        "PASSWORD_EXPIRED",
        "LOCKED_OUT",
        "SUSPENDED",
        "DEPROVISIONED",
    }
)
# Whose sign-in takes a password that the directory checks, though Okta holds none.
DIRECTORIES = frozenset({"ACTIVE_DIRECTORY", "LDAP"})
# This role alone opens no policy and no app; it is a reason to be support, not to be an administrator.
SUPPORT_ROLE = "HELP_DESK_ADMIN"

# What a rule may ask about → what it holds.
ASKABLE: Mapping[str, str] = {
    "login": "text",
    "status": "text",
    "user_type": "text",
    "department": "text",
    "title": "text",
    "provider": "text",
    "groups": "names",
    "roles": "names",
    "is_admin": "yes or no",
    "last_login_age_days": "number",
    "created_age_days": "number",
}
