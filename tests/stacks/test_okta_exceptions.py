import json
from functools import cache

import pytest
from builders import a_baseline, a_catch_all, a_lease, a_provision, an_app, an_app_rule, an_enrolment
from declared import run

from migration.posture import Stage

APPS = (
    an_app("canary", an_app_rule("Anywhere", 1)),
    an_app("payroll", an_app_rule("Blocked", 1, access="DENY"), a_catch_all("ALLOW")),
)
BASELINE = a_baseline(apps=APPS)
TOTP, KEY = "exception-dated-totp", "exception-shared-workstation-key"
SETS = tuple(f"{one}-{cohort}" for one in (TOTP, KEY) for cohort in ("administrators", "standard"))
SIGN_IN = ("sign-in canary", "sign-in payroll", "sign-in 2 payroll")
PASSWORD = {"required": True, "types": ["password"]}


@cache
def at(stage=None, wave="standard-01"):
    """Run the program with *wave* at *stage* in slot-1; None is the provision."""
    manifest = a_provision(BASELINE, zone_id="nzo-desk", canary="canary")
    return run(manifest if stage is None else manifest.with_slot(a_lease(stage, wave=wave)), BASELINE)


def required(name):
    """Return what a rule accepts, one of them at least."""
    return [json.loads(text) for text in at().named(name).inputs["constraints"]]


def active(stage, wave="standard-01"):
    """Return what is switched on in slot-1, but for the rules of its own policies."""
    held = [one for one in at(stage, wave).resources if one.name.startswith("slot-1 ")]
    named = {one.name.removeprefix("slot-1 ") for one in held if one.inputs.get("status") == "ACTIVE"}
    return named - {"password rule", "enrolment rule", "session rule"}


@pytest.mark.parametrize("key", SETS)
def test_an_exception_has_a_group_an_enrolment_policy_and_sign_in_rules(key):
    """Recovery, password, session and account management stay with the set that the person is in."""
    held = [one for one in at().resources if one.name.startswith(f"{key} ")]

    assert [f"{key} {name}" for name in ("group", "enrolment", "enrolment rule", *SIGN_IN)] == [
        one.name for one in held
    ]
    assert {None, "ACTIVE"} == {one.inputs.get("status") for one in held}


@pytest.mark.parametrize("key", SETS)
@pytest.mark.parametrize("name", ["sign-in canary", "sign-in 2 payroll"])
def test_an_exception_accepts_the_target_first(key, name):
    """Granting it early locks nobody out, and coming to the target needs no change."""
    home = f"home-{key.rpartition('-')[2]}"

    assert required(f"{home} {name}") == required(f"{key} {name}")[:1]
    assert 2 == len(required(f"{key} {name}"))


@pytest.mark.parametrize("key", SETS[:2])
def test_a_totp_is_accepted_with_the_password_alone(key):
    """That authenticator and no other code, and never without the password."""
    totp = {"required": True, "authenticationMethods": [{"key": "google_otp", "method": "otp"}]}

    assert {"possession": totp, "knowledge": PASSWORD} == required(f"{key} sign-in canary")[1]


@pytest.mark.parametrize("key", SETS[2:])
def test_a_shared_key_is_accepted_with_the_password_in_place_of_a_pin(key):
    """It is a key still: hardware, bound, phishing-resistant, and somebody touches it."""
    accepted = required(f"{key} sign-in canary")[1]

    assert PASSWORD == accepted["knowledge"]
    assert {
        "required": True,
        "authenticationMethods": [{"key": "webauthn", "method": "webauthn"}],
        "phishingResistant": "REQUIRED",
        "deviceBound": "REQUIRED",
        "hardwareProtection": "REQUIRED",
        "userPresence": "REQUIRED",
    } == accepted["possession"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [(SETS[0], "PT1H"), (SETS[1], "PT8H"), (SETS[2], "PT5M"), (SETS[3], "PT5M")],
)
def test_a_proof_lasts_as_long_as_the_class_says(key, expected):
    """On a shared workstation five minutes; elsewhere as long as for the cohort."""
    assert expected == at().named(f"{key} sign-in canary").inputs["reAuthenticationFrequency"]


@pytest.mark.parametrize("key", SETS)
def test_a_refusal_of_theirs_stays_one_for_the_excepted(key):
    """An exception is from the target and from nothing else."""
    assert "DENY" == at().named(f"{key} sign-in payroll").inputs["access"]
    assert 1 == len(required(f"{key} sign-in payroll"))


