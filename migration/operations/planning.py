"""Without this file there would be no first manifest: from a snapshot to dated waves and the provision of all sets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cohorts.snapshot import digest_of
from migration import waves
from migration.baseline import Baseline, BaselineNotSupported, Shift, shifts
from migration.errors import NotFound
from migration.events import PlanPublished, Provisioned
from migration.ledger import Entry
from migration.manifest import Manifest, provision
from migration.model import Plan
from migration.operations import evidence, intents
from migration.operations.ports import Desk
from migration.posture import AIMS
from migration.programme import plan_document
from migration.set_names import POLICY_TYPES, tally


@dataclass(frozen=True, slots=True)
class PlanProposal:
    """Dated waves, the first manifest, and every priority of theirs that moves."""

    plan: Plan
    manifest: Manifest
    shifts: tuple[Shift, ...]
    refused: str | None
    hint: str | None

    @property
    def digest(self) -> str:
        """What `--expect` takes."""
        return digest_of([plan_document(self.plan), self.manifest.content_digest, self._shift_documents()])

    def _shift_documents(self) -> list[dict[str, Any]]:
        return [shift_document(shift) for shift in self.shifts]


def shift_document(shift: Shift) -> dict[str, Any]:
    """Return a shift as plain JSON values."""
    return {
        "container": shift.container,
        "object_id": shift.object_id,
        "before": shift.before,
        "after": shift.after,
    }


def propose(desk: Desk) -> PlanProposal:
    """
    Plan the waves from the newest snapshot and foresee the provision.

    Raises:
        NotFound: There is no snapshot.
        BaselineNotSupported: What decides today is not what the reviewed baseline says.
    """
    state = intents.look(desk)
    folder, header = evidence.snapshot(desk)
    everyone = evidence.people(folder)
    counts = Counter(member.cohort for member in everyone if member.cohort not in evidence.WITHOUT_WAVE)
    baseline = desk.documents.baseline()
    refused = hint = None
    if state.plan or state.open_intent:
        refused, hint = "a plan is in force already, and planning anew is not built yet", "offramp plan show"
    else:
        _refuse_other_baseline(desk, baseline, evidence.by_set(everyone))
    plan = waves.plan(
        counts,
        desk.strategy,
        desk.calendar,
        snapshot_digest=header.digest,
        first_on=desk.now().date(),
    )
    zone_id = desk.idp.zone(desk.around.desk_zone) if desk.around.desk_zone else None
    manifest = provision(desk.stack, baseline.digest, AIMS, zone_id=zone_id, canary=_canary(desk, baseline))
    return PlanProposal(plan, manifest, foreseen_shifts(baseline, manifest), refused, hint)


def _canary(desk: Desk, baseline: Baseline) -> str | None:
    """Return the key of the app that carries ENFORCE ahead of time; None where the tenant has no such app."""
    return next((app.key for app in baseline.apps if desk.around.canary in app.apps), None)


def foreseen_shifts(baseline: Baseline, manifest: Manifest) -> tuple[Shift, ...]:
    """Return every priority of theirs that provisioning *manifest* moves."""
    ours = tally(manifest.sets)
    own = {POLICY_TYPES[name]: range(1, count + 1) for name, count in ours.policies.items()}
    found = [
        shift
        for container, standing in sorted(baseline.policies_standing.items())
        for shift in shifts(container, standing, own[container])
    ]
    account = baseline.account_management
    found += shifts(account.policy_name, account.standing, range(1, ours.account_rules + 1))
    for app in baseline.apps:
        found += shifts(app.policy_name, app.standing, range(1, ours.sign_ins * len(app.rules) + 1))
    return tuple(found)


def _refuse_other_baseline(desk: Desk, baseline: Baseline, by_cohort: Mapping[str, frozenset[str]]) -> None:
    live = desk.idp.capture(desk.stack, cohorts=by_cohort, ours=frozenset(), at=desk.now())
    if live.digest != baseline.digest:
        raise BaselineNotSupported(
            "What decides today is not what the reviewed baseline says",
            context=f"reviewed {baseline.digest[:12]}, tenant {live.digest[:12]}",
            hint="offramp baseline diff names it; offramp baseline capture --execute, review, commit",
        )


def publish(desk: Desk, proposal: PlanProposal, *, apply: bool) -> Entry:
    """Record the intent, publish the first manifest and, with *apply*, carry it out and confirm it."""
    intents.refuse_open(desk)
    intent = desk.ledger.append(
        PlanPublished(
            plan=plan_document(proposal.plan),
            manifest=proposal.manifest.model_dump(mode="json"),
            content_digest=proposal.manifest.content_digest,
            shifts=tuple(shift_document(shift) for shift in proposal.shifts),
            run="offramp" if apply else "pipeline",
        ),
        actor=desk.actor,
        at=desk.now(),
    )
    intents.ensure_published(desk, intents.look(desk))
    if not apply:
        return intent
    intents.carry_out(desk, intent.number, ())
    return confirm(desk)


def confirm(desk: Desk) -> Entry:
    """
    Read the provision back, fill break-glass, and record that it stands.

    Raises:
        NotFound: No provision is open.
    """
    state = intents.look(desk)
    if state.open_intent is None or state.open_intent.wave is not None or state.pending_plan is None:
        raise NotFound("No provision is waiting for confirmation", context="no open plan", hint="offramp plan show")
    back = intents.read_back(desk, state)
    emergency = evidence.emergency_ids(desk, state)
    intents.move(desk, group=back.sets[evidence.BREAK_GLASS]["group"], wanted=emergency)
    for content in back.manifest.sets[1:]:
        intents.require_members(desk, back.sets[content.key]["group"], frozenset())
    return desk.ledger.append(
        Provisioned(
            intent=state.open_intent.entry,
            manifest_digest=back.manifest.digest,
            break_glass_count=len(emergency),
        ),
        actor=desk.actor,
        at=desk.now(),
    )
