"""Without this file nobody could ask Okta which rule would decide for a person: its policy simulation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from migration.adapters.okta_client import Answer, OktaClient
from migration.errors import IdpRefused

AT_ONCE: Final = 20
_PATH = "/api/v1/policies/simulate?expand=RULE"
_KIND = "ACCESS_POLICY"
_OK = 200
_REFUSED = 400
_MALFORMED = "E0000003"
# In the order in which they are tried: the vendor's texts do not agree on which of them it takes.
_FORMS: Final = (("user",), ("user", "groups"), ("groups",))
_OTHER_FORM = re.compile(r"group", re.IGNORECASE)
_NOT_ASSIGNED = re.compile(r"not assigned", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Supposed:
    """
    Where and on what a person is supposed to be; what is None is not said, and a rule that asks for it stays open.

    Attributes:
        ip: An address; not together with zones.
        zone_ids: Ids of the network zones that the person is in.
        platform: `windows`, `macos`, `ios` or `android`.
        is_registered, is_managed: The device.
        risk: `low`, `medium` or `high`.
    """

    ip: str | None = None
    zone_ids: tuple[str, ...] = ()
    platform: str | None = None
    is_registered: bool | None = None
    is_managed: bool | None = None
    risk: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose sign-in is simulated: the account, and its groups where Okta wants to be told."""

    account_id: str
    group_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleFound:
    """The rule that would decide."""

    policy_id: str
    rule_id: str
    rule_name: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """Okta does not say which rule would decide, and why not; no gate may open on it."""

    because: str


Foreseen = RuleFound | Undecided


def deciding_rules(
    client: OktaClient, app_id: str, subjects: Sequence[Subject], *, supposed: Supposed | None = None
) -> tuple[Foreseen, ...]:
    """
    Ask which rule of an app's sign-on policy would decide for each account; nothing is changed.

    Args:
        client: The tenant; it evaluates what is configured now.
        app_id: The app.
        subjects: Accounts; asked about in lists of `AT_ONCE`, and one by one where the tenant takes no list.
        supposed: Where and on what they all are; None says nothing.

    Returns:
        One answer for each subject, in order.

    Raises:
        IdpUnavailable: The tenant does not answer.
        IdpRefused: The token may not ask, or the answer is in no known form.
    """
    asking = _Asking(client, app_id, _context(supposed or Supposed()))
    found: list[Foreseen] = []
    for start in range(0, len(subjects), AT_ONCE):
        found += asking.about(subjects[start : start + AT_ONCE])
    return tuple(found)


class _Asking:
    """One series of questions; what the tenant turned out to take is kept for the next."""

    def __init__(self, client: OktaClient, app_id: str, context: Mapping[str, Any]) -> None:
        self._client = client
        self._app_id = app_id
        self._context = context
        self._form = 0
        self._takes_lists = True

    def about(self, subjects: Sequence[Subject]) -> Sequence[Foreseen]:
        """Ask about some accounts, together where that works."""
        if self._takes_lists and len(subjects) > 1:
            answer = self._client.question(_PATH, [self._body(subject, self._form) for subject in subjects])
            found = _each(answer.document, len(subjects)) if answer.status == _OK else None
            if found is not None:
                return [_read(evaluations) for evaluations in found]
            # One account that is gone spoils a list as well; then the next list may be answered.
            self._takes_lists = answer.status != _OK and _MALFORMED not in answer.refusal
        return [self._single(subject) for subject in subjects]

    def _single(self, subject: Subject) -> Foreseen:
        refused = Answer(_REFUSED, None, "it wants to be told the groups")
        for form in range(self._form, len(_FORMS)):
            if "groups" in _FORMS[form] and not subject.group_ids:
                continue
            answer = self._client.question(_PATH, self._body(subject, form))
            if answer.status == _OK:
                self._form = form
                found = _each(answer.document, 1)
                if found is None:
                    raise IdpRefused(
                        "The tenant answered a simulation in a form that is not known",
                        context=f"POST {_PATH.partition('?')[0]}",
                        hint="offramp doctor names the tenant; report the form of the answer",
                    )
                return _read(found[0])
            refused = answer
            if _NOT_ASSIGNED.search(answer.refusal):
                return Undecided("this account is not assigned to the app")
            if answer.status != _REFUSED or not _OTHER_FORM.search(answer.refusal):
                break
        return Undecided(f"the tenant refused to simulate: {refused.status} {refused.refusal.partition(';')[0]}")

    def _body(self, subject: Subject, form: int) -> dict[str, Any]:
        who: dict[str, Any] = {}
        if "user" in _FORMS[form]:
            who["user"] = {"id": subject.account_id}
        if "groups" in _FORMS[form]:
            who["groups"] = {"ids": list(subject.group_ids)}
        return {"appInstance": self._app_id, "policyTypes": [_KIND], "policyContext": {**who, **self._context}}


def _context(supposed: Supposed) -> dict[str, Any]:
    device = {
        "platform": supposed.platform.upper() if supposed.platform else None,
        "registered": supposed.is_registered,
        "managed": supposed.is_managed,
    }
    context: dict[str, Any] = {
        "ip": supposed.ip,
        "zones": {"ids": list(supposed.zone_ids)} if supposed.zone_ids else None,
        "risk": {"level": supposed.risk.upper()} if supposed.risk else None,
        "device": {name: value for name, value in device.items() if value is not None} or None,
    }
    return {name: value for name, value in context.items() if value is not None}


def _each(document: Any, count: int) -> list[list[Any]] | None:
    """
    Part an answer into one list of evaluations for each question; None where that is not certain.

    The reference says a list of evaluations, its examples and the vendor's guide show `{"evaluation": [...]}`.
    """
    rows = document if isinstance(document, list) else [document]
    if len(rows) != count or not all(isinstance(row, dict) for row in rows):
        return None
    if all(isinstance(row.get("evaluation"), list) for row in rows):
        return [row["evaluation"] for row in rows]
    # One type of policy was asked for, so each question has one evaluation.
    return [[row] for row in rows] if all("policyType" in row for row in rows) else None


def _read(evaluations: Sequence[Any]) -> Foreseen:
    about = [one for one in evaluations if isinstance(one, dict) and one.get("policyType") in (_KIND, [_KIND])]
    if len(about) != 1:
        return Undecided("the simulation says nothing about the app's sign-on policy")
    if still_open := _rules(about[0].get("undefined"), "UNDEFINED"):
        return Undecided(f"rule {still_open[0].rule_name!r} asks for something that was not said")
    found = _rules(about[0].get("result"), "MATCH")
    if len(found) != 1:
        return Undecided(f"{len(found)} rules of the app's sign-on policy match")
    return found[0]


def _rules(part: Any, status: str) -> list[RuleFound]:
    return [
        RuleFound(str(policy["id"]), str(rule["id"]), str(rule.get("name")))
        for policy in (part or {}).get("policies") or ()
        for rule in policy.get("rules") or ()
        if rule.get("status") == status
    ]
