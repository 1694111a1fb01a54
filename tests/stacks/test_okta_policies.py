import json
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from builders import (
    a_baseline,
    a_catch_all,
    a_lease,
    a_provision,
    an_app,
    an_app_rule,
    zone,
)
from declared import run

from migration.manifest import free_slot
from migration.posture import Decides, Stage

APPS = (
    an_app("dashboard", an_app_rule("Outside blocked networks", 1, conditions=zone(exclude=["nzo-blocked"]))),
    an_app(
        "payroll",
        an_app_rule("Blocked", 1, access="DENY", conditions=zone(include=["nzo-blocked"])),
        an_app_rule("Managed", 2, conditions={"device": {"registered": True, "managed": True}}),
        a_catch_all("ALLOW"),
    ),
)
BASELINE = a_baseline(apps=APPS)
SETS = ("break-glass", "home-administrators", "home-standard", "slot-1", "slot-2", "slot-3")
EXCEPTIONS = tuple(
    f"exception-{one}-{cohort}"
    for one in ("dated-totp", "shared-workstation-key")
    for cohort in ("administrators", "standard")
)
# Every set, first the one that decides first.
ALL = ("break-glass", "bootstrap", *EXCEPTIONS, *SETS[1:], "joiners")
OWN = ("password", "enrolment", "session")
SIGN_IN = ("sign-in dashboard", "sign-in payroll", "sign-in 2 payroll", "sign-in 3 payroll")
ACCOUNT = ("no new phone", "enrol", "unenrol", "recover")
NAMES = ("group", *ACCOUNT, *OWN, *(f"{name} rule" for name in OWN), *SIGN_IN)
# Stage of the wave in slot-1 → what of its set is ACTIVE, beside the rules of its own policies.
ACTIVE = {
    None: set(),
    Stage.ENROL: {"no new phone"},
    Stage.ENFORCE: {*ACCOUNT, *OWN, *SIGN_IN},
    Stage.RELAXED: {*ACCOUNT, "password"},
}


@cache
def at(stage, wave="standard-01"):
    """Run the program with *wave* at *stage* in slot-1; None is a free slot."""
    manifest = a_provision(BASELINE, zone_id="nzo-desk")
    lease = free_slot("slot-1") if stage is None else a_lease(stage, wave=wave)
    return run(manifest.with_slot(lease), BASELINE)


def set_of(resource):
    """Return the key of the set that a resource belongs to."""
    return next(key for key in ALL if resource.name.startswith(f"{key} "))


def possession(resource):
    """Return what a rule requires."""
    (text,) = resource.inputs["constraints"]
    return json.loads(text)["possession"]


def differences(before, after):
    """Return name → the inputs in which two runs differ."""
    ours, theirs = before.inputs(), after.inputs()
    assert list(ours) == list(theirs)
    found = {}
    for name in ours:
        keys = {key for key in {*ours[name], *theirs[name]} if ours[name].get(key) != theirs[name].get(key)}
        if keys:
            found[name.removeprefix("slot-1 ")] = keys
    return found


def test_every_set_owns_the_same_things_under_its_own_name():
    """A group, four account rules, three policies with their rules, and a rule per rule of theirs."""
    expected = [f"{key} {name}" for key in SETS for name in NAMES]

    assert sorted(expected) == sorted(one.name for one in at(None).resources if set_of(one) in SETS)


@pytest.mark.parametrize("stage", [Stage.ENROL, Stage.ENFORCE, Stage.RELAXED])
def test_the_resources_are_the_same_at_every_stage(stage):
    """A step updates in place: nothing is ever created or deleted by it."""
    assert [(one.urn, one.waits_for) for one in at(None).resources] == [
        (one.urn, one.waits_for) for one in at(stage).resources
    ]


