"""What resets a forgotten password and unlocks an account."""

import pytest

from sandbox.idp.judge.okta import NotModelled
from tests.sandbox.judge_worlds import DENY, PHISHING_RESISTANT, Tenant, assurance, by_policy, legacy


def deciding_by(actions):
    """Return a tenant whose only password rule has *actions*."""
    described = Tenant()
    described.rule("Default Password", "Password Rule", actions, system=True)
    return described


def step_up(*methods, required=True):
    """Return the second half of a recovery requirement."""
    return {"required": required, **({"methods": list(methods)} if methods else {})}


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        (["sms", "voice", "email"], [["email"], ["sms"], ["voice"]]),
        (["sms"], [["sms"]]),
        (["push"], [["push"]]),
        (["otp"], [["app_code"], ["totp"]]),
        (["email", "otp"], [["app_code"], ["email"], ["totp"]]),
        ([], []),
    ],
)
def test_a_legacy_rule_decides_by_its_own_list(methods, expected):
    """Any one of the listed methods is enough, and the account-management policy is not asked."""
    verdict = deciding_by(legacy(*methods)).ask("recover")

    assert expected == verdict["accepted"]
    assert ["Default Password"] == [one["policy"] for one in verdict["decided_by"]]


@pytest.mark.parametrize(
    ("held", "question", "expected"),
    [
        (["password", "sms"], {"method": "sms"}, "allowed"),
        (["password", "sms"], {"with": ["sms"]}, "allowed"),
        (["password", "sms"], {}, "must-step-up"),
        (["password", "sms"], {"with": ["password"]}, "must-step-up"),
        (["password", "sms"], {"method": "email"}, "must-step-up"),
        (["password", "totp"], {"method": "totp"}, "denied"),
        (["password"], {"method": "sms"}, "denied"),
        (["sms"], {"method": "sms"}, "allowed"),
        (["windows_hello"], {"method": "windows_hello"}, "denied"),
    ],
)
def test_recovery_counts_what_is_held(held, question, expected):
    """What is shown, whether as the method or beside it, counts when it is held and listed."""
    assert expected == Tenant().ask("recover", holds=held, **question)["outcome"]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (step_up(required=False), [["email"], ["sms"]]),
        (step_up("security_question"), [["email", "question"], ["question", "sms"]]),
        (
            step_up(),
            sorted(
                [sorted(["email", other]) for other in ("voice", "totp", "push", "app_code", "fastpass", "question")]
                + [sorted(["email", other]) for other in ("passkey_synced", "passkey_bound", "security_key", "sms")]
                + [sorted(["sms", other]) for other in ("totp", "push", "app_code", "fastpass", "question")]
                + [sorted(["sms", other]) for other in ("passkey_synced", "passkey_bound", "security_key")]
            ),
        ),
    ],
)
def test_a_second_step_is_another_authenticator(second, expected):
    """Where a step-up is required it is one of those named, or else any other authenticator but the password."""
    assert expected == deciding_by(legacy("email", "sms", step_up=second)).ask("recover")["accepted"]


def test_the_codes_of_otp_can_be_narrowed():
    """A method constraint names whose codes count; another kind of constraint is not modelled."""
    actions = legacy("otp")
    primary = actions["selfServicePasswordReset"]["requirement"]["primary"]
    primary["methodConstraints"] = [{"method": "otp", "allowedAuthenticators": [{"key": "google_otp"}]}]

    assert [["totp"]] == deciding_by(actions).ask("recover")["accepted"]
    primary["methodConstraints"][0]["method"] = "push"
    with pytest.raises(NotModelled, match="methodConstraints"):
        deciding_by(actions).ask("recover")


def test_the_enrolment_policy_does_not_forbid_legacy_recovery():
    """A phone that may no longer sign in still resets the password, until the password rule changes."""
    described = Tenant()
    described.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED"}, system=True)

    assert "allowed" == described.outcome("recover", method="sms")
    described.rule("Default Password", "Password Rule", by_policy(), system=True)
    assert [] == [one for one in described.ask("recover")["accepted"] if "sms" in one]


@pytest.mark.parametrize(
    ("allowed_for", "usable"), [("any", True), ("recovery", True), ("sso", False), ("none", False)]
)
def test_an_authenticator_may_be_for_sign_in_only(allowed_for, usable):
    """`allowedFor` decides whether a method may recover."""
    described = Tenant()
    described.authenticator("phone_number", allowedFor=allowed_for)

    assert usable == (["sms"] in described.ask("recover")["accepted"])


