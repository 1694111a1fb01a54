"""Without this file there would be no stacks to work on: select, list, export, import, outputs, removal."""

from __future__ import annotations

import getpass
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine import history, lock
from sandbox.engine.backend import Backend, StackRef, current_stack, parse_stack, select_stack
from sandbox.engine.checkpoint import Sealer, export, is_root, new_document, salt_of, take_in
from sandbox.engine.config import StackSettings
from sandbox.engine.project import Project
from sandbox.engine.refusals import EngineError, Refused
from sandbox.engine.text import display_type
from sandbox.engine.values import has_secret, plain

if TYPE_CHECKING:
    from sandbox.engine.arguments import Arguments

NOT_FOUND = 6


@dataclass(frozen=True)
class Desk:
    """What every command works with."""

    project: Project
    backend: Backend

    def stack(self, arguments: Arguments, name: str | None = None) -> StackRef:
        """
        Give the stack a command is about: named, from PULUMI_STACK, or the current one.

        Raises:
            EngineError: None is selected, or it does not exist.
        """
        named = name or arguments.value("stack") or os.environ.get("PULUMI_STACK")
        stack = parse_stack(named, self.project) if named else current_stack(self.backend, self.project)
        if stack is None:
            raise EngineError(
                "no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one", 6
            )
        if not self.backend.exists(stack):
            raise EngineError(f"no stack named '{stack.name}' found", NOT_FOUND)
        return stack

    def settings(self, stack: StackRef) -> StackSettings:
        """Open a stack's configuration."""
        salt = salt_of(self.backend.read(stack)) if self.backend.exists(stack) else None
        return StackSettings(self.project, self.project.stack_settings(stack.name), salt)

    def remove(self, stack: StackRef, *, keep_settings: bool) -> None:
        """Remove a stack, its locks and, unless kept, its configuration file."""
        self.backend.forget(stack)
        lock.cancel(self.backend, stack)
        if current_stack(self.backend, self.project) == stack:
            select_stack(self.backend, self.project, None)
        if not keep_settings:
            self.project.stack_settings(stack.name).unlink(missing_ok=True)


def run_stack(desk: Desk, arguments: Arguments) -> int:
    """Dispatch `pulumi stack …`."""
    verbs = {
        "select": _select,
        "init": _init,
        "ls": _list,
        "output": _output,
        "export": _export,
        "import": _import,
        "history": _history,
        "rm": _remove,
    }
    words = arguments.words[1:]
    if not words:
        return _show(desk, arguments)
    if words[0] not in verbs:
        raise Refused(f"run `pulumi stack {words[0]}`")
    return verbs[words[0]](desk, arguments, words[1:])


def _select(desk: Desk, arguments: Arguments, words: list[str]) -> int:
    name = words[0] if words else arguments.value("stack")
    if not name:
        raise EngineError("a stack must be named when running in non-interactive mode", 2)
    stack = parse_stack(name, desk.project)
    if not desk.backend.exists(stack):
        if arguments.has("create"):
            return _init(desk, arguments, [name])
        raise EngineError(f"no stack named '{stack.name}' found", NOT_FOUND)
    select_stack(desk.backend, desk.project, stack)
    return 0


def _init(desk: Desk, arguments: Arguments, words: list[str]) -> int:
    provider = arguments.value("secrets-provider") or "passphrase"
    if provider not in {"passphrase", "default"}:
        raise Refused(f"open secrets with {provider.split(':', 1)[0]}")
    name = words[0] if words else arguments.value("stack")
    if not name:
        raise EngineError("missing stack name", 2)
    stack = parse_stack(name, desk.project)
    if desk.backend.exists(stack):
        raise EngineError(f"stack '{stack.qualified}' already exists")
    settings = desk.settings(stack)
    settings.vault.open()
    settings.save(with_salt=True)
    desk.backend.write(stack, new_document(stack, None))
    if not arguments.has("no-select"):
        select_stack(desk.backend, desk.project, stack)
    print(f"Created stack '{stack.name}'")
    return 0


def _resources(desk: Desk, stack: StackRef) -> list[dict[str, Any]]:
    latest = desk.backend.read(stack)["checkpoint"].get("latest") or {}
    return list(latest.get("resources") or [])


def _list(desk: Desk, arguments: Arguments, _words: list[str]) -> int:
    selected = current_stack(desk.backend, desk.project)
    rows: list[dict[str, Any]] = []
    for stack in desk.backend.stacks(None if arguments.has("all") else desk.project.name):
        past = history.entries(desk.backend, stack)
        row: dict[str, Any] = {"name": stack.name if stack.project == desk.project.name else stack.qualified}
        row["current"] = stack == selected
        if past:
            row["lastUpdate"] = history.moment(past[0]["endTime"])
        rows.append({**row, "resourceCount": len(_resources(desk, stack))})
    if arguments.has("json"):
        print(json.dumps(rows, indent=2))
        return 0
    width = max([len(row["name"]) for row in rows] + [4]) + 2
    print(f"{'NAME':<{width}}LAST UPDATE               RESOURCE COUNT")
    for row in rows:
        name = row["name"] + ("*" if row["current"] else "")
        print(f"{name:<{width}}{row.get('lastUpdate', 'n/a'):<26}{row['resourceCount']}")
    return 0


