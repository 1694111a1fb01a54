"""Without this file people outside a step would be moved by hand: joiners, leavers and movers, add before remove."""

from collections.abc import Mapping, Sequence

from migration.ledger import Entry
from migration.model import Document
from migration.operations import intents
from migration.operations.ports import Desk
from migration.people_events import MembershipRequested, MembershipVerified


def place(
    desk: Desk,
    purpose: str,
    moves: Sequence[Document],
    *,
    new_waves: Sequence[Document] = (),
    approved_by: str | None = None,
) -> Entry | None:
    """Record who goes where and why, move them, read back, and record that; nothing where nobody moves."""
    if not moves:
        return None
    event = MembershipRequested(purpose, tuple(moves), tuple(new_waves), approved_by)
    intent = desk.ledger.append(event, actor=desk.actor, at=desk.now())
    return finish(desk, intent.number, event)


def finish(desk: Desk, intent: int, event: MembershipRequested) -> Entry:
    """Carry out what is left of it: every join, verified, before any leave."""
    sets = desk.engine.outputs().get("sets", {})
    for key, wanted in _by_set(event.moves, "join").items():
        group = sets[key]["group"]
        intents.join(desk, group, wanted - desk.idp.members(group))
        intents.require_some(desk, group, wanted)
    for key, gone in _by_set(event.moves, "leave").items():
        group = sets[key]["group"]
        desk.idp.leave(group, sorted(gone & desk.idp.members(group)))
        intents.require_none(desk, group, gone)
    verified = MembershipVerified(intent=intent, member_count=len(event.moves))
    return desk.ledger.append(verified, actor=desk.actor, at=desk.now())


def _by_set(moves: Sequence[Document], way: str) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for one in moves:
        if one[way]:
            found.setdefault(one[way], set()).add(one["account"])
    return {key: frozenset(accounts) for key, accounts in sorted(found.items())}
