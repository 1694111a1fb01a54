"""Without this file `stacks/` and the planner would share nothing: the small reviewed document between them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cohorts.errors import OfframpError
from cohorts.snapshot import digest_of
from migration.exception_classes import SIGN_IN_CLASSES, set_key
from migration.posture import AIMS, BREAK_GLASS, Aim, Posture, Stage, Target, parked, posture_at

SLOT_KEYS = ("slot-1", "slot-2", "slot-3")
RESERVED_SLOT = "slot-3"  # kept free for bringing a settled wave back


class ManifestUnreadable(OfframpError):
    """The manifest is missing, malformed, or of another schema or stack."""

    code = "manifest-unreadable"
    exit_code = 4


class ManifestEdited(OfframpError):
    """The manifest no longer matches the digest that it was published with."""

    code = "manifest-edited"
    exit_code = 4


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DecidedBy(_Strict):
    """The ledger entry of the intent: an anchor of the ledger outside the ledger."""

    entry: int
    digest: str


class SlotContent(_Strict):
    """One slot: who leases it, at which stage, and the posture it holds."""

    key: str
    wave: str | None
    cohort: str | None
    stage: str
    previous_stage: str
    posture: Posture


class HomeContent(_Strict):
    """Where a cohort's settled waves live for good."""

    key: str
    cohort: str
    posture: Posture


class BreakGlassContent(_Strict):
    """The emergency accounts: a positive set of their own, never merely excluded."""

    key: Literal["break-glass"] = "break-glass"
    posture: Posture


class ExceptionContent(_Strict):
    """One class of exceptions for one cohort: a standing set around a group that is empty most of the time."""

    key: str
    exception_class: str
    cohort: str
    posture: Posture


class BootstrapContent(_Strict):
    """The supervised desk: who is in its group binds a passkey with a password, inside the desk's zone alone."""

    key: Literal["bootstrap"] = "bootstrap"
    zone_id: str

    @property
    def posture(self) -> None:
        """No posture: no stage changes what the desk may do."""
        return


class JoinersContent(_Strict):
    """People hired after the plan, until a wave takes them: as at ENROL."""

    key: Literal["joiners"] = "joiners"
    posture: Posture


SetContent = BreakGlassContent | BootstrapContent | ExceptionContent | HomeContent | SlotContent | JoinersContent


