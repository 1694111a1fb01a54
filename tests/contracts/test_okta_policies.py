import pytest
from okta_org import BASE, ENROLMENT, Org

from sandbox.idp.options import Options
from sandbox.idp.tenancy import made


@pytest.fixture
def org():
    """Make a tenant with nothing but the vendor's defaults."""
    return Org(made(Options(people=0, tenant="fresh")))


def test_a_policy_for_nobody_becomes_a_policy_for_everyone(org):
    """The vendor assigns Everyone where no group is given, at creation and at change."""
    everyone = org.ask("GET", "/api/v1/groups?q=Everyone")[0]["id"]
    policy = org.enrolment("Ours", conditions={"people": {"groups": {"include": [org.group("One")]}}})
    emptied = {"type": "MFA_ENROLL", "name": "Ours", "settings": ENROLMENT, "conditions": {}}
    changed = org.ask("PUT", f"/api/v1/policies/{policy['id']}", emptied)
    assert [everyone] == changed["conditions"]["people"]["groups"]["include"]


def test_an_authenticator_that_a_policy_does_not_name_is_not_allowed(org):
    """The server fills in every active authenticator that was left out."""
    rows = {row["key"]: row["enroll"]["self"] for row in org.enrolment("Ours")["settings"]["authenticators"]}
    assert {"okta_password": "REQUIRED", "phone_number": "NOT_ALLOWED"}.items() <= rows.items()
    assert 7 == len(rows)


def test_an_enrolment_policy_must_require_password_or_email(org):
    """The vendor refuses a policy under which nobody must have anything."""
    rows = [{"key": "okta_password", "enroll": {"self": "OPTIONAL"}}]
    body = {"type": "MFA_ENROLL", "name": "Ours", "settings": {"type": "AUTHENTICATORS", "authenticators": rows}}
    assert 400 == org.refused("POST", "/api/v1/policies", body)[0]


def test_policies_close_ranks_and_the_default_stays_last(org):
    """Ranks are 1, 2, 3 whatever is asked for; inserting moves the rest down, deleting moves it up."""
    org.enrolment("First")
    org.enrolment("Second", priority=999)
    third = org.enrolment("Above", priority=1)
    ranks = {name: row["priority"] for name, row in org.policies("MFA_ENROLL").items()}
    assert {"Above": 1, "First": 2, "Second": 3, "Default Policy": 4} == ranks
    org.ask("DELETE", f"/api/v1/policies/{third['id']}")
    ranks = {name: row["priority"] for name, row in org.policies("MFA_ENROLL").items()}
    assert {"First": 1, "Second": 2, "Default Policy": 3} == ranks


def test_a_put_moves_a_policy_but_never_changes_its_status(org):
    """Only lifecycle calls switch a policy on or off."""
    org.enrolment("First")
    second = org.enrolment("Second")
    path = f"/api/v1/policies/{second['id']}"
    body = {"type": "MFA_ENROLL", "name": "Second", "priority": 1, "status": "INACTIVE", "settings": ENROLMENT}
    changed = org.ask("PUT", path, body)
    assert (1, "ACTIVE") == (changed["priority"], changed["status"])
    org.ask("POST", f"{path}/lifecycle/deactivate")
    assert "INACTIVE" == org.ask("GET", path)["status"]


@pytest.mark.parametrize("kind", ["MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD"])
def test_the_vendors_own_policies_cannot_be_deleted_or_switched_off(org, kind):
    """Default policies stay, whatever a program wants."""
    path = f"/api/v1/policies/{org.policies(kind)['Default Policy']['id']}"
    assert 403 == org.refused("DELETE", path)[0]
    assert 403 == org.refused("POST", f"{path}/lifecycle/deactivate")[0]


