"""Without this file nobody could be locked out: wrong passwords, counted as the password policy says."""

from typing import Any

from sandbox.idp.judge.question import read
from sandbox.idp.judge.situation import Situation
from sandbox.idp.state import Json, State

_KIND = "failed_passwords"


def has_wrong_password(state: State, user: Json, question: Json) -> bool:
    """
    Tell whether a sign-in shows a password that is not the person's.

    It is asked for by `holds`: who has a password, shows one, and by the question does not hold it, mistyped it.
    """
    if question.get("holds") is None or "password" not in (question.get("with") or ()):
        return False
    said = {one if isinstance(one, str) else one.get("method") for one in question["holds"]}
    has_one = any(one["method"] == "password" for one in state.all("held").get(user["id"], ()))
    return has_one and "password" not in said


def counted(state: State, user: Json, question: Json) -> bool:
    """Count one more wrong password, and tell whether that was one too many; then the count begins again."""
    count = state.all(_KIND).get(user["id"], 0) + 1
    most = _most(state, question)
    if not most or count < most:
        state.put(_KIND, user["id"], count)
        return False
    forgotten(state, user)
    return True


def forgotten(state: State, user: Json) -> None:
    """Begin the count again, as a right password does."""
    state.drop(_KIND, user["id"])


def _most(state: State, question: Json) -> int:
    """Return after how many wrong passwords in a row the policy that decides locks; 0 is never."""
    about = {name: question[name] for name in ("user", "context") if question.get(name)}
    chosen = Situation(state.now(), read(about)).password
    settings: Any = (chosen[0].json.get("settings") or {}).get("password") if chosen else None
    return int(((settings or {}).get("lockout") or {}).get("maxAttempts") or 0)
