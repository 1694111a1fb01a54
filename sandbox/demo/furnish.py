"""Without this file the copies would keep the dates of the checkout, and the demo would fail on days of a freeze."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from sandbox.demo.stage import Stage

TICKETS = "var/tickets.csv"
COLUMNS: Mapping[str, str] = {
    "opened_at": "Created",
    "closed_at": "Resolved",
    "category": "Category",
    "account": "User ID",
}
GATES = ("strong-sign-ins", "failed-enrolments", "lockouts", "help-desk-load", "soak-days", "open-incidents")


def clear_calendar(stage: Stage) -> None:
    """Move the copy's freeze and finishing date to after today, so that the demo runs on any day of the year."""
    path = stage.project / "offramp.toml"
    text = path.read_text(encoding="utf-8")
    for setting, days in (("finish_on", 67), ("first_on", 40), ("last_on", 55)):
        on = _now(stage).date() + timedelta(days=days)
        text = re.sub(rf"^{setting} = .*$", f"{setting} = {on}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def name_tickets(stage: Stage) -> None:
    """Tell the copy where the help desk's export lies, and what its columns are called."""
    path = stage.project / "offramp.toml"
    text = f'\n[tickets]\npath = "{TICKETS}"\nsign_in_categories = ["Sign-in"]\n[tickets.columns]\n'
    text += "".join(f'{ours} = "{theirs}"\n' for ours, theirs in COLUMNS.items())
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def count_tickets(stage: Stage) -> None:
    """Write what the help desk's system exports: two tickets of today, none about sign-in."""
    now = _now(stage).isoformat(timespec="seconds")
    rows = [",".join(COLUMNS.values()), f"{now},{now},Printer,", f"{now},{now},Laptop,"]
    path = stage.project / TICKETS
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def open_gates(stage: Stage) -> None:
    """Let the copy's gates ask only how many are ready."""
    because = 'because = "gates have acts of their own"'
    book = [f"[into.{move}]\nasked = false\n{because}\n" for move in ("ENROL", "REHEARSE", "settle")]
    book.append("[into.ENFORCE.default]\nenrolled-share = { at_least = 0.95, minimum = 1, longest_age_hours = 24 }\n")
    book += [f"{gate} = {{ asked = false, {because} }}\n" for gate in GATES]
    (stage.project / "gates.toml").write_text("".join(book), encoding="utf-8")


def _now(stage: Stage) -> datetime:
    return datetime.fromisoformat(stage.control("GET", "/clock")["at"])
