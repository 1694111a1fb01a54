"""Without this file a misspelt question would get a confident answer: what may be asked, word by word."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.idp.judge.catalogue import FOREIGN, NAMES
from sandbox.idp.judge.refusals import BadQuestion, NotModelled
from sandbox.idp.judge.scene import CLIENTS, DEVICES, PLATFORMS, RISKS, address_of

Json = dict[str, Any]
DASHBOARD: Final = "Okta Dashboard"
ADDRESS: Final = "192.0.2.10"
ACTIONS: Final = (
    "sign-in",
    "recover",
    "unlock",
    "enrol",
    "unenrol",
    "change-contact",
    "reset-by-helpdesk",
    "reuse-session",
)
VIAS: Final = ("sign-in", "settings", "end-user-api", "admin-api")
# What the faces have already worked into the World by the time the judge is asked.
_BEFORE: Final = frozenset({"idp", "assume", "after_write", "at"})
_FIELDS: Final = _BEFORE | {
    *("user", "action", "app", "with", "method", "operator", "holds", "session", "via", "context")
}
_CONTEXT: Final = frozenset({"ip", "platform", "device", "device_id", "client", "risk", "auth_ages"})
_WORDS: Final[dict[str, Iterable[str]]] = {
    "platform": PLATFORMS,
    "client": CLIENTS,
    "risk": RISKS,
    "device": DEVICES,
}
_HELD: Final = frozenset({"method", "user_verified", "attestation", "name", "id"})
_SESSION: Final = frozenset(
    {"user", "opened_at", "last_activity", "with", "app", "context", "lifetime_minutes", "idle_minutes"}
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is well formed; every method in it is a known word."""

    user: str
    action: str
    app: str | None
    shown: tuple[str, ...]
    method: str | None
    via: str
    holds: tuple[Json, ...] | None
    session: Any
    context: Json = field(default_factory=dict)

    @property
    def ages(self) -> dict[str, float]:
        """Return the seconds since a method was last shown, for those that say so."""
        return self.context.get("auth_ages") or {}


def read(question: Json) -> Question:
    """
    Check one question of the sandbox's `POST /ask`.

    Raises:
        BadQuestion: An unknown field, or a value that its field does not have.
        NotModelled: An IdP or an action that this judge does not know.
    """
    for name in question:
        if name not in _FIELDS:
            raise BadQuestion(name, "is not a field of a question")
    if question.get("idp", "okta") != "okta":
        raise NotModelled(f"idp {question['idp']!r}")
    action = question.get("action", "sign-in")
    _one_of("action", action, ACTIONS)
    if not isinstance(question.get("user"), str):
        raise BadQuestion("user", "must be a login or an id")
    method = question.get("method")
    if method is not None and method not in NAMES and not (action == "change-contact" and method == "profile"):
        raise BadQuestion("method", f"{method!r} is no method")
    if method is None and action in {"enrol", "unenrol"}:
        raise BadQuestion("method", f"{action} needs one")
    via = question.get("via") or "sign-in"
    _one_of("via", via, VIAS)
    return Question(
        user=question["user"],
        action=action,
        app=_text("app", question.get("app")),
        shown=methods("with", question.get("with") or ()),
        method=method,
        via=via,
        holds=_holds(question["holds"]) if question.get("holds") is not None else None,
        session=_session(question.get("session"), action),
        context=context_of(question.get("context") or {}),
    )


def _one_of(name: str, value: Any, known: Iterable[str]) -> None:
    if value not in known:
        raise BadQuestion(name, f"{value!r} is none of {', '.join(known)}")


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadQuestion(name, "must be text")
    return value


def methods(name: str, value: Any) -> tuple[str, ...]:
    """
    Read a list of method names; those of other vendors stay in it and count for nothing.

    Raises:
        BadQuestion: It is no list, or a word is no method.
    """
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise BadQuestion(name, "must be a list of methods")
    for word in value:
        if not isinstance(word, str) or word not in NAMES:
            raise BadQuestion(name, f"{word!r} is no method")
    return tuple(word for word in value if word not in FOREIGN)


def _holds(value: Any) -> tuple[Json, ...]:
    if not isinstance(value, (list, tuple)):
        raise BadQuestion("holds", "must be a list of methods")
    held = []
    for item in value:
        one = {"method": item} if isinstance(item, str) else item
        if not isinstance(one, dict) or one.get("method") not in NAMES:
            raise BadQuestion("holds", f"{item!r} is no method")
        if strange := sorted(set(one) - _HELD):
            raise BadQuestion(f"holds.{strange[0]}", "is not a field of a held method")
        if not isinstance(one.get("user_verified"), bool | None):
            raise BadQuestion("holds.user_verified", "is true, false or null")
        held.append(one)
    return tuple(held)


def _session(value: Any, action: str) -> Any:
    if action == "reuse-session" and value is None:
        raise BadQuestion("session", "reuse-session needs one")
    if isinstance(value, dict):
        if strange := sorted(set(value) - _SESSION):
            raise BadQuestion(f"session.{strange[0]}", "is not a field of a session")
        if not value.get("opened_at"):
            raise BadQuestion("session.opened_at", "is missing")
    elif value is not None and not isinstance(value, str):
        raise BadQuestion("session", "must be an id or an object")
    return value


def context_of(value: Any) -> Json:
    """
    Check where and on what somebody is.

    Raises:
        BadQuestion: An unknown field, or a value that its field does not have.
    """
    if not isinstance(value, dict):
        raise BadQuestion("context", "must be an object")
    for name, inner in value.items():
        if name not in _CONTEXT:
            raise BadQuestion(f"context.{name}", "is not a field of a context")
        if inner is None:
            continue
        if name in _WORDS and (name != "device" or isinstance(inner, str)):
            _one_of(f"context.{name}", inner, _WORDS[name])
        elif name == "ip":
            address_of(str(inner))
        elif name == "auth_ages":
            _ages(inner)
    return {name: inner for name, inner in value.items() if inner is not None}


def _ages(value: Any) -> None:
    if not isinstance(value, dict):
        raise BadQuestion("context.auth_ages", "must be an object of methods and seconds")
    for method, seconds in value.items():
        if method not in NAMES:
            raise BadQuestion("context.auth_ages", f"{method!r} is no method")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0:
            raise BadQuestion("context.auth_ages", f"{method} must have seconds, 0 or more")
