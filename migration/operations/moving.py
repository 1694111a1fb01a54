"""Without this file no wave would move: advance, roll back and settle, each proposed before it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from cohorts.snapshot import digest_of
from migration import carryover, lifecycle
from migration.carryover import NOBODY, CarryOver
from migration.errors import NotFound
from migration.events import AdvanceRefused, SettleRequested, StageRequested, WaveHeld, WaveResumed
from migration.gates import Verdict, verdict_document
from migration.ledger import Entry
from migration.lifecycle import Evidence, Granted, Held, Refused
from migration.manifest import Manifest, ManifestEdited, SlotContent, free_slot
from migration.model import PERSON, Lane, PlannedWave
from migration.operations import evidence, gating, intents, stepping
from migration.operations.finding import find
from migration.operations.ports import Desk
from migration.posture import AIMS, Stage, posture_at
from migration.programme import Programme, wave_document

ASSERTED = "asserted"  # a name that somebody typed; a signature would be proof
SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Move:
    """
    What would happen to a wave.

    Attributes:
        verb: "advance", "rollback" or "settle".
        wave: The wave.
        lane: Where it is now.
        decision: Whether it may, and why not.
        manifest: The one that says so; None where it may not.
        evidence: What the newest snapshot says of its people.
        approved_by: Who approves lower assurance.
        home: Where a settling wave goes.
        member_count: How many people are in the wave now.
        carried: Who is not ready and goes to a later wave.
        verdicts: What the gates say.
    """

    verb: str
    wave: PlannedWave
    lane: Lane
    decision: Granted | Refused | Held
    manifest: Manifest | None
    evidence: Evidence | None
    approved_by: str | None
    member_count: int
    home: str | None = None
    carried: CarryOver = NOBODY
    verdicts: tuple[Verdict, ...] = ()

    @property
    def is_granted(self) -> bool:
        """Say whether the move may happen."""
        return isinstance(self.decision, Granted)

    @property
    def digest(self) -> str:
        """What `--expect` takes: the manifest, and by name everyone who does not come along."""
        content = self.manifest.content_digest if self.manifest else None
        carried = [list(self.carried.documents), wave_document(self.carried.wave) if self.carried.wave else None]
        shown = [self.verb, self.wave.key, self.lane.idp, content, self.approved_by]
        return digest_of([*shown, *(carried if self.carried.people else [])])


def propose_advance(desk: Desk, key: str, *, idp: str, to: Stage | None) -> Move:
    """Say what moving *key* one stage on would mean, or why it must not happen."""
    state = intents.look(desk)
    wave = find(state, key, idp)
    lane = state.lane(key)
    aim = to or lifecycle.next_stage(lane)
    known = evidence.evidence_of(desk, state, wave)
    may_follow = aim in lifecycle.NEXT[lane.idp][lane.stage] and not lane.home
    verdicts = gating.verdicts(desk, state, wave, aim.name) if may_follow and wave.cohort in AIMS else ()
    decision = lifecycle.advance(
        state,
        wave,
        aim,
        evidence=known,
        verdicts=verdicts,
        calendar=desk.calendar,
        longest_silence=desk.around.longest_silence,
        at=desk.now(),
    )
    carried = NOBODY
    if isinstance(decision, Granted) and aim is Stage.ENFORCE:
        carried = _carry_over(desk, state, wave)
    manifest = _leased(state, wave, lane, decision)
    return Move(
        "advance", wave, lane, decision, manifest, known, None, state.count(wave), carried=carried, verdicts=verdicts
    )


def _carry_over(desk: Desk, state: Programme, wave: PlannedWave) -> CarryOver:
    plan = state.plan
    if plan is None:
        return NOBODY
    desk.say("reading everybody of the wave again")
    unready = evidence.unready(desk, state, wave)
    today = desk.now().date()
    return carryover.carry_over(wave, unready, plan, desk.strategy, desk.calendar, today=today)


def propose_rollback(desk: Desk, key: str, *, idp: str, approved_by: str | None) -> Move:
    """Say what bringing *key* back would mean, or why it must not happen."""
    state = intents.look(desk)
    wave = find(state, key, idp)
    lane = state.lane(key)
    decision = lifecycle.roll_back(state, wave, approved_by=approved_by, actor=desk.actor)
    manifest = _leased(state, wave, lane, decision)
    return Move("rollback", wave, lane, decision, manifest, None, approved_by, state.count(wave))


def propose_settle(desk: Desk, key: str, *, idp: str) -> Move:
    """Say what moving *key* into its home would mean, or why it must not happen."""
    state = intents.look(desk)
    wave = find(state, key, idp)
    lane = state.lane(key)
    verdicts = gating.verdicts(desk, state, wave, SETTLE) if lane.stage is Stage.ENFORCE and lane.slot else ()
    decision = lifecycle.settle(state, wave, verdicts=verdicts)
    manifest = None
    if isinstance(decision, Granted) and state.confirmed:
        manifest = state.confirmed.with_slot(free_slot(decision.slot, lane.stage.name))
    home = f"home-{wave.cohort}"
    return Move(SETTLE, wave, lane, decision, manifest, None, None, state.count(wave), home, verdicts=verdicts)


def _leased(state: Programme, wave: PlannedWave, lane: Lane, decision: Granted | Refused | Held) -> Manifest | None:
    if not isinstance(decision, Granted) or state.confirmed is None:
        return None
    return state.confirmed.with_slot(
        SlotContent(
            key=decision.slot,
            wave=wave.key,
            cohort=wave.cohort,
            stage=decision.to.name,
            previous_stage=lane.stage.name,
            posture=posture_at(AIMS[wave.cohort], decision.to),
        )
    )


def apply(desk: Desk, move: Move, *, with_engine: bool) -> Entry:
    """Record what was decided; publish and, where asked, carry out and confirm what was granted."""
    match move.decision:
        case Refused(to=to, because=because):
            refused = AdvanceRefused(wave=move.wave.key, lane=move.lane.idp, to=to, because=because)
            return desk.ledger.append(refused, actor=desk.actor, at=desk.now())
        case Held(gate=gate, because=because):
            held = WaveHeld(wave=move.wave.key, lane=move.lane.idp, gate=gate, because=because)
            return desk.ledger.append(held, actor=desk.actor, at=desk.now())
        case Granted():
            pass
        case _:
            assert_never(move.decision)
    intents.refuse_open(desk)
    _require_sound(desk, move)
    run = stepping.OFFRAMP if with_engine else stepping.PIPELINE
    request = _settle_request(move, run) if move.home else _stage_request(move, run)
    intent = desk.ledger.append(request, actor=desk.actor, at=desk.now())
    stepping.publish(desk)
    return stepping.carry_through(desk) if with_engine else intent


def _require_sound(desk: Desk, move: Move) -> None:
    """
    Check, before anything is recorded, that the tenant stands as the last confirmed manifest says.

    Raises:
        ManifestEdited: The file is not the confirmed manifest.
        DriftFound: Something of ours was changed, a priority included; a step on top of it could go anywhere.
        SlotOccupied: The slot, or break-glass, does not have the members that it must have.
    """
    state = intents.look(desk)
    manifest = desk.documents.manifest()
    if state.confirmed is None or manifest.digest != state.confirmed.digest:
        raise ManifestEdited(
            "The manifest is not the one that was confirmed last",
            context=f"file {manifest.digest[:12]}",
            hint="git checkout it; a change of stage is made with offramp wave advance",
        )
    desk.say("checking that the tenant stands as declared")
    intents.refuse_drift(desk.engine.drift())
    sets: Mapping[str, Mapping[str, str]] = desk.engine.outputs()["sets"]
    if isinstance(move.decision, Granted):
        people = evidence.moving_ids(desk, state, move.wave) if move.lane.slot else frozenset()
        intents.require_members(desk, sets[move.decision.slot]["group"], people)
    emergency = evidence.emergency_ids(desk, state)
    intents.require_members(desk, sets[manifest.break_glass.key]["group"], emergency)


def _stage_request(move: Move, run: str) -> StageRequested:
    manifest, decision = move.manifest, move.decision
    if manifest is None or not isinstance(decision, Granted):
        raise NotFound("Nothing is provisioned yet", context=move.wave.key, hint="offramp plan propose")
    return StageRequested(
        wave=move.wave.key,
        lane=move.lane.idp,
        source=move.lane.stage,
        to=decision.to,
        slot=decision.slot,
        manifest=manifest.model_dump(mode="json"),
        content_digest=manifest.content_digest,
        snapshot_digest=move.evidence.snapshot_digest if move.evidence else "",
        approved_by=move.approved_by,
        approval=ASSERTED if move.approved_by else None,
        carried=move.carried.documents,
        carry_wave=wave_document(move.carried.wave) if move.carried.wave else None,
        verdicts=tuple(verdict_document(verdict) for verdict in move.verdicts),
        run=run,
    )


def _settle_request(move: Move, run: str) -> SettleRequested:
    manifest, decision = move.manifest, move.decision
    if manifest is None or move.home is None or not isinstance(decision, Granted):
        raise NotFound("Nothing is provisioned yet", context=move.wave.key, hint="offramp plan propose")
    return SettleRequested(
        wave=move.wave.key,
        lane=move.lane.idp,
        slot=decision.slot,
        home=move.home,
        manifest=manifest.model_dump(mode="json"),
        content_digest=manifest.content_digest,
        run=run,
    )


@dataclass(frozen=True, slots=True)
class Stop:
    """What would become of a hold: set or lifted, and why."""

    wave: PlannedWave
    lane: Lane
    because: str
    is_held: bool

    @property
    def digest(self) -> str:
        """What `--expect` takes."""
        return digest_of([self.wave.key, self.lane.idp, self.because, self.is_held])


def propose_stop(desk: Desk, key: str, *, idp: str, because: str, is_held: bool) -> Stop:
    """Say that *key* would be held, or let go on."""
    state = intents.look(desk)
    wave = find(state, key, idp)
    if not is_held and not state.lane(key).held_because:
        raise NotFound(f"{key} is not held", context="the ledger", hint="offramp wave list")
    return Stop(wave, state.lane(key), because, is_held)


def stop(desk: Desk, wanted: Stop) -> Entry:
    """Record it."""
    wave, lane = wanted.wave.key, wanted.lane.idp
    event = (
        WaveHeld(wave=wave, lane=lane, gate=PERSON, because=wanted.because)
        if wanted.is_held
        else WaveResumed(wave=wave, lane=lane, because=wanted.because)
    )
    return desk.ledger.append(event, actor=desk.actor, at=desk.now())
