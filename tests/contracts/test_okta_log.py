from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sandbox_desk import running

from migration.adapters.okta_client import OktaClient
from migration.adapters.okta_log import events
from migration.errors import IdpRefused
from migration.log_events import (
    APP,
    DECISION,
    ENROLMENT,
    KINDS,
    LOCKOUT,
    METHOD,
    RECOVERY,
    REMOVAL,
    SESSION,
    SIGN_IN,
    LogEvent,
    sign_ins,
)
from sandbox.idp.options import Options

SMS = ["password", "sms"]
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WRONG = {"with": SMS, "holds": ["sms"]}


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


def account(desk, login):
    """Return the id of an account."""
    return next(row["id"] for row in desk.read("/truth") if row["login"] == login)


def app(desk, label):
    """Return the id of an app."""
    return next(row["id"] for row in desk.okta.get("/api/v1/apps").json() if row["label"] == label)


def rule(desk, policy, name):
    """Return the id of a rule."""
    policies = {row["name"]: row["id"] for row in desk.okta.get("/api/v1/policies?type=ACCESS_POLICY").json()}
    rules = desk.okta.get(f"/api/v1/policies/{policies[policy]}/rules").json()
    return next(row["id"] for row in rules if row["name"] == name)


def read(desk, kinds=KINDS):
    """Return what the log says of the tenant's whole life."""
    client, now = OktaClient(desk.endpoints["okta"], "sandbox-offramp"), desk.read("/clock")["at"]
    now = datetime.fromisoformat(now)
    return list(events(client, now - timedelta(days=7), now, kinds))


def said(found):
    """Return step or kind, result and method of each event."""
    return [(one.step or one.kind, one.result, one.method) for one in found]


def over(*pages):
    """Return a client that is answered with these pages, and the queries that it sends."""
    asked = []

    def reply(request):
        asked.append({name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query).items()})
        rows, onward = pages[len(asked) - 1]
        link = {"Link": f'<https://tenant.example/api/v1/logs?page={len(asked)}>; rel="next"'} if onward else {}
        return httpx.Response(200, json=rows, headers=link)

    client = OktaClient("https://tenant.example", "t")
    client._client = httpx.Client(base_url="https://tenant.example", transport=httpx.MockTransport(reply))
    return client, asked


def event(uuid="1", kind="user.session.start", at="2026-11-02T12:00:00.000Z", **more):
    """Return one event in the vendor's form."""
    actor = {"id": "00u1", "type": "User"}
    outcome = {"result": "SUCCESS", "reason": None}
    return {"uuid": uuid, "eventType": kind, "published": at, "actor": actor, "outcome": outcome, "target": [], **more}


def one_of(row):
    """Return what becomes of one event."""
    client, _ = over(([row], False))
    (found,) = events(client, NOON, NOON)
    return found


def test_a_sign_in_tells_methods_rule_and_app(desk):
    """Each step is an event, all of one attempt; the app's rule is named, not the session's."""
    login = desk.one("standard", "sms")
    desk.ask("/act", {"user": login, "with": SMS, "app": "Sign-in canary"})
    found = read(desk)

    steps = [(METHOD, "SUCCESS", "password"), (METHOD, "SUCCESS", "sms"), (DECISION, "ALLOW", None)]
    assert [*steps, (SESSION, "SUCCESS", None), (APP, "SUCCESS", None)] == said(found)
    assert {account(desk, login)} == {one.account_id for one in found}
    assert 1 == len({one.attempt for one in found})
    canary, decided = app(desk, "Sign-in canary"), rule(desk, "Sign-in canary", "Outside blocked networks")
    assert {(canary, decided), (canary, None)} == {(one.app, one.rule_id) for one in found if one.app}
    (together,) = sign_ins(found)
    assert (frozenset(SMS), (canary,), (decided,), False) == (
        together.methods,
        together.apps,
        together.rule_ids,
        together.is_refused,
    )


def test_a_sign_in_without_a_word_on_the_app_is_to_the_dashboard(desk):
    """The vendor's own dashboard is an app like others."""
    desk.ask("/act", {"user": desk.one("standard", "sms"), "with": SMS})

    assert [app(desk, "Okta Dashboard")] == [one.app for one in read(desk) if one.step == APP]


