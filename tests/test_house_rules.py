import ast
import gc
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

import cohorts
import migration
from cohorts.errors import OfframpError
from migration.cli.root import root

PROJECT = Path(__file__).parents[1]
PACKAGES = ("cohorts", "migration", "stacks", "sandbox")
PRODUCT = [path for package in PACKAGES for path in sorted((PROJECT / package).rglob("*.py"))]
TESTS = sorted((PROJECT / "tests").rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FIRST_LINE = 60
KEBAB = re.compile(r"[a-z]+(-[a-z]+)+")


def name(path: Path) -> str:
    """Return a path as a reader knows it."""
    return str(path.relative_to(PROJECT))


@cache
def parsed(path: Path) -> ast.Module:
    """Return a file as its syntax tree."""
    # A finaliser that prints a traceback parses inside the parser, which CPython 3.11 takes for corruption.
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    finally:
        gc.enable()


def commands(command: click.Command, words: tuple[str, ...] = ("offramp",)) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with the words that one types."""
    if isinstance(command, click.Group):
        for verb, inner in command.commands.items():
            yield from commands(inner, (*words, verb))
    else:
        yield " ".join(words), command


COMMANDS = dict(commands(root))


def groups(command: click.Command) -> Iterator[click.Group]:
    """Yield every noun."""
    if isinstance(command, click.Group):
        yield command
        for inner in command.commands.values():
            yield from groups(inner)


def errors(kind: type[OfframpError] = OfframpError) -> Iterator[type[OfframpError]]:
    """Yield every error of ours that can be raised."""
    for inner in kind.__subclasses__():
        yield inner
        yield from errors(inner)


def rows(document: str) -> dict[str, list[str]]:
    """Return the rows of a document's tables whose first cell is code, by that code."""
    lines = (PROJECT / "docs" / document).read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    assert len(cells) == len({row[0] for row in cells}), f"{document} lists something twice"
    return {row[0].strip("`| "): row[1:] for row in cells}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield every test of a file, wherever it is nested."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


@pytest.fixture(scope="module", autouse=True)
def everything_is_imported():
    """Import all that may define an error."""
    for package in (cohorts, migration):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)


@pytest.mark.parametrize("path", [*PRODUCT, *TESTS], ids=name)
def test_no_file_is_longer_than_400_lines(path):
    """A file that is longer has two subjects."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", PRODUCT, ids=name)
def test_every_module_says_what_would_be_missing_without_it(path):
    """In its first statement."""
    assert ast.get_docstring(parsed(path))


@pytest.mark.parametrize("path", [path for path in PRODUCT if path.name == "__init__.py"], ids=name)
def test_a_package_holds_a_docstring_only(path):
    """An import there would load a library wherever the package is touched."""
    body = parsed(path).body

    assert ["Expr"] == [type(statement).__name__ for statement in body]


def test_there_is_no_package_under_tests():
    """`tests/cohorts/__init__.py` would shadow the real one."""
    assert [] == [name(path) for path in TESTS if path.name == "__init__.py"]


@pytest.mark.parametrize("path", [path for path in TESTS if path.name.startswith("test_")], ids=name)
def test_every_test_states_its_rule_as_a_sentence(path):
    """A name says what happens; the sentence says why it must."""
    silent = [test.name for test in functions(path) if not (ast.get_docstring(test) or "").strip().endswith((".", "?"))]

    assert [] == silent


@pytest.mark.parametrize(
    "path", [path for path in PRODUCT if name(path).startswith(("migration/", "stacks/"))], ids=name
)
def test_nothing_of_ours_knows_what_stands_in_for_the_outside(path):
    """Engine, plugins and tenant are chosen by path and environment only; a word for them would be the first step."""
    assert [] == re.findall(r"sandbox|\bstand-?ins?\b", path.read_text(encoding="utf-8"), re.IGNORECASE)


def test_every_error_has_a_code_of_its_own():
    """Kebab-case, stable, never shared: people search for it."""
    codes = [error.code for error in set(errors())]

    assert sorted(set(codes)) == sorted(codes)
    assert [] == [code for code in codes if not KEBAB.fullmatch(code)]
    assert OfframpError.code not in codes


def test_every_error_is_documented_with_its_exit_code_and_what_to_do():
    """And nothing is documented that cannot happen."""
    documented = rows("errors.md")

    assert {error.code: str(error.exit_code) for error in (OfframpError, *errors())} == {
        code: row[0] for code, row in documented.items()
    }
    assert [] == [code for code, row in documented.items() if len(row) != 3 or not all(row)]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_helps_whoever_asks(words):
    """An imperative first line of at most 60 characters, and an example that begins with the command."""
    text = COMMANDS[words].help or ""
    first = text.strip().splitlines()[0]

    assert len(first) <= LONGEST_FIRST_LINE
    assert first.endswith(".")
    assert "Example:" in text
    assert words in text[text.index("Example:") :]


@pytest.mark.parametrize("group", list(groups(root)), ids=lambda group: group.name)
def test_every_noun_says_what_it_is_about(group):
    """`offramp --help` is the first page that anybody reads."""
    assert (group.help or "").strip()


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_explains_itself(words):
    """Whoever types --help need not read the source."""
    options = [option for option in COMMANDS[words].params if isinstance(option, click.Option)]

    assert [] == [option.name for option in options if not option.help]


def test_every_command_has_a_row_in_the_reference():
    """With whether it writes: a command writes exactly if it has --execute."""
    expected = {}
    for words, command in COMMANDS.items():
        can_write = any("--execute" in parameter.opts for parameter in command.params)
        expected[words] = "writes" if can_write else "reads"

    documented = rows("commands.md")
    assert expected == {words: row[0] for words, row in documented.items()}
    assert all(row[1] for row in documented.values())
    assert sorted(documented) == list(documented)
