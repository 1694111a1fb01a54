"""Without this file a move would be shown as a repr: waves, who is carried over, retirements and ticks, in words."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from migration.approvals import Refused
from migration.cli.render import REFUSED, document, say, table
from migration.exception_events import ApprovalGiven
from migration.gates import verdict_document
from migration.lifecycle import Granted, Held
from migration.operations.evidence import Stuck
from migration.operations.moving import Move, Stop
from migration.operations.reading import WaveStatus
from migration.operations.retiring import Retirement
from migration.operations.ticking import Tick
from migration.people_changes import PersonChange
from migration.programme import Programme, stage_name, wave_document

SHOWN = 20


def exit_code(move: Move) -> int:
    """Return 0 for a move that may happen, 1 for one that must not."""
    return 0 if move.is_granted else REFUSED


def move(found: Move, *, as_json: bool) -> None:
    """Show what would happen to a wave, who does not come along, or why it must not happen."""
    decision, known, carried = found.decision, found.evidence, found.carried
    granted = decision if isinstance(decision, Granted) else None
    if as_json:
        document(
            found.verb,
            wave=found.wave.key,
            lane=found.lane.idp,
            stage=found.lane.stage.name,
            to=decision.to.name,
            granted=granted is not None,
            held=decision.gate if isinstance(decision, Held) else None,
            because=None if isinstance(decision, Granted) else decision.because,
            hint=None if isinstance(decision, Granted) else decision.hint,
            slot=granted.slot if granted else None,
            home=found.home,
            leaves=granted.leaves if granted else None,
            member_count=found.member_count,
            ready_count=known.ready_count if known else None,
            unready=dict(known.unready) if known else None,
            carried=list(carried.documents),
            carry_wave=wave_document(carried.wave) if carried.wave else None,
            verdicts=[verdict_document(verdict) for verdict in found.verdicts],
            approved_by=found.approved_by,
            approval="asserted" if found.approved_by else None,
            manifest=found.manifest.model_dump(mode="json") if found.manifest else None,
            digest=found.digest,
        )
        return
    where = f"{found.wave.key} on {found.lane.idp}: {found.lane.stage.name}"
    if not isinstance(decision, Granted):
        say(f"{'held' if isinstance(decision, Held) else 'refused'}: {where} → {decision.to.name}: {decision.because}")
        say(f"  next:  {decision.hint}")
        return
    aim = found.home or f"{decision.to.name} in {decision.slot}"
    say(f"{found.verb}: {where} → {aim}, {found.member_count} people")
    if decision.leaves:
        say(f"  back from {decision.leaves}: they join {decision.slot} first, and leave the home then")
    if known:
        say(f"  ready: {known.ready_count}; not ready: {known.unready_count}")
    for verdict in found.verdicts:
        say(f"  gate {verdict.gate}: {verdict.outcome.name}, {verdict.because}")
    if carried.people:
        into = f"carried over into {carried.wave.key}, ENROL on {carried.wave.enrol_on}" if carried.wave else "left"
        say(f"  {len(carried.people)} do not come along ({into}):")
        for one in carried.people[:SHOWN]:
            say(f"    {one.account_id}  {one.reason}: {one.because}")
        if len(carried.people) > SHOWN:
            say(f"    … and {len(carried.people) - SHOWN} more; --json lists all")
    if found.approved_by:
        say(f"  approved by {found.approved_by} (asserted: a typed name, no signature)")
    say(f"  proposal {found.digest[:16]}")


def stop(wanted: Stop, *, as_json: bool) -> None:
    """Show that a wave would be held, or let go on."""
    verb = "hold" if wanted.is_held else "resume"
    if as_json:
        document(verb, wave=wanted.wave.key, lane=wanted.lane.idp, because=wanted.because, digest=wanted.digest)
        return
    say(f"{verb}: {wanted.wave.key} on {wanted.lane.idp} at {wanted.lane.stage.name}: {wanted.because}")
    say(f"  proposal {wanted.digest[:16]}")


def retirement(found: Retirement, *, digest: str, as_json: bool) -> None:
    """Show whose phones would be deleted, who keeps theirs and why, and who has approved it."""
    refused = found.refused
    if as_json:
        document(
            "retire",
            wave=found.wave.key,
            lane=found.lane.idp,
            granted=found.may_begin,
            requested=found.is_requested,
            because=refused.because if refused else None,
            hint=refused.hint if refused else None,
            request=dict(found.request),
            request_digest=found.digest,
            approved_by=list(found.approved_by),
            phones_count=found.phones_count,
            digest=digest,
        )
        return
    if refused is not None:
        say(f"refused: {refused.because}")
        say(f"  next:  {refused.hint}")
        return
    people, skipped = found.request["phones"], found.request["skipped"]
    say(f"retire {found.wave.key}: {found.phones_count} phones of {len(people)} people are deleted for good")
    for one in skipped:
        say(f"  skipped: {one['account']}: {one['because']}")
    state = f"approved by {', '.join(found.approved_by) or 'nobody yet'}" if found.is_requested else "not asked for yet"
    say(f"  request {found.digest[:16]}, {state}")
    say(f"  proposal {digest[:16]}")


def approval(wave: str, found: ApprovalGiven | Refused, *, digest: str, as_json: bool) -> None:
    """Show whether a yes to a retirement counts, and with which proof."""
    given = found if isinstance(found, ApprovalGiven) else None
    because = found.because if isinstance(found, Refused) else None
    if as_json:
        document(
            "approval",
            wave=wave,
            granted=given is not None,
            because=because,
            hint=found.hint if isinstance(found, Refused) else None,
            approver=given.approver if given else None,
            proof=given.proof if given else None,
            request_digest=given.request_digest if given else None,
            digest=digest,
        )
    elif isinstance(found, Refused):
        say(f"refused: {found.because}")
        say(f"  next:  {found.hint}")
    else:
        say(f"approve the retirement of {wave}: {found.approver} ({', '.join(found.roles)}), {found.proof}")
        say(f"  proposal {digest[:16]}")


def tick(found: Tick, *, as_json: bool) -> None:
    """Show what was due and done, and what somebody must look at."""
    if as_json:
        document(
            "tick",
            ended=list(found.due.ended),
            granted=list(found.due.granted),
            warned=list(found.due.warned),
            lapsed=list(found.due.lapsed),
            changes=dict(found.changes),
            approvals_needed=[_change(one) for one in found.approvals_needed],
            waiting=[_change(one) for one in found.waiting],
            alarms=list(found.alarms),
        )
        return
    due = found.due
    named = (("ended", due.ended), ("started", due.granted), ("announced", due.warned), ("lapsed", due.lapsed))
    for what, keys in named:
        if keys:
            say(f"{what}: {', '.join(keys)}")
    say(", ".join(f"{count} {change}" for change, count in found.changes.items()) or "nobody joined, left or moved")
    for one in found.approvals_needed:
        account = one.seen.account_id if one.seen else "?"
        say(f"  needs approval: {account} {one.because}; offramp tick --approved-by NAME --execute")
    for one in found.waiting:
        say(f"  waits: {one.seen.account_id if one.seen else '?'} {one.because}; {one.waits}")
    for alarm in found.alarms:
        say(f"  ALARM: {alarm}")


def _change(one: PersonChange) -> dict[str, Any]:
    account = one.seen.account_id if one.seen else None
    return {"account_id": account, "because": one.because, "waits": one.waits, "join": one.join, "leave": one.leave}


def status(found: WaveStatus, state: Programme, *, as_json: bool) -> None:
    """Show one wave as the tenant holds it."""
    known = found.evidence
    if as_json:
        document(
            "wave-status",
            wave=found.wave.key,
            lane=found.lane.idp,
            stage=stage_name(found.lane),
            slot=found.lane.slot,
            home=found.lane.home,
            held_because=found.lane.held_because,
            note=found.note,
            member_count=found.member_count,
            ready_count=known.ready_count if known else None,
            unready=dict(known.unready) if known else None,
            missing_count=found.missing_count,
            extra_count=found.extra_count,
            drift=[{"name": step.name, "operation": step.operation, "fields": step.fields} for step in found.drift],
            open_intent=asdict(state.open_intent) if state.open_intent else None,
        )
        return
    say(f"{found.wave.key} on {found.lane.idp}: {stage_name(found.lane)}; {found.note}")
    if found.lane.held_because:
        say(f"  held by {found.lane.held_by}: {found.lane.held_because}")
    if known:
        say(f"  ready {known.ready_count}, not ready {known.unready_count}")
        for reason, count in known.unready.items():
            say(f"    {count} {reason}")
    if found.missing_count or found.extra_count:
        say(f"  members: {found.missing_count} missing, {found.extra_count} too many")
    for step in found.drift:
        say(f"  drift: {step.name}: {', '.join(step.fields) or step.operation}")
    say("  the tenant holds what is declared" if found.is_sound else "  next:  pulumi preview --refresh --diff")


def stuck(key: str, found: Sequence[Stuck], *, as_json: bool) -> None:
    """Show whom ENFORCE would refuse; accounts by id."""
    if as_json:
        document("stuck", wave=key, count=len(found), people=[asdict(person) for person in found])
        return
    table(
        "account",
        "reason",
        "since",
        "next",
        rows=[
            (person.account_id, person.reason, person.since and person.since.date(), person.next_step)
            for person in found
        ],
    )
    say(f"{len(found)} people of {key} would be refused by ENFORCE")
