"""Without this file every command would name its options anew: what they share, once."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from migration.errors import ExpectMissing, ProposalChanged

Command = TypeVar("Command", bound=Callable[..., Any])


def as_json(command: Command) -> Command:
    """Add --json: a versioned document on stdout, with stable keys."""
    return click.option("--json", "as_json", is_flag=True, help="A versioned JSON document on stdout.")(command)


def execute(command: Command) -> Command:
    """Add --execute and --expect: nothing is written without the first."""
    command = click.option("--execute", is_flag=True, help="Do it; without this, nothing is written.")(command)
    return click.option(
        "--expect",
        metavar="DIGEST",
        help="Do it only if this is still what was shown; needed where stdin is no terminal.",
    )(command)


def lane(command: Command) -> Command:
    """Add --lane: which identity provider."""
    return click.option("--lane", default="okta", show_default=True, metavar="IDP", help="The lane to look at.")(
        command
    )


def as_of(command: Command) -> Command:
    """Add --as-of: answer as the ledger stood then."""
    return click.option(
        "--as-of",
        type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]),
        callback=_aware,
        metavar="TIME",
        help="Answer as the ledger stood then (ISO 8601, UTC unless it says otherwise).",
    )(command)


def _aware(_context: click.Context, _option: click.Parameter, value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


EXPORT = click.argument("export", type=click.Path(path_type=Path, file_okay=False))


def require_expected(digest: str, expect: str | None) -> None:
    """
    Check that what is done is what was shown.

    Raises:
        ExpectMissing: No terminal, and nobody said what was shown.
        ProposalChanged: Something else was shown.
    """
    if expect is None:
        if sys.stdin.isatty():
            return
        raise ExpectMissing(
            "Without a terminal nobody can have seen the proposal",
            context=f"this proposal is {digest[:16]}",
            hint=f"read it, then add --expect {digest[:16]}",
        )
    if not expect or not digest.startswith(expect):
        raise ProposalChanged(
            "What would be done is no longer what was shown",
            context=f"shown {expect[:16]}, now {digest[:16]}",
            hint="run it again without --execute and read what changed",
        )
