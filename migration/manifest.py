"""Without this file `stacks/` and the planner would share nothing: the small reviewed document between them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cohorts.errors import OfframpError
from cohorts.snapshot import digest_of
from migration.posture import BREAK_GLASS, Aim, Posture, Stage, Target, parked, posture_at

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


class Manifest(_Strict):
    """What should be in the tenant; `stacks/` reads it and nothing else of ours."""

    schema_version: Literal[1] = 1
    stack: str
    kind: Literal["provision", "step"]
    baseline_digest: str
    break_glass: BreakGlassContent
    homes: tuple[HomeContent, ...]
    slots: tuple[SlotContent, ...]
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
    def sets(self) -> tuple[BreakGlassContent | HomeContent | SlotContent, ...]:
        """Every set of ours, first the one that decides first."""
        return (self.break_glass, *self.homes, *self.slots)

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


def provision(stack: str, baseline_digest: str, aims: Mapping[str, Aim]) -> Manifest:
    """Return the first manifest: slots free, homes and break-glass at their final posture, all empty."""
    return Manifest(
        stack=stack,
        kind="provision",
        baseline_digest=baseline_digest,
        break_glass=BreakGlassContent(posture=posture_at(BREAK_GLASS, Stage.ENFORCE)),
        homes=tuple(
            HomeContent(key=f"home-{cohort}", cohort=cohort, posture=posture_at(aim, Stage.ENFORCE))
            for cohort, aim in sorted(aims.items())
        ),
        slots=tuple(free_slot(key) for key in SLOT_KEYS),
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
