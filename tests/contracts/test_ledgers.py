import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from builders import APPROVER, NOON, OPERATOR, a_provision, entered, history, provisioned, published, requested
from fakes import edited
from postgres_desk import FilePlace, ServerPlace, a_place, running

from migration.adapters import sql_ledger
from migration.adapters.sql_ledger import SqlLedger
from migration.events import IntentAbandoned, StageFailed
from migration.ledger import GENESIS, Anchor, LedgerBroken, LedgerUnavailable, verify
from migration.posture import Stage

PROJECT = Path(__file__).parents[2]
EVENTS = (
    published(),
    provisioned(),
    requested(Stage.ENROL, manifest=a_provision(), approved_by=APPROVER),
    StageFailed(intent=3, because="the engine did not finish — “503”"),
    entered(Stage.ENROL, intent=3),
)
WRITER = """
import sys
from datetime import UTC, datetime
from migration.adapters import sql_ledger
from migration.adapters.sql_ledger import SqlLedger
from migration.events import StageFailed

address, name, entries = sys.argv[1:]
ledger = SqlLedger(address)
for count in range(int(entries)):
    ledger.append(StageFailed(intent=count, because=name), actor="m.ito", at=datetime.now(UTC))
"""
SECRET = "hunter2"


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


@pytest.fixture
def ledger(place):
    """Open an empty ledger."""
    return place.open()


def fill(ledger, events=EVENTS):
    """Append *events*, one a minute."""
    return [
        ledger.append(event, actor=OPERATOR, at=NOON + timedelta(minutes=minute)) for minute, event in enumerate(events)
    ]


def told_by(error):
    """Return all that an error says, and all that lies behind it."""
    told = []
    while error is not None:
        told += [str(error), getattr(error, "context", ""), getattr(error, "hint", "")]
        error = error.__cause__
    return " ".join(told)


def test_a_new_ledger_is_empty(ledger):
    """Asking makes no entry."""
    assert [] == list(ledger.entries())


def test_facts_come_back_in_order_and_as_they_were(ledger):
    """With who, when, and the place in the chain."""
    fill(ledger)
    held = ledger.entries()

    assert list(EVENTS) == [entry.event for entry in held]
    assert [1, 2, 3, 4, 5] == [entry.number for entry in held]
    assert [GENESIS, *[entry.digest for entry in held[:-1]]] == [entry.previous for entry in held]
    assert {OPERATOR} == {entry.actor for entry in held}
    assert "2026-11-02T12:03:00+00:00" == held[3].at


def test_the_same_facts_make_the_same_chain_everywhere(ledger):
    """Where a ledger is kept is no part of what it says."""
    fill(ledger)

    assert [entry.digest for entry in history(*EVENTS)] == [entry.digest for entry in ledger.entries()]


def test_what_append_returns_is_what_is_kept(ledger):
    """The digest that the manifest carries away is the one that verification finds again."""
    returned = fill(ledger)

    assert [entry.digest for entry in returned] == [entry.digest for entry in ledger.entries()]
    anchor = Anchor("the manifest", returned[4].number, returned[4].digest)
    assert 0 == verify(ledger.entries(), [anchor]).not_anchored_count


def test_entries_after_the_last_anchor_are_not_anchored(ledger):
    """They are chained, and nothing outside vouches for them."""
    returned = fill(ledger)

    found = verify(ledger.entries(), [Anchor("the manifest", 3, returned[2].digest)])

    assert (3, 2, "not anchored") == (found.anchored_count, found.not_anchored_count, found.standing.value)


def test_what_was_returned_cannot_be_used_to_change_what_is_kept(ledger):
    """The ledger hands out copies."""
    fill(ledger)
    ledger.entries()[3].body["because"] = "all is well"

    assert EVENTS[3] == ledger.entries()[3].event


def test_a_flipped_byte_is_found(ledger):
    """In the body of any entry."""
    fill(ledger)
    for position in range(len(EVENTS)):
        held = list(ledger.entries())
        held[position] = edited(held[position], body={**held[position].body, "surprise": True})
        with pytest.raises(LedgerBroken, match=f"Entry {position + 1} is not what was sealed"):
            verify(held, [])


def test_a_removed_entry_is_found(ledger):
    """Anywhere but at the end the chain itself knows; at the end the anchor does."""
    last = fill(ledger)[-1]
    anchor = Anchor("the manifest", last.number, last.digest)
    for position in range(len(EVENTS)):
        held = list(ledger.entries())
        del held[position]
        with pytest.raises(LedgerBroken):
            verify(held, [anchor])


def test_a_rewritten_tail_is_found(ledger):
    """A second ledger with the same beginning and another end is a whole chain, and not the anchored one."""
    last = fill(ledger)[-1]
    other = history(*EVENTS[:4], IntentAbandoned(intent=3, because="it never happened"))
    assert len(EVENTS) == verify(other, []).entry_count

    with pytest.raises(LedgerBroken, match="Entry 5 is not the one that the manifest vouches for"):
        verify(other, [Anchor("the manifest", last.number, last.digest)])


