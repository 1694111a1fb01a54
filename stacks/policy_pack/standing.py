"""Without this file the rules would know only the program: what was decided, and what the engine holds of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Held:
    """One resource as the engine's state has it before anything is written."""

    kind: str
    object_id: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """
    What the declarations are compared with.

    Attributes:
        kind: Of the published manifest: a provision creates, a step changes in place.
        account_policy_id: The account-management policy, as the baseline has it.
        held: URN → what the engine holds; without its own bookkeeping.
    """

    kind: Literal["provision", "step"]
    account_policy_id: str
    held: Mapping[str, Held]
