"""Without this file a ledger could tell a history that must not be: what is wrong with a record, read alone."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from migration.ledger import Entry, verify
from migration.lifecycle import BACK, NEXT
from migration.posture import Stage
from migration.programme import OKTA, fold

TWO = 2
LONGEST = timedelta(days=30)


def faults(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield everything that is wrong with a history."""
    verify(entries, ())
    yield from _stages(entries)
    yield from _outcomes(entries)
    yield from _retirements(entries)
    for one in fold(entries).exceptions.values():
        if one.ends_at - one.starts_at > LONGEST:
            yield f"{one.key} lasts longer than 30 days"
        if one.granted_at and len({given.approver for given in one.approvals}) < one.asked.policy.count:
            yield f"{one.key} was granted without enough approvals"


def _stages(entries: Sequence[Entry]) -> Iterator[str]:
    """No stage is skipped, and nothing leads back but what `BACK` names."""
    reached: dict[str, Stage] = {}
    for entry in entries:
        if entry.kind in {"StageEntered", "Retired"}:
            wave = entry.body["wave"]
            before = reached.get(wave, Stage.PLANNED)
            to = Stage.RETIRE if entry.kind == "Retired" else Stage[entry.body["stage"]]
            if to not in (*NEXT[OKTA][before], BACK[OKTA].get(before)):
                yield f"{wave} went from {before.name} to {to.name}"
            reached[wave] = to
        elif entry.kind in {"StageRequested", "SettleRequested"} and reached.get(entry.body["wave"]) is Stage.RETIRE:
            yield f"{entry.body['wave']} was asked to move after it had retired"


def _outcomes(entries: Sequence[Entry]) -> Iterator[str]:
    """Every intent has one outcome at most; a failure is none."""
    ended: dict[int, str] = {}
    for entry in entries:
        intent = entry.body.get("intent")
        if intent is None or entry.kind == "StageFailed":
            continue
        if intent in ended:
            yield f"intent {intent} has two outcomes: {ended[intent]} and {entry.kind}"
        ended[intent] = entry.kind


def _retirements(entries: Sequence[Entry]) -> Iterator[str]:
    """Two others have approved exactly the list before anything of it goes."""
    requester: dict[str, str] = {}
    approved: dict[str, set[str]] = {}
    for entry in entries:
        body = entry.body
        if entry.kind == "RetireRequested":
            requester[body["request_digest"]] = body["request"]["requester"]
        elif entry.kind == "ApprovalGiven":
            approved.setdefault(body["request_digest"], set()).add(body["approver"])
        elif entry.kind == "RetireBegun":
            digest = body["request_digest"]
            agreed = approved.get(digest, set()) - {requester[digest]}
            if len(agreed) < TWO:
                yield f"{body['wave']} retires with the yes of {len(agreed)}"


def listed(entries: Sequence[Entry]) -> set[tuple[str, str]]:
    """Return every phone, as account and factor id, of every list that somebody has begun to delete."""
    asked: dict[str, Entry] = {}
    found = set()
    for entry in entries:
        if entry.kind == "RetireRequested":
            asked[entry.body["request_digest"]] = entry
        elif entry.kind == "RetireBegun":
            phones = asked[entry.body["request_digest"]].body["request"]["phones"]
            found |= {(one["account"], factor["id"]) for one in phones for factor in one["factors"]}
    return found
