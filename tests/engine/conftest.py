"""One bench for both engines: a project, a file backend, the test provider and a `pulumi` to run on them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass
class Bench:
    """A folder in which a `pulumi` command can be run."""

    folder: Path
    command: Path
    environment: dict[str, str]

    @property
    def project(self):
        """The folder of Pulumi.yaml."""
        return self.folder / "project"

    def run(self, *arguments, code=0, **extra):
        """Run one command and insist on its exit code."""
        done = subprocess.run(
            [str(self.command), *arguments],
            cwd=self.project,
            env={**self.environment, **extra},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert code == done.returncode, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def begin(self, *arguments, until, **extra):
        """Start a command whose steps take a second each, and wait until the provider is in the middle of one."""
        seen = len(self.log())
        run = subprocess.Popen(
            [str(self.command), *arguments],
            cwd=self.project,
            env={**self.environment, "SHELF_DELAY": "1", **extra},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        end = time.monotonic() + 30
        while until not in self.log()[seen:] and time.monotonic() < end:
            time.sleep(0.02)
        return run

    def processes(self):
        """List the processes that were started with this bench's environment."""
        mark = f"SHELF_FILE={self.folder / 'shelf.json'}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                found += [entry.parent.name] if mark in entry.read_bytes().split(b"\0") else []
        return found

    def document(self, *arguments, **extra):
        """Run one command and read the JSON it prints."""
        return json.loads(self.run(*arguments, **extra).stdout)

    def resources(self):
        """Give the resources of the state by name, secrets sealed."""
        document = json.loads(next(self.folder.glob("state/.pulumi/stacks/*/dev.json")).read_text())
        found = document["checkpoint"].get("latest", {}).get("resources", [])
        return {state["urn"].rsplit("::", 1)[1]: state for state in found}

    def items(self):
        """Give what is really on the shelf, by name."""
        path = self.folder / "shelf.json"
        found = json.loads(path.read_text()) if path.exists() else {}
        return {fields["name"]: fields for fields in found.values()}

    def disturb(self, change):
        """Change the shelf behind the engine's back."""
        path = self.folder / "shelf.json"
        items = json.loads(path.read_text())
        change(items)
        path.write_text(json.dumps(items))

    def log(self):
        """Give the calls the provider saw."""
        path = self.folder / "shelf.log"
        return path.read_text().splitlines() if path.exists() else []

    def locks(self):
        """List the lock files left."""
        return list(self.folder.glob("state/.pulumi/locks/**/*.json"))


def make_bench(folder, program, real=None):
    """Lay out a bench for one of the test programs, on the stand-in or on a real CLI."""
    shutil.copytree(HERE / "programs" / program, folder / "project")
    plugin = folder / "home" / "plugins" / "resource-shelf-v0.1.0" / "pulumi-resource-shelf"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(f'#!/bin/sh\nexec {sys.executable} -u {HERE / "plugins" / "shelf.py"} "$@"\n')
    plugin.chmod(0o755)
    (folder / "state").mkdir()
    command = real
    if command is None:
        command = folder / "bin" / "pulumi"
        command.parent.mkdir()
        command.write_text(
            f'#!/bin/sh\nPYTHONPATH={ROOT}:$PYTHONPATH exec {sys.executable} -P -m sandbox.engine "$@"\n'
        )
        command.chmod(0o755)
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI", "OKTA", "SHELF"))}
    environment = {
        **keep,
        "PATH": os.pathsep.join([str(command.parent), str(Path(sys.executable).parent), keep.get("PATH", "")]),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PYTHONPATH": str(HERE / "programs" / "library"),
        "SHELF_FILE": str(folder / "shelf.json"),
        "SHELF_LOG": str(folder / "shelf.log"),
    }
    bench = Bench(folder, command, environment)
    bench.run("stack", "init", "dev")
    return bench


@pytest.fixture
def bench_for(tmp_path):
    """Make a bench for a named program."""
    made = []

    def make(program, real=None):
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(make_bench(folder, program, real))
        return made[-1]

    return make


@pytest.fixture
def real_cli():
    """The real Pulumi CLI, where there is one."""
    named = os.environ.get("OFFRAMP_REAL_PULUMI") or shutil.which("pulumi")
    if named:
        done = subprocess.run([named, "version"], capture_output=True, text=True, check=False)
        if done.returncode == 0 and "stand-in" not in done.stderr:
            return Path(named)
    return pytest.skip("no real Pulumi CLI on PATH or in OFFRAMP_REAL_PULUMI")
