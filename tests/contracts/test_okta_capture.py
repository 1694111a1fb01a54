from collections.abc import Mapping

import httpx
import pytest
from builders import EVERYONE, NOON, STACK, a_catch_all, an_app_rule, for_people, zone

from migration.adapters.okta_capture import capture
from migration.adapters.okta_client import OktaClient
from migration.baseline import BaselineNotSupported

ADA, BOB, VENDOR = "00uAda", "00uBob", "00uVendor"
PEOPLE = {"administrators": frozenset({ADA}), "standard": frozenset({BOB})}
ANYWHERE = {"people": {"users": {"exclude": []}}, "network": {"connection": "ANYWHERE"}}
PILOT, VENDORS = "00gPilot", "00gVendors"


def a_policy(policy_id, kind, priority, *, groups=(EVERYONE,), provider=None, **changes):
    """Make one policy as the vendor lists it."""
    conditions = {"people": {"groups": {"include": list(groups)}}}
    if provider:
        conditions["authProvider"] = {"provider": provider}
    return {
        "id": policy_id,
        "type": kind,
        "name": policy_id.removeprefix("00p"),
        "priority": priority,
        "status": "ACTIVE",
        "system": False,
        "created": "2024-01-01T00:00:00.000Z",
        "lastUpdated": "2026-01-01T00:00:00.000Z",
        "conditions": conditions,
        "_links": {"self": {"href": "http://localhost"}},
        **changes,
    }


def a_rule(rule_id="0prDefault", priority=1, **changes):
    """Make one rule of an org-wide policy as the vendor lists it."""
    return {
        "id": rule_id,
        "name": rule_id,
        "priority": priority,
        "status": "ACTIVE",
        "system": True,
        "created": "2024-01-01T00:00:00.000Z",
        "lastUpdated": None,
        "conditions": ANYWHERE,
        "actions": {"enroll": {"self": "CHALLENGE"}},
        "_links": {},
        **changes,
    }


class VendorTenant:
    """What a tenant answers to the reads of a capture; lists are the vendor's and may be changed by a test."""

    def __init__(self):
        self.groups = {EVERYONE: [ADA, BOB, VENDOR], PILOT: [BOB], VENDORS: [VENDOR]}
        self.providers = {ADA: "OKTA", BOB: "OKTA", VENDOR: "ACTIVE_DIRECTORY"}
        self.policies = [
            a_policy("00pEnrol", "MFA_ENROLL", 1),
            a_policy("00pSession", "OKTA_SIGN_ON", 1),
            a_policy("00pDirectory", "PASSWORD", 1, provider="ACTIVE_DIRECTORY"),
            a_policy("00pPassword", "PASSWORD", 2, provider="OKTA"),
            an_access_policy("rstPayroll", "Payroll, HR & more"),
            an_access_policy("rstUnused", "Any two factors"),
            an_access_policy("rstAccount", "Okta Account Management Policy", "END_USER_ACCOUNT_MANAGEMENT"),
        ]
        self.rules = {policy["id"]: [a_rule(f"0pr{policy['id']}")] for policy in self.policies[:4]}
        self.rules |= {
            "rstPayroll": [an_app_rule("Corporate", 2, conditions=zone(include=["nzo"])), a_catch_all()],
            "rstUnused": [a_catch_all("ALLOW")],
            "rstAccount": [an_app_rule("First key", 1, conditions=for_people(groups=[PILOT])), a_catch_all("ALLOW")],
        }
        self.apps = [an_application("Payroll", "rstPayroll"), an_application("Time sheets", "rstPayroll")]
        self.asked = []

    def answer(self, request):
        """Answer one GET."""
        assert "GET" == request.method
        parts, query = request.url.path.removeprefix("/api/v1/").split("/"), request.url.params
        self.asked.append(request.url.path)
        match parts:
            case ["users"]:
                found = [
                    {"id": user, "credentials": {"provider": {"type": provider}}}
                    for user, provider in self.providers.items()
                ]
            case ["groups"]:
                found = [
                    {"id": EVERYONE, "type": "BUILT_IN", "profile": {"name": "Everyone"}},
                    {"id": "00gFake", "type": "OKTA_GROUP", "profile": {"name": "Everyone else"}},
                ]
            case ["groups", group, "users"]:
                found = [{"id": user} for user in self.groups[group]]
            case ["policies"]:
                found = [policy for policy in self.policies if policy["type"] == query["type"]]
            case ["policies", policy, "rules"]:
                found = self.rules[policy]
            case ["apps"]:
                found = self.apps
        return httpx.Response(200, json=found)

    def capture(self, cohorts: Mapping[str, frozenset[str]] = PEOPLE, ours=frozenset()):
        """Capture what decides today."""
        client = OktaClient("http://localhost:1", "token")
        client._client = httpx.Client(base_url=client.url, transport=httpx.MockTransport(self.answer))
        return capture(client, STACK, cohorts=cohorts, ours=ours, at=NOON)

    def refusal(self, **arguments):
        """Return why a capture is refused."""
        with pytest.raises(BaselineNotSupported) as caught:
            self.capture(**arguments)
        return caught.value


