"""Without this file an intent could hang in the air: publish, carry out, read back, record, or end it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from migration import lifecycle, programme
from migration.blast_radius import objections
from migration.errors import DriftFound, IdpRefused, IntentOpen, NotCarriedOut, NotFound, SlotOccupied, StepRefused
from migration.events import IntentAbandoned, IntentLapsed, SettleRequested, StageFailed, StageRequested
from migration.ledger import Entry, verify
from migration.manifest import Manifest, ManifestEdited
from migration.model import OpenIntent, Step
from migration.operations import evidence
from migration.operations.ports import Desk
from migration.posture import Decides, Posture
from migration.programme import Programme
from migration.set_names import decides
from migration.set_names import names as names_of


def history(desk: Desk, at: datetime | None = None) -> Sequence[Entry]:
    """
    Return every entry, or those that were there *at* a moment, oldest first; nothing is decided on a changed record.

    Raises:
        LedgerBroken: An entry is not what was sealed, or does not follow the one before it.
    """
    entries = desk.ledger.entries()
    verify(entries, ())
    return entries if at is None else [entry for entry in entries if datetime.fromisoformat(entry.at) <= at]


def look(desk: Desk) -> Programme:
    """Fold the ledger; end an intent that nobody carried out in time, before anything else is asked."""
    state = programme.fold(history(desk))
    intent = state.open_intent
    if intent and lifecycle.has_lapsed(intent, desk.now()) and not was_carried_out(desk, state):
        because = "nobody carried it out within 24 h"
        _end(desk, state, intent, IntentLapsed(intent=intent.entry, because=because))
        state = programme.fold(desk.ledger.entries())
    return state


def was_carried_out(desk: Desk, state: Programme) -> bool:
    """Say whether the engine has carried out what was published last, as the stack's outputs have it."""
    published = state.published
    return published is not None and desk.engine.outputs().get("manifest_digest") == published.digest


def refuse_open(desk: Desk) -> None:
    """Raise IntentOpen where somebody else's intent came between a proposal and its execution."""
    intent = look(desk).open_intent
    if intent is not None:
        raise IntentOpen(
            f"Intent {intent.entry} of {intent.actor} for {intent.wave or 'the plan'} was opened in the meantime",
            context="nothing was recorded or published",
            hint="propose again; offramp wave list shows what is open",
        )


def require_published(desk: Desk, state: Programme) -> None:
    """
    Check that the manifest beside the stacks is the one that the ledger says was published last.

    Raises:
        ManifestUnreadable: There is none, or it is another stack's.
        ManifestEdited: It is another one; to publish over it would hide that somebody changed it.
    """
    if state.published is None:
        return
    found = desk.documents.manifest()
    if found.digest != state.published.digest:
        raise ManifestEdited(
            "The manifest is not the one that was published last",
            context=f"file {found.digest[:12]}, ledger {state.published.digest[:12]}",
            hint="git checkout it, or bring this checkout up to date",
        )


def ensure_published(desk: Desk, state: Programme) -> None:
    """
    Write the open intent's manifest, unless it lies there already.

    Raises:
        ManifestEdited: What lies there is neither that one nor the one before it.
    """
    if state.published is None:
        return
    found = desk.documents.manifest().digest if desk.documents.has_manifest() else None
    if found == state.published.digest:
        return
    if found is not None and (state.confirmed is None or found != state.confirmed.digest):
        raise ManifestEdited(
            "The manifest is neither the published nor the confirmed one",
            context=f"file {found[:12]}, ledger {state.published.digest[:12]}",
            hint="git checkout it, or bring this checkout up to date",
        )
    desk.documents.publish(state.published)


