import pytest

from stacks.policy_pack import fixed_set, kinds, owned
from stacks.policy_pack.declared import ENTRY, GROUP, OWN_POLICIES, UNKNOWN, Declared, Stack
from stacks.policy_pack.standing import Held, Standing

MFA, RULE_MFA = "okta:policy/mfa:Mfa", "okta:policy/ruleMfa:RuleMfa"


def urn(name, kind=ENTRY):
    """Name a resource as the engine does."""
    return f"urn:pulumi:okta-test::offramp::{kind}::{name}"


def declared(title, /, kind=ENTRY, depends=None, **settings):
    """Declare one resource."""
    return Declared(kind, title, urn(title, kind), settings, depends or {})


def an_entry(title="slot-1 sign-in payroll", /, **changes):
    """Declare an entry of ours in an app policy."""
    return declared(title, **{"policyId": "rst-payroll", "groupsIncluded": ("00g-1",), **changes})


def standing(kind="step", held=()):
    """Say what is held: resources with an id each."""
    group = urn("slot-1 group", GROUP)
    known = {one.urn: Held(one.kind, f"id of {one.name}", one.settings) for one in held}
    return Standing(kind, "rst-account", {group: Held(GROUP, "00g-1", {}), **known})


def a_stack(*resources, ids=None):
    """Put resources and the group of slot-1 into one stack."""
    group = declared("slot-1 group", GROUP)
    return Stack((group, *resources), {group.urn: "00g-1"} if ids is None else ids)


def an_own_policy(kind=MFA, **changes):
    """Declare a policy of ours around the group of slot-1."""
    return declared("slot-1 enrolment", kind, **{"status": "ACTIVE", "groupsIncluded": ("00g-1",), **changes})


def its_rule(policy, **changes):
    """Declare a rule of *policy* that always applies."""
    settings = {"status": "ACTIVE", "networkConnection": "ANYWHERE", **changes}
    return declared(f"{policy.name} rule", OWN_POLICIES[policy.kind], {"policyId": (policy.urn,)}, **settings)


# A step changes in place.


def test_a_step_may_change_what_is_there():
    """Any setting that the provider changes in place."""
    before, after = an_entry(status="INACTIVE"), an_entry(status="ACTIVE")

    assert [] == list(fixed_set.beyond_in_place(after, standing(held=[before])))


def test_a_step_creates_nothing():
    """Whatever the engine does not hold is created; a provision exists for that."""
    (said,) = fixed_set.beyond_in_place(an_entry(), standing())

    assert "slot-1 sign-in payroll: it is not provisioned, and a step creates nothing." in said
    assert "Next: provision first: offramp plan propose" in said
    assert [] == list(fixed_set.beyond_in_place(an_entry(), standing("provision")))


@pytest.mark.parametrize("kind", ["step", "provision"])
@pytest.mark.parametrize(
    ("of", "setting"),
    [(ENTRY, "policyId"), *((rule, "policyId") for rule in OWN_POLICIES.values()), (RULE_MFA, "name")],
)
def test_nothing_is_ever_replaced(kind, of, setting):
    """Between the end of the old one and the beginning of the new one nobody decides, or both do."""
    before, after = (declared("slot-1 rule", of, **{setting: value}) for value in ("old", "new"))

    (said,) = fixed_set.beyond_in_place(after, standing(kind, held=[before]))

    assert f"slot-1 rule: its {setting} would change from old to new, which replaces it" in said


def test_an_entry_in_an_app_policy_may_be_renamed():
    """The provider changes that name in place."""
    before, after = an_entry(name="old"), an_entry(name="new")

    assert [] == list(fixed_set.beyond_in_place(after, standing(held=[before])))


def test_an_unknown_input_of_a_step_betrays_a_creation_upstream():
    """Whatever stands has an id, and every input of ours is an id or a constant."""
    after = an_entry(groupsIncluded=(UNKNOWN,))

    (said,) = fixed_set.beyond_in_place(after, standing(held=[an_entry()]))

    assert "its groupsIncluded comes from something that would be created or replaced" in said
    assert [] == list(fixed_set.beyond_in_place(after, standing("provision", held=[an_entry()])))


@pytest.mark.parametrize("kind", ["step", "provision"])
def test_nothing_is_left_out(kind):
    """What is declared no more is deleted; its URN and its id are named."""
    gone = an_entry("slot-9 sign-in payroll")

    ((where, said),) = fixed_set.left_out(a_stack(an_entry()), standing(kind, held=[an_entry(), gone]))

    assert gone.urn == where
    assert f"slot-9 sign-in payroll: it is not declared any more, and a {kind} deletes nothing (id of slot-9" in said


# Own policies.