def an_access_policy(policy_id, name, resource="APP"):
    """Make one app sign-on policy as the vendor lists it."""
    named = {"name": name, "conditions": None, "_embedded": {"resourceType": resource}}
    return a_policy(policy_id, "ACCESS_POLICY", 1, **named)


def an_application(label, policy_id, **changes):
    """Make one app as the vendor lists it."""
    links = {"accessPolicy": {"href": f"http://localhost:1/api/v1/policies/{policy_id}"}}
    return {"id": f"0oa{label}", "label": label, "status": "ACTIVE", "_links": links, **changes}


@pytest.fixture
def tenant():
    """Make a tenant in which everyone's policies decide."""
    return VendorTenant()


def test_the_policy_of_everyone_is_what_decides(tenant):
    """One of each kind, with its first rule, and of the right directory."""
    found = tenant.capture()

    assert ["Enrol", "Session", "Password"] == [
        found.enrolment.policy["name"],
        found.session.policy["name"],
        found.password.policy["name"],
    ]
    assert "0pr00pPassword" == found.password.rule["id"]
    assert (STACK, NOON.isoformat()) == (found.stack, found.captured_at)


def test_the_vendors_bookkeeping_is_left_out(tenant):
    """A baseline changes when what decides changes, not when somebody looks at it."""
    before = tenant.capture()
    for thing in (*tenant.policies, *(rule for rules in tenant.rules.values() for rule in rules)):
        thing |= {"lastUpdated": "2026-11-02T12:00:00.000Z", "_links": {"next": {}}, "created": "2020"}

    assert before.digest == tenant.capture().digest
    noise = {"_links", "_embedded", "created", "lastUpdated", "priority", "system"}
    assert set() == noise & {*before.enrolment.policy, *before.enrolment.rule, *before.apps[0].rules[0]}


def test_what_decides_is_in_the_digest(tenant):
    """A setting that somebody changed in the console is seen."""
    before = tenant.capture().digest
    tenant.rules["00pEnrol"][0]["actions"] = {"enroll": {"self": "LOGIN"}}

    assert before != tenant.capture().digest


def test_an_app_policy_names_its_apps_and_the_rules_that_let_people_in(tenant):
    """One baseline per policy that an app uses; the key is a word that fits into a name."""
    (app,) = tenant.capture().apps

    assert ("payroll-hr-more", "rstPayroll", "Payroll, HR & more") == (app.key, app.policy_id, app.policy_name)
    assert ("Payroll", "Time sheets") == app.apps
    assert ["Corporate"] == [rule["name"] for rule in app.rules]


@pytest.mark.parametrize(
    "app",
    [
        an_application("Old", "rstUnused", status="INACTIVE"),
        {"id": "0oa1", "label": "No policy", "status": "ACTIVE", "_links": {}},
    ],
)
def test_a_policy_that_no_active_app_uses_is_no_baseline(tenant, app):
    """Nobody signs in through it."""
    tenant.apps.append(app)

    assert ["rstPayroll"] == [found.policy_id for found in tenant.capture().apps]


