"""Without this file a journey would call functions: real commands in a copied project, against a sandbox of its own."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox.demo import furnish

ROOT = Path(__file__).resolve().parents[1]
SANDBOX = Path(sys.executable).with_name("offramp-sandbox")
PROJECT = (
    "Pulumi.yaml",
    "Pulumi.okta-sandbox.yaml",
    "offramp.toml",
    "gates.toml",
    "approvers.toml",
    "cohorts/rules.toml",
)
PEOPLE, SEED = "40", "3"
START_SECONDS, COMMAND_SECONDS = 60, 300
TRACEBACK = "Traceback (most recent call last)"
POLICY_TYPES = ("MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD", "ACCESS_POLICY", "IDP_DISCOVERY", "PROFILE_ENROLLMENT")
BOOKKEEPING = {"lastUpdated", "lastMembershipUpdated", "_links"}
MANIFEST = "stacks/rollout.okta-sandbox.json"
EXPORT = "var/export"


@dataclass(frozen=True)
class Ran:
    """What one command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on stdout."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The code of the error that was shown; empty where none was."""
        found = re.search(r"^error \[([a-z-]+)\]: ", self.err, re.MULTILINE)
        return found[1] if found else ""

    @property
    def hint(self) -> str:
        """What the command says to type next; empty where it says nothing."""
        found = re.search(r"^  next:  (.+)$", self.err, re.MULTILINE)
        return found[1] if found else ""

    @property
    def told(self) -> str:
        """Everything that was printed, on one line, so that a wrapped sentence is found whole."""
        return " ".join((self.out + self.err).split())


