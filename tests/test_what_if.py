import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "what-if.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if re.match(r"\| \d+ \|", line)]
SHOWN = re.findall(r"`(tests/[^`]+)`", TEXT)


def test_twenty_fears_are_answered_in_order():
    """Each with what happens, what to type, and what shows it."""
    assert [str(number) for number in range(1, 21)] == [row.split("|")[1].strip() for row in ROWS]
    assert all(cell.strip() for row in ROWS for cell in row.strip("|").split("|"))
    assert len(ROWS) == len(SHOWN)


@pytest.mark.parametrize("place", SHOWN)
def test_what_shows_it_exists(place):
    """A page that names a test that is gone comforts nobody."""
    path, _, name = place.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}

    assert name in tests if name else any(test.startswith("test_") for test in tests)
