"""Without this file `python -m sandbox.engine` would not be a command that behaves like `pulumi`."""

from __future__ import annotations

import os
import signal
import sys

BANNER = "offramp sandbox: stand-in engine, loopback targets only"
VERSION = "v3.260.0"
USAGE = """Usage: pulumi COMMAND [OPTIONS]

Stacks:      stack | stack ls | stack select NAME | stack init NAME | stack output | stack export | stack import
             stack history | stack rm NAME | cancel
Settings:    config | config get KEY | config set [--secret] KEY VALUE | config rm KEY
Operations:  preview [--refresh] [--diff] [--json] [--expect-no-changes] [--policy-pack FOLDER]
             up [--yes] [--skip-preview] [--refresh] [--policy-pack FOLDER] [--policy-pack-config FILE]
             refresh [--clear-pending-creates] [--import-pending-creates URN --import-pending-creates ID] | destroy
Other:       version | whoami | plugin ls

This is a stand-in for tests and demonstrations; what it does not do, it refuses by naming the Pulumi CLI."""


def main(argv: list[str]) -> int:
    """Run one command line; gives the exit code."""
    print(BANNER, file=sys.stderr)
    # The Automation API asks this first, each time: it must not wait for imports.
    if [word for word in argv if not word.startswith("-")] == ["version"] or argv == ["--version"]:
        print(VERSION)
        return 0
    from sandbox.engine.arguments import parse  # noqa: PLC0415 - `version` must not wait for it
    from sandbox.engine.refusals import EngineError  # noqa: PLC0415 - as above

    try:
        arguments = parse(argv)
        if folder := arguments.value("cwd"):
            os.chdir(folder)
        if arguments.has("help") or arguments.words[:1] in ([], ["help"]):
            print(USAGE)
            return 0
        from sandbox.engine.commands import run_command  # noqa: PLC0415 - as above

        return run_command(arguments)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    # As an exception, so that a lock just taken is given back; a running operation handles signals itself.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    sys.stderr.flush()
    # gRPC threads would hold a normal exit; everything that matters has been closed by now.
    os._exit(code)
