"""Without this file `pulumi up` would have no program: the manifest and the baseline, declared."""

from pathlib import Path

import pulumi

from cohorts.errors import OfframpError
from migration import baseline as baselines
from migration import manifest as manifests
from stacks.okta_stack import declare

HERE = Path(__file__).parent
STACK = pulumi.get_stack()

try:
    declare(
        manifests.read(HERE / f"rollout.{STACK}.json", STACK),
        baselines.read(HERE / f"baseline.{STACK}.json", STACK),
    )
except OfframpError as error:
    # The engine shows a RunError as a sentence, and anything else as a stack trace.
    raise pulumi.RunError(f"{error.code}: {error.message} ({error.context}); {error.hint}") from error
