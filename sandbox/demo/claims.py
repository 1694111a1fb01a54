"""Without this file the demo would be a film: every claim with what was expected and what was seen."""

from collections.abc import Callable
from dataclasses import dataclass, field

SHOWN = 400


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was checked."""

    claim: str
    what: str
    holds: bool
    expected: str
    seen: str


@dataclass(slots=True)
class Claims:
    """Everything that the demo claims, in order, and whether it was seen."""

    say: Callable[[str], None]
    sentences: dict[str, str]
    proofs: list[Proof] = field(default_factory=list)

    def prove(self, claim: str, what: str, *, expected: object, seen: object) -> bool:
        """Record that *seen* must be *expected*."""
        return self._keep(Proof(claim, what, expected == seen, _short(expected), _short(seen)))

    def prove_none(self, claim: str, what: str, violations: list[str], *, of: int) -> bool:
        """Record that none of *of* checks was violated; no check at all proves nothing."""
        seen = f"{len(violations)} of {of}" + (f": {violations[0]}" if violations else "")
        return self._keep(Proof(claim, f"{what} ({of} checks)", of > 0 and not violations, "0", _short(seen)))

    def _keep(self, proof: Proof) -> bool:
        self.proofs.append(proof)
        if proof.holds:
            self.say(f"   ✓ {proof.claim:>3}  {proof.what}")
        else:
            self.say(f"   ✗ {proof.claim:>3}  {proof.what}")
            self.say(f"         expected {proof.expected}")
            self.say(f"         seen     {proof.seen}")
        return proof.holds

    def table(self) -> str:
        """Return the claims, one a line, with how many checks stand behind each."""
        lines = ["", "claim  proofs  result  what"]
        for claim, sentence in self.sentences.items():
            mine = [proof for proof in self.proofs if proof.claim == claim]
            result = "FAILED" if not self.stands(claim) else "proved"
            lines.append(f"{claim:>5}  {len(mine):6d}  {result}  {sentence}")
        lines += [
            f"failed: claim {proof.claim}, {proof.what}: expected {proof.expected}, seen {proof.seen}"
            for proof in self.proofs
            if not proof.holds
        ]
        return "\n".join(lines)

    def stands(self, claim: str) -> bool:
        """Say whether a claim was checked at all, and never failed."""
        mine = [proof for proof in self.proofs if proof.claim == claim]
        return bool(mine) and all(proof.holds for proof in mine)

    @property
    def proved_count(self) -> int:
        """Claims that stand."""
        return sum(self.stands(claim) for claim in self.sentences)

    @property
    def failed_count(self) -> int:
        """Claims that failed, or that nobody checked."""
        return len(self.sentences) - self.proved_count


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
