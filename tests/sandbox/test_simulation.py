import pytest
from okta_org import Org

from sandbox.idp.options import Options
from sandbox.idp.tenancy import made

PATH = "/api/v1/policies/simulate"


@pytest.fixture
def org():
    """Make a tenant that may be changed."""
    return Org(made(Options(people=12, seed=7, tenant="lived-in")))


def named(org, path, name):
    """Return the id of the app, policy or zone with a name."""
    return next(row["id"] for row in org.ask("GET", path) if name in {row.get("label"), row.get("name")})


def body(app_id, context, kinds=("ACCESS_POLICY",)):
    """Return one question in the vendor's form."""
    return {"appInstance": app_id, "policyTypes": list(kinds), "policyContext": context}


def outcome(evaluation):
    """Return the rules that match and the rules that stay open in one evaluation."""
    return tuple(
        [rule["name"] for policy in evaluation[part]["policies"] for rule in policy["rules"]]
        for part in ("result", "undefined")
    )


def test_a_group_alone_is_answered_and_both_are_refused(org):
    """As the vendor's descriptions say: user or groups, not both, and not none."""
    user, group = next(iter(org.state.all("users"))), org.group("Somebody")
    app = named(org, "/api/v1/apps", "Sign-in canary")
    zone = named(org, "/api/v1/zones", "Registration desk")
    where = {"zones": {"ids": [zone]}}
    alone = org.ask("POST", PATH, body(app, {"groups": {"ids": [group]}, **where}))
    assert (["Outside blocked networks"], []) == outcome(alone["evaluation"][0])
    both = {"user": {"id": user}, "groups": {"ids": [group]}}
    assert (400, "E0000001") == org.refused("POST", PATH, body(app, both))[:2]
    assert (400, "E0000001") == org.refused("POST", PATH, body(app, {}))[:2]


def test_a_list_is_answered_by_a_list_and_an_object_by_an_object(org):
    """The reference has the one, the vendor's guide the other."""
    user, app = next(iter(org.state.all("users"))), named(org, "/api/v1/apps", "Sign-in canary")
    one = body(app, {"user": {"id": user}, "ip": "192.0.2.10"}, kinds=())
    answer = org.ask("POST", PATH, one)
    kinds = [row["policyType"] for row in answer["evaluation"]]
    assert ["OKTA_SIGN_ON", "MFA_ENROLL", "ACCESS_POLICY", "PROFILE_ENROLLMENT"] == kinds
    assert [answer, answer] == org.ask("POST", PATH, [one, one])


def test_a_rule_says_which_condition_failed_where_that_is_asked_for(org):
    """EVALUATED lists what was tried, RULE adds why; said twice or with a comma is the same."""
    user, app = next(iter(org.state.all("users"))), named(org, "/api/v1/apps", "Payroll")
    one = body(app, {"user": {"id": user}, "ip": "192.0.2.10"})

    def tried(query):
        (row,) = org.ask("POST", f"{PATH}{query}", one)["evaluation"]
        return [
            (rule["name"], rule["conditions"]) for policy in row["evaluated"]["policies"] for rule in policy["rules"]
        ]

    failed = [{"type": "network.connection", "status": "NOT_MATCH"}]
    assert [] == tried("")
    inside = "From the corporate network"
    assert [(inside, []), ("Catch-all Rule", [])] == [row for row in tried("?expand=EVALUATED") if row[0] != "Vendors"]
    assert (inside, failed) == tried("?expand=EVALUATED&expand=RULE")[0]
    assert tried("?expand=EVALUATED,RULE") == tried("?expand=EVALUATED&expand=RULE")


