from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sandbox_desk import running

from cohorts.method_words import KEY_NAMES, OKTA_TYPES
from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_factors import end_sessions, factors, phones, remove
from migration.posture import Method
from sandbox.idp.options import Options

SMS = ["password", "sms"]


@pytest.fixture(scope="module")
def served():
    """Serve one sandbox for all tests of this file."""
    with running(Options(people=60, seed=7, tenant="lived-in")) as desk:
        yield desk


@pytest.fixture
def desk(served):
    """Give each test the tenant as it was made."""
    served.ask("/reset", {})
    return served


@pytest.fixture
def client(desk):
    """Return a client of the tenant."""
    return OktaClient(desk.endpoints["okta"], "sandbox-offramp")


def account(desk, login):
    """Return the id of an account."""
    return next(row["id"] for row in desk.read("/truth") if row["login"] == login)


def over(rows, status=200):
    """Return a client that is answered with these factors."""
    client = OktaClient("https://tenant.example", "t")
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=rows))
    client._client = httpx.Client(base_url="https://tenant.example", transport=transport)
    return client


def factor(kind, provider="OKTA", **more):
    """Return one factor in the vendor's form."""
    return {"id": "f1", "factorType": kind, "provider": provider, "status": "ACTIVE", **more}


def test_everybody_holds_what_they_were_made_with(desk, client):
    """In our words, and without the password, which is no factor."""
    for row in desk.read("/truth"):
        held = sorted(one.method for one in factors(client, row["id"]))
        assert sorted(set(row["methods"]) - {"password"}) == held


def test_phones_are_what_receives_messages_and_calls(desk, client):
    """Nothing else is ever listed for removal."""
    for row in desk.read("/truth"):
        assert {"sms", "voice"} & set(row["methods"]) == {one.method for one in phones(client, row["id"])}


def test_a_phone_that_was_added_later_says_when(desk, client):
    """A new phone is told from an old one by its time."""
    login = desk.one("standard", "sms")
    user, began = account(desk, login), datetime.fromisoformat(desk.read("/clock")["at"])
    (old,) = [one for one in phones(client, user) if one.method is Method.SMS]
    desk.ask("/clock", {"advance": 3600})
    enrol = {"user": login, "action": "enrol", "method": "voice", "with": SMS, "via": "settings"}
    assert "allowed" == desk.ask("/act", enrol)["outcome"]

    (new,) = [one for one in phones(client, user) if one.method is Method.VOICE]

    assert began + timedelta(hours=1) == new.created_at
    assert old.created_at < began


def test_a_removed_phone_neither_signs_in_nor_recovers(desk, client):
    """The number goes as a way to recover as well, and the log says that this was asked for."""
    login = desk.one("standard", "sms")
    recover = {"user": login, "action": "recover", "method": "sms", "with": ["sms"]}
    sign_in = {"user": login, "action": "sign-in", "with": SMS}
    assert ["allowed"] * 2 == [desk.ask("/ask", question)["outcome"] for question in (recover, sign_in)]
    user = account(desk, login)

    for one in phones(client, user):
        remove(client, user, one.factor_id)

    assert () == phones(client, user)
    assert "allowed" not in [desk.ask("/ask", question)["outcome"] for question in (recover, sign_in)]
    row = desk.okta.get("/api/v1/logs?limit=1000").json()[-1]
    assert "user.mfa.factor.deactivate" == row["eventType"]
    assert "true" == row["debugContext"]["debugData"]["removeRecoveryEnrollment"]


def test_what_is_gone_already_is_no_error(desk, client):
    """A removal that was interrupted goes on where it was."""
    user = account(desk, desk.one("standard", "sms"))
    (first, *_) = phones(client, user)
    remove(client, user, first.factor_id)
    remove(client, user, first.factor_id)
    remove(client, "00uGone", first.factor_id)

    assert first.factor_id not in {one.factor_id for one in factors(client, user)}
    assert () == factors(client, "00uGone")


def test_ended_sessions_are_of_no_use(desk, client):
    """Whoever was in must show everything again, even where the app's rule would have been content."""
    login = desk.one("standard", "sms")
    session = desk.ask("/act", {"user": login, "with": SMS})["session"]
    reuse = {"user": login, "action": "reuse-session", "session": session}
    assert "allowed" == desk.ask("/ask", reuse)["outcome"]

    end_sessions(client, account(desk, login))

    answer = desk.ask("/ask", reuse)
    assert "must-step-up" == answer["outcome"]
    assert answer["because"].startswith("the session has ended")
    assert [] == desk.read("/state?only=sessions")["sessions"]
    assert "allowed" == desk.ask("/ask", {**reuse, "with": SMS})["outcome"]
    written = desk.read("/writes")[-1]
    path = f"/api/v1/users/{account(desk, login)}/sessions?oauthTokens=true"
    assert ("DELETE", path, 204) == (written["method"], written["path"], written["status"])


def test_sessions_of_an_account_that_is_gone_are_gone(client):
    """There is nothing left to end."""
    end_sessions(client, "00uGone")

    assert () == factors(client, "00uGone")


@pytest.mark.parametrize("kind", [kind for kind in OKTA_TYPES if kind != "web"])
def test_a_factor_has_the_word_that_an_export_gives_it(kind):
    """What is read here and what was planned with must not differ by the table that translated it."""
    (held,) = factors(over([factor(kind, "GOOGLE")]), "00u1")

    assert next(iter(OKTA_TYPES[kind]), None) == held.method


@pytest.mark.parametrize(("method", "name"), [(method, name) for method, names in KEY_NAMES for name in names])
def test_a_passkey_is_known_by_the_name_of_its_authenticator(method, name):
    """As in an export; the case of the letters does not count."""
    (held,) = factors(over([factor("webauthn", profile={"authenticatorName": f"My {name.title()} 5"})]), "00u1")

    assert method == held.method


@pytest.mark.parametrize("profile", [None, {}, {"authenticatorName": None}, {"authenticatorName": "Blue thing"}])
def test_a_passkey_without_a_known_name_is_the_weakest(profile):
    """A claim that nobody made is not believed."""
    (held,) = factors(over([factor("webauthn", profile=profile)]), "00u1")

    assert Method.PASSKEY_SYNCED == held.method


def test_the_vendors_own_code_is_told_from_others():
    """Okta Verify's code and Google's share a type."""
    rows = [factor("token:software:totp", provider) for provider in ("OKTA", "GOOGLE")]

    assert [Method.APP_CODE, Method.TOTP] == [one.method for one in factors(over(rows), "00u1")]


def test_an_enrolment_that_was_not_ended_cannot_be_used():
    """It is listed, for it may be removed, and says so."""
    rows = [factor("push"), factor("push", status="PENDING_ACTIVATION", created="2026-11-02T09:00:00.000Z")]
    done, begun = factors(over(rows), "00u1")

    assert (True, None) == (done.is_active, done.created_at)
    assert (False, datetime(2026, 11, 2, 9, tzinfo=UTC)) == (begun.is_active, begun.created_at)