def test_the_account_management_policy_decides_where_the_rule_says_so():
    """With its catch-all of two factors two types are asked, and a password is none of them."""
    described = deciding_by(by_policy())

    verdict = described.ask("recover", method="sms", holds=["password", "sms", "question"])

    assert ("must-step-up", ["question"]) == (verdict["outcome"], verdict["prompts"])
    assert ["fastpass"] in verdict["accepted"]
    assert not [one for one in verdict["accepted"] if "password" in one]
    assert ["Default Password", "Account"] == [one["policy"] for one in verdict["decided_by"]]
    assert "denied" == described.outcome("recover", "password", "sms")


@pytest.mark.parametrize("requirement", [None, {}, {"primary": {"methods": ["sms"]}}, {"accessControl": None}])
def test_a_rule_that_does_not_say_leaves_it_to_the_account_management_policy(requirement):
    """That is the vendor's default for new rules."""
    actions = legacy("sms")
    actions["selfServicePasswordReset"]["requirement"] = requirement

    assert "Account" in [one["policy"] for one in deciding_by(actions).ask("recover")["decided_by"]]


def test_recovery_and_unlocking_are_operations_of_their_own():
    """A rule may name either; recovery is of the password authenticator."""
    described = deciding_by(by_policy())
    recovery = "accessRequest.operation == 'recover' && accessRequest.authenticator.key == 'okta_password'"
    described.rule(
        "Account",
        "Keys reset",
        assurance(1, PHISHING_RESISTANT),
        conditions={"elCondition": {"condition": recovery}},
        priority=1,
    )
    unlocking = {"elCondition": {"condition": "accessRequest.operation == 'unlockAccount'"}}
    described.rule("Account", "No unlocking", DENY, conditions=unlocking, priority=2)

    assert [["fastpass"], ["passkey_bound"], ["passkey_synced"], ["security_key"]] == described.ask("recover")[
        "accepted"
    ]
    assert ["No unlocking"] == [one["rule"] for one in described.ask("unlock")["decided_by"]][1:]


@pytest.mark.parametrize(
    ("action", "actions", "expected"),
    [
        ("recover", legacy("sms", access="DENY"), "denied"),
        ("unlock", legacy("sms", access="DENY"), "allowed"),
        ("recover", legacy("sms", unlock="DENY"), "allowed"),
        ("unlock", legacy("sms", unlock="DENY"), "denied"),
    ],
)
def test_resetting_and_unlocking_are_allowed_apart(action, actions, expected):
    """Each has its own access in the password rule; the requirement is the same."""
    assert expected == deciding_by(actions).outcome(action, method="sms")


@pytest.mark.parametrize(
    ("status", "recovering", "signing_in"),
    [
        ("LOCKED_OUT", "allowed", "denied"),
        ("RECOVERY", "allowed", "allowed"),
        ("PASSWORD_EXPIRED", "allowed", "allowed"),
        ("SUSPENDED", "denied", "denied"),
    ],
)
def test_a_locked_account_can_only_be_unlocked_or_recovered(status, recovering, signing_in):
    """It is locked for everything else."""
    described = Tenant()
    described.person("ada", status=status)

    assert recovering == described.outcome("unlock", method="sms")
    assert recovering == described.outcome("recover", method="sms")
    assert signing_in == described.outcome("sign-in", "password", "sms")
    assert signing_in == described.outcome("enrol", "password", "sms", method="totp")


def test_nobody_is_told_to_register_with_the_password_they_forgot():
    """What is lost opens no enrolment, so recovery by what is not held is denied."""
    described = deciding_by(by_policy())

    assert "denied" == described.outcome("recover", method="sms")


@pytest.mark.parametrize(
    "requirement",
    [
        {"accessControl": "SOMETHING"},
        {"accessControl": "LEGACY", "primary": {"methods": ["pigeon"]}},
        {"accessControl": "LEGACY", "primary": {"methods": ["sms"]}, "stepUp": {"required": True, "methods": ["x"]}},
    ],
)
def test_a_requirement_that_is_not_modelled_is_named(requirement):
    """An unknown word in a password rule is not passed over."""
    actions = legacy("sms")
    actions["selfServicePasswordReset"]["requirement"] = requirement

    with pytest.raises(NotModelled, match="requirement"):
        deciding_by(actions).ask("recover")


def test_a_password_rule_looks_at_where_somebody_is():
    """A rule for a zone does not recover from elsewhere; then the next policy is tried, and none is left."""
    described = Tenant()
    zone = {"network": {"connection": "ZONE", "include": ["corporate"]}}
    described.rule("Default Password", "Password Rule", legacy("sms"), conditions=zone, system=True)

    assert "allowed" == described.outcome("recover", method="sms", context={"ip": "203.0.113.9"})
    assert ("denied", []) == (
        described.outcome("recover", method="sms"),
        described.ask("recover", method="sms")["decided_by"],
    )