@pytest.mark.parametrize("stage", ACTIVE)
def test_at_a_stage_exactly_what_it_changes_is_active(stage):
    """What a stage does not change is INACTIVE, so that the tenant's own policies keep deciding."""
    statuses = {one.name: one.inputs["status"] for one in at(stage).resources if "status" in one.inputs}
    own_rules = {f"{name} rule" for name in OWN}

    active = {
        name.removeprefix("slot-1 ") for name, status in statuses.items() if status == "ACTIVE" and "slot-1" in name
    }

    assert ACTIVE[stage] | own_rules == active
    assert {"ACTIVE", "INACTIVE"} >= set(statuses.values())


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("sign_in", {"enrolment", *SIGN_IN}),
        ("session", {"session"}),
        ("recovery", {"recover", "password"}),
        ("binding", {"enrol", "unenrol"}),
        ("new_phones", {"no new phone"}),
    ],
)
def test_each_path_has_switches_of_its_own(path, names):
    """What one path owns is switched by that path alone."""
    lease = a_lease(Stage.PLANNED)
    ours = lease.model_copy(update={"posture": replace(lease.posture, **{path: Decides.OURS})})
    before, after = (run(a_provision(BASELINE).with_slot(slot), BASELINE) for slot in (lease, ours))

    assert {name: {"status"} for name in names} == differences(before, after)


@pytest.mark.parametrize("key", ["break-glass", "home-administrators", "home-standard"])
def test_homes_and_break_glass_are_active_from_the_first_day(key):
    """Around empty groups: whoever is put into one is protected at that moment."""
    statuses = {one.inputs.get("status") for one in at(None).resources if one.name.startswith(f"{key} ")}

    assert {None, "ACTIVE"} == statuses


def test_only_the_status_differs_between_enrol_and_enforce():
    """The content of a slot is written while its group is empty; a step switches and rewrites nothing."""
    switched = ACTIVE[Stage.ENFORCE] - ACTIVE[Stage.ENROL]

    assert {name: {"status"} for name in switched} == differences(at(Stage.ENROL), at(Stage.ENFORCE))


@pytest.mark.parametrize(("before", "after"), [(Stage.ENFORCE, Stage.RELAXED), (Stage.RELAXED, Stage.ENFORCE)])
def test_going_back_switches_sign_in_and_nothing_else(before, after):
    """Recovery and enrolment stay as ENFORCE left them, and the way forward is the same."""
    switched = {"enrolment", "session", *SIGN_IN}

    assert {name: {"status"} for name in switched} == differences(at(before), at(after))


def test_a_lease_writes_the_content_of_the_wave_into_an_empty_slot():
    """Everything that the cohort's target decides, and one status: new phones are refused."""
    content = {"access", "constraints"}

    assert {
        "no new phone": {"status"},
        "enrol": content,
        "unenrol": content,
        "recover": content,
        "password rule": {"passwordReset", "passwordUnlock"},
        "enrolment": {"oktaEmail", "oktaVerify", "webauthn", "googleOtp", "securityQuestion"},
        "session rule": {"sessionLifetime", "sessionIdle"},
        "sign-in dashboard": {*content, "reAuthenticationFrequency"},
        "sign-in payroll": {"reAuthenticationFrequency"},  # theirs refuses, and so does ours
        "sign-in 2 payroll": {*content, "reAuthenticationFrequency"},
        "sign-in 3 payroll": {*content, "reAuthenticationFrequency"},
    } == differences(at(None), at(Stage.ENROL))


def test_a_step_of_one_slot_leaves_every_other_set_alone():
    """Not one input of another set differs."""
    assert all("slot-" not in name and "home" not in name for name in differences(at(None), at(Stage.ENFORCE)))


@pytest.mark.parametrize("stage", ACTIVE)
def test_no_name_tells_the_wave_its_cohort_or_its_stage(stage):
    """Names are often ForceNew: one that changed with the wave would replace the policy under its people."""
    slots = [one for one in at(stage).resources if one.name.startswith("slot-")]
    told = " ".join(f"{one.urn} {one.inputs.get('name', '')}" for one in slots).lower()

    for word in ("standard", "administrators", "enforce", "relaxed", "planned", "free"):
        assert word not in told.replace("urn:pulumi:okta-sandbox::offramp::", "")


@pytest.mark.parametrize("stage", ACTIVE)
def test_every_entry_in_a_shared_policy_names_its_own_group(stage):
    """None of ours is ever unconditional in a policy that is not ours."""
    for one in at(stage).resources:
        if one.kind == "rule" or one.kind in OWN:
            assert [f"id of {set_of(one)} group"] == one.inputs["groupsIncluded"]


