"""Without this file a command's name would not lead to its code."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine import lock
from sandbox.engine.backend import open_backend, pulumi_home
from sandbox.engine.project import find_project
from sandbox.engine.refusals import EngineError, Refused
from sandbox.engine.settings import run_config
from sandbox.engine.stacks import Desk, run_stack

if TYPE_CHECKING:
    from sandbox.engine.arguments import Arguments

# Commands of the Pulumi CLI that somebody may well type here.
ELSEWHERE = {
    "about",
    "console",
    "convert",
    "env",
    "install",
    "login",
    "logout",
    "logs",
    "new",
    "package",
    "plugin",
    "policy",
    "state",
    "watch",
}

CHANGING = {"preview", "pre", "up", "update"}
# Options that would pass in silence elsewhere.
ONLY_FOR = {
    "clear-pending-creates": {"refresh"},
    "import-pending-creates": {"refresh"},
    "policy-pack": CHANGING,
    "policy-pack-config": CHANGING,
    "skip-pending-creates": {"refresh"},
}


def run_command(arguments: Arguments) -> int:
    """
    Run a parsed command line; gives the exit code.

    Raises:
        EngineError: It could not be done; the text is for a person.
    """
    match arguments.words[0]:
        case "whoami":
            return _whoami(arguments)
        case "plugin" if arguments.words[1:] == ["ls"]:
            return _plugins(arguments)
        case "stack" | "config" | "cancel" | "preview" | "pre" | "up" | "update" | "refresh" | "destroy" | "down":
            return _with_project(arguments)
        case "import":
            raise Refused("import resources")
        case word if word in ELSEWHERE:
            raise Refused(f"run `pulumi {word}`")
        case word:
            raise EngineError(f'unknown command "{word}" for "pulumi"\nRun \'pulumi --help\' for usage.')


def _with_project(arguments: Arguments) -> int:
    project = find_project(Path.cwd())
    desk = Desk(project, open_backend(project))
    word = arguments.words[0]
    _require_own_options(word, arguments)
    if word == "stack":
        return run_stack(desk, arguments)
    if word == "config":
        return run_config(desk, arguments)
    if word == "cancel":
        return _cancel(desk, arguments)
    from sandbox.engine import operations  # noqa: PLC0415 - gRPC and the SDK take half a second to import

    verbs = {
        "preview": operations.preview,
        "pre": operations.preview,
        "up": operations.up,
        "update": operations.up,
        "refresh": operations.refresh,
        "destroy": operations.destroy,
        "down": operations.destroy,
    }
    return verbs[word](desk, arguments)


def _require_own_options(word: str, arguments: Arguments) -> None:
    for name, verbs in ONLY_FOR.items():
        if name in arguments.options and word not in verbs:
            raise EngineError(f"unknown flag: --{name}")


def _cancel(desk: Desk, arguments: Arguments) -> int:
    words = arguments.words[1:]
    stack = desk.stack(arguments, words[0] if words else None)
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not arguments.has("non-interactive")
    question = (
        f"This will irreversibly cancel the currently running update for '{stack.name}'! Type its name to confirm: "
    )
    if interactive and not arguments.has("yes") and input(question).strip() != stack.name:
        print("confirmation declined")
        return 1
    lock.cancel(desk.backend, stack)
    print(f"The currently running update for '{stack.name}' has been canceled!")
    return 0


def _whoami(arguments: Arguments) -> int:
    try:
        project = find_project(Path.cwd())
    except EngineError:
        project = None
    url = open_backend(project).url
    user = getpass.getuser()
    if arguments.has("json"):
        print(json.dumps({"user": user, "url": url}, indent=2))
    elif arguments.has("verbose"):
        print(f"User: {user}\nOrganizations: \nBackend URL: {url}")
    else:
        print(user)
    return 0


def _plugins(arguments: Arguments) -> int:
    from sandbox.engine.plugins import installed  # noqa: PLC0415 - as operations

    rows = [
        {"name": name, "kind": "resource", "version": version, "size": _size(name, version)}
        for name, version in installed()
    ]
    if arguments.has("json"):
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        print(f"{row['name']}  {row['kind']}  {row['version']}")
    return 0


def _size(name: str, version: str) -> int:
    folder = pulumi_home() / "plugins" / f"resource-{name}-v{version}"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