def carry_out(desk: Desk, intent: int, touched: Sequence[str], *, refresh: bool = False) -> None:
    """
    Run the engine on the published manifest, after a look at what it would do.

    With *refresh* it asks the tenant first what it holds: after an update that died, so that nothing is done twice.

    Raises:
        StepRefused: It would do more than was proposed; nothing was begun.
    """
    manifest = desk.documents.manifest()
    desk.say("asking the engine what it would do")
    wrong = objections(manifest, desk.engine.foresee(), touched)
    if wrong:
        _fail(desk, intent, f"{len(wrong)} operation(s) outside the proposal")
        raise StepRefused(
            f"The engine would do {len(wrong)} thing(s) that a {manifest.kind} must not do",
            context="; ".join(wrong[:5]),
            hint="pulumi preview --diff shows all; offramp wave abandon ends the intent",
        )
    desk.say("pulumi up")
    try:
        desk.engine.up(refresh=refresh)
    except Exception:
        _fail(desk, intent, "the engine did not finish")
        raise


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a confirmation found in the tenant."""

    manifest: Manifest
    sets: Mapping[str, Mapping[str, str]]


def read_back(desk: Desk, state: Programme) -> ReadBack:
    """
    Check that the tenant holds what the open intent's manifest declares.

    Raises:
        ManifestEdited: The file is not what the intent published.
        NotCarriedOut: The engine's outputs are of another manifest.
        DriftFound: Something of ours is not as declared; the intent stays open.
    """
    intent, manifest = state.open_intent, desk.documents.manifest()
    if intent is None or state.published is None:
        raise NotFound("There is nothing to confirm", context="no open intent", hint="offramp wave list")
    if manifest.digest != state.published.digest:
        raise ManifestEdited(
            "The manifest is not the one that the open intent published",
            context=f"file {manifest.digest[:12]}, intent {intent.entry} {state.published.digest[:12]}",
            hint="git checkout it, or offramp wave abandon",
        )
    outputs = desk.engine.outputs()
    if outputs.get("manifest_digest") != manifest.digest:
        raise NotCarriedOut(
            "The engine has not carried out the published manifest yet",
            context=f"intent {intent.entry}, stack {desk.stack}",
            hint="pulumi up, then this command again; or offramp wave abandon",
        )
    desk.say("reading back what the tenant holds")
    refuse_drift(desk.engine.drift())
    sets: Mapping[str, Mapping[str, str]] = outputs["sets"]
    baseline = desk.documents.baseline()
    for content in manifest.sets:
        missing = set(names_of(content, baseline.apps)) ^ set(sets.get(content.key, {}))
        if missing:
            raise DriftFound(
                f"{content.key} does not own exactly what the manifest says",
                context=", ".join(sorted(missing)[:5]),
                hint="pulumi preview --refresh shows what differs; pulumi up --refresh puts it right",
            )
        found = desk.idp.statuses(sets[content.key], baseline)
        wanted = expected(content.posture, found, canary=manifest.canary)
        wrong = [name for name, status in wanted.items() if found[name] != status]
        if wrong:
            raise DriftFound(
                f"{len(wrong)} of ours in {content.key} do not have the status that the manifest says",
                context=", ".join(wrong[:5]),
                hint="pulumi preview --refresh shows what differs; pulumi up --refresh puts it right",
            )
    return ReadBack(manifest, sets)


def expected(posture: Posture | None, names: Iterable[str], *, canary: str | None = None) -> dict[str, str]:
    """Return the status that each policy and rule of a set must have under *posture*; None is the desk's."""
    ours = {name: decides(posture, name, canary=canary) is Decides.OURS for name in names}
    return {name: "ACTIVE" if is_ours else "INACTIVE" for name, is_ours in ours.items()}


def refuse_drift(steps: Sequence[Step]) -> None:
    """Raise DriftFound when the engine sees anything that is not as declared."""
    if steps:
        named = "; ".join(f"{step.name}: {', '.join(step.fields) or step.operation}" for step in steps[:5])
        raise DriftFound(
            f"{len(steps)} of ours are not as declared",
            context=named,
            hint="pulumi preview --refresh --diff shows what; pulumi up --refresh puts it right",
        )


def move(desk: Desk, *, group: str, wanted: frozenset[str]) -> None:
    """Bring a group to exactly *wanted*, joins before leaves, and read it back."""
    present = desk.idp.members(group)
    join(desk, group, wanted - present)
    desk.idp.leave(group, sorted(present - wanted))
    require_members(desk, group, wanted)


def join(desk: Desk, group: str, accounts: frozenset[str]) -> None:
    """
    Put accounts into a group; one that was deleted meanwhile cannot join, and must not keep the others out.

    Raises:
        IdpRefused: Somebody who can sign in could not be moved.
    """
    try:
        desk.idp.join(group, sorted(accounts))
    except IdpRefused:
        if _here(desk, accounts - desk.idp.members(group)):
            raise


