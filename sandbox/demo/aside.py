"""Without this file a crash would stand in the road's way: a small tenant of its own, in which commands die."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sandbox.demo import furnish, killing, vendor
from sandbox.demo.asked import Asked
from sandbox.demo.claims import Claims
from sandbox.demo.crashes import Crashes
from sandbox.demo.rounds import Rounds
from sandbox.demo.sentences import CLAIMS
from sandbox.demo.stage import Stage

PEOPLE, SEED = 80, 7
WAVE = "standard-01"
EXPORT = "var/export"
BEHIND = 5  # the road is the longer of the two, so it goes first


@dataclass(slots=True)
class Aside:
    """
    A second project on a second sandbox, told while the road goes on, and printed when the road has come to it.

    Attributes:
        enrolment: The calls of its wave's ENROL, by name.
    """

    stage: Stage
    claims: Claims
    rounds: Rounds
    lines: list[str]
    enrolment: list[str] = field(default_factory=list)
    _teller: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))
    _told: Future[None] | None = None

    @classmethod
    def beside(cls, road: Stage) -> "Aside":
        """Prepare a copy beside the road's."""
        lines: list[str] = []
        stage = Stage(road.root, road.folder / "aside", lines.append, road.engine)
        claims = Claims(lines.append, CLAIMS)
        return cls(stage, claims, Rounds(stage, claims), lines)

    def begin(self) -> None:
        """Start to tell it."""
        self._told = self._teller.submit(self._tell)

    def wait(self, say: Callable[[str], None], claims: Claims) -> None:
        """
        Wait for its end, print it, and add its proofs to those of the road.

        Raises:
            StageFailed: It could not go on.
        """
        try:
            if self._told is not None:
                self._told.result()
        finally:
            for line in self.lines:
                say(line)
            claims.proofs += self.claims.proofs

    def tear_down(self) -> None:
        """Stop whatever is going on, and its sandbox."""
        self.stage.tear_down()
        self._teller.shutdown(cancel_futures=True)

    def _tell(self) -> None:
        """Provision, then kill one step of the first standard wave after the other; the next command ends each."""
        os.nice(BEHIND)
        stage, rounds = self.stage, self.rounds
        stage.set_up(people=PEOPLE, seed=SEED)
        furnish.clear_calendar(stage.project, stage.now().date())
        furnish.open_gates(stage.project)
        asked = Asked(stage, self.claims, self.lines.append)
        asked.look_around()
        stage.run("pulumi", "stack", "init", "okta-sandbox")
        self._seal()
        digest = stage.run("offramp", "plan", "propose", "--json", quiet=True).document["digest"]
        stage.run("offramp", "plan", "propose", "--execute", "--apply", "--expect", digest[:16])
        people = asked.of("standard")
        bystander = min(asked.of("frontline"))
        crashes = Crashes(stage, self.claims, rounds, WAVE, people | {bystander})
        half = len(people) // 2
        onward = ["wave", "advance", WAVE, "--lane", "okta"]
        enrolment = crashes.crash(onward, killing.amid_memberships(stage, half, group=False), expect="ENROL")
        asked.enrol(people, "passkey_synced")
        self._seal()
        crashes.tell(
            rehearse=[*onward, "--to", "REHEARSE"],
            advance=[*onward, "--to", "ENFORCE"],
            rollback=["wave", "rollback", WAVE, "--lane", "okta", "--approved-by", "m.ito"],
        )
        settle = ["wave", "settle", WAVE, "--lane", "okta"]
        crashes.crash(settle, killing.amid_memberships(stage, half, group=True), expect="SETTLED")
        rounds.settle()
        self.enrolment = vendor.named(rounds.shapes[enrolment], vendor.names(vendor.read_objects(stage)))

    def _seal(self) -> None:
        self.stage.run("offramp", "cohort", "pull", EXPORT, "--execute", quiet=True)
        self.stage.run("offramp", "cohort", "seal", EXPORT, "--execute", quiet=True)
