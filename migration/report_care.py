"""Without this file nobody would look after what waits: held lanes, carried-over people, the help desk, exceptions."""

from collections import Counter
from collections.abc import Iterator

from migration.report_bars import desk_weeks, exception_ages
from migration.report_desk import MILLI, DeskWeek, HelpDesk
from migration.report_exceptions import ExceptionFacts, ExceptionReport
from migration.report_facts import ProgrammeReport
from migration.report_markup import Markup, element, table, unbroken
from migration.report_people import Heartbeat, Waiting
from migration.report_sentences import silence, staleness
from migration.report_words import NONE, counted, day, moment, people, percent, span


def who_comes_later(report: ProgrammeReport) -> Markup | None:
    """Return what is held, who was carried over or came after the plan, and who waits for the next tick."""
    if report.heartbeat is None:
        return None
    held = [wave for wave in report.waves if wave.held_by]
    later = [wave for wave in report.waves if (wave.is_carried or wave.is_joiners) and wave.member_count]
    held_rows = (
        (
            unbroken(wave.key),
            wave.stage,
            f"{wave.member_count:,}",
            unbroken(moment(wave.held_since)) if wave.held_since else NONE,
            f"{wave.held_by}: {wave.held_because}",
            element("code", f"offramp gate check {wave.key}"),
        )
        for wave in held
    )
    later_rows = (
        (
            unbroken(wave.key),
            "came after the plan" if wave.is_joiners else f"from {wave.carried_from}",
            f"{wave.member_count:,}",
            f"{wave.ready_count:,}",
            wave.stage,
            unbroken(day(wave.enrol_on)),
            unbroken(day(wave.enforce_on)),
            unbroken(day(wave.settle_on)),
        )
        for wave in later
    )
    heads = ("Wave", "Its people", "People#", "Ready#", "Stage", "Enrol", "Enforce", "Settle")
    return element(
        "section",
        element("h2", "Held, carried over and newly come"),
        _tick(report.heartbeat),
        element("h3", "Held lanes"),
        table(("Wave", "Stage", "People#", "Since", "Because", "Where to look"), held_rows)
        if held
        else element("p", "Nothing is held."),
        element("h3", "People in a wave of their own"),
        table(heads, later_rows) if later else element("p", "Nobody was carried over, and nobody came after the plan."),
        element("h3", "People the next tick has to look after"),
        element("ul", *(element("li", line) for line in _waiting(report, report.waiting))),
    )


def _tick(heard: Heartbeat) -> Markup:
    if heard.heard_at is None:
        return element("p", "Nothing was provisioned yet, so there is nothing to tick.")
    if heard.is_silent:
        return element("p", silence(heard), class_="late-text")
    alarms = [element("p", f"The last tick says: {alarm}.", class_="warn-text") for alarm in heard.alarms]
    said = f"The last tick is {span(heard.age)} old ({moment(heard.heard_at)}); {span(heard.longest)} is the most."
    return element("div", element("p", said), *alarms)


def _waiting(report: ProgrammeReport, found: Waiting | None) -> Iterator[str]:
    if found is None:
        yield staleness(report) if report.is_stale else "Nothing was provisioned yet."
        return
    if found.is_nobody:
        yield "Nobody: everyone is where the newest snapshot has them."
    if found.joined_count:
        yield f"{people(found.joined_count)} came after the plan and will be given a wave."
    if found.left_count:
        yield f"{people(found.left_count)} can no longer sign in and will leave their wave."
    if found.moved_count:
        yield f"{people(found.moved_count)} changed cohort and will follow."
    if found.falls_count:
        yield f"{people(found.falls_count)} changed cohort and would fall in assurance: somebody has to approve it."
    for why, count in (found.waits or {}).items():
        yield f"{people(count)} changed cohort and wait: {why}."


