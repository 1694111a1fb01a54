from datetime import UTC, datetime, timedelta

import pytest
from okta_org import BASE, ENROLMENT, Org

from sandbox.idp.options import Options
from sandbox.idp.tenancy import made


@pytest.fixture
def org():
    """Make a tenant with nothing but the vendor's defaults."""
    return Org(made(Options(people=0, tenant="fresh")))


def test_a_call_without_a_token_is_turned_away_in_the_vendors_words(org):
    """Every call but the discovery document needs a token; any token is taken."""
    status, body, _ = org.send("GET", "/api/v1/groups", token=None)
    assert (401, "E0000011", "Invalid token provided") == (status, body["errorCode"], body["errorSummary"])
    assert 200 == org.send("GET", "/api/v1/groups", token="Bearer anything")[0]
    assert "idx" == org.send("GET", "/.well-known/okta-organization", token=None)[1]["pipeline"]


def test_a_whole_url_as_target_is_the_same_as_its_path(org):
    """Clients that think they speak to a proxy send the absolute form; host and port in it do not count."""
    assert org.ask("GET", "/api/v1/groups?q=Everyone") == org.ask("GET", "http://elsewhere/api/v1/groups?q=Everyone")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [("GET", "/api/v1/nothing", (404, "E0000008")), ("POST", "/api/v1/logs", (405, "E0000022"))],
)
def test_what_the_api_does_not_have_is_refused_as_the_vendor_does(org, method, path, expected):
    """An unknown path is a 404, a known path with another method a 405."""
    assert expected == org.refused(method, path)[:2]


def test_what_is_not_there_is_named_in_the_404(org):
    """The vendor says which id of which kind it did not find."""
    _, body, _ = org.send("GET", "/api/v1/groups/00gNothing")
    assert "Not found: Resource not found: 00gNothing (UserGroup)" == body["errorSummary"]


def test_every_write_is_told_with_who_made_it_and_whether_it_took_effect(org):
    """Refused writes are writes, too; reads are not."""
    org.group("One")
    org.refused("POST", "/api/v1/groups", {"profile": {}})
    org.send("DELETE", "/api/v1/groups/none", token="SSWS other")
    org.ask("GET", "/api/v1/groups")
    told = [(w.n, w.actor, w.method, w.path, w.status, w.took_effect) for w in org.state.writes]
    assert [
        (1, "pulumi", "POST", "/api/v1/groups", 200, True),
        (2, "pulumi", "POST", "/api/v1/groups", 400, False),
        (3, "api", "DELETE", "/api/v1/groups/none", 404, False),
    ] == told


def test_the_state_before_the_first_write_is_the_tenant_as_made(org):
    """What made the tenant belongs to no write, so write 0 is the whole of it."""
    org.group("One")
    assert len(org.state.after_write(0).all("groups")) == len(org.state.now().all("groups")) - 1 == 2


def test_a_name_in_use_is_refused(org):
    """Group names, logins and policy names are unique, and the vendor says so."""
    org.group("One")
    org.user("ada@example.com")
    org.enrolment("Ours")
    assert 400 == org.refused("POST", "/api/v1/groups", {"profile": {"name": "One"}})[0]
    twin = {"login": "ADA@example.com", "email": "a@example.com", "firstName": "A", "lastName": "B"}
    assert 400 == org.refused("POST", "/api/v1/users", {"profile": twin})[0]
    again = {"type": "MFA_ENROLL", "name": "Ours", "settings": ENROLMENT}
    assert 400 == org.refused("POST", "/api/v1/policies", again)[0]


def test_listings_are_paged_by_the_link_header(org):
    """Following rel="next" shows everybody once, in the same order as one long page."""
    for number in range(5):
        org.user(f"u{number}@example.com")
    seen, path = [], "/api/v1/users?limit=2&filter=status+eq+%22PROVISIONED%22"
    while path:
        _, rows, headers = org.send("GET", path)
        assert len(rows) <= 2
        seen += [row["profile"]["login"] for row in rows]
        onward = [link for link in headers["Link"].split(", ") if 'rel="next"' in link]
        path = onward[0].split(">")[0].removeprefix(f"<{BASE}") if onward else None
    assert [f"u{number}@example.com" for number in range(5)] == seen


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('search=profile.department eq "Finance"', ["ada"]),
        ('search=profile.department sw "fin" or profile.title pr', ["ada", "bob"]),
        ('search=not (profile.department eq "Finance")', ["bob", "gone"]),
        ('filter=status eq "DEPROVISIONED"', ["gone"]),
        ("q=bo", ["bob"]),
        ("", ["ada", "bob"]),
    ],
)
def test_people_are_found_as_the_vendor_finds_them(org, query, expected):
    """A plain listing omits deactivated accounts; a search or filter decides for itself."""
    org.user("ada@example.com", department="Finance")
    org.user("bob@example.com", firstName="Bob", title="Clerk")
    gone = org.user("gone@example.com", firstName="Gone")
    org.ask("DELETE", f"/api/v1/users/{gone['id']}")
    rows = org.ask("GET", f"/api/v1/users?{query}".replace('"', "%22").replace(" ", "%20"))
    assert expected == [row["profile"]["login"].split("@")[0] for row in rows]


