"""Without this file a wave could skip a stage: what may follow what, and why a move is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from migration.calendar import Calendar
from migration.gates import ENROLLED_SHARE, SOAK_DAYS, Outcome, Verdict
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
    """The move may happen: to which stage, in which slot; `leaves` is the home of a settled wave that comes back."""

    to: Stage
    slot: str
    leaves: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The move must not happen: why, and the next command to type."""

    to: Stage
    because: str
    hint: str


@dataclass(frozen=True, slots=True)
class Held:
    """A gate says that it would do harm: the lane is held, with the reason, until the gate passes again."""

    to: Stage
    gate: str
    because: str
    hint: str


Decision = Granted | Refused | Held


def next_stage(lane: Lane) -> Stage:
    """Return where an advance goes when nobody names a stage: the first that may follow."""
    following = NEXT[lane.idp][lane.stage]
    return following[0] if following else lane.stage


def advance(  # noqa: C901, PLR0911, PLR0912 - one return per reason to refuse
    programme: Programme,
    wave: PlannedWave,
    to: Stage,
    *,
    evidence: Evidence | None,
    verdicts: Sequence[Verdict],
    calendar: Calendar,
    longest_silence: timedelta,
    at: datetime,
) -> Decision:
    """
    Decide whether *wave* may move on to *to*.

    Args:
        programme: The ledger, folded.
        wave: The wave that shall move.
        to: The stage asked for.
        evidence: The newest reading of its people; None where there is no snapshot. Only ENFORCE asks for it.
        verdicts: What the gates say; none at all means that no gate is asked for this move.
        calendar: Nobody is moved forward inside a freeze.
        longest_silence: After this long without a tick nobody is moved forward: nothing would end what must end.
        at: Now, aware.
    """
    lane = programme.lane(wave.key)
    lead = f"offramp wave advance {wave.key} --lane {lane.idp}"
    busy = _busy(programme, to)
    if busy:
        return busy
    if to is Stage.RETIRE and lane.stage in {Stage.ENFORCE, Stage.RETIRE}:
        because = "RETIRE deletes enrolled phones and is a one-way door: it is asked for by name, and approved by two"
        return Refused(to, because, f"offramp wave retire {wave.key} --lane {lane.idp}")
    if lane.home:
        return Refused(to, f"{wave.key} has settled in {lane.home}; it is where it shall be", "offramp wave list")
    if to not in NEXT[lane.idp][lane.stage]:
        allowed = " or ".join(stage.name for stage in NEXT[lane.idp][lane.stage]) or "nothing"
        return Refused(to, f"{lane.stage.name} is followed by {allowed}, not by {to.name}", lead)
    if wave.cohort not in AIMS:
        return Refused(
            to,
            f"the cohort {wave.cohort} has no posture yet, so {wave.key} stays PLANNED",
            "offramp wave list",
        )
    if lane.held_by_person:
        because = f"{wave.key} is held: {lane.held_because}"
        return Refused(to, because, f"offramp wave resume {wave.key} --because REASON --execute")
    freeze = calendar.freeze_on(at.date())
    if freeze:
        opens = calendar.opens_on_or_after(at.date())
        return Refused(to, f"nobody is moved until {opens}: {freeze.because}", f"{lead}  (on {opens} or later)")
    silent = _silent(programme, to, longest_silence, at)
    if silent:
        return silent
    if to is Stage.ENFORCE:
        unknown = _unknown(to, evidence, at)
        if unknown:
            return unknown
    closed = _closed(wave, to, verdicts, lead)
    if closed:
        return closed
    if to is Stage.ENFORCE and evidence is not None and not evidence.ready_count:
        because = f"none of the {evidence.unready_count} people of {wave.key} is ready"
        return Refused(to, because, f"offramp wave stuck {wave.key}; when they have enrolled: {lead}")
    slot = lane.slot or free_slot_key(programme.confirmed)
    if slot is None:
        return Refused(
            to,
            "every slot is leased",
            "offramp wave list shows by whom; settle a wave that has proved itself",
        )
    return Granted(to, slot)


