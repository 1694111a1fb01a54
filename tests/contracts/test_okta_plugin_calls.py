import json
import time

import pytest
from okta_plugin_desk import Aborted, Desk, Vendor, listening

POLICY = {"name": "Ours", "groupsIncluded": ["00g1"], "priority": 1}
RULE = {"policyId": "P", "name": "always", "priority": 1}
ENROL = {**POLICY, "isOie": True, "oktaPassword": {"enroll": "REQUIRED"}, "phoneNumber": {"enroll": "OPTIONAL"}}
APP_RULE = {
    **RULE,
    "constraints": [json.dumps({"possession": {"phishingResistant": "REQUIRED"}})],
    "groupsIncluded": ["00g2", "00g1"],
    "customExpression": "accessRequest.operation == 'enroll'",
}
PROGRAMS = {
    "Group": {"name": "Wave"},
    "Zone": {"name": "Desk", "type": "IP", "gateways": ["203.0.113.0/24"]},
    "Mfa": ENROL,
    "Signon": POLICY,
    "Password": POLICY,
    "RuleMfa": RULE,
    "RuleSignon": RULE,
    "RulePassword": RULE,
    "AppSignonPolicyRule": APP_RULE,
}
MADE, POLICY_MADE = "/api/v1/policies/P/rules/id1", "/api/v1/policies/id1"
READS = {"RuleMfa": ["GET /api/v1/policies/P"], "RuleSignon": ["GET /api/v1/policies/P"]}
BEFORE = {"Mfa": ["GET /api/v1/authenticators"]}
POLICIES, RULES = ("Mfa", "Signon", "Password"), ("RuleMfa", "RuleSignon", "RulePassword", "AppSignonPolicyRule")


@pytest.fixture
def vendor():
    """Return a vendor that has one policy for rules."""
    made = Vendor()
    made.objects["/api/v1/policies/P"] = {"id": "P", "name": "P", "status": "ACTIVE", "type": "ACCESS_POLICY"}
    return made


@pytest.fixture
def desk(vendor):
    """Return the plugin, configured for that vendor."""
    with listening(vendor) as url:
        yield Desk(vendor, httpProxy=url, apiToken="sandbox-pulumi")


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_is_made_switched_and_read(desk, name, status):
    """Every policy is POSTed, then switched to its status whatever it is, then read."""
    desk.create(name, {**PROGRAMS[name], "status": status})

    verb = "activate" if status == "ACTIVE" else "deactivate"
    wanted = ["POST /api/v1/policies", f"POST {POLICY_MADE}/lifecycle/{verb}", f"GET {POLICY_MADE}"]
    assert BEFORE.get(name, []) + wanted == desk.vendor.spoken()


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_made_active_by_the_vendor(desk, name, status):
    """Every rule is POSTed, deactivated only where the program wants that, then read."""
    desk.create(name, {**PROGRAMS[name], "status": status})

    switched = [f"POST {MADE}/lifecycle/deactivate"] if status == "INACTIVE" else []
    wanted = ["POST /api/v1/policies/P/rules", *switched, *READS.get(name, []), f"GET {MADE}"]
    assert wanted == desk.vendor.spoken()


@pytest.mark.parametrize("name", POLICIES + RULES)
@pytest.mark.parametrize(("before", "after"), [("INACTIVE", "ACTIVE"), ("ACTIVE", "INACTIVE")])
def test_a_flip_of_the_status_is_a_put_and_a_life_cycle_call(desk, name, before, after):
    """A PUT does not change the status, so a flip is PUT, life cycle, reads."""
    identity, outputs, _ = desk.create(name, {**PROGRAMS[name], "status": before})
    desk.vendor.spoken()

    outputs = desk.update(name, identity, outputs, {**PROGRAMS[name], "status": after})

    path = POLICY_MADE if name in POLICIES else MADE
    verb = "activate" if after == "ACTIVE" else "deactivate"
    reads = [*READS.get(name, []), f"GET {path}"]
    assert [*BEFORE.get(name, []), f"PUT {path}", f"POST {path}/lifecycle/{verb}", *reads] == desk.vendor.spoken()
    assert after == outputs["status"]


