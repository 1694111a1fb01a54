"""One small export of every source that we know, as its vendor writes it, with the users file that it belongs to."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from export_builders import a_factor, a_membership, a_role, a_user

COUNT = 12
NUMBERS = range(1, COUNT + 1)
AT = "2026-10-20T08:00:00Z"
Row = dict[str, Any]


def _login(number: int) -> str:
    return f"u{number}@example.com"


def json_lines(rows: Iterable[Row]) -> bytes:
    """Write rows one a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def graph_page(rows: Iterable[Row]) -> bytes:
    """Write rows as Microsoft Graph answers."""
    document = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata", "value": list(rows)}
    return json.dumps(document, indent=1).encode()


def a_csv(headings: Sequence[str], rows: Iterable[Sequence[object]], **dialect: Any) -> bytes:
    """Write a table."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, **dialect)
    writer.writerow(headings)
    writer.writerows(rows)
    return written.getvalue().encode()


def _okta_users() -> bytes:
    return json_lines(
        a_user(
            f"u{number}",
            profile={
                "employeeNumber": str(number),
                "email": _login(number),
                "managerId": "1",
                "mobilePhone": f"+1 202 555 01{number:02}",
            },
        )
        for number in NUMBERS
    )


def _entra_user(number: int) -> Row:
    return {
        "id": f"u{number}",
        "userPrincipalName": _login(number),
        "accountEnabled": number % 3 != 0,
        "employeeId": str(number),
        "jobTitle": 'Größe, "Stück"',
        "mail": None,
        "createdDateTime": AT,
        "signInActivity": {"lastSignInDateTime": AT},
        "manager": {"id": "u1"},
    }


def _log(number: int) -> Row:
    return {
        "uuid": f"e{number}",
        "eventType": "user.authentication.auth_via_mfa",
        "published": AT,
        "actor": {"id": f"u{number}", "alternateId": _login(number)},
        "outcome": {"result": "SUCCESS"},
        "debugContext": {"debugData": {"factor": "SMS_FACTOR"}},
    }


def _device(number: int) -> Row:
    profile = {"platform": ["MACOS", "WINDOWS", "IOS"][number % 3], "osVersion": "14.1", "registered": True}
    return {
        "userId": f"u{number}",
        "managementStatus": "MANAGED",
        "device": {"id": f"d{number}", "lastUpdated": AT, "profile": profile},
    }


def _entra_method(number: int) -> Row:
    kinds = ("phoneAuthenticationMethod", "fido2AuthenticationMethod", "windowsHelloForBusinessAuthenticationMethod")
    return {
        "@odata.type": f"#microsoft.graph.{kinds[number % 3]}",
        "id": f"m{number}",
        "userId": f"u{number}",
        "phoneType": "mobile" if number % 3 == 0 else None,
        "phoneNumber": f"+1 20255501{number:02}" if number % 3 == 0 else None,
        "createdDateTime": AT,
    }


OKTA = {"users.jsonl": _okta_users()}
ENTRA = {"users.jsonl": json_lines(_entra_user(number) for number in NUMBERS)}
PORTAL = {
    "users.csv": a_csv(
        ("userPrincipalName", "objectId", "accountEnabled", "employeeId"),
        ((_login(number), f"u{number}", number % 3 != 0, number) for number in NUMBERS),
    )
}
CONSOLE = {
    "users.csv": a_csv(
        ("Login", "Status", "Title", "Last login_ISO8601"),
        ((_login(number), "Active", "Engineer\nat large", AT) for number in NUMBERS),
    )
}

# Source → the file's name, what it holds, and the files beside it that it needs.
SAMPLES: dict[str, tuple[str, bytes, dict[str, bytes]]] = {
    "okta-users": ("users.jsonl", OKTA["users.jsonl"], {}),
    "okta-factors": (
        "factors.json",
        json.dumps([a_factor(f"u{number}", "sms" if number % 2 else "security_key") for number in NUMBERS]).encode(),
        OKTA,
    ),
    "okta-groups": (
        "groups.jsonl",
        json_lines(a_membership(f"u{number}", "Everyone" if number % 2 else "Finance") for number in NUMBERS),
        OKTA,
    ),
    "okta-roles": ("roles.jsonl", json_lines(a_role(f"u{number}", "HELP_DESK_ADMIN") for number in NUMBERS), OKTA),
    "okta-devices": ("devices.jsonl", json_lines(map(_device, NUMBERS)), OKTA),
    "okta-log": ("log.jsonl", json_lines(map(_log, NUMBERS)), OKTA),
    "okta-users-csv": ("users.csv", CONSOLE["users.csv"], {}),
    "okta-user-accounts-csv": (
        "users.csv",
        a_csv(
            ("Okta username", "Okta user status", "User ID", "Last login", "Country"),
            ((_login(number), "Active", f"u{number}", AT, "München") for number in NUMBERS),
            delimiter=";",
        ),
        {},
    ),
    "okta-mfa-report-csv": (
        "mfa.csv",
        a_csv(
            ("User ID", "Login", "Authenticator count", "Authenticator types", "User isAdmin", "Last updated"),
            ((f"u{number}", _login(number), 2, "Password; SMS", number == 1, AT) for number in NUMBERS),
        ),
        {},
    ),
    "okta-mfa-usage-csv": (
        "mfa-usage.csv",
        a_csv(
            ("Login", "MFA Factor", "Last Enrolled", "Last Used"),
            ((_login(number), "SMS Authentication", AT, "") for number in NUMBERS),
        ),
        CONSOLE,
    ),
    "entra-users": ("users.json", graph_page(map(_entra_user, NUMBERS)), {}),
    "entra-registration": (
        "registration.json",
        graph_page(
            {
                "id": f"u{number}",
                "userPrincipalName": _login(number),
                "methodsRegistered": ["mobilePhone", "windowsHelloForBusiness"][: 1 + number % 2],
                "isAdmin": number == 1,
                "lastUpdatedDateTime": AT,
            }
            for number in NUMBERS
        ),
        {},
    ),
    "entra-methods": ("methods.jsonl", json_lines(map(_entra_method, NUMBERS)), ENTRA),
    "entra-group-members": (
        "groups.jsonl",
        json_lines(
            {
                "groupId": f"g{number % 3}",
                "groupName": "Finance",
                "id": f"u{number}" if number % 4 else "g1",
                "@odata.type": f"#microsoft.graph.{'user' if number % 4 else 'group'}",
            }
            for number in NUMBERS
        ),
        ENTRA,
    ),
    "entra-roles": (
        "roles.jsonl",
        json_lines(
            {
                "id": f"u{number}",
                "roleTemplateId": f"t{number}",
                "roleName": "Reports Reader",
                "@odata.type": "#microsoft.graph.user",
            }
            for number in NUMBERS
        ),
        ENTRA,
    ),
    "entra-role-assignments": (
        "roles.json",
        graph_page(
            {
                "id": f"a{number}",
                "principalId": f"u{number}",
                "roleDefinitionId": f"r{number % 2}",
                "principal": {"@odata.type": "#microsoft.graph.user"},
            }
            for number in NUMBERS
        ),
        ENTRA,
    ),
    "entra-devices": (
        "devices.jsonl",
        json_lines(
            {
                "userId": f"u{number}",
                "deviceId": f"d{number}",
                "operatingSystem": "Windows",
                "operatingSystemVersion": "10.0.22631",
                "isManaged": True,
                "approximateLastSignInDateTime": AT,
            }
            for number in NUMBERS
        ),
        ENTRA,
    ),
    "entra-users-csv": ("users.csv", PORTAL["users.csv"], {}),
    "entra-registration-csv": (
        "registration.csv",
        b"\xef\xbb\xbf"
        + a_csv(
            ("userPrincipalName", "methodsRegistered", "isAdmin", "lastUpdatedDateTime"),
            ((_login(number), "mobilePhone,email", number == 1, AT) for number in NUMBERS),
        ),
        PORTAL,
    ),
    "hr-csv": (
        "people.csv",
        a_csv(
            ("Employee number", "Work email", "Department", "Employment status", "Termination date"),
            ((number, _login(number), "R&D", "Aktiv", "31.12.2027") for number in NUMBERS),
            delimiter=";",
        )
        .decode()
        .encode("utf-16"),
        OKTA,
    ),
}


def write_sample(folder: Path, key: str, content: bytes | None = None) -> Path:
    """Write the sample of one source, or other content in its place, with the files that it needs.

    Returns:
        The file itself.
    """
    name, usual, beside = SAMPLES[key]
    folder.mkdir(parents=True, exist_ok=True)
    for other, told in beside.items():
        (folder / other).write_bytes(told)
    path = folder / name
    path.write_bytes(usual if content is None else content)
    return path
