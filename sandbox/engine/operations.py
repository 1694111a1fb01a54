"""Without this file `preview`, `up`, `refresh` and `destroy` would be parts without an order."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.engine.deployment import Deployment, Stopped
from sandbox.engine.display import Digest, Display
from sandbox.engine.events import EventLog, Events
from sandbox.engine.events import Step as EventStep
from sandbox.engine.history import add_entry
from sandbox.engine.interrupts import heeded
from sandbox.engine.lock import Lock
from sandbox.engine.monitor import serve
from sandbox.engine.packs import packs_of
from sandbox.engine.pending import settle_pending_creates, warn_of_interrupted
from sandbox.engine.program import run_program
from sandbox.engine.refresh import refresh_all
from sandbox.engine.refusals import EngineError
from sandbox.engine.snapshot import Snapshot
from sandbox.engine.steps import delete_rest

if TYPE_CHECKING:
    from sandbox.engine.arguments import Arguments
    from sandbox.engine.packs import Pack
    from sandbox.engine.stacks import Desk

NO_CHANGES, CANCELLED = 7, 8


@dataclass(frozen=True)
class Outcome:
    """What an operation came to: changes by kind, and whether it went well."""

    changes: dict[str, int]
    succeeded: bool
    terminated: bool

    @property
    def has_changes(self) -> bool:
        """Say whether anything was, or would be, different."""
        return any(count for op, count in self.changes.items() if op != "same")


def preview(desk: Desk, arguments: Arguments) -> int:
    """Show what `up` would do."""
    outcome = run(desk, arguments, "preview", planning=True)
    return _exit_code(outcome, arguments, "preview")


def up(desk: Desk, arguments: Arguments) -> int:
    """Bring the stack to what the program says."""
    return _preview_then_run(desk, arguments, "update")


def refresh(desk: Desk, arguments: Arguments) -> int:
    """Bring the state to what the live objects are."""
    settle_pending_creates(desk.backend, desk.stack(arguments), arguments)
    return _preview_then_run(desk, arguments, "refresh")


def destroy(desk: Desk, arguments: Arguments) -> int:
    """Delete everything the stack holds."""
    code = _preview_then_run(desk, arguments, "destroy")
    if code == 0 and not arguments.has("preview-only"):
        if arguments.has("remove"):
            desk.remove(desk.stack(arguments), keep_settings=False)
        else:
            print(
                "The resources in the stack have been deleted, but the history and configuration associated "
                "with the stack are still maintained. \nIf you want to remove the stack completely, run "
                f"`pulumi stack rm {desk.stack(arguments).name}`."
            )
    return code


def _preview_then_run(desk: Desk, arguments: Arguments, kind: str) -> int:
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not arguments.has("non-interactive")
    sure = arguments.has("yes") or arguments.has("skip-preview")
    if arguments.has("preview-only"):
        return _exit_code(run(desk, arguments, kind, planning=True), arguments, kind)
    if not sure and not interactive:
        raise EngineError(
            "--yes or --skip-preview or --preview-only must be passed in to proceed when running in "
            "non-interactive mode",
            2,
        )
    if not arguments.has("skip-preview"):
        shown = run(desk, arguments, kind, planning=True, logged=False)
        if not shown.succeeded:
            return _exit_code(shown, arguments, kind)
        if not arguments.has("yes") and input(f"\nDo you want to perform this {kind}? [yes/no] ").strip() != "yes":
            print(f"confirmation declined, not proceeding with the {kind}")
            return 1
    return _exit_code(run(desk, arguments, kind, planning=False), arguments, kind)


def _exit_code(outcome: Outcome, arguments: Arguments, kind: str) -> int:
    if outcome.terminated:
        raise EngineError(f"{kind} cancelled", CANCELLED)
    if not outcome.succeeded:
        return 1
    if arguments.has("expect-no-changes") and outcome.has_changes:
        raise EngineError(f"no changes were expected for {kind} but changes were proposed", NO_CHANGES)
    return 0


def run(desk: Desk, arguments: Arguments, kind: str, *, planning: bool, logged: bool = True) -> Outcome:
    """
    Perform one operation, or its preview.

    Args:
        desk: Project, backend and settings.
        arguments: The command line.
        kind: preview, update, refresh or destroy.
        planning: Change nothing, neither live objects nor state.
        logged: Send the events to --event-log, if given.

    Returns:
        What came of it; failures have been reported as diagnostics.

    Raises:
        EngineError: It could not begin.
    """
    packs = packs_of(arguments)
    stack = desk.stack(arguments)
    settings = desk.settings(stack)
    if not planning:
        # A wrong passphrase must be found before the first step; a preview seals nothing.
        settings.vault.open()
    config = settings.plain_values()
    secret_keys = [key for key, each in settings.values.items() if each.secret]
    events = Events(planning=planning, debug=arguments.has("debug"), secrets=[config[key] for key in secret_keys])
    as_json = arguments.has("json")
    display = Display(
        kind,
        stack,
        lambda text: print(text, end="", flush=True),
        diff=arguments.has("diff"),
        outputs=not arguments.has("suppress-outputs"),
    )
    digest = Digest()
    events.listen(digest if as_json else display)
    started = int(time.time())
    with contextlib.ExitStack() as held:
        if not planning:
            held.enter_context(Lock(desk.backend, stack))
        snapshot = Snapshot(desk.backend, stack, settings.vault, dry_run=planning)
        if logged and (target := arguments.value("event-log")):
            log = EventLog(target)
            events.listen(log)
            held.callback(log.close)
        deployment = Deployment(
            desk.project,
            stack,
            snapshot,
            events,
            config,
            secret_keys,
            parallel=arguments.count("parallel", 0),
            dry_run=planning,
        )
        held.callback(deployment.children.stop_all)
        held.enter_context(heeded(deployment))
        if not as_json:
            display.heading(planning=planning)
        _perform(deployment, arguments, kind, packs)
        result = "failed" if deployment.stopped.is_set() else "succeeded"
        events.summary("canceled" if deployment.terminated else result, deployment.policies.loaded)
        if not planning:
            add_entry(desk.backend, stack, settings, _entry(arguments, kind, started, result, events))
    if as_json:
        print(digest.text())
    return Outcome(dict(events.changes), not deployment.stopped.is_set(), deployment.terminated)


def _entry(arguments: Arguments, kind: str, started: int, result: str, events: Events) -> dict[str, Any]:
    return {
        "kind": kind,
        "startTime": started,
        "message": arguments.value("message") or "",
        "environment": {"exec.kind": arguments.value("exec-kind") or "cli"},
        "result": result,
        "resourceChanges": dict(events.changes),
    }


def _perform(deployment: Deployment, arguments: Arguments, kind: str, packs: list[Pack]) -> None:
    config = {key: "[secret]" if key in deployment.secret_keys else text for key, text in deployment.config.items()}
    try:
        with serve(deployment):
            if kind in {"preview", "update"}:
                deployment.policies.load(packs)
            deployment.events.emit("preludeEvent", {"config": config})
            if kind == "refresh" or arguments.has("refresh"):
                refresh_all(deployment, alone=kind == "refresh")
            else:
                warn_of_interrupted(deployment)
            if kind in {"preview", "update"}:
                deployment.project.require_python()
                run_program(deployment)
                deployment.wait_until_idle()
            if kind != "refresh" and not deployment.stopped.is_set():
                _delete_unregistered(deployment)
    except Stopped:
        pass
    except EngineError as error:
        deployment.fail(str(error))
    finally:
        deployment.wait_until_idle()
        deployment.snapshot.save()
        deployment.providers.close()
    step = deployment.root_step
    if step is not None:
        deployment.events.after(EventStep(step.op, step.state, step.old, step.state))
    if not deployment.stopped.is_set():
        _judge_stack(deployment)
    deployment.policies.close()
    _say_how_it_ended(deployment)


def _judge_stack(deployment: Deployment) -> None:
    """Ask the packs about everything together: in a preview a barrier, in an update a verdict on what is done."""
    try:
        deployment.policies.look_at_stack(deployment.snapshot.finished)
    except EngineError as error:
        deployment.fail(str(error))


def _say_how_it_ended(deployment: Deployment) -> None:
    """Say the last word on a step that failed, on a policy found violated at the end, or on a cancellation."""
    kind = "preview" if deployment.dry_run else "update"
    found_late = deployment.policies.violated and not deployment.stopped.is_set()
    if found_late or deployment.events.failed_resources:
        deployment.fail(f"{kind} failed")
    elif deployment.cancelled and not deployment.errors and not deployment.terminated:
        deployment.fail(f"{kind} canceled")


def _delete_unregistered(deployment: Deployment) -> None:
    delete_rest(deployment, list(deployment.snapshot.olds))