@pytest.mark.parametrize(
    ("name", "switched"),
    [(name, True) for name in (*POLICIES, "RuleMfa", "RuleSignon", "RulePassword")] + [("AppSignonPolicyRule", False)],
)
def test_only_an_app_rule_leaves_out_the_life_cycle_when_its_status_stays(desk, name, switched):
    """As in the official provider the life-cycle call follows every PUT, but for app sign-on rules."""
    identity, outputs, _ = desk.create(name, PROGRAMS[name])
    desk.vendor.spoken()

    desk.update(name, identity, outputs, PROGRAMS[name])

    assert switched == any("/lifecycle/activate" in call for call in desk.vendor.spoken())


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("Group", ["DELETE /api/v1/groups/id1"]),
        ("Zone", ["POST /api/v1/zones/id1/lifecycle/deactivate", "DELETE /api/v1/zones/id1"]),
        ("Mfa", [f"DELETE {POLICY_MADE}"]),
        ("RuleMfa", ["GET /api/v1/policies/P", f"GET {MADE}", f"DELETE {MADE}"]),
        ("RuleSignon", ["GET /api/v1/policies/P", f"GET {MADE}", f"DELETE {MADE}"]),
        ("RulePassword", [f"DELETE {MADE}"]),
        ("AppSignonPolicyRule", [f"DELETE {MADE}"]),
    ],
)
def test_deleting_makes_the_official_calls_and_twice_is_no_error(desk, name, calls):
    """What is gone already is a success: a delete may be repeated after a crash."""
    identity, outputs, _ = desk.create(name, PROGRAMS[name])
    desk.vendor.spoken()

    desk.delete(name, identity, outputs)

    assert calls == desk.vendor.spoken()
    if name != "Zone":
        desk.delete(name, identity, outputs)


def test_a_group_is_read_until_the_vendor_shows_it(desk):
    """A group that is not visible yet is asked for again, and then once more for the state."""
    missing = {"errorCode": "E0000007", "errorSummary": "Not found"}
    desk.vendor.answers = [("GET", 404, missing, {})]

    desk.create("Group", {"name": "Wave"})

    assert ["POST /api/v1/groups", *["GET /api/v1/groups/id1"] * 3] == desk.vendor.spoken()


def test_an_app_policy_can_close_its_catch_all_rule(desk):
    """`catchAll` false reads the rules twice and PUTs the system rule with DENY."""
    system = {"id": "c", "name": "Catch-all Rule", "system": True, "actions": {"appSignOn": {"access": "ALLOW"}}}
    desk.vendor.objects["/api/v1/policies/id1/rules/c"] = {**system, "status": "ACTIVE"}

    _, outputs, _ = desk.create("AppSignonPolicy", {"name": "Payroll", "description": "-", "catchAll": False})

    rules = "/api/v1/policies/id1/rules"
    assert ["POST /api/v1/policies", f"GET {rules}", f"GET {rules}", f"PUT {rules}/c"] == [
        call.partition("?")[0] for call in desk.vendor.spoken()
    ]
    assert "DENY" == desk.vendor.objects[f"{rules}/c"]["actions"]["appSignOn"]["access"]
    assert "c" == outputs["defaultRuleId"]


def test_an_enrolment_policy_sends_what_it_names(desk):
    """Only the named authenticators travel, in a body of type AUTHENTICATORS; the rest is the server's."""
    desk.create("Mfa", {**ENROL, "webauthn": {"enroll": "OPTIONAL", "constraints": "b,a"}})

    settings = desk.vendor.body("POST")["settings"]
    assert {
        "type": "AUTHENTICATORS",
        "authenticators": [
            {"key": "okta_password", "enroll": {"self": "REQUIRED"}},
            {"key": "phone_number", "enroll": {"self": "OPTIONAL"}},
            {"key": "webauthn", "constraints": {"aaguidGroups": ["a", "b"]}, "enroll": {"self": "OPTIONAL"}},
        ],
    } == settings


