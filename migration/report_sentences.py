"""Without this file the outlook would be a colour: why it is what it is, each reason one sentence."""

from migration.report_facts import ProgrammeReport
from migration.report_people import Heartbeat
from migration.report_words import age, counted, day, people, span


def sentences(facts: ProgrammeReport) -> tuple[str, ...]:
    """Return why the outlook is what it is, each reason one sentence."""
    if not facts.waves:
        return ("There is no plan yet, so no date can be promised: offramp plan propose.",)
    said = []
    if facts.heartbeat and facts.heartbeat.is_silent:
        said.append(silence(facts.heartbeat))
    over = [wave for wave in facts.waves if wave.over_days]
    if over:
        worst = max(over, key=lambda wave: wave.over_days)
        said.append(
            f"{len(over):,} of {counted(len(facts.waves), 'wave')} would settle after {day(facts.finish_on)}; "
            f"the last is {worst.key}, {counted(worst.over_days, 'day')} late."
        )
    behind = [wave for wave in facts.waves if wave.behind_days]
    if behind:
        worst = max(behind, key=lambda wave: wave.behind_days)
        said.append(
            f"{counted(len(behind), 'wave')} should be enforced by now and {'is' if len(behind) == 1 else 'are'} "
            f"not; furthest behind is {worst.key}, by {counted(worst.behind_days, 'day')}."
        )
    if facts.without_posture:
        waiting = sum(wave.member_count for cohort in facts.without_posture for wave in cohort.waves)
        said.append(
            f"{people(waiting)} in {counted(len(facts.without_posture), 'cohort')} without a posture cannot "
            f"move at all until somebody decides what they shall present."
        )
    if facts.too_slow:
        slow = ", ".join(one.cohort for one in facts.too_slow)
        said.append(f"As it goes now {slow} would miss the date, though the plan makes it: see Forecast.")
    if facts.is_stale:
        said.append(staleness(facts))
    still = [wave for wave in facts.waves if wave.has_posture and not wave.is_moved]
    waiting = sum(wave.unready_count + wave.unread_count for wave in still)
    if waiting:
        said.append(
            f"{people(waiting)} not known to be ready must become so before their wave's day, or are carried over."
        )
    if facts.help_desk and facts.help_desk.short_from:
        week = day(facts.help_desk.short_from)
        said.append(f"The help desk is short from the week of {week} on, if the waves keep their days.")
    return tuple(said) or ("Every wave is where its plan has it, and nobody who is still to move is stuck.",)


def silence(heard: Heartbeat) -> str:
    """Return the sentence that a scheduler deserves of which nothing is heard."""
    return (
        f"The last tick is {span(heard.age)} old, and {span(heard.longest)} is the most: no joiner is taken in and "
        "nobody is moved forward until somebody looks after the scheduler: offramp tick."
    )


def staleness(facts: ProgrammeReport) -> str:
    """Return the sentence that a snapshot too old to decide on deserves."""
    if not facts.snapshot_digest:
        return "There is no snapshot: who is ready is UNKNOWN, and no wave can be enforced."
    return (
        f"The newest snapshot is too old to decide on ({age(facts.snapshot_age)}; evidence lasts 24 hours): who is "
        "ready is UNKNOWN, and no wave can be enforced until there is a newer one."
    )
