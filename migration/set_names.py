"""Without this file program, plan and read-back would each keep a list of their own of what a set of ours owns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migration.baseline import AppBaseline
from migration.manifest import (
    BootstrapContent,
    BreakGlassContent,
    ExceptionContent,
    HomeContent,
    JoinersContent,
    SetContent,
    SlotContent,
)
from migration.posture import Decides, Posture

GROUP = "group"
# Our name of an own policy → the vendor's type, in the order in which a set writes them.
POLICY_TYPES: Mapping[str, str] = {"password": "PASSWORD", "enrolment": "MFA_ENROLL", "session": "OKTA_SIGN_ON"}
# In the order in which a set's rules stand: the phone's own rule before that of all enrolments.
ACCOUNT_RULES = ("no new phone", "enrol", "unenrol", "recover")
# The one rule of each own policy applies whenever its policy does.
POLICY_RULES = frozenset(f"{name} rule" for name in POLICY_TYPES)


@dataclass(frozen=True, slots=True)
class Owned:
    """What a set owns beside its group: entries in the account-management policy, own policies, and sign-in rules."""

    account_rules: tuple[str, ...]
    policies: tuple[str, ...]
    has_sign_in: bool


_WHOLE = Owned(ACCOUNT_RULES, tuple(POLICY_TYPES), has_sign_in=True)
_SIGN_IN_ONLY = Owned((), ("enrolment",), has_sign_in=True)  # all else falls through to the set that they are in
_DESK = Owned(("enrol",), (), has_sign_in=False)
_JOINERS = Owned(("no new phone",), (), has_sign_in=False)


def owned(content: SetContent) -> Owned:
    """Return what a set of this kind owns, whatever it holds at the moment."""
    match content:
        case BreakGlassContent() | HomeContent() | SlotContent():
            return _WHOLE
        case ExceptionContent():
            return _SIGN_IN_ONLY
        case BootstrapContent():
            return _DESK
        case JoinersContent():
            return _JOINERS


def names(content: SetContent, apps: Iterable[AppBaseline]) -> tuple[str, ...]:
    """Return the name of everything that a set owns, its group included, in the order in which it is written."""
    of = owned(content)
    own = (name for policy in of.policies for name in (policy, f"{policy} rule"))
    rules = (
        sign_in_name(content.key, index, app.key)
        for app in (apps if of.has_sign_in else ())
        for index in range(len(app.rules))
    )
    return (GROUP, *of.account_rules, *own, *rules)


def sign_in_name(set_key: str, index: int, app_key: str) -> str:
    """Return the name of a set's rule number *index*, from 0, in an app's policy."""
    return f"{rule_name(set_key, index)} {app_key}"


def rule_name(set_key: str, index: int) -> str:
    """Return what the vendor calls that rule: the same in every app."""
    return f"{set_key} sign-in" if index == 0 else f"{set_key} sign-in {index + 1}"


def app_of(name: str, apps: Iterable[AppBaseline]) -> AppBaseline:
    """Return the app that a sign-in rule is for; StopIteration where none has it."""
    return next(app for app in apps if name.endswith(f" {app.key}"))


def decides(posture: Posture | None, name: str, *, canary: str | None) -> Decides:
    """
    Say who decides by what a set calls *name*: ours is ACTIVE, theirs leaves it INACTIVE.

    Args:
        posture: What the set holds; None is the desk's, which no stage changes.
        name: As in `names`.
        canary: Key of the app that carries ENFORCE ahead of time, or None.
    """
    if posture is None or name in POLICY_RULES:
        return Decides.OURS
    by_name = {
        "no new phone": posture.new_phones,
        "enrol": posture.binding,
        "unenrol": posture.binding,
        "recover": posture.recovery,
        "password": posture.recovery,
        "enrolment": posture.sign_in,
        "session": posture.session,
    }
    at_canary = canary is not None and name.endswith(f" {canary}")
    return by_name.get(name, posture.canary if at_canary else posture.sign_in)


@dataclass(frozen=True, slots=True)
class Tally:
    """
    How many of ours some sets put into each shared order of the tenant.

    Attributes:
        policies: Our name of an own policy → how many of them.
        account_rules: Entries in the account-management policy.
        sign_ins: Sets with sign-in rules; each has one for every rule of theirs in an app's policy.
    """

    policies: Mapping[str, int]
    account_rules: int
    sign_ins: int


def tally(sets: Sequence[SetContent]) -> Tally:
    """Count what *sets* own; of those above a set it says where that set begins, of all how far ours reach."""
    every = [owned(content) for content in sets]
    return Tally(
        policies={name: sum(name in one.policies for one in every) for name in POLICY_TYPES},
        account_rules=sum(len(one.account_rules) for one in every),
        sign_ins=sum(one.has_sign_in for one in every),
    )
