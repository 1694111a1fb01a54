"""Without this file ENFORCE would invent policies: what decides today, as captured and reviewed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cohorts.errors import OfframpError
from cohorts.snapshot import digest_of

Vendor = dict[str, Any]  # an object of the vendor's, as its own GET shows it
# What the vendor writes where a rule has no such condition.
_NO_CONDITION: Mapping[str, tuple[str, str]] = {
    "authContext": ("authType", "ANY"),
    "identityProvider": ("provider", "ANY"),
    "network": ("connection", "ANYWHERE"),
    "riskScore": ("level", "ANY"),
}
_EMPTY: tuple[object, ...] = (None, "", [], {})


class BaselineUnreadable(OfframpError):
    """The baseline is missing, malformed, or of another stack."""

    code = "baseline-unreadable"
    exit_code = 4


class BaselineNotSupported(OfframpError):
    """What decides today has a form that we cannot carry over without changing it."""

    code = "baseline-not-supported"
    exit_code = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OwnPolicy(_Strict):
    """An org-wide policy of theirs and its deciding rule: the source of a set's own policy."""

    policy: Vendor
    rule: Vendor


class AppBaseline(_Strict):
    """One app sign-on policy, the apps it covers, and the rules of theirs that can let people in."""

    key: str
    policy_id: str
    policy_name: str
    apps: tuple[str, ...]
    rules: tuple[Vendor, ...]
    standing: tuple[tuple[str, int], ...]  # (rule id, priority) of every rule of theirs, for the shifts


class AccountBaseline(_Strict):
    """The account-management policy: not ours, and the home of our entries."""

    policy_id: str
    policy_name: str
    standing: tuple[tuple[str, int], ...]


class Baseline(_Strict):
    """Everything that `stacks/` renders from, beside the posture."""

    schema_version: Literal[1] = 1
    stack: str
    idp: Literal["okta"] = "okta"
    captured_at: str
    enrolment: OwnPolicy
    session: OwnPolicy
    password: OwnPolicy
    apps: tuple[AppBaseline, ...]
    account_management: AccountBaseline
    policies_standing: Mapping[str, tuple[tuple[str, int], ...]]

    @property
    def digest(self) -> str:
        """Digest of what decides; when it was captured and where it stands does not count."""
        document = self.model_dump(mode="json", exclude={"captured_at", "policies_standing"})
        for container in (*document["apps"], document["account_management"]):
            del container["standing"]
        return digest_of(document)


def read(path: Path, stack: str) -> Baseline:
    """
    Read the baseline of *stack*.

    Raises:
        BaselineUnreadable: Missing, malformed, or of another stack.
    """
    try:
        baseline = Baseline.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise BaselineUnreadable(
            f"There is no baseline for stack {stack}",
            context=path.name,
            hint="offramp baseline capture --execute reads what decides today",
        ) from error
    except (ValidationError, ValueError) as error:
        raise BaselineUnreadable(
            "The baseline is not what offramp baseline capture writes",
            context=f"{path.name}: {str(error).splitlines()[0]}",
            hint=f"git checkout {path.name}, or capture it again",
        ) from error
    if baseline.stack != stack:
        raise BaselineUnreadable(
            f"The baseline is for stack {baseline.stack}, not for {stack}",
            context=path.name,
            hint=f"pulumi stack select {baseline.stack}",
        )
    return baseline


def render(baseline: Baseline) -> str:
    """Return the document as it is committed."""
    return json.dumps(baseline.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def deciding_rules(rules: Sequence[Vendor], *, some: frozenset[str], everyone: frozenset[str]) -> tuple[Vendor, ...]:
    """
    Return the rules of theirs, in order, that can let in the people of the waves.

    Rules for other people are left out; what stands below a rule that always applies decides nothing;
    refusals at the end are left out too, because falling through to them refuses all the same.

    Args:
        rules: Every rule of one app policy.
        some: Some of the people, and groups that hold some of them.
        everyone: Groups that hold everyone.

    Raises:
        BaselineNotSupported: A rule matches some of the people by group or by name, so they differ among themselves.
    """
    deciding: list[Vendor] = []
    for rule in sorted(rules, key=lambda rule: int(rule["priority"])):
        if rule["status"] != "ACTIVE" or not may_match(rule, some=some, everyone=everyone):
            continue
        deciding.append(rule)
        if always_applies(rule):
            break
    while deciding and deciding[-1]["actions"]["appSignOn"]["access"] == "DENY":
        deciding.pop()
    return tuple(deciding)


def may_match(rule: Vendor, *, some: frozenset[str], everyone: frozenset[str]) -> bool:
    """
    Say whether the people of a rule of theirs are those of the waves, all of them or none; arguments as above.

    Raises:
        BaselineNotSupported: They are some of them.
    """
    people = (rule.get("conditions") or {}).get("people") or {}
    groups, users = people.get("groups") or {}, people.get("users") or {}
    included = {*(groups.get("include") or []), *(users.get("include") or [])}
    if included & everyone:
        included = set()
    excluded = {*(groups.get("exclude") or []), *(users.get("exclude") or [])}
    if (included | excluded) & some:
        raise BaselineNotSupported(
            "A rule singles out some of the people of the waves, so their baselines differ",
            context=f"rule {rule['name']} ({rule['id']})",
            hint="take them out of the rule, or plan them in a wave of their own",
        )
    return not included


def applies_to_everyone(policy: Vendor, everyone: frozenset[str]) -> bool:
    """Say whether a policy of theirs names no group, or everyone's."""
    people = ((policy.get("conditions") or {}).get("people") or {}).get("groups") or {}
    included = people.get("include") or []
    return not included or bool(everyone & set(included))


def always_applies(rule: Vendor) -> bool:
    """Say whether a rule of theirs has no condition beside its people."""
    conditions: Mapping[str, Mapping[str, Any] | None] = rule.get("conditions") or {}
    for key, value in conditions.items():
        if key == "people" or not value or all(held in _EMPTY for held in value.values()):
            continue
        field, no_condition = _NO_CONDITION.get(key, ("", ""))
        if value.get(field, no_condition) != no_condition or not field:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Shift:
    """A priority of theirs that provisioning moves, and nothing else of it."""

    container: str
    object_id: str
    before: int
    after: int


def shifts(container: str, standing: Iterable[tuple[str, int]], inserted: Sequence[int]) -> tuple[Shift, ...]:
    """
    Foretell where theirs will stand once ours were inserted one after another.

    An insertion at a taken priority moves the one that stood there down by one, and so on while the next place
    is taken too; a gap ends it. The catch-all stays last whatever happens.
    """
    before = dict(standing)
    now = dict(before)
    taken = {priority: key for key, priority in now.items()}
    for priority in inserted:
        place, mover = priority, f"ours at {priority}"
        while mover:
            mover, taken[place] = taken.get(place, ""), mover
            place += 1
    now = {key: priority for priority, key in taken.items() if key in before}
    moved = (key for key in sorted(before) if now.get(key, before[key]) != before[key])
    return tuple(Shift(container, key, before[key], now[key]) for key in moved)
