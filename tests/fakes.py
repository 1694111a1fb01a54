"""Without this file every use case would need tenant, engine and disk: small real implementations of the ports."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock, get_ident

from migration.approvers import Approver
from migration.baseline import Baseline, BaselineUnreadable
from migration.errors import IdpRefused
from migration.events import Event
from migration.ledger import Entry, TurnTaken, seal
from migration.log_events import LogEvent
from migration.manifest import Manifest, ManifestUnreadable, SetContent
from migration.model import Creating, Phone, Step
from migration.posture import Decides
from migration.set_names import GROUP, decides, names


class MemoryLedger:
    """The ledger as JSON lines in memory; what was appended cannot be changed through what is returned."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._place = Lock()
        self._holder: tuple[int, str, datetime] | None = None  # thread, actor, since

    def entries(self) -> Sequence[Entry]:
        """Return every entry, oldest first."""
        return [Entry(**json.loads(line)) for line in self._lines]

    def append(self, event: Event, *, actor: str, at: datetime) -> Entry:
        """Seal *event* behind the last entry; two writers at once take turns."""
        with self._place:
            last = Entry(**json.loads(self._lines[-1])) if self._lines else None
            entry = seal(event, after=last, actor=actor, at=at)
            fields = {name: getattr(entry, name) for name in Entry.__slots__}
            self._lines.append(json.dumps(fields))
            return entry

    @contextmanager
    def turn(self, actor: str, at: datetime, *, thread: int | None = None) -> Iterator[None]:
        """Let nobody else take a turn until the context ends; *thread* 0 stands for somebody on another machine."""
        mine = get_ident() if thread is None else thread
        with self._place:
            before = self._holder
            if before is not None and before[0] != mine:
                raise TurnTaken.by(before[1], since=before[2].isoformat(), where="memory")
            self._holder = before or (mine, actor, at)
        try:
            yield
        finally:
            self._holder = before


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    at: datetime

    def __call__(self) -> datetime:
        """Return now."""
        return self.at

    def forward(self, **time: float) -> None:
        """Move on by hours, days, ..."""
        self.at += timedelta(**time)


class FakeDocuments:
    """Manifest and baseline without a disk."""

    def __init__(self, baseline: Baseline | None = None) -> None:
        self._manifest: Manifest | None = None
        self._baseline = baseline

    def manifest(self) -> Manifest:
        """Read the published manifest."""
        if self._manifest is None:
            raise ManifestUnreadable("There is no manifest", context="memory", hint="offramp plan propose")
        return self._manifest

    def has_manifest(self) -> bool:
        """Say whether a manifest is published."""
        return self._manifest is not None

    def publish(self, manifest: Manifest) -> None:
        """Keep the manifest."""
        self._manifest = manifest

    def withdraw(self) -> None:
        """Forget the manifest."""
        self._manifest = None

    def baseline(self) -> Baseline:
        """Read the reviewed baseline."""
        if self._baseline is None:
            raise BaselineUnreadable("There is no baseline", context="memory", hint="offramp baseline capture")
        return self._baseline

    def keep_baseline(self, baseline: Baseline) -> None:
        """Keep the baseline."""
        self._baseline = baseline


