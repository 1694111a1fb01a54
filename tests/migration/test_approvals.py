import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from approval_builders import (
    ASKING,
    EVERYONE,
    HELP,
    LEAD,
    NOON,
    RISK,
    a_key,
    a_signature,
    an_approver,
    asked_of,
)
from hypothesis import given
from hypothesis import strategies as st

from migration import approvals, approvers
from migration.approvals import RETIRE, Accepted, Proof, Refused, judge
from migration.approvers import Approvers, ApproversInvalid, key_of_signature
from migration.exception_events import ApprovalGiven


def recorded(asked, approver, proof=Proof.SIGNATURE, **changes):
    """Make a yes as the ledger keeps it."""
    signature = a_signature(approver.key) if proof is Proof.SIGNATURE else None
    yes = ApprovalGiven(asked.subject, asked.digest, approver.name, approver.roles, proof.value, signature)
    return replace(yes, **changes)


def weigh(asked, approver, *before, proof=Proof.SIGNATURE, by=None, at=NOON, file=EVERYONE):
    """Judge one yes."""
    name = approver if isinstance(approver, str) else approver.name
    return judge(asked, before, name=name, proof=proof, typed_by=by or name, approvers=file, at=at)


def why(answer):
    """Return why a yes does not count."""
    assert isinstance(answer, Refused)
    return answer.because


def test_two_people_with_a_security_lead_among_them_are_enough():
    """The first yes is recorded, and the second is the last that was missing."""
    asked = asked_of()

    assert Accepted("t.abe", ("risk-owner",), Proof.SIGNATURE, is_enough=False) == weigh(asked, RISK)
    assert Accepted("r.lee", ("security-lead",), Proof.SIGNATURE, is_enough=True) == weigh(
        asked, LEAD, recorded(asked, RISK)
    )


def test_nobody_approves_their_own_request():
    """Whoever asks has said yes already; it is the others' that counts."""
    asked = asked_of(requester="r.lee")

    assert "r.lee asked for it, and nobody approves their own request" == why(weigh(asked, LEAD))


def test_nobody_approves_what_is_for_themselves():
    """Where the file says whose account an approver has, that account's exception is not theirs to approve."""
    lead = replace(LEAD, account="std1")

    assert "it is for r.lee, and nobody approves what is for themselves" == why(
        weigh(asked_of(), lead, file=Approvers((lead,)))
    )


def test_nobody_is_counted_twice():
    """Two people means two people."""
    asked = asked_of()

    assert "r.lee has approved it already" == why(weigh(asked, LEAD, recorded(asked, LEAD)))


def test_one_key_under_two_names_is_one_person():
    """Also where the file was changed between the two: the signature itself says which key made it."""
    asked = asked_of()
    twin = replace(RISK, key=LEAD.key)
    before = recorded(asked, LEAD)

    assert "the key of t.abe has approved it already, under another name" == why(
        weigh(asked, twin, before, file=Approvers((twin,)))
    )
    assert "the key of t.abe has approved it already, under another name" == why(
        weigh(asked_of(), twin, recorded(asked, LEAD, Proof.ASSERTED), file=Approvers((LEAD, twin)))
    )


def test_a_stranger_approves_nothing():
    """A key that nobody reviewed is nobody's."""
    assert "x.doe is not in the approvers file" == why(weigh(asked_of(), "x.doe"))


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 1, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 1, tzinfo=UTC), False),
    ],
)
def test_an_approver_counts_from_the_first_to_the_last_day_of_the_file(at, counts):
    """Both days included, UTC, at the moment of the approval."""
    assert counts is isinstance(weigh(asked_of(), LEAD, at=at), Accepted)


def test_the_last_one_missing_must_not_leave_out_the_security_lead():
    """Two risk owners agree easily about a risk that neither has to watch."""
    asked = asked_of()
    other = an_approver("u.ono", "risk-owner", number=9)

    refused = weigh(asked, other, recorded(asked, RISK), file=Approvers((RISK, other)))

    assert "one of the 2 must be security-lead, and u.ono is risk-owner" == why(refused)


