"""Without this file no wave would move: advance, roll back, settle and confirm, each proposed before it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from cohorts.snapshot import digest_of
from migration import lifecycle
from migration.errors import NotFound
from migration.events import AdvanceRefused, Settled, SettleRequested, StageEntered, StageRequested
from migration.ledger import Entry
from migration.lifecycle import Evidence, Granted, Refused
from migration.manifest import Manifest, ManifestEdited, SlotContent, free_slot
from migration.model import Lane, OpenIntent, PlannedWave
from migration.operations import evidence, intents
from migration.operations.ports import Desk
from migration.posture import AIMS, Stage, posture_at
from migration.programme import OKTA, Programme

ASSERTED = "asserted"  # a name that somebody typed; a signature would be proof


@dataclass(frozen=True, slots=True)
class Move:
    """What would happen to a wave: the decision, the manifest that says so, and what is known of its people."""

    verb: str
    wave: PlannedWave
    lane: Lane
    decision: Granted | Refused
    manifest: Manifest | None
    evidence: Evidence | None
    approved_by: str | None
    home: str | None = None

    @property
    def is_granted(self) -> bool:
        """Say whether the move may happen."""
        return isinstance(self.decision, Granted)

    @property
    def digest(self) -> str:
        """What `--expect` takes."""
        content = self.manifest.content_digest if self.manifest else None
        return digest_of([self.verb, self.wave.key, self.lane.idp, content, self.approved_by])


@dataclass(frozen=True, slots=True)
class Ending:
    """What would happen to the open intent: read back and recorded, or ended."""

    verb: str
    intent: OpenIntent

    @property
    def digest(self) -> str:
        """What `--expect` takes."""
        return digest_of([self.verb, self.intent.entry, self.intent.content_digest])


def propose_confirm(desk: Desk, key: str | None, *, idp: str) -> Ending:
    """
    Say which intent would be confirmed.

    Raises:
        NotFound: No intent of this wave (None: of the plan) is open.
    """
    state = intents.look(desk)
    if key is not None:
        find(state, key, idp)
    intent = state.open_intent
    if intent is None or intent.wave != key:
        what = key or "the plan"
        raise NotFound(f"No intent of {what} is waiting for confirmation", context="ledger", hint="offramp wave list")
    return Ending("confirm", intent)


def propose_abandon(desk: Desk, key: str | None) -> Ending:
    """
    Say which intent would be ended.

    Raises:
        NotFound: No intent is open, or it is of another wave than *key*.
    """
    state = intents.look(desk)
    intent = state.open_intent
    if intent is None or (key is not None and intent.wave != key):
        what = f" of {key}" if key else ""
        raise NotFound(f"No intent{what} is open", context="ledger", hint="offramp wave list")
    return Ending("abandon", intent)


def find(state: Programme, key: str, idp: str) -> PlannedWave:
    """
    Return the wave called *key*.

    Raises:
        NotFound: There is no such wave or lane.
    """
    if idp != OKTA:
        raise NotFound(f"There is no lane {idp} yet", context=f"wave {key}", hint="--lane okta")
    plan = state.plan or state.pending_plan
    wave = plan.wave(key) if plan else None
    if wave is None:
        raise NotFound(f"There is no wave {key}", context="the plan in force", hint="offramp wave list")
    return wave


def propose_advance(desk: Desk, key: str, *, idp: str, to: Stage | None) -> Move:
    """Say what moving *key* one stage on would mean, or why it must not happen."""
    state = intents.look(desk)
    wave = find(state, key, idp)
    lane = state.lane(key)
    aim = to or lifecycle.next_stage(lane)
    known = evidence.evidence_of(desk, state, wave)
    decision = lifecycle.advance(state, wave, aim, evidence=known, calendar=desk.calendar, at=desk.now())
    return Move("advance", wave, lane, decision, _leased(state, wave, lane, decision), known, None)


def propose_rollback(desk: Desk, key: str, *, idp: str, approved_by: str | None) -> Move:
    """Say what bringing *key* back would mean, or why it must not happen."""
    state = intents.look(desk)
    wave = find(state, key, idp)
    lane = state.lane(key)
    decision = lifecycle.roll_back(state, wave, approved_by=approved_by, actor=desk.actor)
    return Move("rollback", wave, lane, decision, _leased(state, wave, lane, decision), None, approved_by)


def propose_settle(desk: Desk, key: str, *, idp: str) -> Move:
    """Say what moving *key* into its home would mean, or why it must not happen."""
    state = intents.look(desk)
    wave = find(state, key, idp)
    lane = state.lane(key)
    decision = lifecycle.settle(state, wave)
    manifest = None
    if isinstance(decision, Granted) and state.confirmed:
        manifest = state.confirmed.with_slot(free_slot(decision.slot, lane.stage.name))
    return Move("settle", wave, lane, decision, manifest, None, None, f"home-{wave.cohort}")


def _leased(state: Programme, wave: PlannedWave, lane: Lane, decision: Granted | Refused) -> Manifest | None:
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
    if move.is_granted:
        intents.refuse_open(desk)
        _require_sound(desk, move)
    match move.decision:
        case Refused(to=to, because=because):
            refused = AdvanceRefused(wave=move.wave.key, lane=move.lane.idp, to=to, because=because)
            return desk.ledger.append(refused, actor=desk.actor, at=desk.now())
        case Granted(to=to, slot=slot) if move.manifest is not None:
            intent = _settle_intent(desk, move, slot) if move.home else _stage_intent(desk, move, to, slot)
        case Granted():
            raise NotFound("Nothing is provisioned yet", context=move.wave.key, hint="offramp plan propose")
        case _:
            assert_never(move.decision)
    manifest = move.manifest
    if move.home:
        _go_home(desk, move.wave, slot, move.home)
    intents.publish(desk, manifest, intent)
    if not with_engine:
        return intent
    intents.carry_out(desk, intent.number, (slot,))
    return confirm(desk, move.wave.key, idp=move.lane.idp)


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
        people = evidence.account_ids(desk, state, move.wave) if move.lane.slot else frozenset()
        intents.require_members(desk, sets[move.decision.slot]["group"], people)
    emergency = evidence.emergency_ids(desk, state)
    intents.require_members(desk, sets[manifest.break_glass.key]["group"], emergency)


def _stage_intent(desk: Desk, move: Move, to: Stage, slot: str) -> Entry:
    if move.manifest is None:
        raise NotFound("Nothing is provisioned yet", context=move.wave.key, hint="offramp plan propose")
    request = StageRequested(
        wave=move.wave.key,
        lane=move.lane.idp,
        source=move.lane.stage,
        to=to,
        slot=slot,
        manifest=move.manifest.model_dump(mode="json"),
        content_digest=move.manifest.content_digest,
        snapshot_digest=move.evidence.snapshot_digest if move.evidence else "",
        approved_by=move.approved_by,
        approval=ASSERTED if move.approved_by else None,
    )
    return desk.ledger.append(request, actor=desk.actor, at=desk.now())


def _settle_intent(desk: Desk, move: Move, slot: str) -> Entry:
    if move.manifest is None or move.home is None:
        raise NotFound("Nothing is provisioned yet", context=move.wave.key, hint="offramp plan propose")
    request = SettleRequested(
        wave=move.wave.key,
        lane=move.lane.idp,
        slot=slot,
        home=move.home,
        manifest=move.manifest.model_dump(mode="json"),
        content_digest=move.manifest.content_digest,
    )
    return desk.ledger.append(request, actor=desk.actor, at=desk.now())


def _go_home(desk: Desk, wave: PlannedWave, slot: str, home: str) -> None:
    """Join the home, verify, leave the slot, verify: at no moment is anyone in neither."""
    state = intents.look(desk)
    people = evidence.account_ids(desk, state, wave)
    sets: Mapping[str, Mapping[str, str]] = desk.engine.outputs()["sets"]
    desk.say(f"moving {len(people)} people from {slot} to {home}")
    settled = desk.idp.members(sets[home]["group"])
    desk.idp.join(sets[home]["group"], sorted(people - settled))
    intents.require_members(desk, sets[home]["group"], settled | people)
    desk.idp.leave(sets[slot]["group"], sorted(people))
    intents.require_members(desk, sets[slot]["group"], frozenset())


def confirm(desk: Desk, key: str, *, idp: str) -> Entry:
    """
    Read back what the tenant holds, put people where the stage needs them, and record the outcome.

    Raises:
        NotFound: No intent of this wave is open.
    """
    intent = propose_confirm(desk, key, idp=idp).intent
    state = intents.look(desk)
    wave = find(state, key, idp)
    back = intents.read_back(desk, state)
    event = next(entry.event for entry in desk.ledger.entries() if entry.number == intent.entry)
    people = evidence.account_ids(desk, state, wave)
    outcome: StageEntered | Settled
    if isinstance(event, SettleRequested):
        intents.require_members(desk, back.sets[event.slot]["group"], frozenset())
        if not people <= desk.idp.members(back.sets[event.home]["group"]):
            _go_home(desk, wave, event.slot, event.home)
        outcome = Settled(
            intent=intent.entry,
            wave=key,
            lane=idp,
            home=event.home,
            slot=event.slot,
            manifest_digest=back.manifest.digest,
            member_count=len(people),
        )
    elif isinstance(event, StageRequested):
        group = back.sets[event.slot]["group"]
        if event.source is Stage.PLANNED:
            desk.say(f"moving {len(people)} people into {event.slot}")
            intents.move(desk, group=group, wanted=people)
        else:
            intents.require_members(desk, group, people)
        outcome = StageEntered(
            intent=intent.entry,
            wave=key,
            lane=idp,
            stage=event.to,
            slot=event.slot,
            manifest_digest=back.manifest.digest,
            member_count=len(people),
        )
    else:
        raise NotFound(f"The open intent is not one of {key}", context=intent.kind, hint="offramp plan confirm")
    return desk.ledger.append(outcome, actor=desk.actor, at=desk.now())