class Manifest(_Strict):
    """What should be in the tenant; `stacks/` reads it and nothing else of ours."""

    schema_version: Literal[2] = 2
    stack: str
    kind: Literal["provision", "step"]
    baseline_digest: str
    break_glass: BreakGlassContent
    bootstrap: BootstrapContent | None = None
    exceptions: tuple[ExceptionContent, ...] = ()
    homes: tuple[HomeContent, ...]
    slots: tuple[SlotContent, ...]
    joiners: JoinersContent | None = None
    canary: str | None = None  # the key of the app that carries a wave's ENFORCE content from REHEARSE on
    decided_by: DecidedBy | None = None

    @property
    def content_digest(self) -> str:
        """Digest without `decided_by`, as the entry of the intent carries it."""
        return digest_of(self.model_dump(mode="json", exclude={"decided_by"}))

    @property
    def digest(self) -> str:
        """Digest of the whole document, as the entry of the outcome and the stack's outputs carry it."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def sets(self) -> tuple[SetContent, ...]:
        """Every set of ours, first the one that decides first."""
        desk = () if self.bootstrap is None else (self.bootstrap,)
        joiners = () if self.joiners is None else (self.joiners,)
        return (self.break_glass, *desk, *self.exceptions, *self.homes, *self.slots, *joiners)

    def slot(self, key: str) -> SlotContent:
        """Return one slot; KeyError if there is none."""
        return {slot.key: slot for slot in self.slots}[key]

    def with_slot(self, content: SlotContent) -> Self:
        """Return a step manifest in which one slot holds *content*."""
        slots = tuple(content if slot.key == content.key else slot for slot in self.slots)
        return self.model_copy(update={"kind": "step", "slots": slots, "decided_by": None})

    def decided(self, entry: int, digest: str) -> Self:
        """Return the manifest with the entry that decided it."""
        return self.model_copy(update={"decided_by": DecidedBy(entry=entry, digest=digest)})


def free_slot(key: str, previous_stage: str = "free") -> SlotContent:
    """Return the provisioned content of a slot: leased by nobody, accepting nothing."""
    return SlotContent(key=key, wave=None, cohort=None, stage="free", previous_stage=previous_stage, posture=parked())


def provision(
    stack: str, baseline_digest: str, aims: Mapping[str, Aim], *, zone_id: str | None, canary: str | None
) -> Manifest:
    """
    Return the first manifest: slots free, everything else at the content that it has for good, all empty.

    Args:
        stack: The stack's name.
        baseline_digest: Of the reviewed baseline.
        aims: Cohort → where it is going; each has a home, and a set for each class of exceptions.
        zone_id: The network zone of the registration desk; None is a tenant without a desk.
        canary: Key of the app that carries ENFORCE ahead of time; None is a tenant without one.
    """
    return Manifest(
        stack=stack,
        kind="provision",
        baseline_digest=baseline_digest,
        break_glass=BreakGlassContent(posture=posture_at(BREAK_GLASS, Stage.ENFORCE)),
        bootstrap=None if zone_id is None else BootstrapContent(zone_id=zone_id),
        exceptions=tuple(
            ExceptionContent(
                key=set_key(one.key, cohort), exception_class=one.key, cohort=cohort, posture=one.posture(aim)
            )
            for one in SIGN_IN_CLASSES
            for cohort, aim in sorted(aims.items())
        ),
        homes=tuple(
            HomeContent(key=f"home-{cohort}", cohort=cohort, posture=posture_at(aim, Stage.ENFORCE))
            for cohort, aim in sorted(aims.items())
        ),
        slots=tuple(free_slot(key) for key in SLOT_KEYS),
        joiners=JoinersContent(posture=posture_at(AIMS["standard"], Stage.ENROL)),
        canary=canary,
    )


def read(path: Path, stack: str) -> Manifest:
    """
    Read and check the manifest of *stack*.

    Raises:
        ManifestUnreadable: Missing, not JSON, unknown fields, another schema or another stack.
        ManifestEdited: The content is not what was published.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ManifestUnreadable(
            f"There is no manifest for stack {stack}",
            context=path.name,
            hint="offramp plan propose --execute publishes the first one; check the stack's name",
        ) from error
    except (ValueError, OSError) as error:
        raise ManifestUnreadable(
            f"The manifest is not readable JSON: {error}",
            context=path.name,
            hint=f"git checkout {path.name} brings the published one back",
        ) from error
    if not isinstance(document, dict):
        raise ManifestUnreadable("The manifest is not a JSON object", context=path.name, hint="git checkout it")
    sealed = document.pop("digest", None)
    try:
        manifest = Manifest.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        raise ManifestUnreadable(
            f"{len(error.errors())} field(s) are wrong; first {'.'.join(map(str, first['loc']))}: {first['msg']}",
            context=path.name,
            hint=f"git checkout {path.name}, then let offramp publish changes",
        ) from error
    if manifest.stack != stack:
        raise ManifestUnreadable(
            f"The manifest is for stack {manifest.stack}, not for {stack}",
            context=path.name,
            hint=f"pulumi stack select {manifest.stack}",
        )
    if sealed != manifest.digest:
        raise ManifestEdited(
            "The manifest was changed by hand after it was published",
            context=f"{path.name}: digest {str(sealed)[:12]}, content {manifest.digest[:12]}",
            hint=f"git checkout {path.name}; a change of stage is made with offramp wave advance",
        )
    return manifest


def render(manifest: Manifest) -> str:
    """Return the document as it is published: readable, ordered, ending with its own digest."""
    document = manifest.model_dump(mode="json") | {"digest": manifest.digest}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def accepts_nothing(slot: SlotContent) -> bool:
    """Say whether a slot holds its provisioned content."""
    return slot.wave is None and slot.posture.target is Target.NOTHING
