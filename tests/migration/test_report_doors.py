from builders import NOON, WAVE, history

from migration.approvals import request_digest
from migration.exception_events import ApprovalGiven
from migration.people_events import RetireBegun, Retired, RetireRequested
from migration.report_doors import doors


def a_list(*phones, skipped=1):
    """Make the request to delete these phones."""
    return {
        "kind": "retire",
        "stack": "okta-prod",
        "wave": WAVE,
        "requester": "m.ito",
        "phones": [{"account": one, "factors": [{"id": f"of {one}", "method": "sms"}]} for one in phones],
        "skipped": [{"account": f"kept {n}", "because": "the last way in"} for n in range(skipped)],
    }


def asked(request):
    """Ask for it."""
    return RetireRequested(WAVE, "okta", request, request_digest(request))


def a_yes(request, name="r.lee"):
    """Approve exactly this list."""
    return ApprovalGiven(f"retire-{WAVE}", request_digest(request), name, ("security-lead",), "signature", "signed")


def test_a_retirement_is_told_from_the_request_to_the_last_phone():
    """Who asked, who signed, how many were listed, how many went, and who kept theirs."""
    request = a_list("a", "b")
    facts = (
        asked(request),
        a_yes(request),
        a_yes(request, "t.abe"),
        RetireBegun(WAVE, "okta", request_digest(request)),
    )
    entries = history(*facts, Retired(WAVE, "okta", 4, 1, 2))

    (waiting,), (deleting,), (done,) = doors(entries[:3]), doors(entries[:4]), doors(entries)

    assert ["requested", "deleting", "done"] == [one.state for one in (waiting, deleting, done)]
    assert (2, 1, None) == (waiting.phones_count, waiting.skipped_count, waiting.done_at)
    assert (2, 1, 2, entries[-1].at) == (done.phones_count, done.deleted_count, done.skipped_count, done.done_at)
    assert [("r.lee", entries[1].at), ("t.abe", entries[2].at)] == [(one.approver, one.at) for one in done.approvals]


def test_a_later_list_replaces_an_earlier_one_and_takes_no_approval_along():
    """What was approved before was approved for other phones."""
    first, second = a_list("a"), a_list("a", "b")

    old, new = doors(history(asked(first), a_yes(first), asked(second), a_yes(second, "t.abe")))

    assert [("replaced", ["r.lee"]), ("requested", ["t.abe"])] == [
        (one.state, [yes.approver for yes in one.approvals]) for one in (old, new)
    ]


def test_a_yes_to_something_else_counts_for_nothing():
    """To another wave's list, to an exception, or after it is over."""
    request = a_list("a")
    other = ApprovalGiven("exception-0007", request_digest(request), "r.lee", (), "signature", "signed")
    facts = (asked(request), other, a_yes(a_list("b")), RetireBegun(WAVE, "okta", ""), a_yes(request))

    assert () == doors(history(*facts))[0].approvals


def test_a_list_that_was_carried_out_stays_done():
    """A second retirement of the wave, for phones that came later, is another one."""
    first, second = a_list("a"), a_list("b")
    facts = (asked(first), RetireBegun(WAVE, "okta", ""), Retired(WAVE, "okta", 2, 1, 0), asked(second))

    assert ["done", "requested"] == [one.state for one in doors(history(*facts, at=NOON))]
