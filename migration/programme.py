"""Without this file the ledger would be a list: where every lane is and what is open, folded from the facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never

from migration import policy_exceptions
from migration.events import (
    AdvanceRefused,
    Intent,
    IntentAbandoned,
    IntentLapsed,
    OfExceptions,
    OfPeople,
    OfWaves,
    PlanPublished,
    Provisioned,
    Settled,
    SettleRequested,
    StageEntered,
    StageFailed,
    StageRequested,
    WaveHeld,
    WaveResumed,
)
from migration.exception_events import ApprovalGiven, EndBegun, ExceptionEnded, ExceptionGranted, GrantBegun
from migration.ledger import Entry
from migration.manifest import Manifest
from migration.model import Document, Lane, OpenIntent, OpenWork, Placed, Plan, PlannedWave
from migration.people_events import (
    MembershipRequested,
    MembershipVerified,
    RetireBegun,
    Retired,
    RetireRequested,
    Ticked,
)
from migration.policy_exceptions import Exceptions
from migration.posture import Stage

OKTA = "okta"


@dataclass(frozen=True, slots=True)
class Programme:
    """The whole migration at one moment, as the ledger tells it."""

    plan: Plan | None = None
    pending_plan: Plan | None = None
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    open_intent: OpenIntent | None = None
    published: Manifest | None = None  # by the newest intent that stands
    confirmed: Manifest | None = None  # by the newest intent that was carried out
    entry_count: int = 0
    approvals: tuple[tuple[str, str], ...] = ()
    placed: Mapping[str, Placed] = field(default_factory=dict)  # person key → where, unless where the plan says
    exceptions: Exceptions = field(default_factory=dict)
    works: Mapping[int, OpenWork] = field(default_factory=dict)  # entry of the intent → what is under way
    work_events: Mapping[int, OfPeople | OfExceptions] = field(default_factory=dict)
    intent_event: Intent | None = None  # the fact behind `open_intent`
    retiring: Mapping[str, RetireRequested] = field(default_factory=dict)  # wave → the newest request
    retire_approvals: Mapping[str, tuple[ApprovalGiven, ...]] = field(default_factory=dict)
    provisioned_at: str | None = None
    ticked_at: str | None = None

    def count(self, wave: PlannedWave) -> int:
        """Return how many people are in *wave* now: those of the plan, less who went, and who came."""
        planned = 0 if wave.carried_from else wave.member_count
        gone = sum(one.planned == wave.key and one.wave != wave.key for one in self.placed.values())
        come = sum(one.wave == wave.key and one.planned != wave.key for one in self.placed.values())
        return planned - gone + come

    def lane(self, wave: str) -> Lane:
        """Return the lane of *wave*; one that never moved is PLANNED."""
        return self.lanes.get(wave, Lane(wave, OKTA))


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain JSON values."""
    return {
        "snapshot_digest": plan.snapshot_digest,
        "finish_on": plan.finish_on.isoformat(),
        "waves": [wave_document(wave) for wave in plan.waves],
    }


def wave_document(wave: PlannedWave) -> dict[str, Any]:
    """Return a wave as plain JSON values."""
    dates = {name: getattr(wave, name).isoformat() for name in ("enrol_on", "enforce_on", "settle_on")}
    carried = {"carried_from": wave.carried_from} if wave.carried_from else {}
    return {
        "key": wave.key,
        "cohort": wave.cohort,
        "number": wave.number,
        "member_count": wave.member_count,
        **dates,
        **carried,
    }


def plan_of(document: Mapping[str, Any]) -> Plan:
    """Return the plan that `plan_document` wrote."""
    waves = tuple(wave_of(wave) for wave in document["waves"])
    return Plan(document["snapshot_digest"], date.fromisoformat(document["finish_on"]), waves)


def wave_of(document: Document) -> PlannedWave:
    """Return the wave that `wave_document` wrote."""
    return PlannedWave(
        key=document["key"],
        cohort=document["cohort"],
        number=document["number"],
        member_count=document["member_count"],
        enrol_on=date.fromisoformat(document["enrol_on"]),
        enforce_on=date.fromisoformat(document["enforce_on"]),
        settle_on=date.fromisoformat(document["settle_on"]),
        carried_from=document.get("carried_from"),
    )


