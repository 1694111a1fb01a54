"""Without this file decisions would be forgotten: the ledger in a database, one row an entry, append-only."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

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
_ATTEMPTS = 5


class SqlLedger:
    """The ledger in any database that SQLAlchemy speaks to; SQLite by default."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        if self._url.get_backend_name() == "sqlite" and self._url.database:
            Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(self._url)
        self._ready = False

    def entries(self) -> Sequence[Entry]:
        """
        Return every entry, oldest first.

        Raises:
            LedgerBroken: A body is not JSON any more.
            LedgerUnavailable: The database does not answer.
        """
        try:
            with self._connected() as connection:
                rows = connection.execute(sa.select(_ENTRIES).order_by(_ENTRIES.c.number)).all()
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error
        try:
            return [
                Entry(row.number, row.at, row.actor, row.kind, json.loads(row.body), row.previous, row.digest)
                for row in rows
            ]
        except (ValueError, TypeError) as error:
            raise LedgerBroken(
                "An entry of the ledger is not readable",
                context=self._where(),
                hint="stop; compare with a backup before anything is written",
            ) from error

    def append(self, event: Event, *, actor: str, at: datetime) -> Entry:
        """
        Seal *event* behind the last entry; two writers at once take turns.

        Raises:
            LedgerUnavailable: The database does not answer, or others kept writing.
        """
        try:
            for _ in range(_ATTEMPTS):
                held = self.entries()
                entry = seal(event, after=held[-1] if held else None, actor=actor, at=at)
                try:
                    with self._engine.begin() as connection:
                        connection.execute(
                            sa.insert(_ENTRIES).values(
                                number=entry.number,
                                at=entry.at,
                                actor=entry.actor,
                                kind=entry.kind,
                                body=json.dumps(entry.body, sort_keys=True, ensure_ascii=False),
                                previous=entry.previous,
                                digest=entry.digest,
                            )
                        )
                except IntegrityError:
                    continue  # somebody else sealed that number first
                return entry
        except SQLAlchemyError as error:
            raise self._unavailable(error) from error
        raise LedgerUnavailable(
            "Other writers kept taking the next place in the ledger",
            context=self._where(),
            hint="try again",
        )

    def _connected(self) -> sa.Connection:
        if not self._ready:
            with self._engine.begin() as connection:
                # Not create_all: it looks first, and two writers who both see nothing would both create.
                connection.execute(CreateTable(_ENTRIES, if_not_exists=True))
            self._ready = True
        return self._engine.connect()

    def _where(self) -> str:
        return self._url.render_as_string(hide_password=True)

    def _unavailable(self, error: SQLAlchemyError) -> LedgerUnavailable:
        return LedgerUnavailable(
            f"The ledger cannot be used: {type(error).__name__}",
            context=self._where(),
            hint="check the address in offramp.toml, and that nobody else holds the file",
        )
