"""Which policy and which rule decide for somebody."""

import pytest

from sandbox.idp.judge.okta import NotModelled
from tests.sandbox.judge_worlds import (
    AT,
    BLOCKED,
    CORPORATE,
    DENY,
    OUTSIDE,
    Tenant,
    assurance,
    by_policy,
    legacy,
    session,
)


def session_rule(described, **question):
    """Return the session rule that decides for ada."""
    return described.ask("sign-in", **question)["decided_by"][0]["rule"]


def matches(conditions, question=None, **person):
    """Tell whether a dashboard rule with *conditions* is the one that decides for ada."""
    described = Tenant()
    described.person("ada", "staff", **person)
    described.rule("Okta Dashboard", "Special", DENY, conditions=conditions)
    return "Special" in [one["rule"] for one in described.ask(**(question or {}))["decided_by"]]


def network(connection="ZONE", **zones):
    """Return a network condition."""
    return {"network": {"connection": connection, **zones}}


def test_a_policy_is_for_its_groups():
    """The first policy of a type that includes one of the person's groups decides."""
    described = Tenant()
    described.policy("OKTA_SIGN_ON", "For others", "others", priority=1)
    described.rule("For others", "Others Rule", session())
    described.policy("OKTA_SIGN_ON", "For staff", "staff", "others", priority=2)
    described.rule("For staff", "Staff Rule", session())
    described.person("ada", "staff")
    described.person("bob")

    assert "Staff Rule" == session_rule(described)
    assert "Session Rule" == session_rule(described, user="id-bob")


def test_a_policy_may_exclude_a_group():
    """Who is in an excluded group is not held by the policy."""
    described = Tenant()
    people = {"people": {"groups": {"include": ["everyone"], "exclude": ["staff"]}}}
    described.policy("OKTA_SIGN_ON", "Others", priority=1, conditions=people)
    described.rule("Others", "Others Rule", session())
    described.person("ada", "staff")
    described.person("bob")

    assert "Session Rule" == session_rule(described)
    assert "Others Rule" == session_rule(described, user="bob@example.com")


@pytest.mark.parametrize(
    ("policy", "rule"),
    [({"status": "INACTIVE"}, {}), ({}, {"status": "INACTIVE"}), ({}, {"conditions": network(include=["corporate"])})],
)
def test_a_policy_whose_rules_all_fail_holds_nobody(policy, rule):
    """In Okta a matching group does not capture a person: the next policy is tried."""
    described = Tenant()
    described.policy("OKTA_SIGN_ON", "First", priority=1, **policy)
    described.rule("First", "First Rule", session(), **rule)

    assert "Session Rule" == session_rule(described)


def test_a_policy_without_a_rule_is_nobodys():
    """It is passed over even though its group matches."""
    described = Tenant()
    described.policy("OKTA_SIGN_ON", "Empty", priority=1)
    described.policy("MFA_ENROLL", "Empty too", priority=1, settings={"authenticators": []})

    assert "Session Rule" == session_rule(described)
    assert "allowed" == described.outcome("sign-in", "password", "sms")


def test_when_everything_falls_through_the_answer_is_no():
    """With no rule left that applies, nothing lets the person in."""
    described = Tenant()
    described.rule("Default Session", "Session Rule", session(), conditions=network(include=["corporate"]))

    assert ("denied", []) == (described.outcome(), described.ask()["accepted"])
    assert "allowed" == described.outcome("sign-in", "password", "sms", context={"ip": CORPORATE})