def fold(entries: Iterable[Entry]) -> Programme:
    """Replay the ledger; the only state that there is."""
    programme = Programme()
    for entry in entries:
        programme = evolve(programme, entry)
    return programme


def evolve(programme: Programme, entry: Entry) -> Programme:
    """Fold one recorded fact into the programme."""
    event = entry.event
    seen = replace(programme, entry_count=entry.number)
    if isinstance(event, OfExceptions):
        return _of_exceptions(seen, entry, event)
    if isinstance(event, OfPeople):
        return _of_people(seen, entry, event)
    return _of_waves(seen, entry, event)


def _of_waves(seen: Programme, entry: Entry, event: OfWaves) -> Programme:  # noqa: C901, PLR0911, PLR0912 - one case per fact
    match event:
        case PlanPublished():
            opened = _open(seen, entry, event, None)
            return replace(opened, pending_plan=plan_of(event.plan))
        case StageRequested():
            if event.approved_by:
                seen = replace(seen, approvals=(*seen.approvals, (event.wave, event.approved_by)))
            return _open(seen, entry, event, event.wave)
        case SettleRequested():
            return _open(seen, entry, event, event.wave)
        case Provisioned():
            provisioned = replace(_close(seen), plan=seen.pending_plan, pending_plan=None)
            return replace(provisioned, provisioned_at=entry.at)
        case StageEntered():
            before = seen.lane(event.wave)
            lane = replace(
                before,
                stage=event.stage,
                previous_stage=before.stage,
                slot=event.slot,
                home=None,
                since=entry.at,
                held_by=None,
                held_because=None,
            )
            carried = _arrived(_carried(seen, entry), event.wave)
            return replace(_close(carried), lanes={**seen.lanes, event.wave: lane})
        case Settled():
            lane = replace(seen.lane(event.wave), slot=None, home=event.home, since=entry.at)
            return replace(_close(seen), lanes={**seen.lanes, event.wave: lane})
        case StageFailed():
            intent = seen.open_intent
            failed = replace(intent, failures=(*intent.failures, event.because)) if intent else None
            return replace(seen, open_intent=failed)
        case WaveHeld():
            held = replace(seen.lane(event.wave), held_by=event.gate, held_because=event.because)
            return replace(seen, lanes={**seen.lanes, event.wave: held})
        case WaveResumed():
            going = replace(seen.lane(event.wave), held_by=None, held_because=None)
            return replace(seen, lanes={**seen.lanes, event.wave: going})
        case IntentAbandoned() | IntentLapsed():
            return replace(seen, open_intent=None, intent_event=None, published=seen.confirmed, pending_plan=None)
        case AdvanceRefused():
            return seen
        case _:
            assert_never(event)


def _of_exceptions(seen: Programme, entry: Entry, event: OfExceptions) -> Programme:
    held = replace(seen, exceptions=policy_exceptions.evolve(seen.exceptions, event, at=entry.at))
    match event:
        case GrantBegun() | EndBegun():
            return _begin(held, entry, event, event.key)
        case ExceptionGranted() | ExceptionEnded():
            return _finish(held, event.intent)
        case ApprovalGiven() if event.subject in {retire_key(wave) for wave in seen.retiring}:
            given = (*held.retire_approvals.get(event.subject, ()), event)
            return replace(held, retire_approvals={**held.retire_approvals, event.subject: given})
        case _:
            return held


def _of_people(seen: Programme, entry: Entry, event: OfPeople) -> Programme:
    match event:
        case MembershipRequested():
            return _begin(seen, entry, event, event.purpose)
        case MembershipVerified():
            return _finish(_moved(seen, event.intent, entry.at), event.intent)
        case RetireRequested():
            # A new list is a new request: what was approved before was approved for another one.
            approvals = {**seen.retire_approvals, retire_key(event.wave): ()}
            return replace(seen, retiring={**seen.retiring, event.wave: event}, retire_approvals=approvals)
        case RetireBegun():
            return _begin(seen, entry, event, event.wave)
        case Retired():
            before = seen.lane(event.wave)
            lane = replace(before, stage=Stage.RETIRE, previous_stage=before.stage, since=entry.at)
            return _finish(replace(seen, lanes={**seen.lanes, event.wave: lane}), event.intent)
        case Ticked():
            return replace(seen, ticked_at=entry.at)
        case _:
            assert_never(event)