def _here(desk: Desk, accounts: frozenset[str]) -> frozenset[str]:
    """Return who of these can sign in at all; a tick takes the others out of the record."""
    return frozenset(desk.idp.held(sorted(accounts))) if accounts else accounts


def require_members(desk: Desk, group: str, wanted: frozenset[str]) -> None:
    """Raise SlotOccupied unless the group has exactly *wanted*, less whoever cannot sign in any more."""
    present = desk.idp.members(group)
    missing, extra = _here(desk, wanted - present), present - wanted
    if missing or extra:
        raise SlotOccupied(
            "A group of ours does not have the members that it must have: "
            f"{len(missing)} missing, {len(extra)} too many",
            context=f"group {group}",
            hint="this command again reads it back once more; offramp wave status names the wave",
        )


def require_none(desk: Desk, group: str, gone: frozenset[str]) -> None:
    """Raise SlotOccupied where one of *gone* is in the group still."""
    left = gone & desk.idp.members(group)
    if left:
        raise SlotOccupied(
            f"{len(left)} people are still in a group that they left",
            context=f"group {group}",
            hint="this command again takes them out once more",
        )


def require_some(desk: Desk, group: str, wanted: frozenset[str]) -> None:
    """Raise SlotOccupied where one of *wanted* who can sign in is not in the group."""
    missing = _here(desk, wanted - desk.idp.members(group))
    if missing:
        raise SlotOccupied(
            f"{len(missing)} people are not in a group that they joined",
            context=f"group {group}",
            hint="this command again puts them in once more",
        )


def abandon(desk: Desk, because: str) -> Entry:
    """
    End the open intent and bring the manifest before it back.

    Raises:
        NotFound: No intent is open.
        DriftFound: The engine has carried it out; it must be confirmed, and rolled back if it was wrong.
    """
    state = look(desk)
    intent = state.open_intent
    if intent is None:
        raise NotFound("There is nothing to abandon", context="no open intent", hint="offramp wave list")
    if was_carried_out(desk, state):
        confirm = f"offramp wave confirm {intent.wave} --execute" if intent.wave else "offramp plan confirm --execute"
        raise DriftFound(
            f"Intent {intent.entry} was carried out and cannot be abandoned",
            context=f"stack {desk.stack}",
            hint=f"{confirm}; then roll back",
        )
    return _end(desk, state, intent, IntentAbandoned(intent=intent.entry, because=because))


def _end(desk: Desk, state: Programme, intent: OpenIntent, ending: IntentAbandoned | IntentLapsed) -> Entry:
    if isinstance(state.intent_event, SettleRequested) and state.confirmed is not None:
        _move_back(desk, state, intent)
    if isinstance(state.intent_event, StageRequested) and state.intent_event.carried:
        _take_back(desk, state.intent_event)
    if state.confirmed is None:
        desk.documents.withdraw()
    else:
        desk.documents.publish(state.confirmed)
    return desk.ledger.append(ending, actor=desk.actor, at=desk.now())


def _move_back(desk: Desk, state: Programme, intent: OpenIntent) -> None:
    """Bring people who were already moved home back into their slot, whose content has not changed yet."""
    lane = state.lane(str(intent.wave))
    wave = state.plan.wave(lane.wave) if state.plan else None
    if wave is None or lane.slot is None:
        return
    sets = desk.engine.outputs()["sets"]
    people = evidence.moving_ids(desk, state, wave)
    home = sets[f"home-{wave.cohort}"]["group"]
    join(desk, sets[lane.slot]["group"], people)
    require_members(desk, sets[lane.slot]["group"], people)
    desk.idp.leave(home, sorted(people & desk.idp.members(home)))


def _take_back(desk: Desk, event: StageRequested) -> None:
    """Bring who was to be carried over back into the slot, whose content has not changed yet."""
    group = desk.engine.outputs()["sets"][event.slot]["group"]
    carried = frozenset(str(one["account"]) for one in event.carried if one["wave"])
    join(desk, group, carried - desk.idp.members(group))


def _fail(desk: Desk, intent: int, because: str) -> None:
    desk.ledger.append(StageFailed(intent=intent, because=because), actor=desk.actor, at=desk.now())
