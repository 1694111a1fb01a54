import socket
import threading
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import pytest
from sandbox_desk import running

from sandbox.idp.options import Options

ANSWER = {"outcome", "accepted", "prompts", "decided_by", "because", "assurance", "where"}
SMS = {"idp": "okta", "action": "sign-in", "with": ["password", "sms"]}


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


def test_an_answer_has_what_the_interface_promises(desk):
    """Every key is there, and nothing that is meant for the sandbox itself."""
    answer = desk.ask("/ask", {**SMS, "user": desk.one("standard", "sms")})
    assert ANSWER == set(answer)
    assert "allowed" == answer["outcome"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/ask", {**SMS, "user": "x", "colour": "red"}, "colour"),
        ("/ask", {**SMS, "user": "nobody@example.com"}, "user"),
        ("/ask", {**SMS, "idp": "ldap", "user": "x"}, "idp"),
        ("/ask", {**SMS, "user": "x", "after_write": 7}, "after_write"),
        ("/ask", {**SMS, "user": "x", "at": "soon"}, "at"),
        ("/act", {**SMS, "user": "x", "at": "2030-01-01T00:00:00Z"}, "at"),
        ("/ask/many", [{**SMS, "user": "x", "colour": "red"}], "[0].colour"),
        ("/clock", {"advance": 1, "at": "2030-01-01T00:00:00Z"}, "at"),
        ("/clock", {"advance": -1}, "advance"),
        ("/clock", {"to": "2030-01-01T00:00:00Z"}, "to"),
        ("/reset", {"persons": 3}, "persons"),
        ("/reset", {"tenant": "old"}, "tenant"),
        ("/faults", {"kind": "hail"}, "kind"),
        ("/faults", {"kind": "500", "match": {"verb": "GET"}}, "match.verb"),
    ],
)
def test_what_the_interface_does_not_list_is_a_400_that_names_it(desk, path, body, field):
    """A field or a value that is not listed is never ignored."""
    assert field == desk.ask(path, body, status=400)["field"]


def test_what_is_not_modelled_is_a_422_and_what_is_not_there_a_404(desk):
    """The sandbox says that it does not know; it does not guess."""
    assert "entra" in desk.ask("/ask", {**SMS, "idp": "entra", "user": "x"}, status=422)["error"]
    assert "not-yet-visible" in desk.ask("/faults", {"kind": "not-yet-visible"}, status=422)["error"]
    assert 404 == desk.control.get("/nothing").status_code
    assert 404 == desk.control.put("/people/nobody/methods", json=[]).status_code


def test_many_questions_are_answered_in_order(desk):
    """The nth answer is the nth question's, and asking changes nothing."""
    people = [row["login"] for row in desk.read("/truth")][:10]
    questions = [{**SMS, "user": login} for login in people]
    before = desk.read("/state")
    assert [desk.ask("/ask", question) for question in questions] == desk.ask("/ask/many", questions)
    assert before == desk.read("/state")


def test_questions_about_one_moment_are_answered_by_the_thousand(desk):
    """The world of a write or an assumption is worked out once, not per question."""
    user = desk.one("standard", "sms")
    group = desk.okta.post("/api/v1/groups", json={"profile": {"name": "One"}}).json()["id"]
    assume = {f"/api/v1/groups/{group}/users/{user}": {}}
    questions = [{**SMS, "user": user, "after_write": 1, "assume": assume}] * 1000
    started = time.perf_counter()
    desk.ask("/ask/many", questions)
    assert time.perf_counter() - started < 3


def _close_phone(desk, group):
    """Make an enrolment policy that forbids the phone, as a client would, and return its path."""
    keys = [row["key"] for row in desk.okta.get("/api/v1/authenticators").json()]
    level = {"okta_password": "REQUIRED", "phone_number": "NOT_ALLOWED"}
    rows = [{"key": key, "enroll": {"self": level.get(key, "OPTIONAL")}} for key in keys]
    body = {
        "type": "MFA_ENROLL",
        "name": "No phones",
        "priority": 1,
        "conditions": {"people": {"groups": {"include": [group]}}},
        "settings": {"type": "AUTHENTICATORS", "authenticators": rows},
    }
    policy = desk.okta.post("/api/v1/policies", json=body).json()["id"]
    rule = {"type": "MFA_ENROLL", "name": "Always", "actions": {"enroll": {"self": "CHALLENGE"}}}
    assert 200 == desk.okta.post(f"/api/v1/policies/{policy}/rules", json=rule).status_code
    return f"/api/v1/policies/{policy}"