def test_a_broken_search_is_a_400_and_not_everybody(org):
    """An expression that does not parse must never be ignored."""
    assert (400, "E0000001") == org.refused("GET", "/api/v1/users?search=status%20is%20ACTIVE")[:2]


def test_an_account_is_deactivated_before_it_is_deleted(org):
    """The first DELETE deactivates, the second removes."""
    user = org.user("ada@example.com")
    path = f"/api/v1/users/{user['id']}"
    assert "PROVISIONED" == user["status"]
    org.ask("DELETE", path)
    assert "DEPROVISIONED" == org.ask("GET", path)["status"]
    org.ask("DELETE", path)
    assert 404 == org.refused("GET", path)[0]


def test_lifecycle_steps_hold_to_the_status_they_start_from(org):
    """A suspended person is unsuspended, not unlocked."""
    path = f"/api/v1/users/{org.user('ada@example.com')['id']}/lifecycle"
    org.refused("POST", f"{path}/suspend")
    user = {"login": "b@example.com", "email": "b@example.com", "firstName": "B", "lastName": "B"}
    body = {"profile": user, "credentials": {"password": {"value": "open sesame"}}}
    active = f"/api/v1/users/{org.ask('POST', '/api/v1/users', body)['id']}"
    org.ask("POST", f"{active}/lifecycle/suspend")
    assert (403, "E0000038") == org.refused("POST", f"{active}/lifecycle/unlock")[:2]
    org.ask("POST", f"{active}/lifecycle/unsuspend")
    assert "ACTIVE" == org.ask("GET", active)["status"]


def test_membership_shows_on_both_sides_and_in_the_log_once(org):
    """Adding somebody twice changes nothing the second time."""
    group, user = org.group("One"), org.user("ada@example.com")["id"]
    for _ in range(2):
        org.ask("PUT", f"/api/v1/groups/{group}/users/{user}")
    assert [user] == [row["id"] for row in org.ask("GET", f"/api/v1/groups/{group}/users")]
    assert ["Everyone", "One"] == [row["profile"]["name"] for row in org.ask("GET", f"/api/v1/users/{user}/groups")]
    assert 1 == org.events().count("group.user_membership.add")
    org.ask("DELETE", f"/api/v1/groups/{group}/users/{user}")
    assert [] == org.ask("GET", f"/api/v1/groups/{group}/users")


def test_phone_methods_are_switched_one_by_one(org):
    """SMS and voice are methods of one authenticator."""
    phone = next(row for row in org.ask("GET", "/api/v1/authenticators") if row["key"] == "phone_number")
    path = f"/api/v1/authenticators/{phone['id']}/methods"
    org.ask("POST", f"{path}/sms/lifecycle/deactivate")
    assert {"sms": "INACTIVE", "voice": "ACTIVE"} == {row["type"]: row["status"] for row in org.ask("GET", path)}


def test_factors_are_enrolled_and_removed_and_the_log_says_so(org):
    """What a person holds is the vendor's factor list, password aside."""
    user = org.user("ada@example.com")["id"]
    path = f"/api/v1/users/{user}/factors"
    body = {"factorType": "sms", "provider": "OKTA", "profile": {"phoneNumber": "+15550100"}}
    factor = org.ask("POST", path, body)
    assert [("sms", "+15550100")] == [(f["factorType"], f["profile"]["phoneNumber"]) for f in org.ask("GET", path)]
    status, _, _ = org.send("DELETE", f"{path}/{factor['id']}?removeRecoveryEnrollment=true")
    assert (204, []) == (status, org.ask("GET", path))
    assert ["user.mfa.factor.activate", "user.mfa.factor.deactivate"] == org.events()[-2:]


def test_a_zone_that_a_rule_names_cannot_be_switched_off(org):
    """A rule would silently hold for nobody."""
    body = {"type": "IP", "name": "Office", "gateways": [{"type": "CIDR", "value": "192.0.2.0/24"}]}
    zone = org.ask("POST", "/api/v1/zones", body)["id"]
    policy = org.policies("ACCESS_POLICY")["Okta Dashboard"]["id"]
    org.app_rule(policy, "Office", conditions={"network": {"connection": "ZONE", "include": [zone]}})
    assert 400 == org.refused("POST", f"/api/v1/zones/{zone}/lifecycle/deactivate")[0]


