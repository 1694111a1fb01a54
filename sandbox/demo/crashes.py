"""Without this file the demo would only succeed: a command, killed at every kind of moment; the next one ends it."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo import killing
from sandbox.demo.claims import Claims
from sandbox.demo.killing import Moment
from sandbox.demo.rounds import Rounds
from sandbox.demo.stage import Stage


@dataclass(slots=True)
class Crashes:
    """One small wave, stepped back and forth, and killed each time."""

    stage: Stage
    claims: Claims
    rounds: Rounds
    wave: str
    about: frozenset[str]
    writes_count: dict[str, int] = field(default_factory=dict)
    # What was shown of a step to a stage: it is the same each time, or the command says so and the claim fails.
    _digests: dict[tuple[str, ...], str] = field(default_factory=dict)
    _at: str = ""

    def crash(self, words: Sequence[str], moment: Moment, *, expect: str, abandoned: bool = False) -> str:
        """
        Type a step, kill it at *moment*, and let the next command end it; return what the step is called.

        Args:
            words: The step, without --execute.
            moment: When, and whom.
            expect: The stage that the wave must be at afterwards.
            abandoned: Nothing had begun: the intent is ended, not finished.
        """
        name = f"{' '.join(words[1:3])} killed {moment.name}, {'the whole group' if moment.group else 'offramp alone'}"
        known = (self._at, *words)
        if known not in self._digests:
            shown = self.stage.run("offramp", *words, "--json", quiet=True)
            self._digests[known] = str(shown.document["digest"])
        digest, self._at = self._digests[known], expect
        executed = ["offramp", *words, "--execute", "--apply", "--expect", digest[:16]]

        ended: list[dict[str, Any]] = []

        def act() -> None:
            was_killed = killing.kill(self.stage, executed, moment)
            self.claims.prove("21", f"{name}: it was", expected=True, seen=was_killed)
            ended.append(self.stage.run("offramp", "wave", "list", "--json").document)

        first = self.stage.last_write()
        before = killing.facts(self.stage)
        self.rounds.quietly(name, act, about=self.about)
        listed = ended[0]
        lane = next(lane for lane in listed["waves"] if lane["key"] == self.wave)
        self.claims.prove(
            "21",
            f"{name}: the next command ends it",
            expected=(expect, None),
            seen=(lane["stage"], listed["open_intent"]),
        )
        facts = killing.facts(self.stage)[len(before) :]
        ending = ["IntentAbandoned"] if abandoned else [fact for fact in facts if fact in {"StageEntered", "Settled"}]
        self.claims.prove(
            "21",
            f"{name}: one intent, one outcome",
            expected=[facts[0], *ending[:1]],
            seen=[fact for fact in facts if fact != "StageFailed"],
        )
        twice = self._twice(first)
        self.claims.prove_none("21", f"{name}: nothing twice", twice, of=max(1, len(self.stage.writes(first))))
        return name

    def _twice(self, first: int) -> list[str]:
        """Return what took effect more than once: somebody moved, something made or switched. A PUT says what is so."""
        done = [write for write in self.stage.writes(first) if write["took_effect"]]
        counted = Counter(
            f"{write['method']} {write['path']}"
            for write in done
            if "/users/" in write["path"] or write["method"] == "POST"
        )
        return [f"{call}: {count} times" for call, count in counted.items() if count > 1]

    def tell(self, *, rehearse: list[str], advance: list[str], rollback: list[str]) -> None:
        """Bring the wave from ENROL to ENFORCE, back and forth; each step is killed at another moment."""
        canary, forth, back = ("REHEARSE", rehearse), ("ENFORCE", advance), ("RELAXED", rollback)
        for group in (False, True):
            self.crash(rehearse, killing.after_the_intent(self.stage, group=group), expect="ENROL", abandoned=True)
        moments: list[tuple[tuple[str, list[str]], Callable[[], Moment]]] = [
            (canary, lambda: killing.after_the_manifest(self.stage, group=True)),
            (forth, lambda: killing.after_the_manifest(self.stage, group=False)),
            (back, lambda: self._write(1, "after the first write", group=True)),
            (forth, lambda: self._write(1, "after the first write", group=False)),
            (back, lambda: self._write(self.writes_count["RELAXED"] // 2, "after a middle write", group=True)),
            (forth, lambda: self._write(self.writes_count["ENFORCE"] // 2, "after a middle write", group=False)),
            (back, lambda: self._write(self.writes_count["RELAXED"], "after the last write", group=True)),
            (forth, lambda: self._write(self.writes_count["ENFORCE"], "after the last write", group=False)),
            (back, lambda: killing.before_the_outcome(self.stage, self._group(), reads=2, group=True)),
            (forth, lambda: killing.before_the_outcome(self.stage, self._group(), reads=2, group=False)),
        ]
        for (stage, words), moment in moments:
            first = self.stage.last_write()
            self.crash(words, moment(), expect=stage)
            # The newest count is the one: into ENFORCE it is another from REHEARSE than from RELAXED.
            self.writes_count[stage] = sum(write["actor"] == "pulumi" for write in self.stage.writes(first))

    def _group(self) -> str:
        """Return the id of the group that holds the wave's people now."""
        lanes = self.stage.run("offramp", "wave", "list", "--json", quiet=True).document["waves"]
        slot = next(lane["slot"] for lane in lanes if lane["key"] == self.wave)
        outputs = json.loads(self.stage.run("pulumi", "stack", "output", "--json", quiet=True).out)
        return str(outputs["sets"][slot]["group"])

    def _write(self, count: int, name: str, *, group: bool) -> Moment:
        return killing.after_writes(self.stage, count, group=group, name=name)
