"""What each kind of requirement accepts."""

import pytest

from sandbox.idp.judge.okta import NotModelled
from tests.sandbox.judge_worlds import NO_PHONE, PHISHING_RESISTANT, Tenant, assurance, chain, session

PAIRS = [sorted(["password", one]) for one in ("app_code", "push", "sms", "totp", "voice")]
STRONG = ["fastpass", "passkey_bound", "passkey_synced", "security_key"]
STRONG_ALONE = [[one] for one in STRONG]
SINGLES = sorted([one] for one in [*STRONG, "app_code", "password", "push", "sms", "totp", "voice"])


def accepted(actions, **tenant):
    """Return what the dashboard accepts when its only rule has *actions*."""
    described = Tenant()
    for key, settings in tenant.items():
        described.authenticator(key, **settings)
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", actions, system=True)
    return described.ask()["accepted"]


def test_one_factor_is_any_method_that_may_sign_in():
    """With no constraint each method alone is enough; what is for recovery only is not among them."""
    assert SINGLES == accepted(assurance(1))


def test_two_factors_are_two_factor_types():
    """Password with any possession, or a verified user with one strong authenticator alone."""
    assert sorted([*STRONG_ALONE, *PAIRS]) == accepted(assurance(2))


def test_a_question_beside_a_password_is_one_factor_type():
    """Two things one knows are not two factors, and each goes with any possession."""
    found = accepted(assurance(2), security_question={"allowedFor": "any"})

    assert ["password", "question"] not in found
    assert ["question", "sms"] in found


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (PHISHING_RESISTANT, STRONG_ALONE),
        (
            {"possession": {"phishingResistant": "REQUIRED", "deviceBound": "REQUIRED"}},
            [["fastpass"], ["passkey_bound"], ["security_key"]],
        ),
        (
            {"possession": {"hardwareProtection": "REQUIRED"}},
            [["fastpass"], ["passkey_bound"], ["security_key"]],
        ),
        ({"possession": {"userVerification": "REQUIRED"}}, STRONG_ALONE),
        (
            {"possession": {"deviceBound": "REQUIRED", "phishingResistant": "OPTIONAL"}},
            [["app_code"], ["fastpass"], ["passkey_bound"], ["push"], ["security_key"], ["totp"]],
        ),
        ({"knowledge": {"types": ["password"]}}, [["password"]]),
        ({"knowledge": {"types": ["PASSWORD"]}}, [["password"]]),
        ({"possession": {"types": ["phone"]}}, [["sms"], ["voice"]]),
        ({"possession": {"types": ["app"]}}, [["app_code"], ["fastpass"], ["push"], ["totp"]]),
        ({"possession": {"methods": ["SMS", "PUSH"]}}, [["push"], ["sms"]]),
        ({"possession": {"methods": ["otp"]}}, [["totp"]]),
        ({"possession": {"methods": ["totp"]}}, [["app_code"]]),
        (
            {"possession": {"authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}]}},
            [["fastpass"]],
        ),
        (
            {"possession": {"authenticationMethods": [{"key": "webauthn", "method": "webauthn"}]}},
            [["passkey_bound"], ["passkey_synced"], ["security_key"]],
        ),
        (
            {
                "possession": {
                    "authenticationMethods": [
                        {"key": "webauthn", "method": "webauthn", "hardwareProtection": "REQUIRED"},
                        {"key": "google_otp", "method": "otp", "id": "aut1"},
                    ]
                }
            },
            [["passkey_bound"], ["security_key"], ["totp"]],
        ),
        ({"knowledge": {"types": ["password"]}, "possession": {"methods": ["sms"]}}, [["password", "sms"]]),
        ({"inherence": {"required": True}}, STRONG_ALONE),
        ({}, SINGLES),
    ],
)
def test_a_constraint_narrows_and_demands(constraint, expected):
    """With one factor, a constraint that is required accepts exactly the methods that it describes."""
    assert expected == accepted(assurance(1, constraint))


def test_constraint_objects_are_alternatives():
    """One object is enough; within an object everything holds."""
    found = accepted(
        assurance(1, {"possession": {"methods": ["sms"]}}, {"knowledge": {}, "possession": {"methods": ["push"]}})
    )

    assert [["password", "push"], ["sms"]] == found


def test_two_factors_with_a_phishing_resistant_possession():
    """A verified key does alone what two factors ask; with verification discouraged it needs a password."""
    described = Tenant()
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(2, PHISHING_RESISTANT), system=True)
    described.method("webauthn", "webauthn", userVerification="DISCOURAGED")

    assert [
        ["fastpass"],
        ["passkey_bound", "password"],
        ["passkey_synced", "password"],
        ["password", "security_key"],
    ] == described.ask()["accepted"]


def test_only_saying_no_sms_lets_a_bare_password_in():
    """An exclusion demands nothing by itself, so under one factor a password satisfies it."""
    assert [one for one in SINGLES if one not in (["sms"], ["voice"])] == accepted(assurance(1, NO_PHONE))


def test_an_exclusion_is_not_required_by_default():
    """The vendor's default for `required` is true, and false where something is excluded."""
    silent = {"possession": {key: value for key, value in NO_PHONE["possession"].items() if key != "required"}}

    assert ["password"] in accepted(assurance(1, silent))
    assert ["password"] not in accepted(assurance(1, {"possession": {**silent["possession"], "required": True}}))


