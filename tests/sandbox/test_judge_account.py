"""What opens enrolling a method, removing one, and changing a contact."""

import pytest

from sandbox.idp.judge.okta import NotModelled
from tests.sandbox.judge_worlds import (
    CORPORATE,
    DENY,
    PHISHING_RESISTANT,
    Tenant,
    assurance,
    by_policy,
    legacy,
    session,
)

PHONES = {"elCondition": {"condition": "accessRequest.authenticator.key == 'phone_number'"}}
ENROL = "accessRequest.operation == 'enroll'"
KEYS = f"{ENROL} && accessRequest.authenticator.key == 'webauthn'"


def expression(text, **more):
    """Return conditions with an expression."""
    return {"elCondition": {"condition": text}, **more}


@pytest.mark.parametrize("via", ["sign-in", "settings", "end-user-api"])
@pytest.mark.parametrize(
    ("held", "shown", "expected"),
    [
        (["password", "sms"], ["password", "sms"], "allowed"),
        (["password", "sms"], ["password"], "must-step-up"),
        (["password"], ["password"], "denied"),
        (["password"], ["password", "fastpass"], "denied"),
        (["fastpass"], ["fastpass"], "allowed"),
    ],
)
def test_enrolling_asks_what_the_account_management_policy_asks(via, held, shown, expected):
    """With its catch-all of two factors somebody must already hold two; the new method is not one of them."""
    assert expected == Tenant().outcome("enrol", *shown, method="fastpass", holds=held, via=via)


def test_a_rule_can_name_the_operation_and_the_authenticator():
    """A bootstrap rule for passkeys opens them to a password, in one zone, and nothing else."""
    described = Tenant()
    zone = {"network": {"connection": "ZONE", "include": ["corporate"]}}
    described.rule("Account", "First key", assurance(1), conditions=expression(KEYS, **zone), priority=1)

    def asked(method, action="enrol", address=CORPORATE):
        return described.outcome(action, "password", method=method, holds=["password"], context={"ip": address})

    assert "allowed" == asked("passkey_bound")
    assert "allowed" == asked("security_key")
    assert "denied" == asked("passkey_bound", address="192.0.2.10")
    assert "must-enrol" == asked("totp")
    assert "denied" == asked("totp", address="192.0.2.10")
    assert "must-enrol" == asked("passkey_bound", action="unenrol")


def test_a_rule_can_close_the_enrolment_of_phones_and_leave_them_usable():
    """Denied in the account-management policy, a phone cannot be registered and still signs in."""
    described = Tenant()
    condition = expression(f"{ENROL} && accessRequest.authenticator.key == 'phone_number'")
    described.rule("Account", "No new phones", DENY, conditions=condition, priority=1)
    shown = ("password", "sms")

    verdict = described.ask("enrol", *shown, method="voice")

    assert ("denied", [], ["No new phones"]) == (
        verdict["outcome"],
        verdict["accepted"],
        [one["rule"] for one in verdict["decided_by"]],
    )
    assert "denied" == described.outcome("enrol", *shown, method="sms", via="settings")
    assert "allowed" == described.outcome("enrol", *shown, method="totp")
    assert "allowed" == described.outcome("sign-in", *shown)


def test_the_end_user_api_goes_round_the_account_management_policy_for_phones():
    """The hole: there only the session, the dashboard and the enrolment policy are asked, and only for phones."""
    described = Tenant()
    described.rule("Account", "Closed", DENY, priority=1)

    assert "allowed" == described.outcome("enrol", "password", "sms", method="voice", via="end-user-api")
    assert "denied" == described.outcome("enrol", "password", "sms", method="totp", via="end-user-api")
    assert "denied" == described.outcome("enrol", "password", "sms", method="voice", via="settings")
    described.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED"}, system=True)
    assert "denied" == described.outcome("enrol", "password", "sms", method="voice", via="end-user-api")


def test_the_settings_page_is_behind_the_dashboards_own_policy():
    """What the dashboard asks is asked too, and not at sign-in."""
    described = Tenant()
    described.rule("Account", "Account Catch-all", assurance(1), system=True)
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(2, PHISHING_RESISTANT), system=True)

    assert "allowed" == described.outcome("enrol", "password", method="totp", via="sign-in")
    verdict = described.ask("enrol", "password", method="totp", via="settings")
    assert ["fastpass"] in verdict["accepted"]
    assert ["password"] not in verdict["accepted"]
    assert ["Account", "Default Session", "Okta Dashboard"] == [one["policy"] for one in verdict["decided_by"]]
    described.rule("Okta Dashboard", "Closed", DENY)
    assert "denied" == described.outcome("enrol", "fastpass", holds=["fastpass"], method="totp", via="settings")


def test_the_session_rule_guards_enrolment_too():
    """A session that wants a password wants it before anything is registered."""
    described = Tenant()
    described.rule("Default Session", "Session Rule", session(primaryFactor="PASSWORD_IDP"), system=True)

    assert all("password" in one for one in described.ask("enrol", method="totp")["accepted"])
    described.rule("Default Session", "Session Rule", session(access="DENY"), system=True)
    assert "denied" == described.outcome("enrol", "password", "sms", method="totp")


