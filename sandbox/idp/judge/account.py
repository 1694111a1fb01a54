"""Without this file anybody could bind a new method: what opens enrolling, removing, a contact."""

from typing import Any, Final

from sandbox.idp.judge.catalogue import FOREIGN, PHONES
from sandbox.idp.judge.gates import enrolment_gate, operation_gate, settings_gate
from sandbox.idp.judge.reach import reach_of
from sandbox.idp.judge.refusals import NotModelled
from sandbox.idp.judge.situation import Situation
from sandbox.idp.judge.verdict import Case, conclude, denied

Json = dict[str, Any]
# What accessRequest.operation is for a change that the vendor has no word for; no rule can name it.
UNNAMED: Final = ""


def answer_account(situation: Situation) -> Json:
    """Answer `enrol`, `unenrol` and `change-contact`."""
    question = situation.question
    if question.via == "admin-api":
        raise NotModelled(f"{question.action} via admin-api")
    if because := situation.absent():
        return denied(because)
    method = question.method
    own: str | None = None
    match question.action:
        case "change-contact" if method not in PHONES:
            gate = operation_gate(situation, UNNAMED, None).and_then(settings_gate(situation))
        case _ if method is None or method in FOREIGN:
            return denied("the vendor has no such authenticator")
        case "change-contact":
            gate, own = enrolment_gate(situation, method, "settings"), method
        case "unenrol":
            gate = operation_gate(situation, "unenroll", method).and_then(settings_gate(situation))
        case _:
            gate, own = enrolment_gate(situation, method, question.via), method
    if gate.because is not None:
        return denied(gate.because, gate.decided)
    case = Case(
        clauses=list(gate.clauses),
        pool=situation.pool,
        presented=situation.presented(question.shown, situation.pool),
        decided=list(gate.decided),
        reach=lambda: reach_of(situation, own),
    )
    return conclude(situation, case)
