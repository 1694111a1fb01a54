"""Without this file an auditor would retype the page: every exception and every approval as rows for a spreadsheet."""

from collections.abc import Mapping

from migration.report_exceptions import ApprovalFacts, DoorFacts, ExceptionFacts, ExceptionReport
from migration.report_table import written

# What each column holds; an empty cell is "nobody knows" or "does not apply", never 0.
COLUMNS: Mapping[str, str] = {
    "row": "`exception`, `retirement` or `approval`: filter on it before you sum; approvals follow what they are for",
    "stack": "name of the stack",
    "at": "the moment that the report speaks of, ISO with zone",
    "key": "key of the exception, or `retire-` and the wave; on every row",
    "exception_class": "of the catalogue; exceptions only, as all up to `because`",
    "cohort": "the cohort of its people",
    "people_count": "people that it is for",
    "state": "requested, granting, active, ending, ended, refused; or deleting, done, replaced of a retirement",
    "reason": "why it was asked for",
    "control": "what watches over it",
    "owner": "who answers for it",
    "requester": "who asked for it",
    "requested_at": "ISO time",
    "starts_at": "ISO time",
    "ends_at": "ISO time",
    "granted_at": "ISO time, empty when never granted",
    "ended_at": "ISO time, empty when open",
    "age_days": "whole days since it, or the first that it renews, was granted or asked for",
    "days_left": "whole days until it ends, rounded up",
    "renewals_count": "how often it has been renewed",
    "renews": "key of the one that it follows",
    "renewed_by": "key of the one that follows it",
    "because": "why it was refused, or why it ended",
    "phones_count": "phones on the list; retirements only",
    "deleted_count": "phones that went; retirements only",
    "skipped_count": "people who keep theirs; retirements only",
    "approver": "who said yes; approvals only, as all that follow",
    "roles": "what the approver might approve then, separated by spaces",
    "proof": "signature or asserted",
    "approved_at": "ISO time",
    "key_fingerprint": "of the key that the signature names",
    "checked_again": "what it is worth against the approvers file of today",
}


def table(report: ExceptionReport) -> str:
    """Return the report as CSV text, in the manner of the programme's: all columns, always in the order of COLUMNS."""
    rows: list[Mapping[str, object]] = []
    for one in report.everyone:
        shared = {"stack": report.stack, "at": report.at.isoformat(), "key": one.key}
        rows.append({**shared, **_exception(one)})
        rows += [{**shared, **_approval(given)} for given in one.approvals]
    for door in report.doors:
        shared = {"stack": report.stack, "at": report.at.isoformat(), "key": f"retire-{door.wave}"}
        rows.append({**shared, **_door(door)})
        rows += [{**shared, **_approval(given)} for given in door.approvals]
    return written(COLUMNS, rows)


def _door(one: DoorFacts) -> dict[str, object]:
    return {
        "row": "retirement",
        "state": one.state,
        "requester": one.requester,
        "requested_at": one.requested_at,
        "ended_at": one.done_at,
        "phones_count": one.phones_count,
        "deleted_count": one.deleted_count,
        "skipped_count": one.skipped_count,
    }


def _exception(one: ExceptionFacts) -> dict[str, object]:
    names = [name for name in COLUMNS if name in ExceptionFacts.__slots__]
    return {"row": "exception", **{name: getattr(one, name) for name in names}}


def _approval(given: ApprovalFacts) -> dict[str, object]:
    return {
        "row": "approval",
        "approver": given.approver,
        "roles": " ".join(given.roles),
        "proof": given.proof,
        "approved_at": given.at,
        "key_fingerprint": given.key_fingerprint,
        "checked_again": given.standing.value,
    }