def test_a_group_rule_fills_its_group_once_active(org):
    """People who match come in at activation, and later ones when they are made."""
    org.user("ada@example.com", department="Finance")
    group = org.group("Money")
    expression = {"type": "urn:okta:expression:1.0", "value": 'user.department == "Finance" && !user.title'}
    actions = {"assignUserToGroups": {"groupIds": [group]}}
    body = {"type": "group_rule", "name": "Money", "conditions": {"expression": expression}, "actions": actions}
    rule = org.ask("POST", "/api/v1/groups/rules", body)
    assert ("INACTIVE", []) == (rule["status"], org.ask("GET", f"/api/v1/groups/{group}/users"))
    org.ask("POST", f"/api/v1/groups/rules/{rule['id']}/lifecycle/activate")
    org.user("bea@example.com", department="Finance")
    org.user("cy@example.com", department="Sales")
    members = [row["profile"]["login"] for row in org.ask("GET", f"/api/v1/groups/{group}/users")]
    assert ["ada@example.com", "bea@example.com"] == members
    broken = {**body, "name": "Other", "conditions": {"expression": {**expression, "value": "user.x ~ 1"}}}
    assert 400 == org.refused("POST", "/api/v1/groups/rules", broken)[0]


def test_the_log_is_bounded_filtered_and_paged(org):
    """Events are found by type and time; without an end the vendor always offers the next poll."""
    for name in ("One", "Two", "Three"):
        org.group(name)
        org.state.at += timedelta(minutes=1)
    created = '?filter=eventType+eq+"group.lifecycle.create"&limit=2'.replace('"', "%22")
    _, first, headers = org.send("GET", f"/api/v1/logs{created}")
    assert ["One", "Two"] == [row["target"][0]["displayName"] for row in first]
    onward = next(link for link in headers["Link"].split(", ") if 'rel="next"' in link)
    path = onward.split(">")[0].removeprefix(f"<{BASE}")
    _, second, headers = org.send("GET", path)
    assert ["Three"] == [row["target"][0]["displayName"] for row in second]
    assert 'rel="next"' in headers["Link"]
    since = (org.state.at - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    until = org.state.at.isoformat().replace("+00:00", "Z")
    _, last, headers = org.send("GET", f"/api/v1/logs?since={since}&until={until}")
    assert ["Three"] == [row["target"][0]["displayName"] for row in last]
    assert 'rel="next"' not in headers["Link"]


def test_the_same_calls_make_the_same_ids():
    """Ids depend on what came before, not on chance."""
    at = datetime(2026, 11, 2, tzinfo=UTC)
    ids = set()
    for _ in range(2):
        org = Org(made(Options(people=0, tenant="fresh")))
        org.state.at = at
        ids.add(org.group("One"))
    assert 1 == len(ids)
    assert 20 == len(ids.pop())


def test_custom_roles_reach_what_their_resource_set_names(org):
    """A role, a set and a binding: the help desk's separation as the vendor has it."""
    role = org.ask("POST", "/api/v1/iam/roles", {"label": "Desk", "permissions": ["okta.users.read"]})["id"]
    org.ask("POST", f"/api/v1/iam/roles/{role}/permissions/okta.users.manage")
    held = org.ask("GET", f"/api/v1/iam/roles/{role}/permissions")["permissions"]
    assert ["okta.users.read", "okta.users.manage"] == [row["label"] for row in held]
    links = [f"{BASE}/api/v1/groups/{org.group('One')}/users"]
    reach = org.ask("POST", "/api/v1/iam/resource-sets", {"label": "Desk", "resources": links})["id"]
    path = f"/api/v1/iam/resource-sets/{reach}/bindings"
    org.ask("POST", path, {"role": role, "members": [f"{BASE}/api/v1/groups/x"]})
    assert 1 == len(org.ask("GET", f"{path}/{role}/members")["members"])


def test_who_is_an_administrator_can_be_listed(org):
    """A grant shows on the person and in the list of assignees."""
    user = org.user("ada@example.com")["id"]
    org.ask("POST", f"/api/v1/users/{user}/roles", {"type": "HELP_DESK_ADMIN"})
    assert ["HELP_DESK_ADMIN"] == [row["type"] for row in org.ask("GET", f"/api/v1/users/{user}/roles")]
    assert [user] == [row["id"] for row in org.ask("GET", "/api/v1/iam/assignees/users")["value"]]
