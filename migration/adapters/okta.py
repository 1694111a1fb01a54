"""Without this file the planner could not read Okta back or move anyone in it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from migration.adapters import (
    okta_capture,
    okta_created,
    okta_export,
    okta_holdings,
    okta_log,
    okta_membership,
    okta_simulation,
)
from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_export_pace import BUDGET_SHARE, Pace
from migration.baseline import Baseline
from migration.log_events import LogEvent
from migration.model import Phone
from migration.set_names import ACCOUNT_RULES, GROUP, POLICY_RULES, POLICY_TYPES, app_of


class Okta:
    """One Okta tenant, as the planner uses it."""

    def __init__(self, connect: Callable[[], OktaClient], url: str, supposed_ip: str | None = None) -> None:
        self._connect = connect
        self._url = url
        self._supposed = okta_simulation.Supposed(ip=supposed_ip)
        self._pace = Pace(okta_membership.SHARE)

    @cached_property
    def _client(self) -> OktaClient:
        return self._connect()

    @contextmanager
    def _paced(self) -> Iterator[Pace]:
        """Lend the pace that all writes about people share: they count against the same limits."""
        try:
            yield self._pace
        except BaseException:
            self._pace = Pace(okta_membership.SHARE)  # the old one may have been stopped for good
            raise

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
        """Put accounts into a group, passing over who is in it; one that fails does not stop the others."""
        with self._paced() as pace:
            okta_membership.sync(self._client, group_id, join=account_ids, pace=pace)

    def leave(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Take accounts out of a group, passing over who is not in it; one that fails does not stop the others."""
        with self._paced() as pace:
            okta_membership.sync(self._client, group_id, leave=account_ids, pace=pace)

    def held(self, account_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Return what each account has enrolled now; one that cannot sign in any more is left out."""
        return okta_holdings.held(self._client, account_ids)

    def phones(self, account_ids: Sequence[str]) -> Mapping[str, Sequence[Phone]]:
        """Return the enrolled phone factors of each account that has any."""
        return okta_holdings.phones(self._client, account_ids)

    def remove_methods(self, account_ids: Sequence[str], methods: frozenset[str]) -> int:
        """Delete enrolled factors of *methods*, person by person; return how many were still there."""
        with self._paced() as pace:
            return okta_holdings.remove_methods(self._client, account_ids, methods, pace)

    def remove_factors(self, factors: Sequence[tuple[str, str]]) -> int:
        """Delete these factors, (account id, factor id) each; return how many were still there."""
        with self._paced() as pace:
            return okta_holdings.remove_factors(self._client, factors, pace)

    def end_sessions(self, account_ids: Sequence[str]) -> int:
        """End every live session of the accounts; return how many accounts were asked for."""
        with self._paced() as pace:
            return okta_holdings.end_sessions(self._client, account_ids, pace)

    def log(self, since: datetime, until: datetime, kinds: frozenset[str]) -> Iterator[LogEvent]:
        """Yield what happened between two moments, oldest first."""
        return okta_log.events(self._client, since=since, until=until, kinds=kinds)

    def created(self, kind: str, inputs: Mapping[str, Any]) -> str | None:
        """Return the id of an object of ours that was being created, looked for by name; None: there is none."""
        return okta_created.find(self._client, kind, inputs)

    def zone(self, name: str) -> str | None:
        """Return the id of the network zone called *name*, or None."""
        zones = self._client.pages("/api/v1/zones", {"limit": "200"})
        return next((str(zone["id"]) for zone in zones if zone.get("name") == name), None)

    def simulate(self, app: str, account_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return account id → id of the rule that would decide at the app labelled *app*; None where nobody can say."""
        apps = self._client.pages("/api/v1/apps", {"q": app, "limit": "200"})
        app_id = next((str(found["id"]) for found in apps if found.get("label") == app), None)
        if app_id is None:
            return dict.fromkeys(account_ids)
        subjects = [okta_simulation.Subject(account) for account in account_ids]
        found = okta_simulation.deciding_rules(self._client, app_id, subjects, supposed=self._supposed)
        return {
            account: one.rule_id if isinstance(one, okta_simulation.RuleFound) else None
            for account, one in zip(account_ids, found, strict=True)
        }

    def statuses(self, owned: Mapping[str, str], baseline: Baseline) -> Mapping[str, str]:
        """Return the status of each policy and rule of one set, as the tenant shows it."""
        found = {}
        for name, object_id in owned.items():
            if name != GROUP:
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
    if name in ACCOUNT_RULES:
        return f"/api/v1/policies/{baseline.account_management.policy_id}/rules/{object_id}"
    if name in POLICY_TYPES:
        return f"/api/v1/policies/{object_id}"
    if name in POLICY_RULES:
        return f"/api/v1/policies/{owned[name.removesuffix(' rule')]}/rules/{object_id}"
    return f"/api/v1/policies/{app_of(name, baseline.apps).policy_id}/rules/{object_id}"