def retire_key(wave: str) -> str:
    """Return the name under which the retirement of *wave* is approved."""
    return f"retire-{wave}"


def _begin(seen: Programme, entry: Entry, event: OfPeople | OfExceptions, subject: str) -> Programme:
    work = OpenWork(entry.number, entry.at, entry.actor, entry.kind, subject)
    works = {**seen.works, entry.number: work}
    return replace(seen, works=works, work_events={**seen.work_events, entry.number: event})


def _finish(seen: Programme, intent: int) -> Programme:
    works = {number: work for number, work in seen.works.items() if number != intent}
    return replace(seen, works=works, work_events={number: seen.work_events[number] for number in works})


def _carried(seen: Programme, entry: Entry) -> Programme:
    """Fold in who was carried over by the step that was just entered, and the wave that has them now."""
    asked = seen.intent_event
    plan = seen.plan
    if not isinstance(asked, StageRequested) or not asked.carried or plan is None:
        return seen
    origin = plan.wave(asked.wave)
    if asked.carry_wave:
        wave = wave_of(asked.carry_wave)
        plan = replace(plan, waves=(*(other for other in plan.waves if other.key != wave.key), wave))
    placed = {
        one["person"]: Placed(
            account_id=one["account"],
            cohort=origin.cohort if origin else "",
            planned=_planned(seen, one["person"], asked.wave),
            wave=one["wave"],
            held_in=None,
            reason=one["reason"],
            because=one["because"],
            since=entry.at,
        )
        for one in asked.carried
    }
    return replace(seen, plan=plan, placed={**seen.placed, **placed})


def _arrived(seen: Programme, wave: str) -> Programme:
    """Fold in that the people of *wave* are in its slot now, and nowhere else."""
    moved = {key: one for key, one in seen.placed.items() if one.wave == wave and not one.has_own_home}
    placed = {key: replace(one, held_in=None) for key, one in moved.items()}
    return replace(seen, placed={**seen.placed, **placed})


def _moved(seen: Programme, intent: int, at: str) -> Programme:
    asked = seen.work_events.get(intent)
    if not isinstance(asked, MembershipRequested):
        return seen
    placed = {
        one["person"]: Placed(
            account_id=one["account"],
            cohort=one["cohort"],
            planned=_planned(seen, one["person"], one["from_wave"]),
            wave=one["wave"],
            held_in=one["held_in"],
            reason=one["reason"],
            because=one["because"],
            since=at,
        )
        for one in asked.moves
    }
    plan = seen.plan
    if plan is not None:
        plan = replace(plan, waves=(*plan.waves, *(wave_of(wave) for wave in asked.new_waves)))
    return replace(seen, plan=plan, placed={**seen.placed, **placed})


def _planned(seen: Programme, person: str, wave: str | None) -> str | None:
    """Return the wave of the plan that a person was in before anybody moved them."""
    before = seen.placed.get(person)
    return before.planned if before else wave


def _open(programme: Programme, entry: Entry, event: Intent, wave: str | None) -> Programme:
    manifest = Manifest.model_validate(event.manifest).decided(entry.number, entry.digest)
    intent = OpenIntent(entry.number, entry.at, entry.actor, entry.kind, wave, event.content_digest, run=event.run)
    return replace(programme, open_intent=intent, intent_event=event, published=manifest)


def _close(programme: Programme) -> Programme:
    return replace(programme, open_intent=None, intent_event=None, confirmed=programme.published)


def stage_name(lane: Lane) -> str:
    """Return the word that a report shows for a lane."""
    if lane.home and lane.stage is not Stage.RETIRE:
        return "SETTLED"
    return Stage(lane.stage).name
