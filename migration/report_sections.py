"""Without this file the page would only say whether we make the date: who moved, who is stuck, what was refused."""

from migration.report_charts import ready_bar, stage_bar, swatch
from migration.report_facts import ProgrammeReport
from migration.report_markup import Markup, element, joined, table, unbroken
from migration.report_sentences import staleness
from migration.report_waves import GONE, WaveFacts
from migration.report_words import NONE, STAGES, WITHOUT_WAVE, counted, day, moment, people, percent, reason

REFUSALS_SHOWN = 15


def who_moved(report: ProgrammeReport) -> Markup:
    """Return how many people are at each stage."""
    rows = [
        (
            element("span", swatch(stage), stage, class_="swatch"),
            f"{report.stage_counts[stage]:,}",
            f"{sum(wave.stage == stage for wave in report.waves):,}",
            words,
        )
        for stage, words in STAGES.items()
        if stage in report.stage_counts
    ]
    rows.append(
        (
            element("span", swatch("none"), "no wave", class_="swatch"),
            f"{report.without_wave_count:,}",
            NONE,
            "in a cohort that has no wave, or hired since the plan was made",
        )
    )
    title = element("h2", "Who has moved?")
    gone = report.stuck.get(GONE, 0)
    lead = (
        f"{people(report.people_count)} in the newest snapshot; {people(report.planned_count)} have a wave"
        + (f", {gone:,} of them not in the newest snapshot" if gone else "")
        + f". {people(report.moved_count)} moved: {percent(report.moved_share)} of those with a wave."
    )
    if not report.people_count and not report.waves:
        return element("section", title, element("p", "Nobody has been counted yet, and nobody has a wave."))
    return element(
        "section",
        title,
        element("p", lead),
        stage_bar(report),
        table(("Stage", "People#", "Waves#", "What it means for them"), rows),
    )


def wave_dates(report: ProgrammeReport) -> Markup:
    """Return the table of waves."""
    title = element("h2", "Waves and dates")
    if not report.waves:
        return element("section", title, element("p", "There is no plan, so there is no wave."))
    heads = ("Wave", "Cohort", "People#", "Stage", "Enrol", "Enforce", "Settle", "Ready", "Late")
    rows = (
        (
            joined(unbroken(wave.key), element("small", wave.note) if wave.note else None),
            wave.cohort,
            f"{wave.member_count:,}",
            joined(wave.stage, element("small", f"since {day(wave.since)}") if wave.since else None),
            unbroken(day(wave.enrol_on)),
            unbroken(day(wave.enforce_on)),
            unbroken(day(wave.settle_on)),
            ready_bar(wave),
            _late(wave),
        )
        for wave in report.waves
    )
    stale = element("p", staleness(report), class_="warn-text") if report.is_stale else None
    return element("section", title, stale, table(heads, rows))


def who_is_stuck(report: ProgrammeReport) -> Markup:
    """Return whom ENFORCE would refuse, why, and the next thing to do."""
    title = element("h2", "Who is stuck, and why?")
    unread = sum(wave.unread_count for wave in report.waves)
    unknown = (
        element("p", f"Of {people(unread)} the snapshot says nothing; they count as not ready.", class_="warn-text")
        if unread
        else None
    )
    if not report.stuck:
        nobody = "Nobody whom the snapshot knows of." if report.snapshot_digest else staleness(report)
        return element("section", title, unknown, element("p", nobody))
    ordered = sorted(report.stuck.items(), key=lambda item: (-item[1], item[0]))
    reasons = ((reason(code).words, f"{count:,}", reason(code).next_step) for code, count in ordered)
    waves = (
        (
            unbroken(wave.key),
            wave.stage,
            unbroken(day(wave.enforce_on)),
            f"{wave.unready_count:,}",
            "; ".join(f"{reason(code).words}: {count:,}" for code, count in sorted(wave.unready.items())),
            _next(wave),
        )
        for wave in sorted(report.waves, key=lambda wave: (not wave.is_moved, wave.enforce_on))
        if wave.unready_count
    )
    now = report.refused_now_count
    alarm = (
        element(
            "p",
            f"{people(now)} in enforced waves hold nothing that is accepted: they may be locked out today. "
            "Look at them first.",
            class_="late-text",
        )
        if now
        else None
    )
    total = people(sum(report.stuck.values()))
    lead = (
        f"ENFORCE would refuse {total} with a wave. They do not hold their wave up: "
        "they are carried over into one of their own, with a later day."
    )
    return element(
        "section",
        title,
        element("p", lead),
        alarm,
        unknown,
        table(("What they hold", "People#", "The next thing to do"), reasons, "In all"),
        table(
            ("Wave", "Stage", "Enforce", "People#", "Why", "Where to look"), waves, "Per wave, the most urgent first"
        ),
    )


def who_waits(report: ProgrammeReport) -> Markup:
    """Return the cohorts that no date can be given, and why."""
    items = [
        element(
            "li",
            element("b", cohort.cohort),
            f" ({people(cohort.people_count)}) stays PLANNED: nobody has decided yet what its people shall present "
            f"at sign-in and recovery, so no wave of it may move ({len(cohort.waves):,} planned).",
        )
        for cohort in report.without_posture
    ]
    items += [
        element(
            "li",
            element("b", cohort.cohort),
            f" ({people(cohort.people_count)}) has no wave: "
            + WITHOUT_WAVE.get(cohort.cohort, "the plan was made without it; a new plan would date it")
            + ".",
        )
        for cohort in report.cohorts
        if cohort.people_count and not cohort.waves and (cohort.has_posture or not cohort.has_waves)
    ]
    none = "None: every cohort has a posture and a date." if report.cohorts else "Nobody has been counted yet."
    body = element("ul", *items) if items else element("p", none)
    return element("section", element("h2", "Cohorts without a posture or a date"), body)


def what_was_said(report: ProgrammeReport) -> Markup:
    """Return refusals and asserted approvals."""
    shown = report.refusals[:REFUSALS_SHOWN]
    more = len(report.refusals) - len(shown)
    refused = (
        table(("When", "Wave", "Because"), ((unbroken(moment(at)), wave, why) for at, wave, why in shown))
        if shown
        else element("p", "Nothing was refused.")
    )
    approved = (
        table(("Wave", "Approved by, as asserted"), report.approvals)
        if report.approvals
        else element("p", "None was asserted.")
    )
    return element(
        "section",
        element("h2", "Refusals and approvals"),
        element("h3", "Moves that were refused, newest first"),
        refused,
        element("p", f"And {more:,} earlier: offramp ledger show.", class_="soft") if more > 0 else None,
        element("h3", "Approvals"),
        element("p", "A name is what the operator typed; nobody has checked who that was.", class_="soft"),
        approved,
    )


def _late(wave: WaveFacts) -> Markup | str:
    said = []
    if wave.behind_days:
        said.append(f"{counted(wave.behind_days, 'day')} behind")
    if wave.over_days:
        said.append(f"{counted(wave.over_days, 'day')} past the finish")
    return element("span", "; ".join(said), class_="late-text") if said else NONE


def _next(wave: WaveFacts) -> Markup | str:
    if not wave.has_posture:
        return "decide its cohort's posture first"
    return element("code", f"offramp wave stuck {wave.key}")