def test_app_rules_start_at_nought_and_move_only_on_conflict(org):
    """As recorded: an insertion ripples down to the next gap; a rule's own old place still counts as taken."""
    policy = org.policies("ACCESS_POLICY")["Okta Dashboard"]["id"]
    made_rules = {name: org.app_rule(policy, name, rank) for rank, name in enumerate(["t", "3", "2", "4", "1", "5"])}

    def move(name, rank):
        rule = made_rules[name]
        body = {"type": "ACCESS_POLICY", "name": name, "priority": rank, "actions": rule["actions"]}
        org.ask("PUT", f"/api/v1/policies/{policy}/rules/{rule['id']}", body)

    move("4", 1)
    assert {"t": 0, "4": 1, "3": 2, "2": 3, "1": 5, "5": 6, "Catch-all Rule": 99} == org.ranks(policy)
    move("1", 2)
    assert {"t": 0, "4": 1, "1": 2, "3": 3, "2": 4, "5": 6, "Catch-all Rule": 99} == org.ranks(policy)
    org.ask("DELETE", f"/api/v1/policies/{policy}/rules/{made_rules['3']['id']}")
    assert {"t": 0, "4": 1, "1": 2, "2": 4, "5": 6, "Catch-all Rule": 99} == org.ranks(policy)


def test_rules_of_other_policies_close_ranks(org):
    """Session rules are numbered from 1, the default rule behind all others."""
    policy = org.policies("OKTA_SIGN_ON")["Default Policy"]["id"]
    path = f"/api/v1/policies/{policy}/rules"
    body = {"type": "SIGN_ON", "actions": {"signon": {"access": "ALLOW"}}}
    one = org.ask("POST", path, {**body, "name": "One", "priority": 999})
    org.ask("POST", path, {**body, "name": "Two", "priority": 1})
    assert 1 == one["priority"]
    assert {"Two": 1, "One": 2, "Default Rule": 3} == org.ranks(policy)
    org.ask("DELETE", f"{path}/{one['id']}")
    assert {"Two": 1, "Default Rule": 2} == org.ranks(policy)


def test_a_rule_is_completed_as_recorded(org):
    """The answer has what the vendor adds; a client that compares would otherwise see no difference to explain."""
    policy = org.policies("ACCESS_POLICY")["Okta Dashboard"]["id"]
    platform = {"include": [{"type": "DESKTOP", "os": {"type": "MACOS", "expression": None}}]}
    rule = org.app_rule(policy, "Macs", 0, conditions={"platform": platform})
    assert {
        "people": {"users": {"exclude": []}},
        "network": {"connection": "ANYWHERE"},
        "platform": {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}], "exclude": []},
        "riskScore": {"level": "ANY"},
        "userType": {"include": [], "exclude": []},
    } == rule["conditions"]
    assert "PT12H" == rule["actions"]["appSignOn"]["verificationMethod"]["reauthenticateIn"]
    assert {"postAuth": "NOT_ALLOWED"} == rule["actions"]["appSignOn"]["keepMeSignedIn"]


