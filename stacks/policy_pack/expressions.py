"""Without this file an expression that only mentions an operation would pass for one that is limited to it."""

import re
from collections.abc import Iterator

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
# Words and signs that bind in ways which are not followed here.
_NOT_FOLLOWED = re.compile(r"\?|\bor\b|\band\b|\bnot\b", re.IGNORECASE)
_OPERATION = r"accessRequest\.operation"
_AUTHENTICATOR = r"accessRequest\.authenticator\.key"


def names_operation(expression: str, operation: str = r"\w+") -> bool:
    """Say whether an expression can be true for a named operation only: a given one, or any that it names."""
    return _implies(expression, _equals(_OPERATION, operation))


def names_authenticator(expression: str, key: str) -> bool:
    """Say whether an expression can be true for one authenticator only."""
    return _implies(expression, _equals(_AUTHENTICATOR, key))


def _equals(subject: str, value: str) -> re.Pattern[str]:
    return re.compile(rf"{subject}\s*==\s*(?:'{value}'|\"{value}\")")


def _implies(expression: str, wanted: re.Pattern[str]) -> bool:
    if _NOT_FOLLOWED.search(_QUOTED.sub("''", expression)):
        return False
    return _follows(expression, wanted)


def _follows(expression: str, wanted: re.Pattern[str]) -> bool:
    text = expression.strip()
    alternatives = tuple(_parts(text, "||"))
    if len(alternatives) > 1:
        return all(_follows(part, wanted) for part in alternatives)
    conjuncts = tuple(_parts(text, "&&"))
    if len(conjuncts) > 1:
        return any(_follows(part, wanted) for part in conjuncts)
    if text.startswith("(") and text.endswith(")"):
        return _follows(text[1:-1], wanted)
    return wanted.fullmatch(text) is not None


def _parts(text: str, operator: str) -> Iterator[str]:
    """Yield what stands between *operator* outside parentheses and quotes."""
    depth, begin, place = 0, 0, 0
    while place < len(text):
        quoted = _QUOTED.match(text, place)
        if quoted:
            place = quoted.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0 and text.startswith(operator, place):
            yield text[begin:place]
            place += len(operator)
            begin = place
            continue
        place += 1
    yield text[begin:]
