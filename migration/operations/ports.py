"""Without this file the use cases would know their outside parties by name: what each must be able to do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from migration.approvals import SignatureCheck
from migration.baseline import Baseline
from migration.calendar import Calendar
from migration.ledger import Ledger
from migration.log_events import LogEvent
from migration.manifest import Manifest
from migration.model import Creating, Phone, Step
from migration.rounds import Rounds, usual
from migration.tickets import TicketSource
from migration.waves import Strategy


class Engine(Protocol):
    """Whoever turns the manifest into writes."""

    def outputs(self) -> Mapping[str, Any]:
        """Return what the stack exports; empty when it was never updated."""

    def foresee(self) -> Sequence[Step]:
        """Return what an update would do, without what stays the same."""

    def up(self, *, refresh: bool = False) -> Sequence[Step]:
        """Carry the manifest out; return what was done. With *refresh* ask first what the tenant holds already."""

    def recover(self) -> Sequence[str]:
        """
        Make the stack usable after an update that did not end, and say in words what was found.

        An engine that is alive is waited for; the lock of a dead one is removed.

        Raises:
            EngineFailed: One is alive still, after a long wait, or somewhere else.
        """

    def creating(self) -> Sequence[Creating]:
        """Return what an update was creating when it died: it may exist without the engine knowing its id."""

    def adopt(self, found: Mapping[str, str]) -> None:
        """Take over objects that exist, by the engine's name and the vendor's id; forget those that do not."""

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

    def held(self, account_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Return what each account has enrolled now, in our words; one that cannot sign in any more is left out."""

    def remove_methods(self, account_ids: Sequence[str], methods: frozenset[str]) -> int:
        """Delete enrolled factors of *methods*, person by person; return how many were still there."""

    def phones(self, account_ids: Sequence[str]) -> Mapping[str, Sequence[Phone]]:
        """Return the enrolled phone factors of each account that has any."""

    def remove_factors(self, factors: Sequence[tuple[str, str]]) -> int:
        """Delete these factors, (account id, factor id) each; return how many were still there."""

    def end_sessions(self, account_ids: Sequence[str]) -> int:
        """End every live session of the accounts; return how many accounts were asked for."""

    def log(self, since: datetime, until: datetime, kinds: frozenset[str]) -> Iterator[LogEvent]:
        """Yield what happened between two moments, oldest first."""

    def created(self, kind: str, inputs: Mapping[str, Any]) -> str | None:
        """Return the id of an object of ours that was being created, looked for by name; None: there is none."""

    def zone(self, name: str) -> str | None:
        """Return the id of the network zone called *name*, or None."""

    def simulate(self, app: str, account_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return account id → id of the rule that would decide at the app labelled *app*; None where none would."""

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
class Surroundings:
    """What the project says about its tenant and its team.

    Attributes:
        desk_zone: The name of the registration desk's network zone; None: there is no supervised desk.
        canary: The label of the app that carries ENFORCE ahead of time; None: nothing is simulated.
        longest_silence: After this long without a tick nobody is moved forward.
        exception_share: Of a cohort's people, at most so many may be excused at once.
    """

    desk_zone: str | None = None
    canary: str | None = None
    longest_silence: timedelta = timedelta(hours=26)
    exception_share: float = 0.02


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
    gates: Path = Path("gates.toml")
    approvers: Path = Path("approvers.toml")
    tickets: TicketSource | None = None
    signatures: SignatureCheck | None = None
    around: Surroundings = Surroundings()
    rounds: Callable[[date], Rounds] = usual