def test_rules_are_tried_by_priority_and_a_catch_all_last():
    """A system rule comes last whatever number it shows."""
    described = Tenant()
    described.rule("Okta Dashboard", "Late", assurance(1), priority=150)
    described.rule("Okta Dashboard", "Early", assurance(2), priority=0, conditions=network(include=["corporate"]))

    assert "Late" == described.ask()["decided_by"][1]["rule"]
    assert "Early" == described.ask(context={"ip": CORPORATE})["decided_by"][1]["rule"]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [("OKTA", "Okta only Rule"), ("ACTIVE_DIRECTORY", "AD only Rule"), ("LDAP", "Password Rule")],
)
def test_a_password_policy_is_for_one_authentication_provider(provider, expected):
    """A policy for one provider says nothing about the people of another; without one it is for all."""
    described = Tenant()
    for place, (name, word) in enumerate([("AD only", "ACTIVE_DIRECTORY"), ("Okta only", "OKTA")]):
        conditions = {"authProvider": {"provider": word}, "people": {"groups": {"include": ["everyone"]}}}
        described.policy("PASSWORD", name, priority=place, conditions=conditions)
        described.rule(name, f"{name} Rule", legacy("email"))
    described.person("ada", provider=provider)

    assert [expected] == [one["rule"] for one in described.ask("recover", method="email")["decided_by"]]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (None, True),
        ({"people": {"groups": {"include": ["staff"]}}}, True),
        ({"people": {"groups": {"include": ["others"]}}}, False),
        ({"people": {"groups": {"exclude": ["staff"]}}}, False),
        ({"people": {"users": {"include": ["id-ada"], "exclude": []}}}, True),
        ({"people": {"users": {"include": ["id-bob"]}}}, False),
        ({"people": {"users": {"exclude": ["id-ada"]}}}, False),
        ({"people": {"groups": {"include": ["staff"]}, "users": {"exclude": ["id-ada"]}}}, False),
        ({"userType": {"include": ["default"], "exclude": []}}, True),
        ({"userType": {"include": ["kiosk"]}}, False),
        ({"userType": {"exclude": ["default"]}}, False),
        ({"authContext": {"authType": "ANY"}}, True),
        ({"authContext": {"authType": "RADIUS"}}, False),
        ({"authContext": {"authType": "LDAP_INTERFACE"}}, False),
        ({"identityProvider": {"provider": "ANY"}}, True),
        ({"identityProvider": {"provider": "OKTA"}}, True),
        ({"risk": {"behaviors": []}, "riskScore": {"level": "ANY"}}, True),
        ({"riskScore": {"level": "LOW"}}, True),
        ({"riskScore": {"level": "HIGH"}}, False),
        ({"device": {"assurance": {"include": []}}}, True),
        ({"device": {"registered": None, "managed": None}}, True),
        ({"device": {"registered": True}}, False),
        ({"elCondition": {}}, True),
        ({"elCondition": {"condition": ""}, "platform": {"include": []}}, True),
        ({"elCondition": {"condition": "user.profile.department == 'Sales'"}}, False),
    ],
)
def test_every_condition_must_hold(conditions, expected):
    """An empty condition is none; each one that says something must be true of the scene."""
    assert expected == matches(conditions)


@pytest.mark.parametrize(
    ("zones", "address", "expected"),
    [
        ({"connection": "ANYWHERE"}, OUTSIDE, True),
        ({"include": ["corporate"]}, CORPORATE, True),
        ({"include": ["corporate"]}, OUTSIDE, False),
        ({"include": ["corporate", "blocked"]}, BLOCKED, True),
        ({"exclude": ["blocked"]}, OUTSIDE, True),
        ({"exclude": ["blocked"]}, BLOCKED, False),
        ({"include": ["ALL_ZONES"], "exclude": ["blocked"]}, CORPORATE, True),
        ({"include": ["ALL_ZONES"], "exclude": ["blocked"]}, BLOCKED, False),
        ({"exclude": ["ALL_ZONES"]}, OUTSIDE, True),
        ({"include": ["gone"]}, CORPORATE, False),
        ({"include": ["corporate"]}, "2001:db8::1", False),
        ({"connection": "ON_NETWORK"}, CORPORATE, True),
        ({"connection": "ON_NETWORK"}, OUTSIDE, False),
        ({"connection": "OFF_NETWORK"}, OUTSIDE, True),
        ({"connection": "OFF_NETWORK"}, CORPORATE, False),
    ],
)
def test_a_network_condition_looks_at_the_address(zones, address, expected):
    """Zones are included, excluded, or all meant; one that was deleted holds nobody."""
    assert expected == matches(network(**zones), {"context": {"ip": address}})


