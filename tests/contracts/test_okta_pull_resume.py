import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pull_desk import FILES, NoHurry, PulledTenant, pulled
from sandbox_desk import running

from migration.adapters import okta_export, okta_export_journal, okta_export_reading
from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
from migration.errors import IdpUnavailable
from sandbox.idp.options import Options

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
PEOPLE = 5
PULL = """
import sys
from pathlib import Path
from migration.adapters.okta import Okta
from migration.adapters.okta_client import OktaClient
url, folder = sys.argv[1:]
Okta(lambda: OktaClient(url, "sandbox-offramp"), url).pull(Path(folder))
"""


class Died(BaseException):
    """The power went off."""


class Power:
    """Goes off at the nth thing that reaches the disk or the tenant, and stays off."""

    def __init__(self, lasts):
        self.lasts = lasts
        self.used = 0

    def use(self, *_):
        """Do one more thing, if it is still on."""
        self.used += 1
        if self.used > self.lasts:
            raise Died

    def before(self, act):
        """Return *act*, which needs power."""

        def powered(*arguments, **named):
            self.use()
            return act(*arguments, **named)

        return powered


@pytest.fixture
def tenant():
    """Make a tenant in small pages, in which a group holds a role."""
    tenant = PulledTenant(PEOPLE, page=2)
    for spare in list(tenant.state.all("groups").values())[4:]:
        tenant.org.ask("DELETE", f"/api/v1/groups/{spare['id']}")
    group = tenant.org.group("Night shift")
    for user in tenant.state.all("users"):
        tenant.org.ask("PUT", f"/api/v1/groups/{group}/users/{user}")
    tenant.org.ask("POST", f"/api/v1/groups/{group}/roles", {"type": "ORG_ADMIN"})
    return tenant


@pytest.fixture
def at_once(monkeypatch):
    """Record after every answer, one call at a time: every page is a boundary."""
    monkeypatch.setattr(okta_export_reading, "RECORD_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(okta_export, "LANES", 1)


def pull(tenant, folder, **terms):
    """Pull without hurry, and return what was said."""
    said = []
    given = {"at": AT, "pace": NoHurry(), "say": said.append, "progress": lambda *_: None, **terms}
    okta_export.pull(tenant.client(), folder, **given)
    return said


def pull_until_it_dies(tenant, folder, lasts):
    """Pull until the power goes off; whether it did."""
    power = Power(lasts)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(okta_export_journal.os, "fsync", power.before(os.fsync))
        patched.setattr(Path, "replace", power.before(Path.replace))
        patched.setattr(Path, "unlink", power.before(Path.unlink))
        patched.setattr(shutil, "rmtree", power.before(shutil.rmtree))
        tenant.troubles = [power.use]
        try:
            pull(tenant, folder)
        except Died:
            return True
        finally:
            tenant.troubles = []
    return False


@pytest.mark.usefixtures("at_once")
def test_a_pull_that_is_killed_anywhere_goes_on_without_a_page_lost_or_doubled(tenant, tmp_path):
    """Before and after every call, every write and every rename: the second run ends with everything, once."""
    pull(tenant, tmp_path / "whole")
    expected, calls = tenant.everything(), len(tenant.asked)
    assert expected == pulled(tmp_path / "whole")
    lasts = 0
    while pull_until_it_dies(tenant, folder := tmp_path / str(lasts), lasts):
        tenant.asked.clear()
        assert not any((folder / name).exists() for name in FILES) or not (folder / ".pull" / "users.jsonl").exists()
        said = pull(tenant, folder)
        assert not any("anew" in line for line in said), lasts
        assert expected == pulled(folder), lasts
        assert set(FILES) == {path.name for path in folder.iterdir()}, lasts
        lasts += 1
    assert lasts > calls * 3


@pytest.mark.usefixtures("at_once")
def test_what_is_recorded_is_not_asked_for_again(tenant, tmp_path):
    """Whenever it dies: over both runs no call is made twice but the one that was under way."""
    pull(tenant, tmp_path / "whole")
    calls = Counter(tenant.asked)
    for lasts in range(0, 400, 29):
        tenant.asked.clear()
        pull_until_it_dies(tenant, folder := tmp_path / str(lasts), lasts)
        if tenant.asked and not (folder / "users.jsonl").exists():
            pull(tenant, folder)
        again = Counter(tenant.asked) - calls
        assert sum(again.values()) <= 1, lasts


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_many_calls_under_way_are_each_counted_once(tenant, tmp_path, monkeypatch, seconds):
    """With every lane in use the answers come in any order; killed after any of them, nothing differs."""
    monkeypatch.setattr(okta_export_reading, "RECORD_EVERY_SECONDS", seconds)
    expected = tenant.everything()
    for lasts in range(3, 60, 6):
        assert pull_until_it_dies(tenant, tmp_path / str(lasts), lasts)
        assert not pull_until_it_dies(tenant, tmp_path / str(lasts), 100_000)
        assert expected == pulled(tmp_path / str(lasts)), lasts


@pytest.mark.usefixtures("at_once")
def test_a_line_that_was_half_written_is_cut_off(tenant, tmp_path):
    """The disk may hold more than was recorded: half a line, or lines that nobody counted."""
    assert pull_until_it_dies(tenant, tmp_path, 60)
    for path in (tmp_path / ".pull").glob("*.jsonl"):
        with path.open("ab") as file:
            file.write(b'{"id": "00uHalf", "profile": {"lo')
    pull(tenant, tmp_path)

    assert tenant.everything() == pulled(tmp_path)


def test_a_pull_that_goes_on_says_so_and_keeps_the_stretch_of_the_log(tenant, tmp_path):
    """What the first run laid down counts: else the log would have a hole or an overlap."""
    down = httpx.Response(503)
    tenant.troubles.append(lambda request: down if request.url.path.endswith("/factors") else None)
    with pytest.raises(IdpUnavailable):
        pull(tenant, tmp_path, log_days=3)
    tenant.troubles.clear()
    tenant.asked.clear()

    said = pull(tenant, tmp_path, log_days=3, at=AT.replace(hour=20))

    assert ["going on with the pull that was interrupted"] == said
    assert all("since=2026-10-30T12" in path for path in tenant.asked if path.startswith("/api/v1/logs"))
    assert {"users", "logs"} == {path.split("/")[3].partition("?")[0] for path in tenant.asked}


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("what", "because"),
    [
        ("tenant", "of another tenant"),
        ("asked", "asked for something else"),
        ("age", "stopped 25 hours ago"),
        ("file", "files were cut off"),
        ("gone", "cannot be read, or its files are gone"),
        ("record", "cannot be read, or its files are gone"),
        ("list", "cannot be read, or its files are gone"),
    ],
)
def test_an_interrupted_pull_that_is_of_no_use_is_begun_anew_and_that_is_said(tenant, tmp_path, what, because):
    """Another tenant, other wishes, older than a day, or damaged: nothing of it is kept."""
    assert pull_until_it_dies(tenant, tmp_path, 60)
    journal, users = tmp_path / ".pull" / "journal.json", tmp_path / ".pull" / "users.jsonl"
    if what == "tenant":
        journal.write_text(journal.read_text().replace("http://", "https://"))
    elif what == "age":
        os.utime(journal, (time.time() - 25 * 3600,) * 2)
    elif what == "file":
        os.truncate(users, 5)
    elif what == "gone":
        users.unlink()
    elif what == "record":
        journal.write_text(journal.read_text()[:40])
    elif what == "list":
        journal.write_text("[]")

    said = pull(tenant, tmp_path, log_days=3 if what == "asked" else 0)

    assert 1 == len(said)
    assert because in said[0]
    assert "anew" in said[0]
    assert tenant.everything() == pulled(tmp_path)


