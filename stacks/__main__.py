"""Without this file `pulumi up` would have no program: the manifest and the baseline, declared."""

from pathlib import Path

import pulumi

from migration import baseline as baselines
from migration import manifest as manifests
from stacks.okta_stack import declare

HERE = Path(__file__).parent
STACK = pulumi.get_stack()

declare(
    manifests.read(HERE / f"rollout.{STACK}.json", STACK),
    baselines.read(HERE / f"baseline.{STACK}.json", STACK),
)
