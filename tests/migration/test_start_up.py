import importlib
import pkgutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from migration import cli
from migration.cli.lazy import LateGroup, LateNouns
from migration.cli.root import NOUNS, root

HEAVY = {"pandas", "numpy", "pyarrow", "pulumi", "sqlalchemy", "httpx", "rich", "pydantic", "fastapi"}


def loaded_by(*statements):
    """Return which of the slow libraries a fresh interpreter has loaded after *statements*."""
    asked = f"\nimport sys; print(*sorted({HEAVY!r} & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(statements) + asked], capture_output=True, text=True, check=True
    )
    return ended.stdout.splitlines()[-1].split()


@pytest.fixture
def nouns():
    """Return two nouns whose modules do not exist, so that an import of either is an error."""
    return LateNouns("migration.cli.nowhere", {"wave": "Move them.", "plan": "Date them."})


def test_the_root_command_loads_no_slow_library():
    """Whoever asks for help waits for click alone."""
    assert [] == loaded_by("import migration.cli.root")


def test_the_first_page_of_help_loads_no_slow_library():
    """The nouns and their lines are known without the modules behind them."""
    shown = "print(CliRunner().invoke(root, ['--help'], catch_exceptions=False).output)"

    assert [] == loaded_by("from click.testing import CliRunner", "from migration.cli.root import root", shown)


def test_a_shell_completes_a_noun_without_any_slow_library():
    """A key press must not wait longer than the page of help."""
    completed = "ShellComplete(root, {}, 'offramp', '_OFFRAMP_COMPLETE').get_completions([], '')"

    assert [] == loaded_by(
        "from click.shell_completion import ShellComplete", "from migration.cli.root import root", completed
    )


def test_a_command_that_runs_does_load_what_it_needs():
    """Else the three rules above would hold of a probe that sees nothing."""
    assert "pydantic" in loaded_by("from migration.cli.root import root", "root.commands['wave']")


@pytest.mark.parametrize("noun", NOUNS)
def test_each_line_of_the_first_page_is_the_first_line_of_the_noun(noun):
    """It is told twice, and may not be told differently."""
    assert NOUNS[noun] == root.commands[noun].get_short_help_str(limit=200)


def test_every_noun_of_the_command_line_is_on_the_first_page():
    """A module that defines a command of its own name is a noun, and there are no others."""
    found = set()
    for module in pkgutil.iter_modules(cli.__path__):
        command = getattr(importlib.import_module(f"{cli.__name__}.{module.name}"), module.name, None)
        if isinstance(command, click.Command) and module.name != "root":
            found.add(module.name)

    assert set(NOUNS) == found


def test_help_names_the_nouns_in_order_with_their_lines(nouns):
    """Nothing is imported for it."""
    shown = CliRunner().invoke(LateGroup(name="offramp", nouns=nouns), ["--help"]).output

    assert ["  plan  Date them.", "  wave  Move them."] == shown.splitlines()[-2:]


def test_nouns_are_counted_and_looked_for_without_an_import(nouns):
    """Only taking one out imports it."""
    assert (2, ["wave", "plan"], True, False) == (len(nouns), list(nouns), "wave" in nouns, "wages" in nouns)
    with pytest.raises(ModuleNotFoundError):
        nouns["wave"]


def test_a_noun_that_is_mistyped_is_a_question_of_usage(nouns):
    """The nearest noun is offered, and none is imported to find it."""
    ended = CliRunner().invoke(LateGroup(name="offramp", nouns=nouns), ["wav"])

    assert (2, True) == (ended.exit_code, "wave" in ended.output)


def test_a_completion_offers_what_begins_like_what_was_typed(nouns):
    """With the line of help that the first page shows; an option is offered where one was begun."""
    group = LateGroup(name="offramp", nouns=nouns)
    context = click.Context(group)

    offered = group.shell_complete(context, "pl")
    assert [("plan", "Date them.")] == [(item.value, item.help) for item in offered]
    assert ["--help"] == [item.value for item in group.shell_complete(context, "--h")]


def test_a_command_that_is_put_in_is_shown_like_the_others(nouns):
    """As click's own group does it."""
    group = LateGroup(name="offramp", nouns=nouns)
    added = click.Command("tick", help="Count the days. Further words.", callback=lambda: click.echo("tock"))

    group.add_command(added)

    assert "  tick  Count the days." in CliRunner().invoke(group, ["--help"]).output.splitlines()
    assert "tock\n" == CliRunner().invoke(group, ["tick"]).output
    del group.commands["tick"]
    assert ["wave", "plan"] == list(group.commands)
