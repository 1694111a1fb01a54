import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest
from builders import NOON, OPERATOR
from postgres_desk import MemoryPlace, ServerPlace, a_place, running

from migration.adapters import ledger_turn
from migration.events import StageFailed
from migration.ledger import LedgerUnavailable, TurnTaken, verify

PROJECT = Path(__file__).parents[2]
OTHER = "r.lee"
EVENT = StageFailed(intent=1, because="late")
# Takes the turn, says so, leaves a child behind that outlives it, and waits to be killed.
HOLDER = """
import os, subprocess, sys, time
from datetime import UTC, datetime
from migration.adapters.sql_ledger import SqlLedger

address, child = sys.argv[1:]
ledger = SqlLedger(address)
with ledger.turn("r.lee", datetime(2026, 11, 2, 12, tzinfo=UTC)):
    if child == "program":
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False).pid
    else:
        left = os.fork()
        if not left:
            time.sleep(600)
    print(left, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def server():
    """Start one server for all that ask for it."""
    with running() as started:
        yield started


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request):
    """Name an empty place for a ledger, of each kind."""
    return a_place(request.param, request)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """Name an empty database, of each kind."""
    return a_place(request.param, request)


def tried(ledger, actor=OPERATOR):
    """Try to take the turn in a thread of its own; return who stood in the way."""
    found = []

    def take():
        try:
            with ledger.turn(actor, NOON):
                found.append(None)
        except TurnTaken as taken:
            found.append(taken)

    thread = Thread(target=take)
    thread.start()
    thread.join()
    return found[0]


def is_free(place):
    """Say whether another program gets the turn."""
    return tried(place.open()) is None


def test_one_works_and_the_others_are_told_who_and_since_when(place):
    """Refused, nothing was begun, and the same command is right a little later."""
    with place.open().turn(OTHER, NOON):
        taken = tried(place.open())

    assert ("turn-taken", 1) == (taken.code, taken.exit_code)
    assert re.fullmatch(r"r\.lee is at work since 2026-11-02T12:00(:00)?\+00:00", taken.message)
    assert "wait for it, then this command again" == taken.hint


def test_whoever_is_told_can_find_the_process(database):
    """By its number and its machine: it may have to be ended."""
    with database.open().turn(OTHER, NOON):
        assert f"process {os.getpid()}" in tried(database.open()).context


def test_a_turn_ends_with_its_work(place):
    """Then the next one has it."""
    with place.open().turn(OTHER, NOON):
        assert not is_free(place)
    assert is_free(place)


def test_a_turn_ends_with_work_that_failed(place):
    """An error is no reason to keep everybody out."""
    with pytest.raises(ZeroDivisionError), place.open().turn(OTHER, NOON):
        raise ZeroDivisionError

    assert is_free(place)


def test_whoever_has_the_turn_may_take_it_again(place):
    """A command that is made of commands asks once for each; only the outermost ends the turn."""
    ledger = place.open()
    with ledger.turn(OTHER, NOON):
        with ledger.turn(OTHER, NOON):
            assert not is_free(place)
        assert not is_free(place)
    assert is_free(place)


def test_another_thread_has_no_part_in_the_turn(place):
    """It is whoever took it that may take it again, not whoever shares the ledger with them."""
    ledger = place.open()
    with ledger.turn(OTHER, NOON):
        assert OTHER in tried(ledger).message
    assert tried(ledger) is None


def test_a_turn_keeps_nobody_from_reading_or_recording(place):
    """A refusal must be recorded while somebody works; it is acting that takes turns."""
    ledger, other = place.open(), place.open()
    with ledger.turn(OTHER, NOON):
        other.append(EVENT, actor=OPERATOR, at=NOON)
        ledger.append(EVENT, actor=OTHER, at=NOON)

    assert 2 == verify(other.entries(), []).entry_count


@pytest.mark.parametrize("name", ["Ünal Ö.", "m i t o", "x" * 90, ""])
def test_any_name_can_take_a_turn(database, name):
    """However it is written, the next one is refused and told where to look."""
    with database.open().turn(name, NOON):
        taken = tried(database.open())

    assert "is at work since 2026-11-02T12:00" in taken.message
    assert f"process {os.getpid()}" in taken.context


@pytest.mark.parametrize("child", ["program", "fork"])
def test_the_turn_of_a_dead_process_vanishes(database, child):
    """Killed, not ended: nothing was cleaned up, and a child that outlives it does not keep its turn."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", HOLDER, database.address, child]
    with ExitStack() as ended, subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as holder:
        left = int(holder.stdout.readline())
        ended.callback(os.kill, left, signal.SIGKILL)
        assert f"process {holder.pid}" in tried(database.open()).context
        holder.kill()
        holder.wait()
        while isinstance(database, ServerPlace) and sessions(database):
            continue  # the server hears of it a moment later

        assert is_free(database)
        os.kill(left, 0)