@pytest.mark.parametrize(
    ("question", "decision"),
    [({"with": ["password"]}, "CHALLENGE"), ({"with": SMS, "context": {"ip": "198.51.100.10"}}, "DENY")],
)
def test_a_refused_sign_in_names_the_rule_and_opens_no_app(desk, question, decision):
    """What was refused, by what, at which app."""
    desk.ask("/act", {"user": desk.one("standard", "sms"), **question})
    found = read(desk)

    (decided,) = [one for one in found if one.step == DECISION]
    assert (decision, app(desk, "Okta Dashboard")) == (decided.result, decided.app)
    expected = "Catch-all Rule" if decision == "DENY" else "Outside blocked networks"
    assert rule(desk, "Okta Dashboard", expected) == decided.rule_id
    assert f"Sign-on policy evaluation resulted in {decision}" == decided.reason
    assert [] == [one for one in found if one.step == APP]
    (together,) = sign_ins(found)
    assert (True, (), frozenset()) == (together.is_refused, together.apps, together.methods)


def test_a_session_that_is_used_again_belongs_to_the_sign_in_that_opened_it(desk):
    """Two apps, one sign-in."""
    login = desk.one("standard", "sms")
    session = desk.ask("/act", {"user": login, "with": SMS})["session"]
    reuse = {"user": login, "action": "reuse-session", "session": session, "app": "Sign-in canary"}
    assert "allowed" == desk.ask("/act", reuse)["outcome"]

    (together,) = sign_ins(read(desk))
    assert (app(desk, "Okta Dashboard"), app(desk, "Sign-in canary")) == together.apps


@pytest.mark.parametrize(
    ("method", "read_as"),
    [
        *((one, one) for one in ("totp", "app_code", "push", "fastpass", "passkey_synced", "passkey_bound")),
        ("security_key", "passkey_bound"),
    ],
)
def test_every_method_is_read_back_in_our_words(desk, method, read_as):
    """But for a security key, which the log does not tell from another key that is bound."""
    login = desk.one("standard", "sms")
    desk.control.put(f"/people/{login}/methods", json=[{"method": "password"}, {"method": method}])
    desk.ask("/act", {"user": login, "with": ["password", method]})
    desk.ask("/act", {"user": login, "with": ["password", method], "action": "unenrol", "method": method})

    found = [one for one in read(desk) if one.method not in {None, "password"}]

    assert [(SIGN_IN, read_as), (REMOVAL, read_as)] == [(one.kind, one.method) for one in found]


def test_an_enrolment_tells_whether_it_worked_and_which_factor_it_made(desk):
    """A new phone is found by its id, and can then be removed."""
    login = desk.one("standard", "sms")
    enrol = {"user": login, "action": "enrol", "method": "voice", "with": SMS, "via": "settings"}
    desk.ask("/act", {**enrol, "with": []})
    desk.ask("/act", enrol)

    refused, made = read(desk, frozenset({ENROLMENT}))

    assert [("FAILURE", "voice", False), ("SUCCESS", "voice", True)] == [
        (one.result, one.method, one.is_done) for one in (refused, made)
    ]
    held = desk.okta.get(f"/api/v1/users/{login}/factors").json()
    assert [made.factor_id] == [row["id"] for row in held if row["factorType"] == "call"]


def test_what_an_administrator_does_is_read_as_done_to_the_person(desk):
    """The actor of a removal is the token; the account is whose factor went."""
    login = desk.one("standard", "sms")
    factor = next(row for row in desk.okta.get(f"/api/v1/users/{login}/factors").json() if row["factorType"] == "sms")
    desk.okta.delete(f"/api/v1/users/{login}/factors/{factor['id']}")
    desk.okta.post(f"/api/v1/users/{login}/lifecycle/reset_factors")

    one, every = read(desk)

    user = account(desk, login)
    assert (REMOVAL, user, "sms", factor["id"]) == (one.kind, one.account_id, one.method, one.factor_id)
    assert (REMOVAL, user, None, None) == (every.kind, every.account_id, every.method, every.factor_id)


def test_a_recovery_is_told_whether_it_worked(desk):
    """Both ways, with the account."""
    login = desk.one("standard", "sms")
    for shown in ([], ["sms"]):
        desk.ask("/act", {"user": login, "action": "recover", "with": shown})

    assert [(RECOVERY, "FAILURE"), (RECOVERY, "SUCCESS")] == [(one.kind, one.result) for one in read(desk)]


