from collections import Counter

import pytest
from tenant_builders import NOON, bare_tenant

from sandbox.idp.state import State
from sandbox.population import populate

FIVE_HUNDRED = {
    "administrators": 10,
    "standard": 300,
    "finance": 25,
    "executives": 16,
    "support": 20,
    "contractors": 42,
    "frontline": 60,
    "service": 25,
    "break-glass": 2,
}


@pytest.fixture(scope="module")
def lived_in() -> tuple[State, list[dict]]:
    """Show one tenant to every test that only reads."""
    state = bare_tenant()
    return state, populate(state, people=500, seed=7, tenant="lived-in")


def named(state: State, kind: str, name: str) -> dict:
    """Find one object by its name."""
    return next(
        found for found in state.all(kind).values() if name in {found.get("name"), found.get("profile", {}).get("name")}
    )


def rules_of(state: State, policy: dict) -> dict[str, dict]:
    """Show the rules of one policy by name."""
    return {rule["name"]: rule for rule in state.all("rules").values() if rule["_policy"] == policy["id"]}


def test_five_hundred_people_are_the_agreed_five_hundred(lived_in):
    """Each cohort has exactly the head count that others build upon."""
    _, truth = lived_in

    assert Counter(person["cohort"] for person in truth) == FIVE_HUNDRED


@pytest.mark.parametrize("people", [1, 9, 12, 13, 37, 499, 1200])
def test_the_head_count_is_what_was_asked_for(people):
    """Sharing out by proportion neither loses nor adds anyone."""
    state = bare_tenant()

    assert people == len(populate(state, people=people, seed=1, tenant="fresh"))
    assert people == len(state.all("users")) == len(state.all("held")) == len(state.all("memberships"))


def test_from_a_dozen_people_on_no_cohort_is_empty():
    """Even the smallest demo shows every cohort."""
    truth = populate(bare_tenant(), people=12, seed=7, tenant="fresh")

    assert set(FIVE_HUNDRED) == {person["cohort"] for person in truth}


def test_the_same_seed_gives_the_same_tenant():
    """A population is a function of its two numbers, and nothing else."""
    first, second, other = bare_tenant(), bare_tenant(), bare_tenant()
    populate(first, people=60, seed=3, tenant="lived-in")
    populate(second, people=60, seed=3, tenant="lived-in")
    populate(other, people=60, seed=4, tenant="lived-in")

    assert list(first) == list(second)
    assert list(first) != list(other)


def test_nobody_moves_into_a_tenant_for_no_people():
    """Zero people leave the vendor's defaults as they were."""
    state, untouched = bare_tenant(), bare_tenant()

    assert populate(state, people=0, seed=7, tenant="lived-in") == []
    assert list(untouched) == list(state)


def test_ids_look_like_the_vendors(lived_in):
    """Ids have twenty characters, the kind's prefix and a digit, and never repeat."""
    state, truth = lived_in
    made = [*state.all("users"), *state.all("zones")]
    factors = [factor["id"] for held in state.all("held").values() for factor in held]

    assert {20} == {len(one) for one in made + factors}
    assert all(person["id"].startswith("00u") for person in truth)
    assert all(any(letter.isdigit() for letter in one) for one in made + factors)
    assert len(made + factors) == len(set(made + factors))


def test_logins_are_unique_even_where_names_run_out():
    """More people than names means a number behind the name, never the same login twice."""
    truth = populate(bare_tenant(), people=6000, seed=7, tenant="fresh")

    assert 6000 == len({person["login"] for person in truth})


def test_standard_people_hold_the_agreed_mix(lived_in):
    """Three of five have only a phone; one in eight is there already, with a leftover phone."""
    _, truth = lived_in
    mixes = Counter(frozenset(person["methods"]) for person in truth if person["cohort"] == "standard")
    phone_only = sum(count for mix, count in mixes.items() if mix <= {"password", "sms", "voice"} and len(mix) > 1)
    strong = {"fastpass", "passkey_synced", "passkey_bound"}

    assert 180 == phone_only
    assert 24 == mixes[frozenset({"password"})]
    assert 36 == sum(count for mix, count in mixes.items() if "push" in mix)
    assert 24 == sum(count for mix, count in mixes.items() if "totp" in mix)
    assert 36 == sum(count for mix, count in mixes.items() if mix & strong and "sms" in mix)


def test_administrators_carry_one_managed_device_and_two_of_ten_hold_a_key(lived_in):
    """The admin console asks for a managed device, so each administrator has exactly one."""
    _, truth = lived_in
    administrators = [person for person in truth if person["cohort"] == "administrators"]

    assert sum([device["managed"] for device in person["devices"]] == [True] for person in administrators) == 10
    assert 2 == sum("security_key" in person["methods"] for person in administrators)


def test_roles_are_held_by_administrators_support_and_break_glass_only(lived_in):
    """What the vendor says about roles is enough to find who may change other people's accounts."""
    state, truth = lived_in
    roles = {user_id: roles[0]["type"] for user_id, roles in state.all("roles").items()}

    assert {"administrators", "support", "break-glass"} == {p["cohort"] for p in truth if p["id"] in roles}
    assert {"HELP_DESK_ADMIN"} == {roles[p["id"]] for p in truth if p["cohort"] == "support"}
    assert {"SUPER_ADMIN"} == {roles[p["id"]] for p in truth if p["cohort"] == "break-glass"}


