import numpy as np
import pyarrow as pa
import pytest
from join_builders import a_record, records_of

from cohorts.facts import Coded, Numbers
from cohorts.findings import Enrolments, Phones, Signs, find, looks_non_human, shared_numbers
from cohorts.identity import join


def found(rows, *, most=20, **signs):
    """Return what is found as kind → (count, "records in order")."""
    records = records_of(*rows)
    listed = find(records, join(records), Signs(**signs), most=most)
    assert all(one.because for one in listed)
    return {one.kind: (one.count, " ".join(f"{system}:{name}" for system, name in one.records)) for one in listed}


def mask(*values):
    """Return a column of yes and no."""
    return np.array(values, bool)


def numbers(*values):
    """Return a column of numbers; None is not known."""
    return Numbers(np.array([v or 0 for v in values], np.int64), np.array([v is not None for v in values]))


def phones(*pairs):
    """Return numbers with the records that they stand in."""
    return Phones(np.array([n for n, _ in pairs], np.int64), pa.array([number for _, number in pairs], pa.string()))


KIM = (a_record("hr", "7", number="7"), a_record("okta", "1", number="7"), a_record("entra", "e", number="7"))


def test_nothing_wrong_is_nothing_found():
    """A person whom all three systems know, with all signs in order."""
    signs = {
        "is_leaver": mask(False, False, False),
        "is_privileged": mask(False, True, False),
        "is_non_human": mask(False, False, False),
        "last_login_age_days": numbers(None, 1, None),
        "created_age_days": numbers(None, 900, 900),
        "disabled_at": numbers(None, None, None),
        "phones": phones((0, "+4930123456"), (1, "+4930123456"), (2, None)),
        "enrolments": Enrolments(np.array([1]), np.array([5])),
    }

    assert {} == found(KIM, **signs)


def test_an_account_on_one_provider_only_is_found_where_there_are_two():
    """Moving the other provider moves nothing for that person; what cannot sign in does not count."""
    lone = a_record("okta", "2", number="8")
    asleep = a_record("entra", "f", number="8", active=False)

    assert (1, "okta:2") == found((*KIM, lone, asleep))["one-idp-only"]


def test_one_provider_alone_is_no_finding():
    """Where only Okta was read, everyone is on Okta only."""
    assert "one-idp-only" not in found((a_record("okta", "1"), a_record("okta", "2")))


def test_an_account_in_a_conflict_is_not_said_to_be_alone():
    """Its other half may be the one that it is in conflict with."""
    rows = (a_record("okta", "1", number="7", login="kim"), a_record("entra", "e", number="8", login="kim"))

    assert "one-idp-only" not in found(rows)


def test_a_leaver_who_can_still_sign_in_is_found():
    """Each account that is still open is one finding; a closed one is none."""
    rows = (*KIM[:2], a_record("entra", "e", number="7", active=False))

    assert (1, "okta:1") == found(rows, is_leaver=mask(True, False, False))["leaver-still-active"]


def test_an_account_that_may_be_a_leavers_is_found():
    """Two accounts claim the person who has left: both can still sign in."""
    rows = (a_record("hr", "7", number="7"), a_record("okta", "1", number="7"), a_record("okta", "2", number="7"))

    assert (2, "okta:1 okta:2") == found(rows, is_leaver=mask(True, False, False))["leaver-still-active"]


def test_a_person_without_an_account_is_found_unless_they_have_left():
    """Somebody will sign in one day, and is in no plan."""
    rows = (a_record("hr", "7"), a_record("hr", "8"), a_record("hr", "9", active=False), a_record("okta", "1"))

    assert (1, "hr:7") == found(rows, is_leaver=mask(False, True, False, False))["person-without-account"]
    assert (2, "hr:7 hr:8") == found(rows)["person-without-account"]


def test_a_person_whose_account_is_in_conflict_is_not_without_one():
    """Whose it is has still to be decided, that is all."""
    rows = (a_record("hr", "7", number="7"), a_record("okta", "1", number="7"), a_record("okta", "2", number="7"))

    assert "person-without-account" not in found(rows)


def test_one_number_on_several_people_is_found_once():
    """Three people, one number: one finding, with all three."""
    rows = (a_record("okta", "1"), a_record("okta", "2"), a_record("okta", "3"), a_record("okta", "4"))
    told = phones((0, "+4930111111"), (1, "+4930111111"), (2, "+4930111111"), (3, "+4930222222"), (3, "+4930222222"))

    assert {"shared-phone": (1, "okta:1 okta:2 okta:3")} == found(rows, phones=told)


