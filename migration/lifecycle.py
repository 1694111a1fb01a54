"""Without this file a wave could skip a stage: what may follow what, and why a move is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from migration.calendar import Calendar
from migration.manifest import RESERVED_SLOT, Manifest
from migration.model import Lane, OpenIntent, PlannedWave
from migration.posture import AIMS, Stage
from migration.programme import OKTA, Programme

EVIDENCE_LASTS = timedelta(hours=24)
INTENT_LASTS = timedelta(hours=24)

# What may follow what, per identity provider; the first that is built is where an advance without --to goes.
NEXT: Mapping[str, Mapping[Stage, tuple[Stage, ...]]] = {
    OKTA: {
        Stage.PLANNED: (Stage.ENROL,),
        Stage.ENROL: (Stage.REHEARSE, Stage.ENFORCE),
        Stage.REHEARSE: (Stage.ENFORCE,),
        Stage.ENFORCE: (Stage.RETIRE,),
        Stage.RELAXED: (Stage.ENFORCE,),
        Stage.RETIRE: (),
    }
}
BACK: Mapping[str, Mapping[Stage, Stage]] = {OKTA: {Stage.ENFORCE: Stage.RELAXED}}
NOT_BUILT: Mapping[Stage, str] = {
    Stage.REHEARSE: "REHEARSE is not built yet: nothing evaluates ENFORCE without applying it",
    Stage.RETIRE: "RETIRE is not built yet: enrolled phone factors are kept, and refused at sign-in",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the newest snapshot says of a wave's people; counts only."""

    snapshot_digest: str
    taken_at: datetime
    ready_count: int
    unready: Mapping[str, int]  # reason → people

    @property
    def unready_count(self) -> int:
        """People whom ENFORCE would refuse."""
        return sum(self.unready.values())


@dataclass(frozen=True, slots=True)
class Granted:
    """The move may happen: to which stage, in which slot."""

    to: Stage
    slot: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The move must not happen: why, and the next command to type."""

    to: Stage
    because: str
    hint: str


Decision = Granted | Refused


def next_stage(lane: Lane) -> Stage:
    """Return where an advance goes when nobody names a stage: the first that is built, else the first."""
    following = NEXT[lane.idp][lane.stage]
    return next((stage for stage in following if stage not in NOT_BUILT), following[0] if following else lane.stage)


def advance(  # noqa: PLR0911 - one return per reason to refuse
    programme: Programme,
    wave: PlannedWave,
    to: Stage,
    *,
    evidence: Evidence | None,
    calendar: Calendar,
    at: datetime,
) -> Decision:
    """
    Decide whether *wave* may move on to *to*.

    Args:
        programme: The ledger, folded.
        wave: The wave that shall move.
        to: The stage asked for.
        evidence: The newest reading of its people; None where there is no snapshot. Only ENFORCE asks for it.
        calendar: Nobody is moved forward inside a freeze.
        at: Now, aware.
    """
    lane = programme.lane(wave.key)
    lead = f"offramp wave advance {wave.key} --lane {lane.idp}"
    busy = _busy(programme, to)
    if busy:
        return busy
    if lane.home:
        return Refused(to, f"{wave.key} has settled in {lane.home}; it is where it shall be", "offramp wave list")
    if to not in NEXT[lane.idp][lane.stage]:
        allowed = " or ".join(stage.name for stage in NEXT[lane.idp][lane.stage]) or "nothing"
        return Refused(to, f"{lane.stage.name} is followed by {allowed}, not by {to.name}", lead)
    if to in NOT_BUILT:
        settle = f"offramp wave settle {wave.key} --lane {lane.idp}"
        return Refused(to, NOT_BUILT[to], settle if to is Stage.RETIRE else f"{lead} --to ENFORCE")
    if wave.cohort not in AIMS:
        return Refused(
            to,
            f"the cohort {wave.cohort} has no posture yet, so {wave.key} stays PLANNED",
            "offramp wave list",
        )
    freeze = calendar.freeze_on(at.date())
    if freeze:
        opens = calendar.opens_on_or_after(at.date())
        return Refused(to, f"nobody is moved until {opens}: {freeze.because}", f"{lead}  (on {opens} or later)")
    if to is Stage.ENFORCE:
        unready = _unready(wave, to, evidence, at, lead)
        if unready:
            return unready
    slot = lane.slot or free_slot_key(programme.confirmed)
    if slot is None:
        return Refused(
            to,
            "every slot is leased",
            "offramp wave list shows by whom; settle a wave that has proved itself",
        )
    return Granted(to, slot)


def roll_back(programme: Programme, wave: PlannedWave, *, approved_by: str | None, actor: str) -> Decision:
    """Decide whether *wave* may go back; a freeze never stands in the way of going back."""
    lane = programme.lane(wave.key)
    to = BACK[lane.idp].get(lane.stage, Stage.RELAXED)
    lead = f"offramp wave rollback {wave.key} --lane {lane.idp}"
    busy = _busy(programme, to)
    if busy:
        return busy
    if lane.home:
        because = f"{wave.key} has settled; coming back through the reserved slot is not built yet"
        return Refused(to, because, "offramp wave list")
    if lane.stage not in BACK[lane.idp] or lane.slot is None:
        return Refused(to, f"{lane.stage.name} has nothing to roll back to", f"offramp wave status {wave.key}")
    if not approved_by:
        because = "RELAXED accepts SMS at sign-in again, which lowers assurance: somebody must approve it"
        return Refused(to, because, f"{lead} --approved-by NAME")
    if approved_by == actor:
        return Refused(to, f"{actor} asks for it and cannot also approve it", f"{lead} --approved-by NAME")
    return Granted(to, lane.slot)


def settle(programme: Programme, wave: PlannedWave) -> Decision:
    """Decide whether *wave* may move into its cohort's home."""
    lane = programme.lane(wave.key)
    busy = _busy(programme, Stage.ENFORCE)
    if busy:
        return busy
    if lane.home:
        return Refused(Stage.ENFORCE, f"{wave.key} has settled already", "offramp wave list")
    if lane.stage is not Stage.ENFORCE or lane.slot is None:
        because = f"only an enforced wave settles, and {wave.key} is at {lane.stage.name}"
        return Refused(Stage.ENFORCE, because, f"offramp wave advance {wave.key} --lane {lane.idp}")
    return Granted(Stage.ENFORCE, lane.slot)