def test_no_sms_with_two_factors_leaves_every_other_pair():
    """Under two factors the exclusion removes phones and nothing else."""
    expected = [one for one in PAIRS if not {"sms", "voice"} & set(one)]

    assert sorted([*STRONG_ALONE, *expected]) == accepted(assurance(2, NO_PHONE))


def test_what_is_not_required_still_narrows():
    """As recorded from the vendor: `required` false with a characteristic forbids other possessions only."""
    recorded = {
        "knowledge": {"required": False, "types": ["password"], "reauthenticateIn": "PT2H"},
        "possession": {"required": False, "deviceBound": "REQUIRED"},
    }

    assert [
        ["app_code", "password"],
        ["fastpass"],
        ["passkey_bound"],
        ["password", "push"],
        ["password", "totp"],
        ["security_key"],
    ] == accepted(assurance(2, recorded))
    assert ["password"] in accepted(assurance(1, recorded))


@pytest.mark.parametrize(
    ("holds", "shown", "expected"),
    [
        (["push"], ["push"], "denied"),
        ([{"method": "push", "user_verified": True}], ["push"], "allowed"),
        (["security_key"], ["security_key"], "allowed"),
        ([{"method": "security_key", "user_verified": False}, "password"], ["security_key"], "must-step-up"),
        ([{"method": "fastpass", "user_verified": False}], ["fastpass"], "denied"),
        ([{"method": "totp", "user_verified": True}], ["totp"], "denied"),
        ([{"method": "passkey_synced", "user_verified": None}], ["passkey_synced"], "allowed"),
    ],
)
def test_a_persons_own_verification_outweighs_the_catalogue(holds, shown, expected):
    """What somebody holds may verify them or not; a code can never."""
    assert expected == Tenant().outcome("sign-in", *shown, holds=holds)


def test_a_chain_asks_for_its_steps():
    """Each step has its alternatives, and every step of one way must be shown."""
    actions = chain("okta_password/password", "okta_verify/push")
    actions["appSignOn"]["verificationMethod"]["chains"][0]["authenticationMethods"].append(
        {"key": "webauthn", "method": "webauthn", "hardwareProtection": "REQUIRED"}
    )

    assert [["passkey_bound", "push"], ["password", "push"], ["push", "security_key"]] == accepted(actions)


def test_the_session_rule_asks_too():
    """Where the session wants a password first, a key alone is not enough for any app."""
    described = Tenant()
    described.rule("Default Session", "Session Rule", session(primaryFactor="PASSWORD_IDP"), system=True)
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(1, PHISHING_RESISTANT), system=True)

    assert [[*sorted((one[0], "password"))] for one in STRONG_ALONE] == described.ask()["accepted"]
    assert "must-step-up" == described.outcome("sign-in", "security_key", holds=["password", "security_key"])


def test_a_session_rule_may_ask_for_two_factors():
    """`requireFactor` holds even where the app asks for one factor."""
    described = Tenant()
    described.rule("Default Session", "Session Rule", session(requireFactor=True), system=True)
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(1), system=True)

    assert sorted([*STRONG_ALONE, *PAIRS]) == described.ask()["accepted"]


@pytest.mark.parametrize(
    ("accepting", "shown", "expected"),
    [
        (assurance(1), [], "A1"),
        (assurance(2), [], "A2"),
        (assurance(2, PHISHING_RESISTANT), [], "A4"),
        (assurance(2), ["password", "totp"], "A3"),
        (assurance(2), ["password", "sms"], "A2"),
        (assurance(2), ["security_key"], "A5"),
        (assurance(2), ["password", "security_key"], "A5"),
        (assurance(1, {"knowledge": {"types": ["security_question"]}}), [], None),
    ],
)
def test_assurance_is_of_what_was_shown_or_else_of_the_weakest_that_would_do(accepting, shown, expected):
    """A phone line never lifts a password past A2, and nothing accepted has no level."""
    described = Tenant()
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", accepting, system=True)

    assert expected == described.ask("sign-in", *shown, holds=shown)["assurance"]


@pytest.mark.parametrize(
    "method",
    [
        {"type": "ID_PROOFING", "factorMode": "2FA"},
        {"factorMode": "3FA", "type": "ASSURANCE"},
        {"factorMode": "1FA", "type": "ASSURANCE", "constraints": [{"possession": {"colour": "RED"}}]},
        {"factorMode": "1FA", "type": "ASSURANCE", "constraints": [{"possession": {"deviceBound": "MAYBE"}}]},
        {"factorMode": "1FA", "type": "ASSURANCE", "constraints": [{"location": {}}, {"location": {"in": 1}}]},
        {"factorMode": "1FA", "type": "ASSURANCE", "reauthenticateIn": "P1M"},
        {"type": "AUTH_METHOD_CHAIN", "chains": []},
        {},
    ],
)
def test_what_is_not_modelled_is_never_guessed(method):
    """A verification that the judge cannot read makes it say so."""
    described = Tenant()
    actions = {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", actions, system=True)

    with pytest.raises(NotModelled):
        described.ask()
