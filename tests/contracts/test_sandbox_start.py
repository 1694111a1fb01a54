import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

START = [sys.executable, "-m", "sandbox.cli", "start", "--people", "12", "--tenant", "fresh"]
ENV = [sys.executable, "-m", "sandbox.cli", "env"]


def _started(folder: Path) -> subprocess.Popen:
    endpoints = folder / "endpoints.json"
    arguments = ["--state", str(folder / "state.json"), "--endpoints", str(endpoints)]
    process = subprocess.Popen([*START, *arguments], stdout=subprocess.DEVNULL)
    for _ in range(200):
        if endpoints.exists():
            return process
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the sandbox did not start")


def _stopped(process: subprocess.Popen) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Serve one sandbox from a process of its own; the folder has its endpoints file."""
    folder = tmp_path_factory.mktemp("sandbox")
    process = _started(folder)
    yield folder
    _stopped(process)


def _env(folder: Path, *more: str, path: str) -> subprocess.CompletedProcess:
    command = [*ENV, str(folder / "endpoints.json"), *more]
    environment = {**os.environ, "PATH": path}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def _exported(folder: Path, script: str) -> str:
    lines = _env(folder, "--engine", "stand-in", path=os.environ["PATH"]).stdout
    return subprocess.run(["/bin/sh", "-c", f"{lines}\n{script}"], capture_output=True, text=True, check=True).stdout


def test_the_endpoints_file_names_what_can_be_reached(folder):
    """It is there only once both ports serve, and it names the process."""
    endpoints = json.loads((folder / "endpoints.json").read_text())
    assert {"control", "okta", "pid"} == set(endpoints)
    assert 12 == len(httpx.get(f"{endpoints['control']}/truth").json())
    assert "idx" == httpx.get(f"{endpoints['okta']}/.well-known/okta-organization").json()["pipeline"]
    os.kill(endpoints["pid"], 0)


def test_what_was_done_is_there_again_after_a_stop(tmp_path):
    """With a state file a stopped sandbox goes on where it stood, clock and people included."""
    process = _started(tmp_path)
    endpoints = json.loads((tmp_path / "endpoints.json").read_text())
    headers = {"Authorization": "SSWS x"}
    made = httpx.post(f"{endpoints['okta']}/api/v1/groups", json={"profile": {"name": "Kept"}}, headers=headers)
    clock = httpx.post(f"{endpoints['control']}/clock", json={"advance": 86400}).json()
    assert 0 == _stopped(process)
    assert not (tmp_path / "endpoints.json").exists()
    process = _started(tmp_path)
    endpoints = json.loads((tmp_path / "endpoints.json").read_text())
    group = httpx.get(f"{endpoints['okta']}/api/v1/groups/{made.json()['id']}", headers=headers)
    assert "Kept" == group.json()["profile"]["name"]
    assert clock == httpx.get(f"{endpoints['control']}/clock").json()
    assert 12 == len(httpx.get(f"{endpoints['control']}/truth").json())
    question = {"idp": "okta", "user": httpx.get(f"{endpoints['control']}/truth").json()[0]["login"]}
    assert 200 == httpx.post(f"{endpoints['control']}/ask", json=question).status_code
    assert 0 == _stopped(process)


def test_a_shell_that_evaluates_the_environment_is_pointed_at_the_sandbox(folder):
    """Everything that the tools read is set, and both executables are where they look."""
    endpoints = json.loads((folder / "endpoints.json").read_text())
    script = 'echo "$OKTA_HTTP_PROXY $OFFRAMP_NOW $OKTA_API_TOKEN $OFFRAMP_OKTA_TOKEN"; command -v pulumi'
    said, found = _exported(folder, script).splitlines()
    expected = f"{endpoints['okta']} {endpoints['control']}/clock sandbox-pulumi sandbox-offramp"
    assert expected == said
    assert str(folder / "bin" / "pulumi") == found
    plugin = folder / "pulumi-home" / "plugins" / "resource-okta-v7.0.1" / "pulumi-resource-okta"
    assert os.access(plugin, os.X_OK)


def test_the_stand_in_engine_runs_from_anywhere(folder):
    """The script brings its own Python and path."""
    assert _exported(folder, "cd / && pulumi version").startswith("v3.")


def test_asking_for_the_real_engine_without_one_is_a_plain_refusal(folder):
    """No stand-in is ever passed off as the real thing."""
    answer = _env(folder, "--engine", "real", path="/nonexistent")
    assert (1, "") == (answer.returncode, answer.stdout)
    assert "no Pulumi CLI on PATH" in answer.stderr
    _env(folder, "--engine", "stand-in", path=os.environ["PATH"])
    own = _env(folder, "--engine", "real", path=str(folder / "bin"))
    assert 1 == own.returncode


def test_a_real_engine_on_path_is_used_unless_asked_otherwise(folder, tmp_path):
    """The sandbox's own script is passed over, wherever it stands on PATH."""
    real = tmp_path / "pulumi"
    real.write_text("#!/bin/sh\necho real\n")
    real.chmod(0o755)
    assert 0 == _env(folder, path=f"{folder / 'bin'}:{tmp_path}:{os.environ['PATH']}").returncode
    assert "real\n" == subprocess.run([folder / "bin" / "pulumi"], capture_output=True, text=True, check=True).stdout


def test_the_environment_of_no_sandbox_is_a_plain_refusal(tmp_path):
    """A missing endpoints file is explained, not a traceback."""
    answer = _env(tmp_path, path=os.environ["PATH"])
    assert (1, "") == (answer.returncode, answer.stdout)
    assert "does not name a running sandbox" in answer.stderr