def roll_back(  # noqa: PLR0911 - one return per reason to refuse
    programme: Programme, wave: PlannedWave, *, approved_by: str | None, actor: str
) -> Decision:
    """Decide whether *wave* may go back; a freeze never stands in the way of going back."""
    lane = programme.lane(wave.key)
    to = BACK[lane.idp].get(lane.stage, Stage.RELAXED)
    lead = f"offramp wave rollback {wave.key} --lane {lane.idp}"
    busy = _busy(programme, to)
    if busy:
        return busy
    if lane.stage is Stage.RETIRE:
        because = f"the phones of {wave.key} are deleted; there is nothing to go back to"
        return Refused(to, because, "offramp exception request excuses one person for a while")
    if lane.stage not in BACK[lane.idp] or (lane.slot is None and lane.home is None):
        return Refused(to, f"{lane.stage.name} has nothing to roll back to", f"offramp wave status {wave.key}")
    if not approved_by:
        because = "RELAXED accepts SMS at sign-in again, which lowers assurance: somebody must approve it"
        return Refused(to, because, f"{lead} --approved-by NAME")
    if approved_by == actor:
        return Refused(to, f"{actor} asks for it and cannot also approve it", f"{lead} --approved-by NAME")
    if lane.slot is not None:
        return Granted(to, lane.slot)
    if not _is_free(programme.confirmed, RESERVED_SLOT):
        because = f"{RESERVED_SLOT}, which is kept for settled waves that come back, is leased"
        return Refused(to, because, "offramp wave list shows by whom; settle that wave again first")
    return Granted(to, RESERVED_SLOT, leaves=lane.home)


def settle(programme: Programme, wave: PlannedWave, *, verdicts: Sequence[Verdict]) -> Decision:
    """Decide whether *wave* may move into its cohort's home; *verdicts* as for `advance`."""
    lane = programme.lane(wave.key)
    busy = _busy(programme, Stage.ENFORCE)
    if busy:
        return busy
    if lane.home:
        return Refused(Stage.ENFORCE, f"{wave.key} has settled already", "offramp wave list")
    if lane.stage is not Stage.ENFORCE or lane.slot is None:
        because = f"only an enforced wave settles, and {wave.key} is at {lane.stage.name}"
        return Refused(Stage.ENFORCE, because, f"offramp wave advance {wave.key} --lane {lane.idp}")
    if lane.held_by_person:
        because = f"{wave.key} is held: {lane.held_because}"
        return Refused(Stage.ENFORCE, because, f"offramp wave resume {wave.key} --because REASON --execute")
    lead = f"offramp wave settle {wave.key} --lane {lane.idp}"
    return _closed(wave, Stage.ENFORCE, verdicts, lead) or Granted(Stage.ENFORCE, lane.slot)


def free_slot_key(manifest: Manifest | None) -> str | None:
    """Return the first slot that a wave may lease; the reserved one is kept for a settled wave that comes back."""
    if manifest is None:
        return None
    free = (slot.key for slot in manifest.slots if slot.wave is None and slot.key != RESERVED_SLOT)
    return next(free, None)


def _is_free(manifest: Manifest | None, key: str) -> bool:
    return manifest is not None and manifest.slot(key).wave is None


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


def _silent(programme: Programme, to: Stage, longest: timedelta, at: datetime) -> Refused | None:
    heard = programme.ticked_at or programme.provisioned_at
    if heard is None or at - datetime.fromisoformat(heard) <= longest:
        return None
    hours = int((at - datetime.fromisoformat(heard)).total_seconds() // 3600)
    because = f"nothing has ticked for {hours} h, so exceptions may outlive their end: UNKNOWN"
    return Refused(to, because, "offramp tick --execute, and mend the scheduler that should run it")


def _unknown(to: Stage, evidence: Evidence | None, at: datetime) -> Refused | None:
    if evidence is None:
        return Refused(to, "nobody knows who is ready: no snapshot", "offramp cohort seal EXPORT --execute")
    age = at - evidence.taken_at
    if age > EVIDENCE_LASTS:
        hours = int(age.total_seconds() // 3600)
        because = f"the newest snapshot is {hours} h old, and evidence lasts 24 h: readiness is UNKNOWN"
        return Refused(to, because, "offramp cohort pull EXPORT --execute, then offramp cohort seal EXPORT --execute")
    return None


def _closed(wave: PlannedWave, to: Stage, verdicts: Sequence[Verdict], lead: str) -> Refused | Held | None:
    """A gate that fails holds the lane; one that does not know, and one that time alone will open, lets it wait."""
    closed = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASS]
    if not closed:
        return None
    failed = [one for one in closed if one.outcome is Outcome.FAIL and one.gate != SOAK_DAYS]
    said = failed or closed
    because = "; ".join(f"{one.gate} {one.outcome.name}: {one.because}" for one in said)
    stuck = f"offramp wave stuck {wave.key}; " if any(one.gate == ENROLLED_SHARE for one in said) else ""
    hint = f"{stuck}offramp gate check {wave.key}; when it passes: {lead}"
    return Held(to, failed[0].gate, because, hint) if failed else Refused(to, because, hint)
