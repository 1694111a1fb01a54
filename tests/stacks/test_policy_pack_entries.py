import json

import pytest

from stacks.policy_pack import entries
from stacks.policy_pack.declared import ENTRY, GROUP, UNKNOWN, Declared, Stack
from stacks.policy_pack.standing import Held, Standing

ACCOUNT, PAYROLL = "rst-account", "rst-payroll"
STRONG = {"required": True, "phishingResistant": "REQUIRED"}
ENROL = "accessRequest.operation == 'enroll'"
WEBAUTHN = "accessRequest.authenticator.key == 'webauthn'"


def urn(name, kind=ENTRY):
    """Name a resource as the engine does."""
    return f"urn:pulumi:okta-test::offramp::{kind}::{name}"


def declared(title, /, kind=ENTRY, depends=None, **settings):
    """Declare one resource."""
    return Declared(kind, title, urn(title, kind), settings, depends or {})


def demanding(**factors):
    """Write constraints as the provider takes them."""
    return (json.dumps(factors),)


def an_entry(title="slot-1 sign-in payroll", /, **changes):
    """Declare a sound entry of ours in an app policy; a change to None takes a setting out."""
    settings = {
        "policyId": PAYROLL,
        "groupsIncluded": ("00g-1",),
        "access": "ALLOW",
        "factorMode": "2FA",
        "constraints": demanding(possession=STRONG),
        **changes,
    }
    return declared(title, **{key: value for key, value in settings.items() if value is not None})


def at_the_desk(**changes):
    """Declare the registration desk's rule."""
    settings = {
        "policyId": ACCOUNT,
        "factorMode": "1FA",
        "constraints": demanding(knowledge={"required": True, "types": ["password"]}),
        "networkConnection": "ZONE",
        "networkIncludes": ("nzo-desk",),
        "customExpression": f"{ENROL} && {WEBAUTHN}",
    }
    return an_entry("bootstrap passkey", **{**settings, **changes})


def standing(kind="step"):
    """Say what is held: the group of slot-1."""
    return Standing(kind, ACCOUNT, {urn("slot-1 group", GROUP): Held(GROUP, "00g-1", {})})


def a_stack(*resources, ids=None):
    """Put resources and the group of slot-1 into one stack."""
    group = declared("slot-1 group", GROUP)
    return Stack((group, *resources), {group.urn: "00g-1"} if ids is None else ids)


# Entries in shared policies.


def test_a_sound_entry_is_not_refused():
    """One group of ours, a proof that is held, and no phone."""
    one, held = an_entry(), standing()

    assert [] == list(entries.without_its_group(one, held))
    assert [] == list(entries.without_a_proof(one, held))
    assert [] == list(entries.accepting_phones(one))
    assert [] == list(entries.foreign_group(a_stack(one)))


@pytest.mark.parametrize("groups", [None, (), ("00g-1", "00g-everyone")])
def test_an_entry_names_one_group(groups):
    """One that names none is for everybody in a policy that is not ours."""
    (said,) = entries.without_its_group(an_entry(groupsIncluded=groups), standing())

    assert "slot-1 sign-in payroll: in policy rst-payroll it names" in said


def test_the_group_of_an_entry_is_one_of_the_stack():
    """A step knows it before the write; a provision when all is declared."""
    foreign = an_entry(groupsIncluded=("00g-everyone",))

    (said,) = entries.without_its_group(foreign, standing())
    assert "its group 00g-everyone is none of this stack's" in said
    assert [] == list(entries.without_its_group(foreign, standing("provision")))
    assert [foreign.urn] == [where for where, _ in entries.foreign_group(a_stack(foreign))]


def test_a_policy_that_is_not_known_yet_is_said_to_be_so():
    """Not the engine's own sign for it."""
    (said,) = entries.without_its_group(an_entry(policyId=UNKNOWN, groupsIncluded=()), standing("provision"))

    assert "in policy that is not known yet it names 0 groups" in said


