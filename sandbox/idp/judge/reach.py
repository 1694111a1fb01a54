"""Without this file "register something first" would be a hope: what somebody could come to hold, and how."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.idp.judge.catalogue import EITHER, KINDS
from sandbox.idp.judge.clauses import Clause, cheapest, is_met, minimal, now
from sandbox.idp.judge.gates import Gate, enrolment_gate
from sandbox.idp.judge.situation import Situation


@dataclass(frozen=True, slots=True)
class Reach:
    """
    What can be held after one enrolment, after two, and so on.

    Args:
        pool: Bits, in either variant, of what may be shown to enrol.
        rounds: Bits of what is held at first, then after each round; always at least the first.
        opening: What had to be met before each method that was reached.
    """

    pool: int
    rounds: tuple[int, ...]
    opening: dict[str, tuple[Clause, ...]]

    def way(self, clauses: Sequence[Clause], pool: int, shown: frozenset[str]) -> tuple[str, ...]:
        """
        Return what to show and to register, in order, to meet *clauses*; empty where there is no way.

        Args:
            clauses: What is to be met in the end.
            pool: Bits, in either variant, of what may count for it.
            shown: What need not be shown again.
        """
        for reached in self.rounds[1:]:
            if sets := minimal(clauses, reached & pool).sets:
                return self._spelt(cheapest(sets, shown), shown)
        return ()

    def _spelt(self, wanted: Sequence[str], shown: frozenset[str]) -> tuple[str, ...]:
        steps: list[str] = []
        for method in wanted:
            round_ = next(place for place, mask in enumerate(self.rounds) if mask & EITHER[method])
            if round_:
                have = shown.union(steps)
                sets = minimal(self.opening[method], self.rounds[round_ - 1] & self.pool).sets
                steps.extend(one for one in self._spelt(cheapest(sets, have), have) if one not in steps)
            if method not in steps:
                steps.append(method)
        return tuple(steps)

    def registers(self, methods: Sequence[str]) -> list[str]:
        """Return those of *methods* that are not held yet."""
        return [method for method in methods if not self.rounds[0] & EITHER[method]]


def reach_of(situation: Situation, own: str | None = None, lost: str | None = None) -> Reach:
    """
    Return what the person could come to hold, enrolling at sign-in with what they hold in this scene.

    Args:
        situation: Who, and where they are.
        own: The method whose own enrolment is the question; it cannot be the way to itself.
        lost: A method that is held but cannot be shown.
    """
    held = situation.held & ~(EITHER[lost] if lost else 0)
    closed: dict[str, tuple[Clause, ...]] = {}
    gates: dict[str, Gate] = {}
    for method, row in KINDS.items():
        if method in {own, lost} or held & EITHER[method] or not situation.tenant.is_active(method):
            continue
        # Of what is switched on, all methods of one authenticator are behind the same gate.
        gate = gates.get(row.key)
        if gate is None:
            gate = gates[row.key] = enrolment_gate(situation, method, "sign-in")
        if gate.because is None:
            closed[method] = gate.clauses
    rounds, opening = [held], dict[str, tuple[Clause, ...]]()
    while True:
        have = now(rounds[-1] & situation.pool)
        opened = [method for method, clauses in closed.items() if is_met(clauses, have)]
        if not opened:
            return Reach(situation.pool, tuple(rounds), opening)
        opening |= {method: closed.pop(method) for method in opened}
        rounds.append(rounds[-1] | sum(situation.tenant.default(method) for method in opened))


def first_of(situation: Situation, key: str) -> str | None:
    """Return the strongest method of an authenticator that the person could enrol at once."""
    have = now(situation.held & situation.pool)
    # The catalogue's order rises in strength.
    for method in reversed([name for name, row in KINDS.items() if row.key == key]):
        gate = enrolment_gate(situation, method, "sign-in")
        if gate.because is None and is_met(gate.clauses, have):
            return method
    return None
