"""Without this file somebody would have to export by hand: people, what they hold and may do, as JSON lines."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from migration.adapters.okta_client import OktaClient, Page
from migration.adapters.okta_export_journal import FOLDER, STALE_AFTER_HOURS, Journal
from migration.adapters.okta_export_lists import Ask, listings
from migration.adapters.okta_export_pace import LANES, Pace
from migration.adapters.okta_export_reading import Progress, Reading
from migration.errors import IdpRefused, IdpUnavailable

FILES = ("users.jsonl", "factors.jsonl", "groups.jsonl", "roles.jsonl", "devices.jsonl")
LOG = "logs.jsonl"


def pull(
    client: OktaClient,
    folder: Path,
    *,
    at: datetime,
    log_days: int = 0,
    pace: Pace,
    say: Callable[[str], None],
    progress: Progress,
) -> Mapping[str, int]:
    """
    Write an export into *folder*; one that was interrupted goes on where it stopped.

    Nothing of the export changes before everything is read; then its files take the place of those before.

    Args:
        client: The tenant.
        folder: Made if it is not there.
        at: Now; the log is read up to here.
        log_days: How many days of the log; 0: none.
        pace: When each call may leave.
        say: Told what somebody should know who expected an interrupted pull to go on, or not to.
        progress: Told the name of a list, how many calls are answered, and of how many where that is known.

    Returns:
        File name → lines.

    Raises:
        IdpUnavailable: The tenant does not answer; what was read is kept.
        IdpRefused: The tenant refuses, or is none.
        OSError: The folder cannot be written.
    """
    names = (*FILES, LOG) if log_days else FILES
    with Journal(folder, tenant=client.url, asked={"log_days": log_days}, terms=_between(at, log_days)) as journal:
        for note in journal.notes:
            say(note)
        if not journal.is_new:
            say("going on with the pull that was interrupted")
        if not log_days and (folder / LOG).exists():
            say(f"{LOG} stays as an earlier pull left it: this one reads no log")
        try:
            _read(client, journal, pace, progress)
        except (IdpUnavailable, IdpRefused) as failure:
            failure.hint = f"{failure.hint}; the same command then goes on where this one stopped"
            raise
        return journal.publish(names)


def foresee(tenant: str, folder: Path, *, log_days: int = 0) -> Sequence[str]:
    """Return what a pull would ask for, and where it would go, in words; nothing is asked."""
    between = {"since": f"{log_days} days ago", "until": "now"} if log_days else {}
    asked: dict[str, list[str]] = {}
    for listing in listings(between):
        ask = listing.ask({"id": "{id}", "name": ""}) if listing.ask else listing.starts[0]
        asked.setdefault(listing.file, []).append(ask.path.partition("?")[0])
    found = [f"{name:>14} from GET {' and '.join(paths)}" for name, paths in asked.items() if "." in name]
    if (folder / FOLDER).is_dir():
        found.append(f"goes on with the pull that was interrupted there, unless over {STALE_AFTER_HOURS} hours ago")
    return (f"{tenant} → {folder}", *found)


def _read(client: OktaClient, journal: Journal, pace: Pace, progress: Progress) -> None:
    for listing in listings(journal.terms):

        def fetch(ask: Ask, *, absent_is_fine: bool = listing.absent_is_fine) -> Page:
            return client.page(ask.path, named=ask.named, pace=pace, absent_is_fine=absent_is_fine)

        reading = Reading(listing, journal, fetch)
        if not reading.is_done:
            with ThreadPoolExecutor(LANES) as pool:
                try:
                    reading.read(pool, LANES, progress)
                except BaseException:
                    pace.stop()  # or leaving the pool would wait for the tenant's next minute
                    raise


def _between(at: datetime, days: int) -> Mapping[str, str]:
    if not days:
        return {}
    return {"since": _stamp(at - timedelta(days=days)), "until": _stamp(at)}


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
