"""Without this file a secret setting that a provider or a policy repeats would be read on every screen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "[secret]"
# A shorter one would turn half of every text into masks.
SHORTEST = 3


class Redactor:
    """Puts a mask where a secret setting stands, as it is or as JSON writes it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        texts: list[str] = []
        for secret in secrets:
            if len(secret) >= SHORTEST and secret.lower() not in {"true", "false"}:
                texts += [secret, json.dumps(secret, ensure_ascii=False)[1:-1]]
        self._pattern = re.compile("|".join(map(re.escape, texts))) if texts else None

    def __call__(self, value: Any) -> Any:
        """Give text, or every text inside a list or the values of an object, with its secrets masked."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self._pattern.sub(MASK, value)
        if isinstance(value, dict):
            return {key: self(item) for key, item in value.items()}
        return [self(item) for item in value] if isinstance(value, list) else value
