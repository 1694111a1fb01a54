"""Without this file the planner could not read Okta back or move anyone in it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from migration.adapters import okta_capture, okta_export
from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_export_pace import BUDGET_SHARE, Pace
from migration.baseline import Baseline

_ACCOUNT_RULES = frozenset({"no new phone", "enrol", "unenrol", "recover"})
_OWN_POLICIES = frozenset({"password", "enrolment", "session"})


class Okta:
    """One Okta tenant, as the planner uses it."""

    def __init__(self, connect: Callable[[], OktaClient], url: str) -> None:
        self._connect = connect
        self._url = url

    @cached_property
    def _client(self) -> OktaClient:
        return self._connect()

    def target(self) -> str:
        """Return the address of the tenant."""
        return self._url

    def is_identity_engine(self) -> bool:
        """Ask the tenant whether it is on Identity Engine."""
        return bool(self._client.get("/.well-known/okta-organization").get("pipeline") == "idx")

    def members(self, group_id: str) -> frozenset[str]:
        """Return the account ids in a group, as read back."""
        return frozenset(
            user["id"] for user in self._client.pages(f"/api/v1/groups/{group_id}/users", {"limit": "1000"})
        )

    def join(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Put accounts into a group, one call each: Okta has no bulk call."""
        for account_id in account_ids:
            self._client.put(f"/api/v1/groups/{group_id}/users/{account_id}")

    def leave(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Take accounts out of a group, one call each."""
        for account_id in account_ids:
            self._client.delete(f"/api/v1/groups/{group_id}/users/{account_id}")

    def statuses(self, owned: Mapping[str, str], baseline: Baseline) -> Mapping[str, str]:
        """Return the status of each policy and rule of one set, as the tenant shows it."""
        found = {}
        for name, object_id in owned.items():
            if name != "group":
                found[name] = str(self._client.get(_place(name, object_id, owned, baseline))["status"])
        return found

    def capture(
        self, stack: str, *, cohorts: Mapping[str, frozenset[str]], ours: frozenset[str], at: datetime
    ) -> Baseline:
        """Read what decides today for the people of *cohorts*, leaving out what is *ours*."""
        return okta_capture.capture(self._client, stack, cohorts=cohorts, ours=ours, at=at)

    def pull(
        self,
        folder: Path,
        *,
        log_days: int = 0,
        budget_share: float = BUDGET_SHARE,
        at: datetime | None = None,
        say: Callable[[str], None] = lambda _: None,
        progress: Callable[[str, int, int | None], None] = lambda _name, _answered, _total: None,
    ) -> Mapping[str, int]:
        """Write people, what they hold and may do as an export; return how many lines each file has."""
        return okta_export.pull(
            self._client,
            folder,
            at=at or datetime.now(UTC),
            log_days=log_days,
            pace=Pace(budget_share),
            say=say,
            progress=progress,
        )

    def foresee_pull(self, folder: Path, *, log_days: int = 0) -> Sequence[str]:
        """Say what a pull would ask for and where it would write; nothing is asked."""
        return okta_export.foresee(self._url, folder, log_days=log_days)


def _place(name: str, object_id: str, owned: Mapping[str, str], baseline: Baseline) -> str:
    if name in _ACCOUNT_RULES:
        return f"/api/v1/policies/{baseline.account_management.policy_id}/rules/{object_id}"
    if name in _OWN_POLICIES:
        return f"/api/v1/policies/{object_id}"
    if name.removesuffix(" rule") in _OWN_POLICIES:
        return f"/api/v1/policies/{owned[name.removesuffix(' rule')]}/rules/{object_id}"
    app = next(app for app in baseline.apps if name.endswith(f" {app.key}"))
    return f"/api/v1/policies/{app.policy_id}/rules/{object_id}"