def test_a_dropped_authenticator_keeps_its_value(desk):
    """The official provider sees no difference when a key is dropped, and sends the old value again."""
    identity, outputs, inputs = desk.create("Mfa", ENROL)
    dropped = {key: value for key, value in ENROL.items() if key != "phoneNumber"}
    desk.vendor.spoken()

    assert [] == list(desk.diff("Mfa", outputs, inputs, dropped).diffs)
    desk.update("Mfa", identity, outputs, {**dropped, "description": "new"})
    keys = [one["key"] for one in desk.vendor.body("PUT")["settings"]["authenticators"]]
    assert ["okta_password", "phone_number"] == keys


def test_an_authenticator_that_is_switched_off_cannot_be_asked_for(desk):
    """An enrolment that needs an inactive authenticator is refused before the first write."""
    desk.vendor.objects["/api/v1/authenticators/webauthn"]["status"] = "INACTIVE"

    with pytest.raises(Aborted, match="not enabled in your Okta org: webauthn"):
        desk.create("Mfa", {**ENROL, "webauthn": {"enroll": "OPTIONAL"}})
    assert ["GET /api/v1/authenticators"] == desk.vendor.spoken()


def test_an_app_rule_sends_its_conditions_as_the_vendor_wants_them(desk):
    """Expression, device, zones, people and constraints each have their place; sets are sorted."""
    device = {"deviceIsRegistered": True, "networkConnection": "ZONE", "networkIncludes": ["nzo1"]}
    desk.create("AppSignonPolicyRule", {**APP_RULE, **device, "userTypesExcluded": ["oty1"], "riskScore": "LOW"})

    body = desk.vendor.body("POST")
    assert {
        "network": {"connection": "ZONE", "include": ["nzo1"]},
        "platform": {},
        "people": {"groups": {"include": ["00g1", "00g2"]}},
        "device": {"registered": True, "managed": False},
        "elCondition": {"condition": "accessRequest.operation == 'enroll'"},
        "riskScore": {"level": "LOW"},
        "userType": {"exclude": ["oty1"]},
    } == body["conditions"]
    assert {
        "type": "ASSURANCE",
        "factorMode": "2FA",
        "reauthenticateIn": "PT2H",
        "constraints": [{"possession": {"required": False, "phishingResistant": "REQUIRED"}}],
    } == body["actions"]["appSignOn"]["verificationMethod"]


def test_a_chain_with_its_own_frequency_travels_without_the_rules(desk):
    """The default frequency is left out where a chain says how often, and makes no difference then."""
    chain = {"authenticationMethods": [{"key": "okta_password", "method": "password"}], "reauthenticateIn": "PT1H"}
    program = {**RULE, "type": "AUTH_METHOD_CHAIN", "chains": [json.dumps(chain)]}

    _, outputs, inputs = desk.create("AppSignonPolicyRule", program)

    method = desk.vendor.body("POST")["actions"]["appSignOn"]["verificationMethod"]
    assert {"type": "AUTH_METHOD_CHAIN", "factorMode": "2FA", "chains": [chain]} == method
    assert [] == list(desk.diff("AppSignonPolicyRule", outputs, inputs, program).diffs)


def test_recovery_methods_travel_only_with_an_access_control(desk):
    """LEGACY carries the requirement whole; AUTH_POLICY alone still carries its two empty parts."""
    wanted = {"primaryMethods": ["sms", "email"], "stepUpEnabled": True}
    desk.create("RulePassword", {**RULE, "passwordResetAccessControl": "LEGACY", "passwordResetRequirement": wanted})
    legacy = desk.vendor.body("POST")["actions"]["selfServicePasswordReset"]
    desk.vendor.spoken()
    desk.create("RulePassword", {**RULE, "passwordResetAccessControl": "AUTH_POLICY"})
    policy = desk.vendor.body("POST")["actions"]["selfServicePasswordReset"]

    assert {
        "accessControl": "LEGACY",
        "primary": {"methods": ["email", "sms"]},
        "stepUp": {"required": True},
    } == legacy["requirement"]
    assert {
        "accessControl": "AUTH_POLICY",
        "primary": {"methods": []},
        "stepUp": {"required": False},
    } == policy["requirement"]


