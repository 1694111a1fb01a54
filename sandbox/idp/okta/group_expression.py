"""Without this file a group rule would be text: the part of the expression language that rules use."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.idp.okta.errors import invalid
from sandbox.idp.state import Json

# What an expression may look at: the person, and the ids of the person's groups.
Subject = tuple[Json, tuple[str, ...]]
Term = Callable[[Subject], Any]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|&&|\|\||==|!=|[!(),]|[A-Za-z_][\w.]*)')
_WORDS = {"AND": "&&", "and": "&&", "OR": "||", "or": "||", "NOT": "!", "not": "!", "eq": "==", "ne": "!="}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "String.startsWith": lambda text, part: str(text or "").startswith(part),
    "String.stringContains": lambda text, part: part in str(text or ""),
    "String.toLowerCase": lambda text: str(text or "").lower(),
    "String.toUpperCase": lambda text: str(text or "").upper(),
}


def compiled(expression: str) -> Callable[[Json, tuple[str, ...]], bool]:
    """
    Read a group rule's expression into a test of a person and the person's group ids.

    Raises:
        OktaError: 400, it does not parse or uses what is not modelled here.
    """
    tokens: list[str] = []
    at = 0
    while at < len(expression.rstrip()):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise _wrong(expression[at:])
        tokens.append(_WORDS.get(match.group(1), match.group(1)))
        at = match.end()
    term = _either(tokens)
    if tokens:
        raise _wrong(tokens[0])
    return lambda user, groups: bool(term((user, groups)))


def _wrong(what: str) -> Exception:
    return invalid("conditions.expression.value", f"Invalid or unsupported expression at: {what}")


def _take(tokens: list[str], wanted: str | None = None) -> str:
    if not tokens or (wanted is not None and tokens[0] != wanted):
        raise _wrong(tokens[0] if tokens else "the end")
    return tokens.pop(0)


def _either(tokens: list[str]) -> Term:
    terms = [_both(tokens)]
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        terms.append(_both(tokens))
    return terms[0] if len(terms) == 1 else lambda subject: any(term(subject) for term in terms)


def _both(tokens: list[str]) -> Term:
    terms = [_comparison(tokens)]
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        terms.append(_comparison(tokens))
    return terms[0] if len(terms) == 1 else lambda subject: all(term(subject) for term in terms)


def _comparison(tokens: list[str]) -> Term:
    left = _operand(tokens)
    if tokens[:1] not in (["=="], ["!="]):
        return left
    same = _take(tokens) == "=="
    right = _operand(tokens)
    return lambda subject: (left(subject) == right(subject)) is same


def _operand(tokens: list[str]) -> Term:
    token = _take(tokens)
    if token == "!":
        inner = _operand(tokens)
        return lambda subject: not inner(subject)
    if token == "(":
        inner = _either(tokens)
        _take(tokens, ")")
        return inner
    if token[0] in "\"'":
        return _constant(re.sub(r"\\(.)", r"\1", token[1:-1]))
    if token in {"null", "true", "false"}:
        return _constant({"null": None, "true": True, "false": False}[token])
    if token.startswith("user."):
        name = token.removeprefix("user.")
        return lambda subject: subject[0]["status"] if name == "status" else subject[0]["profile"].get(name)
    return _call(token, tokens)


def _constant(value: Any) -> Term:
    return lambda _: value


def _call(name: str, tokens: list[str]) -> Term:
    _take(tokens, "(")
    arguments = [_either(tokens)]
    while tokens[:1] == [","]:
        tokens.pop(0)
        arguments.append(_either(tokens))
    _take(tokens, ")")
    if name in {"isMemberOfGroup", "isMemberOfAnyGroup"}:
        return lambda subject: any(argument(subject) in subject[1] for argument in arguments)
    function = _FUNCTIONS.get(name)
    if function is None:
        raise _wrong(name)
    return lambda subject: function(*(argument(subject) for argument in arguments))
