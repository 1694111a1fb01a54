import pytest
from builders import a_baseline, a_password, a_provision, a_session, an_app, an_app_rule, an_enrolment, zone
from declared import run

from migration.baseline import BaselineNotSupported


def with_baseline(**changes):
    """Run the program on a free tenant with another baseline."""
    baseline = a_baseline(**changes)
    return run(a_provision(baseline), baseline)


def test_what_the_tenant_does_not_allow_today_is_not_opened():
    """The baseline minus, never plus: unlock, and the change of a password."""
    rule = (
        with_baseline(password=a_password(selfServiceUnlock={"access": "DENY"}, passwordChange={"access": "DENY"}))
        .named("home-standard password rule")
        .inputs
    )

    assert ("DENY", "DENY", "ALLOW") == (rule["passwordUnlock"], rule["passwordChange"], rule["passwordReset"])


def test_password_rules_of_the_tenant_stay_as_they_are():
    """Complexity, age, lockout and the life of a token are not our business."""
    policy = with_baseline().named("slot-1 password").inputs

    assert {
        "authProvider": "OKTA",
        "passwordMinLength": 12,
        "passwordMinNumber": 1,
        "passwordExcludeUsername": True,
        "passwordExcludeFirstName": True,
        "passwordExcludeLastName": False,
        "passwordMaxAgeDays": 0,
        "passwordHistoryCount": 4,
        "passwordMaxLockoutAttempts": 10,
        "recoveryEmailToken": 60,
        "skipUnlock": False,
    }.items() <= policy.items()


def test_an_authenticator_that_is_closed_today_stays_closed():
    """A policy of ours is no way around one of theirs."""
    policy = with_baseline(enrolment=an_enrolment(webauthn="NOT_ALLOWED")).named("home-standard enrolment").inputs

    assert "NOT_ALLOWED" == policy["webauthn"]["enroll"]


def test_when_people_are_asked_to_enrol_stays_as_it_is():
    """At the first challenge or at login: the tenant's choice."""
    assert "CHALLENGE" == with_baseline().named("slot-1 enrolment rule").inputs["enroll"]


@pytest.mark.parametrize(
    ("signon", "lifetime", "idle"),
    [
        ({}, 480, 60),
        ({"session": {"maxSessionLifetimeMinutes": 30, "maxSessionIdleMinutes": 10}}, 30, 10),
        ({"session": {"maxSessionLifetimeMinutes": 0, "maxSessionIdleMinutes": 0}}, 480, 60),
        ({"session": None}, 480, 60),
    ],
)
def test_a_session_is_never_longer_than_today_nor_than_the_limits(signon, lifetime, idle):
    """The shorter of the two; 0 minutes is no limit in Okta, and so the longest of all."""
    rule = with_baseline(session=a_session(**signon)).named("home-standard session rule").inputs

    assert (lifetime, idle, False) == (rule["sessionLifetime"], rule["sessionIdle"], rule["sessionPersistent"])
    assert ("ALLOW", "PASSWORD_IDP_ANY_FACTOR", False) == (rule["access"], rule["primaryFactor"], rule["mfaRequired"])


def test_a_second_factor_that_the_tenant_asks_for_is_still_asked_for():
    """With its prompt and its lifetime."""
    session = a_session(requireFactor=True, factorPromptMode="ALWAYS", factorLifetime=15, rememberDeviceByDefault=False)
    rule = with_baseline(session=session).named("slot-1 session rule").inputs

    assert (True, "ALWAYS", 15, False) == (
        rule["mfaRequired"],
        rule["mfaPrompt"],
        rule["mfaLifetime"],
        rule["mfaRememberDevice"],
    )


@pytest.mark.parametrize(
    ("today", "expected"),
    [("PT12H", "PT8H"), ("PT2H", "PT2H"), ("PT0S", "PT0M"), (None, "PT8H")],
)
def test_a_proof_lasts_no_longer_than_today_nor_than_the_limits(today, expected):
    """The sooner of the two; where the tenant says nothing the limit counts."""
    rule = an_app_rule("Anywhere", 1)
    rule["actions"]["appSignOn"]["verificationMethod"]["reauthenticateIn"] = today
    program = with_baseline(apps=(an_app("payroll", rule),))

    assert expected == program.named("home-standard sign-in payroll").inputs["reAuthenticationFrequency"]


@pytest.mark.parametrize(
    ("conditions", "carried"),
    [
        (zone(include=["nzo-1"]), {"networkConnection": "ZONE", "networkIncludes": ["nzo-1"]}),
        (zone(exclude=["nzo-1"]), {"networkConnection": "ZONE", "networkExcludes": ["nzo-1"]}),
        (None, {"networkConnection": "ANYWHERE"}),
        ({"device": {"registered": True, "managed": True}}, {"deviceIsRegistered": True, "deviceIsManaged": True}),
        (
            {"device": {"registered": True, "assurance": {"include": ["dae-1"]}}},
            {"deviceIsRegistered": True, "deviceAssurancesIncluded": ["dae-1"]},
        ),
        (
            {"platform": {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}},
            {"platformIncludes": [{"type": "MOBILE", "osType": "IOS"}]},
        ),
        ({"riskScore": {"level": "LOW"}}, {"riskScore": "LOW"}),
        (
            {"userType": {"include": ["oty-1"], "exclude": ["oty-2"]}},
            {"userTypesIncluded": ["oty-1"], "userTypesExcluded": ["oty-2"]},
        ),
        ({"elCondition": {"condition": "device.profile.managed"}}, {"customExpression": "device.profile.managed"}),
    ],
)
def test_the_conditions_of_a_rule_of_theirs_survive(conditions, carried):
    """ENFORCE takes its place in the same networks, on the same devices, for the same risk."""
    program = with_baseline(apps=(an_app("payroll", an_app_rule("Theirs", 1, conditions=conditions)),))

    assert carried.items() <= program.named("slot-2 sign-in payroll").inputs.items()


@pytest.mark.parametrize("condition", [{"authContext": {"authType": "RADIUS"}}, {"newThing": {"level": 1}}])
def test_a_condition_that_cannot_be_carried_over_is_refused(condition):
    """Without it the rule would match more people than theirs does."""
    with pytest.raises(BaselineNotSupported, match=f"The condition {next(iter(condition))} cannot be carried over"):
        with_baseline(apps=(an_app("payroll", an_app_rule("Theirs", 1, conditions=condition)),))


def test_an_authenticator_that_the_provider_cannot_carry_is_refused_while_people_use_it():
    """Declaring the others alone would close it; one that is closed today may be left out."""
    with pytest.raises(BaselineNotSupported, match="cannot carry the authenticator custom_app"):
        with_baseline(enrolment=an_enrolment(custom_app="OPTIONAL"))

    program = with_baseline(enrolment=an_enrolment(custom_app="NOT_ALLOWED"))
    assert "OPTIONAL" == program.named("home-standard enrolment").inputs["webauthn"]["enroll"]