@pytest.mark.parametrize(
    ("key", "closed"),
    [
        (SETS[0], {"phoneNumber", "securityQuestion"}),
        (SETS[1], {"phoneNumber"}),
        (SETS[2], {"phoneNumber", "securityQuestion", "googleOtp"}),
        (SETS[3], {"phoneNumber"}),
    ],
)
def test_an_exception_opens_the_use_of_its_own_method_alone(key, closed):
    """What the target closes stays closed, but for the one authenticator that is excused."""
    policy = at().named(f"{key} enrolment").inputs
    keys = ("googleOtp", "oktaEmail", "oktaVerify", "phoneNumber", "securityQuestion", "webauthn")

    assert closed == {name for name in keys if policy[name]["enroll"] == "NOT_ALLOWED"}


def test_an_exception_is_never_more_open_than_theirs_today():
    """Where nobody may use a TOTP app today nobody is excused to."""
    baseline = a_baseline(enrolment=an_enrolment(google_otp="NOT_ALLOWED"))
    program = run(a_provision(baseline), baseline)

    assert {"NOT_ALLOWED"} == {program.named(f"{key} enrolment").inputs["googleOtp"]["enroll"] for key in SETS[:2]}


def test_the_desk_is_one_rule_for_a_passkey_in_one_zone():
    """A password is enough there, for one authenticator, for one group; and nothing is remembered."""
    rule = at().named("bootstrap enrol").inputs

    assert {
        "policyId": "rst-account",
        "status": "ACTIVE",
        "access": "ALLOW",
        "factorMode": "1FA",
        "groupsIncluded": ["id of bootstrap group"],
        "networkConnection": "ZONE",
        "networkIncludes": ["nzo-desk"],
        "customExpression": "accessRequest.operation == 'enroll' && accessRequest.authenticator.key == 'webauthn'",
        "reAuthenticationFrequency": "PT0S",
    }.items() <= rule.items()
    assert [{"knowledge": PASSWORD}] == required("bootstrap enrol")


def test_the_desk_decides_after_break_glass_and_before_all_others():
    """An emergency account is bound by no password; everybody else's enrolment asks for the target below it."""
    rules = [one for one in at().resources if one.inputs.get("policyId") == "rst-account"]
    above = [one.name for one in sorted(rules, key=lambda one: one.inputs["priority"])]

    assert "bootstrap enrol" == above[4]
    assert all(name.startswith("break-glass ") for name in above[:4])


def test_joiners_add_no_phone_and_nothing_else_changes_for_them():
    """One rule behind all of ours."""
    held = [one for one in at().resources if one.name.startswith("joiners ")]
    (_, rule) = held
    lowest = max(one.inputs["priority"] for one in at().resources if one.inputs.get("policyId") == "rst-account")

    assert ["joiners group", "joiners no new phone"] == [one.name for one in held]
    assert ("ACTIVE", "DENY", lowest) == (rule.inputs["status"], rule.inputs["access"], rule.inputs["priority"])


@pytest.mark.parametrize(
    ("stage", "wave", "switched"),
    [
        (Stage.ENROL, "standard-01", {"no new phone"}),
        (Stage.REHEARSE, "standard-01", {"no new phone", "sign-in canary"}),
        (Stage.ENROL, "administrators-01", {"no new phone", "enrol", "unenrol"}),
        (Stage.REHEARSE, "administrators-01", {"no new phone", "enrol", "unenrol", "sign-in canary"}),
        (Stage.RELAXED, "standard-01", {"no new phone", "enrol", "unenrol", "recover", "password"}),
    ],
)
def test_the_canary_alone_shows_what_enforce_will_do(stage, wave, switched):
    """REHEARSE is one app; who enrols at the desk alone binds nothing elsewhere from ENROL on."""
    assert switched == active(stage, wave)


@pytest.mark.parametrize("wave", ["standard-01", "administrators-01"])
def test_a_rehearsal_writes_the_canarys_rules_and_nothing_else(wave):
    """One status, in one app."""
    before, after = (at(stage, wave).inputs() for stage in (Stage.ENROL, Stage.REHEARSE))
    changed = {name for name in before if before[name] != after[name]}
    fields = {key for name in changed for key in before[name] if before[name][key] != after[name][key]}

    assert ({"slot-1 sign-in canary"}, {"status"}) == (changed, fields)


def test_exceptions_desk_and_joiners_stay_as_they_are_at_every_stage():
    """Standing sets: a step of a wave writes nothing of theirs."""
    standing = [one for one in at().inputs() if one.startswith(("exception-", "bootstrap ", "joiners "))]

    for stage in Stage:
        assert [at().inputs()[name] for name in standing] == [at(stage).inputs()[name] for name in standing]
