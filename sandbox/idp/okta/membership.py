"""Without this file membership would be kept in as many ways as there are callers."""

from sandbox.idp.okta.wire import stamp
from sandbox.idp.state import State


def join(state: State, user_id: str, group_id: str) -> bool:
    """Put one person into one group and say whether that changed anything."""
    held: tuple[str, ...] = state.all("memberships").get(user_id, ())
    if group_id in held:
        return False
    state.put("memberships", user_id, (*held, group_id))
    _touch(state, group_id)
    return True


def leave(state: State, user_id: str, group_id: str) -> bool:
    """Take one person out of one group and say whether that changed anything."""
    held: tuple[str, ...] = state.all("memberships").get(user_id, ())
    if group_id not in held:
        return False
    state.put("memberships", user_id, tuple(group for group in held if group != group_id))
    _touch(state, group_id)
    return True


def leave_all(state: State, user_id: str) -> None:
    """Forget one person's groups."""
    state.drop("memberships", user_id)


def empty(state: State, group_id: str) -> None:
    """Take everybody out of one group."""
    for user_id, held in list(state.all("memberships").items()):
        if group_id in held:
            state.put("memberships", user_id, tuple(group for group in held if group != group_id))


def _touch(state: State, group_id: str) -> None:
    group = state.all("groups").get(group_id)
    if group is not None:
        state.put("groups", group_id, {**group, "lastMembershipUpdated": stamp(state.at)})