def test_a_pull_that_got_nowhere_leaves_nothing(tenant, tmp_path):
    """Where the tenant did not answer at all there is nothing to go on with, and nothing to say next time."""
    tenant.troubles.append(lambda _: httpx.Response(503))
    with pytest.raises(IdpUnavailable):
        pull(tenant, tmp_path)
    assert [] == list(tmp_path.iterdir())

    tenant.troubles.clear()
    assert [] == pull(tenant, tmp_path)


def test_two_pulls_into_one_folder_do_not_mix(tenant, tmp_path):
    """The second is refused while the first one writes."""
    refused = []

    def second(*_):
        if not refused:
            with pytest.raises(BlockingIOError, match="another pull") as caught:
                pull(PulledTenant(2), tmp_path)
            refused.append(caught.value)

    pull(tenant, tmp_path, progress=second)

    assert 1 == len(refused)
    assert tenant.everything() == pulled(tmp_path)


def test_a_process_that_is_killed_goes_on_in_the_next_one(tmp_path):
    """SIGKILL over a real connection, three times, while some people's factors are read and others' are under way."""
    export = tmp_path / "export"
    with running(Options(people=60)) as desk:
        url = desk.endpoints["okta"]
        for answered in (5, 20, 41):
            further = answered - factors_answered(export)
            held_back = {"match": {"path_regex": "/factors"}, "kind": "pause", "nth": further + 1, "times": 100_000}
            fault = desk.ask("/faults", held_back)["id"]
            process = subprocess.Popen([sys.executable, "-c", PULL, url, str(export)])
            until(lambda least=answered: factors_answered(export) >= least)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
            desk.control.delete(f"/faults/{fault}")
            assert answered == factors_answered(export)
        said = []
        counts = Okta(lambda: OktaClient(url, "sandbox-offramp"), url).pull(export, say=said.append)
        people = [row["id"] for row in desk.read("/state?only=users")["users"]]
        held = {row["id"]: row["held"] for row in desk.read("/state?only=held")["held"]}

    factors = Counter(user for user, _ in pulled(export)["factors.jsonl"].elements())
    assert ["going on with the pull that was interrupted"] == said
    assert sorted(people) == sorted(pulled(export)["users.jsonl"].elements())
    assert {user: sum(entry["method"] != "password" for entry in held[user]) for user in people} == {
        user: factors[user] for user in people
    }
    assert counts["factors.jsonl"] == factors.total() == len(pulled(export)["factors.jsonl"])


def factors_answered(export):
    """Return how many people's factors are recorded."""
    try:
        places = json.loads((export / ".pull" / "journal.json").read_text())["places"]
    except (OSError, ValueError):
        return 0
    return places.get("factors", {}).get("answered", 0)


def until(holds):
    """Wait until something holds; half a minute at most."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never held")
