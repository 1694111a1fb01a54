"""Without this file the report would speak in codes: reasons, stages, counts and dates in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

NONE = "\N{EN DASH}"  # what a cell shows where there is nothing to say
_HOURS_READ_AS_DAYS = 48


@dataclass(frozen=True, slots=True)
class Reason:
    """Why ENFORCE would refuse somebody, and what helps."""

    words: str
    next_step: str


REASONS: Mapping[str, Reason] = {
    "one-prompt-away": Reason(
        "no passkey yet, and a device that can make one",
        "prompt them to make a passkey on that device, while ENROL lasts",
    ),
    "needs-key": Reason(
        "nothing that is accepted, and no device that is known to make it",
        "send them a security key, which they bind with what they hold, while ENROL lasts",
    ),
    "needs-supervision": Reason(
        "may bind a key under supervision only",
        "invite them to the supervised desk: what they hold, or work on, must not bind a key",
    ),
    "blocked": Reason(
        "cannot sign in, or nobody uses the account",
        "have the accounts restored, or leave them out: offramp cohort explain says which it is",
    ),
    "unknown": Reason(
        "nobody knows what they hold",
        "export what is enrolled anew: it is missing, or too old to rely on",
    ),
    "gone": Reason(
        "missing from the newest export",
        "look the accounts up: people have left, are suspended, or the export is short",
    ),
}
_OTHER_STEP = "offramp wave stuck lists who they are and offramp cohort explain what they hold"

STAGES: Mapping[str, str] = {
    "SETTLED": "moved, proved, and in their final home",
    "ENFORCE": "moved: SMS and voice are refused",
    "RETIRE": "moved, and enrolled phones are deleted",
    "RELAXED": "rolled back: SMS signs in again, recovery by SMS stays closed",
    "REHEARSE": "enforcement is evaluated, not applied",
    "ENROL": "may enrol strong methods; SMS still signs in",
    "PLANNED": "have a date; nothing has changed for them",
}

WITHOUT_WAVE: Mapping[str, str] = {
    "break-glass": "emergency accounts have a set of their own (hardware key, no self-service recovery)",
    "service": "service accounts have nobody who could enrol a key",
}


def reason(code: str) -> Reason:
    """Return what a readiness code means; one that is not known is shown as it is."""
    return REASONS.get(code, Reason(code, _OTHER_STEP))


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return *count* with its noun, thousands separated: `1 wave`, `1,200 people`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def people(count: int) -> str:
    """Return a number of people in words."""
    return counted(count, "person", "people")


def percent(share: float | None) -> str:
    """Return a share in [0, 1] as a percentage, rounded down: 100 % means everyone. None is a dash."""
    if share is None:
        return NONE
    whole = int(share * 100 + 1e-9)
    return "under 1 %" if share > 0 and not whole else f"{whole} %"


def day(on: date | None) -> str:
    """Return a date as `2 Nov 2026`; None is a dash."""
    return f"{on.day} {on:%b %Y}" if on else NONE


def age(span: timedelta | None) -> str:
    """Return how old something is, in whole hours or days; None is an age that nobody knows."""
    if span is None:
        return "age unknown"
    hours = int(span.total_seconds() // 3600)
    if hours < 0:
        return "taken later than this page"
    if hours < 1:
        return "less than an hour old"
    return f"{counted(hours, 'hour')} old" if hours < _HOURS_READ_AS_DAYS else f"{counted(hours // 24, 'day')} old"


def span(length: timedelta | None) -> str:
    """Return a length of time in whole hours or days; None is one that nobody knows."""
    if length is None:
        return "an unknown time"
    hours = max(0, int(length.total_seconds() // 3600))
    return counted(hours, "hour") if hours < _HOURS_READ_AS_DAYS else counted(hours // 24, "day")


def moment(at: str) -> str:
    """Return an ISO time to the minute, without its T."""
    return at[:16].replace("T", " ")