def help_desk(report: ProgrammeReport) -> Markup | None:
    """Return what the coming weeks ask of the help desk, against what it can take."""
    found = report.help_desk
    if found is None:
        return None
    title = element("h2", "Help desk")
    if not found.weeks:
        return element("section", title, element("p", "Nobody is still to be moved, so nothing is asked of it."))
    short = (
        element("p", f"Short from the week of {day(found.short_from)} on.", class_="late-text")
        if found.short_from
        else element("p", "It can take every week as planned.", class_="good-text")
    )
    rows = (
        (
            unbroken(day(one.starts_on)),
            ", ".join(one.waves) or NONE,
            f"{one.people_count:,}",
            f"{one.cost / MILLI:,.1f}",
            f"{one.most_cost / MILLI:,.1f}",
            _load(one),
        )
        for one in found.weeks
    )
    heads = ("Week of", "Waves", "People#", "Tickets expected#", "Can take#", "Load")
    return element(
        "section",
        title,
        short,
        desk_weeks(found),
        table(heads, rows, "The same in numbers"),
        element("p", _costs(found), class_="soft"),
    )


def _load(one: DeskWeek) -> Markup | str:
    if not one.cost:
        return NONE
    words = percent(one.cost / one.most_cost) if one.most_cost else "no open day"
    return element("span", f"▲ {words}", class_="late-text") if one.is_short else words


def _costs(found: HelpDesk) -> str:
    a_day = found.per_day * found.planned_count / MILLI
    costs = ", ".join(f"{word.replace('-', ' ')} {cost / MILLI:.2f}" for word, cost in found.costs.items())
    return (
        f"Tickets expected of one person, by the strongest method that they hold: {costs}. They fall into the week in "
        f"which the wave is enforced. The help desk answers {a_day:,.1f} on a working day, by help_desk_per_day of the "
        "configuration."
    )


def exceptions(report: ProgrammeReport) -> Markup | None:
    """Return the open exceptions by age, class and cohort, with their renewals and approvals."""
    found = report.exceptions
    if found is None:
        return None
    title = element("h2", "Exceptions")
    counts = ", ".join(f"{count:,} {state}" for state, count in found.states.items())
    closed = element("p", f"Of all that were ever asked for: {counts}.", class_="soft") if found.states else None
    warnings = [element("p", line, class_="warn-text") for line in found.warnings]
    if not found.open:
        return element("section", title, *warnings, element("p", "Nobody is excused, and nobody asks to be."), closed)
    rows = (
        (
            unbroken(one.key),
            one.exception_class,
            one.cohort,
            f"{one.people_count:,}",
            one.state,
            f"{one.age_days:,}",
            unbroken(day(one.ends_at.date())),
            f"{one.days_left:,}",
            _renewals(one),
            one.owner,
            _approved(one),
        )
        for one in found.open
    )
    heads = ("Exception", "Class", "Cohort", "People#", "State", "Age, days#", "Ends", "Left#", "Renewals", "Owner")
    lead = f"{counted(len(found.open), 'exception')} open; {people(found.excused_count)} excused now."
    return element(
        "section",
        title,
        element("p", lead, " Each with its signatures: ", element("code", "offramp report exceptions"), "."),
        *warnings,
        exception_ages(found.open),
        table((*heads, "Approved by"), rows, "The same in numbers"),
        table(("Class", "Cohort", "Open#", "People#"), _by_class(found), "By class and cohort"),
        table(("Cohort", "Excused#", "At most#", "Of people#"), _budgets(found), "How many may be excused at once")
        if found.budgets
        else None,
        closed,
    )


def _renewals(one: ExceptionFacts) -> str:
    said = f"{one.renewals_count}" if one.renewals_count else NONE
    return f"{said}; then {one.renewed_by}" if one.renewed_by else said


def _approved(one: ExceptionFacts) -> Markup | str:
    said = ", ".join(f"{given.approver} ({given.proof})" for given in one.approvals) or "nobody yet"
    return element("span", said, class_="warn-text") if one.is_asserted else said


def _by_class(found: ExceptionReport) -> list[tuple[object, ...]]:
    open_count: Counter[tuple[str, str]] = Counter()
    people_count: Counter[tuple[str, str]] = Counter()
    for one in found.open:
        open_count[one.exception_class, one.cohort] += 1
        people_count[one.exception_class, one.cohort] += one.people_count
    return [(*key, f"{open_count[key]:,}", f"{people_count[key]:,}") for key in sorted(open_count)]


def _budgets(found: ExceptionReport) -> list[tuple[object, ...]]:
    return [
        (one.cohort, f"{one.excused_count:,}", f"{one.most_count:,}", f"{one.people_count:,}") for one in found.budgets
    ]
