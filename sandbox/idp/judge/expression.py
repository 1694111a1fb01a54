"""Without this file expressions would match by accident: the part of the language that is modelled."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sandbox.idp.judge.refusals import NotModelled

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<path>[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)|(?P<sign>==|!=|&&|\|\||!|\(|\)))"
)
_REQUEST: Final = frozenset(
    {"accessRequest.operation", "accessRequest.authenticator.key", "accessRequest.authenticator.id"}
)
_PROFILE: Final = re.compile(r"user\.profile\.[A-Za-z_]\w*\Z")


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """What `accessRequest` is while somebody changes their own account."""

    operation: str
    key: str | None = None
    authenticator_id: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What an expression may look at."""

    profile: Mapping[str, Any]
    request: AccessRequest | None


Value = Callable[[Facts], Any]


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Callable[[Facts], bool]:
    """
    Read *expression* once.

    Raises:
        NotModelled: Anything but comparisons of `accessRequest.*`, `user.profile.*`, text and null, joined by
            one kind of operator per pair of parentheses.
    """
    reader = _Reader(expression)
    value = reader.joined()
    reader.end()
    return lambda facts: _truth(value(facts), expression)


def _truth(value: Any, expression: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise NotModelled(f"expression that is neither true nor false: {expression}")


class _Reader:
    """A reader of one expression, from left to right."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = self._tokens()
        self.place = 0

    def _tokens(self) -> list[tuple[str, str]]:
        tokens, place, text = [], 0, self.expression.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise self.strange()
            tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        return tokens

    def strange(self) -> NotModelled:
        return NotModelled(f"expression: {self.expression}")

    def peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise self.strange()
        self.place += 1
        return self.tokens[self.place - 1]

    def end(self) -> None:
        if self.place != len(self.tokens):
            raise self.strange()

    def joined(self) -> Value:
        values = [self.compared()]
        operator = self.peek()
        while self.peek() in {"&&", "||"}:
            # Which of the two binds tighter is not documented: a mix without parentheses means nothing.
            if self.take()[1] != operator:
                raise self.strange()
            values.append(self.compared())
        if len(values) == 1:
            return values[0]
        expression, wanted = self.expression, operator == "||"

        def run(facts: Facts) -> bool:
            for value in values:
                if _truth(value(facts), expression) is wanted:
                    return wanted
            return not wanted

        return run

    def compared(self) -> Value:
        left = self.single()
        sign = self.peek()
        if sign not in {"==", "!="}:
            return left
        self.take()
        right = self.single()
        if self.peek() in {"==", "!="}:
            raise self.strange()
        if sign == "==":
            return lambda facts: left(facts) == right(facts)
        return lambda facts: left(facts) != right(facts)

    def single(self) -> Value:
        kind, text = self.take()
        if text == "!":
            value, expression = self.single(), self.expression
            return lambda facts: not _truth(value(facts), expression)
        if text == "(":
            value = self.joined()
            if self.take()[1] != ")":
                raise self.strange()
            return value
        if kind == "text":
            literal = text[1:-1]
            return lambda _: literal
        if kind == "path":
            return self.path(text)
        raise self.strange()

    def path(self, text: str) -> Value:
        if text == "null":
            return lambda _: None
        if _PROFILE.match(text):
            name = text.rpartition(".")[2]
            return lambda facts: facts.profile.get(name)
        if text == "accessRequest.operation":
            return lambda facts: facts.request and facts.request.operation
        if text == "accessRequest.authenticator.key":
            return lambda facts: facts.request and facts.request.key
        if text in _REQUEST:
            return lambda facts: facts.request and facts.request.authenticator_id
        raise self.strange()
