import csv
import io
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from approval_builders import LEAD, NOON, RISK, a_desk_wish, a_request, a_wish, a_yes, an_active_one, told

from migration.exception_events import EndBegun, ExceptionEnded, ExceptionRefused, ExceptionWarned
from migration.policy_exceptions import State, evolve
from migration.report_exceptions import Budget, SignatureStanding, exceptions
from migration.report_exceptions_page import page
from migration.report_exceptions_table import COLUMNS, table

DAY = timedelta(days=1)


def report(*found, at=NOON + 3 * DAY, **terms):
    """Report these exceptions, three days after they were granted."""
    values = {"stack": "okta-prod", "cohorts": {"standard": 100, "administrators": 9}, "largest_share": 0.02}
    return exceptions({one.key: one for one in found}, at=at, **{**values, **terms})


def asserted(key="exception-0009"):
    """Make one that stands on a typed name."""
    asked = a_request(key=key)
    return told(asked, a_yes(asked, proof="asserted"), a_yes(asked, RISK))[key]


def ended(key="exception-0005", because="its end has come"):
    """Make one that has ended after five days."""
    held = {key: an_active_one(key)}
    for event in (EndBegun(key, because), ExceptionEnded(key, 1, 1, 1, 1)):
        held = evolve(held, event, at=(NOON + 5 * DAY).isoformat())
    return held[key]


def refused(key="exception-0006"):
    """Make one that was refused on its first day."""
    return told(a_request(key=key), ExceptionRefused(key, "r.lee", "a key arrives on Monday"))[key]


def test_an_exception_is_told_with_its_age_its_end_and_its_people():
    """In whole days: gone since it was granted, and left until it ends, of which a part counts as one."""
    one = report(an_active_one(), at=NOON + timedelta(days=3, hours=5)).open[0]

    assert ("exception-0007", "dated-totp", "standard", 1) == (
        one.key,
        one.exception_class,
        one.cohort,
        one.people_count,
    )
    assert (3, 17, "active") == (one.age_days, one.days_left, one.state)


def test_the_oldest_comes_first_and_what_is_over_comes_last():
    """Newest first among what is over: the auditor asks about last week."""
    young = replace(an_active_one("exception-0008"), granted_at=(NOON + 2 * DAY).isoformat())
    found = report(young, refused(), an_active_one(), ended(), at=NOON + 6 * DAY)

    assert ["exception-0007", "exception-0008"] == [one.key for one in found.open]
    assert ["exception-0005", "exception-0006"] == [one.key for one in found.closed]
    assert {"active": 2, "ended": 1, "refused": 1} == found.states


def test_what_has_ended_keeps_the_age_at_which_it_did():
    """It does not grow older, has nothing left, and says why it is over."""
    one = report(ended(), at=NOON + 30 * DAY).closed[0]

    assert (5, 0, "its end has come") == (one.age_days, one.days_left, one.because)
    assert "a key arrives on Monday" == report(refused()).closed[0].because


def test_a_renewal_is_as_old_as_what_it_renews():
    """Or an exception could stay young for ever; both say what follows what."""
    first = replace(an_active_one(), granted_at=(NOON - 20 * DAY).isoformat())
    second = replace(an_active_one("exception-0012"), renews=first.key, renewals_count=1)

    old, new = report(first, second).open

    assert (23, 23, 1) == (old.age_days, new.age_days, new.renewals_count)
    assert ("exception-0012", "exception-0007") == (old.renewed_by, new.renews)
    assert report(first, replace(second, state=State.REFUSED)).open[0].renewed_by is None


def test_who_approved_is_told_with_roles_proof_and_the_key_that_signed():
    """The fingerprint comes out of the signature itself; a typed name has none."""
    lead, risk = report(an_active_one()).open[0].approvals

    assert ("r.lee", ("security-lead",), "signature", LEAD.fingerprint) == (
        lead.approver,
        lead.roles,
        lead.proof,
        lead.key_fingerprint,
    )
    assert RISK.fingerprint == risk.key_fingerprint
    assert report(asserted()).open[0].approvals[0].key_fingerprint is None


def test_what_was_not_checked_is_not_called_good():
    """A standing is told where somebody checked; a typed name stays a typed name."""
    found = an_active_one()
    checked = {(found.request_digest, "r.lee"): SignatureStanding.VERIFIES}

    assert [SignatureStanding.VERIFIES, SignatureStanding.NOT_CHECKED] == [
        given.standing for given in report(found, standings=checked).open[0].approvals
    ]
    claimed = {(asserted().request_digest, "r.lee"): SignatureStanding.VERIFIES}
    assert SignatureStanding.ASSERTED is report(asserted(), standings=claimed).open[0].approvals[0].standing


@pytest.mark.parametrize(
    "standing",
    [
        SignatureStanding.FAILS,
        SignatureStanding.NO_APPROVER,
        SignatureStanding.ANOTHER_KEY,
        SignatureStanding.ANOTHER_TEXT,
    ],
)
def test_a_signature_that_does_not_hold_any_more_is_an_alarm(standing):
    """Whoever was taken out of the file may have been so for a reason."""
    one = an_active_one()
    found = report(one, standings={(one.request_digest, "t.abe"): standing})

    assert found.open[0].is_doubtful
    assert "exception-0007: an approval does not hold when it is checked again." in found.warnings


def test_a_typed_name_is_warned_of():
    """Nobody has checked who that was."""
    assert ("exception-0009: approved on a typed name; nobody has checked who that was.",) == report(
        asserted()
    ).warnings