@pytest.mark.parametrize("via", ["sign-in", "settings", "end-user-api"])
def test_the_enrolment_policy_forbids_enrolling(via):
    """NOT_ALLOWED is an end by every way, and the policy is named."""
    described = Tenant()
    described.rule("Default Password", "Password Rule", by_policy(), system=True)
    described.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED"}, system=True)

    verdict = described.ask("enrol", "password", "fastpass", method="sms", holds=["password", "fastpass"], via=via)

    assert ("denied", ["Default Policy"]) == (verdict["outcome"], [one["policy"] for one in verdict["decided_by"]])


@pytest.mark.parametrize(
    ("actions", "method", "via", "expected"),
    [
        (legacy("sms"), "sms", "sign-in", "allowed"),
        (legacy("voice", "email"), "sms", "sign-in", "allowed"),
        (legacy("sms"), "sms", "settings", "denied"),
        (legacy("sms"), "sms", "end-user-api", "denied"),
        (legacy("email"), "sms", "sign-in", "denied"),
        (legacy("sms", access="DENY"), "sms", "sign-in", "denied"),
        (by_policy(), "sms", "sign-in", "denied"),
        (legacy("sms", "otp"), "totp", "sign-in", "denied"),
    ],
)
def test_a_legacy_password_rule_that_names_a_phone_prompts_for_one(actions, method, via, expected):
    """At sign-in a phone can then be registered even where the enrolment policy forbids it."""
    described = Tenant()
    described.rule("Default Password", "Password Rule", actions, system=True)
    described.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED", "google_otp": "NOT_ALLOWED"}, system=True)
    held = ["password", "fastpass"]

    assert expected == described.outcome("enrol", *held, method=method, holds=held, via=via)


def test_that_prompt_still_passes_the_account_management_policy():
    """A denial there closes the prompt too."""
    described = Tenant()
    described.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED"}, system=True)
    described.rule("Account", "No new phones", DENY, conditions=PHONES)

    assert "denied" == described.outcome("enrol", "fastpass", method="sms", holds=["fastpass"])


def test_an_enrolment_rule_can_deny_all_enrolment():
    """NEVER closes every way, while what is enrolled stays usable."""
    described = Tenant()
    described.enrolment("Default Policy", {}, system=True, enrol="NEVER")

    assert "denied" == described.outcome("enrol", "password", "sms", method="totp")
    assert "denied" == described.outcome("enrol", "password", "sms", method="totp", via="settings")
    assert "allowed" == described.outcome("sign-in", "password", "sms")


def test_what_is_switched_off_cannot_be_enrolled():
    """Neither an inactive authenticator, nor an inactive method, nor one the vendor has not."""
    described = Tenant()
    described.authenticator("google_otp", status="INACTIVE")
    described.method("okta_verify", "push", status="INACTIVE")

    for method in ("totp", "push", "windows_hello", "tap"):
        assert "denied" == described.outcome("enrol", "password", "sms", method=method)
    assert "allowed" == described.outcome("enrol", "password", "sms", method="app_code")


def test_what_is_allowed_for_recovery_only_can_be_enrolled_and_opens_nothing():
    """An e-mail address may be registered; showing it is not a factor of sign-in."""
    held = ["password", "email"]

    assert "denied" == Tenant().outcome("enrol", *held, method="totp", holds=held)
    assert "allowed" == Tenant().outcome("enrol", "password", "sms", method="email")


def test_a_way_to_enrol_may_lead_through_another_enrolment():
    """Who may register a phone with a password, and a key with two factors, must enrol the phone first."""
    described = Tenant()
    described.rule("Account", "Phones", assurance(1), conditions=PHONES, priority=1)

    verdict = described.ask("enrol", "password", method="security_key", holds=["password"])
    assert ("must-enrol", ["voice"]) == (verdict["outcome"], verdict["prompts"])
    described.rule("Payroll", "Strict", assurance(2, PHISHING_RESISTANT))
    asked = {"app": "Payroll", "holds": ["password"]}
    assert ["voice", "security_key"] == described.ask("sign-in", "password", **asked)["prompts"]
    assert ["password", "voice", "security_key"] == described.ask("sign-in", **asked)["prompts"]


def test_a_method_is_never_the_way_to_itself():
    """That it could be enrolled with a password does not make it something to show."""
    described = Tenant()
    described.rule("Account", "Keys", assurance(1, PHISHING_RESISTANT), conditions=expression(KEYS), priority=1)
    described.enrolment("Default Policy", {"okta_verify": "NOT_ALLOWED"}, system=True)

    assert "denied" == described.outcome("enrol", "password", "sms", method="security_key")
    assert ["security_key"] in described.ask("enrol", method="security_key")["accepted"]
    held = ["password", "security_key"]
    assert "allowed" == described.outcome("enrol", "security_key", method="security_key", holds=held)