@dataclass
class Road:
    """A copy of the project in a folder, its sandbox, and the environment in which both meet."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    _served: subprocess.Popen[bytes] | None = None
    _control: httpx.Client | None = None
    _okta: httpx.Client | None = None

    @property
    def project(self) -> Path:
        """Where commands are typed."""
        return self.folder / "project"

    def path(self, name: str) -> Path:
        """Return a file of the project."""
        return self.project / name

    # The stage.

    def copy_project(self) -> None:
        """Copy what a person who uses offramp has: stacks, rule book and settings, without a freeze on any day."""
        for name in PROJECT:
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.path(name))
        shutil.copytree(ROOT / "stacks", self.path("stacks"), ignore=shutil.ignore_patterns("rollout.*", "__pycache__"))
        self.path(".venv").symlink_to(Path(sys.prefix))
        furnish.clear_calendar(self.project, datetime.now().astimezone().date())
        furnish.open_gates(self.project)

    def start(self) -> None:
        """Serve the folder's sandbox, made anew where none was saved, and take over its environment."""
        endpoints = self.folder / "endpoints.json"
        arguments = ["--people", PEOPLE, "--seed", SEED, "--state", self.folder / "tenant.json"]
        log = self.folder / "sandbox.log"
        with log.open("wb") as told:
            self._served = subprocess.Popen(
                [SANDBOX, "start", *arguments, "--endpoints", endpoints], stdout=told, stderr=told
            )
        deadline = time.monotonic() + START_SECONDS
        while not endpoints.is_file():
            assert self._served.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        printed = subprocess.run([SANDBOX, "env", endpoints], capture_output=True, text=True, check=True).stdout
        exports = (shlex.split(line)[1].partition("=") for line in printed.splitlines())
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OFFRAMP", "PULUMI"))}
        self.environment = {
            **inherited,
            **{name: value for name, _, value in exports},
            "OFFRAMP_ACTOR": "platform-team",
        }
        where = json.loads(endpoints.read_text())
        self._control = httpx.Client(base_url=where["control"], timeout=120)
        console = {"Authorization": "SSWS sandbox-console"}
        self._okta = httpx.Client(base_url=where["okta"], timeout=60, headers=console)

    def stop(self) -> None:
        """End the sandbox, which saves its tenant in the folder; the environment keeps naming where it was."""
        for client in (self._control, self._okta):
            if client is not None:
                client.close()
        if self._served is not None and self._served.poll() is None:
            self._served.send_signal(signal.SIGTERM)
            try:
                self._served.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._served.kill()
                self._served.wait()

    # What is typed.

    def run(self, *words: object, code: int | None = 0, **environment: str) -> Ran:
        """
        Type a command, without a terminal, and insist on how it ends.

        Args:
            words: The command line.
            code: The exit code that it must have; None: any but 0.
            environment: What differs from the sandbox's environment.
        """
        done = subprocess.run(
            [str(word) for word in words],
            cwd=self.project,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        shown = (
            f"{shlex.join(map(str, words))} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
        assert TRACEBACK not in done.stdout + done.stderr, shown
        assert done.returncode == code or (code is None and done.returncode), shown
        return Ran(done.returncode, done.stdout, done.stderr)

    def offramp(self, *words: object, code: int | None = 0, **environment: str) -> Ran:
        """Type an `offramp` command."""
        return self.run("offramp", *words, code=code, **environment)

    def pulumi(self, *words: object, code: int | None = 0, **environment: str) -> Ran:
        """Type a `pulumi` command."""
        return self.run("pulumi", *words, code=code, **environment)

    def digest(self, *words: object) -> str:
        """Return the digest of what an `offramp` command proposes."""
        return self.offramp(*words, "--json").document["digest"]

    def execute(self, *words: object, code: int | None = 0) -> Ran:
        """Look at what an `offramp` command proposes, then do exactly that."""
        shown = self.digest(*words)
        return self.offramp(*words, "--execute", "--expect", shown[:16], code=code)

    def seal(self) -> None:
        """Export the tenant, an hour later, and keep what it says."""
        self.control("POST", "/clock", {"advance": 3600})
        self.offramp("cohort", "pull", EXPORT, "--execute")
        self.offramp("cohort", "seal", EXPORT, "--execute")

    # What is so.

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the sandbox's own interface."""
        assert self._control is not None
        answer = self._control.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def pages(self, path: str) -> list[dict[str, Any]]:
        """Return every element of one of the vendor's lists."""
        assert self._okta is not None
        found: list[dict[str, Any]] = []
        while path:
            answer = self._okta.get(path)
            assert answer.is_success, f"GET {path}: {answer.status_code} {answer.text}"
            found += answer.json()
            path = answer.links.get("next", {}).get("url", "")
        return found

    def objects(self) -> dict[str, dict[str, Any]]:
        """Return every policy, rule, group, app, authenticator and zone of the tenant by id."""
        found = []
        for kind in POLICY_TYPES:
            for policy in self.pages(f"/api/v1/policies?type={kind}"):
                found += [policy, *self.pages(f"/api/v1/policies/{policy['id']}/rules")]
        for kind in ("groups?limit=200", "apps?limit=200", "authenticators", "zones"):
            found += self.pages(f"/api/v1/{kind}")
        return {one["id"]: {name: value for name, value in one.items() if name not in BOOKKEEPING} for one in found}

    def ask(self, **question: Any) -> str:
        """Ask the identity provider whether somebody gets through; the outcome in a word."""
        return self.control("POST", "/ask", {"idp": "okta", **question})["outcome"]

    def fault(self, method: str, path_regex: str, kind: str, **more: float) -> str:
        """Let something go wrong on the way to the tenant; the id of the fault."""
        match = {"method": method, "path_regex": path_regex}
        return self.control("POST", "/faults", {"match": match, "kind": kind, **more})["id"]

    def writes(self) -> list[dict[str, Any]]:
        """Return every write that the tenant has seen."""
        return self.control("GET", "/writes")

    def facts(self) -> list[str]:
        """Return the kind of every entry in the ledger, oldest first."""
        return [entry["fact"] for entry in self.offramp("ledger", "show", "--json").document["entries"]]

    def members(self, group: str) -> set[str]:
        """Return the account ids in a group, as the tenant has them."""
        return {user["id"] for user in self.pages(f"/api/v1/groups/{group}/users?limit=1000")}

    def people(self, cohort: str) -> dict[str, dict[str, Any]]:
        """Return id → login, methods and so on of a cohort, as the population was made."""
        return {row["id"]: row for row in self.control("GET", "/truth") if row["cohort"] == cohort}

    def files(self) -> dict[str, bytes]:
        """Return what lies in the reviewed folder, the snapshots and the ledger, byte by byte."""
        places = ("stacks", "var")
        found = [path for place in places for path in self.path(place).rglob("*") if path.is_file()]
        return {str(path.relative_to(self.project)): path.read_bytes() for path in found if path.suffix != ".pyc"}