def _show(desk: Desk, arguments: Arguments) -> int:
    stack = desk.stack(arguments)
    if arguments.has("show-name"):
        print(stack.name)
        return 0
    resources = _resources(desk, stack)
    print(f"Current stack is {stack.name}:\n    Managed by {getpass.getuser()}")
    print(f"Current stack resources ({len(resources)}):\n    TYPE  NAME")
    for state in resources:
        shown = f"  ID: {state['id']}" if arguments.has("show-ids") and state.get("id") else ""
        print(f"    {display_type(state['type'])}  {state['urn'].rsplit('::', 1)[1]}{shown}")
    outputs = _outputs(desk, stack, show_secrets=arguments.has("show-secrets"))
    print()
    _print_outputs(outputs)
    return 0


def _outputs(desk: Desk, stack: StackRef, *, show_secrets: bool) -> dict[str, Any]:
    roots = [state for state in _resources(desk, stack) if is_root(state)]
    stored: dict[str, Any] = (roots[0].get("outputs") or {}) if roots else {}
    found: dict[str, Any] = {}
    for key, value in sorted(stored.items()):
        if not has_secret(value):
            found[key] = value
        elif show_secrets:
            found[key] = plain(Sealer(desk.settings(stack).vault).opened(value))
        else:
            # The Automation API takes an output for secret when its whole value is this mask.
            found[key] = "[secret]"
    return found


def _print_outputs(outputs: dict[str, Any]) -> None:
    print(f"Current stack outputs ({len(outputs)}):")
    if not outputs:
        print("    No output values currently in this stack")
        return
    width = max(map(len, [*outputs, "OUTPUT"]))
    print(f"    {'OUTPUT':<{width}}  VALUE")
    for key, value in outputs.items():
        print(f"    {key:<{width}}  {_as_text(value)}")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _output(desk: Desk, arguments: Arguments, words: list[str]) -> int:
    outputs = _outputs(desk, desk.stack(arguments), show_secrets=arguments.has("show-secrets"))
    if words and words[0] not in outputs:
        raise EngineError(f"current stack does not have output property '{words[0]}'")
    if arguments.has("json"):
        print(json.dumps(outputs[words[0]] if words else outputs, indent=2))
    elif words:
        print(_as_text(outputs[words[0]]))
    else:
        _print_outputs(outputs)
    return 0


def _export(desk: Desk, arguments: Arguments, _words: list[str]) -> int:
    if arguments.value("version"):
        raise Refused("export earlier versions")
    stack = desk.stack(arguments)
    document = desk.backend.read(stack)
    vault = desk.settings(stack).vault
    text = json.dumps(export(document, vault, show_secrets=arguments.has("show-secrets")), indent=4)
    if file := arguments.value("file"):
        Path(file).write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0


def _import(desk: Desk, arguments: Arguments, _words: list[str]) -> int:
    stack = desk.stack(arguments)
    file = arguments.value("file")
    try:
        exported = json.loads(Path(file).read_text(encoding="utf-8") if file else sys.stdin.read())
    except (OSError, ValueError) as error:
        raise EngineError(f"could not read deployment: {error}") from error
    settings = desk.settings(stack)
    document = take_in(exported, stack, settings.vault, force=arguments.has("force"))
    with lock.Lock(desk.backend, stack):
        desk.backend.write(stack, document)
    print("Import complete.")
    return 0


def _history(desk: Desk, arguments: Arguments, _words: list[str]) -> int:
    stack = desk.stack(arguments)
    past = history.entries(desk.backend, stack)
    if size := arguments.count("page-size", 0 if arguments.has("json") else 10):
        first = (max(arguments.count("page", 1), 1) - 1) * size
        past = past[first : first + size]
    vault = desk.settings(stack).vault
    if arguments.has("json"):
        shown = [history.as_json(each, vault, show_secrets=arguments.has("show-secrets")) for each in past]
        print(json.dumps(shown, indent=2))
        return 0
    for each in past:
        changes = " ".join(f"{op} {count}" for op, count in (each.get("resourceChanges") or {}).items())
        print(f"{each['kind']}  {each['result']}  {history.moment(each['endTime'])}  {each.get('message', '')}")
        print(f"    {changes}")
    return 0


def _remove(desk: Desk, arguments: Arguments, words: list[str]) -> int:
    stack = desk.stack(arguments, words[0] if words else None)
    if not arguments.has("yes"):
        raise EngineError("non-interactive mode requires --yes flag")
    if not arguments.has("force") and any(not is_root(state) for state in _resources(desk, stack)):
        raise EngineError(
            f"'{stack.name}' still has resources; removal rejected. Possible actions:\n"
            f"- Make sure that '{stack.name}' is the stack that you want to destroy\n"
            "- Run `pulumi destroy` to delete the resources, then run `pulumi stack rm`\n"
            "- Run `pulumi stack rm --force` to override this error"
        )
    desk.remove(stack, keep_settings=arguments.has("preserve-config"))
    print(f"Stack '{stack.name}' has been removed!")
    return 0
