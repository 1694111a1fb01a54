"""Without this file the sandbox could be used but not driven: its own interface beside the vendor's face."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.idp.acts import act
from sandbox.idp.objects import everything
from sandbox.idp.okta.errors import OktaError
from sandbox.idp.okta.factors import held_entry
from sandbox.idp.okta.users import person
from sandbox.idp.okta.wire import new_id
from sandbox.idp.options import TENANTS, Options
from sandbox.idp.questions import moment, without_inner
from sandbox.idp.refusals import BadRequest, NoSuchThing, NotModelledHere
from sandbox.idp.state import Json
from sandbox.idp.tenancy import Sandbox

METHODS = frozenset((
    "password", "sms", "voice", "email", "question", "totp", "app_code", "push", "fastpass", "passkey_synced",
    "passkey_bound", "security_key", "windows_hello", "tap",
))  # fmt: skip
_HELD = {"method": str, "user_verified": bool, "attestation": str, "name": str, "id": str}
_DEVICE = {"id": str, "platform": str, "os_version": str, "registered": bool, "managed": bool, "compliant": bool}
_MOST_PEOPLE = 1_000_000


class Control:
    """The sandbox's own interface, without the transport."""

    def __init__(self, sandbox: Sandbox, okta: str) -> None:
        self._sandbox = sandbox
        self._okta = okta
        self._calls: dict[tuple[str, str], Callable[..., Any]] = {
            ("POST", "/ask"): self._ask,
            ("POST", "/ask/many"): self._ask_many,
            ("POST", "/act"): self._act,
            ("POST", "/act/many"): self._act_many,
            ("GET", "/clock"): self._clock,
            ("POST", "/clock"): self._move_clock,
            ("POST", "/reset"): self._reset,
            ("GET", "/writes"): self._writes,
            ("GET", "/state"): self._state,
            ("GET", "/truth"): self._truth,
            ("POST", "/faults"): self._add_fault,
            ("DELETE", "/faults/{}"): self._remove_fault,
            ("POST", "/faults/{}/release"): self._release_fault,
            ("PUT", "/people/{}/methods"): self._methods,
            ("PUT", "/people/{}/devices"): self._devices,
        }

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        """
        Answer one call.

        Args:
            method: HTTP method.
            target: Path and query.
            body: As received.

        Returns:
            Status and JSON value; a refusal is `{"error": sentence}` with `field` where one is to blame.
        """
        parsed = urlsplit(target)
        try:
            call, keys = self._found(method, parsed.path)
            query = dict(parse_qsl(parsed.query, keep_blank_values=True))
            return 200, call(query, _content(body), *keys)
        except BadRequest as error:
            return 400, {"error": str(error), "field": error.field}
        except NotModelledHere as error:
            return 422, {"error": error.what}
        except NoSuchThing as error:
            return 404, {"error": str(error)}

    def _found(self, method: str, path: str) -> tuple[Callable[..., Any], list[str]]:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        for (known, pattern), call in self._calls.items():
            steps = pattern.strip("/").split("/")
            if known == method and len(steps) == len(parts):
                pairs = list(zip(steps, parts, strict=True))
                if all(step in {"{}", part} for step, part in pairs):
                    return call, [part for step, part in pairs if step == "{}"]
        raise NoSuchThing(f"call {method} {path}")

    def _ask(self, _: Json, body: Any) -> Json:
        return without_inner(self._sandbox.asking.answer(body))

    def _ask_many(self, _: Json, body: Any) -> list[Json]:
        asking = self._sandbox.asking
        return _each(body, lambda question: without_inner(asking.answer(question)))

    def _act(self, _: Json, body: Any) -> Json:
        return act(self._sandbox.state, self._sandbox.asking, body)

    def _act_many(self, _: Json, body: Any) -> list[Json]:
        return _each(body, lambda question: act(self._sandbox.state, self._sandbox.asking, question))

    def _clock(self, _: Json, __: Any) -> Json:
        return {"at": self._sandbox.state.at.isoformat()}

    def _move_clock(self, _: Json, body: Any) -> Json:
        given = _fields(body, {"at", "advance"})
        state = self._sandbox.state
        if len(given) != 1:
            raise BadRequest("at", "give either at or advance")
        if "at" in given:
            wanted = moment("at", given["at"])
        else:
            seconds = given["advance"]
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
                raise BadRequest("advance", "must be a number of seconds")
            wanted = state.at + timedelta(seconds=seconds)
        if wanted < state.at:
            raise BadRequest(next(iter(given)), "the clock goes forward only")
        state.at = wanted
        return {"at": state.at.isoformat()}

    def _reset(self, _: Json, body: Any) -> Json:
        given = _fields(body or {}, {"people", "seed", "tenant"})
        for name in ("people", "seed"):
            value = given.get(name, 0)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_PEOPLE:
                raise BadRequest(name, "must be a whole number, not negative")
        if given.get("tenant", TENANTS[0]) not in TENANTS:
            raise BadRequest("tenant", f"must be one of {', '.join(TENANTS)}")
        self._sandbox.reset(Options(**{**asdict(self._sandbox.started_as), **given}))
        return self._clock({}, None)

    def _writes(self, query: Json, _: Any) -> list[Json]:
        given = _fields(query, {"since"})
        since = str(given.get("since", "0"))
        if not since.isdigit():
            raise BadRequest("since", "must be the number of a write")
        return [asdict(write) for write in self._sandbox.state.writes[int(since) :]]

    def _state(self, query: Json, _: Any) -> Json:
        return everything(self._sandbox.state, self._okta, _fields(query, {"only"}).get("only"))

    def _truth(self, query: Json, _: Any) -> list[Json]:
        _fields(query, set())
        return self._sandbox.truth()

    def _add_fault(self, _: Json, body: Any) -> Json:
        return {"id": self._sandbox.faults.add(body)}

    def _remove_fault(self, _: Json, __: Any, fault_id: str) -> Json:
        if not self._sandbox.faults.remove(fault_id):
            raise NoSuchThing(f"fault {fault_id}")
        return {"id": fault_id}

    def _release_fault(self, _: Json, __: Any, fault_id: str) -> Json:
        if not self._sandbox.faults.release(fault_id):
            raise NoSuchThing(f"fault {fault_id}")
        return {"id": fault_id}

    def _person(self, login: str) -> str:
        try:
            return str(person(self._sandbox.state, login)["id"])
        except OktaError as error:
            raise NoSuchThing(f"person {login}") from error

    def _methods(self, _: Json, body: Any, login: str) -> list[Json]:
        state, user_id = self._sandbox.state, self._person(login)
        rows = _each(body, lambda row: _row(row, _HELD))
        for row in rows:
            if row.get("method") not in METHODS:
                raise BadRequest("method", f"must be one of {', '.join(sorted(METHODS))}")
        held = tuple(held_entry(state, row["method"], row) for row in rows)
        state.put("held", user_id, held)
        return list(held)

    def _devices(self, _: Json, body: Any, login: str) -> list[Json]:
        state, user_id = self._sandbox.state, self._person(login)
        usual = {"platform": "windows", "os_version": None, "registered": True, "managed": False, "compliant": False}
        rows = _each(body, lambda row: {**usual, **_row(row, _DEVICE)})
        devices = tuple({**row, "id": row.get("id") or new_id(state, "guo")} for row in rows)
        state.put("devices", user_id, devices)
        return list(devices)


def _content(body: bytes) -> Any:
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        raise BadRequest("body", "is not JSON") from None


def _fields(given: Any, known: set[str]) -> Json:
    if not isinstance(given, dict):
        raise BadRequest("body", "must be an object")
    for name in given:
        if name not in known:
            raise BadRequest(name, "is not a field of this call")
    return given


def _row(row: Any, known: dict[str, type]) -> Json:
    given = _fields(row, set(known))
    for name, value in given.items():
        if value is not None and not isinstance(value, known[name]):
            raise BadRequest(name, f"must be a {known[name].__name__}")
    return given


def _each(body: Any, answer: Callable[[Any], Json]) -> list[Json]:
    if not isinstance(body, list):
        raise BadRequest("body", "must be a list")
    answers = []
    for index, question in enumerate(body):
        try:
            answers.append(answer(question))
        except BadRequest as error:
            raise BadRequest(f"[{index}].{error.field}", error.why) from error
        except NotModelledHere as error:
            raise NotModelledHere(f"[{index}]: {error.what}") from error
    return answers
