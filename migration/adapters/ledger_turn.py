"""Without this file two operators could act at once: the turn at the ledger, a lock that dies with its holder."""

import fcntl
import json
import os
import socket
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from migration.ledger import LedgerUnavailable, TurnTaken

ADVISORY_TURN = 0x0FF_0001  # one number a database, as PostgreSQL wants it; the ledger's own writes use the next
ADVISORY_WRITE = 0x0FF_0002
_LONGEST_NAME = 63  # bytes of an application name; PostgreSQL cuts what is longer
# A machine that vanished cannot say so: after a minute without a sign the server lets its turn go. And no rule of
# the server's about quiet sessions may end a turn that is still at work. Unknown settings are left out.
_STEADY = """
    SELECT set_config(name, wanted, false) FROM pg_settings JOIN (VALUES
        ('idle_session_timeout', '0'), ('tcp_keepalives_idle', '30'),
        ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')
    ) AS steady(named, wanted) ON name = named
"""
_NAME = "SELECT set_config('application_name', :name, false)"
_HOLDER = """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :key AND objsubid = 1
      AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Lock(Protocol):
    """What keeps others out."""

    def take(self, actor: str, since: str) -> None:
        """Take it or raise TurnTaken."""

    def is_held(self) -> bool:
        """Say whether it still keeps others out."""

    def release(self) -> None:
        """Let the next one in."""

    def forget(self) -> None:
        """In a child of this process: drop what was inherited, and leave the parent's lock alone."""


class Turn:
    """One turn at a time in this process, and through *lock* over all others; again and again for whoever has it."""

    def __init__(self, lock: Lock | None, where: str) -> None:
        self._lock = lock
        self._where = where
        self._guard = threading.Lock()
        self._thread: int | None = None
        self._depth = 0
        self._holder = ("", "")
        _TURNS.add(self)

    @contextmanager
    def taken(self, actor: str, at: datetime) -> Iterator[None]:
        """Hold the turn while the context lasts."""
        self._enter(actor, at.isoformat())
        try:
            yield
        finally:
            self._leave()

    def require(self) -> None:
        """
        Check, where this thread has the turn, that it was not lost in the meantime.

        Raises:
            LedgerUnavailable: The lock is gone; somebody else may be at work by now.
        """
        if self._thread == threading.get_ident() and self._lock is not None and not self._lock.is_held():
            raise LedgerUnavailable(
                "The turn at the ledger was lost while it was in use",
                context=self._where,
                hint="the same command again; it goes on where this one stopped",
            )

    def forget(self) -> None:
        """In a child of this process: it has no turn, whoever of the parent's threads had it."""
        self._guard = threading.Lock()
        self._thread, self._depth = None, 0
        if self._lock is not None:
            self._lock.forget()

    def _enter(self, actor: str, since: str) -> None:
        with self._guard:
            if self._thread == threading.get_ident():
                self._depth += 1
                return
            if self._thread is not None:
                name, began = self._holder
                raise TurnTaken.by(name, since=began, where=f"this very process, {self._where}")
            if self._lock is not None:
                self._lock.take(actor, since)
            self._thread, self._depth, self._holder = threading.get_ident(), 1, (actor, since)

    def _leave(self) -> None:
        with self._guard:
            if self._thread is None:
                return  # forgotten meanwhile: we are a child, and it was our parent's
            self._depth -= 1
            if self._depth:
                return
            self._thread = None
            if self._lock is not None:
                self._lock.release()


