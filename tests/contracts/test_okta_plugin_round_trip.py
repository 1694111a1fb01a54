import json

import pytest
from okta_plugin_desk import Desk, Vendor, listening

from sandbox.providers.values import DEFAULTS, unpack

POLICY = {"name": "Ours", "groupsIncluded": ["00g1"], "priority": 1}
RULE = {"policyId": "P", "name": "always", "priority": 1}
ENROL = {**POLICY, "isOie": True, "oktaPassword": {"enroll": "REQUIRED"}, "phoneNumber": {"enroll": "OPTIONAL"}}
APP_RULE = {
    **RULE,
    "constraints": [json.dumps({"possession": {"phishingResistant": "REQUIRED"}})],
    "groupsIncluded": ["00g2", "00g1"],
    "customExpression": "accessRequest.operation == 'enroll'",
}
ZONED = {"networkConnection": "ZONE", "networkIncludes": ["nzo1", "nzo2"]}
RICH = [
    ("Group", {"name": "Wave", "description": "-", "customProfileAttributes": '{"owner": "us"}'}),
    ("Zone", {"name": "Z", "type": "DYNAMIC_V2", "dynamicLocations": ["US", "AF-BGL"], "asns": ["64500"]}),
    ("Zone", {"name": "Z", "type": "DYNAMIC", "dynamicLocations": ["US"], "dynamicProxyType": "Any"}),
    ("Mfa", {**ENROL, "customApps": [{"id": "aut9", "enroll": "OPTIONAL"}], "status": "INACTIVE"}),
    ("RuleMfa", {**RULE, **ZONED, "enroll": "NEVER", "usersExcluded": ["00u2", "00u1"]}),
    (
        "RuleSignon",
        {
            **RULE,
            **ZONED,
            "mfaRequired": True,
            "mfaPrompt": "SESSION",
            "mfaLifetime": 15,
            "riskLevel": "HIGH",
            "sessionLifetime": 0,
            "sessionIdle": 30,
            "sessionPersistent": True,
            "behaviors": ["b"],
            "identityProvider": "SPECIFIC_IDP",
            "identityProviderIds": ["0oa1"],
        },
    ),
    (
        "Password",
        {
            **POLICY,
            "authProvider": "ACTIVE_DIRECTORY",
            "smsRecovery": "ACTIVE",
            "passwordMinLength": 14,
            "passwordExcludeLastName": True,
            "breachedPasswordLogoutEnabled": True,
            "skipUnlock": True,
            "breachedPasswordExpireAfterDays": 3,
            "passwordLockoutNotificationChannels": ["EMAIL"],
        },
    ),
    (
        "RulePassword",
        {
            **RULE,
            **ZONED,
            "groupsIncluded": ["00g1"],
            "passwordResetAccessControl": "LEGACY",
            "passwordResetRequirement": {
                "primaryMethods": ["otp", "email"],
                "methodConstraints": [{"method": "otp", "allowedAuthenticators": ["google_otp"]}],
                "stepUpEnabled": True,
                "stepUpMethods": ["security_question"],
            },
        },
    ),
    (
        "AppSignonPolicyRule",
        {
            **APP_RULE,
            **ZONED,
            "deviceIsRegistered": True,
            "deviceIsManaged": True,
            "riskScore": "LOW",
            "deviceAssurancesIncluded": ["dae1"],
            "inactivityPeriod": "PT1H",
            "usersIncluded": ["00u1"],
            "platformIncludes": [{"type": "MOBILE", "osType": "IOS"}, {"osType": "OTHER", "osExpression": "x"}],
            "keepMeSignedIn": {"postAuth": "ALLOWED", "postAuthPromptFrequency": "PT168H"},
        },
    ),
]


@pytest.fixture
def desk():
    """Return the plugin, configured for a vendor that has one policy for rules."""
    vendor = Vendor()
    vendor.objects["/api/v1/policies/P"] = {"id": "P", "name": "P", "status": "ACTIVE"}
    with listening(vendor) as url:
        yield Desk(vendor, httpProxy=url, apiToken="sandbox-pulumi")


@pytest.mark.parametrize(("name", "program"), RICH)
def test_what_was_written_reads_back_without_a_difference(desk, name, program):
    """Every property finds its way into the body and back: nothing differs when the server keeps all."""
    identity, outputs, inputs = desk.create(name, program)

    answer = desk.read(name, identity, outputs, inputs)

    assert [] == list(desk.diff(name, outputs, inputs, program).diffs)
    assert {key: one for key, one in inputs.items() if key != DEFAULTS} == unpack(answer.inputs)