def test_the_budget_counts_people_once_and_warns_where_it_is_used_up():
    """Somebody in two exceptions is one person; the desk excuses nobody; one may always be."""
    desk = an_active_one("desk-0003", a_desk_wish("std5", cohort="standard"))
    again, other = an_active_one("exception-0008"), an_active_one("exception-0009", a_wish("std2"))
    found = report(an_active_one(), again, other, desk)

    assert (Budget("standard", 100, 2, 2),) == found.budgets
    assert "standard: 2 people excused, and 2 is the most at once (2 % of 100)." in found.warnings
    assert 1 == report(an_active_one(), cohorts={"standard": 9}).budgets[0].most_count
    assert () == report(an_active_one(), cohorts={"standard": 100}).warnings


def test_an_end_within_a_week_that_nothing_follows_is_warned_of():
    """Its people need the target then; a renewal, a request and the desk's own end are no news."""
    warned = an_active_one()
    at = warned.ends_at - 7 * DAY

    assert any("ends within 7 days" in line for line in report(warned, at=at).warnings)
    assert not any("ends within" in line for line in report(warned, at=at - DAY).warnings)
    renewed = replace(an_active_one("exception-0012"), renews=warned.key, ends_at=at + 30 * DAY)
    assert not any("ends within" in line for line in report(warned, renewed, at=at).warnings)
    assert not any("ends within" in line for line in report(told(a_request())["exception-0007"], at=at).warnings)
    assert () == report(an_active_one("desk-0003", a_desk_wish()), at=NOON).warnings


def test_the_last_renewal_is_named():
    """After it the person needs the target, and there is no way around."""
    last = replace(an_active_one(), renewals_count=2)

    assert "exception-0007: renewed 2 times, so there is no further renewal." in report(last).warnings


def test_there_is_a_report_of_no_exceptions():
    """Good news has a page too."""
    found = report()

    assert ((), (), 0) == (found.everyone, found.warnings, found.excused_count)
    assert "Nothing asks for a look." in page(found)
    assert [",".join(COLUMNS)] == table(found).splitlines()


def everything():
    """Report one of each."""
    warned = evolve({"exception-0007": an_active_one()}, ExceptionWarned("exception-0007", ""), at=NOON.isoformat())
    checked = {
        (an_active_one().request_digest, "r.lee"): SignatureStanding.VERIFIES,
        (an_active_one().request_digest, "t.abe"): SignatureStanding.NO_APPROVER,
    }
    return report(*warned.values(), asserted(), ended(), refused(), standings=checked)


def test_the_page_shows_every_exception_with_every_signature():
    """Reason, control, owner, dates; who, as what, how, with which key, and whether it holds."""
    tree = ET.fromstring(page(everything()).removeprefix("<!doctype html>\n"))  # noqa: S314 - our own page
    cards = {card.find("h3").text: " ".join(card.itertext()) for card in tree.iter("article")}

    assert {"exception-0005", "exception-0006", "exception-0007", "exception-0009"} == set(cards)
    for told_of in ("a scanner that takes no key", "sign-ins are reviewed daily", "k.brown", "m.ito", LEAD.fingerprint):
        assert told_of in cards["exception-0007"]
    assert "✓ verifies" in cards["exception-0007"]
    assert "✗ not in the file any more" in cards["exception-0007"]
    assert "≈ a typed name: nothing to verify" in cards["exception-0009"]
    assert "Nobody has approved it." in cards["exception-0006"]


def test_the_page_names_nobody_whom_an_exception_is_for():
    """It is mailed around; the accounts stay in the ledger."""
    found = report(an_active_one(wish=a_wish("std7")))

    assert "std7" not in page(found)
    assert "std7" not in table(found)


def test_whatever_somebody_typed_is_text_on_the_page():
    """A reason is free text."""
    evil = "<script>alert('x')</script>"
    html = page(report(replace(an_active_one(), reason=evil, control=evil, owner=evil)))

    tags = {element.tag for element in ET.fromstring(html.removeprefix("<!doctype html>\n")).iter()}  # noqa: S314 - our own page
    assert not {"script", "link", "img"} & tags
    assert 3 == html.count("&lt;script&gt;")
    assert "url(" not in html


def test_the_table_has_a_row_per_exception_and_one_per_approval():
    """Filtered by its first column, each can be counted."""
    rows = list(csv.DictReader(io.StringIO(table(everything()))))

    assert 4 == sum(row["row"] == "exception" for row in rows)
    assert 2 + 2 + 2 == sum(row["row"] == "approval" for row in rows)
    assert list(COLUMNS) == list(rows[0])
    signed = next(row for row in rows if row["row"] == "approval" and row["approver"] == "r.lee")
    assert {
        "key": "exception-0007",
        "roles": "security-lead",
        "proof": "signature",
        "key_fingerprint": LEAD.fingerprint,
        "checked_again": "verifies",
        "state": "",
    }.items() <= signed.items()
    excused = next(row for row in rows if row["key"] == "exception-0007" and row["row"] == "exception")
    assert {
        "people_count": "1",
        "age_days": "3",
        "days_left": "17",
        "ends_at": "2026-11-22T12:00:00+00:00",
    }.items() <= (excused.items())


def test_a_formula_in_a_reason_is_defused():
    """A spreadsheet would run it."""
    rows = list(csv.DictReader(io.StringIO(table(report(replace(an_active_one(), reason="=cmd|'/c calc'!A1"))))))

    assert "'=cmd|'/c calc'!A1" == rows[0]["reason"]