@pytest.mark.parametrize("kind", OWN_POLICIES)
@pytest.mark.parametrize("change", [{}, {"usersExcluded": (), "authtype": "ANY", "riskLevel": ""}])
def test_an_active_policy_with_a_rule_that_always_applies_holds_its_people(kind, change):
    """Defaults of the vendor's are no conditions."""
    policy = an_own_policy(kind)

    assert [] == list(owned.falls_through(a_stack(policy, its_rule(policy, **change))))


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"status": "INACTIVE"}, "slot-1 enrolment rule is INACTIVE"),
        ({"networkConnection": "ZONE"}, "slot-1 enrolment rule needs networkConnection"),
        ({"usersExcluded": ("00u-1",)}, "slot-1 enrolment rule needs usersExcluded"),
        ({"usersExcluded": (UNKNOWN,)}, "slot-1 enrolment rule needs usersExcluded"),
        ({"groupsExcluded": ("00g-9",)}, "slot-1 enrolment rule needs groupsExcluded"),
        ({"riscLevel": "LOW"}, "slot-1 enrolment rule needs riscLevel"),
        ({"behaviors": ("beh-1",)}, "slot-1 enrolment rule needs behaviors"),
        ({"authtype": "RADIUS"}, "slot-1 enrolment rule needs authtype"),
        ({"appIncludes": ({"id": "0oa-1"},)}, "slot-1 enrolment rule needs appIncludes"),
    ],
)
@pytest.mark.parametrize("kind", OWN_POLICIES)
def test_a_rule_with_a_condition_lets_people_fall_through(kind, change, because):
    """A matching group does not hold a person whose rules all fail; the next policy would decide."""
    policy = an_own_policy(kind)

    ((where, said),) = owned.falls_through(a_stack(policy, its_rule(policy, **change)))

    assert policy.urn == where
    assert f"slot-1 enrolment: it is ACTIVE and no rule of it always applies ({because})" in said


def test_an_active_policy_without_a_rule_lets_everybody_fall_through():
    """A rule of another policy is none of it, whatever its id looks like."""
    policy, other = an_own_policy(), declared("slot-2 enrolment", MFA, status="INACTIVE", groupsIncluded=("00g-1",))

    ((_, said),) = owned.falls_through(a_stack(policy, other, its_rule(other)))

    assert "(it has no rule)" in said


def test_a_policy_that_is_switched_off_needs_no_rule():
    """It decides nothing."""
    assert [] == list(owned.falls_through(a_stack(an_own_policy(status="INACTIVE"))))


def test_a_policy_without_a_status_is_active():
    """That is the vendor's default, and silence never opens."""
    assert 1 == len(list(owned.falls_through(a_stack(an_own_policy(status=None)))))


def test_a_known_id_decides_to_which_policy_a_rule_belongs():
    """A rule that was declared from our policy and names another is the other's."""
    policy = an_own_policy()
    ids = {policy.urn: "00p-1"}

    assert [] == list(owned.falls_through(a_stack(policy, its_rule(policy, policyId="00p-1"), ids=ids)))
    assert 1 == len(list(owned.falls_through(a_stack(policy, its_rule(policy, policyId="00p-2"), ids=ids))))


@pytest.mark.parametrize("groups", [(), ("00g-1", "00g-2"), None])
def test_an_own_policy_names_one_group(groups):
    """Without one the vendor gives it to Everyone."""
    (said,) = owned.without_one_group(an_own_policy(groupsIncluded=groups))

    assert f"slot-1 enrolment: it names {len(groups or ())} groups instead of one" in said


@pytest.mark.parametrize("groups", [("00g-1",), (UNKNOWN,), UNKNOWN])
def test_one_group_may_be_unknown_before_it_is_created(groups):
    """A provision declares the policy before the group has an id."""
    assert [] == list(owned.without_one_group(an_own_policy(groupsIncluded=groups)))


def test_the_group_of_an_own_policy_is_one_of_the_stack():
    """By its id, and before there is one by what it was declared from."""
    group = urn("slot-1 group", GROUP)
    coming = declared("slot-1 enrolment", MFA, {"groupsIncluded": (group,)}, groupsIncluded=(UNKNOWN,))

    assert [] == list(owned.foreign_group(a_stack(an_own_policy())))
    assert [] == list(owned.foreign_group(a_stack(coming, ids={})))
    assert 1 == len(list(owned.foreign_group(a_stack(an_own_policy(groupsIncluded=("00g-everyone",))))))
    assert 1 == len(list(owned.foreign_group(a_stack(an_own_policy(groupsIncluded=(UNKNOWN,)), ids={}))))


# Everything else.


@pytest.mark.parametrize("kind", ["okta:policy/mfaDefault:MfaDefault", "okta:app/signonPolicyRules:SignonPolicyRules"])
def test_a_kind_that_no_rule_judges_is_refused(kind):
    """A default policy, or the bundle that writes every rule of an app policy."""
    (said,) = kinds.unjudged(declared("theirs", kind))

    assert f"theirs: no rule of the policy pack judges {kind}" in said


@pytest.mark.parametrize("kind", [GROUP, ENTRY, MFA, RULE_MFA, "pulumi:providers:okta", "pulumi:pulumi:Stack"])
def test_what_is_judged_elsewhere_is_not_refused_for_its_kind(kind):
    """Providers and the stack itself decide nothing."""
    assert [] == list(kinds.unjudged(declared("ours", kind)))
