import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pull_desk import FILES
from sandbox_desk import running

from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
from migration.cli import progress
from migration.cli.cohort import cohort
from sandbox.idp import tenancy
from sandbox.idp.okta.limits import Limits
from sandbox.idp.options import Options

LIMIT, WINDOW = 16, 2  # calls, seconds


@pytest.fixture(scope="module")
def sandbox():
    """Serve a tenant that takes few calls at a time."""
    kept = []

    def limits(*terms):
        kept.append(Limits(*terms))
        return kept[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tenancy, "Limits", limits)
        given = Options(people=20, tenant="fresh", calls_per_window=LIMIT, window_seconds=WINDOW)
        with running(given) as desk:
            desk.limits = kept[0]
            yield desk


@pytest.fixture
def offramp(sandbox):
    """Return what runs `offramp cohort` on it, and everything that it was asked meanwhile."""
    url = sandbox.endpoints["okta"]
    idp = Okta(lambda: OktaClient(url, "sandbox-offramp"), url)
    desk = SimpleNamespace(idp=idp, now=lambda: datetime.now(UTC))

    def run(*words):
        return CliRunner().invoke(cohort, [str(word) for word in words], obj=SimpleNamespace(desk=lambda: desk))

    return run


def test_without_execute_it_says_what_it_would_read_and_from_where(offramp, sandbox, tmp_path):
    """Nobody is asked, and nothing is written."""
    shown = offramp("pull", tmp_path / "export", "--from", "okta", "--log-days", "2")

    assert 0 == shown.exit_code, shown.output
    assert f"{sandbox.endpoints['okta']} → {tmp_path / 'export'}" in shown.output
    assert all(name in shown.output for name in (*FILES, "logs.jsonl", "GET /api/v1/users/{id}/factors"))
    assert not (tmp_path / "export").exists()


def test_a_tight_limit_is_kept_to_without_a_single_429(offramp, sandbox, tmp_path):
    """Over a real connection, with real threads and a real clock: nobody is turned away, and everybody is read."""
    done = offramp("pull", tmp_path / "export", "--budget", "1", "--log-days", "2", "--execute")

    assert 0 == done.exit_code, done.output
    assert "20 users.jsonl" in done.output
    assert 0 == sandbox.limits.refused
    held = [count for (name, _), count in sandbox.limits.taken.items() if name == "/api/v1/groups"]
    assert len(held) >= 2
    assert LIMIT == max(held)
    assert set(FILES) | {"logs.jsonl"} == {path.name for path in (tmp_path / "export").iterdir()}


@pytest.mark.parametrize("budget", ["0", "1.1", "-0.5"])
def test_a_budget_is_a_share(offramp, tmp_path, budget):
    """Above nothing and up to everything; anything else is a slip of the hand."""
    assert 2 == offramp("pull", tmp_path, "--budget", budget).exit_code


def test_a_place_that_cannot_be_written_is_a_sentence(offramp, tmp_path):
    """A file where the folder should be."""
    (tmp_path / "export").write_text("")
    refused = offramp("pull", tmp_path / "export" / "more", "--execute")

    assert (2, True) == (refused.exit_code, "cannot be written" in refused.output)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self):
        self.at = 0.0

    def __call__(self):
        """Return now."""
        return self.at


def test_without_a_terminal_a_line_is_said_twice_a_minute(capsys):
    """Whoever reads a log of a night's pull wants neither silence nor a bar."""
    clock = Clock()
    with progress.advancing(clock) as advance:
        for second in range(0, 95, 5):
            clock.at = float(second)
            advance("factors", second, 1000)
        clock.at = 125.0
        advance("users", 7, None)

    said = capsys.readouterr()
    assert ["factors: 30 of 1000", "factors: 60 of 1000", "factors: 90 of 1000", "users: 7"] == said.err.splitlines()
    assert not said.out


@pytest.mark.parametrize(("seconds", "is_shown"), [(1.9, False), (2.0, True)])
def test_on_a_terminal_a_bar_appears_after_two_seconds(monkeypatch, capsys, seconds, is_shown):
    """What is over at once needs none; and stdout stays data."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    clock = Clock()
    with progress.advancing(clock) as advance:
        clock.at = seconds
        advance("factors", 7, 1000)
        advance("users", 7, None)

    said = capsys.readouterr()
    assert is_shown == ("factors" in said.err and "7/1000" in said.err)
    assert not said.out
