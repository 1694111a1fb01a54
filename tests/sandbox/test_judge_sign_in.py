"""Who gets in, who must show more, who must register first, who is turned away."""

import pytest

from sandbox.idp.judge.okta import NotModelled
from tests.sandbox.judge_worlds import DENY, PHISHING_RESISTANT, Tenant, assurance, session

STRICT = assurance(2, PHISHING_RESISTANT)


def strict_tenant():
    """Return a tenant whose dashboard wants something phishing-resistant."""
    described = Tenant()
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", STRICT, system=True)
    return described


@pytest.mark.parametrize(
    ("held", "shown", "expected", "prompts"),
    [
        (["password", "sms"], ["password", "sms"], "allowed", []),
        (["password", "sms"], ["password"], "must-step-up", ["sms"]),
        (["password", "sms"], [], "must-step-up", ["password", "sms"]),
        (["password"], ["password", "sms"], "denied", []),
        (["password"], ["password"], "denied", []),
        (["password", "sms", "fastpass"], [], "must-step-up", ["fastpass"]),
        (["password", "sms", "security_key"], ["password"], "must-step-up", ["security_key"]),
        (["windows_hello"], ["windows_hello"], "denied", []),
        ([], [], "denied", []),
    ],
)
def test_only_what_is_held_counts(held, shown, expected, prompts):
    """Showing what one does not hold is showing nothing; the next prompt comes from what is held."""
    verdict = Tenant().ask("sign-in", *shown, holds=held)

    assert (expected, prompts) == (verdict["outcome"], verdict["prompts"])


def test_what_is_accepted_does_not_depend_on_what_is_held():
    """The same rules accept the same sets from everybody."""
    described = Tenant()

    assert described.ask(holds=[])["accepted"] == described.ask("sign-in", holds=["fastpass"])["accepted"]


def test_somebody_who_may_register_what_is_asked_must_enrol():
    """The account-management policy opens with what they hold, so a passkey is one step away."""
    verdict = strict_tenant().ask("sign-in", "password", "sms")

    assert "must-enrol" == verdict["outcome"]
    assert ["security_key"] == verdict["prompts"]


def test_somebody_who_holds_one_factor_cannot_register_a_second():
    """Where account management asks for two factors, a password alone opens nothing."""
    assert "denied" == strict_tenant().outcome("sign-in", "password", holds=["password"])


def test_registering_may_take_two_steps():
    """A phone that a password may register opens the passkey that the app asks for."""
    described = strict_tenant()
    phones = {"elCondition": {"condition": "accessRequest.authenticator.key == 'phone_number'"}}
    described.rule("Account", "First phone", assurance(1), conditions=phones)

    assert "must-enrol" == described.outcome("sign-in", "password", holds=["password"])


def test_nobody_must_enrol_what_the_enrolment_policy_forbids():
    """With every strong authenticator closed there is nothing to register."""
    described = strict_tenant()
    described.enrolment("Default Policy", {"webauthn": "NOT_ALLOWED", "okta_verify": "NOT_ALLOWED"}, system=True)

    assert "denied" == described.outcome("sign-in", "password", "sms")


@pytest.mark.parametrize("word", ["NOT_ALLOWED", "ABSENT"])
def test_the_enrolment_policy_also_forbids_use(word):
    """A phone that is enrolled and forbidden cannot sign in, is not accepted, and the policy is named."""
    described = Tenant()
    described.enrolment("No phones", {"phone_number": word}, "wave", priority=1)
    described.person("ada", "wave")

    verdict = described.ask("sign-in", "password", "sms")

    assert "denied" == verdict["outcome"]
    assert ["password", "sms"] not in verdict["accepted"]
    assert {"idp": "okta", "policy": "No phones", "rule": "No phones Rule", "id": "No phones Rule"} in verdict[
        "decided_by"
    ]


@pytest.mark.parametrize(("word", "usable"), [("OPTIONAL", True), ("ABSENT", True), ("NOT_ALLOWED", False)])
def test_a_password_is_usable_unless_it_is_forbidden(word, usable):
    """Silence about the password is no prohibition; saying so is."""
    described = Tenant()
    described.enrolment("Default Policy", {"okta_password": word}, system=True)

    assert usable == (["password", "sms"] in described.ask()["accepted"])


@pytest.mark.parametrize(
    ("allowed_for", "usable"), [("any", True), ("sso", True), ("recovery", False), ("none", False), (None, True)]
)
def test_an_authenticator_may_be_for_recovery_only(allowed_for, usable):
    """`allowedFor` decides whether a method may sign in; silence means any use."""
    described = Tenant()
    described.authenticator("phone_number", **({"allowedFor": allowed_for} if allowed_for else {}))

    assert usable == (["password", "sms"] in described.ask()["accepted"])


