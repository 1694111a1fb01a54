"""Without this file moving a wave would take hours or be throttled: who joins and leaves one group, resumably."""

from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_export_pace import Pace
from migration.adapters.okta_sending import MANY, Call, Outcome, send_all
from migration.errors import IdpRefused

# What one token may take, the tenant's administrators say; Okta's answers tell it, and half of each limit is usual.
SHARE = 1.0
_REASONS = 3


def sync(
    client: OktaClient,
    group_id: str,
    *,
    join: Sequence[str] = (),
    leave: Sequence[str] = (),
    pace: Pace,
    progress: Callable[[int], None] = lambda _settled: None,
) -> Outcome:
    """
    Put accounts into a group and take others out of it, one call each: the vendor has no bulk call.

    Who is where they shall be is passed over, so that a run after a killed one repeats nothing.

    Args:
        client: The tenant.
        group_id: The vendor's id of the group.
        join: Ids of accounts; they are asked for before those that leave.
        leave: Ids of accounts; one that is gone has left.
        pace: Decides when each call may leave; one for all calls to a tenant.
        progress: Told how many memberships are settled.

    Returns:
        How many memberships were changed.

    Raises:
        IdpRefused: Some accounts could not be moved; all others are.
        IdpUnavailable: The tenant is away, or throttles for minutes.
    """
    wanted = {**dict.fromkeys(join, True), **dict.fromkeys(leave, False)}
    calls = [_call(client, group_id, account_id, pace, is_member=joins) for account_id, joins in wanted.items()]
    if len(calls) < MANY:
        # Few people may be in a large group: they are asked for themselves.
        calls = [call for call in calls if call.is_done is None or not call.is_done()]
    else:
        present = _members(client, group_id, pace)
        calls = [call for call, (who, joins) in zip(calls, wanted.items(), strict=True) if joins != (who in present)]
    outcome = send_all(client, calls, pace, progress=progress)
    if outcome.failures:
        raise _unmoved(group_id, len(calls), outcome)
    return outcome


def _call(client: OktaClient, group_id: str, account_id: str, pace: Pace, *, is_member: bool) -> Call:
    return Call(
        "PUT" if is_member else "DELETE",
        f"/api/v1/groups/{group_id}/users/{account_id}",
        lambda: (group_id in _groups(client, account_id, pace)) == is_member,
    )


def _members(client: OktaClient, group_id: str, pace: Pace) -> frozenset[str]:
    return _ids(client, f"/api/v1/groups/{group_id}/users?{urlencode({'limit': 1000})}", pace)


def _groups(client: OktaClient, account_id: str, pace: Pace) -> frozenset[str]:
    """Return the groups of an account; one that is gone has none."""
    return _ids(client, f"/api/v1/users/{account_id}/groups", pace, absent_is_fine=True)


def _ids(client: OktaClient, path: str, pace: Pace, *, absent_is_fine: bool = False) -> frozenset[str]:
    found: list[str] = []
    following: str | None = path
    while following:
        page = client.page(following, pace=pace, absent_is_fine=absent_is_fine)
        found.extend(row["id"] for row in page.rows)
        following = page.following
    return frozenset(found)


def _unmoved(group_id: str, asked_count: int, outcome: Outcome) -> IdpRefused:
    reasons = Counter(failure.because for failure in outcome.failures)
    said = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(_REASONS))
    first = ", ".join(failure.call.path.rpartition("/")[2] for failure in outcome.failures[:_REASONS])
    return IdpRefused(
        f"{len(outcome.failures)} of {asked_count} accounts could not be moved, all others are: {said}",
        context=f"group {group_id}, accounts {first}",
        hint="look at these accounts in the tenant; the same command then goes on with them alone",
    )
