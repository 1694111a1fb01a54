"""Without this file decisions would be forgotten: the ledger in a database, one row an entry, append-only."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

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
_ATTEMPTS = 20
_PATIENCE_SECONDS = 30  # SQLite alone: how long one writer waits while another holds the file
_UNDECODABLE = "Could not decode"  # how SQLite's driver says that a text is no UTF-8: a flipped bit, not an outage


class SqlLedger:
    """The ledger in any database that SQLAlchemy speaks to; SQLite by default."""

    def __init__(self, url: str) -> None:
        """
        Prepare the ledger behind *url*; nothing is read yet.

        Raises:
            LedgerUnavailable: It is no address of a database, or nothing here speaks to such a one.
        """
        try:
            self._url = sa.make_url(url)
            is_sqlite = self._url.get_backend_name() == "sqlite"
            if is_sqlite and self._url.database:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            patience = {"timeout": _PATIENCE_SECONDS} if is_sqlite else {}
            self._engine = sa.create_engine(self._url, connect_args=patience)
        except (SQLAlchemyError, ImportError, OSError) as error:
            # The address itself may hold a password, and one that cannot be read cannot be masked.
            raise LedgerUnavailable(
                f"The ledger's address cannot be used: {type(error).__name__}",
                context="ledger in offramp.toml",
                hint="write it as sqlite:///var/ledger.db; another database needs its driver installed",
            ) from error
        self._ready = False

    def entries(self) -> Sequence[Entry]:
        """
        Return every entry, oldest first.

        Raises:
            LedgerBroken: A body is not text, or not a JSON object, any more.
            LedgerUnavailable: The database does not answer.
        """
        try:
            with self._connected() as connection:
                rows = connection.execute(sa.select(_ENTRIES).order_by(_ENTRIES.c.number)).all()
        except SQLAlchemyError as error:
            if _UNDECODABLE in str(getattr(error, "orig", "")):
                raise self._broken() from error
            raise self._unavailable(error) from error
        try:
            return [
                Entry(row.number, row.at, row.actor, row.kind, _object(row.body), row.previous, row.digest)
                for row in rows
            ]
        except (ValueError, TypeError) as error:
            raise self._broken() from error

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

    def _broken(self) -> LedgerBroken:
        return LedgerBroken(
            "An entry of the ledger is not readable",
            context=self._where(),
            hint="stop; compare with a backup before anything is written",
        )

    def _unavailable(self, error: SQLAlchemyError) -> LedgerUnavailable:
        return LedgerUnavailable(
            f"The ledger cannot be used: {type(error).__name__}",
            context=self._where(),
            hint="check the address in offramp.toml, and that nobody else holds the file",
        )


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("a body is a JSON object")
    return found
