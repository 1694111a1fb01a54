"""Without this file the sandbox could not be started by hand, nor a shell be pointed at it."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.idp.environment import EngineMissing, exports
from sandbox.idp.options import TENANTS, Options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="offramp-sandbox", description="A tenant on this machine, for tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="serve until SIGTERM or Ctrl-C")
    usual = Options()
    start.add_argument("--people", type=_count, default=usual.people, help="accounts; 0: the vendor's defaults only")
    start.add_argument("--seed", type=_count, default=usual.seed, help="the same seed makes the same people")
    start.add_argument("--tenant", choices=TENANTS, default=usual.tenant)
    start.add_argument("--state", type=Path, help="loaded if it exists, saved at stop")
    start.add_argument("--endpoints", type=Path, help="written when ready: where everything is")
    env = commands.add_parser("env", help="print what a shell must export")
    env.add_argument("endpoints", type=Path, help="the file that start wrote")
    env.add_argument("--engine", choices=("real", "stand-in"), help="default: real, if PATH has one")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    given = _parser().parse_args(arguments)
    if given.command == "env":
        try:
            print("\n".join(exports(given.endpoints, given.engine)))
        except EngineMissing as error:
            print(f"offramp-sandbox: {error}", file=sys.stderr)
            return 1
        return 0
    return _serve(given)


def _serve(given: argparse.Namespace) -> int:
    from sandbox.idp.server import serve, withdraw  # noqa: PLC0415 - `env` must not wait for a web framework

    options = Options(people=given.people, seed=given.seed, tenant=given.tenant)
    try:
        asyncio.run(serve(options, saved=given.state, endpoints=given.endpoints))
    finally:
        if given.endpoints is not None:
            withdraw(given.endpoints)
    return 0


if __name__ == "__main__":
    sys.exit(main())
