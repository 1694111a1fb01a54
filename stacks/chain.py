"""Without this file the engine would choose the order of writes; the law between two writes needs ours."""

from dataclasses import dataclass, field
from typing import TypeVar

import pulumi

Declared = TypeVar("Declared", bound=pulumi.Resource)


@dataclass(slots=True)
class Chain:
    """
    Make every resource wait for the one declared before it.

    Okta renumbers priorities while it answers, and between two writes no path may be weaker than on either side:
    both need one write at a time, in the order in which the program reads.
    """

    _last: list[pulumi.Resource] = field(default_factory=list)

    def options(self) -> pulumi.ResourceOptions:
        """Return options that wait for the resource added last."""
        return pulumi.ResourceOptions(depends_on=list(self._last))

    def add(self, resource: Declared) -> Declared:
        """Make *resource* the one that the next waits for."""
        self._last = [resource]
        return resource
