"""Without this file people could be asked about but could not do anything: what follows when the answer is yes."""

from collections.abc import Callable
from typing import Any

from sandbox.idp.attempts import counted, forgotten, has_wrong_password
from sandbox.idp.judge.question import DASHBOARD
from sandbox.idp.okta.factors import enrolment_target, held_entry, hold
from sandbox.idp.okta.log_words import logged
from sandbox.idp.okta.logs import record, target, user_target
from sandbox.idp.okta.users import person
from sandbox.idp.okta.wire import new_id, stamp
from sandbox.idp.questions import Asking, without_inner
from sandbox.idp.refusals import BadRequest
from sandbox.idp.state import Json, State

_ASKING_ONLY = ("assume", "after_write", "at")
_SIGN_ON = frozenset({"OKTA_SIGN_ON", "ACCESS_POLICY"})
_EVALUATIONS = {"allowed": "ALLOW", "must-step-up": "CHALLENGE", "must-enrol": "CHALLENGE", "denied": "DENY"}


def act(state: State, asking: Asking, question: Any) -> Json:
    """
    Ask, and where the answer is `allowed` carry it out; either way the vendor's log is written.

    Args:
        state: Changed by what is carried out.
        asking: The judge's door for this state.
        question: As for `/ask`, about the present only.

    Returns:
        The answer, with `session` where one was opened or used.

    Raises:
        BadRequest: As for a question; also where it is about another time or another tenant.
        NotModelledHere: As for a question.
    """
    if isinstance(question, dict):
        for name in _ASKING_ONLY:
            if question.get(name) is not None:
                raise BadRequest(name, "can be asked about, not acted on")
    answer = asking.answer(question)
    user = person(state, question["user"])
    carried_out = _Act(state, user, question, answer)
    _ACTS[question.get("action", "sign-in")](carried_out)
    shown = without_inner(answer)
    return {**shown, "session": carried_out.session} if carried_out.session else shown


class _Act:
    """One act on its way into state and log."""

    def __init__(self, state: State, user: Json, question: Json, answer: Json) -> None:
        self.state = state
        self.user = user
        self.question = question
        self.answer = answer
        self.allowed = answer["outcome"] == "allowed"
        self.transaction = f"tx{len(state.log) + 1:08d}"
        self.session: str | None = question["session"] if isinstance(question.get("session"), str) else None

    def log(
        self,
        event: str,
        *targets: Json,
        actor: Json | None = None,
        result: str | None = None,
        reason: str | None = None,
        **debug: Any,
    ) -> None:
        """Write the vendor's event of this act, with how it ended."""
        record(
            self.state,
            event,
            actor or user_target(self.user),
            targets or [user_target(self.user)],
            outcome=result or ("SUCCESS" if self.allowed else "FAILURE"),
            reason=reason or (None if self.allowed else self.answer["because"]),
            context=self.question.get("context") or {},
            debug=debug,
            session=self.session,
            transaction=self.transaction,
        )

    def held(self, method: str) -> list[Json]:
        """Return what the person holds of one method."""
        return [entry for entry in self.state.all("held").get(self.user["id"], ()) if entry["method"] == method]

    def shown(self) -> list[str]:
        """Return the methods presented, in order."""
        return list(self.question.get("with") or [])


def _verified(act_: _Act) -> None:
    """Log every method that was shown; the vendor does so for the password, too."""
    for method in act_.shown():
        for entry in act_.held(method)[:1]:
            act_.log(
                "user.authentication.auth_via_mfa",
                user_target(act_.user),
                enrolment_target(entry),
                factor=logged(method).factor,
            )


def _app(act_: _Act) -> list[Json]:
    """Name the app that was asked for as the log does; without one it is the vendor's own dashboard."""
    asked = act_.question.get("app") or DASHBOARD
    apps = act_.state.all("apps").values()
    return [target("AppInstance", app) for app in apps if asked in {app["id"], app["label"]}]


def _evaluated(act_: _Act) -> None:
    """Log which rules decided, in the order in which they were asked, and how."""
    deciding = []
    for row in act_.answer["decided_by"]:
        if rule := act_.state.all("rules").get(row.get("id") or ""):
            policy = act_.state.all("policies")[rule["_policy"]]
            # An enrolment policy may be why it failed, and is no sign-on policy.
            if policy["type"] in _SIGN_ON:
                deciding += [target("PolicyEntity", policy), target("PolicyRule", rule)]
    result = _EVALUATIONS[act_.answer["outcome"]]
    reason = f"Sign-on policy evaluation resulted in {result}"
    act_.log("policy.evaluate_sign_on", user_target(act_.user), *_app(act_), *deciding, result=result, reason=reason)


def _opened(act_: _Act) -> None:
    """Log that an app was signed in to."""
    if act_.allowed:
        named = {**user_target(act_.user, "AppUser"), "id": f"0ua{act_.user['id'][3:]}"}
        act_.log("user.authentication.sso", *_app(act_), named)


