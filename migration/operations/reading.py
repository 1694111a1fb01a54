"""Without this file nobody could ask how it stands: status of a wave, the programme's report, the doctor's findings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cohorts.errors import OfframpError
from migration import programme as programmes
from migration.baseline import Baseline
from migration.ledger import Anchor, Entry, Verification, verify
from migration.lifecycle import Evidence
from migration.model import Lane, PlannedWave, Step
from migration.operations import evidence, intents, reporting
from migration.operations.ports import Desk
from migration.posture import AIMS
from migration.programme import Programme
from migration.report import ProgrammeReport

SCHEMA_MAJOR = "7"  # of the okta plugin: another major reads other property names


@dataclass(frozen=True, slots=True)
class WaveStatus:
    """One wave: where it is, who is ready, and what in the tenant is not as declared."""

    wave: PlannedWave
    lane: Lane
    evidence: Evidence | None
    drift: tuple[Step, ...]
    missing_count: int
    extra_count: int
    note: str
    member_count: int

    @property
    def is_sound(self) -> bool:
        """Say whether the tenant holds what is declared."""
        return not (self.drift or self.missing_count or self.extra_count)


def as_it_stood(desk: Desk, at: datetime | None) -> Programme:
    """Fold the ledger, or the part of it that was there at *at*."""
    if at is None:
        return intents.look(desk)
    return programmes.fold(intents.history(desk, at))


def wave_status(desk: Desk, state: Programme, wave: PlannedWave) -> WaveStatus:
    """Read the tenant back for one wave: policies through the engine, members through the provider."""
    lane = state.lane(wave.key)
    drift: tuple[Step, ...] = ()
    missing = extra = 0
    if state.confirmed is not None:
        desk.say("reading back what the tenant holds")
        # First, because a stack that does not exist explains best why there is no manifest for it.
        outputs = desk.engine.outputs()
        intents.require_published(desk, state)
        drift = tuple(desk.engine.drift())
        held_in = lane.home or lane.slot
        if held_in:
            present = desk.idp.members(outputs["sets"][held_in]["group"])
            wanted = evidence.moving_ids(desk, state, wave)
            missing = len(wanted - present)
            extra = 0 if lane.home else len(present - wanted)
    known = evidence.evidence_of(desk, state, wave)
    return WaveStatus(wave, lane, known, drift, missing, extra, note(wave, lane), state.count(wave))


def note(wave: PlannedWave, lane: Lane) -> str:
    """Say what stands between a wave and its next stage, in plain words."""
    if wave.cohort not in AIMS:
        return f"{wave.cohort} has no posture yet: stays PLANNED"
    if lane.held_because:
        return f"held by {lane.held_by}: {lane.held_because}"
    if lane.home:
        return f"lives in {lane.home}"
    return f"in {lane.slot}" if lane.slot else "nothing of ours touches these people yet"


def verified(
    desk: Desk, *, entries: Sequence[Entry] | None = None, ask_engine: bool = True
) -> tuple[Verification, Sequence[Entry]]:
    """
    Verify the ledger against the manifest and, where the engine answers, the stack's outputs.

    Args:
        desk: Whose ledger, manifest and stack.
        entries: Verify these instead of the ledger's, as an export has them.
        ask_engine: Whether to ask for the stack's outputs; starting the engine takes seconds.

    Raises:
        LedgerBroken: A seal, the chain or an anchor is wrong.
    """
    found = desk.ledger.entries() if entries is None else entries
    anchors, silent = [], []
    if desk.documents.has_manifest():
        decided = desk.documents.manifest().decided_by
        if decided is not None:
            anchors.append(Anchor("the manifest", decided.entry, decided.digest))
    if ask_engine:
        try:
            outputs = desk.engine.outputs()
        except OfframpError as error:
            silent.append(f"stack outputs: not reached; {error.message}")
        else:
            anchor = _anchor(outputs, found)
            if anchor is None:
                silent.append("stack outputs: no entry is named by them" if outputs else "stack outputs: none yet")
            else:
                anchors.append(anchor)
    return verify(found, anchors, silent=silent), found


def _anchor(outputs: Mapping[str, Any], entries: Sequence[Entry]) -> Anchor | None:
    """Find what the stack vouches for: an entry, or a manifest that names the entry that decided it."""
    match outputs.get("decided_by"):
        case {"entry": int() | float() as entry, "digest": str() as digest}:
            return Anchor("the stack", int(entry), digest)
    verify(entries, ())
    state = programmes.fold(entries)
    for manifest in (state.published, state.confirmed):
        if manifest and manifest.decided_by and manifest.digest == outputs.get("manifest_digest"):
            return Anchor("the stack", manifest.decided_by.entry, manifest.decided_by.digest)
    return None


def programme_report(desk: Desk, at: datetime | None) -> ProgrammeReport:
    """Build the report from ledger and snapshots alone; neither the tenant nor the engine is asked."""
    found, _ = verified(desk, ask_engine=False)
    return reporting.programme_report(desk, at, standing=found.standing.value, note=note)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at."""

    subject: str
    is_well: bool
    found: str


