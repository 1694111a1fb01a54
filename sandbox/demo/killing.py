"""Without this file nobody would know what a crash leaves behind: a command, killed at one exact moment."""

import contextlib
import os
import shlex
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.demo.stage import Stage, StageFailed

PATIENCE_SECONDS = 90
POLL_SECONDS = 0.005
ASK_SECONDS = 0.05  # where a question goes to the sandbox; a pause holds the moment until it is answered
MANIFEST = "stacks/rollout.okta-sandbox.json"


@dataclass(frozen=True, slots=True)
class Moment:
    """
    When a command is killed.

    Attributes:
        name: In words.
        group: The whole process group, engine and plugins too; else `offramp` alone.
        holds: What makes the moment last until the kill; as a block around the command.
        has_come: Says whether it has.
        every_seconds: How often it is asked.
    """

    name: str
    group: bool
    holds: Callable[[], contextlib.AbstractContextManager[None]]
    has_come: Callable[[], bool]
    every_seconds: float = POLL_SECONDS


def kill(stage: Stage, words: Sequence[str], moment: Moment) -> bool:
    """
    Type a command and kill it at *moment*; return False where it ended before.

    Raises:
        StageFailed: Neither came, for a long time.
    """
    who = "the whole process group" if moment.group else "offramp alone"
    stage.say(f"$ {shlex.join(words)}      # kill -9 of {who} {moment.name}")
    with moment.holds(), _typed(stage, words) as typed:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not moment.has_come():
            if typed.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise StageFailed(f"the moment {moment.name} did not come")
            time.sleep(moment.every_seconds)
        if moment.group:
            os.killpg(typed.pid, signal.SIGKILL)
        else:
            os.kill(typed.pid, signal.SIGKILL)
        typed.wait()
        return typed.returncode == -signal.SIGKILL


@contextmanager
def _typed(stage: Stage, words: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        words,
        cwd=stage.project,
        env=stage.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as typed:
        yield typed


def after_the_intent(stage: Stage, *, group: bool) -> Moment:
    """Between ledger and manifest: the file aside of the manifest cannot be opened, so the command waits there."""
    before = _newest_entry(stage)
    aside = stage.project / Path(MANIFEST).with_name(f".{Path(MANIFEST).name}.new")

    @contextmanager
    def holds() -> Iterator[None]:
        os.mkfifo(aside)
        try:
            yield
        finally:
            aside.unlink(missing_ok=True)

    def has_come() -> bool:
        number, kind = _newest_entry(stage)
        return bool(number > before[0] and kind in {"StageRequested", "SettleRequested"})

    return Moment("after the intent", group, holds, has_come)


def after_the_manifest(stage: Stage, *, group: bool) -> Moment:
    """As soon as the manifest is another one; the engine has not begun."""
    path = stage.project / MANIFEST
    before = path.read_bytes()
    return Moment("after the manifest", group, contextlib.nullcontext, lambda: path.read_bytes() != before)


def after_writes(stage: Stage, count: int, *, group: bool, name: str) -> Moment:
    """When so many writes of the update have been answered; the next one is held until the kill."""
    first = stage.last_write()
    held = {"match": {"method": "PUT", "path_regex": "/api/v1/policies/"}, "kind": "pause", "times": 1000}

    @contextmanager
    def holds() -> Iterator[None]:
        # A change of status is a PUT and a switch: so the next object's PUT comes after both.
        fault = stage.control("POST", "/faults", {**held, "nth": (count + 1) // 2 + 1})["id"]
        try:
            yield
        finally:
            stage.control("DELETE", f"/faults/{fault}")

    def has_come() -> bool:
        done = [write for write in stage.writes(first) if write["actor"] == "pulumi"]
        return len(done) >= count

    return Moment(name, group, holds, has_come, ASK_SECONDS)


def amid_memberships(stage: Stage, count: int, *, group: bool) -> Moment:
    """When so many people have been moved; the next one waits."""
    first = stage.last_write()
    held = {"match": {"path_regex": "/api/v1/groups/[^/]+/users/"}, "kind": "pause", "times": 1000}

    @contextmanager
    def holds() -> Iterator[None]:
        fault = stage.control("POST", "/faults", {**held, "nth": count + 1})["id"]
        try:
            yield
        finally:
            stage.control("DELETE", f"/faults/{fault}")

    def has_come() -> bool:
        moved = [write for write in stage.writes(first) if "/users/" in write["path"]]
        return len(moved) >= count

    return Moment("in mid-membership", group, holds, has_come, ASK_SECONDS)


def before_the_outcome(stage: Stage, group_id: str, *, reads: int, group: bool) -> Moment:
    """After the update, while the members are read back for the last time: read number *reads* of the group waits."""
    path = f"/api/v1/groups/{group_id}/users"
    held = {"match": {"method": "GET", "path_regex": f"{path}\\?"}, "kind": "pause", "times": 1000, "nth": reads}
    before = _newest_entry(stage)
    first = stage.last_write()

    @contextmanager
    def holds() -> Iterator[None]:
        fault = stage.control("POST", "/faults", held)["id"]
        try:
            yield
        finally:
            stage.control("DELETE", f"/faults/{fault}")

    def has_come() -> bool:
        # The engine has ended when its lock is gone again, after writes of its own.
        number, _ = _newest_entry(stage)
        wrote = any(write["actor"] == "pulumi" for write in stage.writes(first))
        if not (number > before[0] and wrote) or _locks(stage):
            return False
        time.sleep(1.5)  # what is left is outputs, drift and the read that is held
        return True

    return Moment("before the outcome", group, holds, has_come, ASK_SECONDS)


def _locks(stage: Stage) -> list[Path]:
    backend = stage.environment.get("PULUMI_BACKEND_URL", "").removeprefix("file://")
    return list(Path(backend).rglob(".pulumi/locks/**/*.json")) if backend else []


def facts(stage: Stage) -> list[str]:
    """Return the kind of every entry in the ledger, oldest first, without asking a command for it."""
    ledger = stage.project / "var" / "ledger.db"
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as found:
        rows: list[Any] = found.execute("select kind from entries order by number").fetchall()
        return [str(kind) for (kind,) in rows]
    return []


def _newest_entry(stage: Stage) -> tuple[int, str]:
    kinds = facts(stage)
    return (len(kinds), kinds[-1]) if kinds else (0, "")