def test_a_question_can_be_about_any_write_and_any_assumption(desk):
    """Before the write that let somebody in, after it, and as if it had or had not been made."""
    user = desk.one("standard", "sms")
    group = desk.okta.post("/api/v1/groups", json={"profile": {"name": "Wave"}}).json()["id"]
    policy = _close_phone(desk, group)
    membership = f"/api/v1/groups/{group}/users/{user}"
    question = {**SMS, "user": user}
    assert "allowed" == desk.ask("/ask", question)["outcome"]
    assert "allowed" != desk.ask("/ask", {**question, "assume": {membership: {}}})["outcome"]
    assert 204 == desk.okta.put(membership).status_code
    assert "allowed" != desk.ask("/ask", question)["outcome"]
    assert "allowed" == desk.ask("/ask", {**question, "after_write": 3})["outcome"]
    for path in (membership, policy):
        assert "allowed" == desk.ask("/ask", {**question, "assume": {path: None}})["outcome"]
    switched_off = {**desk.okta.get(policy).json(), "status": "INACTIVE"}
    assert "allowed" == desk.ask("/ask", {**question, "assume": {policy: switched_off}})["outcome"]
    assert "ACTIVE" == desk.okta.get(policy).json()["status"]


def test_an_assumed_rule_decides_although_nobody_made_it(desk):
    """A rule under an id of the asker's own is added for one question, with the vendor's checks."""
    user = desk.one("standard", "sms")
    policies = desk.okta.get("/api/v1/policies?type=ACCESS_POLICY").json()
    dashboard = next(row["id"] for row in policies if row["name"] == "Okta Dashboard")
    body = {"type": "ACCESS_POLICY", "name": "Closed", "priority": 0, "actions": {"appSignOn": {"access": "DENY"}}}
    path = f"/api/v1/policies/{dashboard}/rules/ruleOfMine"
    question = {**SMS, "user": user}
    answer = desk.ask("/ask", {**question, "assume": {path: body}})
    assert ("denied", "ruleOfMine") == (answer["outcome"], answer["decided_by"][-1]["id"])
    broken = desk.ask("/ask", {**question, "assume": {path: {**body, "colour": "red"}}}, status=400)
    assert f"assume.{path}" == broken["field"]
    assert "colour" in broken["error"]


def test_signing_in_opens_a_session_that_keeps_the_terms_of_its_opening(desk):
    """Its length is what the session rule said then; later questions may name it."""
    user = desk.one("standard", "sms")
    answer = desk.ask("/act", {**SMS, "user": user, "context": {"ip": "192.0.2.9"}})
    session = desk.read("/state?only=sessions")["sessions"][0]
    assert (answer["session"], 720, 120) == (session["id"], session["lifetime_minutes"], session["idle_minutes"])
    assert ["password", "sms"] == session["with"]
    reuse = {"idp": "okta", "user": user, "action": "reuse-session", "session": answer["session"]}
    assert "allowed" == desk.ask("/ask", reuse)["outcome"]
    desk.ask("/clock", {"advance": 13 * 3600})
    assert "allowed" != desk.ask("/ask", reuse)["outcome"]
    assert [("user.session.start", "SUCCESS")] == [event for event in desk.events() if "session" in event[0]]
    log = desk.okta.get("/api/v1/logs").json()
    assert {"192.0.2.9"} == {row["client"]["ipAddress"] for row in log}


def test_a_failed_act_changes_nothing_but_the_log(desk):
    """Whoever is refused leaves a FAILURE and no session."""
    user = desk.one("standard", "sms")
    assert "session" not in desk.ask("/act", {**SMS, "user": user, "with": ["password"]})
    assert [] == desk.read("/state?only=sessions")["sessions"]
    assert ("user.session.start", "FAILURE") in desk.events()


def test_an_ended_session_is_as_good_as_expired(desk):
    """Asked about with its id it is no longer carried; one that never was is still a mistake of who asks."""
    user = desk.one("standard", "sms")
    session = desk.ask("/act", {**SMS, "user": user})["session"]
    desk.okta.delete(f"/api/v1/users/{user}/sessions?oauthTokens=true")
    reuse = {"idp": "okta", "user": user, "action": "reuse-session", "session": session}
    assert "must-step-up" == desk.ask("/ask", reuse)["outcome"]
    assert "session" == desk.ask("/ask", {**reuse, "user": desk.one("support")}, status=400)["field"]
    assert "session" == desk.ask("/ask", {**reuse, "session": "sesNone"}, status=400)["field"]


