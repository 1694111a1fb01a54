"""Without this file there would be no judge to ask: one question in, the vendor's answer out."""

from collections.abc import Callable
from typing import Any, Final

from sandbox.idp.judge.account import answer_account
from sandbox.idp.judge.question import read
from sandbox.idp.judge.recovery import answer_recovery
from sandbox.idp.judge.refusals import BadQuestion, NotModelled
from sandbox.idp.judge.signin import answer_reuse, answer_sign_in
from sandbox.idp.judge.situation import Situation
from sandbox.idp.state import World

Json = dict[str, Any]
_KEPT: Final = 1024
_ANSWERS: Final = {
    "sign-in": answer_sign_in,
    "reuse-session": answer_reuse,
    "enrol": answer_account,
    "unenrol": answer_account,
    "change-contact": answer_account,
    "recover": answer_recovery,
    "unlock": answer_recovery,
}


def answer(world: World, question: Json) -> Json:
    """
    Answer one question about one person, as the vendor would, without any side effect.

    Args:
        world: Every object at the moment asked about; `assume`, `after_write` and `at` are already in it.
        question: As `POST /ask` of the sandbox's interface takes it.

    Returns:
        `outcome`, `accepted` (sorted lists of sorted method sets), `prompts`, `decided_by`, `because`,
        `assurance` ("A0" to "A5", or null where nothing is accepted) and `where`; for a sign-in that a rule
        lets begin also `_session`, `{"lifetime_minutes", "idle_minutes"}`.

    Raises:
        NotModelled: The answer hangs on something that is not modelled.
        BadQuestion: The question is not well formed, or names what does not exist.
    """
    asked = read(question)
    answering = _ANSWERS.get(asked.action)
    if answering is None:
        raise NotModelled(f"action {asked.action}")
    situation = Situation(world, asked)
    if asked.action == "reuse-session":
        return answering(situation)
    return _remembered(situation, answering)


def _remembered(situation: Situation, answering: Callable[[Situation], Json]) -> Json:
    """Answer once for all who are alike: the same facts, the same question, the same moment."""
    answers, key = situation.tenant.answers, situation.alike
    known = answers.get(key)
    if known is None:
        if len(answers) > _KEPT:
            answers.clear()
        # The person is kept beside the answer, so that nobody else can come to have the same identity.
        known = answers[key] = (situation.user, answering(situation))
    given: Json = known[1]
    return {
        **given,
        "accepted": [list(one) for one in given["accepted"]],
        "prompts": list(given["prompts"]),
        "decided_by": [dict(one) for one in given["decided_by"]],
        **({"_session": dict(given["_session"])} if "_session" in given else {}),
    }


__all__ = ["BadQuestion", "NotModelled", "answer"]
