"""Without this file the demo would ask one person: classes of people, contexts, and every question worth asking."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.demo.stage import Stage

APPS = ("Okta Dashboard", "Okta Admin Console", "Payroll")
CANARY = "Sign-in canary"
AT_HOME: Mapping[str, Any] = {"ip": "192.0.2.10"}
IN_OFFICE: Mapping[str, Any] = {"ip": "203.0.113.10"}
BLOCKED: Mapping[str, Any] = {"ip": "198.51.100.10"}
MANAGED: Mapping[str, Any] = {"ip": "192.0.2.10", "device": {"registered": True, "managed": True}}
AT_THE_DESK: Mapping[str, Any] = {"ip": "192.0.2.130"}
MANAGED_IN_OFFICE: Mapping[str, Any] = {"ip": "203.0.113.10", "device": {"registered": True, "managed": True}}
CONTEXTS = (AT_HOME, IN_OFFICE, BLOCKED, MANAGED, MANAGED_IN_OFFICE)
# Where each app lets people in at all; a claim about methods is asked there.
OPEN_CONTEXT = {"Okta Dashboard": AT_HOME, "Okta Admin Console": MANAGED, "Payroll": IN_OFFICE}
ENROLLABLE = (
    "sms",
    "voice",
    "email",
    "question",
    "totp",
    "app_code",
    "push",
    "fastpass",
    "passkey_synced",
    "passkey_bound",
    "security_key",
)

Question = dict[str, Any]
ClassKey = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the sandbox, as the vendor and the truth have them."""

    id: str
    login: str
    cohort: str
    class_key: ClassKey


def read_crowd(stage: Stage) -> dict[str, Person]:
    """Return everyone by id, with the class that the vendor can tell them apart by."""
    truth = {person["id"]: person["cohort"] for person in stage.control("GET", "/truth")}
    groups: dict[str, list[str]] = {}
    for group in stage.pages("/api/v1/groups?limit=200"):
        for user in stage.pages(f"/api/v1/groups/{group['id']}/users?limit=1000"):
            groups.setdefault(user["id"], []).append(group["id"])
    return {
        user["id"]: Person(
            user["id"],
            user["profile"]["login"],
            truth[user["id"]],
            (tuple(sorted(groups.get(user["id"], []))), user["credentials"]["provider"]["type"], user["type"]["id"]),
        )
        for user in stage.pages("/api/v1/users?limit=200")
        if user["id"] in truth
    }


def one_of_each_class(people: Iterable[Person]) -> list[Person]:
    """Return the first person of every class, by id."""
    chosen: dict[ClassKey, Person] = {}
    for person in sorted(people, key=lambda person: person.id):
        chosen.setdefault(person.class_key, person)
    return list(chosen.values())


def every_path(user: str) -> list[Question]:
    """Return one question for every app, context and action; what it accepts is the path's strength."""
    base = {"idp": "okta", "user": user}
    questions: list[Question] = [
        {**base, "action": "sign-in", "app": app, "context": dict(context)} for app in APPS for context in CONTEXTS
    ]
    for context in (AT_HOME, IN_OFFICE):
        questions += [{**base, "action": action, "context": dict(context)} for action in ("recover", "unlock")]
        questions += [
            {**base, "action": "enrol", "method": method, "via": via, "context": dict(context)}
            for method in ENROLLABLE
            for via in ("sign-in", "settings")
        ]
    questions += [
        {**base, "action": "enrol", "method": method, "via": "end-user-api", "context": dict(AT_HOME)}
        for method in ("sms", "voice")
    ]
    questions.append({**base, "action": "sign-in", "app": CANARY, "context": dict(AT_HOME)})
    questions += [
        {**base, "action": "enrol", "method": method, "via": "sign-in", "context": dict(AT_THE_DESK)}
        for method in ("passkey_bound", "totp")
    ]
    questions += [
        {**base, "action": "unenrol", "method": method, "context": dict(AT_HOME)} for method in ("sms", "passkey_bound")
    ]
    questions.append({**base, "action": "change-contact", "method": "email", "context": dict(AT_HOME)})
    return questions


def accepted(answer: Mapping[str, Any]) -> frozenset[frozenset[str]]:
    """Return the minimal method sets that an answer names."""
    return frozenset(frozenset(methods) for methods in answer["accepted"])


def is_refused(answer: Mapping[str, Any], presented: Iterable[str]) -> bool:
    """Say whether a method set is refused: not allowed, and nothing accepted lies within it."""
    shown = frozenset(presented)
    return answer["outcome"] != "allowed" and not any(methods <= shown for methods in accepted(answer))
