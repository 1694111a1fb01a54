"""Without this file values would be shown as reprs: every answer as words for people or JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import click

from cohorts.errors import OfframpError
from cohorts.snapshot import digest_of
from migration.baseline import Baseline
from migration.ledger import Entry, Verification
from migration.lifecycle import Granted
from migration.model import Plan
from migration.operations.evidence import Stuck
from migration.operations.moving import Ending, Move
from migration.operations.planning import PlanProposal, shift_document
from migration.operations.reading import Finding, WaveStatus, note
from migration.programme import Programme, plan_document, stage_name
from migration.report import ProgrammeReport

REFUSED, OUTSIDE, INTEGRITY = 1, 3, 4
SCHEMA_VERSION = 1


def say(text: str) -> None:
    """Talk to a person; stdout stays data."""
    click.echo(text, err=True)


def error(failure: OfframpError) -> None:
    """Say what broke, where, and what to type next."""
    say(f"error [{failure.code}]: {failure.message}")
    if failure.context:
        say(f"  where: {failure.context}")
    if failure.hint:
        say(f"  next:  {failure.hint}")
    for problem in getattr(failure, "problems", ()):
        say(f"  - {problem}")


def document(kind: str, **content: Any) -> None:
    """Print one versioned JSON document."""
    text = json.dumps({"schema_version": SCHEMA_VERSION, "kind": kind, **content}, indent=2, default=str)
    click.echo(text)


def table(*headings: str, rows: Iterable[Sequence[object]]) -> None:
    """Print a table without borders; wide where nobody looks at it, so that no cell is cut."""
    from rich.console import Console  # noqa: PLC0415 - a quick command must not wait for it
    from rich.table import Table  # noqa: PLC0415 - as above

    shown = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    # An account may be called [/red]: that is no markup.
    console = Console(markup=False)
    if not console.is_terminal:
        console = Console(width=200, color_system=None, markup=False)
    console.print(shown)


def exit_code(move: Move) -> int:
    """Return 0 for a move that may happen, 1 for one that must not."""
    return 0 if move.is_granted else REFUSED


def move(found: Move, *, as_json: bool) -> None:
    """Show what would happen to a wave, or why it must not."""
    decision = found.decision
    granted = isinstance(decision, Granted)
    known = found.evidence
    if as_json:
        document(
            found.verb,
            wave=found.wave.key,
            lane=found.lane.idp,
            stage=found.lane.stage.name,
            to=decision.to.name,
            granted=granted,
            because=None if isinstance(decision, Granted) else decision.because,
            hint=None if isinstance(decision, Granted) else decision.hint,
            slot=decision.slot if isinstance(decision, Granted) else None,
            home=found.home,
            member_count=found.wave.member_count,
            ready_count=known.ready_count if known else None,
            unready=dict(known.unready) if known else None,
            approved_by=found.approved_by,
            approval="asserted" if found.approved_by else None,
            manifest=found.manifest.model_dump(mode="json") if found.manifest else None,
            digest=found.digest,
        )
        return
    where = f"{found.wave.key} on {found.lane.idp}: {found.lane.stage.name}"
    if not isinstance(decision, Granted):
        say(f"refused: {where} → {decision.to.name}: {decision.because}")
        say(f"  next:  {decision.hint}")
        return
    aim = found.home or f"{decision.to.name} in {decision.slot}"
    say(f"{found.verb}: {where} → {aim}, {found.wave.member_count} people")
    if known:
        say(f"  ready: {known.ready_count}; not ready: {known.unready_count}")
    if found.approved_by:
        say(f"  approved by {found.approved_by} (asserted: a typed name, no signature)")
    say(f"  proposal {found.digest[:16]}")


def recorded(entry: Entry, *, as_json: bool) -> None:
    """Show what was written to the ledger."""
    if as_json:
        document("entry", **_entry(entry))
    else:
        say(f"recorded: entry {entry.number} {entry.kind} by {entry.actor}")


def confirmation(ending: Ending, *, as_json: bool) -> None:
    """Show which open intent a confirmation or an abandonment is about."""
    if as_json:
        document(ending.verb, intent=asdict(ending.intent), digest=ending.digest)
        return
    intent = ending.intent
    say(f"{ending.verb}: intent {intent.entry} ({intent.kind}) of {intent.actor}, {intent.at}")
    for failure in intent.failures:
        say(f"  failed before: {failure}")
    say(f"  proposal {ending.digest[:16]}")


def plan_proposal(proposal: PlanProposal, *, as_json: bool) -> None:
    """Show dated waves, what is provisioned, and every priority of theirs that shifts."""
    moved = [shift_document(shift) for shift in proposal.shifts]
    if as_json:
        document(
            "plan-proposal",
            granted=proposal.refused is None,
            because=proposal.refused,
            hint=proposal.hint,
            plan=plan_document(proposal.plan),
            shifts=moved,
            manifest=proposal.manifest.model_dump(mode="json"),
            digest=proposal.digest,
        )
        return
    if proposal.refused:
        say(f"refused: {proposal.refused}")
        say(f"  next:  {proposal.hint}")
        return
    _waves(proposal.plan, Programme())
    say(f"{len(moved)} priorities of yours shift down:")
    table(
        "container",
        "object",
        "before",
        "after",
        rows=[(shift.container, shift.object_id, shift.before, shift.after) for shift in proposal.shifts],
    )
    say(f"  proposal {proposal.digest[:16]}")


def plan(state: Programme, *, as_json: bool) -> None:
    """Show the plan in force."""
    found = state.plan or state.pending_plan
    if as_json:
        document("plan", confirmed=state.plan is not None, plan=plan_document(found) if found else None)
    elif found is None:
        say("no plan yet: offramp plan propose")
    else:
        _waves(found, state)


def waves(state: Programme, *, as_json: bool) -> None:
    """Show every wave, its stage and its dates."""
    found = state.plan or state.pending_plan
    if as_json:
        lanes = [] if found is None else [_wave(found, state, key.key) for key in found.waves]
        intent = asdict(state.open_intent) if state.open_intent else None
        document("waves", waves=lanes, open_intent=intent)
    elif found is None:
        say("no plan yet: offramp plan propose")
    else:
        _waves(found, state)
        if state.open_intent:
            say(f"open: intent {state.open_intent.entry} for {state.open_intent.wave or 'the plan'}")


def _wave(found: Plan, state: Programme, key: str) -> dict[str, Any]:
    wave: dict[str, Any] = next(wave for wave in plan_document(found)["waves"] if wave["key"] == key)
    lane = state.lane(key)
    planned = found.wave(key)
    return wave | {
        "lane": lane.idp,
        "stage": stage_name(lane),
        "slot": lane.slot,
        "home": lane.home,
        "since": lane.since,
        "note": note(planned, lane) if planned else "",
        "days_late": planned.days_late(found.finish_on) if planned else 0,
    }


def _waves(found: Plan, state: Programme) -> None:
    rows = [_wave(found, state, wave.key) for wave in found.waves]
    table(
        "wave",
        "people",
        "stage",
        "enrol",
        "enforce",
        "settle",
        "late",
        "note",
        rows=[
            (
                row["key"],
                row["member_count"],
                row["stage"],
                row["enrol_on"],
                row["enforce_on"],
                row["settle_on"],
                f"{row['days_late']} d" if row["days_late"] else "",
                row["note"],
            )
            for row in rows
        ],
    )
    say(f"to be finished by {found.finish_on}")


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
            note=found.note,
            member_count=found.wave.member_count,
            ready_count=known.ready_count if known else None,
            unready=dict(known.unready) if known else None,
            missing_count=found.missing_count,
            extra_count=found.extra_count,
            drift=[{"name": step.name, "operation": step.operation, "fields": step.fields} for step in found.drift],
            open_intent=asdict(state.open_intent) if state.open_intent else None,
        )
        return
    say(f"{found.wave.key} on {found.lane.idp}: {stage_name(found.lane)}; {found.note}")
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
        "next",
        rows=[(person.account_id, person.reason, person.next_step) for person in found],
    )
    say(f"{len(found)} people of {key} would be refused by ENFORCE")


def entries(found: Sequence[Entry], *, as_json: bool) -> None:
    """Show ledger entries."""
    if as_json:
        document("ledger", entries=[_entry(entry) for entry in found])
        return
    table(
        "entry",
        "at",
        "actor",
        "fact",
        "about",
        rows=[
            (
                entry.number,
                entry.at,
                entry.actor,
                entry.kind,
                entry.body.get("wave") or entry.body.get("intent"),
            )
            for entry in found
        ],
    )


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "actor": entry.actor,
        "fact": entry.kind,
        "body": entry.body,
        "previous": entry.previous,
        "digest": entry.digest,
    }


def verification(found: Verification, *, as_json: bool) -> None:
    """Show how far anchors outside the ledger vouch for it."""
    if as_json:
        document(
            "verification",
            standing=found.standing.value,
            entry_count=found.entry_count,
            anchored_count=found.anchored_count,
            not_anchored_count=found.not_anchored_count,
            anchors=[asdict(anchor) for anchor in found.anchors],
        )
        return
    say(f"{found.entry_count} entries follow one another; {found.anchored_count} are vouched for outside")
    if found.not_anchored_count:
        say(f"{found.not_anchored_count} after the last anchor: not anchored")


def baseline(found: Baseline, *, as_json: bool) -> None:
    """Show what decides today."""
    if as_json:
        document("baseline", digest=digest_of(found.digest), baseline=found.model_dump(mode="json"))
        return
    for name, own in (
        ("enrolment", found.enrolment),
        ("session", found.session),
        ("password", found.password),
    ):
        say(f"{name}: {own.policy['name']} / {own.rule['name']}")
    for app in found.apps:
        say(f"{', '.join(app.apps)}: {app.policy_name} / {', '.join(rule['name'] for rule in app.rules) or 'nobody'}")
    say(f"  proposal {digest_of(found.digest)[:16]}")


def differences(paths: Sequence[str], *, as_json: bool) -> None:
    """Show where the reviewed baseline and the tenant differ."""
    if as_json:
        document("baseline-diff", differences=list(paths))
        return
    for path in paths:
        say(f"differs: {path}")
    say(f"{len(paths)} differences" if paths else "the tenant decides as reviewed")


def report(found: ProgrammeReport) -> None:
    """Print the report as a document."""
    derived = ("people_count", "moved_count", "moved_share", "days_to_finish", "stage_counts", "stuck", "outlook")
    document("report", report=asdict(found) | {name: getattr(found, name) for name in derived})


def findings(found: Sequence[Finding], *, as_json: bool) -> None:
    """Show what the doctor found."""
    if as_json:
        document("doctor", findings=[asdict(finding) for finding in found])
        return
    for finding in found:
        say(f"{'ok     ' if finding.is_well else 'missing'} {finding.subject}: {finding.found}")