def test_removing_is_an_operation_of_its_own():
    """A rule for enrolment says nothing about removing; the settings page is where it is done."""
    described = Tenant()
    described.rule("Account", "No enrolment", DENY, conditions=expression(ENROL), priority=1)
    asked = {"method": "sms", "via": "settings"}

    assert "allowed" == described.outcome("unenrol", "password", "sms", **asked)
    closed = expression("accessRequest.operation == 'unenroll' && accessRequest.authenticator.key == 'phone_number'")
    described.rule("Account", "No removal", DENY, conditions=closed, priority=2)
    assert "denied" == described.outcome("unenrol", "password", "sms", **asked)
    assert "allowed" == described.outcome("unenrol", "password", "sms", method="totp")


def test_removing_does_not_ask_the_enrolment_policy():
    """What is forbidden may be taken away; it opens nothing itself."""
    described = Tenant()
    described.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED"}, system=True)
    held = ["password", "sms", "totp"]

    assert "allowed" == described.outcome("unenrol", "password", "totp", method="sms", holds=held)
    assert "denied" != described.outcome("unenrol", "password", "sms", method="sms", holds=held) != "allowed"


@pytest.mark.parametrize("method", ["email", "profile", None])
def test_a_change_of_e_mail_or_profile_is_for_rules_that_name_no_operation(method):
    """Only unconditional rules and the catch-all govern it, tenant-wide."""
    described = Tenant()
    for place, word in enumerate(("enroll", "unenroll", "recover", "unlockAccount")):
        condition = expression(f"accessRequest.operation == '{word}'")
        described.rule("Account", f"No {word}", DENY, conditions=condition, priority=place)
    email = expression("accessRequest.authenticator.key == 'okta_email'")
    described.rule("Account", "No e-mail", DENY, conditions=email, priority=8)
    asked = {"method": method} if method else {}

    verdict = described.ask("change-contact", "password", "sms", **asked)
    assert ("allowed", "Account Catch-all") == (verdict["outcome"], verdict["decided_by"][0]["rule"])
    described.rule("Account", "Closed", DENY, priority=9)
    assert "denied" == described.outcome("change-contact", "password", "sms", **asked)


def test_a_change_of_phone_is_an_enrolment_in_the_settings():
    """A new number is a new authenticator: the rule for phones, the enrolment policy, the dashboard."""
    described = Tenant()
    assert "allowed" == described.outcome("change-contact", "password", "sms", method="sms")
    described.rule("Account", "No new phones", DENY, conditions=PHONES, priority=1)
    assert "denied" == described.outcome("change-contact", "password", "sms", method="voice")
    assert "allowed" == described.outcome("change-contact", "password", "sms", method="email")

    forbidden = Tenant()
    forbidden.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED"}, system=True)
    assert "denied" == forbidden.outcome("change-contact", "fastpass", method="sms", holds=["fastpass"])


def test_reauthentication_each_time_is_asked_before_an_enrolment():
    """A method shown a minute ago does not open what asks for it each time."""
    described = Tenant()
    described.rule("Account", "Account Catch-all", assurance(2, reauthenticateIn="PT0S"), system=True)
    ages = {"auth_ages": {"password": 60}}

    assert "allowed" == described.outcome("enrol", "password", "sms", method="totp")
    assert ["password"] == described.ask("enrol", "password", "sms", method="totp", context=ages)["prompts"]


def test_a_tenant_without_the_account_management_policy_asks_the_rest():
    """Where the vendor's feature is off the session and the dashboard guard enrolment."""
    described = Tenant()
    del described.collections["policies"]["Account"]

    assert "allowed" == described.outcome("enrol", "password", method="totp", holds=["password"])
    verdict = described.ask("enrol", "password", method="totp", holds=["password"], via="settings")
    assert "must-enrol" == verdict["outcome"]
    assert ["Default Session", "Okta Dashboard"] == [one["policy"] for one in verdict["decided_by"]]


@pytest.mark.parametrize(
    ("action", "question"),
    [("enrol", {"via": "admin-api", "method": "sms"}), ("reset-by-helpdesk", {"operator": "bob"})],
)
def test_what_administrators_do_is_not_modelled(action, question):
    """The judge says so instead of guessing at their rights."""
    with pytest.raises(NotModelled, match=r"admin-api|reset-by-helpdesk"):
        Tenant().ask(action, **question)


def test_a_limit_to_makes_of_keys_is_not_modelled():
    """Nobody here knows which make somebody would register."""
    described = Tenant()
    described.enrolment("Default Policy", {}, system=True)
    for entry in described.collections["policies"]["Default Policy"]["settings"]["authenticators"]:
        if entry["key"] == "webauthn":
            entry["constraints"] = {"aaguidGroups": ["Ours"]}

    with pytest.raises(NotModelled, match="aaguidGroups"):
        described.ask("enrol", "password", "sms", method="security_key")
    assert "allowed" == described.outcome("sign-in", "password", "sms")
