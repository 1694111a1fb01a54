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
from migration.model import Plan
from migration.operations.planning import PlanProposal, shift_document
from migration.operations.reading import Finding, note
from migration.operations.stepping import Ending
from migration.programme import Programme, plan_document, stage_name
from migration.report import ProgrammeReport

REFUSED, OUTSIDE, INTEGRITY = 1, 3, 4
SCHEMA_VERSION = 1
ABOUT = ("wave", "key", "subject", "purpose", "intent")  # what an entry is about, the first that it has


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
    for problem in failure.problems:
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
        "member_count": state.count(planned) if planned else 0,
        "held_because": lane.held_because,
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
                next((entry.body[name] for name in ABOUT if entry.body.get(name)), None),
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
            not_anchored_since=found.not_anchored_since,
            silent=list(found.silent),
        )
        return
    for anchor in found.anchors:
        say(f"anchor: {anchor.where}, entry {anchor.entry}, {anchor.digest[:16]}")
    for told in found.silent:
        say(f"no anchor: {told}")
    say(f"{found.entry_count} entries follow one another; {found.anchored_count} are vouched for outside")
    if found.not_anchored_count:
        say(f"{found.not_anchored_count} after the last anchor, since {found.not_anchored_since}: not anchored")


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