def test_a_child_of_ours_has_no_part_in_the_turn(database):
    """It was forked while we had it: it is refused like anybody, and when it ends we have it still."""
    ledger = database.open()
    with ledger.turn(OTHER, NOON):
        child = os.fork()
        if not child:
            os._exit(0 if not is_free(database) and "process" in tried(database.open()).context else 1)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        ledger.append(EVENT, actor=OTHER, at=NOON)
        assert not is_free(database)


def test_nothing_is_recorded_by_whoever_lost_the_turn(database):
    """The lock is gone, and somebody else may be at work by now: stop, and begin again."""
    ledger = database.open()
    with ledger.turn(OTHER, NOON):
        ledger.append(EVENT, actor=OTHER, at=NOON)
        if isinstance(database, ServerPlace):
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%r.lee%'"
            )
        else:
            database.path.with_name("ledger.db.turn").unlink()
        with pytest.raises(LedgerUnavailable, match="The turn at the ledger was lost"):
            ledger.append(EVENT, actor=OTHER, at=NOON)

    assert 1 == len(database.open().entries())
    assert is_free(database)


def test_the_lock_decides_and_not_the_text_beside_it(request):
    """What a dead process left written keeps nobody out, and what somebody scribbled there says nothing."""
    place = a_place("sqlite", request)
    place.open()
    text = place.path.with_name("ledger.db.turn")
    text.write_text('{"actor": "r.lee", "pid": 1, "host": "elsewhere", "since": "2026"}')
    assert is_free(place)
    with place.open().turn(OTHER, NOON):
        text.write_text("[]")
        taken = tried(place.open())

    assert ("Somebody is at work", str(text)) == (taken.message, taken.context)


def test_a_file_that_was_removed_and_made_anew_cannot_be_locked_twice(request, monkeypatch):
    """Somebody tidied up between our look and our lock: the lock that counts is on the file that others find."""
    place = a_place("sqlite", request)
    lock, text = ledger_turn.fcntl.flock, place.path.with_name("ledger.db.turn")

    def tidied_up(file, how):
        monkeypatch.undo()
        text.unlink()
        lock(file, how)

    monkeypatch.setattr(ledger_turn.fcntl, "flock", tidied_up)
    with place.open().turn(OTHER, NOON):
        assert not is_free(place)


def test_a_turn_that_cannot_be_written_down_is_not_taken(request):
    """No file, no lock: then nobody works at all."""
    place = a_place("sqlite", request)
    ledger = place.open()
    place.path.with_name("ledger.db.turn").mkdir()

    with pytest.raises(LedgerUnavailable, match="The turn at the ledger cannot be taken"), ledger.turn(OTHER, NOON):
        pass


def test_a_session_in_turn_is_not_ended_for_being_quiet(server):
    """Whatever the server's rules say; and no transaction stays open while the work lasts."""
    place = ServerPlace(server)
    server.execute(f"ALTER DATABASE {place.name} SET idle_session_timeout = '50ms'")
    server.execute(f"ALTER DATABASE {place.name} SET idle_in_transaction_session_timeout = '50ms'")
    with place.open().turn(OTHER, NOON):
        server.execute("SELECT pg_sleep(0.2)")
        assert ["idle"] == sessions(place)
        assert not is_free(place)


def test_the_fake_can_be_taken_by_somebody_elsewhere():
    """So that a use case can be refused without a second thread."""
    ledger = MemoryPlace().open()
    with ledger.turn(OTHER, NOON, thread=0), pytest.raises(TurnTaken, match=OTHER), ledger.turn(OPERATOR, NOON):
        pass


def sessions(place):
    """Return the state of every session that has a turn or asks for one."""
    statement = "SELECT state, datname FROM pg_stat_activity WHERE application_name LIKE 'offramp %'"
    return [state for state, name in place.server.execute(statement) if name == place.name]