@pytest.mark.parametrize(
    ("conditions", "context", "expected"),
    [
        ({"riskScore": {"level": "HIGH"}}, {"risk": {"level": "HIGH"}}, (["Ours"], [])),
        ({"riskScore": {"level": "HIGH"}}, {"risk": {"level": "LOW"}}, (["Catch-all Rule"], [])),
        ({"riskScore": {"level": "HIGH"}}, {}, (["Catch-all Rule"], ["Ours"])),
        (
            {"platform": {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}},
            {"device": {"platform": "IOS"}},
            (["Ours"], []),
        ),
        (
            {"platform": {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}},
            {"device": {"platform": "CHROMEOS"}},
            (["Catch-all Rule"], ["Ours"]),
        ),
        ({"elCondition": {"condition": "user.profile.title == 'x'"}}, {}, (["Catch-all Rule"], ["Ours"])),
        (
            {"elCondition": {"condition": "user.profile.title == 'x'"}, "riskScore": {"level": "HIGH"}},
            {"risk": {"level": "LOW"}},
            (["Catch-all Rule"], []),
        ),
    ],
)
def test_a_condition_holds_fails_or_stays_open(org, conditions, context, expected):
    """What is not said or not modelled is UNDEFINED, unless something else fails for certain."""
    app, policy = named(org, "/api/v1/apps", "Okta Admin Console"), org.policies("ACCESS_POLICY")["Okta Admin Console"]
    managed = next(row for row in org.ask("GET", f"/api/v1/policies/{policy['id']}/rules") if not row["system"])
    org.ask("POST", f"/api/v1/policies/{policy['id']}/rules/{managed['id']}/lifecycle/deactivate")
    org.app_rule(policy["id"], "Ours", priority=1, conditions=conditions)
    asked = body(app, {"user": {"id": next(iter(org.state.all("users")))}, **context})

    assert expected == outcome(org.ask("POST", PATH, asked)["evaluation"][0])


def test_a_policy_whose_rules_all_fail_holds_nobody(org):
    """The next one decides, in simulation as in life."""
    contractors = next(row["id"] for row in org.ask("GET", "/api/v1/groups") if row["profile"]["name"] == "Contractors")
    app = named(org, "/api/v1/apps", "Sign-in canary")
    asked = body(app, {"groups": {"ids": [contractors]}}, kinds=["MFA_ENROLL"])
    assert (["At first challenge"], []) == outcome(org.ask("POST", PATH, asked)["evaluation"][0])
    policy = org.policies("MFA_ENROLL")["Contractors"]
    (rule,) = org.ask("GET", f"/api/v1/policies/{policy['id']}/rules")
    org.ask("POST", f"/api/v1/policies/{policy['id']}/rules/{rule['id']}/lifecycle/deactivate")
    assert (["Default Rule"], []) == outcome(org.ask("POST", PATH, asked)["evaluation"][0])


@pytest.mark.parametrize(
    ("change", "query", "expected"),
    [
        ({"appInstance": None}, "", (400, "E0000001")),
        ({"appInstance": "0oaNone"}, "", (404, "E0000007")),
        ({"policyContext": {"user": {"id": "00uNone"}}}, "", (404, "E0000007")),
        ({"policyContext": {"groups": {"ids": ["00gNone"]}}}, "", (404, "E0000007")),
        (
            {"policyContext": {"groups": {"ids": ["00gNone"]}, "zones": {"ids": ["z"]}, "ip": "x"}},
            "",
            (400, "E0000001"),
        ),
        ({"colour": "red"}, "", (400, "E0000003")),
        ({"policyTypes": ["PASSWORD"]}, "", (400, "E0000003")),
        ({}, "?expand=RULES", (400, "E0000001")),
    ],
)
def test_what_the_simulation_does_not_take_is_refused(org, change, query, expected):
    """An unknown app, account, group, word or field is never ignored, and a refusal is no write either."""
    user, app = next(iter(org.state.all("users"))), named(org, "/api/v1/apps", "Sign-in canary")
    asked = {**body(app, {"user": {"id": user}, "ip": "192.0.2.10"}), **change}

    assert expected == org.refused("POST", f"{PATH}{query}", asked)[:2]
    assert expected == org.refused("POST", f"{PATH}{query}", [asked])[:2]
    assert [] == org.state.writes
    assert (405, "E0000022") == org.refused("GET", PATH)[:2]


def test_a_bad_address_is_refused(org):
    """It would silently be in no zone at all."""
    user, app = next(iter(org.state.all("users"))), named(org, "/api/v1/apps", "Sign-in canary")
    assert (400, "E0000001") == org.refused("POST", PATH, body(app, {"user": {"id": user}, "ip": "here"}))[:2]
    assert (400, "E0000003") == org.refused("POST", PATH, ["no object"])[:2]
