"""Without this file the one-way door would have no paper: which phones were to go, who signed for it, what went."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from migration.exception_events import ApprovalGiven
from migration.ledger import Entry
from migration.model import Document
from migration.people_events import RetireBegun, Retired, RetireRequested
from migration.policy_exceptions import Approval
from migration.programme import retire_key


@dataclass(frozen=True, slots=True)
class Door:
    """
    One request to delete the phones of a settled wave, with whatever was said to exactly this list.

    Attributes:
        subject: "retire-WAVE", under which it is approved.
        request: The exact request; what is signed is its text.
        requested_at: ISO time.
        approvals: In the order in which they were given.
        state: "requested", "deleting", "done", or "replaced" by a later list of the same wave.
        deleted_count: Phones that went.
        skipped_count: People who kept theirs; before it is done, those of the list.
    """

    subject: str
    wave: str
    request: Document
    request_digest: str
    requester: str
    requested_at: str
    phones_count: int
    skipped_count: int
    approvals: tuple[Approval, ...] = field(default=())
    state: str = "requested"
    done_at: str | None = None
    deleted_count: int = 0


def doors(entries: Iterable[Entry]) -> tuple[Door, ...]:
    """Return every list that was ever asked for, oldest first."""
    found: list[Door] = []
    for entry in entries:
        match entry.event:
            case RetireRequested() as asked:
                found = [_replaced(one) if one.wave == asked.wave else one for one in found]
                found.append(_door(asked, entry.at))
            case ApprovalGiven() as given:
                found = [_approved(one, given, entry.at) for one in found]
            case RetireBegun(wave=wave):
                found = [replace(one, state="deleting") if _is_current(one, wave) else one for one in found]
            case Retired(wave=wave) as gone:
                found = [_done(one, gone, entry.at) if _is_current(one, wave) else one for one in found]
            case _:
                continue
    return tuple(found)


def _door(asked: RetireRequested, at: str) -> Door:
    phones = asked.request["phones"]
    return Door(
        subject=retire_key(asked.wave),
        wave=asked.wave,
        request=asked.request,
        request_digest=asked.request_digest,
        requester=str(asked.request["requester"]),
        requested_at=at,
        phones_count=sum(len(one["factors"]) for one in phones),
        skipped_count=len(asked.request["skipped"]),
    )


def _is_current(one: Door, wave: str) -> bool:
    return one.wave == wave and one.state not in {"replaced", "done"}


def _replaced(one: Door) -> Door:
    return one if one.state == "done" else replace(one, state="replaced")


def _approved(one: Door, given: ApprovalGiven, at: str) -> Door:
    if given.subject != one.subject or given.request_digest != one.request_digest or one.state != "requested":
        return one
    yes = Approval(given.approver, given.roles, given.proof, at, given.request_digest, given.signature)
    return replace(one, approvals=(*one.approvals, yes))


def _done(one: Door, gone: Retired, at: str) -> Door:
    return replace(one, state="done", done_at=at, deleted_count=gone.deleted_count, skipped_count=gone.skipped_count)