def test_where_theirs_stand_is_kept_for_the_shifts(tenant):
    """Every rule and policy that an insertion can move; the catch-all stays last whatever happens."""
    tenant.policies.append(a_policy("00pVendors", "MFA_ENROLL", 2, groups=[VENDORS]))
    found = tenant.capture()

    assert (("rul-first-key", 1),) == found.account_management.standing
    assert (("rul-corporate", 2),) == found.apps[0].standing
    assert (("00pEnrol", 1), ("00pVendors", 2)) == found.policies_standing["MFA_ENROLL"]
    assert (("00pDirectory", 1), ("00pPassword", 2)) == found.policies_standing["PASSWORD"]


def test_a_rule_of_theirs_at_99_that_is_not_the_vendors_is_moved_like_any_other(tenant):
    """Only the system's own catch-all has that place for good."""
    tenant.rules["rstPayroll"].insert(0, an_app_rule("Last", 99))

    assert ("rul-last", 99) in tenant.capture().apps[0].standing


def test_what_is_ours_is_no_baseline(tenant):
    """After the provision the tenant holds our sets too; they decide for nobody yet."""
    before = tenant.capture()
    tenant.policies.insert(0, a_policy("00pOurs", "MFA_ENROLL", 0, groups=[EVERYONE]))
    tenant.rules["rstAccount"].insert(0, an_app_rule("slot-1 recover", 0))
    tenant.rules["rstPayroll"].insert(0, an_app_rule("slot-1 sign-in", 0))
    ours = frozenset({"00pOurs", "rul-slot-1-recover", "rul-slot-1-sign-in"})

    assert before == tenant.capture(ours=ours)


@pytest.mark.parametrize(("kind", "name"), [("MFA_ENROLL", "enrolment"), ("OKTA_SIGN_ON", "session")])
def test_a_policy_for_some_of_the_people_is_refused(tenant, kind, name):
    """They have another baseline than the rest, and one set cannot be both."""
    tenant.policies.append(a_policy("00pPilot", kind, 0, groups=[PILOT]))

    refused = tenant.refusal()

    assert f"A {name} policy for a group decides for some people" in refused.message
    assert "00pPilot" in refused.context
    assert 1 == refused.exit_code


@pytest.mark.parametrize(
    "policy",
    [
        a_policy("00pX", "PASSWORD", 0, groups=[VENDORS], provider="OKTA"),
        a_policy("00pX", "PASSWORD", 0, groups=[PILOT], provider="OKTA", status="INACTIVE"),
        a_policy("00pX", "PASSWORD", 0, groups=[PILOT], provider="ACTIVE_DIRECTORY"),
        a_policy("00pX", "PASSWORD", 3, groups=[PILOT], provider="OKTA"),
    ],
)
def test_a_policy_that_does_not_decide_for_the_people_is_passed_over(tenant, policy):
    """For others, switched off, for another directory, or below everyone's."""
    tenant.policies.append(policy)

    assert "Password" == tenant.capture().password.policy["name"]


def test_a_policy_of_everyone_that_leaves_some_out_is_refused(tenant):
    """Those who are left out are decided by the next policy."""
    people = {"groups": {"include": [EVERYONE], "exclude": [PILOT]}}
    tenant.policies[0]["conditions"] = {"people": people}

    assert "enrolment policy for a group decides for some people" in tenant.refusal().message


def test_a_tenant_without_a_policy_of_everyone_is_refused(tenant):
    """Somebody would be decided by nothing that we have seen."""
    del tenant.policies[0]

    assert "No enrolment policy is everyone's" == tenant.refusal().message


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [a_rule(status="INACTIVE")],
        [a_rule(conditions=zone(include=["nzo"])), a_rule("0prRest", 2)],
        [a_rule(conditions={"riskScore": {"level": "HIGH"}}), a_rule("0prRest", 2)],
        [a_rule(conditions={"authContext": {"authType": "RADIUS"}}), a_rule("0prRest", 2)],
    ],
)
def test_a_policy_whose_first_rule_does_not_always_apply_is_refused(tenant, rules):
    """Two rules decide, by context; ours would have one."""
    tenant.rules["00pSession"] = rules

    assert "has no first rule that always applies" in tenant.refusal().message