def test_what_the_sandbox_remembers_for_itself_is_not_shown(desk):
    """The state is what the vendor shows."""
    user = desk.one("standard", "sms")
    desk.ask("/act", {**SMS, "user": user, "holds": ["sms"]})
    enrol = {**SMS, "action": "enrol", "user": user, "method": "voice", "via": "settings"}
    desk.ask("/act/many", [enrol, {**SMS, "user": user}])
    desk.okta.delete(f"/api/v1/users/{user}/sessions")
    assert {"enrolled_at", "ended_sessions", "failed_passwords"}.isdisjoint(desk.read("/state"))


def test_enrolling_and_removing_show_on_the_vendors_face_and_in_its_log(desk):
    """An act changes what the person holds exactly as its answer says."""
    user = desk.one("standard", "sms")
    enrol = {**SMS, "action": "enrol", "user": user, "method": "security_key", "via": "settings"}
    assert "allowed" == desk.ask("/act", enrol)["outcome"]
    kinds = [row["factorType"] for row in desk.okta.get(f"/api/v1/users/{user}/factors").json()]
    assert "webauthn" in kinds
    assert ("user.mfa.factor.activate", "SUCCESS") in desk.events()
    remove = {**enrol, "action": "unenrol", "method": "sms"}
    assert "allowed" == desk.ask("/act", remove)["outcome"]
    kinds = [row["factorType"] for row in desk.okta.get(f"/api/v1/users/{user}/factors").json()]
    assert "sms" not in kinds
    assert ("user.mfa.factor.deactivate", "SUCCESS") == desk.events()[-1]


def test_recovering_writes_a_reset_into_the_log(desk):
    """A reset by SMS is what the project is about: it must be seen."""
    user = desk.one("standard", "sms")
    answer = desk.ask("/act", {"idp": "okta", "user": user, "action": "recover", "method": "sms", "with": ["sms"]})
    assert "allowed" == answer["outcome"]
    assert ("user.account.reset_password", "SUCCESS") in desk.events()


def test_what_people_hold_and_carry_can_be_set_whatever_the_policies_say(desk):
    """The set is exact, and comes back numbered."""
    user = desk.one("standard", "sms")
    wanted = [{"method": "password"}, {"method": "passkey_bound", "user_verified": True, "name": "Laptop"}]
    held = desk.control.put(f"/people/{user}/methods", json=wanted).json()
    assert ["password", "passkey_bound"] == [row["method"] for row in held]
    factors = desk.okta.get(f"/api/v1/users/{user}/factors").json()
    assert [("webauthn", "Laptop")] == [(row["factorType"], row["profile"]["authenticatorName"]) for row in factors]
    assert 400 == desk.control.put(f"/people/{user}/methods", json=[{"method": "carrier_pigeon"}]).status_code
    device = {"platform": "macos", "registered": True, "managed": True}
    assert "macos" == desk.control.put(f"/people/{user}/devices", json=[device]).json()[0]["platform"]
    assert 400 == desk.control.put(f"/people/{user}/devices", json=[{"colour": "red"}]).status_code


def test_the_clock_stands_until_it_is_moved_and_never_goes_back(desk):
    """Everything that the sandbox dates takes this time."""
    before = datetime.fromisoformat(desk.read("/clock")["at"])
    assert before.isoformat() == desk.read("/clock")["at"]
    assert (before + timedelta(days=3)).isoformat() == desk.ask("/clock", {"advance": 3 * 86400})["at"]
    desk.ask("/clock", {"at": before.isoformat()}, status=400)
    created = desk.okta.post("/api/v1/groups", json={"profile": {"name": "Later"}}).json()["created"]
    assert f"{before + timedelta(days=3):%Y-%m-%dT%H:%M:%S}.000Z" == created


def test_a_reset_gives_the_same_tenant_again(desk):
    """The same options make the same people with the same ids; nothing that was done remains."""
    first = desk.read("/state?only=memberships")
    desk.okta.post("/api/v1/groups", json={"profile": {"name": "One"}})
    desk.ask("/faults", {"kind": "500", "times": 99})
    desk.ask("/reset", {})
    assert (first, []) == (desk.read("/state?only=memberships"), desk.read("/writes"))
    desk.ask("/reset", {"people": 0, "tenant": "fresh"})
    assert [] == desk.read("/truth")
    assert [] == desk.okta.get("/api/v1/users").json()


def test_writes_can_be_read_from_any_one_on(desk):
    """`since` gives what came after that write."""
    for name in ("One", "Two", "Three"):
        desk.okta.post("/api/v1/groups", json={"profile": {"name": name}})
    told = desk.read("/writes?since=1")
    assert [(2, "offramp", "Two"), (3, "offramp", "Three")] == [
        (row["n"], row["actor"], row["body"]["profile"]["name"]) for row in told
    ]


