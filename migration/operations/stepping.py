"""Without this file a step could stop half-way for good: what an open intent still needs, done once and in order."""

from collections.abc import Mapping
from dataclasses import dataclass

from cohorts.snapshot import digest_of
from migration.errors import NotFound
from migration.events import PlanPublished, Settled, SettleRequested, StageEntered, StageRequested
from migration.ledger import Entry
from migration.model import OpenIntent
from migration.operations import evidence, intents, planning
from migration.operations.finding import find
from migration.operations.ports import Desk
from migration.posture import Stage
from migration.programme import Programme

OFFRAMP, PIPELINE = "offramp", "pipeline"  # who runs the engine for an intent
Sets = Mapping[str, Mapping[str, str]]


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


def publish(desk: Desk) -> None:
    """
    Do what an open intent needs before its manifest may stand, then publish it; again is harmless.

    Who is carried over leaves the slot first, while it still holds the old content: nobody meets ENFORCE unready.
    A settling wave joins its home first, while the slot still holds it.
    """
    state = intents.look(desk)
    event = state.intent_event
    if isinstance(event, StageRequested) and event.carried:
        _leave_behind(desk, event)
    elif isinstance(event, SettleRequested):
        _go_home(desk, state, event, desk.engine.outputs()["sets"])
    intents.ensure_published(desk, state)


def carry_through(desk: Desk, *, refresh: bool = False) -> Entry:
    """
    Run the engine where it has not carried the open intent out yet, read back, and record the outcome.

    With *refresh* the engine asks the tenant first what it holds already: after an update that died.
    """
    state = intents.look(desk)
    intent, event = state.open_intent, state.intent_event
    if intent is None or event is None:
        raise NotFound("There is nothing to carry out", context="no open intent", hint="offramp wave list")
    if not intents.was_carried_out(desk, state):
        touched = () if isinstance(event, PlanPublished) else (event.slot,)
        intents.carry_out(desk, intent.entry, touched, refresh=refresh)
    if isinstance(event, PlanPublished):
        return planning.confirm(desk)
    return confirm(desk, event.wave, idp=event.lane)


def confirm(desk: Desk, key: str, *, idp: str) -> Entry:
    """
    Read back what the tenant holds, put people where the stage needs them, and record the outcome.

    Raises:
        NotFound: No intent of this wave is open.
    """
    propose_confirm(desk, key, idp=idp)
    state = intents.look(desk)
    back = intents.read_back(desk, state)
    intent, event = state.open_intent, state.intent_event
    wave = find(state, key, idp)
    if intent is None or not isinstance(event, StageRequested | SettleRequested):
        raise NotFound(f"The open intent is not one of {key}", context="the plan's", hint="offramp plan confirm")
    if isinstance(event, SettleRequested):
        people = evidence.moving_ids(desk, state, wave)
        _go_home(desk, state, event, back.sets)
        outcome: StageEntered | Settled = Settled(
            intent=intent.entry,
            wave=key,
            lane=idp,
            home=event.home,
            slot=event.slot,
            manifest_digest=back.manifest.digest,
            member_count=len(people),
        )
    else:
        people = evidence.moving_ids(desk, state, wave) - {one["account"] for one in event.carried}
        _fill(desk, state, event, people, back.sets)
        outcome = StageEntered(
            intent=intent.entry,
            wave=key,
            lane=idp,
            stage=event.to,
            slot=event.slot,
            manifest_digest=back.manifest.digest,
            member_count=len(people),
        )
    return desk.ledger.append(outcome, actor=desk.actor, at=desk.now())


def _fill(desk: Desk, state: Programme, event: StageRequested, people: frozenset[str], sets: Sets) -> None:
    """Put people into the slot where the stage needs it: new ones at ENROL, and a settled wave that comes back."""
    slot, home = sets[event.slot]["group"], state.lane(event.wave).home
    if event.source is not Stage.PLANNED and home is None:
        intents.require_members(desk, slot, people)
        return
    desk.say(f"moving {len(people)} people into {event.slot}")
    intents.move(desk, group=slot, wanted=people)
    left = [home] if home else []
    left += ["joiners"] if "joiners" in sets else []
    for key in left:
        # Both hold them for a moment; the one that they leave decided until now.
        group = sets[key]["group"]
        there = people & desk.idp.members(group)
        if there:
            desk.idp.leave(group, sorted(there))
            intents.require_none(desk, group, people)


def _leave_behind(desk: Desk, event: StageRequested) -> None:
    carried = frozenset(str(one["account"]) for one in event.carried)
    group = desk.engine.outputs()["sets"][event.slot]["group"]
    there = carried & desk.idp.members(group)
    if there:
        desk.say(f"{len(there)} people are not ready and leave {event.slot} before it changes")
        desk.idp.leave(group, sorted(there))
    intents.require_none(desk, group, carried)


def _go_home(desk: Desk, state: Programme, event: SettleRequested, sets: Sets) -> None:
    """Join the home, verify, leave the slot, verify: at no moment is anyone in neither."""
    people = evidence.moving_ids(desk, state, find(state, event.wave))
    home, slot = sets[event.home]["group"], sets[event.slot]["group"]
    settled = desk.idp.members(home)
    if people - settled:
        desk.say(f"moving {len(people)} people from {event.slot} to {event.home}")
        intents.join(desk, home, people - settled)
        intents.require_members(desk, home, settled | people)
    there = desk.idp.members(slot)
    if there:
        desk.idp.leave(slot, sorted(people & there))
    intents.require_members(desk, slot, frozenset())


def has_begun(desk: Desk, state: Programme) -> bool:
    """Say whether an open intent has changed anything outside the ledger: a file, or where somebody is."""
    event = state.intent_event
    if event is None or state.published is None:
        return False
    if desk.documents.has_manifest() and desk.documents.manifest().digest == state.published.digest:
        return True
    if isinstance(event, SettleRequested):
        people = evidence.moving_ids(desk, state, find(state, event.wave))
        return bool(people & desk.idp.members(desk.engine.outputs()["sets"][event.home]["group"]))
    if isinstance(event, StageRequested) and event.carried:
        carried = {str(one["account"]) for one in event.carried}
        return not carried <= desk.idp.members(desk.engine.outputs()["sets"][event.slot]["group"])
    return False
