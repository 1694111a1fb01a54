"""Without this file gates would be judged from memory: each source is asked once, and one that is away is no PASS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from migration import gate_book, gates, measuring
from migration.errors import IdpRefused, IdpUnavailable
from migration.gate_book import SETTLE, NotAsked
from migration.gates import FAILED_ENROLMENTS, LOCKOUTS, STRONG_SIGN_INS, Gate, Measurement, Outcome, Verdict
from migration.lifecycle import next_stage
from migration.log_events import LogEvent
from migration.measuring import LOG, People, Window
from migration.model import Lane, PlannedWave
from migration.operations import evidence
from migration.operations.ports import Desk
from migration.posture import ACCEPTED, AIMS, Stage, Target
from migration.programme import Programme
from migration.tickets import Tickets

_OF_LOG: dict[str, Callable[[People, Sequence[LogEvent], Window], Measurement]] = {
    STRONG_SIGN_INS: measuring.strong_sign_ins,
    FAILED_ENROLMENTS: measuring.failed_enrolments,
    LOCKOUTS: measuring.lockouts,
}
_OF_TICKETS = frozenset({gates.HELP_DESK_LOAD, gates.OPEN_INCIDENTS})


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What the book asks of one wave before one move.

    Attributes:
        wave: The wave.
        lane: Where it is.
        to: A stage, or "settle".
        lines: Each gate, or why it is not asked.
    """

    wave: PlannedWave
    lane: Lane
    to: str
    lines: tuple[Gate | NotAsked, ...]

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates that are asked."""
        return tuple(line for line in self.lines if isinstance(line, Gate))


@dataclass(frozen=True, slots=True)
class Checked:
    """What the gates of one move say now."""

    asked: Asked
    verdicts: tuple[Verdict, ...]

    @property
    def outcome(self) -> Outcome:
        """All of them together; where the book asks for nothing, that is a PASS."""
        return gates.worst(self.verdicts) if self.asked.gates else Outcome.PASS


def asked(desk: Desk, state: Programme, wave: PlannedWave, to: Stage | str | None = None) -> Asked:
    """
    Return what the book asks of *wave*; *to* None is the move that comes next.

    Raises:
        GatesInvalid: The book cannot be used.
    """
    lane = state.lane(wave.key)
    move = _following(lane) if to is None else to.name if isinstance(to, Stage) else to
    return Asked(wave, lane, move, gate_book.read(desk.gates).lines(wave.cohort, lane.stage, move))


def check(desk: Desk, state: Programme, wave: PlannedWave, to: Stage | str | None = None) -> Checked:
    """
    Measure and judge every gate that is asked of *wave* before it moves.

    Raises:
        GatesInvalid: The book cannot be used.
        NotFound: Nobody can tell who is in the wave.
    """
    found = asked(desk, state, wave, to)
    if not found.gates:
        return Checked(found, ())
    at = desk.now()
    measured = {one.gate: one for one in _measurements(desk, state, found, at)}
    return Checked(found, tuple(gates.judge(gate, measured.get(gate.key), at) for gate in found.gates))


def verdicts(desk: Desk, state: Programme, wave: PlannedWave, to: Stage | str) -> tuple[Verdict, ...]:
    """
    Return what each gate says of moving *wave* to *to*, a stage or "settle"; none where the book asks for nothing.

    Raises:
        GatesInvalid: The book cannot be used.
        NotFound: Nobody can tell who is in the wave.
    """
    return check(desk, state, wave, to).verdicts


def _following(lane: Lane) -> str:
    return SETTLE if lane.stage is Stage.ENFORCE and lane.slot else next_stage(lane).name


def _measurements(desk: Desk, state: Programme, found: Asked, at: datetime) -> list[Measurement]:
    keys = {gate.key for gate in found.gates}
    people = _people(desk, state, found.wave, with_strangers=gates.HELP_DESK_LOAD in keys)
    measured = _from_log(desk, people, found, at)
    if gates.ENROLLED_SHARE in keys:
        measured.append(measuring.enrolled_share(people, evidence.evidence_of(desk, state, found.wave)))
    if gates.SOAK_DAYS in keys:
        measured.append(measuring.soak_days(found.lane, at))
    tickets = _tickets(desk) if keys & _OF_TICKETS else None
    for gate in found.gates:
        if gate.key == gates.HELP_DESK_LOAD:
            measured.append(measuring.help_desk_load(people, tickets, _window(gate, found, at)))
        if gate.key == gates.OPEN_INCIDENTS:
            measured.append(measuring.open_incidents(_other_lanes(state, found.wave), tickets, at))
    return measured


def _people(desk: Desk, state: Programme, wave: PlannedWave, *, with_strangers: bool) -> People:
    folder = evidence.newest(desk) if with_strangers else None
    known = frozenset(member.account_id for member in evidence.people(folder)) if folder else frozenset()
    target = AIMS[wave.cohort].target if wave.cohort in AIMS else Target.PHISHING_RESISTANT
    accounts = evidence.account_ids(desk, state, wave)
    return People(accounts, known | accounts, ACCEPTED[target])


def _from_log(desk: Desk, people: People, found: Asked, at: datetime) -> list[Measurement]:
    asking = [gate for gate in found.gates if gate.key in _OF_LOG]
    if not asking:
        return []
    windows = {gate.key: _window(gate, found, at) for gate in asking}
    kinds = frozenset[str]().union(*(measuring.KINDS[gate.key] for gate in asking))
    desk.say("reading the log")
    try:
        events = [
            event
            for event in desk.idp.log(min(one.since for one in windows.values()), at, kinds)
            if event.account_id in people.accounts
        ]
    except (IdpUnavailable, IdpRefused) as error:
        because = f"the log does not answer: {error.message}"
        return [measuring.unmeasured(gate.key, LOG, because) for gate in asking]
    return [_OF_LOG[key](people, events, within) for key, within in windows.items()]


def _window(gate: Gate, found: Asked, at: datetime) -> Window:
    """Return how far a gate looks back; whether ENFORCE has proved itself, nothing before ENFORCE can show."""
    since = found.lane.since if found.to == SETTLE else None
    began_at = datetime.fromisoformat(since) if since else None
    return measuring.window(gate, at, min(began_at, at) if began_at else None)


def _tickets(desk: Desk) -> Tickets | None:
    return desk.tickets.read() if desk.tickets is not None else None


def _other_lanes(state: Programme, wave: PlannedWave) -> list[Lane]:
    plan = state.plan
    others = [one for one in plan.waves if one.cohort == wave.cohort and one.key != wave.key] if plan else []
    return [state.lane(one.key) for one in others]
