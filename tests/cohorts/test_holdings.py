import pytest
from export_builders import NOON, a_factor, a_user
from gathering_builders import (
    an_entra_method,
    an_entra_user,
    exported,
    fact,
    gathered,
    holds,
    provider_of,
    reasons,
)

from cohorts.errors import ExportForeign
from cohorts.facts import Atom
from cohorts.holdings import shared_numbers
from cohorts.known import facts_of

LEFT = "2026-06-01T00:00:00.000Z"
REPORT = ("Login", "Authenticator count", "Authenticator types", "Last updated")


@pytest.mark.parametrize("method", ["sms", "voice", "email", "question", "push", "fastpass", "app_code", "totp"])
def test_an_active_factor_is_a_method(tmp_path, method):
    """Each factor of the vendor's is one method of ours, beside the password."""
    found = exported(tmp_path, factors=[a_factor("u1", method)])

    assert {"password", method} == set(holds(found, "u1"))
    assert ("password",) == holds(found, "boss")


@pytest.mark.parametrize("status", ["PENDING_ACTIVATION", "INACTIVE", "EXPIRED", "enrolled-not-yet", None, ""])
def test_a_factor_that_is_not_active_counts_as_pending_only(tmp_path, status):
    """What was begun and not finished signs nobody in; it is no reject either."""
    found = exported(tmp_path, factors=[a_factor("u1", "push", status=status), a_factor("u1", "sms")])

    assert ("password", "sms") == holds(found, "u1")
    assert ("push",) == holds(found, "u1", what="pending")
    assert [] == reasons(found)


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"password": {}, "provider": {"type": "OKTA"}}, ("password",)),
        ({"provider": {"type": "OKTA"}}, ()),
        ({"provider": {"type": "ACTIVE_DIRECTORY"}}, ("password",)),
        ({"provider": {"type": "LDAP"}}, ("password",)),
        ({"password": {}, "provider": {"type": "FEDERATION"}}, ()),
        (None, ()),
    ],
)
def test_a_password_is_held_by_okta_or_by_a_directory(tmp_path, credentials, expected):
    """A directory checks the password of its own people; a federation never shows it to us."""
    users = [a_user("u1", credentials=credentials), a_user("boss")]

    assert expected == holds(exported(tmp_path, users=users, factors=[a_factor("boss")]), "u1")


def test_a_key_without_a_known_name_is_the_weakest_claim(tmp_path):
    """A passkey that nobody can tell apart may be a synced one, and the assumption is counted."""
    nameless = a_factor("u1", "security_key", profile={"authenticatorName": "Authenticator"})
    begun = a_factor("boss", "security_key", status="PENDING_ACTIVATION", profile={})
    found = exported(tmp_path, factors=[nameless, begun, a_factor("boss", "security_key", id="known")])

    assert ("password", "passkey_synced") == holds(found, "u1")
    assert 1 == provider_of(found).holdings.assumed_count


@pytest.mark.parametrize(
    ("factor", "column", "because"),
    [
        (a_factor("nobody"), "account_id", "no account nobody was kept"),
        (a_factor("u1", factorType="carrier-pigeon"), "factor_type", "factor type carrier-pigeon is not known"),
        (a_factor("u1", factorType=None), "factor_type", "missing"),
        ({**a_factor("u1"), "userId": None}, "account_id", "missing"),
        (a_factor("u1", provider={"type": "OKTA"}), "provider", "an object where a value belongs"),
        (a_factor("u1", created="soon"), "enrolled_at", "not a time"),
    ],
)
def test_a_factor_that_cannot_be_trusted_is_rejected(tmp_path, factor, column, because):
    """It counts for nobody, and is named."""
    found = exported(tmp_path, factors=[a_factor("boss"), factor])

    assert [("factors.jsonl", 2, column, because)] == reasons(found)
    assert ("password",) == holds(found, "u1")


def test_factors_of_another_tenant_do_not_belong_together(tmp_path):
    """If not one row is about these people, the export is not one export."""
    with pytest.raises(ExportForeign, match=r"Not one row of factors.jsonl can be used; the first: no account x"):
        exported(tmp_path, factors=[a_factor("x"), a_factor("y")])


