"""Without this file the demo would touch the checkout: a fresh copy, its own sandbox, and commands as typed."""

import contextlib
import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

PR_SET_PDEATHSIG = 1  # of Linux's prctl
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
START_SECONDS = 60
LINES_SHOWN = 12


class StageFailed(Exception):
    """The demo cannot go on: a command or the sandbox did not do what the next step needs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(slots=True)
class Stage:
    """A fresh copy of the project, a running sandbox, and the environment in which both meet."""

    root: Path
    folder: Path
    say: Callable[[str], None]
    engine: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, Any] = field(default_factory=dict)
    _sandbox: subprocess.Popen[bytes] | None = None
    _control: httpx.Client | None = None
    _okta: httpx.Client | None = None
    _running: set[subprocess.Popen[str]] = field(default_factory=set)

    @property
    def project(self) -> Path:
        """Where the copy lies."""
        return self.folder / "project"

    def set_up(self, *, people: int, seed: int) -> None:
        """Copy the project, start the sandbox, and take over its environment."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.project.mkdir(parents=True)
        for name in self._files():
            target = self.project / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.root / name, target)
        (self.project / ".venv").symlink_to(Path(sys.prefix))
        endpoints = self.folder / "endpoints.json"
        program = str(Path(sys.executable).parent / "offramp-sandbox")
        arguments = ["start", "--people", str(people), "--seed", str(seed), "--endpoints", str(endpoints)]
        with (self.folder / "sandbox.log").open("wb") as log:
            self._sandbox = subprocess.Popen(
                [program, *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - see _end_with_parent
            )
        deadline = time.monotonic() + START_SECONDS
        while not endpoints.is_file():
            if self._sandbox.poll() is not None or time.monotonic() > deadline:
                raise StageFailed(f"the sandbox did not start: {(self.folder / 'sandbox.log').read_text()}")
            time.sleep(0.05)
        self.endpoints = json.loads(endpoints.read_text())
        wanted = ["--engine", self.engine] if self.engine else []
        printed = subprocess.run([program, "env", str(endpoints), *wanted], capture_output=True, text=True, check=False)
        if printed.returncode:
            raise StageFailed(f"offramp-sandbox env: {printed.stderr}")
        self.environment = {**os.environ, **_exports(printed.stdout), "OFFRAMP_ACTOR": "platform-team"}
        self._control = httpx.Client(base_url=self.endpoints["control"], timeout=600)
        token = {"Authorization": "SSWS sandbox-console"}
        self._okta = httpx.Client(base_url=self.endpoints["okta"], timeout=60, headers=token)

    def _files(self) -> list[str]:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        if listed.returncode == 0 and listed.stdout:
            return [name for name in listed.stdout.splitlines() if (self.root / name).is_file()]
        skipped = {".git", ".venv", ".demo", "var"}
        return [
            str(path.relative_to(self.root))
            for path in self.root.rglob("*")
            if path.is_file() and not skipped & set(path.relative_to(self.root).parts)
        ]

    def tear_down(self) -> None:
        """Stop what still runs, and the sandbox; the copy stays for whoever wants to look."""
        for typed in list(self._running):
            with contextlib.suppress(ProcessLookupError):  # it ended by itself in the meantime
                os.killpg(typed.pid, signal.SIGTERM)
        for client in (self._control, self._okta):
            if client is not None:
                client.close()
        if self._sandbox is None or self._sandbox.poll() is not None:
            return
        self._sandbox.send_signal(signal.SIGTERM)
        try:
            self._sandbox.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._sandbox.pid, signal.SIGKILL)
            self._sandbox.wait()

    def run(self, *words: str, expect: Sequence[int] = (0,), quiet: bool = False) -> Outcome:
        """
        Type a command: printed first, then run, then its words.

        Raises:
            StageFailed: It ended with a code that the next step cannot use.
        """
        if not quiet:
            self.say(f"$ {shlex.join(words)}")
        began = time.monotonic()
        done = self._typed(words)
        if not quiet:
            lines = [line for line in (done.err or done.out).splitlines() if line.strip()]
            for line in lines[:LINES_SHOWN]:
                self.say(f"    {line}")
            if len(lines) > LINES_SHOWN:
                self.say(f"    … {len(lines) - LINES_SHOWN} more lines")
            self.say(f"    exit {done.code}, {time.monotonic() - began:.1f} s")
        if done.code not in expect:
            text = "\n".join((done.out + done.err).splitlines()[-30:])
            raise StageFailed(f"{shlex.join(words)} ended with {done.code}, expected {list(expect)}\n{text}")
        return done

    def _typed(self, words: Sequence[str]) -> Outcome:
        # A session of its own: ending the demo ends the engine and the plugins below the command too.
        with subprocess.Popen(
            words,
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - see _end_with_parent
        ) as typed:
            self._running.add(typed)
            try:
                out, err = typed.communicate()
            except BaseException:
                with contextlib.suppress(ProcessLookupError):  # it ended by itself in the meantime
                    os.killpg(typed.pid, signal.SIGTERM)
                raise
            finally:
                self._running.discard(typed)
        return Outcome(typed.returncode, out, err)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the sandbox's own interface."""
        return _answer(self._control, method, path, body)

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return datetime.fromisoformat(self.control("GET", "/clock")["at"])

    def console(self, method: str, path: str, body: Any = None) -> Any:
        """Call Okta as an administrator's console does."""
        return _answer(self._okta, method, path, body)

    def pages(self, path: str) -> list[dict[str, Any]]:
        """Return every element of one of Okta's lists."""
        found: list[dict[str, Any]] = []
        client, following = self._okta, path
        while client is not None and following:
            response = client.get(following)
            if response.is_error:
                raise StageFailed(f"GET {following}: {response.status_code} {response.text[:500]}")
            found += response.json()
            following = response.links.get("next", {}).get("url", "")
        return found

    def ask(self, questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Ask the identity provider; answers in the order of the questions."""
        if not questions:
            return []
        answers: list[dict[str, Any]] = self.control("POST", "/ask/many", list(questions))
        wrong = [answer for answer in answers if "outcome" not in answer]
        if wrong:
            raise StageFailed(f"the judge could not answer: {wrong[0]}")
        return answers

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the writes after number *since*."""
        found: list[dict[str, Any]] = self.control("GET", f"/writes?since={since}")
        return [write for write in found if write["n"] > since]

    def last_write(self) -> int:
        """Return the number of the newest write."""
        return max((write["n"] for write in self.writes()), default=0)


def _answer(client: httpx.Client | None, method: str, path: str, body: Any) -> Any:
    if client is None:
        raise StageFailed("the sandbox is not running")
    response = client.request(method, path, json=body)
    if response.is_error:
        raise StageFailed(f"{method} {path}: {response.status_code} {response.text[:500]}")
    return response.json() if response.content else None


def _end_with_parent() -> None:
    """Ask the kernel to end this child when the demo dies, even if it was killed."""
    # Between fork and exec nothing may take a lock that another thread held: one call, looked up before.
    if _PRCTL is not None:
        _PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)


def _exports(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        words = shlex.split(line)
        if words[:1] == ["export"]:
            name, _, value = words[1].partition("=")
            found[name] = value
    return found
