"""Without this file the use cases would know their outside parties by name: what each must be able to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from migration.baseline import Baseline
from migration.calendar import Calendar
from migration.ledger import Ledger
from migration.manifest import Manifest
from migration.model import Step
from migration.rounds import Rounds, usual
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

    def pull(
        self,
        folder: Path,
        *,
        log_days: int = ...,
        budget_share: float = ...,
        at: datetime | None = ...,
        say: Callable[[str], None] = ...,
        progress: Callable[[str, int, int | None], None] = ...,
    ) -> Mapping[str, int]:
        """
        Write people, what they hold and may do as an export; one that was interrupted goes on where it stopped.

        Args:
            folder: Nothing in it changes before everything is read.
            log_days: How many days of the log to read, for the last use of each factor; 0: none.
            budget_share: Of what the tenant allows a minute, in (0, 1].
            at: Now; the log is read up to here. None: by this machine's clock.
            say: Told whether an interrupted pull goes on, and why not.
            progress: Told the name of a list, how many calls are answered, and of how many where that is known.

        Returns:
            File name → lines.
        """

    def foresee_pull(self, folder: Path, *, log_days: int = ...) -> Sequence[str]:
        """Say what a pull would ask for and where it would write; nothing is asked."""

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
class ExportFrame:
    """How exports are read: an organisation's own column maps, and what may be missing or old.

    Attributes:
        sources: A folder of column maps beside ours; None is ours alone.
        region: Where a telephone number is that does not say its country.
        max_rejects: The largest share of a file's rows that may be unusable.
        longest_evidence_days: How old what is known of methods may be.
    """

    sources: Path | None = None
    region: str = "US"
    max_rejects: float = 0.005
    longest_evidence_days: int = 30


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
    export: ExportFrame = ExportFrame()
    rounds: Callable[[date], Rounds] = usual
