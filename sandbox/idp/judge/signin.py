"""Without this file nobody would know who gets in: signing in to an app, afresh or on an open session."""

from datetime import UTC, datetime
from typing import Any

from sandbox.idp.judge.durations import seconds_of
from sandbox.idp.judge.gates import app_gate, session_gate
from sandbox.idp.judge.question import context_of, methods
from sandbox.idp.judge.reach import first_of, reach_of
from sandbox.idp.judge.refusals import BadQuestion, NotModelled
from sandbox.idp.judge.requirement import Shown
from sandbox.idp.judge.situation import Chosen, Situation
from sandbox.idp.judge.verdict import Case, conclude, denied

Json = dict[str, Any]
_MINUTE = 60
# What a session rule that says nothing about it has; the vendor's own default.
_MINUTES = 120


def answer_sign_in(situation: Situation) -> Json:
    """Answer `sign-in`; `_session` says how long the session would live, 0 for as long as it is used."""
    if because := situation.absent():
        return denied(because)
    gate = session_gate(situation).and_then(app_gate(situation, situation.question.app))
    if gate.because is not None:
        return denied(gate.because, gate.decided)
    case = Case(
        clauses=list(gate.clauses),
        pool=situation.pool,
        presented=situation.presented(situation.question.shown, situation.pool),
        decided=list(gate.decided),
        reach=lambda: reach_of(situation),
        forbids=_forbidding(situation),
        extra={"_session": _limits(situation.session)},
    )
    verdict = conclude(situation, case)
    return _with_required(situation, case, verdict) if verdict["outcome"] == "allowed" else verdict


def _limits(chosen: Chosen | None) -> Json:
    session = (chosen[1].action("signon").get("session") or {}) if chosen else {}
    return {
        "lifetime_minutes": session.get("maxSessionLifetimeMinutes", _MINUTES),
        "idle_minutes": session.get("maxSessionIdleMinutes", _MINUTES),
    }


def _forbidding(situation: Situation) -> Chosen | None:
    """Return the enrolment policy where it forbids something that the person holds and showed."""
    shown = situation.presented(situation.question.shown, ~0)
    return situation.enrolment if any(not situation.lets(one.traits.method) for one in shown) else None


def _with_required(situation: Situation, case: Case, verdict: Json) -> Json:
    """Turn yes into must-enrol where the enrolment policy requires something that can be registered now."""
    chosen = situation.enrolment
    if chosen is None:
        return verdict
    policy, rule = chosen
    proved = {name for one in case.presented for name in one.traits.classes}
    moment = rule.action("enroll").get("self", "CHALLENGE")
    if moment != "LOGIN" and (moment != "CHALLENGE" or len(proved) < 2):  # noqa: PLR2004 - two factor types
        return verdict
    for key, entry in policy.enrolment.items():
        if key in {"okta_password", "okta_email"} or key in situation.held_keys or not _is_due(situation, entry):
            continue
        if method := first_of(situation, key):
            named = {"idp": "okta", "policy": policy.name, "rule": rule.name, "id": rule.json.get("id")}
            return {
                **verdict,
                "outcome": "must-enrol",
                "prompts": [method],
                "decided_by": [*verdict["decided_by"], named],
                "because": f"enrolment policy {policy.name!r} requires {key}, which is not registered",
            }
    return verdict


def _is_due(situation: Situation, entry: Json) -> bool:
    enrol = entry.get("enroll") or {}
    if enrol.get("self") != "REQUIRED":
        return False
    match enrol.get("gracePeriod") or None:
        case None:
            return True
        case {"type": "BY_DATE_TIME", "expiry": str(expiry)}:
            return situation.world.at >= _time(expiry, "gracePeriod.expiry")
        case other:
            raise NotModelled(f"enroll.gracePeriod {other!r}")


def answer_reuse(situation: Situation) -> Json:
    """
    Answer `reuse-session`: when expired or ended, a sign-in with nothing carried; else only the app's rule asks.

    Raises:
        BadQuestion: There is no such session, or it is somebody else's.
    """
    session = _session(situation)
    at, opened = situation.world.at, _time(session["opened_at"], "session.opened_at")
    last = _time(session.get("last_activity") or session["opened_at"], "session.last_activity")
    if because := situation.absent():
        return denied(because)
    if session.get("is_ended") or _expired(
        situation, session, (at - opened).total_seconds(), (at - last).total_seconds()
    ):
        verdict = answer_sign_in(situation)
        return {**verdict, "because": f"the session has ended; {verdict['because']}"}
    gate = app_gate(situation, situation.question.app)
    if gate.because is not None:
        return denied(gate.because, gate.decided)
    carried = _carried(situation, session, (at - opened).total_seconds())
    limit = seconds_of(_inactivity(gate.decided[0]), "verificationMethod.inactivityPeriod")
    if limit is not None and (at - last).total_seconds() >= limit:
        carried = ()
    fresh = situation.presented(situation.question.shown, situation.pool)
    again = {one.traits.method for one in fresh}
    case = Case(
        clauses=list(gate.clauses),
        pool=situation.pool,
        presented=(*fresh, *(one for one in carried if one.traits.method not in again)),
        decided=list(gate.decided),
        reach=lambda: reach_of(situation),
        forbids=_forbidding(situation),
    )
    return conclude(situation, case)


def _inactivity(chosen: Chosen) -> str | None:
    method = chosen[1].action("appSignOn").get("verificationMethod") or {}
    period: str | None = method.get("inactivityPeriod")
    return period


def _session(situation: Situation) -> Json:
    session = situation.question.session
    if isinstance(session, str):
        named, session = session, situation.world.all("sessions").get(session)
        if session is None and (ended := situation.world.all("ended_sessions").get(named)):
            session = {**ended, "is_ended": True}
        if session is None:
            raise BadQuestion("session", "there is no such session")
    owner = session.get("user")
    if owner is not None and owner not in {situation.user_id, situation.question.user}:
        raise BadQuestion("session", "it is somebody else's")
    if not situation.context and session.get("context"):
        # Asked with no word on where they are, they are where they were.
        situation.context = context_of(session["context"])
    return dict(session)


def _carried(situation: Situation, session: Json, age: float) -> tuple[Shown, ...]:
    ages = situation.question.ages
    names = methods("session.with", session.get("with") or ())
    # Even in the very second in which a session opened, carrying is not showing again.
    return tuple(situation.carried(name, ages.get(name, max(age, 0.001))) for name in dict.fromkeys(names))


def _expired(situation: Situation, session: Json, age: float, idle: float) -> bool:
    limits = {key: session.get(key) for key in ("lifetime_minutes", "idle_minutes")}
    if None in limits.values():
        today = _limits(situation.session)
        limits = {key: today[key] if value is None else value for key, value in limits.items()}
    return any(
        minutes and seconds >= minutes * _MINUTE
        for minutes, seconds in ((limits["lifetime_minutes"], age), (limits["idle_minutes"], idle))
    )


def _time(text: str | datetime, name: str) -> datetime:
    try:
        at = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise BadQuestion(name, f"{text!r} is no ISO time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