class FileLock:
    """A locked file beside the ledger's; the lock decides, the text inside is for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: int | None = None

    def take(self, actor: str, since: str) -> None:
        """
        Lock the file and write into it who has it.

        Raises:
            TurnTaken: Another process has locked it.
            LedgerUnavailable: It cannot be opened.
        """
        try:
            self._held = self._locked()
        except OSError as error:
            raise LedgerUnavailable(
                f"The turn at the ledger cannot be taken: {error.strerror or type(error).__name__}",
                context=str(self._path),
                hint="check who may write there",
            ) from error
        holder = {"actor": actor, "pid": os.getpid(), "host": socket.gethostname(), "since": since}
        with suppress(OSError):  # a full disk keeps nobody from working alone
            os.ftruncate(self._held, 0)
            os.pwrite(self._held, json.dumps(holder).encode() + b"\n", 0)

    def is_held(self) -> bool:
        """Say whether the file that is locked is still the one that others would lock."""
        return self._held is not None and _is_same(self._held, self._path)

    def release(self) -> None:
        """Forget the holder, then unlock; the file stays, because whoever waits may have opened it already."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(OSError):
                os.ftruncate(held, 0)
            os.close(held)

    def forget(self) -> None:
        """In a child of this process: close our end, which leaves the parent's lock alone."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)

    def _locked(self) -> int:
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                text = os.pread(file, 4096, 0)
                os.close(file)
                raise self._taken(text) from error
            except OSError:
                os.close(file)
                raise
            if _is_same(file, self._path):
                return file
            os.close(file)  # somebody removed it after we opened it: that lock keeps nobody out

    def _taken(self, text: bytes) -> TurnTaken:
        try:
            told = json.loads(text)
            where = f"process {told['pid']} on {told['host']}, {self._path}"
            return TurnTaken.by(str(told["actor"]), since=str(told["since"]), where=where)
        except (ValueError, TypeError, KeyError):
            return TurnTaken.by("", since="", where=str(self._path))


class AdvisoryLock:
    """A lock of a PostgreSQL session of its own; it vanishes with the connection, whose name says who has it."""

    def __init__(self, engine: sa.Engine, where: str) -> None:
        self._engine = engine
        self._where = where
        self._held: sa.Connection | None = None

    def take(self, actor: str, since: str) -> None:
        """
        Lock on a new connection, and name it after who has it.

        Raises:
            TurnTaken: Another session has the lock.
            LedgerUnavailable: The server does not answer.
        """
        try:
            # No transaction: it would stay open as long as the turn.
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()  # never back into the pool: the session is the lock
            try:
                holder = _locked_out(connection, _application_name(actor, since))
            except BaseException:
                connection.close()
                raise
        except SQLAlchemyError as error:
            raise LedgerUnavailable(
                f"The turn at the ledger cannot be taken: {type(error).__name__}",
                context=self._where,
                hint="check the address in offramp.toml, and that the server answers",
            ) from error
        if holder is not None:
            connection.close()
            raise self._taken(holder)
        self._held = connection

    def is_held(self) -> bool:
        """Ask on the connection that has the lock whether it is still there."""
        if self._held is None:
            return False
        try:
            return bool(self._held.scalar(sa.text("SELECT true")))
        except SQLAlchemyError:
            return False

    def release(self) -> None:
        """End the session, and with it the lock."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(SQLAlchemyError):
                held.close()

    def forget(self) -> None:
        """In a child of this process: say goodbye to nobody, because a word to the server would end the session."""
        held, self._held = self._held, None
        if held is not None:
            nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            os.dup2(nowhere, held.connection.dbapi_connection.fileno(), inheritable=False)  # type: ignore[union-attr]
            os.close(nowhere)

    def _taken(self, name: str) -> TurnTaken:
        words = name.split(" ", 3)
        if len(words) == len(("offramp", "since", "actor", "process@host")) and words[0] == "offramp":
            return TurnTaken.by(words[2], since=words[1], where=f"process {words[3]}, {self._where}")
        return TurnTaken.by("", since="", where=self._where)


def _locked_out(connection: sa.Connection, name: str) -> str | None:
    """Try to take the lock for a session called *name*; return the name of the session that has it instead."""
    connection.execute(sa.text(_NAME), {"name": name})
    connection.execute(sa.text(_STEADY))
    if connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_TURN}):
        return None
    return str(connection.scalar(sa.text(_HOLDER), {"key": ADVISORY_TURN}) or "")


def _application_name(actor: str, since: str) -> str:
    """Name a session so that others can read who has the turn; ASCII, because the server replaces the rest."""
    process = f"{os.getpid()}@{socket.gethostname().partition('.')[0]}"
    started = datetime.fromisoformat(since).isoformat(timespec="minutes")
    room = _LONGEST_NAME - len(f"offramp {started}  ") - min(len(process), 16)
    spoken = actor.encode("ascii", "replace").decode().replace(" ", "_")[:room]
    return f"offramp {started} {spoken} {process}"


def _is_same(file: int, path: Path) -> bool:
    try:
        there = path.stat()
    except OSError:
        return False
    here = os.fstat(file)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


_TURNS: weakref.WeakSet[Turn] = weakref.WeakSet()


def _forget_all() -> None:
    for turn in list(_TURNS):
        turn.forget()


os.register_at_fork(after_in_child=_forget_all)
