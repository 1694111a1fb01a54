"""Without this file there would be no `offramp`: the nouns, and the one place where an error becomes words."""

import os
import sys
from pathlib import Path

import click

from cohorts.errors import OfframpError
from migration.bootstrap import open_desk
from migration.cli import baseline, cohort, ledger, plan, render, report, wave
from migration.cli.doctor import doctor
from migration.operations.ports import Desk

CONTEXT = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "OFFRAMP"}


class _Late:
    """A desk that is put together when a command first needs it, so that --help needs no configuration."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._desk: Desk | None = None

    def desk(self) -> Desk:
        """Return the desk."""
        if self._desk is None:
            self._desk = open_desk(self._path, render.say)
        return self._desk


@click.group(context_settings=CONTEXT)
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


for noun in (cohort.cohort, plan.plan, wave.wave, ledger.ledger, report.report, baseline.baseline, doctor):
    root.add_command(noun)


def main() -> None:
    """Run the command line; exit 0 done, 1 refused, 2 usage, 3 the outside world failed, 4 integrity."""
    try:
        root(standalone_mode=False)
    except OfframpError as error:
        render.error(error)
        sys.exit(error.exit_code)
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
        render.error(unforeseen)
        sys.exit(unforeseen.exit_code)