@pytest.mark.parametrize("stage", ACTIVE)
def test_every_policy_of_ours_ends_with_a_rule_that_always_applies(stage):
    """A matching group does not hold a person whose rules all fail: the next policy would decide."""
    program = at(stage)
    policies = [one for one in program.resources if one.kind in OWN]
    assert len(SETS) * len(OWN) + len(EXCEPTIONS) == len(policies)
    for policy in policies:
        rule = program.named(f"{policy.name} rule").inputs
        assert ("ACTIVE", "ANYWHERE", f"id of {policy.name}") == (
            rule["status"],
            rule["networkConnection"],
            rule["policyId"],
        )
        assert set() == {"usersExcluded", "groupsIncluded", "networkIncludes", "riskScore"} & set(rule)


def test_every_write_waits_for_the_one_before_it():
    """One at a time and in the order of the program: Okta renumbers priorities while it answers."""
    heard = at(Stage.ENFORCE).resources

    assert () == heard[0].waits_for
    for before, after in pairwise(heard):
        assert before.name in after.waits_for


def test_sets_are_declared_in_the_order_in_which_they_decide():
    """Break-glass, the desk, exceptions, homes, slots, joiners."""
    assert list(ALL) == list(dict.fromkeys(map(set_of, at(None).resources)))


def test_a_set_begins_with_its_group_and_closes_recovery_before_the_password_policy_listens():
    """With AUTH_POLICY the password rule asks the account rules, so these are there first."""
    heard = [one.name.removeprefix("slot-1 ") for one in at(None).resources if one.name.startswith("slot-1 ")]

    assert ["group", *ACCOUNT, "password", "password rule"] == heard[:7]


@pytest.mark.parametrize("name", OWN)
def test_own_policies_of_a_type_have_unique_priorities_without_gaps(name):
    """From 1 on in the fixed order, over the sets that have one: ours stand above all of theirs."""
    held = [one for one in at(None).resources if one.kind == name]

    assert list(range(1, len(held) + 1)) == [one.inputs["priority"] for one in held]
    assert [key for key in ALL if key in SETS or (name == "enrolment" and key in EXCEPTIONS)] == list(map(set_of, held))
    assert {1} == {one.inputs["priority"] for one in at(None).resources if one.kind == f"{name} rule"}


@pytest.mark.parametrize(
    ("policy_id", "names", "others"),
    [
        ("rst-account", ACCOUNT, {"bootstrap": ["enrol"], "joiners": ["no new phone"]}),
        ("rst-dashboard", SIGN_IN[:1], dict.fromkeys(EXCEPTIONS, SIGN_IN[:1])),
        ("rst-payroll", SIGN_IN[1:], dict.fromkeys(EXCEPTIONS, SIGN_IN[1:])),
    ],
)
def test_entries_in_a_shared_policy_have_unique_priorities_without_gaps(policy_id, names, others):
    """From 1 on, for 0 means unset to the provider; the rules of one set stand together, in their order."""
    entries = [one for one in at(None).resources if one.inputs.get("policyId") == policy_id and one.kind == "rule"]
    owned = dict.fromkeys(SETS, names) | others

    assert list(range(1, len(entries) + 1)) == [one.inputs["priority"] for one in entries]
    assert [f"{key} {name}" for key in ALL for name in owned.get(key, ())] == [one.name for one in entries]


def test_account_rules_speak_of_one_operation_each():
    """Mixed operators need brackets; the phone's own rule stands before that of all enrolments."""
    asked = "accessRequest.operation == "

    assert {
        "no new phone": f"{asked}'enroll' && accessRequest.authenticator.key == 'phone_number'",
        "enrol": f"{asked}'enroll'",
        "unenrol": f"{asked}'unenroll'",
        "recover": f"{asked}'recover' || {asked}'unlockAccount'",
    } == {name: at(None).named(f"slot-1 {name}").inputs["customExpression"] for name in ACCOUNT}


