"""Without this file somebody would have to export by hand: users, factors, groups and roles as JSON lines."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from migration.adapters.okta_client import OktaClient


def pull(client: OktaClient, folder: Path) -> Mapping[str, int]:
    """
    Write an export into *folder*: `users.jsonl`, `factors.jsonl`, `groups.jsonl`, `roles.jsonl`.

    Each file is written aside and renamed when it is whole; factors cost one call per user, because Okta has no
    list of all factors.

    Returns:
        File name → lines.
    """
    folder.mkdir(parents=True, exist_ok=True)
    users = list(client.pages("/api/v1/users", {"limit": "200"}))
    return {
        "users.jsonl": _write(folder / "users.jsonl", users),
        "groups.jsonl": _write(folder / "groups.jsonl", _memberships(client)),
        "roles.jsonl": _write(folder / "roles.jsonl", _roles(client)),
        "factors.jsonl": _write(folder / "factors.jsonl", _factors(client, users)),
    }


def _factors(client: OktaClient, users: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for user in users:
        for factor in client.pages(f"/api/v1/users/{user['id']}/factors"):
            yield {"userId": user["id"], **factor}


def _memberships(client: OktaClient) -> Iterable[Mapping[str, Any]]:
    for group in client.pages("/api/v1/groups", {"limit": "200"}):
        for user in client.pages(f"/api/v1/groups/{group['id']}/users", {"limit": "1000"}):
            yield {"groupId": group["id"], "groupName": group["profile"]["name"], "userId": user["id"]}


def _roles(client: OktaClient) -> Iterable[Mapping[str, Any]]:
    for assignee in client.pages("/api/v1/iam/assignees/users", {"limit": "200"}):
        for role in client.pages(f"/api/v1/users/{assignee['id']}/roles"):
            yield {"userId": assignee["id"], "type": role.get("type"), "label": role.get("label")}


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> int:
    aside = path.with_name(f".{path.name}.new")
    count = 0
    with aside.open("w", encoding="utf-8") as handle:
        for line in lines:
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
        if not count:
            handle.write("[]\n")  # nobody, said aloud: an empty file would be a cut-off one
    aside.replace(path)
    return count
