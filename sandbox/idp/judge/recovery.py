"""Without this file the way around sign-in would be unguarded: resetting a password, unlocking an account."""

from typing import Any, Final

from sandbox.idp.judge.catalogue import EITHER, FOREIGN
from sandbox.idp.judge.gates import Gate, operation_gate
from sandbox.idp.judge.reach import reach_of
from sandbox.idp.judge.refusals import NotModelled
from sandbox.idp.judge.situation import Situation
from sandbox.idp.judge.tenant import Rule
from sandbox.idp.judge.verdict import Case, conclude, denied
from sandbox.idp.judge.verification import clause_for_recovery

Json = dict[str, Any]
_ACTIONS: Final = {"recover": "selfServicePasswordReset", "unlock": "selfServiceUnlock"}


def answer_recovery(situation: Situation) -> Json:
    """
    Answer `recover` and `unlock`; a password counts for neither, nor is it ever among the accepted.

    Where the password rule says LEGACY its own list decides, and the enrolment policy has no say; where it
    says AUTH_POLICY, or nothing, the account-management policy decides.
    """
    question = situation.question
    if because := situation.absent("LOCKED_OUT"):
        return denied(because)
    chosen = situation.password
    if chosen is None:
        return denied("no password rule applies")
    action = chosen[1].action(_ACTIONS[question.action])
    match action.get("access", "DENY"):
        case "ALLOW":
            pass
        case "DENY":
            return denied(f"rule {chosen[1].name!r} of {chosen[0].name!r} denies it", [chosen])
        case other:
            raise NotModelled(f"actions.{_ACTIONS[question.action]}.access {other!r}")
    recovery = situation.tenant.usable("recovery") & ~EITHER["password"]
    match _control(chosen[1]):
        case "LEGACY":
            requirement = chosen[1].action("selfServicePasswordReset")["requirement"]
            gate, pool = Gate((clause_for_recovery(requirement),), (chosen,)), recovery
        case "AUTH_POLICY":
            gate, pool = _by_account_policy(situation), recovery & _allowed(situation)
            gate = Gate((), (chosen,)).and_then(gate)
        case other:
            raise NotModelled(f"requirement.accessControl {other!r}")
    if gate.because is not None:
        return denied(gate.because, gate.decided)
    own = (question.method,) if question.method and question.method not in FOREIGN else ()
    case = Case(
        clauses=list(gate.clauses),
        pool=pool,
        presented=situation.presented((*own, *question.shown), pool),
        decided=list(gate.decided),
        # Who has lost the password cannot register anything with it either.
        reach=lambda: reach_of(situation, lost="password"),
    )
    return conclude(situation, case)


def _control(rule: Rule) -> str:
    requirement = rule.action("selfServicePasswordReset").get("requirement") or {}
    return str(requirement.get("accessControl") or "AUTH_POLICY")


def _by_account_policy(situation: Situation) -> Gate:
    if situation.tenant.account is None:
        return Gate(because="the tenant has no account-management policy")
    if situation.question.action == "unlock":
        return operation_gate(situation, "unlockAccount", None)
    return operation_gate(situation, "recover", "password")


def _allowed(situation: Situation) -> int:
    return situation.enrolment[0].allowed if situation.enrolment else 0
