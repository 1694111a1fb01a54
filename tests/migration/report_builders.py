"""Without this file every report test would repeat a whole programme to say one thing about it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from migration.calendar import Calendar, Freeze
from migration.model import Lane, PlannedWave
from migration.people_changes import JOINERS
from migration.posture import Stage
from migration.report import Circumstances, CohortReading, ProgrammeReport, WaveReading, report
from migration.report_courses import Ground
from migration.report_desk import this_week
from migration.report_exceptions import ExceptionReport, exceptions
from migration.report_pace import Pace
from migration.report_people import Heartbeat, Waiting
from migration.report_week import Carried, Entered, Said, Week
from migration.rounds import COSTS, Rounds

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
    carried_from: str | None = None,
    held_by: str | None = None,
    **given: Any,
) -> WaveReading:
    """Return one wave; it enrols two weeks before it is enforced and settles a week after, if nobody says else."""
    cohort, _, number = key.rpartition("-")
    cohort = cohort.removesuffix("-joiners").removesuffix("-01-carried")
    wave = PlannedWave(
        key=key,
        cohort=cohort,
        number=int(number),
        member_count=members,
        enrol_on=enrol_on or enforce_on - timedelta(days=14),
        enforce_on=enforce_on,
        settle_on=settle_on or enforce_on + timedelta(days=7),
        carried_from=carried_from,
    )
    is_settled = stage == "SETTLED"
    lane = Lane(
        wave=key,
        idp="okta",
        stage=Stage.ENFORCE if is_settled else Stage[stage],
        slot=None if is_settled or stage == "PLANNED" else "slot-1",
        home=f"home-{cohort}" if is_settled else None,
        since=since,
        held_by=held_by,
        held_because="the help desk had 41 calls" if held_by else None,
    )
    stuck = dict(unready or {})
    ready = members - sum(stuck.values()) - unread
    given.setdefault("holds", {"target": ready, "phone": sum(stuck.values()) - stuck.get("gone", 0)})
    return WaveReading(wave, lane, ready, stuck, note, **given)


def a_cohort(
    cohort: str = "standard", people: int = 100, *, has_posture: bool = True, has_waves: bool = True
) -> CohortReading:
    """Return one cohort in which everybody is ready."""
    return CohortReading(cohort, people, people, {}, has_posture=has_posture, has_waves=has_waves)


def a_calendar(*freezes: Freeze) -> Calendar:
    """Return a calendar with these freezes and weekends."""
    return Calendar(FINISH, freezes)


def a_ground(**given: Any) -> Ground:
    """Return what forecasts stand on: two weeks to enrol, one to settle, no freeze, too few snapshots."""
    values: dict[str, Any] = {
        "today": TODAY,
        "finish_on": FINISH,
        "calendar": a_calendar(),
        "enrol_days": 14,
        "enforce_days": 7,
        **given,
    }
    return Ground(**values)


def some_rounds(**given: Any) -> Rounds:
    """Return what the help desk can take: half a milli-ticket a working day and person."""
    values: dict[str, Any] = {"help_desk_per_day": 5.0, **given}
    return Rounds(a_calendar(), this_week(TODAY), COSTS, **values)


def a_week(**given: Any) -> Week:
    """Return a week in which nothing happened."""
    values: dict[str, Any] = {"since": NOON - timedelta(days=7), "until": NOON}
    values |= dict.fromkeys(("entered", "carried", "refusals", "holds", "resumed"), ())
    values |= {name: 0 for name in Week.__slots__ if name.endswith("_count")}
    values["exceptions"] = dict.fromkeys(("requested", "granted", "refused", "ended"), 0)
    return Week(**{**values, **given})


def some_exceptions(held: Mapping[str, Any] | None = None, **given: Any) -> ExceptionReport:
    """Return a report of exceptions, of none where nothing is said."""
    values: dict[str, Any] = {"stack": "okta-test", "at": NOON, "cohorts": {"standard": 304}, "largest_share": 0.02}
    return exceptions(held or {}, **{**values, **given})


def a_heartbeat(hours: float = 1, **given: Any) -> Heartbeat:
    """Return a scheduler that ticked an hour ago."""
    values = {"heard_at": "2026-11-16T11:00:00+00:00", "age": timedelta(hours=hours), "longest": timedelta(hours=26)}
    return Heartbeat(**{**values, **given})


def circumstances(**given: Any) -> Circumstances:
    """Return a quiet week, no exception and a scheduler that ticks."""
    values: dict[str, Any] = {
        "ground": a_ground(),
        "rounds": some_rounds(),
        "week": a_week(),
        "exceptions": some_exceptions(),
        "heartbeat": a_heartbeat(),
        "waiting": Waiting(),
        **given,
    }
    return Circumstances(**values)


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
        "around": circumstances(),
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
        *given.pop("more_waves", ()),
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


def an_eventful_report(**given: Any) -> ProgrammeReport:
    """Return the same programme with a week behind it, exceptions, a held lane, and people who came and went."""
    day = timedelta(days=1)
    enforced = {"enforce_on": TODAY + 15 * day, "stage": "ENROL", "held_by": "help desk"}
    waves = [
        a_wave(
            "standard-03", members=120, unready={"needs-key": 30}, held_since="2026-11-13T09:20:00+00:00", **enforced
        ),
        a_wave("standard-01-carried-1", enforce_on=TODAY + 18 * day, members=12, carried_from="standard-01"),
        a_wave(
            "standard-joiners-1", enforce_on=TODAY + 21 * day, members=9, carried_from=JOINERS, unready={"unknown": 3}
        ),
    ]
    happened = a_week(
        entered=(
            Entered("2026-11-10T08:00:00+00:00", "support-01", "ENFORCE", 20),
            Entered("2026-11-12T09:14:00+00:00", "standard-01", "ENFORCE", 150),
            Entered("2026-11-15T17:40:00+00:00", "support-01", "RELAXED", 20),
        ),
        carried=(Carried("2026-11-12T09:14:00+00:00", "standard-01", "standard-01-carried-1", 12, 1),),
        refusals=(Said("2026-11-14T15:02:11+00:00", "standard-02", "m.ito", "49 of 150 people are not ready"),),
        holds=(Said("2026-11-13T09:20:00+00:00", "standard-03", "help desk", "41 calls, and 10 is the most"),),
        enforced_count=170,
        relaxed_count=20,
        carried_count=12,
        joined_count=9,
        left_count=4,
        ticks_count=166,
        exceptions={"requested": 3, "granted": 2, "refused": 1, "ended": 1},
    )
    around = circumstances(
        ground=a_ground(
            calendar=a_calendar(Freeze(date(2026, 12, 18), date(2027, 1, 3), "year-end freeze")),
            pace=Pace(NOON - 12 * day, NOON - day / 8, {"standard": 2.5, "finance": 0.5, "support": 0.4}),
            past={
                "administrators": ((date(2026, 10, 28), 10),),
                "standard": ((date(2026, 11, 12), 150),),
                "support": ((date(2026, 11, 10), 20), (date(2026, 11, 15), 0)),
            },
        ),
        rounds=some_rounds(help_desk_per_day=4.0),
        week=happened,
        exceptions=some_exceptions(given.pop("held", None)),
        waiting=Waiting(
            2, 1, 1, 1, {"holds nothing yet that administrators accepts; stays enforced where they are": 2}
        ),
    )
    return a_busy_report(more_waves=waves, **{"around": around, **given})
