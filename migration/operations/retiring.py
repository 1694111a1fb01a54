"""Without this file phones would stay enrolled for ever, or go without anyone having agreed: the one-way door."""

from dataclasses import dataclass
from typing import Any

from cohorts.snapshot import digest_of
from migration import approvals
from migration.approvals import RETIRE, Asked
from migration.errors import NotFound
from migration.events import AdvanceRefused
from migration.exception_events import ApprovalGiven
from migration.ledger import Entry
from migration.lifecycle import Refused
from migration.model import Document, Lane, PlannedWave
from migration.operations import approving, evidence, intents
from migration.operations.finding import find
from migration.operations.ports import Desk
from migration.people_events import RetireBegun, Retired, RetireRequested
from migration.posture import ACCEPTED, AIMS, Stage
from migration.programme import Programme, retire_key


@dataclass(frozen=True, slots=True)
class Retirement:
    """
    What the retirement of a wave would delete.

    Attributes:
        wave: The settled wave.
        lane: Where it is.
        request: The exact request: every phone by account and factor id, and who is skipped and why.
        digest: Over the request's text; approvals are for this one.
        approvals: Who has approved this request, or an earlier one.
        refused: Why it must not happen; None where it may be asked for, or done.
        is_requested: Whether this very list was asked for already.
    """

    wave: PlannedWave
    lane: Lane
    request: Document
    digest: str
    approvals: tuple[ApprovalGiven, ...]
    refused: Refused | None
    is_requested: bool

    @property
    def phones_count(self) -> int:
        """Phone factors that would go."""
        return sum(len(one["factors"]) for one in self.request["phones"])

    @property
    def may_begin(self) -> bool:
        """Say whether it was asked for, and enough people have approved exactly this list."""
        return self.refused is None and self.is_requested and approvals.enough(RETIRE, self.approvals, self.digest)

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Who has approved exactly this list."""
        return tuple(one.approver for one in self.approvals if one.request_digest == self.digest)

    @property
    def asked(self) -> Asked:
        """What waits for approval."""
        accounts = frozenset(str(one["account"]) for one in self.request["phones"])
        return Asked(retire_key(self.wave.key), self.request, str(self.request["requester"]), accounts, RETIRE)


def propose(desk: Desk, key: str, *, idp: str) -> Retirement:
    """
    List the phones of a settled wave; a person whose phone is their last way in is skipped, and listed.

    What counts is what everybody holds at this moment, not what a snapshot says.
    """
    state = intents.look(desk)
    wave = find(state, key, idp)
    lane = state.lane(key)
    refused = _refused(state, wave, lane)
    request: Document = {"phones": [], "skipped": [], "requester": desk.actor}
    if refused is None:
        request = _request(desk, state, wave)
    asked = state.retiring.get(key)
    # Asked for once, the list stands as it was approved: later phones are another list, and another approval.
    is_requested = asked is not None and refused is None and _names_the_same(asked.request, request)
    if asked is not None and is_requested:
        request = asked.request
    digest = approvals.request_digest(request)
    given = state.retire_approvals.get(retire_key(key), ())
    return Retirement(wave, lane, request, digest, given, refused, is_requested)


def _refused(state: Programme, wave: PlannedWave, lane: Lane) -> Refused | None:
    status = f"offramp wave status {wave.key}"
    if state.open_intent is not None:
        because = f"intent {state.open_intent.entry} of {state.open_intent.actor} is still open"
        return Refused(Stage.RETIRE, because, "offramp wave list shows which")
    if lane.stage is Stage.RETIRE:
        return Refused(Stage.RETIRE, f"{wave.key} has retired already", status)
    if lane.stage is not Stage.ENFORCE or lane.home is None:
        because = f"only a settled wave retires, and {wave.key} is at {lane.stage.name}"
        return Refused(Stage.RETIRE, because, f"offramp wave settle {wave.key} --lane {lane.idp}")
    return None


def _request(desk: Desk, state: Programme, wave: PlannedWave) -> dict[str, Any]:
    accounts = sorted(evidence.account_ids(desk, state, wave))
    desk.say(f"reading what {len(accounts)} people hold")
    held = desk.idp.held(accounts)
    phones = desk.idp.phones(accounts)
    excused = {subject.account_id for one in state.exceptions.values() if one.is_open for subject in one.subjects}
    accepted = ACCEPTED[AIMS[wave.cohort].target]
    listed: list[dict[str, Any]] = []
    skipped: list[dict[str, str]] = []
    for account in accounts:
        factors = phones.get(account, ())
        if not factors:
            continue
        because = _last_way_in(held.get(account), accepted, is_excused=account in excused)
        if because:
            skipped.append({"account": account, "because": because})
        else:
            named = [{"id": one.factor_id, "method": one.method} for one in factors]
            listed.append({"account": account, "factors": sorted(named, key=lambda one: one["id"])})
    return {
        "kind": "retire",
        "stack": desk.stack,
        "wave": wave.key,
        "requester": desk.actor,
        "phones": listed,
        "skipped": skipped,
    }


def _last_way_in(held: frozenset[str] | None, accepted: frozenset[str], *, is_excused: bool) -> str:
    if held is None:
        return "the account cannot sign in; nothing of it is touched"
    if is_excused:
        return "an exception stands, or is asked for"
    if not held & accepted:
        return "holds nothing else that signs in: the phone is the last way in"
    return ""


def _names_the_same(asked: Document, now: Document) -> bool:
    """Say whether everything that was asked for is still to be deleted, or gone, and nobody became skipped."""
    skipped = {one["account"] for one in now["skipped"]}
    return not skipped & {one["account"] for one in asked["phones"]}


def request(desk: Desk, wanted: Retirement) -> Entry:
    """Ask for it; two others must approve exactly this list."""
    if wanted.refused is not None:
        return _record_refusal(desk, wanted, wanted.refused)
    event = RetireRequested(wanted.wave.key, wanted.lane.idp, wanted.request, wanted.digest)
    return desk.ledger.append(event, actor=desk.actor, at=desk.now())


def approve(desk: Desk, wanted: Retirement, *, name: str, signature: str) -> ApprovalGiven | approvals.Refused:
    """Say whether the yes of *name* to the list that was asked for counts."""
    if wanted.refused is not None:
        return approvals.Refused(wanted.refused.because, wanted.refused.hint)
    if not wanted.is_requested:
        hint = f"offramp wave retire {wanted.wave.key} --execute asks for it"
        return approvals.Refused(f"nobody has asked to retire {wanted.wave.key}", hint)
    return approving.weigh(desk, wanted.asked, wanted.approvals, name=name, signature=signature)


def record_approval(desk: Desk, wanted: Retirement, found: ApprovalGiven | approvals.Refused) -> Entry:
    """Record the yes, or why it does not count."""
    if isinstance(found, ApprovalGiven):
        return desk.ledger.append(found, actor=desk.actor, at=desk.now())
    return _record_refusal(desk, wanted, Refused(Stage.RETIRE, found.because, found.hint))


def begin(desk: Desk, wanted: Retirement, *, name: str) -> Entry:
    """
    Delete exactly the listed phones.

    Args:
        desk: The parts.
        wanted: What was proposed.
        name: What somebody typed; it must be the wave's own key.
    """
    refused = wanted.refused
    if refused is None and name != wanted.wave.key:
        because = f"this cannot be undone, so the wave must be named: {name or 'nothing'} is not {wanted.wave.key}"
        refused = Refused(Stage.RETIRE, because, f"--name {wanted.wave.key}")
    if refused is None and not wanted.may_begin:
        because = f"{len(wanted.approved_by)} of {RETIRE.count} people have approved exactly this list"
        hint = f"offramp wave approve {wanted.wave.key} --as NAME --signature FILE --execute"
        refused = Refused(Stage.RETIRE, because, hint)
    if refused is not None:
        return _record_refusal(desk, wanted, refused)
    event = RetireBegun(wanted.wave.key, wanted.lane.idp, wanted.digest)
    intent = desk.ledger.append(event, actor=desk.actor, at=desk.now())
    return finish(desk, intent.number, event)


def finish(desk: Desk, intent: int, event: RetireBegun) -> Entry:
    """Delete what is left of the list, person by person; whose phone became their last way in keeps it."""
    state = intents.look(desk)
    asked = state.retiring[event.wave]
    accounts = [one["account"] for one in asked.request["phones"]]
    held = desk.idp.held(accounts)
    accepted = ACCEPTED[AIMS[find(state, event.wave).cohort].target]
    going = [one for one in asked.request["phones"] if held.get(one["account"], frozenset()) & accepted]
    factors = [(one["account"], factor["id"]) for one in going for factor in one["factors"]]
    desk.say(f"deleting {len(factors)} phones of {len(going)} people")
    desk.idp.remove_factors(factors)
    left = desk.idp.phones([one["account"] for one in going])
    listed = {factor for _, factor in factors}
    standing = sum(phone.factor_id in listed for phones in left.values() for phone in phones)
    if standing:
        raise NotFound(
            f"{standing} phones are still there",
            context=f"wave {event.wave}",
            hint="this command again deletes what is left",
        )
    outcome = Retired(
        wave=event.wave,
        lane=event.lane,
        intent=intent,
        deleted_count=len(factors),
        skipped_count=len(asked.request["skipped"]) + len(accounts) - len(going),
    )
    return desk.ledger.append(outcome, actor=desk.actor, at=desk.now())


def _record_refusal(desk: Desk, wanted: Retirement, refused: Refused) -> Entry:
    event = AdvanceRefused(wanted.wave.key, wanted.lane.idp, Stage.RETIRE, refused.because)
    return desk.ledger.append(event, actor=desk.actor, at=desk.now())


def shown_digest(wanted: Retirement, verb: str) -> str:
    """Return what `--expect` takes."""
    return digest_of([verb, wanted.wave.key, wanted.digest, list(wanted.approved_by)])
