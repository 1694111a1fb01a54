"""Without this file `search=` and `filter=` would be ignored, and every listing would be the whole tenant."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.idp.okta.errors import invalid

Test = Callable[[Any], bool]

_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()])|(?P<word>[^\s()"]+))')
_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda held, given: held == given,
    "ne": lambda held, given: held != given,
    "sw": lambda held, given: held.startswith(given),
    "ew": lambda held, given: held.endswith(given),
    "co": lambda held, given: given in held,
    "gt": lambda held, given: held > given,
    "ge": lambda held, given: held >= given,
    "lt": lambda held, given: held < given,
    "le": lambda held, given: held <= given,
}


def compiled(expression: str, parameter: str) -> Test:
    """
    Read a SCIM filter as the vendor takes it: comparisons, `and`, `or`, `not`, parentheses.

    Args:
        expression: Such as `status eq "ACTIVE" and profile.department sw "Fin"`.
        parameter: The query parameter it came in, for the error.

    Raises:
        OktaError: 400, the expression does not parse.
    """
    reader = _Reader(expression, parameter)
    test = reader.either()
    if reader.tokens:
        raise reader.wrong()
    return test


def field(value: Any, path: str) -> list[str]:
    """Return every text found at a dotted path, lists searched member by member, in lower case."""
    found = [value]
    for name in path.split("."):
        members = [member[name] for member in _flat(found) if isinstance(member, dict) and name in member]
        found = [member for member in members if member is not None]
    return [str(member).lower() for member in _flat(found)]


def _flat(values: list[Any]) -> list[Any]:
    return [single for value in values for single in (value if isinstance(value, list) else [value])]


class _Reader:
    """A cursor over the tokens of one expression."""

    def __init__(self, expression: str, parameter: str) -> None:
        self.parameter = parameter
        self.tokens: list[str] = []
        at = 0
        while at < len(expression.rstrip()):
            match = _TOKEN.match(expression, at)
            if match is None:
                raise self.wrong()
            self.tokens.append(match.group().strip())
            at = match.end()

    def wrong(self) -> Exception:
        return invalid(self.parameter, "Invalid search criteria.")

    def take(self) -> str:
        if not self.tokens:
            raise self.wrong()
        return self.tokens.pop(0)

    def _next_is(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[0].lower() == word

    def either(self) -> Test:
        tests = [self.both()]
        while self._next_is("or"):
            self.take()
            tests.append(self.both())
        return lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        tests = [self.single()]
        while self._next_is("and"):
            self.take()
            tests.append(self.single())
        return lambda row: all(test(row) for test in tests)

    def single(self) -> Test:
        token = self.take()
        if token.lower() == "not":
            inner = self.single()
            return lambda row: not inner(row)
        if token == "(":
            inner = self.either()
            if self.take() != ")":
                raise self.wrong()
            return inner
        return self.comparison(token)

    def comparison(self, path: str) -> Test:
        operator = self.take().lower()
        if operator == "pr":
            return lambda row: bool(field(row, path))
        if operator not in _COMPARE:
            raise self.wrong()
        compare, given = _COMPARE[operator], self.take()
        wanted = (re.sub(r"\\(.)", r"\1", given[1:-1]) if given.startswith('"') else given).lower()
        if operator == "ne":
            return lambda row: all(compare(held, wanted) for held in field(row, path))
        return lambda row: any(compare(held, wanted) for held in field(row, path))
