"""Without this file the demo would keep every phone: a retirement, asked for, signed by two, and held to its list."""

import json
from dataclasses import dataclass

from sandbox.demo.claims import Claims
from sandbox.demo.signers import Signers
from sandbox.demo.stage import Stage


@dataclass(slots=True)
class Door:
    """The one-way door of a settled wave."""

    stage: Stage
    claims: Claims
    signers: Signers

    def retire(self, wave: str, people: frozenset[str]) -> None:
        """Ask, let two sign exactly that list, name the wave, and see exactly the listed phones go."""
        before = {person: self._phones(person) for person in sorted(people)}
        retire = ["wave", "retire", wave, "--lane", "okta"]
        shown = self.stage.run("offramp", *retire, "--json").document
        self.stage.run("offramp", *retire, "--execute", "--expect", shown["digest"][:16])
        early = self.stage.run(
            "offramp", *retire, "--name", wave, "--execute", "--expect", "0", expect=(1,), quiet=True
        )
        self.claims.prove(
            "24",
            "without two approvals nothing is deleted",
            expected=before,
            seen={person: self._phones(person) for person in sorted(people)} if early.code else {},
        )
        text = self.stage.run("offramp", *retire, "--text", quiet=True).out
        for name in ("r.lee", "m.ito"):
            signature = self.signers.sign(name, text)
            self.stage.run(
                "offramp", "wave", "approve", wave, "--as", name, "--signature", str(signature), "--execute", quiet=True
            )
        listed = json.loads(text)
        digest = self.stage.run("offramp", *retire, "--name", wave, "--json", quiet=True).document["digest"]
        self.stage.run("offramp", *retire, "--name", wave, "--execute", "--expect", digest[:16])
        gone = {person: before[person] - self._phones(person) for person in sorted(people)}
        expected = {one["account"]: {factor["id"] for factor in one["factors"]} for one in listed["phones"]}
        self.claims.prove(
            "24",
            f"exactly the {sum(map(len, expected.values()))} listed phones are gone",
            expected=expected,
            seen={person: ids for person, ids in gone.items() if ids},
        )
        kept = {one["account"] for one in listed["skipped"]}
        self.claims.prove(
            "24",
            "who was skipped keeps theirs",
            expected=True,
            seen=all(before[person] == self._phones(person) for person in kept if person in before),
        )

    def _phones(self, person: str) -> set[str]:
        factors = self.stage.console("GET", f"/api/v1/users/{person}/factors")
        return {factor["id"] for factor in factors if factor["factorType"] in {"sms", "call"}}
