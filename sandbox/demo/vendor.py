"""Without this file nobody would know what was theirs: every object of the tenant, and which are ours."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.demo.stage import Stage

POLICY_TYPES = ("MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD", "ACCESS_POLICY", "IDP_DISCOVERY", "PROFILE_ENROLLMENT")
IGNORED = ("lastUpdated", "priority")
Objects = dict[str, dict[str, Any]]


def read_objects(stage: Stage) -> Objects:
    """Return every policy, rule, group, app, authenticator and zone by kind and id, as its own GET shows it."""
    objects: Objects = {}
    for kind in POLICY_TYPES:
        for policy in stage.pages(f"/api/v1/policies?type={kind}"):
            objects[f"policy {policy['id']}"] = policy
            for rule in stage.pages(f"/api/v1/policies/{policy['id']}/rules"):
                objects[f"rule {rule['id']}"] = rule
    for kind, path in (
        ("group", "/api/v1/groups?limit=200"),
        ("app", "/api/v1/apps?limit=200"),
        ("authenticator", "/api/v1/authenticators"),
        ("zone", "/api/v1/zones"),
    ):
        for found in stage.pages(path):
            objects[f"{kind} {found['id']}"] = found
    return objects


def differences(before: Objects, after: Objects) -> list[str]:
    """Return what became of *before*, all fields but the last update, the priority and group bookkeeping."""
    found = []
    for key, theirs in before.items():
        if key not in after:
            found.append(f"{key} is gone")
        elif _plain(theirs) != _plain(after[key]):
            fields = [name for name in theirs if _plain(theirs).get(name) != _plain(after[key]).get(name)]
            found.append(f"{key}: {', '.join(fields)}")
    return found


def shifted(before: Objects, after: Objects) -> dict[str, tuple[int, int]]:
    """Return the id of each of theirs whose priority changed, and from what to what."""
    return {
        key.split(" ", 1)[1]: (theirs["priority"], after[key]["priority"])
        for key, theirs in before.items()
        if "priority" in theirs and theirs["priority"] != after.get(key, theirs)["priority"]
    }


def shape(writes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ordered methods and paths of an update's writes."""
    return [f"{write['method']} {write['path']}" for write in writes]


def names(objects: Objects) -> dict[str, str]:
    """Return id → name of every object that has one."""
    return {
        key.split(" ", 1)[1]: str(found.get("name") or found.get("profile", {}).get("name", key.split(" ")[0]))
        for key, found in objects.items()
    }


def named(shape: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """Return the calls with the name of each object where its id was: two tenants can be held against each other."""
    return ["/".join(names.get(part, part) for part in call.split("/")) for call in shape]


def _plain(vendor: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in vendor.items() if name not in IGNORED}