@dataclass
class FakeIdp:
    """A tenant: groups with members, policies and rules with a status, and what decides today."""

    live: Baseline
    groups: dict[str, set[str]] = field(default_factory=dict)
    standing: dict[str, str] = field(default_factory=dict)  # id of a policy or rule → status
    holdings: dict[str, set[str]] = field(default_factory=dict)  # account that can sign in → methods
    sessions: set[str] = field(default_factory=set)  # accounts with a live session
    happened: list[LogEvent] = field(default_factory=list)
    zones: dict[str, str] = field(default_factory=dict)
    deciding: dict[tuple[str, str], str] = field(default_factory=dict)  # app and account → rule
    existing: dict[str, str] = field(default_factory=dict)  # name → id of what a dead update made
    moves: list[tuple[str, str, int]] = field(default_factory=list)
    lost_joins: int = 0  # this many accounts of the next joins are accepted and never seen again
    deleted: set[str] = field(default_factory=set)  # accounts that are gone altogether

    def members(self, group_id: str) -> frozenset[str]:
        """Return who is in a group."""
        return frozenset(self.groups[group_id])

    def join(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Put accounts into a group."""
        self.moves.append(("join", group_id, len(account_ids)))
        kept = list(account_ids)[self.lost_joins :]
        self.lost_joins = max(0, self.lost_joins - len(account_ids))
        self.groups[group_id] |= set(kept) - self.deleted
        refused = self.deleted & set(kept)
        if refused:
            raise IdpRefused(
                f"{len(refused)} of {len(kept)} accounts could not be moved, all others are: not found",
                context=f"group {group_id}",
                hint="look at these accounts in the tenant; the same command then goes on with them alone",
            )

    def delete(self, account_id: str) -> None:
        """Delete an account: it is in no group any more, and cannot be put into one."""
        self.deleted.add(account_id)
        self.holdings.pop(account_id, None)
        for group in self.groups.values():
            group.discard(account_id)

    def leave(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Take accounts out of a group."""
        self.moves.append(("leave", group_id, len(account_ids)))
        self.groups[group_id] -= set(account_ids)

    def statuses(self, owned: Mapping[str, str], baseline: Baseline) -> Mapping[str, str]:
        """Return the status of each policy and rule of one set."""
        del baseline
        return {name: self.standing[object_id] for name, object_id in owned.items() if name != "group"}

    def held(self, account_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Return what each account has enrolled now."""
        return {account: frozenset(self.holdings[account]) for account in account_ids if account in self.holdings}

    def remove_methods(self, account_ids: Sequence[str], methods: frozenset[str]) -> int:
        """Delete enrolled factors, and say how many were still there."""
        self.moves.append(("remove", ", ".join(sorted(methods)), len(account_ids)))
        held = [self.holdings[account] for account in account_ids if account in self.holdings]
        gone = sum(len(one & methods) for one in held)
        for one in held:
            one.difference_update(methods)
        return gone

    def end_sessions(self, account_ids: Sequence[str]) -> int:
        """End every live session of the accounts."""
        self.moves.append(("end sessions", "", len(account_ids)))
        self.sessions -= set(account_ids)
        return len(account_ids)

    def log(self, since: datetime, until: datetime, kinds: frozenset[str]) -> Iterator[LogEvent]:
        """Yield what happened between two moments."""
        yield from (event for event in self.happened if since <= event.at < until and event.kind in kinds)

    def phones(self, account_ids: Sequence[str]) -> Mapping[str, Sequence[Phone]]:
        """Return the phone factors of each account that has any."""
        found = {account: sorted(self.holdings.get(account, set()) & {"sms", "voice"}) for account in account_ids}
        return {
            account: [Phone(f"{method} of {account}", method) for method in methods]
            for account, methods in found.items()
            if methods
        }

    def remove_factors(self, factors: Sequence[tuple[str, str]]) -> int:
        """Delete these factors, and say how many were still there."""
        self.moves.append(("delete", "factors", len(factors)))
        gone = 0
        for account, factor_id in factors:
            method = factor_id.split(" of ")[0]
            gone += method in self.holdings.get(account, set())
            self.holdings.get(account, set()).discard(method)
        return gone

    def simulate(self, app: str, account_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return which rule would decide for each account."""
        return {account: self.deciding.get((app, account)) for account in account_ids}

    def created(self, kind: str, inputs: Mapping[str, object]) -> str | None:
        """Return the id of something of ours that exists."""
        del kind
        return self.existing.get(str(inputs.get("name")))

    def zone(self, name: str) -> str | None:
        """Return the id of a network zone."""
        return self.zones.get(name)

    def capture(
        self, stack: str, *, cohorts: Mapping[str, frozenset[str]], ours: frozenset[str], at: datetime
    ) -> Baseline:
        """Return what decides today."""
        del cohorts, ours
        return self.live.model_copy(update={"stack": stack, "captured_at": at.isoformat()})

    def pull(self, folder: Path, **terms: object) -> Mapping[str, int]:
        """Write an empty export."""
        del terms
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "users.jsonl").write_text("", encoding="utf-8")
        return {"users.jsonl": 0}

    def foresee_pull(self, folder: Path, *, log_days: int = 0) -> Sequence[str]:
        """Say where an export would come from."""
        return (f"{self.target()} → {folder}, {log_days} days of the log",)

    def target(self) -> str:
        """Return the address of the tenant."""
        return "http://localhost:1"

    def is_identity_engine(self) -> bool:
        """Say that it is on the engine that we know."""
        return True


class FakeEngine:
    """An engine that turns the published manifest into groups, statuses and outputs."""

    def __init__(self, documents: FakeDocuments, idp: FakeIdp) -> None:
        self.documents = documents
        self.idp = idp
        self.carried_out: Manifest | None = None
        self.foreseen: Sequence[Step] | None = None  # instead of what it would really do
        self.drifted: Sequence[Step] = ()
        self.dies_with: Exception | None = None
        self.ups = 0
        self.refreshed = 0  # updates that asked the tenant first
        self.left_behind: Sequence[str] = ()  # what a recovery finds
        self.cut_short: Sequence[Creating] = ()
        self.adopted: dict[str, str] = {}

    def recover(self) -> Sequence[str]:
        """Say what an update that died left behind, and forget it."""
        found, self.left_behind = self.left_behind, ()
        return found

    def creating(self) -> Sequence[Creating]:
        """Return what was being created."""
        return self.cut_short

    def adopt(self, found: Mapping[str, str]) -> None:
        """Take over what exists."""
        self.adopted.update(found)
        self.cut_short = ()

    def outputs(self) -> Mapping[str, object]:
        """Return what the stack exports; empty when it was never updated."""
        if self.carried_out is None:
            return {}
        sets = {content.key: _owned(content, self.documents.baseline()) for content in self.carried_out.sets}
        return {
            "manifest_digest": self.carried_out.digest,
            "baseline_digest": self.carried_out.baseline_digest,
            "sets": sets,
        }

    def foresee(self) -> Sequence[Step]:
        """Return what an update would do."""
        if self.foreseen is not None:
            return self.foreseen
        wanted = self.documents.manifest()
        if self.carried_out is None:
            return [Step("create", f"{content.key} group", "okta:group") for content in wanted.sets]
        before = {content.key: content.posture for content in self.carried_out.sets}
        changed = [content.key for content in wanted.sets if content.posture != before[content.key]]
        return [Step("update", f"{key} enrolment", "okta:policy", ("status",)) for key in changed]

    def up(self, *, refresh: bool = False) -> Sequence[Step]:
        """Carry the manifest out."""
        self.refreshed += refresh
        steps = self.foresee()
        self.ups += 1
        if self.dies_with is not None:
            raise self.dies_with
        manifest = self.documents.manifest()
        for content in manifest.sets:
            owned = _owned(content, self.documents.baseline())
            self.idp.groups.setdefault(owned.pop(GROUP), set())
            for name, object_id in owned.items():
                is_ours = decides(content.posture, name, canary=manifest.canary) is Decides.OURS
                self.idp.standing[object_id] = "ACTIVE" if is_ours else "INACTIVE"
        self.carried_out = manifest
        return steps

    def drift(self) -> Sequence[Step]:
        """Return what differs between the tenant and what is declared."""
        return self.drifted

    def facts(self) -> Mapping[str, str]:
        """Return name and version of the engine and its plugin."""
        return {"pulumi": "3.200.0", "plugin okta": "7.0.1"}


class FakeSignatures:
    """Signatures that anybody can read: who signed which text."""

    def verify(self, text: bytes, signature: str, approver: Approver, at: datetime) -> bool:
        """Say whether it is theirs, over this text, inside their dates."""
        return approver.is_valid(at) and signature == self.sign(approver.name, text.decode())

    @staticmethod
    def sign(name: str, text: str) -> str:
        """Sign a text."""
        return f"{name} signs {sha256(text.encode()).hexdigest()}"


def _owned(content: SetContent, baseline: Baseline) -> dict[str, str]:
    return {name: f"id of {content.key} {name}" for name in names(content, baseline.apps)}


def edited(entry: Entry, **changes: object) -> Entry:
    """Return an entry as somebody else would like it to have been."""
    return replace(entry, **changes)