def test_an_object_shows_in_the_state_as_its_own_get_shows_it(desk):
    """Links and all; one type can be had alone."""
    state = desk.read("/state")
    for kind, path in (("groups", "groups"), ("policies", "policies"), ("zones", "zones"), ("users", "users")):
        row = state[kind][0]
        assert row == desk.okta.get(f"/api/v1/{path}/{row['id']}").json()
    assert [row["id"] for row in state["users"]] == sorted(row["id"] for row in state["users"])
    assert {"zones"} == set(desk.read("/state?only=zones"))


@pytest.mark.parametrize(("kind", "status", "code"), [("429", 429, "E0000047"), ("500", 500, "E0000009")])
def test_a_refusing_fault_strikes_as_often_as_asked_and_where_asked(desk, kind, status, code):
    """From the nth fitting request on, so many times; nothing takes effect meanwhile."""
    match = {"method": "POST", "path_regex": "/groups$"}
    desk.ask("/faults", {"match": match, "nth": 2, "times": 1, "kind": kind, "seconds": 3})
    answers = [desk.okta.post("/api/v1/groups", json={"profile": {"name": name}}) for name in ("1", "2", "3")]
    assert [200, status, 200] == [answer.status_code for answer in answers]
    assert code == answers[1].json()["errorCode"]
    assert [True, False, True] == [row["took_effect"] for row in desk.read("/writes")]


def test_a_throttled_caller_is_told_when_to_come_back(desk):
    """Without date and reset in one header each, the vendor's own client gives up at once."""
    desk.ask("/faults", {"kind": "429", "seconds": 5})
    headers = desk.okta.get("/api/v1/groups").headers
    sent = parsedate_to_datetime(headers["Date"]).timestamp()
    assert "0" == headers["X-Rate-Limit-Remaining"]
    assert int(headers["X-Rate-Limit-Limit"]) > 0
    assert 4 <= int(headers["X-Rate-Limit-Reset"]) - sent <= 6


@pytest.mark.parametrize(("kind", "took_effect"), [("drop", False), ("lost-answer", True)])
def test_a_broken_connection_tells_the_caller_nothing(desk, kind, took_effect):
    """The caller sees the same; only the sandbox knows whether the write was made."""
    desk.ask("/faults", {"kind": kind, "match": {"method": "POST"}})
    with pytest.raises(httpx.TransportError):
        desk.okta.post("/api/v1/groups", json={"profile": {"name": "One"}})
    assert [took_effect] == [row["took_effect"] for row in desk.read("/writes")]
    found = desk.okta.get("/api/v1/groups?q=One").json()
    assert took_effect == bool(found)


def test_a_paused_write_waits_until_it_is_released(desk):
    """Meanwhile everybody else is served."""
    fault = desk.ask("/faults", {"kind": "pause", "match": {"method": "POST"}})["id"]
    done = threading.Event()

    def write():
        httpx.post(
            f"{desk.endpoints['okta']}/api/v1/groups",
            json={"profile": {"name": "One"}},
            headers={"Authorization": "SSWS x"},
            timeout=20,
        )
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert not done.wait(0.2)
    assert [] == desk.okta.get("/api/v1/groups?q=One").json()
    desk.ask(f"/faults/{fault}/release", None)
    thread.join(10)
    assert 1 == len(desk.okta.get("/api/v1/groups?q=One").json())
    assert 404 == desk.control.post("/faults/nothing/release").status_code


def test_a_slow_answer_comes_and_a_removed_fault_strikes_no_more(desk):
    """A slow write takes effect; a fault that was taken back is gone."""
    desk.ask("/faults", {"kind": "slow", "seconds": 0.2})
    started = time.perf_counter()
    assert 200 == desk.okta.get("/api/v1/groups").status_code
    assert time.perf_counter() - started > 0.19
    fault = desk.ask("/faults", {"kind": "500", "times": 9})["id"]
    assert 500 == desk.okta.get("/api/v1/groups").status_code
    assert 200 == desk.control.delete(f"/faults/{fault}").status_code
    assert 200 == desk.okta.get("/api/v1/groups").status_code
    assert 404 == desk.control.delete(f"/faults/{fault}").status_code


def test_a_client_behind_a_proxy_setting_is_understood(desk):
    """It sends a whole URL as target, a Host without port and a Proxy-Authorization; answers are JSON by name."""
    address = urlsplit(desk.endpoints["okta"])
    request = (
        "GET http://127.0.0.1/api/v1/groups?q=Everyone HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Proxy-Authorization: Basic Og==\r\nAuthorization: SSWS x\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.1 200")
    assert "content-type: application/json" in answer.lower()
    assert '"Everyone"' in answer
