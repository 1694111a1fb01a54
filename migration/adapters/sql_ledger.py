"""Without this file decisions would be forgotten: the ledger in a database, one row an entry, append-only."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from migration.adapters.ledger_turn import ADVISORY_WRITE, AdvisoryLock, FileLock, Lock, Turn
from migration.events import Event
from migration.ledger import Entry, LedgerBroken, LedgerUnavailable, seal

_METADATA = sa.MetaData()
_ENTRIES = sa.Table(
    "entries",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
)
_TYPES = [int, str, str, str, str, str, str]
_FILE, _SERVER = "sqlite", "postgresql"
_PATIENCE_SECONDS = 30  # how long one writer waits while another writes its one entry
_ANSWER_SECONDS = 10  # how long a server may take to answer a call for a connection
_ATTEMPTS = 3  # who waited in line finds the next place free; somebody may have written without waiting


class SqlLedger:
    """The ledger in a database: a file of SQLite's by default, or a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        """
        Prepare the ledger behind *url*; nothing is read yet.

        Raises:
            LedgerUnavailable: It is no address of a database, or nothing here speaks to such a one.
        """
        try:
            self._url = sa.make_url(url)
        except (SQLAlchemyError, ValueError) as error:
            # The address may hold a password, and one that cannot be read cannot be masked: no trace of it.
            raise _unusable(type(error).__name__) from None
        backend = self._url.get_backend_name()
        if backend not in {_FILE, _SERVER}:
            raise _unusable(f"{backend} is not a kind of database that a ledger can be in")
        self._is_file = backend == _FILE
        name = self._url.database
        path = Path(name).absolute() if self._is_file and name and name != ":memory:" else None
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = self._made()
        except (SQLAlchemyError, ImportError, OSError) as error:
            raise _unusable(type(error).__name__) from error
        lock: Lock | None = None if self._is_file else AdvisoryLock(self._engine, self._where())
        if path is not None:
            lock = FileLock(path.with_name(f"{path.name}.turn"))
        self._turn = Turn(lock, self._where())
        self._ready = False

    def entries(self) -> Sequence[Entry]:
        """
        Return every entry, oldest first.

        Raises:
            LedgerBroken: A row is not byte for byte as it was written; which.
            LedgerUnavailable: The database does not answer.
        """
        with self._translated(), self._connected() as connection:
            rows = connection.execute(sa.select(_ENTRIES).order_by(_ENTRIES.c.number)).all()
        return [self._entry(row, position) for position, row in enumerate(rows, start=1)]

    def append(self, event: Event, *, actor: str, at: datetime) -> Entry:
        """
        Seal *event* behind the last entry; writers stand in line, and nothing but the last entry is read.

        Raises:
            LedgerBroken: The last entry is not readable.
            LedgerUnavailable: The database does not answer, others kept writing, or the turn was lost.
        """
        self._turn.require()
        with self._translated():
            for _ in range(_ATTEMPTS):
                try:
                    with self._connected() as connection:
                        self._stand_in_line(connection)
                        entry = seal(event, after=self._last(connection), actor=actor, at=at)
                        connection.execute(sa.insert(_ENTRIES).values(**_columns(entry)))
                        connection.commit()
                except IntegrityError:
                    continue  # somebody who did not stand in line took that number first
                return entry
        raise LedgerUnavailable(
            "Other writers kept taking the next place in the ledger", context=self._where(), hint="try again"
        )

    def turn(self, actor: str, at: datetime) -> AbstractContextManager[None]:
        """
        Let nobody else take a turn until the context ends, on any machine; whoever has it may take it again inside.

        Raises:
            TurnTaken: Somebody else has it; who, and since when.
            LedgerUnavailable: The database, or the file beside it, cannot be reached.
        """
        return self._turn.taken(actor, at)

    def _made(self) -> sa.Engine:
        if self._is_file:
            # Without the driver's own transactions a writer can ask for its place before it looks.
            manners = {"timeout": _PATIENCE_SECONDS, "isolation_level": None}
            engine = sa.create_engine(self._url, connect_args=manners)
            sa.event.listen(engine, "connect", _read_leniently)
            return engine
        waits = {} if "connect_timeout" in self._url.query else {"connect_timeout": _ANSWER_SECONDS}
        # Each statement sees what was committed before it: who waited in line reads the entry it waited for.
        return sa.create_engine(self._url, connect_args=waits, isolation_level="READ COMMITTED", pool_pre_ping=True)

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            if not self._ready:
                self._make_table(connection)
                self._ready = True
            yield connection

    def _make_table(self, connection: sa.Connection) -> None:
        # Who may only read and append may not create, not even what is there: so look first. And two who both see
        # nothing would both create: so look again, in line.
        if not sa.inspect(connection).has_table(_ENTRIES.name):
            connection.rollback()
            self._stand_in_line(connection)
            connection.execute(CreateTable(_ENTRIES, if_not_exists=True))
        connection.commit()

    def _stand_in_line(self, connection: sa.Connection) -> None:
        """Wait until no other writer is between its look at the last entry and its commit."""
        if self._is_file:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE_SECONDS}s'")
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_WRITE)))

    def _last(self, connection: sa.Connection) -> Entry | None:
        row = connection.execute(sa.select(_ENTRIES).order_by(_ENTRIES.c.number.desc()).limit(1)).first()
        return None if row is None else self._entry(row, row.number)

    def _entry(self, row: sa.Row[Any], position: int) -> Entry:
        try:
            entry = Entry(row.number, row.at, row.actor, row.kind, _object(row.body), row.previous, row.digest)
            # Values of another type, half a character, or the same body in another spelling: not what was written.
            is_as_written = [type(value) for value in row] == _TYPES and _columns(entry)["body"] == row.body
            "".join(map(str, row)).encode()
        except (ValueError, TypeError, RecursionError) as error:
            raise self._broken(position) from error
        if not is_as_written:
            raise self._broken(position)
        return entry

    def _where(self) -> str:
        # Of its options only the place: others can hold secrets too, and nothing masks those.
        place = {name: value for name, value in self._url.query.items() if name in {"host", "port"}}
        return self._url.set(query=place).render_as_string(hide_password=True)

    def _broken(self, position: int) -> LedgerBroken:
        return LedgerBroken(
            f"Entry {position} is not readable as it was written",
            context=self._where(),
            hint="stop; compare with a backup before anything is written",
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: SQLAlchemyError) -> LedgerUnavailable:
        return LedgerUnavailable(
            f"The ledger cannot be used: {type(error).__name__}",
            context=self._where(),
            hint="check the address in offramp.toml, that the server answers, and that nobody else holds the file",
        )


def _unusable(because: str) -> LedgerUnavailable:
    return LedgerUnavailable(
        f"The ledger's address cannot be used: {because}",
        context="ledger in offramp.toml",
        hint="write it as sqlite:///var/ledger.db, or as postgresql+psycopg://HOST/NAME after pip install "
        "'offramp[postgresql]'",
    )


def _columns(entry: Entry) -> dict[str, Any]:
    body = json.dumps(entry.body, sort_keys=True, ensure_ascii=False)
    return {**{column.name: getattr(entry, column.name) for column in _ENTRIES.columns}, "body": body}


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("a body is a JSON object")
    return found


def _read_leniently(connection: sqlite3.Connection, _record: object) -> None:
    # A text that is no UTF-8 any more must reach `_entry`, which says where it stands.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