@pytest.mark.parametrize(
    ("zone", "address", "expected"),
    [
        ({"gateways": [{"type": "RANGE", "value": "10.0.0.5-10.0.0.9"}]}, "10.0.0.9", True),
        ({"gateways": [{"type": "RANGE", "value": "10.0.0.5-10.0.0.9"}]}, "10.0.0.10", False),
        ({"gateways": [{"type": "RANGE", "value": "10.0.0.5"}]}, "10.0.0.5", True),
        ({"gateways": [{"type": "CIDR", "value": "1.2.3.4/24"}]}, "1.2.3.200", True),
        ({"gateways": [{"type": "CIDR", "value": "2001:db8::/32"}]}, "2001:db8::1", True),
        ({"gateways": None}, "10.0.0.5", False),
        ({"status": "INACTIVE"}, "10.9.9.9", False),
        ({"proxies": [{"type": "CIDR", "value": "10.9.9.9/32"}], "gateways": []}, "10.9.9.9", False),
    ],
)
def test_a_zone_is_its_gateways(zone, address, expected):
    """Networks and ranges of gateways, both ends included; an inactive zone holds nobody."""
    described = Tenant()
    described.zone("own", "10.9.9.9/32", **zone)
    described.rule("Okta Dashboard", "Special", DENY, conditions=network(include=["own"]))

    assert expected == (described.outcome(context={"ip": address}) == "denied")


def test_a_block_list_is_asked_before_any_policy():
    """From an address on it nobody gets to a rule, and it is no policy zone."""
    described = Tenant()
    described.zone("blocked", "198.51.100.0/24", usage="BLOCKLIST")

    verdict = described.ask("sign-in", "password", "sms", context={"ip": BLOCKED})

    assert ("denied", []) == (verdict["outcome"], verdict["decided_by"])
    assert "denied" == described.outcome("recover", method="sms", context={"ip": BLOCKED})


@pytest.mark.parametrize(
    ("context", "registered", "managed"),
    [
        ({}, False, False),
        ({"device": "unregistered"}, False, False),
        ({"device": "registered"}, True, False),
        ({"device": "joined"}, True, False),
        ({"device": "compliant"}, True, True),
        ({"device": {"registered": True, "managed": True}}, True, True),
        ({"device": {"registered": True}}, True, False),
        ({"device_id": "laptop"}, True, True),
        ({"device_id": "phone"}, True, False),
        ({"device_id": "laptop", "device": "unregistered"}, False, False),
    ],
)
def test_a_device_is_registered_or_managed_or_neither(context, registered, managed):
    """The vendor knows two things of a device; a condition asks for either to be so or not to be so."""
    described = Tenant()
    described.collections["devices"] = {
        "id-ada": (
            {"id": "laptop", "platform": "macos", "registered": True, "managed": True, "compliant": False},
            {"id": "phone", "platform": "ios", "registered": True, "managed": False, "compliant": True},
        )
    }
    for place, device in enumerate(
        [{"registered": True, "managed": True}, {"registered": True, "managed": False}, {"registered": False}]
    ):
        described.rule("Okta Dashboard", f"{place}", DENY, conditions={"device": device}, priority=place)

    expected = {(True, True): "0", (True, False): "1", (False, False): "2"}[registered, managed]
    assert expected == described.ask(context=context)["decided_by"][-1]["rule"]


def test_a_named_device_brings_its_platform():
    """Unless the question says which platform it is."""
    described = Tenant()
    described.collections["devices"] = {"id-ada": ({"id": "phone", "platform": "ios"},)}
    mobile = {"platform": {"include": [{"type": "MOBILE", "os": {"type": "ANY"}}]}}
    described.rule("Okta Dashboard", "Mobile", DENY, conditions=mobile)

    assert "denied" == described.outcome(context={"device_id": "phone"})
    assert "denied" != described.outcome(context={"device_id": "phone", "platform": "linux"})


