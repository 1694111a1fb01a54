"""Without this file the ledger would be a list: where every lane is and what is open, folded from the facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never

from migration.events import (
    AdvanceRefused,
    IntentAbandoned,
    IntentLapsed,
    PlanPublished,
    Provisioned,
    Settled,
    SettleRequested,
    StageEntered,
    StageFailed,
    StageRequested,
)
from migration.ledger import Entry
from migration.manifest import Manifest
from migration.model import Lane, OpenIntent, Plan, PlannedWave
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

    def lane(self, wave: str) -> Lane:
        """Return the lane of *wave*; one that never moved is PLANNED."""
        return self.lanes.get(wave, Lane(wave, OKTA))


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain JSON values."""
    return {
        "snapshot_digest": plan.snapshot_digest,
        "finish_on": plan.finish_on.isoformat(),
        "waves": [
            {
                "key": wave.key,
                "cohort": wave.cohort,
                "number": wave.number,
                "member_count": wave.member_count,
                "enrol_on": wave.enrol_on.isoformat(),
                "enforce_on": wave.enforce_on.isoformat(),
                "settle_on": wave.settle_on.isoformat(),
            }
            for wave in plan.waves
        ],
    }


def plan_of(document: Mapping[str, Any]) -> Plan:
    """Return the plan that `plan_document` wrote."""
    waves = tuple(
        PlannedWave(
            key=wave["key"],
            cohort=wave["cohort"],
            number=wave["number"],
            member_count=wave["member_count"],
            enrol_on=date.fromisoformat(wave["enrol_on"]),
            enforce_on=date.fromisoformat(wave["enforce_on"]),
            settle_on=date.fromisoformat(wave["settle_on"]),
        )
        for wave in document["waves"]
    )
    return Plan(document["snapshot_digest"], date.fromisoformat(document["finish_on"]), waves)


def fold(entries: Iterable[Entry]) -> Programme:
    """Replay the ledger; the only state that there is."""
    programme = Programme()
    for entry in entries:
        programme = evolve(programme, entry)
    return programme


def evolve(programme: Programme, entry: Entry) -> Programme:  # noqa: C901, PLR0911 - one case per fact
    """Fold one recorded fact into the programme."""
    event = entry.event
    seen = replace(programme, entry_count=entry.number)
    match event:
        case PlanPublished():
            opened = _open(seen, entry, None, event.content_digest, event.manifest)
            return replace(opened, pending_plan=plan_of(event.plan))
        case StageRequested():
            if event.approved_by:
                seen = replace(seen, approvals=(*seen.approvals, (event.wave, event.approved_by)))
            return _open(seen, entry, event.wave, event.content_digest, event.manifest)
        case SettleRequested():
            return _open(seen, entry, event.wave, event.content_digest, event.manifest)
        case Provisioned():
            return replace(_close(seen), plan=seen.pending_plan, pending_plan=None)
        case StageEntered():
            before = seen.lane(event.wave)
            lane = replace(before, stage=event.stage, previous_stage=before.stage, slot=event.slot, since=entry.at)
            return replace(_close(seen), lanes={**seen.lanes, event.wave: lane})
        case Settled():
            lane = replace(seen.lane(event.wave), slot=None, home=event.home, since=entry.at)
            return replace(_close(seen), lanes={**seen.lanes, event.wave: lane})
        case StageFailed():
            intent = seen.open_intent
            failed = replace(intent, failures=(*intent.failures, event.because)) if intent else None
            return replace(seen, open_intent=failed)
        case IntentAbandoned() | IntentLapsed():
            return replace(seen, open_intent=None, published=seen.confirmed, pending_plan=None)
        case AdvanceRefused():
            return seen
        case _:
            assert_never(event)


def _open(
    programme: Programme, entry: Entry, wave: str | None, content_digest: str, document: Mapping[str, Any]
) -> Programme:
    manifest = Manifest.model_validate(document).decided(entry.number, entry.digest)
    intent = OpenIntent(entry.number, entry.at, entry.actor, entry.kind, wave, content_digest)
    return replace(programme, open_intent=intent, published=manifest)


def _close(programme: Programme) -> Programme:
    return replace(programme, open_intent=None, confirmed=programme.published)


def stage_name(lane: Lane) -> str:
    """Return the word that a report shows for a lane."""
    return "SETTLED" if lane.home else Stage(lane.stage).name
