"""Without this file every command would name its options anew: what they share, once."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from migration.cli.progress import advancing
from migration.errors import ExpectMissing, ProposalChanged
from migration.operations.people import Wishes

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
# What is read may be a folder, or one file of one.
EXPORT_TO_READ = click.argument("export", type=click.Path(path_type=Path))
FOLDER_OF_EXPORT = click.option(
    "--export",
    type=click.Path(path_type=Path),
    default=Path("var/export"),
    show_default=True,
    help="The export to look in: a folder, or one file.",
)
WITH_NAMES = click.option("--with-names", is_flag=True, help="Show names too: personal data, for whoever asked.")
CSV = click.option("--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="Write a table here.")


def engine(command: Command) -> Command:
    """Add --engine and --scheduler: who reads the parts of an export."""
    command = click.option(
        "--scheduler", metavar="ADDRESS", help="Of a Dask cluster: tcp://HOST:PORT; default: two processes of our own."
    )(command)
    return click.option(
        "--engine",
        type=click.Choice(["threads", "dask"]),
        default="threads",
        show_default=True,
        help="Who reads: this process, or the workers of a cluster.",
    )(command)


def reading(command: Command) -> Command:
    """Add how an export is read: --max-rejects, --region, --source, --engine and --scheduler, given as *wishes*."""

    @click.option(
        "--max-rejects",
        type=click.FloatRange(0, 1),
        metavar="SHARE",
        help="Stop if more than this share (0 to 1) of a file's rows cannot be used; default: the configuration's.",
    )
    @click.option("--region", metavar="CC", help="Country of telephone numbers that do not say theirs; ISO 3166.")
    @click.option(
        "--source", "pinned", multiple=True, metavar="FILE=KEY", help="Say what a file is, where that is not plain."
    )
    @engine
    @wraps(command)
    def call(
        *args: Any,
        max_rejects: float | None,
        region: str | None,
        pinned: tuple[str, ...],
        engine: str,
        scheduler: str | None,
        **kwargs: Any,
    ) -> Any:
        with advancing() as progress:
            wishes = Wishes(max_rejects, region, _pinned(pinned), engine, scheduler, progress)
            return command(*args, wishes=wishes, **kwargs)

    return call  # type: ignore[return-value]


def _pinned(told: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in told:
        name, sign, key = one.partition("=")
        if not (name and sign and key):
            raise click.UsageError(f"--source takes FILE=KEY, not {one}; docs/sources lists the keys")
        found[name] = key
    return found


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