def test_writers_at_once_lose_nothing(place):
    """Each entry that was accepted is kept, once, in one unbroken chain; each writer's in its own order."""
    writers, own = 4, list(range(8))
    ledgers = [place.open() for _ in range(writers)]
    start = Barrier(writers)

    def write(writer):
        start.wait()
        for count in own:
            event = StageFailed(intent=count, because=f"writer {writer}")
            ledgers[writer].append(event, actor=OPERATOR, at=NOON)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))

    held = place.open().entries()
    assert writers * len(own) == verify(held, []).entry_count
    assert [own] * writers == [
        [entry.event.intent for entry in held if entry.event.because == f"writer {writer}"] for writer in range(writers)
    ]


def test_writers_stand_in_line(database, monkeypatch):
    """The line alone is enough: nobody finds the place taken that was free a moment ago."""
    monkeypatch.setattr(sql_ledger, "_ATTEMPTS", 1)
    writers = [database.open() for _ in range(4)]
    writers[0].entries()

    with ThreadPoolExecutor(len(writers)) as pool:
        for _ in range(10):
            list(pool.map(lambda writer: writer.append(EVENTS[3], actor=OPERATOR, at=NOON), writers))

    assert 40 == verify(database.open().entries(), []).entry_count


def test_programs_that_write_at_once_lose_nothing(database):
    """Three of them, from the very first entry on: whoever comes second finds the table and goes on."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, database.address, name, "20"], env=environment)
        for name in ("one", "two", "three")
    ]

    assert [0, 0, 0] == [writer.wait() for writer in writers]
    held = database.open().entries()
    assert 60 == verify(held, []).entry_count
    assert {"one": 20, "two": 20, "three": 20} == {
        name: [entry.event.because for entry in held].count(name) for name in ("one", "two", "three")
    }


@pytest.mark.parametrize("kind", ["sqlite"] * 5 + ["postgresql"] * 3)
def test_a_new_database_is_opened_by_two_writers_at_once(request, kind):
    """Both look, both see nothing, and one table is made."""
    database = a_place(kind, request)
    ledgers = [database.open() for _ in range(2)]
    start = Barrier(2)

    def open_it(ledger):
        start.wait()
        return ledger.append(EVENTS[3], actor=OPERATOR, at=NOON)

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(open_it, ledgers))
    assert {1, 2} == {entry.number for entry in found}


def test_a_database_is_read_again_by_the_next_program(database):
    """What was decided outlives the process that recorded it."""
    fill(database.open())

    assert list(EVENTS) == [entry.event for entry in database.open().entries()]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE entries SET body = replace(body, '503', '200') WHERE number = 4", "Entry 4 is not what was sealed"),
        ("UPDATE entries SET actor = 'r.lee' WHERE number = 1", "Entry 1 is not what was sealed"),
        ("UPDATE entries SET at = '2026-11-02T12:00:01+00:00' WHERE number = 5", "Entry 5 is not what was sealed"),
        ("UPDATE entries SET number = 9 WHERE number = 3", "Entry 4 does not follow entry 2"),
        ("DELETE FROM entries WHERE number = 2", "Entry 3 does not follow entry 1"),
        ("DELETE FROM entries WHERE number = 1", "Entry 2 does not follow entry 0"),
        ("DELETE FROM entries WHERE number = 5", "Entry 5 is not the one that the manifest vouches for"),
        ("UPDATE entries SET body = '{' WHERE number = 2", "Entry 2 is not readable"),
        ("UPDATE entries SET body = '[]' WHERE number = 2", "Entry 2 is not readable"),
        ("UPDATE entries SET body = replace(body, ': ', ':') WHERE number = 2", "Entry 2 is not readable"),
        ("UPDATE entries SET body = '" + "[" * 9999 + "' WHERE number = 2", "Entry 2 is not readable"),
    ],
)
def test_whoever_edits_the_database_is_found(database, statement, found):
    """With any tool, behind our back; the entry is named, however little of it can be read."""
    last = fill(database.open())[-1]
    database.execute(statement)

    with pytest.raises(LedgerBroken, match=found):
        verify(database.open().entries(), [Anchor("the manifest", last.number, last.digest)])


@pytest.mark.parametrize("value", ["x'FF'", "cast(x'6DFF' as text)", "cast(kind as blob)", "NULL", "7"])
@pytest.mark.parametrize("column", ["body", "actor", "kind"])
def test_a_file_may_hold_what_is_no_text(tmp_path, column, value):
    """SQLite keeps anything in any column, if somebody with a tool insists."""
    database = FilePlace(tmp_path / "ledger.db")
    fill(database.open())
    database.execute("CREATE TABLE loose AS SELECT * FROM entries")
    database.execute(f"UPDATE loose SET {column} = {value} WHERE number = 2")  # noqa: S608 - edited with a tool
    database.execute("DROP TABLE entries")
    database.execute("ALTER TABLE loose RENAME TO entries")

    with pytest.raises(LedgerBroken, match=r"Entry 2 is not (readable|what was sealed)"):
        verify(database.open().entries(), [])


def test_an_append_reads_the_last_entry_alone(database):
    """However long the ledger is: whether the others are whole is for verification to say."""
    fill(database.open())
    database.execute("UPDATE entries SET body = '{' WHERE number = 4")

    assert 6 == database.open().append(EVENTS[3], actor=OPERATOR, at=NOON).number


def test_nothing_is_sealed_behind_an_entry_that_is_not_readable(database):
    """A broken ledger does not grow."""
    fill(database.open())
    database.execute("UPDATE entries SET body = '{' WHERE number = 5")

    with pytest.raises(LedgerBroken, match="Entry 5 is not readable"):
        database.open().append(EVENTS[3], actor=OPERATOR, at=NOON)
    database.execute("DELETE FROM entries WHERE number = 5")
    assert 4 == len(database.open().entries())


def test_a_writer_who_never_gets_a_place_gives_up(database, monkeypatch):
    """After a few attempts it says so; nothing was recorded, and trying again is safe."""
    ledger = database.open()
    fill(ledger)
    monkeypatch.setattr(ledger, "_last", lambda _: None)

    with pytest.raises(LedgerUnavailable, match="Other writers kept taking the next place"):
        ledger.append(EVENTS[0], actor=OPERATOR, at=NOON)
    assert len(EVENTS) == len(database.open().entries())


def test_whoever_may_only_read_and_add_can_keep_a_ledger(server):
    """The database itself can refuse to change what was recorded: no other right is ever asked for."""
    database = ServerPlace(server)
    fill(database.open())
    database.execute(
        f"CREATE ROLE {database.name} LOGIN PASSWORD 'clerk'; GRANT SELECT, INSERT ON entries TO {database.name}"
    )
    clerk = SqlLedger(server.address(database.name, user=database.name, password="clerk"))

    with clerk.turn(OPERATOR, NOON):
        clerk.append(EVENTS[3], actor=OPERATOR, at=NOON)
    assert 6 == verify(clerk.entries(), []).entry_count


def test_a_file_that_is_no_database_is_refused_in_our_words(tmp_path):
    """With the address, and no trace of the driver's."""
    path = tmp_path / "ledger.db"
    path.write_text("this is a letter, and not a short one, to nobody in particular" * 50, encoding="utf-8")

    for use in (SqlLedger(f"sqlite:///{path}").entries, lambda: fill(SqlLedger(f"sqlite:///{path}"))):
        with pytest.raises(LedgerUnavailable) as caught:
            use()
        assert ("ledger-unavailable", 3) == (caught.value.code, caught.value.exit_code)
        assert str(path) in caught.value.context


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql+psycopg://offramp:{SECRET}@localhost:1/ledger",
        f"postgresql+psycopg://offramp@localhost:1/ledger?password={SECRET}",
        f"postgresql+psycopg://offramp:{SECRET}@localhost:port/ledger",
        f"postgresql+psycopg://offramp@localhost:{SECRET}/ledger",
        f"postgresql+asyncpg://offramp:{SECRET}@localhost:1/ledger",
        f"mysql://offramp:{SECRET}@localhost/ledger",
        f"offramp:{SECRET}@localhost",
    ],
)
def test_a_server_that_cannot_be_reached_is_named_without_its_password(address):
    """Neither in what is said nor in what lies behind it; an address that cannot be read is not shown at all."""
    with pytest.raises(LedgerUnavailable) as caught:
        SqlLedger(address).entries()

    assert ("ledger-unavailable", 3) == (caught.value.code, caught.value.exit_code)
    assert SECRET not in told_by(caught.value)
    assert caught.value.context in {
        "postgresql+psycopg://offramp:***@localhost:1/ledger",
        "postgresql+psycopg://offramp@localhost:1/ledger",
        "ledger in offramp.toml",
    }


def test_a_server_that_refuses_the_password_is_named_without_it(server):
    """To read, to write, and to take a turn."""
    address = server.address("postgres", password=SECRET)

    def take_a_turn():
        with SqlLedger(address).turn(OPERATOR, NOON):
            pass

    for use in (SqlLedger(address).entries, lambda: fill(SqlLedger(address)), take_a_turn):
        with pytest.raises(LedgerUnavailable, match="OperationalError") as caught:
            use()
        assert SECRET not in told_by(caught.value)
        assert "/postgres" in caught.value.context
