"""An engine that is asked to stop, or killed, in the middle of a step."""

import json
import signal
import time
from pathlib import Path

import pytest

UP = ("up", "--yes", "--skip-preview", "--parallel", "1")
REFRESH = ("refresh", "--yes", "--skip-preview")
PACK = Path(__file__).parent / "programs" / "pack"
FIRST = "urn:pulumi:dev::failure::shelf:index/item:Item::first"


def until(condition):
    """Wait, at most five seconds, until something is so."""
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def pending(bench):
    """Give the pending operations of the exported state as (type, name, whether the object's id is known)."""
    found = bench.document("stack", "export")["deployment"].get("pending_operations", [])
    return [(each["type"], each["resource"]["urn"].rsplit("::", 1)[1], "id" in each["resource"]) for each in found]


@pytest.fixture
def bench(bench_for):
    """Four items in a row, all of which can be made."""
    made = bench_for("failure")
    made.run("config", "set", "mended", "true")
    return made


@pytest.fixture
def killed(bench):
    """A bench whose engine was killed in its first create; the lock has been removed."""
    run = bench.begin(*UP, until="begin create first")
    run.kill()
    run.communicate(timeout=30)
    bench.run("cancel", "--yes")
    return bench


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGINT, "^C received; cancelling. If you would like to terminate immediately, press ^C again.\n"),
        (signal.SIGTERM, "SIGTERM received; cancelling. If you would like to terminate immediately, send SIGTERM"),
    ],
)
def test_one_signal_lets_the_running_step_finish_and_saves_it(bench, number, said):
    """The step that runs ends in the state, nothing after it begins, and no lock, record or process is left."""
    run = bench.begin(*UP, until="begin create first")
    run.send_signal(number)
    text, _ = run.communicate(timeout=30)

    assert 1 == run.returncode, text
    assert said in text
    assert "error: update canceled" in text
    assert ["begin create first", "end create first"] == bench.log()
    assert {"first"} == set(bench.items())
    assert "first" in bench.resources()
    assert [] == pending(bench)
    assert [] == bench.locks()
    assert "failed" == bench.document("stack", "history", "--json")[0]["result"]
    assert until(lambda: not bench.processes())
    assert "+ 3 created" in bench.run(*UP).stdout


def test_a_second_signal_ends_at_once_and_leaves_the_truth_on_record(bench):
    """Nobody knows what became of the running create, so it stays pending; the lock goes."""
    run = bench.begin(*UP, until="begin create first")
    run.send_signal(signal.SIGINT)
    time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    text, _ = run.communicate(timeout=30)

    assert 8 == run.returncode, text
    assert "^C received; terminating" in text
    assert "error: update cancelled" in text
    assert "end create first" not in bench.log()
    assert [("creating", "first", False)] == pending(bench)
    assert [] == bench.locks()
    assert until(lambda: not bench.processes())


def test_a_signal_stops_a_destroy_between_two_deletes(bench):
    """What is gone is out of the state, what is not stays in it, and the next command finds a whole state."""
    bench.run(*UP)
    run = bench.begin("destroy", "--yes", "--skip-preview", "--parallel", "1", until="begin delete fourth")
    run.send_signal(signal.SIGTERM)
    text, _ = run.communicate(timeout=30)

    assert 1 == run.returncode, text
    assert "error: update canceled" in text
    assert {"first", "second", "third"} == set(bench.items())
    assert "fourth" not in bench.resources()
    assert [] == bench.locks()
    bench.run(*REFRESH, "--expect-no-changes")


def test_a_killed_engine_leaves_a_lock_and_a_pending_create(bench):
    """After kill -9 plugin, program and policy pack die with it; the state says what it was doing."""
    run = bench.begin(*UP, "--policy-pack", str(PACK), until="begin create first")
    assert 4 <= len(bench.processes())
    run.kill()
    run.communicate(timeout=30)

    assert until(lambda: not bench.processes())
    (lock,) = bench.locks()
    assert run.pid == json.loads(lock.read_text())["pid"]
    assert [("creating", "first", False)] == pending(bench)
    assert ["begin create first"] == bench.log()
    for command in (UP, REFRESH, ("destroy", "--yes", "--skip-preview")):
        assert "the stack is currently locked by 1 lock(s)" in bench.run(*command, code=1).stderr
    assert "has been canceled!" in bench.run("cancel", "--yes", "--stack", "dev").stdout
    assert [] == bench.locks()


def test_the_next_update_warns_and_goes_on_and_the_record_stays(killed):
    """An interrupted create may have worked: only a person can say, so the record outlives a good update."""
    assert "pending operations" not in killed.run("preview").stdout

    shown = killed.run(*UP).stdout

    assert f"  * {FIRST}, interrupted while creating\n" in shown
    assert "with 1 pending operations from previous deployment." in shown
    assert [("creating", "first", False)] == pending(killed)
    killed.run(*REFRESH)
    assert [("creating", "first", False)] == pending(killed)
    killed.run(*REFRESH, "--clear-pending-creates")
    assert [] == pending(killed)
    assert "pending operations" not in killed.run(*UP).stdout


def test_a_pending_create_is_not_adopted_by_saying_so(killed):
    """As with the Pulumi CLI the record turns to `importing` and is then dropped: the next update makes another."""
    missing = killed.run(*REFRESH, "--import-pending-creates", FIRST, code=1).stderr
    other = killed.run(*REFRESH, "--import-pending-creates", "urn:x", "--import-pending-creates", "item-1").stderr

    assert "each URN must be followed by an ID" in missing
    assert 'warning: "urn:x" did not correspond to a pending create' in other
    assert [("creating", "first", False)] == pending(killed)
    killed.run(*REFRESH, "--import-pending-creates", FIRST, "--import-pending-creates", "item-1")
    assert [] == pending(killed)
    assert "first" not in killed.resources()
    assert "+ 4 created" in killed.run(*UP).stdout


def test_clearing_and_skipping_at_once_is_refused_and_other_commands_know_neither(killed):
    """What settles pending creates belongs to refresh."""
    both = killed.run(*REFRESH, "--clear-pending-creates", "--skip-pending-creates", code=1).stderr

    assert "cannot set both --skip-pending-creates and --clear-pending-creates" in both
    assert "unknown flag: --clear-pending-creates" in killed.run(*UP, "--clear-pending-creates", code=1).stderr
    assert [("creating", "first", False)] == pending(killed)


def test_a_kill_in_an_update_is_on_record_until_the_next_write(bench_for):
    """What can be read again needs no person: the next run warns, updates again, and forgets."""
    bench = bench_for("drift")
    bench.run(*UP)
    bench.disturb(lambda items: [fields.update(size=9) for fields in items.values() if fields["name"] == "kept"])
    bench.run(*REFRESH)
    run = bench.begin(*UP, until="begin update kept")
    run.kill()
    run.communicate(timeout=30)

    assert [("updating", "kept", False)] == pending(bench)
    assert 9 == bench.items()["kept"]["size"]
    bench.run("cancel")
    assert "kept, interrupted while updating" in bench.run(*UP).stdout
    assert [] == pending(bench)
    assert 4 == bench.items()["kept"]["size"]


def test_cancel_removes_what_nobody_holds_and_never_fails_for_want_of_a_lock(bench):
    """Asking twice is harmless."""
    assert "has been canceled!" in bench.run("cancel").stdout
    assert "has been canceled!" in bench.run("cancel", "dev", "--yes").stdout