def test_an_authenticator_or_method_that_is_off_is_not_usable():
    """The tenant's own switches outweigh every policy."""
    described = Tenant()
    described.method("phone_number", "sms", status="INACTIVE")
    described.authenticator("google_otp", status="INACTIVE")

    methods = {method for one in described.ask()["accepted"] for method in one}

    assert "voice" in methods
    assert not methods & {"sms", "totp"}


def test_a_temporary_code_exists_only_where_its_authenticator_does():
    """Without the authenticator `tac` there is no temporary pass."""
    without, having = Tenant(), Tenant()
    having.authenticator("tac")
    having.enrolment("Default Policy", {"tac": "OPTIONAL"}, system=True)

    assert "tap" not in {method for one in without.ask()["accepted"] for method in one}
    assert ["password", "tap"] in having.ask()["accepted"]


@pytest.mark.parametrize(
    ("status", "turned_away"),
    [
        *(("ACTIVE", False), ("PASSWORD_EXPIRED", False), ("RECOVERY", False), ("LOCKED_OUT", True)),
        *(("SUSPENDED", True), ("STAGED", True), ("PROVISIONED", True), ("DEPROVISIONED", True)),
    ],
)
def test_only_a_live_account_signs_in(status, turned_away):
    """A locked or unfinished account is refused with its status as the reason."""
    described = Tenant()
    described.person("ada", status=status)

    verdict = described.ask("sign-in", "password", "sms")

    assert turned_away == (verdict["outcome"] == "denied")
    assert turned_away == (status in verdict["because"])


def test_a_rule_that_denies_ends_it():
    """A session or app rule that denies accepts nothing, and is named."""
    described = Tenant()
    described.rule("Payroll", "Nobody", DENY)

    verdict = described.ask("sign-in", "password", "sms", app="Payroll")

    assert ("denied", []) == (verdict["outcome"], verdict["accepted"])
    assert ["Default Session", "Payroll"] == [one["policy"] for one in verdict["decided_by"]]
    described.rule("Default Session", "Closed", session(access="DENY"))
    assert ["Closed"] == [one["rule"] for one in described.ask("sign-in")["decided_by"]]


def test_an_answer_names_who_decided_and_how_long_the_session_lives():
    """The session rule's limits are those of today, in minutes."""
    described = Tenant()
    short = {"maxSessionLifetimeMinutes": 60, "maxSessionIdleMinutes": 15}
    described.rule("Default Session", "Session Rule", session(session=short), system=True)

    verdict = described.ask("sign-in", "password", "sms")

    assert {"lifetime_minutes": 60, "idle_minutes": 15} == verdict["_session"]
    assert [
        {"idp": "okta", "policy": "Default Session", "rule": "Session Rule", "id": "Session Rule"},
        {
            "idp": "okta",
            "policy": "Okta Dashboard",
            "rule": "Okta Dashboard Catch-all",
            "id": "Okta Dashboard Catch-all",
        },
    ] == verdict["decided_by"]
    assert "okta" == verdict["where"]


@pytest.mark.parametrize(
    ("enrol", "shown", "expected"),
    [
        ("LOGIN", ["password", "sms"], "must-enrol"),
        ("CHALLENGE", ["password", "sms"], "must-enrol"),
        ("NEVER", ["password", "sms"], "allowed"),
        ("LOGIN", ["password"], "must-enrol"),
        ("CHALLENGE", ["password"], "allowed"),
    ],
)
def test_a_required_authenticator_is_asked_for_when_its_rule_says_so(enrol, shown, expected):
    """At login always, at a challenge only when a second factor is shown, and never where the rule says never."""
    described = Tenant()
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(1), system=True)
    described.rule("Account", "Account Catch-all", assurance(1), system=True)
    described.enrolment("Default Policy", {"webauthn": "REQUIRED"}, system=True, enrol=enrol)

    assert expected == described.outcome("sign-in", *shown)
    assert "allowed" == described.outcome("sign-in", *shown, holds=["password", "sms", "passkey_bound"])


def test_a_required_authenticator_that_cannot_be_registered_stops_nobody():
    """Where account management denies the enrolment, who satisfies the rules goes in."""
    described = Tenant()
    described.enrolment("Default Policy", {"webauthn": "REQUIRED"}, system=True, enrol="LOGIN")
    described.rule("Account", "Closed", DENY)

    assert "allowed" == described.outcome("sign-in", "password", "sms")


def test_a_required_email_or_password_is_not_asked_for():
    """Those two are the account's own."""
    described = Tenant()
    described.enrolment("Default Policy", {"okta_email": "REQUIRED"}, system=True, enrol="LOGIN")

    assert "allowed" == described.outcome("sign-in", "password", "sms")