def test_too_many_wrong_passwords_lock_the_account(desk):
    """As many as the password policy says, in a row; then nothing signs in until somebody unlocks."""
    login = desk.one("standard", "sms")
    answers = [desk.ask("/act", {"user": login, **WRONG})["outcome"] for _ in range(10)]
    assert "allowed" not in answers
    assert "LOCKED_OUT" == desk.okta.get(f"/api/v1/users/{login}").json()["status"]
    assert "denied" == desk.ask("/act", {"user": login, "with": SMS})["outcome"]

    found = read(desk)

    assert [("FAILURE", "LOCKED_OUT", account(desk, login))] == [
        (one.result, one.reason, one.account_id) for one in found if one.kind == LOCKOUT
    ]
    sessions = [one.reason for one in found if one.step == SESSION]
    assert [*["INVALID_CREDENTIALS"] * 10, "LOCKED_OUT"] == sessions
    assert 204 == desk.okta.delete(f"/api/v1/users/{login}/sessions").status_code
    assert 200 == desk.okta.post(f"/api/v1/users/{login}/lifecycle/unlock").status_code
    assert "allowed" == desk.ask("/act", {"user": login, "with": SMS})["outcome"]


def test_a_right_password_begins_the_count_again(desk):
    """Nine wrong ones, a right one and nine more lock nobody out."""
    login = desk.one("standard", "sms")
    for question in ([WRONG] * 9 + [{"with": SMS}]) * 2:
        desk.ask("/act", {"user": login, **question})

    assert [] == read(desk, frozenset({LOCKOUT}))


def test_who_has_no_password_cannot_mistype_it(desk):
    """Nothing is counted for a word that is no password of theirs."""
    login = desk.one("standard", "sms")
    desk.control.put(f"/people/{login}/methods", json=[{"method": "sms"}])
    for _ in range(11):
        desk.ask("/act", {"user": login, **WRONG})

    assert [] == read(desk, frozenset({LOCKOUT}))


def test_only_what_was_asked_for_is_asked_for(desk):
    """The vendor filters; nothing at all is no call."""
    login = desk.one("standard", "sms")
    desk.ask("/act", {"user": login, "with": SMS})
    desk.ask("/act", {"user": login, "action": "recover", "with": ["sms"]})

    assert {RECOVERY} == {one.kind for one in read(desk, frozenset({RECOVERY}))}
    client, asked = over()
    assert [] == list(events(client, NOON, NOON, frozenset()))
    assert [] == asked


def test_the_whole_log_between_two_moments_is_read_page_by_page():
    """With an end, oldest first, a thousand a page; what ends one page and begins the next counts once."""
    first, second, third = event("1"), event("2", kind="zone.update"), event("3", at="2026-11-02T12:00:01.000Z")
    client, asked = over(([first, second], True), ([second, first, third], True), ([], True))

    found = list(events(client, NOON, NOON + timedelta(seconds=1)))

    assert [NOON, NOON + timedelta(seconds=1)] == [one.at for one in found]
    expected = {"since": "2026-11-02T12:00:00.000Z", "until": "2026-11-02T12:00:01.000Z", "limit": "1000"}
    assert expected.items() <= asked[0].items()
    assert "ASCENDING" == asked[0]["sortOrder"]
    assert asked[0]["filter"].startswith('eventType eq "user.session.start" or eventType eq "')
    assert 3 == len(asked)


def test_what_lies_outside_is_left_out():
    """Whatever a tenant answers with."""
    rows = [event("1", at="2026-11-02T11:59:59.999Z"), event("2"), event("3", at="2026-11-02T12:00:00.001Z")]
    client, _ = over((rows, False))

    assert [NOON] == [one.at for one in events(client, NOON, NOON)]


def test_an_event_of_this_very_millisecond_is_not_lost():
    """The log knows no smaller unit, so a moment within one means all of it."""
    client, _ = over(([event()], False))

    assert [NOON] == [one.at for one in events(client, NOON + timedelta(microseconds=400), NOON + timedelta(seconds=1))]


