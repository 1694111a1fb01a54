"""Without this file a crash would need a human: what was under way is read back, and finished or undone."""

from migration.events import IntentAbandoned, PlanPublished, StageRequested
from migration.exception_events import EndBegun, GrantBegun
from migration.manifest import ManifestEdited, ManifestUnreadable
from migration.model import OpenIntent
from migration.operations import excepting, intents, placing, planning, retiring, stepping
from migration.operations.ports import Desk
from migration.people_events import MembershipRequested, RetireBegun
from migration.posture import Stage
from migration.programme import Programme, fold


def is_needed(state: Programme) -> bool:
    """Say whether anything was begun and not ended."""
    return bool(state.works) or state.open_intent is not None


def heal(desk: Desk) -> tuple[str, ...]:
    """
    Finish or undo whatever a command left behind, and say what was done; only under the turn.

    Work on people is always finished: each is wanted where the record says, and asking twice changes nothing. A step
    is finished once anything of it can be seen outside the ledger, and ended otherwise. A step that a pipeline
    carries out is waited for.
    """
    state = fold(intents.history(desk))
    said = [_finish(desk, state, number) for number in sorted(state.works)]
    intent = state.open_intent
    if intent is not None and not intent.failures:
        said += _step(desk, intent)
    for line in said:
        desk.say(line)
    return tuple(said)


def _finish(desk: Desk, state: Programme, number: int) -> str:
    work, event = state.works[number], state.work_events[number]
    match event:
        case GrantBegun():
            excepting.finish_grant(desk, number, event.key)
        case EndBegun():
            excepting.finish_end(desk, number, event.key)
        case MembershipRequested():
            placing.finish(desk, number, event)
        case RetireBegun():
            retiring.finish(desk, number, event)
        case _:
            raise ValueError(f"a {type(event).__name__} begins no work")
    return f"intent {number} of {work.actor} ({work.subject}) was interrupted; it is finished now"


def _step(desk: Desk, intent: OpenIntent) -> list[str]:
    found: list[str] = []
    if intent.run == stepping.OFFRAMP:
        found += desk.engine.recover()
        found += _look_for_created(desk)
    state = intents.look(desk)
    event = state.intent_event
    if state.open_intent is None or event is None:
        return found
    what = intent.wave or "the plan"
    if intent.run == stepping.PIPELINE and not _is_as_published(desk):
        return found  # whoever confirms or abandons it is told; nothing of it is carried out behind anybody's back
    if not stepping.has_begun(desk, state):
        because = "interrupted before anything was changed"
        ending = IntentAbandoned(intent=intent.entry, because=because)
        desk.ledger.append(ending, actor=desk.actor, at=desk.now())
        return [*found, f"intent {intent.entry} of {intent.actor} for {what} was {because}; it is ended"]
    if intent.run == stepping.OFFRAMP:
        stepping.publish(desk)
        stepping.carry_through(desk, refresh=True)
        return [*found, f"intent {intent.entry} of {intent.actor} for {what} was interrupted; it is finished now"]
    stepping.publish(desk)
    if intents.was_carried_out(desk, state) and _is_half_filled(desk, state):
        if isinstance(event, PlanPublished):
            planning.confirm(desk)
        else:
            stepping.confirm(desk, event.wave, idp=event.lane)
        found.append(f"the confirmation of intent {intent.entry} for {what} was interrupted; it is finished now")
    return found


def _is_as_published(desk: Desk) -> bool:
    """Say whether the manifest is there as somebody of us wrote it: not cut off, and not edited by hand."""
    try:
        return not desk.documents.has_manifest() or bool(desk.documents.manifest())
    except (ManifestEdited, ManifestUnreadable):
        return False


def _look_for_created(desk: Desk) -> list[str]:
    """Look for what a dead update was creating: what exists is taken over, so that nothing is made twice."""
    pending = desk.engine.creating()
    if not pending:
        return []
    looked_for = {one.urn: desk.idp.created(one.kind, one.inputs) for one in pending}
    found = {urn: object_id for urn, object_id in looked_for.items() if object_id}
    desk.engine.adopt(found)
    return [f"{len(pending)} objects were being created: {len(found)} exist and are taken over, no others do"]


def _is_half_filled(desk: Desk, state: Programme) -> bool:
    """Say whether a confirmation has begun to move people: until then the slot, or break-glass, is empty."""
    event = state.intent_event
    sets = desk.engine.outputs()["sets"]
    if isinstance(event, PlanPublished):
        return bool(desk.idp.members(sets["break-glass"]["group"]))
    if isinstance(event, StageRequested) and event.source is Stage.PLANNED:
        return bool(desk.idp.members(sets[event.slot]["group"]))
    return False
