"""Without this file the sandbox would be an empty tenant: people move in here."""

from datetime import timedelta
from random import Random

from sandbox.idp.okta.wire import new_id, stamp
from sandbox.idp.state import Json, State
from sandbox.population_people import NAMES_OF_KEYS, Person, invent
from sandbox.population_tenant import add_group, furnish

GROUPS = {
    "Engineering": "People who build",
    "Sales": "People who sell",
    "Operations": "People who keep things going",
    "Legal": "Counsel and contracts",
    "IT": "Administrators of this tenant",
    "Finance": "People who move money",
    "Executives": "The executive committee",
    "Executive assistants": "People who act for an executive",
    "Help desk": "People who help others back in",
    "Contractors": "People paid by somebody else",
    "Frontline": "Shops and warehouses",
    "Service accounts": "Accounts that no person uses",
    "Emergency access": "Accounts for the day when nothing else works",
    "Vendors": "Suppliers with access to payroll",
    "Key pilot": "First people with a security key",
}
ROLE_LABELS = {
    "SUPER_ADMIN": "Super Organization Administrator",
    "ORG_ADMIN": "Organizational Administrator",
    "APP_ADMIN": "Application Administrator",
    "HELP_DESK_ADMIN": "Help Desk Administrator",
}
FACTOR_PREFIX = {
    "password": "pwd",
    "sms": "mbl",
    "voice": "clf",
    "question": "ufs",
    "totp": "uft",
    "app_code": "ost",
    "push": "opf",
    "fastpass": "pfd",
}


def populate(state: State, *, people: int, seed: int, tenant: str) -> list[Json]:
    """Fill a tenant that holds the vendor's defaults with people and their company's policies.

    Args:
        state: The vendor's defaults; changed.
        people: How many accounts; 0 leaves the defaults alone.
        seed: The same number gives the same people.
        tenant: "fresh" or "lived-in"; the second adds policies that somebody else made.

    Returns:
        One `{"login", "id", "cohort", "methods", "devices"}` per account: what each was made with.

    Raises:
        LookupError: The vendor's defaults are not there.
        ValueError: There is no such tenant.
    """
    if tenant not in {"fresh", "lived-in"}:
        raise ValueError(f"no tenant is called {tenant!r}: fresh or lived-in")
    if people == 0:
        return []
    groups = {group["profile"]["name"]: group["id"] for group in state.all("groups").values()}
    for name, description in GROUPS.items():
        groups[name] = add_group(state, name, description)
    types = {"standard": _user_type(state, default=True), "kiosk": _user_type(state, default=False)}
    dice = Random(seed)
    truth = [_move_in(state, person, groups, types, dice) for person in invent(people, seed)]
    furnish(state, groups, lived_in=tenant == "lived-in")
    return truth


def _user_type(state: State, *, default: bool) -> str:
    for type_id, known in state.all("user_types").items():
        if known["default"] is default and (default or known["name"] == "kiosk"):
            return type_id
    type_id, now = new_id(state, "oty"), stamp(state.at)
    name = "user" if default else "kiosk"
    state.put(
        "user_types",
        type_id,
        {
            "id": type_id,
            "displayName": name.title(),
            "name": name,
            "description": "Okta user profile template with default permission settings"
            if default
            else "Shared kiosks",
            "created": now,
            "lastUpdated": now,
            "default": default,
        },
    )
    return type_id


def _move_in(state: State, person: Person, groups: dict[str, str], types: dict[str, str], dice: Random) -> Json:
    user_id = new_id(state, "00u")
    user_type = types["kiosk" if person.kind == "frontline" else "standard"]
    state.put("users", user_id, _user(state, person, user_id, user_type, dice))
    everyone = ("Everyone", "Okta Administrators") if person.role else ("Everyone",)
    member_of = [groups[name] for name in (*everyone, *person.groups) if name in groups]
    state.put("memberships", user_id, tuple(member_of))
    if person.role:
        role_id = new_id(state, "ra1")
        role = {"id": role_id, "type": person.role, "label": ROLE_LABELS[person.role], "status": "ACTIVE"}
        state.put("roles", user_id, (role,))
    devices = [
        {
            "id": new_id(state, "guo"),
            "platform": platform,
            "os_version": "18.1" if platform in {"ios", "android"} else "15.0",
            "registered": True,
            "managed": managed,
            "compliant": managed,
        }
        for platform, managed in person.devices
    ]
    state.put("devices", user_id, tuple(devices))
    state.put("held", user_id, tuple(_held(state, person, method) for method in person.methods))
    return {
        "login": person.login,
        "id": user_id,
        "cohort": person.cohort,
        "methods": list(person.methods),
        "devices": devices,
    }


def _user(state: State, person: Person, user_id: str, type_id: str, dice: Random) -> Json:
    created = state.at - timedelta(days=dice.randrange(200, 2000))
    last_login = state.at - timedelta(minutes=dice.randrange(60, 60 * 24 * 21))
    directory = person.provider == "ACTIVE_DIRECTORY"
    provider = {"type": person.provider, "name": "corp.example.com" if directory else "OKTA"}
    return {
        "id": user_id,
        "status": "ACTIVE",
        "created": stamp(created),
        "activated": stamp(created),
        "statusChanged": stamp(created),
        "lastLogin": stamp(last_login),
        "lastUpdated": stamp(created),
        "passwordChanged": stamp(created),
        "type": {"id": type_id},
        "profile": {
            "firstName": person.first,
            "lastName": person.last,
            "mobilePhone": person.phone,
            "secondEmail": None,
            "login": person.login,
            "email": person.login,
            "department": person.department,
            "title": person.title,
            "userType": person.user_type,
        },
        "credentials": {"password": {}, "provider": provider},
    }


def _held(state: State, person: Person, method: str) -> Json:
    name, attestation = NAMES_OF_KEYS.get(method, (None, None))
    if method in {"sms", "voice"}:
        name = person.phone
    return {
        "method": method,
        "user_verified": True if attestation or method == "fastpass" else None,
        "attestation": attestation,
        "name": name,
        "id": new_id(state, FACTOR_PREFIX.get(method, "fwf")),
    }