@pytest.mark.parametrize(
    ("expiry", "expected"), [("2026-11-03T00:00:00Z", "allowed"), ("2026-11-01T00:00:00Z", "must-enrol")]
)
def test_a_grace_period_ends_on_its_day(expiry, expected):
    """Until then a required authenticator is not asked for."""
    described = Tenant()
    grace = {"type": "BY_DATE_TIME", "expiry": expiry}
    described.enrolment("Default Policy", {"webauthn": "REQUIRED"}, system=True, enrol="LOGIN", grace=grace)

    assert expected == described.outcome("sign-in", "password", "sms")


def test_a_grace_of_so_many_skips_is_not_modelled():
    """Nobody counts here how often somebody skipped."""
    described = Tenant()
    grace = {"type": "BY_SKIP_COUNT", "skipCount": 3}
    described.enrolment("Default Policy", {"webauthn": "REQUIRED"}, system=True, enrol="LOGIN", grace=grace)

    with pytest.raises(NotModelled, match="BY_SKIP_COUNT"):
        described.ask("sign-in", "password", "sms")


@pytest.mark.parametrize(
    ("every", "ages", "expected"),
    [
        ("PT2H", {}, "allowed"),
        ("PT2H", {"password": 7199}, "allowed"),
        ("PT2H", {"password": 7200}, "must-step-up"),
        ("PT2H", {"sms": 9000}, "must-step-up"),
        ("PT0S", {}, "allowed"),
        ("PT0S", {"sms": 0}, "allowed"),
        ("PT0S", {"sms": 1}, "must-step-up"),
        ("PT43800H", {"sms": 86400}, "allowed"),
        ("P1D", {"sms": 86401}, "must-step-up"),
        (None, {"sms": 10**9}, "allowed"),
    ],
)
def test_a_method_counts_as_long_as_the_rule_says(every, ages, expected):
    """What was shown longer ago than `reauthenticateIn` must be shown again."""
    described = Tenant()
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(2, reauthenticateIn=every), system=True)

    verdict = described.ask("sign-in", "password", "sms", context={"auth_ages": ages})

    assert expected == verdict["outcome"]
    assert (list(ages) if expected == "must-step-up" else []) == verdict["prompts"]


def test_a_factor_types_own_interval_outweighs_the_rules():
    """A constraint may ask for the password more often than the rest."""
    described = Tenant()
    constraint = {"knowledge": {"types": ["password"], "reauthenticateIn": "PT1H"}, "possession": {}}
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(2, constraint), system=True)

    assert "allowed" == described.outcome("sign-in", "password", "sms", context={"auth_ages": {"sms": 7200}})
    assert ["password"] == described.ask("sign-in", "password", "sms", context={"auth_ages": {"password": 7200}})[
        "prompts"
    ]


def test_a_reading_is_never_older_than_the_world():
    """Replacing a rule in a live tenant changes the very next answer."""
    described = Tenant()
    world = described.world()
    asked = {"user": "ada@example.com", "action": "sign-in", "with": ["password", "sms"]}
    from sandbox.idp.judge.okta import answer  # noqa: PLC0415 - the one test that keeps a World over a change

    assert "allowed" == answer(world, asked)["outcome"]
    name = "Okta Dashboard Catch-all"
    world.collections["rules"][name] = {**world.collections["rules"][name], "actions": DENY}
    assert "denied" == answer(world, asked)["outcome"]
    world.collections["users"]["id-ada"] = {**world.collections["users"]["id-ada"], "status": "SUSPENDED"}
    assert "SUSPENDED" in answer(world, asked)["because"]


@pytest.mark.parametrize(
    ("policy", "rule", "actions"),
    [
        ("Default Session", "Session Rule", session(access="CHALLENGE")),
        ("Default Session", "Session Rule", session(primaryFactor="PIGEON")),
        ("Default Session", "Session Rule", session(challenge={"chain": [{"criteria": []}]})),
        ("Okta Dashboard", "Okta Dashboard Catch-all", {"appSignOn": {"access": "MAYBE"}}),
    ],
)
def test_a_decision_that_is_not_modelled_is_named(policy, rule, actions):
    """An unknown word in what a rule does is not passed over."""
    described = Tenant()
    described.rule(policy, rule, actions, system=True)

    with pytest.raises(NotModelled, match=r"actions\."):
        described.ask("sign-in", "password", "sms")


def test_an_enrolment_policy_of_the_classic_engine_is_not_modelled():
    """Its factors are another vocabulary."""
    described = Tenant()
    described.policy("MFA_ENROLL", "Classic", priority=1, settings={"type": "FACTORS", "factors": {}})
    described.rule("Classic", "Classic Rule", {"enroll": {"self": "LOGIN"}})

    with pytest.raises(NotModelled, match="Classic"):
        described.ask()


def test_without_an_enrolment_rule_only_a_password_is_left():
    """Nobody says what else may be used."""
    described = Tenant()
    described.rule("Default Policy", "Default Policy Rule", {}, status="INACTIVE")
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(1), system=True)

    assert [["password"]] == described.ask()["accepted"]
    assert "denied" == described.outcome("enrol", "password", method="totp")
