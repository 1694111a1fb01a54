"""Without this file the use cases would know their outside parties by name: what each must be able to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from migration.baseline import Baseline
from migration.calendar import Calendar
from migration.ledger import Ledger
from migration.manifest import Manifest
from migration.model import Step
from migration.waves import Strategy


class Engine(Protocol):
    """Whoever turns the manifest into writes."""

    def outputs(self) -> Mapping[str, Any]:
        """Return what the stack exports; empty when it was never updated."""

    def foresee(self) -> Sequence[Step]:
        """Return what an update would do, without what stays the same."""

    def up(self) -> Sequence[Step]:
        """Carry the manifest out; return what was done."""

    def drift(self) -> Sequence[Step]:
        """Return what differs between the tenant and what is declared, field by field."""

    def facts(self) -> Mapping[str, str]:
        """Return name and version of the engine and of each plugin, for people."""


class IdentityProvider(Protocol):
    """Whoever holds people, groups and policies."""

    def members(self, group_id: str) -> frozenset[str]:
        """Return the account ids in a group, as read back."""

    def join(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Put accounts into a group; one that is in it already stays."""

    def leave(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Take accounts out of a group; one that is not in it stays out."""

    def statuses(self, owned: Mapping[str, str], baseline: Baseline) -> Mapping[str, str]:
        """Return ACTIVE or INACTIVE, as read back, for each policy and rule of one set of ours."""

    def capture(
        self, stack: str, *, cohorts: Mapping[str, frozenset[str]], ours: frozenset[str], at: datetime
    ) -> Baseline:
        """Read what decides today for the people of *cohorts*, leaving out what is *ours*."""

    def pull(self, folder: Path) -> Mapping[str, int]:
        """Write users, factors, groups and roles as an export; return how many lines each file has."""

    def target(self) -> str:
        """Return the address of the tenant, for people."""

    def is_identity_engine(self) -> bool:
        """Ask the tenant whether it is on the engine that we know."""


class Documents(Protocol):
    """The reviewed files between the planner and the stacks."""

    def manifest(self) -> Manifest:
        """Read the published manifest."""

    def publish(self, manifest: Manifest) -> None:
        """Write the manifest, whole or not at all."""

    def withdraw(self) -> None:
        """Remove the manifest: the first one was never carried out."""

    def has_manifest(self) -> bool:
        """Say whether a manifest is published."""

    def baseline(self) -> Baseline:
        """Read the reviewed baseline."""

    def keep_baseline(self, baseline: Baseline) -> None:
        """Write the baseline for review."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a use case needs, put together once by `bootstrap`."""

    stack: str
    actor: str
    now: Callable[[], datetime]
    ledger: Ledger
    engine: Engine
    idp: IdentityProvider
    documents: Documents
    snapshots: Path
    rules: Path
    calendar: Calendar
    strategy: Strategy
    say: Callable[[str], None] = lambda _: None
