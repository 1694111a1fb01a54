"""Without this file the program's process would not be started with its configuration, watched and ended."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sandbox.engine.backend import ORGANISATION

if TYPE_CHECKING:
    import subprocess

    from sandbox.engine.deployment import Deployment

SHOWN = 32
GRACE_SECONDS = 5
POLL_SECONDS = 0.02


def run_program(deployment: Deployment) -> None:
    """
    Run the program to its end, relaying what it prints.

    A program that ends badly fails the deployment; one that the engine itself stopped says nothing more.
    """
    folder, entry = deployment.project.program
    runner = Path(__file__).with_name("runner.py")
    command = [
        *(deployment.project.interpreter, "-u", str(runner)),
        *("--monitor", deployment.address),
        *("--engine", deployment.address),
        *("--project", deployment.stack.project),
        *("--root_directory", str(deployment.project.root)),
        *("--stack", deployment.stack.name),
        *("--pwd", str(folder)),
        *("--dry_run", "true" if deployment.dry_run else "false"),
        *("--parallel", str(deployment.parallel)),
        *("--organization", ORGANISATION),
        *("--debug", "true" if deployment.events.debug else "false"),
        entry,
    ]
    environment = {
        **os.environ,
        **deployment.plugin_environment,
        **deployment.config_environment(deployment.config),
    }
    child = deployment.children.start(command, folder, environment)
    readers = [
        _relay(deployment, child.stdout, "info"),
        _relay(deployment, child.stderr, "info#err"),
    ]
    code = _wait(deployment, child)
    # A grandchild of the program may hold its output open; it is ended with the group.
    deployment.children.stop(child)
    for reader in readers:
        reader.join(GRACE_SECONDS)
    if code != 0 and not deployment.stopped.is_set():
        if code == SHOWN:
            deployment.stop()
        else:
            deployment.fail(f"an unhandled error occurred: program exited with non-zero exit code: {code}")


def _wait(deployment: Deployment, child: subprocess.Popen[str]) -> int:
    left = GRACE_SECONDS / POLL_SECONDS
    while (code := child.poll()) is None:
        time.sleep(POLL_SECONDS)
        left -= deployment.stopped.is_set()
        if left <= 0:
            deployment.children.stop(child)
            return 0
    return code


def _relay(deployment: Deployment, stream: IO[str] | None, severity: str) -> threading.Thread:
    def copy() -> None:
        for line in stream or ():
            deployment.events.diagnose(severity, line)

    thread = threading.Thread(target=copy, daemon=True)
    thread.start()
    return thread
