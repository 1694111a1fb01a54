import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from builders import APPROVER, NOON, OPERATOR, a_provision, entered, provisioned, published, requested
from fakes import MemoryLedger, edited
from sqlalchemy.exc import OperationalError

from migration.adapters.sql_ledger import SqlLedger
from migration.events import IntentAbandoned, StageFailed
from migration.ledger import GENESIS, Anchor, LedgerBroken, LedgerUnavailable, verify
from migration.posture import Stage

EVENTS = (
    published(),
    provisioned(),
    requested(Stage.ENROL, manifest=a_provision(), approved_by=APPROVER),
    StageFailed(intent=3, because="the engine did not finish — “503”"),
    entered(Stage.ENROL, intent=3),
)


@pytest.fixture
def address(tmp_path):
    """Name a database that is not there yet, in a folder that is not there yet."""
    return f"sqlite:///{tmp_path / 'var' / 'ledger.db'}"


@pytest.fixture(params=["memory", "sql"])
def ledger(request, address):
    """Open an empty ledger of either kind."""
    return MemoryLedger() if request.param == "memory" else SqlLedger(address)


def fill(ledger, events=EVENTS):
    """Append *events*, one a minute."""
    return [
        ledger.append(event, actor=OPERATOR, at=NOON + timedelta(minutes=minute)) for minute, event in enumerate(events)
    ]


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


def test_a_rewritten_tail_is_found(ledger, tmp_path):
    """A second ledger with the same beginning and another end is a whole chain, and not the anchored one."""
    last = fill(ledger)[-1]
    other = SqlLedger(f"sqlite:///{tmp_path / 'other.db'}")
    fill(other, (*EVENTS[:4], IntentAbandoned(intent=3, because="it never happened")))
    assert len(EVENTS) == verify(other.entries(), []).entry_count

    with pytest.raises(LedgerBroken, match="Entry 5 is not the one that the manifest vouches for"):
        verify(other.entries(), [Anchor("the manifest", last.number, last.digest)])


def test_two_writers_at_once_lose_nothing(ledger, address):
    """Each entry that was accepted is kept, once, in one unbroken chain."""
    ledgers = [ledger, SqlLedger(address) if isinstance(ledger, SqlLedger) else ledger]
    start = Barrier(len(ledgers))

    def write(writer):
        start.wait()
        for count in range(8):
            event = StageFailed(intent=count, because=f"writer {writer}")
            ledgers[writer].append(event, actor=OPERATOR, at=NOON)

    with ThreadPoolExecutor() as pool:
        list(pool.map(write, range(len(ledgers))))

    held = ledger.entries()
    assert 16 == verify(held, []).entry_count
    for writer in range(len(ledgers)):
        own = [entry.event.intent for entry in held if entry.event.because == f"writer {writer}"]
        assert list(range(8)) == own


def test_a_new_database_is_opened_by_two_writers_at_once(tmp_path):
    """The very first entry is no exception: whoever comes second finds the table and goes on."""
    for attempt in range(10):
        ledgers = [SqlLedger(f"sqlite:///{tmp_path / str(attempt)}.db") for _ in range(2)]
        start = Barrier(2)

        def open_it(ledger, start=start):
            start.wait()
            return ledger.append(EVENTS[3], actor=OPERATOR, at=NOON)

        with ThreadPoolExecutor() as pool:
            found = list(pool.map(open_it, ledgers))
        assert {1, 2} == {entry.number for entry in found}


def test_a_database_is_read_again_by_the_next_program(address):
    """What was decided outlives the process that recorded it."""
    fill(SqlLedger(address))

    assert list(EVENTS) == [entry.event for entry in SqlLedger(address).entries()]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE entries SET body = replace(body, '503', '200') WHERE number = 4", "Entry 4 is not what was sealed"),
        ("UPDATE entries SET actor = 'r.lee' WHERE number = 1", "Entry 1 is not what was sealed"),
        ("UPDATE entries SET at = '2026-11-02T12:00:01+00:00' WHERE number = 5", "Entry 5 is not what was sealed"),
        ("DELETE FROM entries WHERE number = 2", "Entry 3 does not follow entry 1"),
        ("DELETE FROM entries WHERE number = 1", "Entry 2 does not follow entry 0"),
        ("DELETE FROM entries WHERE number = 5", "Entry 5 is not the one that the manifest vouches for"),
        ("UPDATE entries SET body = '{' WHERE number = 2", "not readable"),
        ("UPDATE entries SET body = x'FF' WHERE number = 2", "not readable"),
    ],
)
def test_whoever_edits_the_database_is_found(address, statement, found):
    """With any tool, behind our back."""
    last = fill(SqlLedger(address))[-1]
    with sqlite3.connect(address.removeprefix("sqlite:///")) as database:
        database.execute(statement)
    database.close()

    with pytest.raises(LedgerBroken, match=found):
        verify(SqlLedger(address).entries(), [Anchor("the manifest", last.number, last.digest)])


def test_a_file_that_is_no_database_is_refused_in_our_words(tmp_path):
    """With the address, and no trace of the driver's."""
    path = tmp_path / "ledger.db"
    path.write_text("this is a letter, and not a short one, to nobody in particular" * 50, encoding="utf-8")

    for use in (SqlLedger(f"sqlite:///{path}").entries, lambda: fill(SqlLedger(f"sqlite:///{path}"))):
        with pytest.raises(LedgerUnavailable) as caught:
            use()
        assert ("ledger-unavailable", 3) == (caught.value.code, caught.value.exit_code)
        assert str(path) in caught.value.context


def test_the_password_of_a_database_is_never_shown(address):
    """An address is context; what opens it is not."""
    ledger = SqlLedger(address)
    ledger._url = ledger._url.set(host="db.example.com", username="offramp", password="hunter2")

    shown = ledger._unavailable(OperationalError("SELECT 1", {}, Exception("refused"))).context

    assert "offramp:***@db.example.com" in shown
    assert "hunter2" not in shown


def test_a_writer_who_never_gets_a_turn_gives_up(address, monkeypatch):
    """After a few attempts it says so; nothing was recorded, and trying again is safe."""
    ledger = SqlLedger(address)
    fill(ledger)
    monkeypatch.setattr(ledger, "entries", list)

    with pytest.raises(LedgerUnavailable, match="Other writers kept taking the next place"):
        ledger.append(EVENTS[0], actor=OPERATOR, at=NOON)
    assert len(EVENTS) == len(SqlLedger(address).entries())