def examine(desk: Desk) -> tuple[Finding, ...]:
    """Look at everything a command may need, and say what is missing."""
    findings = [_look("configuration", lambda: f"stack {desk.stack}")]
    findings.append(_look("ledger", lambda: f"{len(desk.ledger.entries())} entries"))
    findings.append(_tenant(desk))
    facts: Mapping[str, str] = {}
    try:
        facts = desk.engine.facts()
        findings.append(Finding("engine", True, f"pulumi {facts['pulumi']}"))
    except OfframpError as error:
        findings.append(Finding("engine", False, f"{error.message}; {error.hint}"))
    plugin = facts.get("plugin okta")
    if facts:
        fits = plugin is not None and plugin.lstrip("v").split(".")[0] == SCHEMA_MAJOR
        found = f"okta {plugin or 'not installed'}; the SDK needs {SCHEMA_MAJOR}.x"
        findings.append(Finding("plugin", fits, found))
    findings.append(_look("baseline", lambda: desk.documents.baseline().digest[:12]))
    findings.append(_look("manifest", lambda: _manifest(desk)))
    findings.append(_look("snapshots", lambda: _newest(evidence.newest(desk))))
    return tuple(findings)


def _look(subject: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, ask())
    except OfframpError as error:
        return Finding(subject, False, f"{error.message}; {error.hint}")


def _tenant(desk: Desk) -> Finding:
    try:
        fits = desk.idp.is_identity_engine()
    except OfframpError as error:
        return Finding("tenant", False, f"{error.message}; {error.hint}")
    engine = "Identity Engine" if fits else "not Identity Engine: it has no account-management policy"
    return Finding("tenant", fits, f"{desk.idp.target()}, {engine}")


def _manifest(desk: Desk) -> str:
    return desk.documents.manifest().digest[:12] if desk.documents.has_manifest() else "none published yet"


def _newest(folder: Path | None) -> str:
    return folder.name[:12] if folder else "none yet"


def captured(desk: Desk) -> Baseline:
    """Read what decides today for everyone who will be in a set of ours."""
    folder, _ = evidence.snapshot(desk)
    by_cohort = evidence.by_set(evidence.people(folder))
    outputs = desk.engine.outputs()
    ours = frozenset(str(owned) for owns in outputs.get("sets", {}).values() for owned in owns.values())
    return desk.idp.capture(desk.stack, cohorts=by_cohort, ours=ours, at=desk.now())


def baseline_differences(desk: Desk) -> tuple[str, ...]:
    """Return where the reviewed baseline and the tenant differ, as paths into the document."""
    reviewed = desk.documents.baseline().model_dump(mode="json", exclude={"captured_at", "policies_standing"})
    live = captured(desk).model_dump(mode="json", exclude={"captured_at", "policies_standing"})
    return tuple(_differences("", reviewed, live))


def _differences(path: str, reviewed: object, live: object) -> Iterator[str]:
    if path.endswith(".standing"):
        return
    if isinstance(reviewed, dict) and isinstance(live, dict):
        for key in sorted({*reviewed, *live}):
            yield from _differences(f"{path}.{key}".lstrip("."), reviewed.get(key), live.get(key))
    elif isinstance(reviewed, list) and isinstance(live, list) and len(reviewed) == len(live):
        for index, (ours, theirs) in enumerate(zip(reviewed, live, strict=True)):
            yield from _differences(f"{path}[{index}]", ours, theirs)
    elif reviewed != live:
        yield path


def entries(desk: Desk, at: datetime | None) -> Sequence[Entry]:
    """Return every entry, even of a broken ledger, or those that were there at *at*."""
    return desk.ledger.entries() if at is None else intents.history(desk, at)