def test_whoever_leads_the_help_desk_does_not_guard_administrators():
    """The smaller circle decides about those who could open everything."""
    assert isinstance(weigh(asked_of("standard"), HELP), Accepted)
    assert "h.mori is help-desk-lead, and this takes risk-owner or security-lead" == why(
        weigh(asked_of("administrators"), HELP)
    )


def test_a_typed_name_is_recorded_as_asserted_for_ordinary_people():
    """It is less than a signature, and it says so."""
    found = weigh(asked_of("standard"), LEAD, proof=Proof.ASSERTED)

    assert Accepted("r.lee", ("security-lead",), Proof.ASSERTED, is_enough=False) == found


@pytest.mark.parametrize(
    "asked",
    [
        asked_of("administrators"),
        asked_of("finance"),
        asked_of("standard", "supervised-desk"),
        asked_of(subject="retire-standard-01", policy=RETIRE),
    ],
    ids=["administrators", "finance", "the desk", "a retirement"],
)
def test_a_typed_name_is_not_enough_where_it_matters_most(asked):
    """A typed name may be anybody's."""
    assert f"for {asked.subject} a typed name is not enough" == why(weigh(asked, LEAD, proof=Proof.ASSERTED))


def test_nobody_types_the_yes_of_somebody_else():
    """Else the requester would approve twice, under two names that are not theirs."""
    assert "m.ito cannot say yes for r.lee" == why(weigh(asked_of(), LEAD, proof=Proof.ASSERTED, by=ASKING))


def test_a_forged_signature_is_refused():
    """Whatever is wrong with it: key, text, moment or purpose."""
    found = why(weigh(asked_of(), LEAD, proof=Proof.FORGED))

    assert "the signature is not one of r.lee over exactly this request, valid now, for offramp-approval" == found


def test_a_yes_to_another_text_counts_for_nothing():
    """A request that changed is another request, and both must read it."""
    asked = asked_of()
    before = recorded(asked, RISK, request_digest="0" * 64)

    found = weigh(asked, LEAD, before)

    assert Accepted("r.lee", ("security-lead",), Proof.SIGNATURE, is_enough=False) == found


def test_asserted_approvals_never_add_up_where_only_signatures_count():
    """Even if a ledger from another time has them."""
    asked = asked_of("administrators")
    typed = [recorded(asked, LEAD, Proof.ASSERTED), recorded(asked, RISK, Proof.ASSERTED)]
    signed = [recorded(asked, LEAD), recorded(asked, RISK)]

    assert (False, True) == (
        approvals.enough(asked.policy, typed, asked.digest),
        approvals.enough(asked.policy, signed, asked.digest),
    )


@given(st.lists(st.sampled_from([LEAD, RISK, HELP]), max_size=6))
def test_however_often_the_same_people_say_yes_it_takes_two_of_them(yeses):
    """Repeating is not agreeing, and one of them is a security lead."""
    asked = asked_of()
    who = {one.name for one in yeses}

    found = approvals.enough(asked.policy, [recorded(asked, one) for one in yeses], asked.digest)

    assert found is (len(who) >= 2 and "r.lee" in who)


def test_what_is_signed_is_the_same_text_for_the_same_request():
    """Whatever the order in which somebody put it together; one newline ends it, as an editor would."""
    one = {"kind": "exception", "reason": "なぜ", "subjects": [{"account": "a"}]}
    other = dict(reversed(one.items()))

    assert approvals.request_text(one) == approvals.request_text(other)
    assert one == json.loads(approvals.request_text(one))
    assert approvals.request_text(one).endswith("}\n")


def test_a_request_is_named_by_the_sha_256_of_the_file_that_is_signed():
    """So that an approver can check it with the tools of any machine."""
    asked = asked_of()

    assert hashlib.sha256(asked.text.encode()).hexdigest() == asked.digest


ENTRY = """
[[approver]]
name = "r.lee"
roles = ["security-lead"]
key = "{key} r.lee@example.com"
valid_from = 2026-11-01
valid_until = 2026-11-30
"""


def test_an_approvers_file_is_read_without_the_comments_of_its_keys():
    """A comment is often an address."""
    found = approvers.parse(ENTRY.format(key=a_key(1)))

    assert (LEAD,) == found.everyone