def test_an_unknown_value_is_found_wherever_it_lies():
    """In a list, in an object, or beside known ones."""
    one = an_entry(keepMeSignedIn={"postAuth": "ALLOWED", "often": UNKNOWN}, platformIncludes=({"type": UNKNOWN},))

    assert ("keepMeSignedIn", "platformIncludes") == one.unknown()


def test_an_entry_names_no_people_beside_its_group():
    """The vendor takes whoever is in the group or in the list."""
    (said,) = entries.without_its_group(an_entry(usersIncluded=("00u-1",)), standing())

    assert "names people beside its group" in said


@pytest.mark.parametrize("expression", [None, "", "user.profile.vip == true", f"{ENROL} || user.profile.vip == true"])
def test_an_entry_in_account_management_names_its_operation(expression):
    """Else it would govern profile edits too; in an app policy there are no operations."""
    (said,) = entries.without_its_group(an_entry(policyId=ACCOUNT, customExpression=expression), standing())

    assert "in policy rst-account, which decides account management, it is not limited to operations" in said
    assert [] == list(entries.without_its_group(an_entry(customExpression=expression), standing()))


@pytest.mark.parametrize(
    "constraints",
    [
        None,
        (),
        demanding(),
        demanding(knowledge={"required": True, "types": ["password"]}),
        demanding(possession={"excludedAuthenticationMethods": [{"key": "phone_number"}]}),
        (*demanding(possession=STRONG), *demanding(knowledge={"required": True})),
    ],
)
def test_an_entry_that_allows_demands_something_held(constraints):
    """One constraint of several is enough for the vendor, so each of them must."""
    (said,) = entries.without_a_proof(an_entry(constraints=constraints), standing())

    assert "it allows and demands nothing that is held, so a bare password would do" in said
    assert [] == list(entries.without_a_proof(an_entry(constraints=constraints, access="DENY"), standing()))


def test_an_entry_without_access_allows():
    """That is the provider's default."""
    assert 1 == len(list(entries.without_a_proof(an_entry(access=None, constraints=None), standing())))


def test_methods_that_are_named_are_a_proof_where_two_factors_are_asked():
    """With one factor the password alone would do."""
    named = demanding(possession={"authenticationMethods": [{"key": "google_otp", "method": "otp"}]})

    assert [] == list(entries.without_a_proof(an_entry(constraints=named), standing()))
    assert 1 == len(list(entries.without_a_proof(an_entry(constraints=named, factorMode="1FA"), standing())))


@pytest.mark.parametrize(
    "change",
    [
        {"chains": (json.dumps({"authenticationMethods": [{"key": "okta_password"}]}),)},
        {"type": "AUTH_METHOD_CHAIN"},
        {"constraints": ("{",)},
        {"constraints": ("[]",)},
        {"constraints": (json.dumps({"possession": True}),)},
        {"constraints": (UNKNOWN,)},
    ],
)
def test_what_cannot_be_judged_is_refused(change):
    """Silence never opens a path."""
    (said,) = entries.without_a_proof(an_entry(**change), standing())

    assert "what it demands cannot be judged" in said


@pytest.mark.parametrize(
    "possession",
    [
        {"required": True},
        {"required": True, "userPresence": "REQUIRED", "phishingResistant": "OPTIONAL"},
        {"required": True, "authenticationMethods": [{"key": "webauthn"}, {"key": "phone_number", "method": "sms"}]},
        {"required": True, "excludedAuthenticationMethods": [{"key": "phone_number", "method": "sms"}]},
        {"required": True, "excludedAuthenticationMethods": [{"key": "okta_email"}]},
    ],
)
def test_an_entry_never_accepts_a_phone(possession):
    """Neither by name nor because nothing keeps it out."""
    strong = demanding(possession=STRONG)
    one = an_entry(constraints=(*strong, *demanding(possession=possession)))

    (said,) = entries.accepting_phones(one)

    assert "a code on a phone would be a part of what it accepts" in said
    assert [] == list(entries.accepting_phones(an_entry(constraints=one.settings["constraints"], access="DENY")))


