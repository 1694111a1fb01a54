"""Without this file the copies would keep the dates of the checkout, and the demo would fail on days of a freeze."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

TICKETS = "var/tickets.csv"
COLUMNS: Mapping[str, str] = {
    "opened_at": "Created",
    "closed_at": "Resolved",
    "category": "Category",
    "account": "User ID",
}
GATES = ("strong-sign-ins", "failed-enrolments", "lockouts", "help-desk-load", "soak-days", "open-incidents")


def clear_calendar(project: Path, today: date) -> None:
    """Move a copy's freeze and finishing date to after today, so that it runs on any day of the year."""
    path = project / "offramp.toml"
    text = path.read_text(encoding="utf-8")
    for setting, days in (("finish_on", 67), ("first_on", 40), ("last_on", 55)):
        on = today + timedelta(days=days)
        text = re.sub(rf"^{setting} = .*$", f"{setting} = {on}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def name_tickets(project: Path) -> None:
    """Tell a copy where the help desk's export lies, and what its columns are called."""
    path = project / "offramp.toml"
    text = f'\n[tickets]\npath = "{TICKETS}"\nsign_in_categories = ["Sign-in"]\n[tickets.columns]\n'
    text += "".join(f'{ours} = "{theirs}"\n' for ours, theirs in COLUMNS.items())
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def count_tickets(project: Path, now: datetime) -> None:
    """Write what the help desk's system exports: two tickets of today, none about sign-in."""
    at = now.isoformat(timespec="seconds")
    rows = [",".join(COLUMNS.values()), f"{at},{at},Printer,", f"{at},{at},Laptop,"]
    path = project / TICKETS
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def open_gates(project: Path) -> None:
    """Let a copy's gates ask only how many are ready: the others take days."""
    because = 'because = "gates are shown elsewhere"'
    book = [f"[into.{move}]\nasked = false\n{because}\n" for move in ("ENROL", "REHEARSE", "settle")]
    book.append("[into.ENFORCE.default]\nenrolled-share = { at_least = 0.95, minimum = 1, longest_age_hours = 24 }\n")
    book += [f"{gate} = {{ asked = false, {because} }}\n" for gate in GATES]
    (project / "gates.toml").write_text("".join(book), encoding="utf-8")
