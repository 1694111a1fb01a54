"""Without this file nobody could read or write a stack's configuration: `pulumi config …`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from sandbox.engine.config import full_key
from sandbox.engine.refusals import EngineError, Refused

if TYPE_CHECKING:
    from sandbox.engine.arguments import Arguments
    from sandbox.engine.config import StackSettings
    from sandbox.engine.stacks import Desk


def run_config(desk: Desk, arguments: Arguments) -> int:
    """Dispatch `pulumi config …`."""
    stack = desk.stack(arguments)
    settings = desk.settings(stack)
    words = arguments.words[1:]
    verb, names = (words[0], words[1:]) if words else ("", [])
    match verb:
        case "":
            _show(settings, arguments)
        case "get" if len(names) == 1:
            _get(settings, arguments, names[0], stack.name)
        case "set" if names:
            _set(settings, arguments, names)
        case "set-all":
            _set_all(settings, arguments)
        case "rm" if len(names) == 1:
            settings.remove(names)
        case "rm-all":
            settings.remove(names)
        case "get" | "set" | "rm":
            raise EngineError(f"`pulumi config {verb}` needs a key", 2)
        case _:
            raise Refused(f"run `pulumi config {verb}`")
    return 0


def _short(key: str, settings: StackSettings) -> str:
    return key.removeprefix(f"{settings.project.name}:")


def _show(settings: StackSettings, arguments: Arguments) -> None:
    shown: dict[str, dict[str, Any]] = {}
    for key, setting in settings.values.items():
        clear = not setting.secret or arguments.has("show-secrets")
        value = {"value": setting.plain(settings.vault)} if clear else {}
        shown[key] = {**value, "secret": setting.secret}
    if arguments.has("json"):
        print(json.dumps(shown, indent=2))
        return
    width = max([len(_short(key, settings)) for key in shown] + [3]) + 2
    print(f"{'KEY':<{width}}VALUE")
    for key, entry in shown.items():
        print(f"{_short(key, settings):<{width}}{entry.get('value', '[secret]')}")


def _get(settings: StackSettings, arguments: Arguments, name: str, stack: str) -> None:
    key = full_key(name, settings.project)
    found = settings.values.get(key)
    if found is None:
        raise EngineError(f"configuration key '{_short(key, settings)}' not found for stack '{stack}'")
    value = found.plain(settings.vault)
    print(json.dumps({"value": value, "secret": found.secret}, indent=2) if arguments.has("json") else value)


def _set(settings: StackSettings, arguments: Arguments, names: list[str]) -> None:
    given = [*names[1:], *arguments.rest]
    if not given and sys.stdin.isatty():
        raise EngineError("a value must be given", 2)
    value = given[0] if given else sys.stdin.read().rstrip("\n")
    settings.set(names[0], value, secret=arguments.has("secret"))


def _set_all(settings: StackSettings, arguments: Arguments) -> None:
    for option, secret in (("plaintext", False), ("secret", True)):
        for pair in arguments.values(option):
            key, equals, value = pair.partition("=")
            if not equals:
                raise EngineError("config value must be in the form [key]=[value]", 2)
            settings.set(key, value, secret=secret)
