"""Without this file a rehearsal would need three tools: what people hold, how they sign in, and what would decide."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from migration.errors import IdpRefused, IdpUnavailable
from migration.exception_classes import CLASSES, DESK
from migration.foresight import Forecast, Holdings, Member, Silent, Simulated, foresee
from migration.gates import duration
from migration.log_events import SIGN_IN, LogEvent
from migration.model import PlannedWave
from migration.operations import evidence
from migration.operations.evidence import READY, InWave
from migration.operations.ports import Desk
from migration.policy_exceptions import PolicyException
from migration.posture import ACCEPTED, AIMS, Method, Stage, Target
from migration.programme import Programme

LOOKS_BACK = timedelta(days=14)
_CARRIED_BY = frozenset({Stage.REHEARSE, Stage.ENFORCE, Stage.RETIRE})  # where the canary's rule is ours


def forecast(desk: Desk, state: Programme, wave: PlannedWave) -> Forecast:
    """
    Say what ENFORCE would do to *wave*; nothing is changed, and nothing recorded.

    What people hold is read now, as ENFORCE reads it before it carries anyone over; where the provider does not
    answer, the newest snapshot stands in. A source that does not answer says nothing, and why.

    Raises:
        NotFound: Nobody can tell who is in the wave, or what anybody holds.
    """
    at = desk.now()
    inside = evidence.members(desk, state, wave)
    accounts = sorted(one.account_id for one in inside)
    snapshot = _Snapshot.of(desk, wave)
    held, holdings = _held(desk, accounts, snapshot, at)
    rules = _Rules.of(desk, state, wave)
    excused = _excused(state, inside)
    members = [_member(one, wave, held, snapshot, rules, excused.get(one.person_key, ())) for one in inside]
    return foresee(members, holdings, _sign_ins(desk, accounts, at), _simulated(desk, state, wave, accounts), at=at)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What the newest snapshot says of the wave's people; nothing where there is none."""

    taken_at: datetime | None
    methods: Mapping[str, frozenset[str]]
    unready: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, desk: Desk, wave: PlannedWave) -> "_Snapshot":
        folder = evidence.newest(desk)
        if folder is None:
            return cls(None, {}, {})
        _, header = evidence.snapshot(desk)
        people = evidence.people(folder)
        methods = {one.account_id: frozenset(one.methods) for one in people}
        unready = {
            one.account_id: (one.readiness, one.why)
            for one in people
            if one.readiness != READY and one.cohort == wave.cohort
        }
        return cls(header.taken_at, methods, unready)


def _held(
    desk: Desk, accounts: Collection[str], snapshot: _Snapshot, at: datetime
) -> tuple[Mapping[str, frozenset[str]], Holdings]:
    desk.say("reading what everybody of the wave holds")
    try:
        return desk.idp.held(list(accounts)), Holdings("read from the provider now", at)
    except (IdpUnavailable, IdpRefused) as error:
        if snapshot.taken_at is None:
            raise
        because = f"the newest snapshot, {duration(at - snapshot.taken_at)} old: {error.message}"
        return snapshot.methods, Holdings(because, snapshot.taken_at)


def _member(
    one: InWave,
    wave: PlannedWave,
    held: Mapping[str, frozenset[str]],
    snapshot: _Snapshot,
    rules: "_Rules",
    excused: Collection[PolicyException],
) -> Member:
    reason, because = snapshot.unready.get(one.account_id, (None, None))
    classes = [CLASSES[exception.exception_class].method for exception in excused]
    target = AIMS[wave.cohort].target if wave.cohort in AIMS else Target.PHISHING_RESISTANT
    also = frozenset[Method](method for method in classes if method is not None)
    sets = [exception.set_key for exception in excused]
    return Member(
        account_id=one.account_id,
        held=held.get(one.account_id),
        accepted=ACCEPTED[target] | also,
        rule_ids=rules.of_sets(sets) if sets else rules.own,
        reason=reason,
        because=because,
    )


def _excused(state: Programme, inside: Collection[InWave]) -> Mapping[str, tuple[PolicyException, ...]]:
    """Return person key → the standing exceptions that change how the person signs in."""
    keys = {one.person_key for one in inside}
    found: dict[str, tuple[PolicyException, ...]] = {}
    for one in state.exceptions.values():
        for subject in one.subjects if one.stands and one.exception_class != DESK else ():
            if subject.person_key in keys:
                found[subject.person_key] = (*found.get(subject.person_key, ()), one)
    return found


def _sign_ins(desk: Desk, accounts: Collection[str], at: datetime) -> list[LogEvent] | Silent:
    wanted = frozenset(accounts)
    desk.say("reading the log")
    try:
        events = desk.idp.log(at - LOOKS_BACK, at, frozenset({SIGN_IN}))
        return [event for event in events if event.account_id in wanted]
    except (IdpUnavailable, IdpRefused) as error:
        return Silent(f"the log does not answer: {error.message}")


def _simulated(desk: Desk, state: Programme, wave: PlannedWave, accounts: Collection[str]) -> Simulated | Silent:
    canary, lane = desk.around.canary, state.lane(wave.key)
    if canary is None:
        return Silent("no canary app is configured: [rehearsal] canary")
    if state.confirmed is None or state.confirmed.canary is None:
        return Silent("the manifest names no canary app; offramp plan propose provisions it")
    if lane.stage not in _CARRIED_BY:
        return Silent(f"at {lane.stage.name} the canary app carries nothing of ours; it does from REHEARSE on")
    desk.say("asking which rule would decide at the canary app")
    try:
        return desk.idp.simulate(canary, list(accounts))
    except (IdpUnavailable, IdpRefused) as error:
        return Silent(f"the simulation does not answer: {error.message}")


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which rules of ours let people in at the canary app, set by set."""

    sets: Mapping[str, Mapping[str, str]]
    canary: str
    lets_in: frozenset[int]
    home: str | None

    @classmethod
    def of(cls, desk: Desk, state: Programme, wave: PlannedWave) -> "_Rules":
        lane = state.lane(wave.key)
        canary = state.confirmed.canary if state.confirmed else None
        if canary is None:
            return cls({}, "", frozenset(), None)
        app = next((one for one in desk.documents.baseline().apps if one.key == canary), None)
        rules = app.rules if app else ()
        # Ours mirror theirs, one for one: what refuses today refuses then.
        lets_in = frozenset(
            place for place, rule in enumerate(rules, start=1) if rule["actions"]["appSignOn"]["access"] != "DENY"
        )
        return cls(desk.engine.outputs().get("sets", {}), canary, lets_in, lane.home or lane.slot)

    @property
    def own(self) -> frozenset[str]:
        """Those of the set that has the wave."""
        return self.of_sets([self.home] if self.home else [])

    def of_sets(self, keys: Collection[str]) -> frozenset[str]:
        """Those of several sets."""
        found = set()
        for key in keys:
            named = re.compile(rf"{re.escape(key)} sign-in(?: (\d+))? {re.escape(self.canary)}")
            for name, object_id in self.sets.get(key, {}).items():
                match = named.fullmatch(name)
                if match and int(match[1] or 1) in self.lets_in:
                    found.add(object_id)
        return frozenset(found)