@pytest.mark.parametrize("stage", ACTIVE)
@pytest.mark.parametrize("key", SETS)
def test_a_new_phone_is_refused_by_every_set_at_every_stage(stage, key):
    """Whoever it is: the rule denies, and only its status says whether it is asked."""
    assert "DENY" == at(stage).named(f"{key} no new phone").inputs["access"]


@pytest.mark.parametrize("name", ["enrol", "unenrol", "recover", *SIGN_IN])
def test_a_free_slot_lets_nobody_through(name):
    """Whatever switched it on by accident would open nothing."""
    assert "DENY" == at(None).named(f"slot-1 {name}").inputs["access"]


@pytest.mark.parametrize(
    ("wave", "required"),
    [
        ("standard-01", {"required", "phishingResistant", "userPresence"}),
        (
            "administrators-01",
            {
                "required",
                "phishingResistant",
                "userPresence",
                "deviceBound",
                "hardwareProtection",
                "userVerification",
            },
        ),
    ],
)
@pytest.mark.parametrize("name", ["sign-in dashboard", "sign-in 2 payroll", "enrol", "unenrol", "recover"])
def test_every_path_asks_for_the_target_of_the_cohort(wave, required, name):
    """Sign-in, recovery and binding alike: no path is weaker than login, and two factors always."""
    rule = at(Stage.ENFORCE, wave).named(f"slot-1 {name}")

    assert ("ALLOW", "2FA") == (rule.inputs["access"], rule.inputs["factorMode"])
    assert required == set(possession(rule))


@pytest.mark.parametrize("name", ["enrol", "unenrol", "recover"])
def test_an_account_is_changed_only_with_a_proof_of_that_moment(name):
    """A session that lies open is no proof."""
    assert "PT0S" == at(None).named(f"slot-1 {name}").inputs["reAuthenticationFrequency"]


def test_nobody_recovers_an_emergency_account():
    """The rule refuses, and so do reset and unlock."""
    rule = at(None).named("break-glass password rule").inputs

    assert "DENY" == at(None).named("break-glass recover").inputs["access"]
    assert ("DENY", "DENY") == (rule["passwordReset"], rule["passwordUnlock"])
    assert [{"key": "webauthn", "method": "webauthn"}] == possession(at(None).named("break-glass sign-in dashboard"))[
        "authenticationMethods"
    ]


def test_recovery_asks_the_account_rules_and_no_phone():
    """AUTH_POLICY, and SMS and voice switched off in the policy whatever the rule says."""
    policy, rule = (at(Stage.ENFORCE).named(f"slot-1 {name}").inputs for name in ("password", "password rule"))

    assert "AUTH_POLICY" == rule["passwordResetAccessControl"]
    assert ("ALLOW", "ALLOW") == (rule["passwordReset"], rule["passwordUnlock"])
    assert ("INACTIVE", "INACTIVE") == (policy["smsRecovery"], policy["callRecovery"])


@pytest.mark.parametrize(
    ("key", "closed"),
    [
        ("home-standard", {"phoneNumber"}),
        ("home-administrators", {"phoneNumber", "googleOtp", "securityQuestion"}),
        ("break-glass", {"phoneNumber", "googleOtp", "securityQuestion", "oktaVerify"}),
    ],
)
def test_a_target_takes_authenticators_away_and_gives_none(key, closed):
    """Everything else is what it is today."""
    keys = ("phoneNumber", "googleOtp", "securityQuestion", "oktaVerify", "oktaEmail", "webauthn")
    today = {"oktaPassword": "REQUIRED", **dict.fromkeys(keys, "OPTIONAL")}
    policy = at(None).named(f"{key} enrolment").inputs

    assert policy["isOie"] is True
    assert today | dict.fromkeys(closed, "NOT_ALLOWED") == {name: policy[name]["enroll"] for name in today}


def test_a_refusal_of_theirs_stays_a_refusal():
    """In its place above the allowances, whatever the target."""
    rules = [at(Stage.ENFORCE).named(f"slot-1 {name}").inputs for name in SIGN_IN[1:]]

    assert ["DENY", "ALLOW", "ALLOW"] == [rule["access"] for rule in rules]
    assert ["nzo-blocked"] == rules[0]["networkIncludes"]
