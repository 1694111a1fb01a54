"""Without this file every rule would know the engine's wire form: one resource as declared, and what it refers to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pulumi_policy.proxy import UnknownValueError


class Unknown(Enum):
    """A value that the engine cannot know before it has written."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN

GROUP = "okta:group/group:Group"
ENTRY = "okta:index/appSignonPolicyRule:AppSignonPolicyRule"
# Kind of one of our own policies → kind of its rules.
OWN_POLICIES: Mapping[str, str] = {
    "okta:policy/mfa:Mfa": "okta:policy/ruleMfa:RuleMfa",
    "okta:policy/signon:Signon": "okta:policy/ruleSignon:RuleSignon",
    "okta:policy/password:Password": "okta:policy/rulePassword:RulePassword",
}
JUDGED = frozenset({GROUP, ENTRY, *OWN_POLICIES, *OWN_POLICIES.values()})
ROOT = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True)
class Declared:
    """
    One resource that the program declares.

    Attributes:
        kind: The engine's type token.
        settings: Property → value; before its write what the program says, afterwards what the vendor answered.
        depends: Property → URNs of the resources that its value comes from; known only for a whole stack.
    """

    kind: str
    name: str
    urn: str
    settings: Mapping[str, Any]
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Say whether it decides; the vendor's default is that it does."""
        return self.settings.get("status") != "INACTIVE"

    def listed(self, name: str) -> tuple[Any, ...]:
        """Return a list of settings; one unknown as a whole is one unknown value."""
        value = self.settings.get(name)
        if value is None or isinstance(value, (str, Unknown)):
            return () if not value else (value,)
        return tuple(value)

    def unknown(self) -> tuple[str, ...]:
        """Name the settings that hold something unknown."""
        return tuple(sorted(name for name, value in self.settings.items() if _holds_unknown(value)))

    def objection(self, what: str, hint: str) -> str:
        """Say what is wrong with it, and what to do next, in one line."""
        return f"{self.name}: {what}. Next: {hint}."


def plain(value: Any) -> Any:
    """Return a value of the engine's as dicts, tuples and scalars, with UNKNOWN where a look at it would raise."""
    if isinstance(value, Mapping):
        return {key: _looked_up(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_looked_up(value, index) for index in range(len(value)))
    return value


def _looked_up(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_unknown, value.values()))
    if isinstance(value, tuple):
        return any(map(_holds_unknown, value))
    return value is UNKNOWN


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that a program declared, with the ids that are known by now."""

    resources: tuple[Declared, ...]
    ids: Mapping[str, str]

    def of_kind(self, *kinds: str) -> Iterable[Declared]:
        """Return the resources of *kinds*, in the order in which they were declared."""
        return (one for one in self.resources if one.kind in kinds)

    def refers(self, one: Declared, setting: str, to: Declared) -> bool:
        """
        Say whether *setting* holds the id of *to*.

        A known id decides; before that, what the program took the value from.
        """
        values, known = one.listed(setting), self.ids.get(to.urn)
        if known is not None and UNKNOWN not in values:
            return known in values
        return to.urn in one.depends.get(setting, ())
