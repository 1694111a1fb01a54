"""Without this file the engine could not run a program: started as a script by the program's own interpreter."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

# The script's own folder must not answer the program's imports.
sys.path[:] = [entry for entry in sys.path if entry != str(__file__).rsplit("/", 1)[0]]

import pulumi  # noqa: E402 - after the path has been put right
from pulumi import runtime  # noqa: E402 - as above

# The engine reads this exit code as: the reason has been shown already.
SHOWN = 32


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in (
        "monitor",
        "engine",
        "project",
        "root_directory",
        "stack",
        "pwd",
        "dry_run",
        "parallel",
        "organization",
        "debug",
    ):
        parser.add_argument(f"--{name}")
    parser.add_argument("entry")
    return parser.parse_args()


def _traceback(entry: str) -> str:
    """Leave out the frames above the program's own."""
    _kind, error, trace = sys.exc_info()
    top = os.path.abspath(entry)  # noqa: PTH100 - pathlib would cost every program start an import
    frames = traceback.extract_tb(trace)
    for index, frame in enumerate(frames):
        if os.path.abspath(frame.filename).startswith(top):  # noqa: PTH100 - as above
            return traceback.format_exc(limit=-(len(frames) - index))
    return "".join(traceback.format_exception(error))


def _unheard(*_words: object, **_more: object) -> None:
    pass


def main() -> int:
    """Run the program against the engine; gives the exit code."""
    asked = _settings()
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            monitor=asked.monitor,
            engine=asked.engine,
            project=asked.project,
            stack=asked.stack,
            parallel=int(asked.parallel),
            dry_run=asked.dry_run == "true",
            organization=asked.organization,
            root_directory=asked.root_directory,
        )
    )
    if asked.debug != "true":
        # The SDK tells of every resource, one call each; the engine would show none of it.
        pulumi.log.debug = _unheard
    os.chdir(asked.pwd)
    if asked.entry != ".":
        sys.path.insert(0, asked.pwd)
    sys.argv = [asked.entry]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=4 * max(int(asked.parallel), 1)))
    # A program that fails leaves futures nobody awaits; asyncio's complaints would hide the reason.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    def program() -> None:
        runpy.run_path(asked.entry, run_name="__main__")

    try:
        loop.run_until_complete(runtime.run_in_stack(program))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except Exception:  # noqa: BLE001 - whatever the program raised, a person must see it
        pulumi.log.error("Program failed with an unhandled exception:\n" + _traceback(asked.entry))
        return SHOWN
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Executor threads of an unfinished program would hold a normal exit.
    os._exit(code)
