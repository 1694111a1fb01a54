import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from migration.adapters import pulumi_recovery
from migration.adapters.pulumi_recovery import adopted, recover
from migration.errors import EngineFailed

URN = "urn:pulumi:s::p::okta:group/group:Group::slot-1 group"
OTHER = "urn:pulumi:s::p::okta:group/group:Group::slot-2 group"


@dataclass
class Account:
    """Who is asked where the stack lies."""

    url: str


@dataclass
class Workspace:
    """A workspace whose stack lies in a file backend."""

    url: str

    def who_am_i(self):
        """Return where the stacks are."""
        return Account(self.url)


@dataclass
class Stack:
    """A stack that may be locked."""

    folder: object
    name: str = "okta-sandbox"
    cancelled: int = 0
    workspace: Workspace = field(init=False)

    def __post_init__(self):
        self.workspace = Workspace(f"file://{self.folder}")

    @property
    def locks(self):
        """Where a file backend keeps its locks."""
        return self.folder / ".pulumi" / "locks" / "organization" / "offramp" / self.name

    def lock(self, pid, host=None):
        """Leave a lock as an engine does."""
        self.locks.mkdir(parents=True, exist_ok=True)
        path = self.locks / f"{pid}.json"
        path.write_text(json.dumps({"pid": pid, "hostname": host or socket.gethostname(), "username": "m.ito"}))
        return path

    def cancel(self):
        """Remove every lock."""
        self.cancelled += 1
        for path in self.locks.glob("*.json"):
            path.unlink()


@pytest.fixture
def stack(tmp_path):
    """Make a stack without a lock."""
    return Stack(tmp_path)


@pytest.fixture
def dead():
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_stack_that_nobody_holds_needs_nothing(stack):
    """Most of the time."""
    assert ([], 0) == (list(recover(stack)), stack.cancelled)


def test_the_lock_of_a_dead_engine_is_removed(stack, dead):
    """Nobody will ever release it."""
    stack.lock(dead)

    assert [f"the lock of a dead engine (pid {dead}) was removed"] == list(recover(stack))
    assert 1 == stack.cancelled


def test_an_engine_that_is_alive_is_waited_for(stack):
    """It outlived the command that started it; to take its lock away would let two write at once."""
    lock, slept = stack.lock(os.getpid()), []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            lock.unlink()

    assert ["an engine had outlived its command; it was waited for"] == list(recover(stack, sleep=sleep))
    assert (3, 0) == (len(slept), stack.cancelled)


def test_an_engine_that_dies_while_it_is_waited_for_is_dead(stack):
    """Its lock is told from one of an engine that lives, each time anew."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        stack.lock(process.pid)

        def sleep(_seconds):
            process.kill()
            process.wait()

        said = list(recover(stack, sleep=sleep))

    assert [f"the lock of a dead engine (pid {process.pid}) was removed"] == said[1:]


def test_somebody_elses_engine_is_never_called_dead(stack, dead):
    """On another machine nobody here can see whether it runs: after a long wait it is said who holds the stack."""
    stack.lock(dead, host="another-machine")

    with pytest.raises(EngineFailed, match="still holds the stack") as raised:
        recover(stack, sleep=lambda _seconds: None, longest_wait=1)

    assert "another-machine" in raised.value.context
    assert 0 == stack.cancelled


def test_a_process_that_ended_and_was_not_waited_for_is_dead(stack):
    """It still has a number; it will never write again."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        stack.lock(process.pid)

        assert [f"the lock of a dead engine (pid {process.pid}) was removed"] == list(recover(stack))


def test_a_lock_that_is_half_written_is_looked_at_again(stack):
    """It was being written at this moment; nothing is decided on half a line."""
    stack.locks.mkdir(parents=True)
    (stack.locks / "half.json").write_text('{"pid": 1')

    assert [] == list(recover(stack))


def test_another_backend_says_for_itself_who_holds_a_stack(stack):
    """Only a file backend has lock files to look at."""
    stack.workspace = Workspace("https://stacks.example")

    assert [] == list(recover(stack))


def test_what_exists_is_a_resource_and_what_does_not_is_forgotten():
    """The engine takes what the tenant has for its own, and makes the rest as if nothing had happened."""
    pending = [
        {"type": "creating", "resource": {"urn": urn, "type": "okta:group/group:Group", "inputs": {"name": name}}}
        for urn, name in ((URN, "offramp slot-1"), (OTHER, "offramp slot-2"))
    ]
    found = adopted({"resources": [{"urn": "root"}], "pending_operations": pending, "manifest": {}}, {URN: "00g1"})

    assert "pending_operations" not in found
    assert ["root", URN] == [resource["urn"] for resource in found["resources"]]
    assert ("00g1", {"name": "offramp slot-1"}) == (found["resources"][1]["id"], found["resources"][1]["outputs"])
    assert pulumi_recovery.LONGEST_WAIT_SECONDS > 0