def free_slot_key(manifest: Manifest | None) -> str | None:
    """Return the first slot that a wave may lease; the reserved one is kept for a settled wave that comes back."""
    if manifest is None:
        return None
    free = (slot.key for slot in manifest.slots if slot.wave is None and slot.key != RESERVED_SLOT)
    return next(free, None)


def has_lapsed(intent: OpenIntent, at: datetime) -> bool:
    """Say whether an open intent has waited longer than anyone may leave it."""
    return at - datetime.fromisoformat(intent.at) > INTENT_LASTS


def _busy(programme: Programme, to: Stage) -> Refused | None:
    if programme.plan is None and programme.open_intent is None:
        return Refused(to, "nothing is provisioned yet", "offramp plan propose")
    intent = programme.open_intent
    if intent is None:
        return None
    what = intent.wave or "the plan"
    confirm = f"offramp wave confirm {intent.wave}" if intent.wave else "offramp plan confirm"
    return Refused(
        to,
        f"intent {intent.entry} of {intent.actor} for {what} is still open",
        f"{confirm}, or offramp wave abandon",
    )


def _unready(wave: PlannedWave, to: Stage, evidence: Evidence | None, at: datetime, lead: str) -> Refused | None:
    if evidence is None:
        return Refused(to, "nobody knows who is ready: no snapshot", "offramp cohort seal EXPORT --execute")
    age = at - evidence.taken_at
    if age > EVIDENCE_LASTS:
        hours = int(age.total_seconds() // 3600)
        because = f"the newest snapshot is {hours} h old, and evidence lasts 24 h: readiness is UNKNOWN"
        return Refused(to, because, "offramp cohort pull EXPORT --execute, then offramp cohort seal EXPORT --execute")
    if evidence.unready_count:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(evidence.unready.items()))
        because = f"{evidence.unready_count} of {wave.member_count} people are not ready ({reasons})"
        return Refused(to, because, f"offramp wave stuck {wave.key}; when they have enrolled: {lead}")
    return None
