"""Without this file a question could only be about now: `after_write`, `assume` and `at`, then the judge."""

import importlib
import json
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.idp.assume import assumed
from sandbox.idp.judge.refusals import BadQuestion, NotModelled
from sandbox.idp.okta.users import by_login
from sandbox.idp.refusals import BadRequest, NotModelledHere
from sandbox.idp.state import Json, State, World

Judge = Callable[[World, Json], Json]

_FIELDS = frozenset((
    "idp", "user", "action", "app", "with", "method", "operator", "holds", "session", "via", "context", "assume",
    "after_write", "at",
))  # fmt: skip
_IDPS = ("okta", "entra")
_KEPT_WORLDS = 64


def moment(field: str, text: Any) -> datetime:
    """
    Read a time of the sandbox's interface; without a zone it is UTC.

    Raises:
        BadRequest: It is no ISO 8601 time.
    """
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError:
        raise BadRequest(field, "must be an ISO 8601 time") from None
    return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)


class Asking:
    """Answers questions about one state, and keeps the worlds that it worked out until the state changes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._worlds: OrderedDict[Any, World] = OrderedDict()
        self._judge: Judge = importlib.import_module("sandbox.idp.judge.okta").answer

    def answer(self, question: Any) -> Json:
        """
        Answer one question without any side effect; keys that start with `_` are for `/act`.

        Raises:
            BadRequest: An unknown field, or a value that its field does not have.
            NotModelledHere: The answer hangs on something that is not modelled.
        """
        if not isinstance(question, dict):
            raise BadRequest("body", "must be an object")
        for name in question:
            if name not in _FIELDS:
                raise BadRequest(name, "is not a field of a question")
        idp = question.get("idp", "okta")
        if idp not in _IDPS:
            raise BadRequest("idp", f"must be one of {', '.join(_IDPS)}")
        if idp == "entra":
            raise NotModelledHere("idp entra")
        try:
            world = self._world(question)
            users, name = world.all("users"), question.get("user")
            # The judge would look through everybody for a login.
            user = by_login(users, name) if isinstance(name, str) and name not in users else None
            return self._judge(world, {**question, "user": user["id"]} if user else question)
        except BadQuestion as error:
            raise BadRequest(error.field, error.why) from error
        except NotModelled as error:
            raise NotModelledHere(error.what) from error

    def _world(self, question: Json) -> World:
        after, assume, at = question.get("after_write"), question.get("assume"), question.get("at")
        if after is None and not assume and at is None:
            return self._state.now()
        given = json.dumps(assume, sort_keys=True) if assume else None
        key = (self._state.version, len(self._state.writes), self._state.at, after, given, at)
        world = self._worlds.get(key)
        if world is None:
            world = self._worked_out(after, assume, at)
            self._worlds[key] = world
            if len(self._worlds) > _KEPT_WORLDS:
                self._worlds.popitem(last=False)
        return world

    def _worked_out(self, after: Any, assume: Any, at: Any) -> World:
        world = self._state.now()
        if after is not None:
            if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= len(self._state.writes):
                raise BadRequest("after_write", f"must be between 0 and {len(self._state.writes)}")
            world = self._state.after_write(after)
        if at is not None:
            world = World(world.collections, moment("at", at), is_past=world.is_past)
        if assume:
            if not isinstance(assume, dict):
                raise BadRequest("assume", "must be an object of vendor paths")
            world = assumed(world, assume)
        return world


def without_inner(answer: Json) -> Json:
    """Return an answer as callers see it."""
    return {key: value for key, value in answer.items() if not key.startswith("_")}
