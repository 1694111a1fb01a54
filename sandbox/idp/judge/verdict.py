"""Without this file each action would word its answer differently: from demands and methods to one answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.idp.judge.catalogue import EITHER, KINDS, mask_of, members, strength
from sandbox.idp.judge.clauses import Clause, cheapest, is_fresh, is_met, minimal
from sandbox.idp.judge.reach import Reach
from sandbox.idp.judge.requirement import Shown
from sandbox.idp.judge.situation import Chosen, Situation

Json = dict[str, Any]


@dataclass(slots=True)
class Case:
    """
    What an answer is made of.

    Args:
        clauses: All must be met.
        pool: Bits, in either variant, of what may count.
        presented: What was shown, held and usable.
        decided: The policies and rules that decide, in the order in which they were asked.
        reach: What the person could come to hold; asked only when nothing held is enough.
    """

    clauses: list[Clause]
    pool: int
    presented: tuple[Shown, ...]
    decided: list[Chosen]
    reach: Callable[[], Reach]
    forbids: Chosen | None = None
    extra: Json = field(default_factory=dict)


def denied(because: str, decided: Sequence[Chosen] = ()) -> Json:
    """Return the answer of somebody who is turned away whatever they show."""
    return _answer("denied", because, decided)


def _answer(outcome: str, because: str, decided: Sequence[Chosen]) -> Json:
    return {
        "outcome": outcome,
        "accepted": [],
        "prompts": [],
        "decided_by": [
            {"idp": "okta", "policy": policy.name, "rule": rule.name, "id": rule.json.get("id")}
            for policy, rule in dict.fromkeys(decided)
        ],
        "because": because,
        "assurance": None,
        "where": "okta",
    }


def conclude(situation: Situation, case: Case) -> Json:
    """
    Return the whole answer.

    `assurance` is the level of what was shown where that is enough, else of the weakest accepted set, and
    null where nothing is accepted.
    """
    catalogue = minimal(case.clauses, situation.tenant.defaults & case.pool)
    held = situation.held & case.pool
    here = tuple(one for one in case.presented if is_fresh(case.clauses, one))
    shown = frozenset(one.traits.method for one in here)
    level = catalogue.weakest
    asked: tuple[str, ...] = ()
    if is_met(case.clauses, case.presented):
        outcome = "allowed"
        because = f"what was shown ({_listed(shown)}) satisfies {_named(case.decided)}"
        level = strength(tuple(sorted(one.traits.method for one in case.presented)))
    elif sets := minimal(case.clauses, _one_each(held, mask_of(one.traits for one in here))).sets:
        outcome, asked = "must-step-up", cheapest(sets, shown)
        because = f"more than was shown is wanted by {_named(case.decided)}: {_listed(asked)}"
    elif asked := (reach := case.reach()).way(case.clauses, case.pool, shown):
        outcome, missing = "must-enrol", reach.registers(asked)
        because = f"more than is enrolled is wanted by {_named(case.decided)}: register {_listed(missing)} first"
    else:
        outcome = "denied"
        because = f"nothing that this person holds or may enrol satisfies {_named(case.decided)}"
    decided = case.decided
    if outcome != "allowed" and case.forbids is not None:
        decided = [*decided, case.forbids]
        because += f"; {case.forbids[0].name} forbids a method that was shown"
    return {
        **_answer(outcome, because, decided),
        "accepted": [list(one) for one in catalogue.sets],
        "prompts": list(asked),
        "assurance": None if level is None else f"A{level}",
        **case.extra,
    }


def _one_each(mask: int, other: int) -> int:
    """Return both masks together, with *other*'s variant where a method is in both."""
    for one in members(other):
        mask &= ~EITHER[one.method]
    return mask | other


def _named(decided: Sequence[Chosen]) -> str:
    return " and ".join(f"{rule.name!r} of {policy.name!r}" for policy, rule in dict.fromkeys(decided)) or "the vendor"


def _listed(methods: Sequence[str] | frozenset[str]) -> str:
    rank = list(KINDS)
    return ", ".join(sorted(methods, key=rank.index))