@pytest.mark.parametrize(
    ("debug", "detail", "name", "method"),
    [
        ({"factor": "SMS_FACTOR"}, None, "Phone", "sms"),
        ({"factorType": "call"}, None, "Phone", "voice"),
        ({}, {"methodTypeUsed": "Get a push notification"}, "Okta Verify", "push"),
        ({}, {"methodTypeUsed": "Enter a code"}, "Okta Verify", "app_code"),
        ({}, {"methodTypeUsed": "Enter a code"}, "Google Authenticator", "totp"),
        ({"factor": "FIDO_WEBAUTHN"}, None, "Key", "passkey_synced"),
        ({"factor": "FIDO_WEBAUTHN"}, {"methodUsedVerifiedProperties": "[DEVICE_BOUND]"}, "Key", "passkey_bound"),
        ({"factor": "DUO_SECURITY"}, {"methodTypeUsed": "Duo"}, "Duo", None),
        (None, None, "Thing", None),
    ],
)
def test_a_method_is_recognised_by_whatever_names_it(debug, detail, name, method):
    """Okta promises none of these words, so an unknown one is no method, never a guess."""
    enrolment = {"type": "AuthenticatorEnrollment", "id": "f1", "displayName": name, "detailEntry": detail}
    row = event(kind="user.authentication.auth_via_mfa", target=[enrolment], debugContext={"debugData": debug})

    assert (method, "f1") == (one_of(row).method, one_of(row).factor_id)


def test_nothing_that_names_or_places_a_person_is_kept():
    """Addresses of mail and network stay at the vendor."""
    outcome = {"result": "FAILURE", "reason": "ada@example.com is locked"}
    row = event(outcome=outcome, client={"ipAddress": "192.0.2.1"}, target=[{"type": "User", "id": "00u2"}])

    assert LogEvent(NOON, SIGN_IN, "00u2", "FAILURE", step=SESSION) == one_of(row)


def test_an_event_of_no_account_and_no_outcome_is_still_an_event():
    """Targets may be missing, and the actor be a machine."""
    row = event(actor={"id": "x", "type": "SystemPrincipal"}, target=None, outcome=None, transaction={"id": "tx1"})

    assert LogEvent(NOON, SIGN_IN, None, "UNKNOWN", step=SESSION, attempt="tx1") == one_of(row)


@pytest.mark.parametrize("at", [None, "yesterday"])
def test_an_event_without_a_time_is_an_error(at):
    """It could be from any day, so nobody may count it."""
    client, _ = over(([event(at=at)], False))

    with pytest.raises(IdpRefused, match="without a time"):
        list(events(client, NOON, NOON))


def test_steps_without_an_attempt_stand_alone():
    """Nobody may put together what the log does not."""
    steps = [LogEvent(NOON, SIGN_IN, "00u1", "SUCCESS", method="sms", step=METHOD) for _ in range(2)]

    assert 2 == len(sign_ins(steps))


def test_sign_ins_are_in_the_order_in_which_they_began():
    """Whatever the order of the events; other kinds and no account count for nothing."""
    late = LogEvent(NOON + timedelta(hours=1), SIGN_IN, "00u1", "SUCCESS", step=SESSION, attempt="b")
    early = LogEvent(NOON, SIGN_IN, "00u2", "FAILURE", step=SESSION, attempt="a")
    others = [LogEvent(NOON, LOCKOUT, "00u1", "FAILURE"), LogEvent(NOON, SIGN_IN, None, "SUCCESS", step=SESSION)]

    found = sign_ins([late, *others, early])

    assert [("00u2", True), ("00u1", False)] == [(one.account_id, one.is_refused) for one in found]


@pytest.mark.parametrize(
    ("steps", "is_refused"),
    [
        ([(SESSION, "SUCCESS"), (DECISION, "CHALLENGE")], True),
        ([(SESSION, "SUCCESS"), (DECISION, "CHALLENGE"), (DECISION, "ALLOW")], False),
        ([(SESSION, "SUCCESS"), (DECISION, "DENY")], True),
        ([(DECISION, "CHALLENGE"), (APP, "SUCCESS")], False),
        ([(METHOD, "SUCCESS")], False),
        ([(METHOD, "FAILURE")], True),
    ],
)
def test_a_session_that_began_is_no_sign_in_yet(steps, is_refused):
    """The vendor opens it with the first method, before any rule has decided."""
    found = [LogEvent(NOON, SIGN_IN, "00u1", result, step=step, attempt="a") for step, result in steps]

    assert [is_refused] == [one.is_refused for one in sign_ins(found)]