@pytest.mark.parametrize(
    "conditions",
    [for_people(without_users=[BOB]), for_people(without_groups=[PILOT]), for_people(groups=[PILOT])],
)
def test_a_first_rule_that_singles_out_some_of_the_people_is_refused(tenant, conditions):
    """It decides for some of them, and another rule for the rest."""
    tenant.rules["00pSession"] = [a_rule(conditions=conditions), a_rule("0prRest", 2)]

    assert "singles out some of the people" in tenant.refusal().message


def test_rules_are_taken_in_their_order_and_those_for_others_are_passed_over(tenant):
    """The first one that is for our people decides, wherever it stands in the list."""
    vendors = a_rule("0prVendors", 1, conditions=for_people(groups=[VENDORS]))
    tenant.rules["00pSession"] = [a_rule("0prThird", 3), a_rule("0prSecond", 2), vendors]

    assert "0prSecond" == tenant.capture().session.rule["id"]


@pytest.mark.parametrize(
    ("conditions", "refused"),
    [
        (for_people(groups=[PILOT]), True),
        (for_people(without_groups=[PILOT]), True),
        (for_people(users=[ADA]), True),
        (for_people(without_users=[ADA]), True),
        (for_people(groups=[VENDORS]), False),
        (for_people(users=[VENDOR]), False),
        (for_people(without_groups=[VENDORS], without_users=[VENDOR]), False),
        (for_people(groups=[EVERYONE, PILOT]), False),
        (for_people(groups=[EVERYONE], users=[ADA]), False),
    ],
)
def test_an_app_rule_for_some_of_the_people_is_refused(tenant, conditions, refused):
    """By group or by name, let in or kept out: their way to the app is not that of the others."""
    tenant.rules["rstPayroll"].insert(0, an_app_rule("Pilot", 1, conditions=conditions))

    if refused:
        assert "rule Pilot (rul-pilot)" == tenant.refusal().context
    else:
        assert "rstPayroll" == tenant.capture().apps[0].policy_id


@pytest.mark.parametrize("policy", ["rstPayroll", "rstAccount"])
def test_a_rule_of_theirs_that_ours_could_not_stand_above_is_refused(tenant, policy):
    """The provider takes priority 0 for unset: a rule of theirs there would decide before ours."""
    tenant.rules[policy].insert(0, an_app_rule("First of all", 0))

    assert "priority 0" in tenant.refusal().message


def test_people_with_their_password_elsewhere_are_refused(tenant):
    """A password policy of ours would not reach them; they are counted, not named."""
    tenant.providers[BOB] = "ACTIVE_DIRECTORY"

    refused = tenant.refusal()

    assert "1 people of the waves have their password in another directory" == refused.message
    assert BOB not in f"{refused.message} {refused.context} {refused.hint}"


def test_a_tenant_without_an_account_management_policy_is_refused(tenant):
    """Recovery and enrolment could not be closed."""
    tenant.policies.pop()

    assert "no account-management policy" in tenant.refusal().message


def test_an_account_management_policy_is_recognised_by_what_it_is_for(tenant):
    """Whoever renamed it has not made it an app's."""
    tenant.policies[-1]["name"] = "Konto"

    assert ("rstAccount", "Konto") == (
        tenant.capture().account_management.policy_id,
        tenant.capture().account_management.policy_name,
    )


def test_a_group_is_read_only_when_a_policy_names_it_and_once(tenant):
    """Groups of tens of thousands are not read for nothing."""
    tenant.rules["rstPayroll"].insert(0, an_app_rule("Vendors", 1, conditions=for_people(groups=[VENDORS])))
    tenant.policies.append(a_policy("00pVendors", "MFA_ENROLL", 0, groups=[VENDORS]))
    tenant.capture()

    read = [path for path in tenant.asked if path.startswith("/api/v1/groups/")]
    assert [f"/api/v1/groups/{VENDORS}/users"] == read


def test_without_people_nobody_is_singled_out(tenant):
    """An empty programme has the tenant's baseline."""
    tenant.policies.append(a_policy("00pPilot", "MFA_ENROLL", 0, groups=[PILOT]))

    assert "Enrol" == tenant.capture(cohorts={}).enrolment.policy["name"]
