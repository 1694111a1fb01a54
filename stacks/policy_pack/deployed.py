"""Without this file the pack could not tell a change from a creation: a pack is never told what the engine holds."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migration import baseline as baselines
from migration import manifest as manifests
from migration.errors import EngineFailed, EngineMissing
from stacks.policy_pack.standing import Held, Standing

_SECONDS = 120
# Meant for the engine that runs us: flags of its command, and a trace that a second one would write over.
_ENGINES_OWN = ("PULUMI_OPTION_", "PULUMI_DEBUG_GRPC")


def read(project: Path, stack: str) -> Standing:
    """
    Read what was decided and what the engine holds, before it writes.

    Args:
        project: The folder of `Pulumi.yaml`.
        stack: The stack that is about to be updated.

    Raises:
        ManifestUnreadable: Also ManifestEdited and BaselineUnreadable, as the program raises them.
        EngineMissing: There is no `pulumi` to ask.
        EngineFailed: It was asked and did not answer.
    """
    manifest = manifests.read(project / "stacks" / f"rollout.{stack}.json", stack)
    baseline = baselines.read(project / "stacks" / f"baseline.{stack}.json", stack)
    return Standing(manifest.kind, baseline.account_management.policy_id, held(_exported(project, stack)))


def held(document: Mapping[str, Any]) -> dict[str, Held]:
    """Return URN → resource of what `pulumi stack export` wrote, without the stack itself and its providers."""
    resources = (document.get("deployment") or {}).get("resources") or ()
    return {
        one["urn"]: Held(one["type"], one.get("id", ""), one.get("inputs") or {})
        for one in resources
        # What is read only, or already on its way out, is none of what an update keeps.
        if one.get("custom")
        and not one["type"].startswith("pulumi:")
        and not (one.get("external") or one.get("delete"))
    }


def _exported(project: Path, stack: str) -> Mapping[str, Any]:
    executable = os.environ.get("OFFRAMP_PULUMI") or shutil.which("pulumi")
    if executable is None:
        raise EngineMissing(
            "The policy pack cannot ask pulumi what it holds",
            context="PATH",
            hint="put pulumi on PATH, or set OFFRAMP_PULUMI to its bin/pulumi",
        )
    words = [executable, "stack", "export", "--stack", stack, "--non-interactive"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_ENGINES_OWN)}
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and no shell
            words,
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        document: Mapping[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        told = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise EngineFailed(
            f"pulumi did not tell what it holds: {told[-1] if told else 'no answer'}",
            context=f"stack {stack}",
            hint=f"pulumi stack export --stack {stack} shows why",
        ) from error
    return document
