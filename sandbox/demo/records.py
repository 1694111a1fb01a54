"""Without this file nobody would try to cheat: the ledger's own bytes, changed, cut off and rewritten."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.demo.claims import Claims
from sandbox.demo.stage import Stage

INTEGRITY = 4


@dataclass(slots=True)
class Records:
    """The ledger, and what the report says of people, held against what is true."""

    stage: Stage
    claims: Claims

    def tamper(self) -> None:
        """Flip a byte, cut the tail off, rewrite the chain: each is found, or reported as not anchored."""
        whole = self.stage.run("offramp", "ledger", "verify", "--json", quiet=True).document
        self.claims.prove(
            "22",
            "the ledger stands, and says how much of it is vouched for",
            expected=True,
            seen=whole["anchored_count"] > 0,
        )
        ledger = self.stage.project / "var" / "ledger.db"
        kept = self.stage.folder / "ledger.kept"
        shutil.copy2(ledger, kept)
        last = whole["anchored_count"]
        try:
            self._damaged("one flipped byte", ledger, kept, lambda database: self._flip(database, last // 2))
            self._damaged("a truncated tail", ledger, kept, lambda database: self._cut(database, last - 1))
            self._damaged("a rewritten chain", ledger, kept, self._rewrite)
            self._after_the_anchor(ledger, kept, last)
        finally:
            shutil.copy2(kept, ledger)

    def _damaged(self, what: str, ledger: Path, kept: Path, damage: Callable[[sqlite3.Connection], None]) -> None:
        shutil.copy2(kept, ledger)
        with closing(sqlite3.connect(ledger)) as database, database:
            damage(database)
        done = self.stage.run("offramp", "ledger", "verify", expect=(0, INTEGRITY), quiet=True)
        self.claims.prove(
            "22", f"{what} is found", expected=(INTEGRITY, True), seen=(done.code, "ledger-broken" in done.err)
        )

    def _after_the_anchor(self, ledger: Path, kept: Path, last: int) -> None:
        """What nothing outside vouches for can be rewritten; it is said, never called intact."""
        shutil.copy2(kept, ledger)
        self.stage.run(
            "offramp",
            "wave",
            "hold",
            "standard-01",
            "--because",
            "a test",
            "--execute",
            "--expect",
            self._hold(),
            quiet=True,
        )
        found = self.stage.run("offramp", "ledger", "verify", "--json", quiet=True).document
        self.claims.prove(
            "22",
            "what lies after the last anchor is not anchored",
            expected=True,
            seen=found["not_anchored_count"] > 0
            and found["standing"] == "not anchored"
            and found["anchored_count"] == last,
        )

    def _hold(self) -> str:
        words = ["wave", "hold", "standard-01", "--because", "a test", "--json"]
        return str(self.stage.run("offramp", *words, quiet=True).document["digest"])[:16]

    @staticmethod
    def _flip(database: sqlite3.Connection, number: int) -> None:
        body = database.execute("select body from entries where number = ?", (number,)).fetchone()[0]
        place = body.index('"', len(body) // 2) - 1
        flipped = body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]
        database.execute("update entries set body = ? where number = ?", (flipped, number))

    @staticmethod
    def _cut(database: sqlite3.Connection, number: int) -> None:
        database.execute("delete from entries where number > ?", (number,))

    @staticmethod
    def _rewrite(database: sqlite3.Connection) -> None:
        """Change who decided, and seal every entry again as the product does: a chain without a flaw in itself."""
        previous = "0" * 64
        rows = database.execute("select number, at, actor, kind, body from entries order by number").fetchall()
        for number, at, actor, kind, body in rows:
            named = {"number": number, "at": at, "actor": "nobody" if number == 1 else actor, "kind": kind}
            content: dict[str, Any] = {**named, "body": json.loads(body), "previous": previous}
            text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            digest = hashlib.sha256(text.encode()).hexdigest()
            database.execute(
                "update entries set actor = ?, previous = ?, digest = ? where number = ?",
                (content["actor"], previous, digest, number),
            )
            previous = digest

    def counts(self) -> None:
        """Hold the report's counts against what the population was made with."""
        report = self.stage.run("offramp", "report", "show", "--json", quiet=True).document["report"]
        truth: dict[str, int] = {}
        away = {
            user["id"]
            for user in self.stage.pages("/api/v1/users?limit=200")
            if user["status"] in {"DEPROVISIONED", "SUSPENDED"}
        }
        for person in self.stage.control("GET", "/truth"):
            if person["id"] not in away:
                truth[person["cohort"]] = truth.get(person["cohort"], 0) + 1
        seen = {cohort["cohort"]: cohort["people_count"] for cohort in report["cohorts"]}
        self.claims.prove("23", "people per cohort, as /truth has them", expected=truth, seen=seen)
