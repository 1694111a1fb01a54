"""Without this file each reader of a vendor's log would have its own idea of a sign-in: what happened, in our words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

SIGN_IN: Final = "sign-in"
ENROLMENT: Final = "enrolment"
REMOVAL: Final = "removal"
LOCKOUT: Final = "lockout"
RECOVERY: Final = "recovery"
KINDS: Final = frozenset({SIGN_IN, ENROLMENT, REMOVAL, LOCKOUT, RECOVERY})

# The steps of one sign-in: each is an event of its own, so a count of events is no count of sign-ins.
SESSION: Final = "session"
METHOD: Final = "method"
DECISION: Final = "decision"
APP: Final = "app"

DONE: Final = frozenset({"SUCCESS", "ALLOW"})


@dataclass(frozen=True, slots=True)
class LogEvent:
    """
    One event of a vendor's log; where it came from is not kept.

    Attributes:
        at: When, aware, UTC.
        kind: One of `KINDS`.
        account_id: Whose account it was done to, the vendor's id; None where the log does not say.
        result: The vendor's word: `SUCCESS`, `FAILURE`, `ALLOW`, `DENY`, `CHALLENGE`, `SKIPPED`, `UNKNOWN`.
        method: Our word (a value of `posture.Method`); None where the event is about no method, or a foreign one.
        app: The vendor's id of the app that was signed in to.
        rule_id: The vendor's id of the rule that decided, where the event is a decision.
        reason: The vendor's reason, where it gives one.
        step: Of a sign-in: `SESSION`, `METHOD`, `DECISION` or `APP`; else empty.
        attempt: What belongs to one sign-in, or to one session, has the same; None where the log does not say.
        factor_id: The vendor's id of the factor that it is about.
    """

    at: datetime
    kind: str
    account_id: str | None
    result: str
    method: str | None = None
    app: str | None = None
    rule_id: str | None = None
    reason: str | None = None
    step: str = ""
    attempt: str | None = None
    factor_id: str | None = None

    @property
    def is_done(self) -> bool:
        """Say whether it took place, and was not only tried."""
        return self.result in DONE


@dataclass(frozen=True, slots=True)
class SignIn:
    """
    All steps of one sign-in together; of a session that opened several apps it is one.

    Attributes:
        at: Of its first step.
        account_id: Who.
        methods: What was shown and accepted, our words.
        apps: Ids of the apps that were opened, in order.
        rule_ids: Ids of the rules that decided, in order.
        is_refused: It was turned away at some step and nothing came of it.
    """

    at: datetime
    account_id: str
    methods: frozenset[str]
    apps: tuple[str, ...]
    rule_ids: tuple[str, ...]
    is_refused: bool


def sign_ins(events: Iterable[LogEvent]) -> tuple[SignIn, ...]:
    """
    Put the steps of each sign-in together, in the order in which they began.

    Events of other kinds, and of no account, count for nothing; a step that names no attempt is one of its own.
    """
    found: dict[object, list[LogEvent]] = {}
    for place, event in enumerate(events):
        if event.kind == SIGN_IN and event.account_id is not None:
            found.setdefault((event.account_id, event.attempt or place), []).append(event)
    return tuple(sorted((_together(steps) for steps in found.values()), key=lambda one: (one.at, one.account_id)))


def _together(steps: list[LogEvent]) -> SignIn:
    first = min(steps, key=lambda step: step.at)
    by_step: Mapping[str, list[LogEvent]] = {
        name: [step for step in steps if step.step == name] for name in (SESSION, METHOD, DECISION, APP)
    }
    # A session begins with the first method, before anything is decided: only a decision or an app says yes.
    deciding = [*by_step[DECISION], *by_step[APP]] or by_step[SESSION] or by_step[METHOD]
    return SignIn(
        at=first.at,
        account_id=str(first.account_id),
        methods=frozenset(step.method for step in by_step[METHOD] if step.method is not None and step.is_done),
        apps=tuple(dict.fromkeys(step.app for step in by_step[APP] if step.app is not None and step.is_done)),
        rule_ids=tuple(dict.fromkeys(step.rule_id for step in by_step[DECISION] if step.rule_id is not None)),
        is_refused=not any(step.is_done for step in deciding),
    )