def test_a_file_without_approvers_is_fine_and_nobody_may_approve():
    """The example is shipped like that."""
    assert () == approvers.parse("# nobody yet\n").everyone


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.format(key="ssh-rsa AAAA"), "the key is none of"),
        (ENTRY.format(key="ssh-ed25519 AAAA"), "cut off"),
        (ENTRY.format(key=a_key(1, "ecdsa-sha2-nistp256").replace("ecdsa-sha2-nistp256", "ssh-ed25519")), "cut off"),
        (ENTRY.format(key=a_key(1)).replace('r.lee"\n', 'r.lee,*"\n'), "a name has small letters"),
        (ENTRY.format(key=a_key(1)).replace("security-lead", "boss"), "roles are a list"),
        (ENTRY.format(key=a_key(1)).replace("2026-11-30", "2026-10-30"), "valid_from is after valid_until"),
        (ENTRY.format(key=a_key(1)).replace("2026-11-30", '"soon"'), "are dates"),
        (ENTRY.format(key=a_key(1)).replace("roles", "role"), "says nothing of roles"),
        (ENTRY.format(key=a_key(1)) + ENTRY.format(key=a_key(2)), "r.lee is listed 2 times"),
        (ENTRY.format(key=a_key(1)) + ENTRY.format(key=a_key(1)).replace('"r.lee"', '"t.abe"'), "have one key"),
        (ENTRY.format(key=a_key(1)) + "account = 7", "account is the vendor's id"),
        (ENTRY.format(key=a_key(1)).replace("key =", "colour ="), "says nothing of key"),
        (ENTRY.format(key=a_key(1)) + "colour = 7", "nobody knows what colour is"),
        ("approvers = 1", "nobody knows what that is"),
        ("approver = 1", "[[approver]]"),
    ],
)
def test_what_is_wrong_in_the_approvers_file_is_said(text, said):
    """A file that is half understood would let in half of everybody."""
    with pytest.raises(ApproversInvalid) as broken:
        approvers.parse(text)

    assert 1 == sum(said in problem for problem in broken.value.problems)


def test_everything_that_is_wrong_is_said_at_once():
    """Nobody mends a file five times."""
    text = ENTRY.format(key="ssh-rsa AAAA").replace("security-lead", "boss").replace("r.lee", "R Lee")

    with pytest.raises(ApproversInvalid) as broken:
        approvers.parse(text)

    assert 3 == len(broken.value.problems)


@pytest.mark.parametrize("content", [None, b"[[approver", b"\xff\xfe"], ids=["missing", "not TOML", "not UTF-8"])
def test_a_file_that_cannot_be_read_lets_nobody_approve(tmp_path, content):
    """It is an error, never an empty list."""
    path = tmp_path / "approvers.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ApproversInvalid) as broken:
        approvers.read(path)

    assert "approvers-invalid" == broken.value.code


@pytest.mark.parametrize("text", ["", "hello", a_signature(a_key(1))[:60], "-----BEGIN SSH SIGNATURE-----\n!!\n"])
def test_what_is_no_signature_names_no_key(text):
    """Whatever a file holds, reading it does not fail."""
    assert key_of_signature(text) is None


@given(st.text(max_size=300))
def test_any_text_between_the_lines_of_a_signature_can_be_looked_at(text):
    """It comes from outside."""
    found = key_of_signature(f"-----BEGIN SSH SIGNATURE-----{text}-----END SSH SIGNATURE-----")

    assert found is None or isinstance(found, bytes)


def test_a_signature_says_which_key_made_it():
    """The fingerprint that ssh-keygen -l shows is the one of the file."""
    blob = key_of_signature(a_signature(LEAD.key))

    assert LEAD.blob == blob
    assert LEAD.fingerprint == approvers.fingerprint(LEAD.blob)


def test_a_key_that_expires_in_the_last_year_of_the_calendar_is_fine():
    """Some never want to be asked again; the review is theirs."""
    approver = an_approver(valid_until=date.max)

    assert approver.is_valid(NOON + timedelta(days=365_000))
