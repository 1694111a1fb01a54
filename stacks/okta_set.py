"""Without this file every rule would be handed the same seven values: one set as it stands in the tenant."""

from dataclasses import dataclass

import pulumi

from migration import set_names
from migration.baseline import Baseline
from migration.manifest import SetContent
from migration.set_names import Tally
from stacks.chain import Chain
from stacks.okta_dialect import STATUS

Ids = dict[str, pulumi.Output[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """
    One set among ours, while it is declared.

    Attributes:
        content: What it holds; its key begins the name of everything it owns.
        above: What the sets that decide before it own.
        baseline: What decides today.
        canary: Key of the app that carries ENFORCE ahead of time, or None.
        chain: Where its resources wait for one another.
    """

    content: SetContent
    above: Tally
    baseline: Baseline
    canary: str | None
    chain: Chain

    @property
    def key(self) -> str:
        """How the set is called."""
        return self.content.key

    def status(self, name: str) -> str:
        """Return the vendor's word for who decides by *name*."""
        return STATUS[set_names.decides(self.content.posture, name, canary=self.canary)]

    def policy_priority(self, name: str) -> int:
        """Priority of the set's own policy *name*; 1 is the highest."""
        return self.above.policies[name] + 1

    def account_priority(self, index: int) -> int:
        """Priority of the set's rule number *index* in the account-management policy."""
        return self.above.account_rules + index + 1

    def app_priority(self, index: int, rules_per_set: int) -> int:
        """Priority of the set's rule number *index* in an app policy; 0 means unset to the provider, so never 0."""
        return self.above.sign_ins * rules_per_set + index + 1
