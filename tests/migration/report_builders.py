"""Without this file every report test would repeat a whole programme to say one thing about it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from migration.model import Lane, PlannedWave
from migration.posture import Stage
from migration.report import CohortReading, ProgrammeReport, WaveReading, report

TODAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
FINISH = date(2027, 1, 29)
DIGEST = "5f2c" * 16


def a_wave(
    key: str = "standard-01",
    *,
    stage: str = "PLANNED",
    enforce_on: date = date(2026, 12, 1),
    settle_on: date | None = None,
    enrol_on: date | None = None,
    members: int = 100,
    since: str | None = None,
    unready: Mapping[str, int] | None = None,
    unread: int = 0,
    note: str = "",
) -> WaveReading:
    """Return one wave; it enrols two weeks before it is enforced and settles a week after, if nobody says else."""
    cohort, _, number = key.rpartition("-")
    wave = PlannedWave(
        key=key,
        cohort=cohort,
        number=int(number),
        member_count=members,
        enrol_on=enrol_on or enforce_on - timedelta(days=14),
        enforce_on=enforce_on,
        settle_on=settle_on or enforce_on + timedelta(days=7),
    )
    is_settled = stage == "SETTLED"
    lane = Lane(
        wave=key,
        idp="okta",
        stage=Stage.ENFORCE if is_settled else Stage[stage],
        slot=None if is_settled or stage == "PLANNED" else "slot-1",
        home=f"home-{cohort}" if is_settled else None,
        since=since,
    )
    stuck = dict(unready or {})
    return WaveReading(wave, lane, members - sum(stuck.values()) - unread, stuck, note)


def a_cohort(
    cohort: str = "standard", people: int = 100, *, has_posture: bool = True, has_waves: bool = True
) -> CohortReading:
    """Return one cohort in which everybody is ready."""
    return CohortReading(cohort, people, people, {}, has_posture=has_posture, has_waves=has_waves)


def a_report(waves: Sequence[WaveReading] = (), cohorts: Sequence[CohortReading] = (), **given: Any) -> ProgrammeReport:
    """Return a report over *waves*, at NOON, with a fresh snapshot and nothing refused."""
    values: dict[str, Any] = {
        "stack": "okta-test",
        "at": NOON,
        "finish_on": FINISH,
        "snapshot_digest": DIGEST,
        "snapshot_taken_at": "2026-11-16T09:00:00+00:00",
        "rejects_count": 0,
        "cohorts": cohorts,
        "waves": waves,
        "refusals": (),
        "approvals": (),
        "ledger_standing": "anchored",
        "entry_count": 12,
        **given,
    }
    return report(**values)


def a_busy_report(**given: Any) -> ProgrammeReport:
    """Return a programme in mid-flight, in which every section of the page has something to say."""
    day = timedelta(days=1)
    waves = [
        a_wave(
            "administrators-01",
            stage="SETTLED",
            enforce_on=TODAY - 19 * day,
            members=10,
            since="2026-11-05T08:12:00+00:00",
        ),
        a_wave(
            "standard-01",
            stage="ENFORCE",
            enforce_on=TODAY - 4 * day,
            members=150,
            since="2026-11-12T09:14:00+00:00",
            unready={"needs-key": 2, "gone": 1},
        ),
        a_wave(
            "standard-02",
            stage="ENROL",
            enforce_on=TODAY - 3 * day,
            members=150,
            since="2026-10-30T09:00:00+00:00",
            unready={"needs-key": 31, "needs-supervision": 6, "one-prompt-away": 12},
            note="refused once: 49 people are not ready",
        ),
        a_wave(
            "support-01",
            stage="RELAXED",
            enforce_on=TODAY - 2 * day,
            members=20,
            since="2026-11-15T17:40:00+00:00",
            unready={"blocked": 3},
            note="rolled back after calls to the help desk",
        ),
        a_wave("finance-01", enforce_on=TODAY + 12 * day, members=25, unready={"needs-key": 20}, unread=2),
        a_wave("executives-01", enforce_on=TODAY + 40 * day, members=16, unready={"one-prompt-away": 9}),
        a_wave("frontline-01", enforce_on=FINISH - day, members=60, unready={"needs-supervision": 60}),
    ]
    cohorts = [
        a_cohort("administrators", 10),
        CohortReading(
            "standard", 304, 252, {"needs-key": 33, "needs-supervision": 7, "one-prompt-away": 12}, True, True
        ),
        CohortReading("support", 20, 17, {"blocked": 3}, True, True),
        CohortReading("finance", 25, 3, {"needs-key": 20}, True, True),
        CohortReading("executives", 16, 7, {"one-prompt-away": 9}, has_posture=False, has_waves=True),
        CohortReading("frontline", 60, 0, {"needs-supervision": 60}, True, True),
        a_cohort("service", 25, has_posture=False, has_waves=False),
        a_cohort("break-glass", 2, has_posture=False, has_waves=False),
    ]
    refusals = [
        (
            "2026-11-14T15:02:11+00:00",
            "standard-02",
            "49 of 150 people are not ready (31 needs-key, 6 needs-supervision, 12 one-prompt-away)",
        ),
        ("2026-11-09T10:20:00+00:00", "executives-01", "the cohort executives has no posture yet, so it stays PLANNED"),
    ]
    values: dict[str, Any] = {
        "rejects_count": 3,
        "refusals": refusals,
        "approvals": [("support-01", "m.ito")],
        "ledger_standing": "not anchored",
        "entry_count": 41,
        **given,
    }
    return a_report(waves, cohorts, **values)
