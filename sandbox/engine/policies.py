"""Without this file policy packs would have opinions that nobody hears and nothing follows from."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sandbox.engine.analyzers import Analyzer, Opinion
from sandbox.engine.checkpoint import is_provider, reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.engine.analyzers import Violation
    from sandbox.engine.checkpoint import State
    from sandbox.engine.deployment import Deployment
    from sandbox.engine.packs import Pack

# What a pack that may not change anything says of its remediations.
NOTHING = Opinion((), frozenset())


class Policies:
    """The policy packs of one operation."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._analyzers: list[Analyzer] = []
        self._lock = threading.Lock()
        # Whether a mandatory policy was violated; a preview goes on to find them all, and then fails.
        self.violated = False

    def load(self, packs: Sequence[Pack]) -> None:
        """
        Start the packs.

        Raises:
            EngineError: One could not be read, started or configured.
        """
        for pack in packs:
            self._deployment.events.emit("policyLoadEvent", {})
            self._analyzers.append(Analyzer(pack, self._deployment))

    @property
    def loaded(self) -> dict[str, str]:
        """Each pack's version by the name that events carry."""
        return {f"{each.name}|local|{each.pack.shown}": each.version for each in self._analyzers}

    def allow(self, state: State, provider: State | None) -> bool:
        """
        Ask every pack about a resource before its step; gives whether the step may be taken.

        Raises:
            EngineError: A pack broke.
        """
        allowed = True
        for analyzer in self._analyzers:
            opinion = analyzer.analyze(state, provider)
            self._summarise("policyRemediateSummaryEvent", analyzer, NOTHING, state["urn"])
            for violation in opinion.violations:
                allowed = self._report(analyzer, violation, state["urn"]) and allowed
            self._summarise("policyAnalyzeSummaryEvent", analyzer, opinion, state["urn"])
        return allowed

    def look_at_stack(self, states: Sequence[State]) -> None:
        """
        Ask every pack about all resources, when everything has been done.

        Raises:
            EngineError: A pack broke.
        """
        known = {state["urn"] for state in states}
        providers = {reference(state): state for state in states if is_provider(state)}
        for analyzer in self._analyzers:
            opinion = analyzer.analyze_stack(states, providers)
            for violation in opinion.violations:
                urn = violation.urn if violation.urn in known else self._deployment.root_urn
                self._report(analyzer, violation, urn)
            self._summarise("policyAnalyzeStackSummaryEvent", analyzer, opinion, None)

    def close(self) -> None:
        """End every pack."""
        for analyzer in self._analyzers:
            analyzer.close()

    def _report(self, analyzer: Analyzer, violation: Violation, urn: str) -> bool:
        level = "mandatory" if violation.is_mandatory else violation.level
        content = {
            "resourceUrn": urn,
            "message": violation.message + "\n",
            "color": "never",
            "policyName": violation.policy,
            "policyPackName": analyzer.name,
            "policyPackVersion": analyzer.version,
            "policyPackVersionTag": analyzer.version,
            "enforcementLevel": level,
        }
        if violation.severity:
            content["severity"] = violation.severity
        with self._lock:
            self.violated = self.violated or violation.is_mandatory
        self._deployment.events.emit("policyEvent", content)
        return not violation.is_mandatory

    def _summarise(self, event: str, analyzer: Analyzer, opinion: Opinion, urn: str | None) -> None:
        failed = sorted({violation.policy for violation in opinion.violations})
        kind = "stack" if urn is None else "resource"
        content: dict[str, object] = {} if urn is None else {"resourceUrn": urn}
        content |= {
            "policyPackName": analyzer.name,
            "policyPackVersion": analyzer.version,
            "policyPackVersionTag": analyzer.version,
        }
        lists = {"passed": analyzer.passed(kind, opinion), "failed": failed}
        self._deployment.events.emit(event, content | {key: names for key, names in lists.items() if names})