@pytest.mark.parametrize("name", ["Signon", "RuleSignon"])
def test_a_priority_that_the_server_moved_is_an_error(desk, name):
    """The write took effect, and the operation fails in the official provider's words."""
    desk.vendor.answers = [("POST", 200, {"id": "id7", "priority": 1}, {})]

    with pytest.raises(Aborted, match="was not valid, got: 9, API responded with: 1") as refused:
        desk.create(name, {**PROGRAMS[name], "priority": 9})

    assert {} == refused.value.details


def test_an_object_whose_second_call_failed_stays_in_the_state(desk):
    """A failed life-cycle call names the object in the status' details, so that nothing is made twice."""
    broken = {"errorCode": "E0000009", "errorSummary": "Internal Server Error"}
    desk.vendor.answers = [("POST", 200, {"id": "half", "priority": 1}, {}), ("POST", 500, broken, {})]

    with pytest.raises(Aborted, match="lifecycle/activate answered 500") as refused:
        desk.create("Signon", POLICY)

    assert b"half" in refused.value.details["grpc-status-details-bin"]
    assert 2 == len(desk.vendor.spoken())


def test_an_error_is_one_line_that_names_the_call(desk):
    """Method, path, status, code, summary and causes: enough to look it up, on one line."""
    causes = [{"errorSummary": "name: An object with this field already exists"}]
    body = {"errorCode": "E0000001", "errorSummary": "Api validation failed: name", "errorCauses": causes}
    desk.vendor.answers = [("POST", 400, body, {})]

    with pytest.raises(Aborted) as refused:
        desk.create("Group", {"name": "Wave"})

    assert (
        "failed to create group: POST /api/v1/groups answered 400 E0000001: Api validation failed: name "
        "(name: An object with this field already exists)"
    ) == str(refused.value)


def test_a_rate_limit_is_waited_out(vendor, monkeypatch):
    """A 429 with both headers is repeated after the wait, which the sandbox may shorten."""
    monkeypatch.setenv("OKTA_MAX_WAIT", "0.05")
    limit = ("POST", 429, {"errorCode": "E0000047"}, {"X-Rate-Limit-Reset": str(int(time.time()) + 3600)})
    vendor.answers = [limit] * 5
    with listening(vendor) as url:
        Desk(vendor, httpProxy=url, apiToken="t").create("Group", {"name": "Wave"})

    assert ["POST /api/v1/groups"] * 6 == vendor.spoken()[:6]


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {}), (500, {"X-Rate-Limit-Reset": "0"}), (503, {"Retry-After": "1"})]
)
def test_nothing_else_is_repeated(desk, status, headers):
    """Neither a 5xx nor a 429 without its headers: the write may have taken effect."""
    desk.vendor.answers = [("POST", status, {"errorCode": "E"}, headers)]

    with pytest.raises(Aborted, match=f"answered {status}"):
        desk.create("Group", {"name": "Wave"})
    assert ["POST /api/v1/groups"] == desk.vendor.spoken()


def test_a_policy_is_found_by_name_on_any_page(desk):
    """`getPolicy` follows the `next` link by path and query, and says what it did not find."""
    following = {"Link": '<https://elsewhere.example/api/v1/policies?type=ACCESS_POLICY&after=x>; rel="next"'}
    page = [{"id": "rst1", "name": "Any two factors", "status": "ACTIVE"}]
    second = [{"id": "rst2", "name": "Okta Account Management Policy", "status": "ACTIVE"}]
    desk.vendor.answers = [("GET", 200, page, following), ("GET", 200, second, {}), ("GET", 200, [], {})]
    tok = "okta:policy/getPolicy:getPolicy"

    found = desk.invoke(tok, name="Okta Account Management Policy", type="ACCESS_POLICY")

    assert "rst2" == found["id"]
    assert "GET /api/v1/policies?type=ACCESS_POLICY&after=x" == desk.vendor.spoken()[1]
    with pytest.raises(Aborted, match="no policies retrieved for policy type 'ACCESS_POLICY' and name 'Gone'"):
        desk.invoke(tok, name="Gone", type="ACCESS_POLICY")