@pytest.mark.parametrize(
    ("include", "platforms"),
    [
        ([{"type": "DESKTOP", "os": {"type": "WINDOWS"}}], {"windows"}),
        ([{"type": "DESKTOP", "os": {"type": "MACOS"}}], {"macos"}),
        ([{"type": "DESKTOP", "os": {"type": "OSX"}}], {"macos"}),
        ([{"type": "DESKTOP", "os": {"type": "OTHER", "expression": ""}}], {"linux"}),
        ([{"type": "MOBILE", "os": {"type": "ANY"}}], {"ios", "android"}),
        ([{"type": "MOBILE", "os": {"type": "IOS"}}, {"type": "DESKTOP"}], {"ios", "windows", "macos", "linux"}),
        ([{"type": "ANY", "os": {"type": "ANY"}}], {"windows", "macos", "ios", "android", "linux"}),
        ([{"type": "DESKTOP", "os": {"type": "CHROMEOS"}}], set()),
    ],
)
def test_a_platform_condition_lists_what_it_includes(include, platforms):
    """One of the listed pairs of form and system must fit."""
    conditions = {"platform": {"include": include, "exclude": []}}
    known = ("windows", "macos", "ios", "android", "linux")

    assert platforms == {one for one in known if matches(conditions, {"context": {"platform": one}})}


@pytest.mark.parametrize("level", ["LOW", "MEDIUM", "HIGH"])
def test_a_risk_level_is_that_level(level):
    """A rule for high risk does not match a low one, nor the other way round."""
    found = [
        risk
        for risk in ("low", "medium", "high")
        if matches({"riskScore": {"level": level}}, {"context": {"risk": risk}})
    ]

    assert [level.lower()] == found


@pytest.mark.parametrize(
    ("conditions", "named"),
    [
        ({"device": {"assurance": {"include": ["dae1"]}}}, "conditions.device.assurance"),
        ({"risk": {"behaviors": ["New device"]}}, "conditions.risk.behaviors"),
        ({"identityProvider": {"provider": "SPECIFIC_IDP", "idpIds": ["0oa1"]}}, "conditions.identityProvider"),
        ({"platform": {"exclude": [{"type": "MOBILE"}]}}, "conditions.platform.exclude"),
        ({"platform": {"include": [{"os": {"expression": "x"}}]}}, "conditions.platform.include.os"),
        ({"beacon": {"on": True}}, "conditions.beacon"),
        ({"network": {"connection": "ZONE"}}, "conditions.network.connection"),
        ({"riskScore": {"level": "EXTREME"}}, "conditions.riskScore.level"),
        ({"people": {"roles": {"include": ["x"]}}}, "conditions.people.roles"),
        ({"authContext": {"authType": "NEW"}}, "conditions.authContext.authType"),
    ],
)
def test_a_condition_that_is_not_modelled_is_named(conditions, named):
    """The judge says which path it cannot read."""
    with pytest.raises(NotModelled, match=named):
        matches(conditions)


def test_only_a_rule_that_is_reached_can_be_unreadable():
    """What stands behind the rule that decides, or behind a condition that fails, is never read."""
    unreadable = {"beacon": {"on": True}}
    others = {"people": {"groups": {"include": ["others"]}}}
    elsewhere = {"network": {"connection": "ZONE", "include": ["corporate"]}}

    assert not matches({**unreadable, **others})
    assert not matches({**unreadable, **elsewhere})
    described = Tenant()
    described.rule("Okta Dashboard", "First", assurance(2), priority=1)
    described.rule("Okta Dashboard", "Second", assurance(2), priority=2, conditions=unreadable)
    assert "First" == described.ask()["decided_by"][1]["rule"]


def test_a_dynamic_zone_is_unreadable_only_where_it_is_asked():
    """Its addresses are the vendor's secret."""
    described = Tenant()
    described.zone("tor", type="DYNAMIC_V2", usage="BLOCKLIST")

    assert "allowed" == described.outcome("sign-in", "password", "sms")
    described.rule("Okta Dashboard", "Special", DENY, conditions=network(exclude=["tor"]))
    with pytest.raises(NotModelled, match="DYNAMIC_V2"):
        described.ask()


def test_the_world_is_asked_as_it_stood():
    """The same tenant at another moment is another answer, whichever is asked first."""
    before, after = Tenant(), Tenant()
    after.rule("Default Password", "Password Rule", by_policy(), system=True)

    assert "allowed" == before.outcome("recover", method="sms")
    assert "denied" == after.outcome("recover", method="sms")
    assert "allowed" == before.outcome("recover", method="sms")
    assert AT == before.world().at
