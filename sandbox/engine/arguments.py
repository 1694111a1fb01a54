"""Without this file nobody, neither the Automation API nor a person, could tell the engine what to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.engine.refusals import EngineError, Refused

WITH_VALUE = {
    "color",
    "config-file",
    "cwd",
    "event-log",
    "exec-agent",
    "exec-kind",
    "file",
    "import-pending-creates",
    "message",
    "output",
    "page",
    "page-size",
    "parallel",
    "plaintext",
    "policy-pack",
    "policy-pack-config",
    "secret",
    "secrets-provider",
    "stack",
    "verbose",
    "version",
}
SWITCHES = {
    "all",
    "clear-pending-creates",
    "create",
    "debug",
    "diff",
    "disable-integrity-checking",
    "emoji",
    "expect-no-changes",
    "fully-qualify-stack-names",
    "force",
    "full-dates",
    "help",
    "json",
    "logflow",
    "logtostderr",
    "no-select",
    "non-interactive",
    "plaintext",
    "preserve-config",
    "preview-only",
    "refresh",
    "remove",
    "secret",
    "show-config",
    "show-full-output",
    "show-ids",
    "show-name",
    "show-reads",
    "show-replacement-steps",
    "show-sames",
    "show-secrets",
    "show-urns",
    "skip-pending-creates",
    "skip-preview",
    "suppress-outputs",
    "suppress-permalink",
    "suppress-progress",
    "yes",
}
REFUSED = {
    "attach-debugger": "attach debuggers",
    "client": "run inline programs (--client)",
    "config": "take configuration with --config; set it first with `pulumi config set`, or",
    "continue-on-error": "continue on error",
    "exclude": "limit an operation with --exclude",
    "exclude-dependents": "limit an operation with --exclude-dependents",
    "exclude-protected": "exclude protected resources",
    "ignore-protect": "ignore protection",
    "import-file": "write import files",
    "path": "set configuration by path",
    "plan": "use update plans",
    "replace": "replace resources",
    "run-program": "run the program in refresh or destroy",
    "save-plan": "save update plans",
    "target": "limit an operation with --target",
    "target-dependents": "limit an operation with --target-dependents",
    "target-replace": "replace resources",
    "tracing": "trace",
}
SHORT = {
    "C": "cwd",
    "a": "all",
    "c": "config",
    "d": "debug",
    "e": "exec-kind",
    "f": "force",
    "h": "help",
    "i": "show-ids",
    "j": "json",
    "m": "message",
    "p": "parallel",
    "r": "refresh",
    "s": "stack",
    "t": "target",
    "u": "show-urns",
    "v": "verbose",
    "y": "yes",
}
# The same words mean different things to `config set` (a switch) and `config set-all` (KEY=VALUE).
AMBIGUOUS = WITH_VALUE & SWITCHES


@dataclass
class Arguments:
    """One command line: words in order, options by long name, and all that followed `--`."""

    words: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Say whether a switch is on; `--name=false` turns it off."""
        return self.options.get(name, ["false"])[-1].lower() not in {"false", "0"}

    def value(self, name: str, default: str | None = None) -> str | None:
        """Give the last value of an option."""
        return self.options.get(name, [default])[-1]

    def values(self, name: str) -> list[str]:
        """Give every value of a repeatable option."""
        return self.options.get(name, [])

    def count(self, name: str, default: int) -> int:
        """Give a whole-number option, or the default."""
        text = self.value(name)
        if text is None:
            return default
        if not text.isdecimal():
            raise EngineError(f'invalid argument "{text}" for "--{name}" flag')
        return int(text)


def parse(argv: list[str]) -> Arguments:
    """
    Read a command line the way the Pulumi CLI does: options anywhere, `--k v` and `--k=v`, up to `--`.

    Args:
        argv: Without the program's name.

    Returns:
        The words, options and rest.

    Raises:
        Refused: An option that the stand-in knows but does not model.
        EngineError: An unknown option, or one without its value.
    """
    answer = Arguments()
    waiting = list(argv)
    takes_value = (WITH_VALUE - AMBIGUOUS) | (AMBIGUOUS if "set-all" in argv else set())
    while waiting:
        item = waiting.pop(0)
        if item == "--":
            answer.rest = waiting
            break
        if not item.startswith("-") or item == "-":
            answer.words.append(item)
            continue
        name, value = _split(item, answer.words)
        if name in REFUSED and (value or "").lower() != "false":
            raise Refused(REFUSED[name])
        if name in takes_value and value is None:
            if not waiting:
                raise EngineError(f"flag needs an argument: --{name}")
            value = waiting.pop(0)
        elif name not in takes_value and name not in SWITCHES and name not in REFUSED:
            raise EngineError(f"unknown flag: {item.split('=', 1)[0]}")
        answer.options.setdefault(name, []).append("true" if value is None else value)
    return answer


def _split(item: str, words: list[str]) -> tuple[str, str | None]:
    if item.startswith("--"):
        name, equals, value = item[2:].partition("=")
        return name, value if equals else None
    name = SHORT.get(item[1], item[1])
    if item[1] == "c" and words[:1] == ["stack"]:
        name = "create"
    elif item[1] == "f" and words[:1] in (["up"], ["refresh"], ["destroy"], ["update"]):
        name = "skip-preview"
    elif item[1] == "v" and words[:1] == ["whoami"]:
        return "verbose", "1"
    rest = item[2:].removeprefix("=")
    return name, rest or None
