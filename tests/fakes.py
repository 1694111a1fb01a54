"""Without this file every use case would need tenant, engine and disk: small real implementations of the ports."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from migration.baseline import Baseline, BaselineUnreadable
from migration.events import Event
from migration.ledger import Entry, seal
from migration.manifest import Manifest, ManifestUnreadable
from migration.model import Step
from migration.posture import Decides, Posture


class MemoryLedger:
    """The ledger as JSON lines in memory; what was appended cannot be changed through what is returned."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._turn = Lock()

    def entries(self) -> Sequence[Entry]:
        """Return every entry, oldest first."""
        return [Entry(**json.loads(line)) for line in self._lines]

    def append(self, event: Event, *, actor: str, at: datetime) -> Entry:
        """Seal *event* behind the last entry; two writers at once take turns."""
        with self._turn:
            held = self.entries()
            entry = seal(event, after=held[-1] if held else None, actor=actor, at=at)
            fields = {name: getattr(entry, name) for name in Entry.__slots__}
            self._lines.append(json.dumps(fields))
            return entry


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
    held: dict[str, str] = field(default_factory=dict)  # id of a policy or rule → status
    moves: list[tuple[str, str, int]] = field(default_factory=list)
    lost_joins: int = 0  # this many accounts of the next joins are accepted and never seen again

    def members(self, group_id: str) -> frozenset[str]:
        """Return who is in a group."""
        return frozenset(self.groups[group_id])

    def join(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Put accounts into a group."""
        self.moves.append(("join", group_id, len(account_ids)))
        kept = list(account_ids)[self.lost_joins :]
        self.lost_joins = max(0, self.lost_joins - len(account_ids))
        self.groups[group_id] |= set(kept)

    def leave(self, group_id: str, account_ids: Sequence[str]) -> None:
        """Take accounts out of a group."""
        self.moves.append(("leave", group_id, len(account_ids)))
        self.groups[group_id] -= set(account_ids)

    def statuses(self, owned: Mapping[str, str], baseline: Baseline) -> Mapping[str, str]:
        """Return the status of each policy and rule of one set."""
        del baseline
        return {name: self.held[object_id] for name, object_id in owned.items() if name != "group"}

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

    def outputs(self) -> Mapping[str, object]:
        """Return what the stack exports; empty when it was never updated."""
        if self.carried_out is None:
            return {}
        sets = {content.key: _owned(content.key, self.documents.baseline()) for content in self.carried_out.sets}
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

    def up(self) -> Sequence[Step]:
        """Carry the manifest out."""
        steps = self.foresee()
        self.ups += 1
        if self.dies_with is not None:
            raise self.dies_with
        manifest = self.documents.manifest()
        for content in manifest.sets:
            owned = _owned(content.key, self.documents.baseline())
            self.idp.groups.setdefault(owned.pop("group"), set())
            for name, object_id in owned.items():
                self.idp.held[object_id] = _status(name, content.posture)
        self.carried_out = manifest
        return steps

    def drift(self) -> Sequence[Step]:
        """Return what differs between the tenant and what is declared."""
        return self.drifted

    def facts(self) -> Mapping[str, str]:
        """Return name and version of the engine and its plugin."""
        return {"pulumi": "3.200.0", "plugin okta": "7.0.1"}


_PATHS = {
    "no new phone": "new_phones",
    "enrol": "binding",
    "unenrol": "binding",
    "recover": "recovery",
    "password": "recovery",
    "enrolment": "sign_in",
    "session": "session",
}


def _owned(key: str, baseline: Baseline) -> dict[str, str]:
    names = ["group", *_PATHS, "password rule", "enrolment rule", "session rule"]
    names += [f"{key} sign-in {app.key}" for app in baseline.apps]
    return {name: f"id of {key} {name}" for name in names}


def _status(name: str, posture: Posture) -> str:
    if name.endswith(" rule"):
        return "ACTIVE"
    decides = getattr(posture, _PATHS.get(name, "sign_in"))
    return "ACTIVE" if decides is Decides.OURS else "INACTIVE"


def edited(entry: Entry, **changes: object) -> Entry:
    """Return an entry as somebody else would like it to have been."""
    return replace(entry, **changes)