def test_an_assistant_answers_the_executives_phone(lived_in):
    """Every assistant shares an executive's number, and a few others share theirs."""
    state, truth = lived_in
    phones = {
        person["id"]: state.all("users")[person["id"]]["profile"]["mobilePhone"]
        for person in truth
        if "sms" in person["methods"]
    }
    assistants = [one for one in phones if state.all("users")[one]["profile"]["title"].startswith("Assistant to")]
    shared = {phone for phone, count in Counter(phones.values()).items() if count > 1}

    assert 6 == len(assistants)
    assert {phones[one] for one in assistants} < shared


def test_the_dashboard_refuses_blocked_networks_and_payroll_all_but_our_own(lived_in):
    """Each app admits by one named rule, and denies the rest."""
    state, _ = lived_in
    blocked, corporate = (named(state, "zones", name)["id"] for name in ("Blocked networks", "Corporate network"))
    dashboard, console, payroll = (
        rules_of(state, named(state, "policies", name)) for name in ("Okta Dashboard", "Okta Admin Console", "Payroll")
    )

    assert {"DENY"} == {
        rules["Catch-all Rule"]["actions"]["appSignOn"]["access"] for rules in (dashboard, console, payroll)
    }
    assert [blocked] == dashboard["Outside blocked networks"]["conditions"]["network"]["exclude"]
    assert [corporate] == payroll["From the corporate network"]["conditions"]["network"]["include"]
    assert console["Managed devices"]["conditions"]["device"] == {"registered": True, "managed": True}


@pytest.mark.parametrize("tenant", ["fresh", "lived-in"])
def test_a_canary_stands_where_nobody_works(tenant):
    """An app of its own with a policy of its own, opened as the dashboard is; and a desk with a network of its own."""
    state = bare_tenant()
    populate(state, people=12, seed=7, tenant=tenant)
    policy, app = named(state, "policies", "Sign-in canary"), named(state, "apps", "sandbox_signincanary_1")
    rules, dashboard = rules_of(state, policy), rules_of(state, named(state, "policies", "Okta Dashboard"))

    assert ("Sign-in canary", policy["id"]) == (app["label"], app["_policy"])
    assert [app["id"]] == [one["id"] for one in state.all("apps").values() if one["_policy"] == policy["id"]]
    assert {"Catch-all Rule", "Outside blocked networks"} == set(rules)
    for name, rule in rules.items():
        assert (dashboard[name]["actions"], dashboard[name]["conditions"]) == (rule["actions"], rule["conditions"])
    assert "192.0.2.128/28" == named(state, "zones", "Registration desk")["gateways"][0]["value"]


def test_the_newest_things_are_made_last(lived_in):
    """Whoever wrote an id down before there was a canary finds the same object by it."""
    state, _ = lived_in
    last = {kind: list(state.all(kind))[-1] for kind in ("apps", "policies", "zones")}

    assert named(state, "apps", "sandbox_signincanary_1")["id"] == last["apps"]
    assert named(state, "policies", "Sign-in canary")["id"] == last["policies"]
    assert named(state, "zones", "Registration desk")["id"] == last["zones"]


def test_the_catch_all_of_account_management_stays_as_the_vendor_made_it(lived_in):
    """Only a rule is added above it; what was there still allows with two factors."""
    state, _ = lived_in
    rules = rules_of(state, named(state, "policies", "Okta Account Management Policy"))

    assert {"Catch-all Rule", "First phishing-resistant"} == set(rules)
    assert rules["Catch-all Rule"]["actions"]["appSignOn"]["access"] == "ALLOW"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("MFA_ENROLL", ["Contractors", "Default Policy"]),
        ("OKTA_SIGN_ON", ["Frontline kiosks", "Default Policy"]),
        ("PASSWORD", ["Service accounts", "Active Directory Policy", "Default Policy"]),
    ],
)
def test_own_policies_stand_before_the_vendors(lived_in, kind, expected):
    """Priorities count from one without a gap, and the Default Policy is always last."""
    state, _ = lived_in
    policies = sorted((p["priority"], p["name"]) for p in state.all("policies").values() if p["type"] == kind)

    assert list(enumerate(expected, start=1)) == policies


def test_a_fresh_tenant_has_nobody_elses_policies():
    """Fresh means the vendor's defaults and the company's own, without an inheritance."""
    state = bare_tenant()
    populate(state, people=12, seed=7, tenant="fresh")
    names = {policy["name"] for policy in state.all("policies").values()}

    assert not {"Contractors", "Frontline kiosks", "Service accounts"} & names
    assert "Payroll" in names


def test_recovery_still_asks_for_a_phone(lived_in):
    """The way around sign-in is open by text message for Okta's people and the directory's alike."""
    state, _ = lived_in
    for policy in state.all("policies").values():
        if policy["type"] == "PASSWORD" and policy["name"] != "Service accounts":
            (rule,) = rules_of(state, policy).values()
            requirement = rule["actions"]["selfServicePasswordReset"]["requirement"]
            assert (
                requirement["accessControl"],
                requirement["primary"]["methods"],
            ) == ("LEGACY", ["email", "sms", "voice"])


def test_a_person_needs_a_vendor():
    """Without the vendor's defaults there is nothing to move into, and the error names what is missing."""
    with pytest.raises(LookupError, match="install the vendor's defaults first"):
        populate(State(at=NOON), people=12, seed=7, tenant="fresh")


def test_there_are_two_tenants_only():
    """A misspelt tenant is refused before anything changes."""
    state = bare_tenant()

    with pytest.raises(ValueError, match="livedin"):
        populate(state, people=12, seed=7, tenant="livedin")
    assert list(bare_tenant()) == list(state)