def test_two_accounts_that_may_be_one_persons_may_share_a_number():
    """An administrator's second account has its owner's telephone."""
    rows = (a_record("okta", "1", number="7"), a_record("okta", "2", number="7"))

    assert {} == found(rows, phones=phones((0, "+4930111111"), (1, "+4930111111")))


def test_a_number_that_is_not_known_is_shared_by_nobody():
    """Two people without a telephone have no telephone in common."""
    told = phones((0, None), (1, None), (0, "+4930111111"), (1, "+4930111111"))

    assert [False, False, True, True] == shared_numbers(told, np.array([0, 1])).tolist()


def test_several_privileged_accounts_of_one_person_are_found():
    """Joined or in conflict: each account needs its own key. One that is disabled does not."""
    rows = (
        *KIM,
        a_record("okta", "2", number="8"),
        a_record("okta", "3", number="8"),
        a_record("okta", "4", number="9"),
        a_record("entra", "f", number="9", active=False),
    )
    signs = mask(False, True, True, True, True, True, True)

    assert (2, "okta:1 entra:e okta:2 okta:3") == found(rows, is_privileged=signs)["several-privileged-accounts"]


def test_accounts_that_no_person_signs_in_to_are_found():
    """They need an owner, not a passkey; one that cannot sign in needs neither."""
    rows = (a_record("okta", "1"), a_record("okta", "2"), a_record("okta", "3", active=False))

    assert {"non-human": (1, "okta:1")} == found(rows, is_non_human=mask(True, False, True))


@pytest.mark.parametrize(
    ("login", "created", "is_dormant"),
    [(90, 900, True), (89, 900, False), (None, 90, True), (None, 89, False), (None, None, False)],
)
def test_an_account_that_nobody_has_used_for_long_is_dormant(login, created, is_dormant):
    """Old enough without a sign-in, or never used since it was made; a new one has time, an unknown one is unknown."""
    rows = (a_record("okta", "1"), a_record("okta", "2"))
    signs = {"last_login_age_days": numbers(login, 0), "created_age_days": numbers(created, 0)}

    assert ({"dormant": (1, "okta:1")} if is_dormant else {}) == found(rows, **signs)


def test_where_a_system_tells_of_no_sign_in_its_silence_does_not_mean_never():
    """Entra without the licence for sign-in activity has millions of accounts that look unused."""
    rows = (a_record("okta", "1", login="kim"), a_record("entra", "e", login="kim"))
    signs = {"last_login_age_days": numbers(3, None), "created_age_days": numbers(900, 900)}

    assert {} == found(rows, **signs)


def test_the_days_until_an_account_is_dormant_can_be_chosen():
    """An organisation has its own rule."""
    records = records_of(a_record("okta", "1"))
    signs = Signs(last_login_age_days=Numbers(np.array([30])))

    assert ["dormant"] == [one.kind for one in find(records, join(records), signs, dormant_days=30)]
    assert () == find(records, join(records), signs, dormant_days=31)


def test_a_method_enrolled_after_the_account_was_disabled_is_found():
    """Before it, and on an account that is enabled again, it is in order."""
    rows = [a_record("okta", f"{n}", active=n == 3) for n in range(4)]
    signs = {
        "disabled_at": numbers(10, 10, None, 10),
        "enrolments": Enrolments(np.array([0, 0, 1, 2, 3]), np.array([11, 12, 10, 99, 99])),
    }

    assert {"enrolled-after-disabled": (1, "okta:0")} == found(rows, **signs)


def test_as_many_records_are_named_as_asked_for_and_all_are_counted():
    """A list of a million ids helps nobody; their number does."""
    rows = [a_record("okta", f"{n}") for n in range(5)]

    assert (5, "okta:0 okta:1") == found(rows, is_non_human=mask(*[True] * 5), most=2)["non-human"]


@pytest.mark.parametrize(
    ("user_type", "login", "expected"),
    [
        ("Service Account", "kim", True),
        ("bot", "kim", True),
        ("Shared Mailbox", None, True),
        ("Customer Service", "kim", False),
        ("employee", "svc-backup@example.com", True),
        ("employee", "deploy-bot@example.com", True),
        ("employee", "salvatore@example.com", False),
        ("employee", "abbot@example.com", False),
        (None, "sa.payroll", True),
        (None, None, False),
    ],
)
def test_an_account_looks_like_no_persons_by_its_type_or_login(user_type, login, expected):
    """Whole words only: Abbot is a name."""
    types = Coded(np.array([0 if user_type is None else 1], np.uint8), () if user_type is None else (user_type,))

    assert [expected] == looks_non_human(types, pa.array([login], pa.string())).tolist()


def test_without_user_types_the_login_alone_decides():
    """Not every export has them."""
    assert [True, False] == looks_non_human(None, pa.array(["svc-a", "kim"])).tolist()
