"""The stand-in and the real Pulumi CLI when they are stopped: by a signal, a kill, a wrong passphrase or a policy."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from engine.comparing import differing, normal, pending, told

pytestmark = pytest.mark.engine

UP = ("up", "--yes", "--skip-preview", "--parallel", "1")
REFRESH = ("refresh", "--yes", "--skip-preview")
FIRST = "urn:pulumi:dev::failure::shelf:index/item:Item::first"
PACK = ("--policy-pack", str(Path(__file__).parent / "programs" / "pack"))
# The Pulumi CLI hides the option otherwise.
LOGGED = {"PULUMI_DEBUG_COMMANDS": "true"}


@pytest.fixture
def pair(bench_for, real_cli):
    """Make two benches of a program: first the real CLI's, then the stand-in's."""
    return lambda program: (bench_for(program, real_cli), bench_for(program))


def left(bench):
    """Give what a run left: the state's resources, pending operations, locks and the last result."""
    exported = bench.document("stack", "export")
    history = bench.document("stack", "history", "--json")
    results = [entry["result"] for entry in history]
    return normal(exported), pending(exported), len(bench.locks()), results


def assert_alike(benches):
    """Compare what both left."""
    real, stand_in = (left(bench) for bench in benches)
    assert [] == differing(real[0], stand_in[0])
    assert real[1:] == stand_in[1:]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heeded_alike(pair, number):
    """Same exit code, same events in the same order, same state, nothing pending and no lock."""
    benches = pair("failure")
    heard = []
    for bench in benches:
        log = bench.folder / "events.log"
        run = bench.begin(*UP, "--event-log", str(log), until="begin create first", **LOGGED)
        run.send_signal(number)
        run.communicate(timeout=60)
        heard.append((run.returncode, told(log)))

    assert heard[0] == heard[1]
    assert_alike(benches)


def test_a_kill_in_a_create_leaves_the_same_and_the_same_follows(pair):
    """The pending create, the lock, the warning, the create that follows, and how the record is cleared or dropped."""
    benches = pair("failure")
    for bench in benches:
        bench.run("config", "set", "mended", "true")
        run = bench.begin(*UP, until="begin create first")
        run.kill()
        run.communicate(timeout=60)
    assert_alike(benches)
    assert 1 == len(benches[0].locks())

    for bench in benches:
        bench.run(*REFRESH, code=1)
        bench.run("cancel", "--yes")
        shutil.copytree(bench.folder / "state", bench.folder / "after the kill")
    warnings = [[line for line in bench.run(*UP).stdout.splitlines() if "  * urn:" in line] for bench in benches]
    assert warnings[0] == warnings[1] != []
    assert_alike(benches)
    for arguments in (
        REFRESH,
        ("refresh", "--preview-only", "--clear-pending-creates"),
        UP,
    ):
        for bench in benches:
            bench.run(*arguments)
        assert_alike(benches)

    for bench in benches:
        shutil.rmtree(bench.folder / "state")
        (bench.folder / "after the kill").rename(bench.folder / "state")
        bench.run(*REFRESH, "--import-pending-creates", FIRST, "--import-pending-creates", "item-1")
    assert_alike(benches)


def test_a_kill_in_an_update_leaves_the_same(pair):
    """The record names the resource as it was to be, without an id, and the next update drops it."""
    benches = pair("drift")
    for bench in benches:
        bench.run(*UP)
        bench.disturb(lambda items: [fields.update(size=9) for fields in items.values() if fields["name"] == "kept"])
        bench.run(*REFRESH)
        run = bench.begin(*UP, until="begin update kept")
        run.kill()
        run.communicate(timeout=60)
    assert_alike(benches)

    for bench in benches:
        bench.run("cancel", "--yes")
        bench.run(*UP)
    assert_alike(benches)


def test_a_secret_is_kept_alike_and_each_opens_what_the_other_sealed(pair):
    """A wrong passphrase ends both before the first step; sealed state and settings work for the other as they are."""
    real, ours = pair("dependencies")
    for bench in (real, ours):
        bench.run("config", "set", "--secret", "shelf:prefix", "whisper")
        for command in (UP, ("preview",), REFRESH):
            wrong = bench.run(*command, code=1, PULUMI_CONFIG_PASSPHRASE="wrong")
            assert "incorrect passphrase" in wrong.stderr
        assert [] == bench.log()
        bench.run(*UP)
        stored = [path.read_text() for path in (bench.folder / "state").rglob("*.json")]
        settings = (bench.project / "Pulumi.dev.yaml").read_text()
        assert [] == [text for text in (*stored, settings) if "whisper" in text or "hush" in text]
    exports = [normal(bench.document("stack", "export", "--show-secrets")) for bench in (real, ours)]
    assert [] == differing(*exports)
    assert "whisper" in json.dumps(exports[1])

    for source, target in ((real, ours), (ours, real)):
        shutil.copytree(source.folder / "state", target.folder / "state", dirs_exist_ok=True)
        shutil.copyfile(source.project / "Pulumi.dev.yaml", target.project / "Pulumi.dev.yaml")
        shutil.copyfile(source.folder / "shelf.json", target.folder / "shelf.json")
        assert "whisper" == target.run("config", "get", "shelf:prefix").stdout.strip()
        target.run("preview", "--expect-no-changes")


def test_a_policy_pack_is_asked_and_heard_alike(pair):
    """Refused in a preview, in an update, late by a policy of the whole stack, and advised: same events, same state."""
    benches = pair("judged")
    (benches[0].folder / "advice.json").write_text('{"all": "advisory", "small": {"most": 1}}')
    advised = ("--policy-pack-config", str(benches[0].folder / "advice.json"))
    for sizes, command, code in (
        ([1, 9, 2], ("preview",), 1),
        ([1, 9, 2], UP, 1),
        ([1, 2], UP, 0),
        ([1, 2, 1, 2], ("preview",), 1),
        ([1, 2, 1, 2], UP, 1),
        ([1, 2, 1, 2, 3], (*UP, *advised), 0),
    ):
        heard = []
        for bench in benches:
            log = bench.folder / "events.log"
            log.unlink(missing_ok=True)
            bench.run("config", "set", "sizes", json.dumps(sizes))
            bench.run(*command, *PACK, "--event-log", str(log), code=code, **LOGGED)
            heard.append(told(log))
        assert heard[0] == heard[1], (sizes, command)
        assert_alike(benches)
