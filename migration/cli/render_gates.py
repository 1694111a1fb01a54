"""Without this file gates would be shown as reprs: what is asked, what it says now, and whom ENFORCE would refuse."""

from collections.abc import Sequence
from typing import Any

from migration.cli.render import REFUSED, document, say, table
from migration.foresight import Forecast, Foreseen, forecast_document
from migration.gate_book import NotAsked
from migration.gates import Gate, Outcome, duration, number, verdict_document
from migration.operations.gating import Asked, Checked

SHOWN = 20


def exit_code(found: Checked) -> int:
    """Return 0 where every gate passes, 1 where one does not."""
    return 0 if found.outcome is Outcome.PASS else REFUSED


def asked(found: Asked, *, as_json: bool) -> None:
    """Show what must be so before a wave moves, and what is not asked."""
    left_out = [line for line in found.lines if isinstance(line, NotAsked)]
    if as_json:
        document(
            "gates",
            **_head(found),
            gates=[_gate(gate) for gate in found.gates],
            not_asked=[{"gate": line.key, "because": line.because} for line in left_out],
        )
        return
    say(_title(found))
    if found.gates:
        table(
            "gate",
            "asked",
            "minimum",
            "looks back",
            "oldest",
            "what it asks",
            rows=[
                (
                    gate.key,
                    f"{gate.question.direction} {number(gate.threshold)} {gate.question.unit}",
                    _minimum(gate),
                    gate.within and duration(gate.within),
                    gate.longest_age and duration(gate.longest_age),
                    gate.question.meaning,
                )
                for gate in found.gates
            ],
        )
    for line in left_out:
        say(f"  not asked: {line.key}: {line.because}")


def checked(found: Checked, *, as_json: bool) -> None:
    """Show what every gate says now, and what that would do to the wave."""
    if as_json:
        document(
            "gate-check",
            **_head(found.asked),
            outcome=found.outcome.name,
            verdicts=[verdict_document(verdict) for verdict in found.verdicts],
            not_asked=[
                {"gate": line.key, "because": line.because} for line in found.asked.lines if isinstance(line, NotAsked)
            ],
        )
        return
    say(_title(found.asked))
    if found.verdicts:
        table(
            "gate",
            "says",
            "reading",
            "unit",
            "samples",
            "age",
            "because",
            rows=[
                (
                    verdict.gate,
                    verdict.outcome.name,
                    None if verdict.reading is None else number(verdict.reading),
                    verdict.unit,
                    verdict.count,
                    None if verdict.age is None else duration(abs(verdict.age)),
                    verdict.because,
                )
                for verdict in found.verdicts
            ],
        )
    say(f"{found.outcome.name}: {_MEANS[found.outcome]}")


_MEANS = {
    Outcome.PASS: "no gate stands against it",
    Outcome.UNKNOWN: "the wave waits; nothing is held",
    Outcome.FAIL: "the wave would be held, until the gate passes",
}


def forecast(key: str, found: Forecast, *, as_json: bool) -> None:
    """Show whom ENFORCE would refuse, what else to expect, and how far each source goes."""
    if as_json:
        document("rehearsal", wave=key, **forecast_document(found))
        return
    say(f"{key}: ENFORCE would refuse {len(found.refused)} of {found.member_count} people")
    _people(found.refused)
    if found.must_show_other:
        say(f"{len(found.must_show_other)} people would be asked for something else than they showed lately")
        _people(found.must_show_other)
    if found.surprised:
        say(f"for {len(found.surprised)} people the canary app shows no rule of ours")
        _people(found.surprised)
    for part in found.parts:
        age = f", {duration(found.at - part.taken_at)} old" if part.taken_at else ""
        unknown = f", {part.unknown_count} UNKNOWN" if part.unknown_count else ""
        say(f"  {part.source.value}: {part.count} people{unknown}{age}: {part.because}")


def _people(found: Sequence[Foreseen]) -> None:
    for one in found[:SHOWN]:
        say(f"    {one.account_id}  {one.reason}: {one.because}")
    if len(found) > SHOWN:
        say(f"    … and {len(found) - SHOWN} more; --json lists all")


def _head(found: Asked) -> dict[str, Any]:
    return {"wave": found.wave.key, "lane": found.lane.idp, "stage": found.lane.stage.name, "to": found.to}


def _title(found: Asked) -> str:
    return f"{found.wave.key} on {found.lane.idp}: {found.lane.stage.name} → {found.to}"


def _minimum(gate: Gate) -> str | None:
    if not gate.question.counts:
        return None
    fewer = ", fewer pass" if gate.fewer_because else ""
    return f"{gate.minimum} {gate.question.counts}{fewer}"


def _gate(gate: Gate) -> dict[str, Any]:
    question = gate.question
    return {
        "gate": gate.key,
        "meaning": question.meaning,
        "direction": question.direction.value,
        "threshold": gate.threshold,
        "unit": question.unit,
        "minimum": gate.minimum if question.counts else None,
        "counts": question.counts or None,
        "fewer_because": gate.fewer_because,
        "within_days": gate.within.total_seconds() / 86400 if gate.within else None,
        "longest_age_hours": gate.longest_age.total_seconds() / 3600 if gate.longest_age else None,
    }