def test_only_numbers_of_two_people_are_shared(tmp_path):
    """SMS and voice of one person are one number; its spelling does not matter, and what is not active has none."""
    users = [a_user(one) for one in ("u1", "u2", "u3", "boss")]
    factors = [
        a_factor("u1", profile={"phoneNumber": "+1 202 555 0100"}),
        a_factor("u2", profile={"phoneNumber": "(202) 555-0100"}),
        a_factor("u3", profile={"phoneNumber": "+12025550199"}),
        a_factor("u3", "voice", profile={"phoneNumber": "+12025550199"}),
        a_factor("boss", profile={}),
        a_factor("boss", "voice", profile={"phoneNumber": "+12025550199"}, status="INACTIVE"),
    ]
    told = provider_of(exported(tmp_path, users=users, factors=factors)).holdings

    assert [True, True, False, False] == shared_numbers(4, iter(told.numbers)).tolist()


def test_nobody_shares_a_number_where_there_is_none():
    """No numbers, no sharing."""
    assert [False, False] == shared_numbers(2, iter([])).tolist()


@pytest.mark.parametrize(
    ("status", "created", "is_late"),
    [
        ("DEPROVISIONED", "2026-06-02T00:00:00Z", True),
        ("SUSPENDED", "2026-06-02T00:00:00Z", True),
        ("DEPROVISIONED", "2026-05-31T00:00:00Z", False),
        ("DEPROVISIONED", LEFT, False),
        ("DEPROVISIONED", None, False),
        ("ACTIVE", "2026-06-02T00:00:00Z", False),
        ("PASSWORD_EXPIRED", "2026-06-02T00:00:00Z", False),
    ],
)
def test_a_method_that_was_enrolled_after_the_end_is_found(tmp_path, status, created, is_late):
    """The last change of a status is the end only where the account has come to one."""
    users = [a_user("u1", status=status, statusChanged=LEFT), a_user("boss", status="DEPROVISIONED")]
    found = exported(tmp_path, users=users, factors=[a_factor("u1", created=created), a_factor("boss", created=LEFT)])

    assert ({0} if is_late else set()) == provider_of(found).holdings.late


def test_a_method_that_was_only_begun_after_the_end_opens_nothing(tmp_path):
    """It signs nobody in."""
    users = [a_user("u1", status="SUSPENDED", statusChanged=LEFT), a_user("boss")]
    begun = a_factor("u1", created="2026-06-02T00:00:00Z", status="PENDING_ACTIVATION")

    assert set() == provider_of(exported(tmp_path, users=users, factors=[begun])).holdings.late


def test_methods_are_known_by_login_where_the_file_has_no_ids(tmp_path):
    """A report of the admin console names people by login, in any spelling; addresses are not repeated."""
    rows = [(" U1@Example.com", 2, "Password; SMS", ""), ("zz@example.com", 1, "SMS", ""), ("", 1, "SMS", "")]
    found = gathered(tmp_path, files={"users.jsonl": [a_user("u1")], "mfa.csv": [REPORT, *rows]})

    assert [
        ("mfa.csv", 3, "login", "no account with that login was kept"),
        ("mfa.csv", 4, "login", "missing"),
    ] == reasons(found)
    assert ("password", "sms") == holds(found, "u1")


def test_a_login_of_two_accounts_is_nobodys(tmp_path):
    """It cannot be said whose the row is, and it is not guessed."""
    users = [a_user("u1", profile={"login": "kim@x.y"}), a_user("u2", profile={"login": "KIM@x.y"}), a_user("u3")]
    rows = [("kim@x.y", 1, "SMS", ""), ("u3@example.com", 1, "SMS", "")]
    found = gathered(tmp_path, files={"users.jsonl": users, "mfa.csv": [REPORT, *rows]})

    assert [("mfa.csv", 2)] == [(one.file, one.line) for one in found.rejects]
    assert ("password",) == holds(found, "u1")


def test_an_id_decides_before_a_login(tmp_path):
    """Where both are told and contradict each other, the id is what the vendor itself goes by."""
    rows = [
        ("u1", "u2@example.com", 1, "SMS"),
        ("zz", "u1@example.com", 1, "Email"),
        ("", "u2@example.com", 1, "Email"),
    ]
    files = {"users.jsonl": [a_user("u1"), a_user("u2")], "mfa.csv": [("User ID", "Login", *REPORT[1:3]), *rows]}
    found = gathered(tmp_path, files=files)

    assert [("mfa.csv", 3, "account_id", "no account zz was kept")] == reasons(found)
    assert [("password", "sms"), ("password", "email")] == [holds(found, one) for one in ("u1", "u2")]


