"""Without this file exceptions and the desk would be asked for in two ways: their options, once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
KEY = click.argument("key", metavar="KEY")
PERSONS = click.option("--person", "persons", multiple=True, metavar="ACCOUNT_ID", help="Whom it is for; repeatable.")
OWNER = click.option("--owner", required=True, metavar="NAME", help="Who answers for it; not whoever asks.")
BECAUSE = click.option("--because", required=True, metavar="TEXT", help="Why; without names and addresses.")
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def moment(*names: str, help_text: str, required: bool = False) -> Callable[[Command], Command]:
    """Add an option that takes a moment: a day is its beginning, UTC."""
    return click.option(
        *names, type=click.DateTime(_FORMATS), callback=_aware, metavar="TIME", help=help_text, required=required
    )


def _aware(_context: click.Context, _option: click.Parameter, value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def proof(command: Command) -> Command:
    """Add --as and --signature: whose yes it is, and what shows it."""
    command = click.option(
        "--signature",
        type=click.File("rb"),
        callback=_text,
        metavar="FILE",
        help="The signature that ssh-keygen -Y sign wrote; without one a name is only asserted.",
    )(command)
    return click.option("--as", "name", metavar="NAME", help="Whose yes it is; default: whoever runs this.")(command)


def _text(_context: click.Context, _option: click.Parameter, value: IO[bytes] | None) -> str | None:
    # A longer one is none; what is no text is judged as what it is, a forged signature.
    return value.read(1 << 20).decode("utf-8", errors="replace") if value else None


def the_request(command: Command) -> Command:
    """Add --request: the exact text that is signed."""
    return click.option(
        "--request", "as_request", is_flag=True, help="Only the exact text to sign, on stdout, to the byte."
    )(command)
