import sys

import pytest

from migration.cli import root


@pytest.fixture(autouse=True)
def broken(monkeypatch):
    """Let every command meet something that nobody foresaw, with a name in its text."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("ada@example.com")

    monkeypatch.setattr(root, "open_desk", fail)
    monkeypatch.setattr(sys, "argv", ["offramp", "wave", "list"])


def test_what_nobody_foresaw_is_a_sentence_without_its_text(capsys):
    """The text of a strange failure may hold a name or a secret; only its kind is shown, with the next step."""
    with pytest.raises(SystemExit) as ended:
        root.main()

    shown = capsys.readouterr().err
    assert 3 == ended.value.code
    assert "ZeroDivisionError" in shown
    assert "OFFRAMP_DEBUG" in shown
    assert "ada" not in shown


def test_whoever_asks_gets_the_stack_trace(monkeypatch):
    """With OFFRAMP_DEBUG the failure arrives as it is."""
    monkeypatch.setenv("OFFRAMP_DEBUG", "1")

    with pytest.raises(ZeroDivisionError):
        root.main()