@pytest.mark.parametrize(
    "listed", ["Password; SMS", "Password,SMS", "Password|SMS", "Password\nSMS", '["Password", "SMS"]']
)
def test_a_report_lists_methods_in_every_spelling(tmp_path, listed):
    """However the names are parted, they are the same methods; a word that nobody knows adds nothing."""
    rows = [("u1@example.com", 2, listed, ""), ("u2@example.com", 2, f"{listed};Pigeon", "")]
    found = gathered(tmp_path, files={"users.jsonl": [a_user("u1"), a_user("u2")], "mfa.csv": [REPORT, *rows]})

    assert [("password", "sms")] * 2 == [holds(found, one) for one in ("u1", "u2")]


def test_a_report_without_its_list_says_nothing_of_anybody(tmp_path):
    """That nobody holds anything would be an answer; this is none."""
    with pytest.raises(ExportForeign, match=r"Not one row of mfa.csv can be used; the first: missing"):
        gathered(tmp_path, files={"users.jsonl": [a_user("u1")], "mfa.csv": [REPORT[:2], ("u1@example.com", 2)]})


def test_when_the_vendor_last_looked_is_kept(tmp_path):
    """The latest of several counts."""
    rows = [("u1@example.com", 1, "SMS", "2026-10-01"), ("u1@example.com", 1, "Email", "2026-09-01")]
    users = [a_user("u1"), a_user("u2")]
    told = provider_of(gathered(tmp_path, files={"users.jsonl": users, "mfa.csv": [REPORT, *rows]})).holdings
    days = (NOON.timestamp() * 1000 - told.evidence_at[0]) / 86_400_000

    assert (32.5, True) == (days, told.evidence_at[1] < 0)


def test_entras_methods_are_ours(tmp_path):
    """Every kind of method that Graph lists, and who holds it."""
    methods = [
        an_entra_method("a"),
        an_entra_method("a", "windowsHelloForBusiness"),
        an_entra_method("b", "fido2", model="YubiKey 5 NFC"),
        an_entra_method("b", "password"),
        an_entra_method("b", "pigeon"),
    ]
    found = gathered(tmp_path, files={"users.jsonl": map(an_entra_user, "abc"), "methods.jsonl": methods})
    unknown = "factor type #microsoft.graph.pigeonAuthenticationMethod is not known"

    assert [("methods.jsonl", 5, "factor_type", unknown)] == reasons(found)
    assert [("sms", "voice", "windows_hello"), ("password", "security_key"), ()] == [
        holds(found, one, "entra") for one in "abc"
    ]


def test_whom_no_row_names_holds_nothing_where_a_file_was_read(tmp_path):
    """A file of methods is a list of all of them; without one nobody knows."""
    read = provider_of(exported(tmp_path / "1", factors=[a_factor("u1")])).holdings
    unread = provider_of(gathered(tmp_path / "2", files={"users.jsonl": [a_user("u1")]})).holdings

    assert ([True, True], [False]) == (read.is_known.tolist(), unread.is_known.tolist())


def test_a_list_that_is_missing_leaves_what_is_held_unknown(tmp_path):
    """An empty list says "nothing"; no list says nothing."""
    rows = [
        {"id": "a", "userPrincipalName": "a@example.com", "methodsRegistered": ["mobilePhone"]},
        {"id": "b", "userPrincipalName": "b@example.com", "methodsRegistered": []},
        {"id": "c", "userPrincipalName": "c@example.com", "methodsRegistered": None},
    ]
    for files in ({"users.jsonl": map(an_entra_user, "abc"), "registration.jsonl": rows}, {"registration.jsonl": rows}):
        found = gathered(tmp_path / str(len(files)), files=files)

        assert [True, True, False] == provider_of(found, "entra").holdings.is_known.tolist()
        assert [("sms", "voice"), (), ()] == [holds(found, one, "entra") for one in "abc"]


def test_rules_may_ask_for_methods(tmp_path):
    """What is held is a list of names like any other."""
    found = exported(tmp_path, factors=[a_factor("u1"), a_factor("u1", "push")])
    holds(found, "u1")
    asked = {"methods": (Atom("one_of", ("sms",)), Atom("none_of", ("password",)))}
    told = facts_of(provider_of(found), asked)["methods"]

    assert ([3, 0], [3, 1]) == (told.bits.tolist(), told.sizes.tolist())
    assert 3 == fact(found, "u1", "methods", methods=asked["methods"])
