"""Without this file the report's facts would have to be retyped: the same numbers as rows for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date

from migration.report_facts import ProgrammeReport
from migration.report_forecast import CohortForecast
from migration.report_waves import CohortFacts, WaveFacts
from migration.report_words import REASONS

_STUCK = {f"stuck_{reason.replace('-', '_')}": reason for reason in REASONS}

# What each column holds; an empty cell is "nobody knows" or "does not apply", never 0.
COLUMNS: Mapping[str, str] = {
    "row": "`wave` or `cohort`: filter on it before you sum, a cohort contains its waves",
    "stack": "name of the stack",
    "at": "the moment that the report speaks of, ISO with zone",
    "snapshot_digest": "sha-256 of the snapshot that people were counted in",
    "key": "key of the wave, or name of the cohort",
    "cohort": "the cohort, on both kinds of row",
    "idp": "identity provider of the lane; waves only",
    "people_count": "members now (wave), accounts in the newest snapshot (cohort)",
    "moved_count": "of the people with a wave, those in a wave that is enforced or settled",
    "wave_count": "1 (wave), number of waves (cohort)",
    "stage": "PLANNED, ENROL, ENFORCE, RELAXED or SETTLED; waves only",
    "since": "date on which that stage was entered; waves only, empty when never moved",
    "enrol_on": "planned date, the first of a cohort's waves",
    "enforce_on": "planned date, the first of a cohort's waves",
    "settle_on": "planned date, the last of a cohort's waves",
    "expected_settle_on": "planned date plus today's delay in calendar days; empty without a posture",
    "ready_count": "people who hold what ENFORCE accepts",
    "ready_share": "ready_count / people_count in [0, 1], three decimals",
    **{column: f"people whom ENFORCE would refuse: {reason}" for column, reason in _STUCK.items()},
    "stuck_other": "people whom ENFORCE would refuse for any other reason",
    "unknown_count": "members of whom the snapshot says nothing; waves only",
    "behind_days": "days since it should have been enforced and is not, 0 on plan; a cohort's worst wave",
    "over_days": "days by which it settles after the finishing date, 0 in time; a cohort's worst wave",
    "has_posture": "yes or no: whether anybody has decided what the cohort shall present",
    "forecast": "the cohort's forecast in words, on both kinds of row",
    "note": "note on the wave, as on the page",
    "excused_count": "people whom a standing exception excuses",
    "carried_from": "the wave that its people were carried over from, or `joiners`; waves only",
    "held_by": "the gate that failed, or `person`; waves only, empty where it may go on",
    "held_because": "why it is held; waves only",
    "held_since": "ISO time since when it is held; waves only",
    "chance": "late, unknown, tight or pass: whether the cohort makes the date as it goes now; cohorts only, as below",
    "likely_moved_count": "people off SMS on the finishing date as it goes now",
    "worst_moved_count": "the same, at worst",
    "best_moved_count": "the same, at best",
    "likely_settle_on": "when the last have settled as it goes now; empty where no day can be named",
    "best_settle_on": "the same, at best",
    "worst_settle_on": "the same, at worst",
}


def table(report: ProgrammeReport) -> str:
    """
    Return the report as CSV text: a line of column names, one row per wave, then one per cohort.

    The columns are those of COLUMNS, always all of them and in that order. Dates are ISO. A row is one line:
    line ends in a text become spaces. A text that a spreadsheet would run as a formula gets an apostrophe.
    """
    forecasts = {cohort.cohort: cohort.forecast for cohort in report.cohorts}
    shared = {"stack": report.stack, "at": report.at.isoformat(), "snapshot_digest": report.snapshot_digest}
    guesses = {one.cohort: one for one in report.forecasts}
    excused = {one.cohort: one.excused_count for one in report.exceptions.budgets} if report.exceptions else {}
    rows: list[Mapping[str, object]] = [
        {**shared, **_wave(wave), "forecast": forecasts[wave.cohort]} for wave in report.waves
    ]
    rows += [
        {
            **shared,
            **_cohort(cohort),
            **_guess(guesses.get(cohort.cohort)),
            "excused_count": excused.get(cohort.cohort, 0),
        }
        for cohort in report.cohorts
    ]
    return written(COLUMNS, rows)


def written(columns: Mapping[str, str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return CSV text: a line with all of *columns*, then one line per row; what a row does not have is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: _cell(value) for column, value in row.items()} for row in rows)
    return text.getvalue()


def _guess(one: CohortForecast | None) -> dict[str, object]:
    if one is None:
        return {}
    return {
        "chance": one.chance.value,
        "likely_moved_count": one.likely.moved_count,
        "worst_moved_count": one.worst.moved_count,
        "best_moved_count": one.best.moved_count,
        "likely_settle_on": one.likely.settle_on,
        "best_settle_on": one.best.settle_on,
        "worst_settle_on": one.worst.settle_on,
    }


def _wave(wave: WaveFacts) -> dict[str, object]:
    return {
        "row": "wave",
        "key": wave.key,
        "cohort": wave.cohort,
        "idp": wave.idp,
        "people_count": wave.member_count,
        "moved_count": wave.member_count if wave.is_moved else 0,
        "wave_count": 1,
        "stage": wave.stage,
        "since": wave.since,
        "enrol_on": wave.enrol_on,
        "enforce_on": wave.enforce_on,
        "settle_on": wave.settle_on,
        "expected_settle_on": wave.expected_settle_on,
        "ready_count": wave.ready_count,
        "ready_share": wave.ready_share,
        **_stuck(wave.unready),
        "unknown_count": wave.unread_count,
        "behind_days": wave.behind_days,
        "over_days": wave.over_days,
        "has_posture": wave.has_posture,
        "note": wave.note,
        "excused_count": wave.excused_count,
        "carried_from": wave.carried_from,
        "held_by": wave.held_by,
        "held_because": wave.held_because,
        "held_since": wave.held_since,
    }


def _cohort(cohort: CohortFacts) -> dict[str, object]:
    waves = cohort.waves
    return {
        "row": "cohort",
        "key": cohort.cohort,
        "cohort": cohort.cohort,
        "people_count": cohort.people_count,
        "moved_count": cohort.moved_count,
        "wave_count": len(waves),
        "enrol_on": min((wave.enrol_on for wave in waves), default=None),
        "enforce_on": min((wave.enforce_on for wave in waves), default=None),
        "settle_on": max((wave.settle_on for wave in waves), default=None),
        "expected_settle_on": cohort.last_settle_on,
        "ready_count": cohort.ready_count,
        "ready_share": cohort.ready_share,
        **_stuck(cohort.unready),
        "behind_days": max((wave.behind_days for wave in waves), default=None),
        "over_days": max((wave.over_days for wave in waves), default=None),
        "has_posture": cohort.has_posture,
        "forecast": cohort.forecast,
    }


def _stuck(unready: Mapping[str, int]) -> dict[str, object]:
    named: dict[str, object] = {column: unready.get(reason, 0) for column, reason in _STUCK.items()}
    other = sum(count for reason, count in unready.items() if reason not in REASONS)
    return {**named, "stuck_other": other}


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}"
        case date():
            return value.isoformat()
        case str():
            line = " ".join(value.split())
            # A spreadsheet would run it; a report must not carry anything that runs.
            return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line
        case _:
            return str(value)
