"""Without this file there would be no `offramp`: the nouns, and the one place where an error becomes words."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from cohorts.errors import OfframpError
from migration.cli.lazy import LateGroup, LateNouns

if TYPE_CHECKING:
    from migration.operations.ports import Desk

CONTEXT = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "OFFRAMP"}
# The first line of each noun's own help, told here so that nobody has to wait for its module.
NOUNS = {
    "baseline": "Capture and review what decides today.",
    "bootstrap": "Open the supervised desk for people, and close it.",
    "cohort": "Classify people from an export.",
    "doctor": "Name engine, plugins and targets, and what is missing.",
    "exception": "Ask for, approve and end exceptions.",
    "gate": "Ask whether a wave may move, and why.",
    "ledger": "Read and verify the record of decisions.",
    "plan": "Plan the waves and provision what is ours.",
    "report": "Write what a program manager reads.",
    "tick": "Carry out what is due: ends, warnings, joiners.",
    "wave": "See waves and move them.",
}


def open_desk(path: Path) -> "Desk":
    """Put the parts together; everything that is slow to import is imported here or by the noun that needs it."""
    from migration import bootstrap  # noqa: PLC0415 - --help must not wait for the parts
    from migration.cli import render  # noqa: PLC0415 - as above

    return bootstrap.open_desk(path, render.say)


class _Late:
    """A desk that is put together when a command first needs it, so that --help needs no configuration."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._desk: Desk | None = None

    def desk(self) -> "Desk":
        """Return the desk."""
        if self._desk is None:
            self._desk = open_desk(self._path)
        return self._desk


@click.group(cls=LateGroup, nouns=LateNouns("migration.cli", NOUNS), context_settings=CONTEXT)
@click.version_option(package_name="offramp")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("offramp.toml"),
    show_default=True,
    help="The project's configuration.",
)
@click.pass_context
def root(context: click.Context, config: Path) -> None:
    """
    Move people off SMS and voice codes, cohort by cohort.

    Reads are bare. Writes show what they would do and stop there; --execute does it.
    """
    context.obj = _Late(config)


def main() -> None:
    """Run the command line; exit 0 done, 1 refused, 2 usage, 3 the outside world failed, 4 integrity."""
    try:
        root(standalone_mode=False)
    except OfframpError as error:
        _end(error)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(1)
    except Exception as failure:  # the last resort: its text may hold anything, so only its kind is shown
        if os.environ.get("OFFRAMP_DEBUG"):
            raise
        unforeseen = OfframpError(
            f"Something happened that nobody foresaw: {type(failure).__name__}",
            context=" ".join(sys.argv[1:3]),
            hint="OFFRAMP_DEBUG=1 and the same command show where; nothing was recorded after it",
        )
        _end(unforeseen)


def _end(error: OfframpError) -> NoReturn:
    """Say what broke and leave with its exit code."""
    from migration.cli import render  # noqa: PLC0415 - --help must not wait for what shows answers

    render.error(error)
    sys.exit(error.exit_code)