def test_excluding_a_method_alone_does_not_require_a_factor(org):
    """Documented: `required` is true unless said otherwise, but not where methods are only excluded."""
    policy = org.policies("ACCESS_POLICY")["Okta Dashboard"]["id"]
    excluded = [{"key": "phone_number", "method": "sms"}]
    constraints = [{"possession": {"excludedAuthenticationMethods": excluded}, "knowledge": {"types": ["password"]}}]
    method = {"type": "ASSURANCE", "factorMode": "1FA", "constraints": constraints}
    actions = {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}
    body = {"type": "ACCESS_POLICY", "name": "No SMS", "actions": actions}
    rule = org.ask("POST", f"/api/v1/policies/{policy}/rules", body)
    kept = rule["actions"]["appSignOn"]["verificationMethod"]["constraints"][0]
    assert (False, True) == (kept["possession"]["required"], kept["knowledge"]["required"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"conditions": {"network": {"connection": "NOWHERE"}}}, "conditions.network.connection"),
        ({"conditions": {"people": {"groups": {"include": ["00gNothing"]}}}}, "00gNothing"),
        ({"conditions": {"network": {"connection": "ZONE"}}}, "conditions.network"),
        ({"conditions": {"device": {"trusted": True}}}, "conditions.device.trusted"),
        ({"priority": "1"}, "priority"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused_and_says_where(org, change, named):
    """No unknown field, word, group or zone is ever swallowed."""
    policy = org.policies("ACCESS_POLICY")["Okta Dashboard"]["id"]
    actions = {"appSignOn": {"access": "DENY"}}
    body = {"type": "ACCESS_POLICY", "name": "Ours", "actions": actions, **change}
    status, _, causes = org.refused("POST", f"/api/v1/policies/{policy}/rules", body)
    assert 400 == status
    assert named in causes
    assert "Ours" not in org.ranks(policy)


def test_of_the_catch_all_only_the_actions_can_be_changed(org):
    """It can be closed, but not moved, narrowed, switched off or deleted."""
    policy = org.policies("ACCESS_POLICY")["Okta Dashboard"]["id"]
    rule = org.ask("GET", f"/api/v1/policies/{policy}/rules")[0]
    path = f"/api/v1/policies/{policy}/rules/{rule['id']}"
    closed = {**rule, "actions": {"appSignOn": {"access": "DENY"}}, "priority": 5}
    changed = org.ask("PUT", path, closed)
    assert (99, "DENY") == (changed["priority"], changed["actions"]["appSignOn"]["access"])
    narrowed = {**closed, "conditions": {"riskScore": {"level": "LOW"}}}
    assert 400 == org.refused("PUT", path, narrowed)[0]
    assert 403 == org.refused("DELETE", path)[0]
    assert 403 == org.refused("POST", f"{path}/lifecycle/deactivate")[0]


def test_the_account_management_policy_is_read_only_but_its_rules_are_not(org):
    """The object is the vendor's, the rules are the customer's, and no app can have it."""
    policy = org.policies("ACCESS_POLICY")["Okta Account Management Policy"]
    assert ("END_USER_ACCOUNT_MANAGEMENT", False) == (policy["_embedded"]["resourceType"], policy["system"])
    path = f"/api/v1/policies/{policy['id']}"
    assert 403 == org.refused("PUT", path, {"type": "ACCESS_POLICY", "name": "Mine"})[0]
    assert 403 == org.refused("DELETE", path)[0]
    condition = {"elCondition": {"condition": "accessRequest.operation == 'enroll'"}}
    assert 0 == org.app_rule(policy["id"], "Enrolling", conditions=condition)["priority"]
    app = org.ask("GET", "/api/v1/apps")[0]["id"]
    assert 400 == org.refused("PUT", f"/api/v1/apps/{app}/policies/{policy['id']}")[0]


def test_an_app_has_exactly_one_sign_in_policy(org):
    """Assigning another replaces it; a policy that an app still has cannot be deleted."""
    app = org.ask("GET", "/api/v1/apps?q=Dashboard")[0]
    policy = org.ask("POST", "/api/v1/policies", {"type": "ACCESS_POLICY", "name": "Ours"})
    assert ["Catch-all Rule"] == list(org.ranks(policy["id"]))
    status, body, _ = org.send("PUT", f"/api/v1/apps/{app['id']}/policies/{policy['id']}")
    assert (204, None) == (status, body)
    shown = org.ask("GET", f"/api/v1/apps/{app['id']}")["_links"]["accessPolicy"]["href"]
    assert f"{BASE}/api/v1/policies/{policy['id']}" == shown
    assert 403 == org.refused("DELETE", f"/api/v1/policies/{policy['id']}")[0]


def test_an_authenticator_in_use_by_an_enrolment_policy_cannot_be_switched_off(org):
    """The vendor names the policies; once they no longer allow it, it goes, and a second time is a 400."""
    phone = next(row for row in org.ask("GET", "/api/v1/authenticators") if row["key"] == "phone_number")
    path = f"/api/v1/authenticators/{phone['id']}/lifecycle/deactivate"
    refusal = org.refused("POST", path)
    assert (403, "E0000148", "Authenticator Enrollment Policies: Default Policy") == refusal
    default = org.policies("MFA_ENROLL")["Default Policy"]
    body = {"type": "MFA_ENROLL", "name": "Default Policy", "settings": ENROLMENT}
    org.ask("PUT", f"/api/v1/policies/{default['id']}", body)
    assert "INACTIVE" == org.ask("POST", path)["status"]
    assert (400, "E0000001") == org.refused("POST", path)[:2]
    wanted = {**ENROLMENT, "authenticators": [*ENROLMENT["authenticators"], _optional("phone_number")]}
    again = {"type": "MFA_ENROLL", "name": "Default Policy", "settings": wanted}
    assert 400 == org.refused("PUT", f"/api/v1/policies/{default['id']}", again)[0]


def _optional(key):
    return {"key": key, "enroll": {"self": "OPTIONAL"}}