def _sign_in(act_: _Act) -> None:
    state, now = act_.state, act_.state.at.isoformat()
    if not act_.allowed and act_.user["status"] == "LOCKED_OUT":
        act_.log("user.session.start", reason="LOCKED_OUT")
        return
    if not act_.allowed and has_wrong_password(state, act_.user, act_.question):
        _mistyped(act_)
        return
    if act_.allowed:
        act_.session = new_id(state, "ses")
        session = {
            "user": act_.user["id"],
            "opened_at": now,
            "last_activity": now,
            "with": act_.shown(),
            "app": act_.question.get("app"),
            "context": act_.question.get("context") or {},
            **act_.answer.get("_session", {}),
        }
        state.put("sessions", act_.session, session)
        state.put("users", act_.user["id"], {**act_.user, "lastLogin": stamp(state.at)})
        forgotten(state, act_.user)
    _verified(act_)
    _evaluated(act_)
    act_.log("user.session.start", user_target(act_.user), factors=",".join(act_.shown()))
    _opened(act_)


def _mistyped(act_: _Act) -> None:
    """Log a wrong password, and lock the account where it was one too many."""
    for entry in act_.held("password")[:1]:
        act_.log(
            "user.authentication.auth_via_mfa",
            user_target(act_.user),
            enrolment_target(entry),
            reason="INVALID_CREDENTIALS",
            factor=logged("password").factor,
        )
    act_.log("user.session.start", reason="INVALID_CREDENTIALS")
    if counted(act_.state, act_.user, act_.question):
        now = stamp(act_.state.at)
        locked = {**act_.user, "status": "LOCKED_OUT", "statusChanged": now, "lastUpdated": now}
        act_.state.put("users", act_.user["id"], locked)
        act_.log("user.account.lock", reason="LOCKED_OUT")


def _reuse(act_: _Act) -> None:
    session = act_.state.all("sessions").get(act_.session or "")
    _verified(act_)
    if act_.allowed and session is not None and act_.session is not None:
        shown = [*session["with"], *(method for method in act_.shown() if method not in session["with"])]
        used = {**session, "with": shown, "last_activity": act_.state.at.isoformat()}
        act_.state.put("sessions", act_.session, used)
    _evaluated(act_)
    _opened(act_)


def _enrol(act_: _Act) -> None:
    method = act_.question["method"]
    entry = held_entry(act_.state, method, {})
    if act_.allowed:
        hold(act_.state, act_.user["id"], entry)
    named = logged(method).factor
    act_.log("user.mfa.factor.activate", user_target(act_.user), enrolment_target(entry), factor=named)


def _unenrol(act_: _Act) -> None:
    method = act_.question["method"]
    removed = act_.held(method)
    if act_.allowed:
        _drop(act_, {method})
    enrolments = [enrolment_target(entry) for entry in removed]
    act_.log("user.mfa.factor.deactivate", user_target(act_.user), *enrolments, factor=logged(method).factor)


def _drop(act_: _Act, methods: set[str]) -> None:
    held = act_.state.all("held").get(act_.user["id"], ())
    act_.state.put("held", act_.user["id"], tuple(entry for entry in held if entry["method"] not in methods))


def _recover(act_: _Act) -> None:
    if act_.allowed:
        _new_password(act_)
    act_.log("user.account.reset_password", method=act_.question.get("method"))
    if act_.allowed:
        act_.log("user.account.update_password")


def _new_password(act_: _Act) -> None:
    if not act_.held("password"):
        hold(act_.state, act_.user["id"], held_entry(act_.state, "password", {}))
    changed = {**act_.user, "passwordChanged": stamp(act_.state.at), "status": "ACTIVE"}
    act_.state.put("users", act_.user["id"], changed)


def _unlock(act_: _Act) -> None:
    if act_.allowed:
        act_.state.put("users", act_.user["id"], {**act_.user, "status": "ACTIVE"})
    act_.log("user.account.unlock", method=act_.question.get("method"))


def _change_contact(act_: _Act) -> None:
    act_.log("user.account.update_profile", changedAttributes=act_.question.get("method") or "profile")


def _reset_by_helpdesk(act_: _Act) -> None:
    operator = user_target(person(act_.state, act_.question["operator"]))
    method = act_.question.get("method") or "password"
    if method == "password":
        if act_.allowed:
            _new_password(act_)
        act_.log("user.account.reset_password", user_target(act_.user), actor=operator)
        return
    enrolments = [enrolment_target(entry) for entry in act_.held(method)]
    if act_.allowed:
        _drop(act_, {method})
    act_.log("user.mfa.factor.deactivate", user_target(act_.user), *enrolments, actor=operator)


_ACTS: dict[str, Callable[[_Act], None]] = {
    "sign-in": _sign_in,
    "reuse-session": _reuse,
    "enrol": _enrol,
    "unenrol": _unenrol,
    "recover": _recover,
    "unlock": _unlock,
    "change-contact": _change_contact,
    "reset-by-helpdesk": _reset_by_helpdesk,
}
