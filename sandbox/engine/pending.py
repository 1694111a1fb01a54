"""Without this file nobody would hear that an earlier run was killed in the middle of a step, nor could settle it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sandbox.engine.lock import Lock
from sandbox.engine.refusals import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.arguments import Arguments
    from sandbox.engine.backend import Backend, StackRef
    from sandbox.engine.deployment import Deployment

WHAT_TO_DO = """\
These resources are in an unknown state because the Pulumi CLI was interrupted while waiting for changes to these \
resources to complete. You should confirm whether or not the operations listed completed successfully by checking \
the state of the appropriate provider. For example, if you are using AWS, you can confirm using the AWS Console.

Once you have confirmed the status of the interrupted operations, you can repair your stack using `pulumi refresh` \
which will refresh the state from the provider you are using and clear the pending operations if there are any.

Note that `pulumi refresh` will need to be run interactively to clear pending CREATE operations."""


def warn_of_interrupted(deployment: Deployment) -> None:
    """Name the steps that an earlier run was killed in; a preview says nothing."""
    found = deployment.snapshot.interrupted
    if found and not deployment.dry_run:
        lines = "".join(f"  * {each['resource']['urn']}, interrupted while {each['type']}\n" for each in found)
        deployment.events.diagnose(
            "warning",
            f"Attempting to deploy or update resources with {len(found)} pending operations from previous "
            f"deployment.\n{lines}{WHAT_TO_DO}",
        )


def settle_pending_creates(backend: Backend, stack: StackRef, arguments: Arguments) -> None:
    """
    Do to the state what `pulumi refresh` was told about creates that an earlier run was killed in.

    --import-pending-creates URN --import-pending-creates ID says that the create went through; the record then says
    `importing`. --clear-pending-creates says of the rest that they did not; their records are dropped.

    Raises:
        EngineError: A URN has no id, or both clearing and skipping was asked for.
    """
    if arguments.has("skip-pending-creates") and arguments.has("clear-pending-creates"):
        raise EngineError("cannot set both --skip-pending-creates and --clear-pending-creates")
    given = arguments.values("import-pending-creates")
    if len(given) % 2:
        raise EngineError("each URN must be followed by an ID: found an odd number of entries")
    if given:
        ids = dict(zip(given[::2], given[1::2], strict=True))

        def imported(operation: dict[str, Any]) -> dict[str, Any]:
            found = ids.pop(operation["resource"]["urn"], None)
            if found is None:
                return operation
            return {"resource": {**operation["resource"], "id": found}, "type": "importing"}

        _edit(backend, stack, imported)
        for urn in ids:
            print(f'warning: "{urn}" did not correspond to a pending create', file=sys.stderr)
    if arguments.has("clear-pending-creates"):
        _edit(backend, stack, lambda _operation: None)


def _edit(backend: Backend, stack: StackRef, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    with Lock(backend, stack):
        document = backend.read(stack)
        latest = document["checkpoint"].get("latest") or {}
        pending = [
            change(each) if each["type"] == "creating" else each
            for each in latest.pop("pending_operations", None) or []
        ]
        if kept := [each for each in pending if each is not None]:
            latest["pending_operations"] = kept
        backend.write(stack, document)