@pytest.mark.parametrize(
    "possession",
    [
        {"required": True, "deviceBound": "REQUIRED"},
        {"required": True, "hardwareProtection": "REQUIRED"},
        {"required": True, "authenticationMethods": [{"key": "google_otp", "method": "otp"}]},
        {"required": True, "excludedAuthenticationMethods": [{"key": "phone_number"}]},
        {
            "required": True,
            "excludedAuthenticationMethods": [{"key": "phone_number", "method": name} for name in ("sms", "voice")],
        },
    ],
)
def test_whatever_no_phone_has_keeps_phones_out(possession):
    """A trait, a list of names, or its exclusion with every method it has."""
    assert [] == list(entries.accepting_phones(an_entry(constraints=demanding(possession=possession))))


# The registration desk.


@pytest.mark.parametrize("operator", [" && ", "&&"])
def test_at_the_desk_a_password_binds_a_passkey(operator):
    """In one zone, for one operation and one authenticator."""
    one = at_the_desk(customExpression=f"{ENROL}{operator}{WEBAUTHN}")

    assert [] == list(entries.without_a_proof(one, standing()))
    assert [] == list(entries.without_its_group(one, standing()))
    assert [] == list(entries.accepting_phones(one))


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"networkConnection": "ANYWHERE"}, "names no network zone"),
        ({"networkIncludes": None}, "names no network zone"),
        ({"customExpression": ENROL}, "is for more than binding a passkey"),
        ({"customExpression": f"{ENROL} || {WEBAUTHN}"}, "is for more than binding a passkey"),
        ({"customExpression": f"accessRequest.operation == 'recover' && {WEBAUTHN}"}, "is for more than binding"),
        ({"policyId": PAYROLL}, "stands outside account management"),
        ({"constraints": None}, "would accept whatever is shown"),
        ({"constraints": demanding(knowledge={"types": ["password"]})}, "would accept whatever is shown"),
        ({"constraints": demanding(knowledge={"required": True})}, "would accept whatever is shown"),
        (
            {"constraints": demanding(knowledge={"required": True, "types": ["password", "security_question"]})},
            "would accept whatever is shown",
        ),
        ({"factorMode": "2FA"}, "would accept whatever is shown"),
        (
            {"constraints": (*at_the_desk().settings["constraints"], *demanding(knowledge={}))},
            "would accept whatever is shown",
        ),
    ],
)
def test_the_desk_is_a_place_and_a_purpose(change, because):
    """A password that binds a passkey from anywhere would be the weakest path of all."""
    (said,) = entries.without_a_proof(at_the_desk(**change), standing())

    assert because in said


def test_the_password_may_be_named_by_its_key():
    """The vendor has two ways to say so."""
    named = demanding(knowledge={"required": True, "authenticationMethods": [{"key": "okta_password"}]})

    assert [] == list(entries.without_a_proof(at_the_desk(constraints=named), standing()))


def test_the_desk_may_demand_a_possession_instead():
    """A possession that is named is more than the password."""
    assert [] == list(
        entries.without_a_proof(at_the_desk(factorMode="2FA", constraints=demanding(possession=STRONG)), standing())
    )


def test_only_the_desk_has_this_exemption():
    """The same content under another name is a bare password."""
    one = declared("slot-1 enrol", **at_the_desk().settings)

    (said,) = entries.without_a_proof(one, standing())

    assert "a bare password would do" in said


@pytest.mark.parametrize(
    "rule",
    [
        entries.accepting_phones,
        lambda one: entries.without_its_group(one, standing()),
        lambda one: entries.without_a_proof(one, standing()),
    ],
)
def test_a_rule_looks_at_its_own_kind_only(rule):
    """A group demands nothing and holds no policy."""
    assert [] == list(rule(declared("slot-1 group", GROUP)))
