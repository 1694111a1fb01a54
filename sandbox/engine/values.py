"""Without this file secrets, unknowns and resource references would be plain dictionaries to everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
FILES = {"c44067f5952c0a294b673a41bacd8c17": "asset", "0def7320c3a5731c473e5ecbe6d01bc7": "archive"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Properties = dict[str, Any]


def secret(value: Any) -> Properties:
    """Mark a value; the mark travels on the wire and is encrypted in the state."""
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    """Say whether the value itself, not a part of it, is marked."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def _walk(value: Any, replace: Callable[[Any], tuple[bool, Any]]) -> Any:
    done, answer = replace(value)
    if done:
        return answer
    if isinstance(value, dict):
        return {key: _walk(item, replace) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, replace) for item in value]
    return value


def plain(value: Any) -> Any:
    """Unwrap every secret, and turn resource references into what a provider knows: an id, else a URN."""

    def replace(item: Any) -> tuple[bool, Any]:
        match item.get(SIGNATURE) if isinstance(item, dict) else None:
            case mark if mark == SECRET:
                return True, plain(item["value"])
            case mark if mark == RESOURCE:
                return True, item.get("id") or item["urn"]
            case _:
                return False, None

    return _walk(value, replace)


def masked(value: Any, mask: Any = "[secret]") -> Any:
    """Put the mask where a secret stands."""
    return _walk(value, lambda item: (is_secret(item), mask))


def blinded(value: Any) -> Any:
    """Mask secrets the way engine events carry them."""
    return masked(value, {SIGNATURE: SECRET, "ciphertext": "[secret]"})


def _any(value: Any, test: Callable[[Any], bool]) -> bool:
    if test(value):
        return True
    if isinstance(value, dict):
        return any(_any(item, test) for item in value.values())
    return isinstance(value, list) and any(_any(item, test) for item in value)


def as_policies_see(value: Any) -> Any:
    """Leave out what providers and engines note for themselves, and turn resource references into an id, else a URN."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == RESOURCE:
            return value.get("id") or value["urn"]
        return {key: as_policies_see(item) for key, item in value.items() if not key.startswith("__")}
    return [as_policies_see(item) for item in value] if isinstance(value, list) else value


def has_secret(value: Any) -> bool:
    """Say whether anything inside is marked."""
    return _any(value, is_secret)


def has_unknown(value: Any) -> bool:
    """Say whether a part of the value will only be known after other operations."""
    return _any(value, lambda item: isinstance(item, str) and item == UNKNOWN)


def file_kind(value: Any) -> str | None:
    """Name the first asset or archive inside, None when there is none."""
    found: list[str] = []

    def test(item: Any) -> bool:
        if isinstance(item, dict) and item.get(SIGNATURE) in FILES:
            found.append(FILES[item[SIGNATURE]])
        return bool(found)

    _any(value, test)
    return found[0] if found else None


def annotate(answer: Properties, asked: Mapping[str, Any]) -> Properties:
    """
    Mark again, key by key, what a provider that knows no secrets gave back in clear.

    Args:
        answer: The provider's properties, changed in place.
        asked: The properties it was given, with marks.

    Returns:
        answer.
    """
    for key, given in asked.items():
        if key not in answer:
            continue
        if _is_object(answer[key]) and _is_object(given):
            annotate(answer[key], given)
        elif has_secret(given):
            answer[key] = secret(answer[key])
    return answer


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and SIGNATURE not in value


def without_nulls(properties: Mapping[str, Any]) -> Properties:
    """Drop top-level nulls: a resource property set to None is a property not set."""
    return {key: value for key, value in properties.items() if value is not None}
