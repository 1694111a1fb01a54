import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.exception_classes import SIGN_IN_CLASSES
from migration.posture import ACCEPTED, Decides, Method, Target
from stacks import okta_dialect
from stacks.okta_dialect import (
    AUTHENTICATOR,
    CLOSED,
    NOT_IN_THIS_DIALECT,
    STATUS,
    access,
    closed,
    constraints,
    password_alone,
)


@pytest.mark.parametrize("method", Method)
def test_every_method_has_a_word_in_this_dialect_or_a_reason_for_none(method):
    """A new method must be given one, in every dialect."""
    assert (method in AUTHENTICATOR) is not (method in NOT_IN_THIS_DIALECT)
    assert AUTHENTICATOR.get(method) or NOT_IN_THIS_DIALECT[method].strip()


def test_the_words_are_the_vendors():
    """Methods that share one switch are closed together, and this is which."""
    assert {
        "okta_password": {Method.PASSWORD},
        "phone_number": {Method.SMS, Method.VOICE},
        "okta_email": {Method.EMAIL},
        "security_question": {Method.QUESTION},
        "google_otp": {Method.TOTP},
        "okta_verify": {Method.APP_CODE, Method.PUSH, Method.FASTPASS},
        "webauthn": {Method.PASSKEY_SYNCED, Method.PASSKEY_BOUND, Method.SECURITY_KEY},
    } == {key: {method for method, name in AUTHENTICATOR.items() if name == key} for key in AUTHENTICATOR.values()}


@pytest.mark.parametrize("target", Target)
def test_a_target_never_closes_the_switch_of_a_method_that_it_accepts(target):
    """Closing Okta Verify for its codes would lock out everyone with FastPass."""
    needed = {AUTHENTICATOR[method] for method in ACCEPTED[target] if method in AUTHENTICATOR}

    assert set() == needed & CLOSED[target]


@pytest.mark.parametrize("target", Target)
def test_every_target_closes_the_phone_and_none_closes_the_password(target):
    """SMS and voice end with each of them; the password is the provider's own required key."""
    assert "phone_number" in CLOSED[target]
    assert "okta_password" not in CLOSED[target]


EXCUSED = [one.method for one in SIGN_IN_CLASSES]


@pytest.mark.parametrize("method", EXCUSED)
@pytest.mark.parametrize("target", sorted(set(Target) - {Target.NOTHING}))
def test_an_exception_requires_something_held_and_the_password(method, target):
    """Two factors by name beside the target, and no phone among them."""
    _, other = map(json.loads, constraints(target, (method,)))

    assert (True, True) == (other["possession"]["required"], other["knowledge"]["required"])
    assert [AUTHENTICATOR[method]] == [one["key"] for one in other["possession"]["authenticationMethods"]]


@pytest.mark.parametrize("method", sorted(set(Method) - set(EXCUSED)))
def test_a_method_that_no_class_excuses_has_no_words(method):
    """An exception for SMS cannot be declared by mistake."""
    with pytest.raises(KeyError):
        constraints(Target.PHISHING_RESISTANT, (method,))


@pytest.mark.parametrize("method", EXCUSED)
@pytest.mark.parametrize("target", Target)
def test_an_exception_opens_at_most_its_own_authenticator(method, target):
    """Everything else that the target closes stays closed."""
    assert CLOSED[target] - {AUTHENTICATOR[method]} == closed(target, (method,))
    assert CLOSED[target] == closed(target)


def test_the_desk_asks_for_the_password_by_name():
    """A rule that required nothing would let whoever stands in the zone bind a key."""
    assert [{"knowledge": {"required": True, "types": ["password"]}}] == [json.loads(one) for one in password_alone()]


def test_a_stronger_target_closes_more():
    """The ladder of the targets is kept in the dialect."""
    assert CLOSED[Target.PHISHING_RESISTANT] < CLOSED[Target.DEVICE_BOUND] < CLOSED[Target.HARDWARE_KEY]
    assert CLOSED[Target.HARDWARE_KEY] < CLOSED[Target.NOTHING]


@pytest.mark.parametrize("target", Target)
def test_every_constraint_names_what_it_requires(target):
    """A rule that only excluded SMS would accept a bare password."""
    (text,) = constraints(target)
    possession = json.loads(text)["possession"]

    assert possession["required"] is True
    assert "REQUIRED" == possession["phishingResistant"]
    assert "excludedAuthenticationMethods" not in possession


def test_each_step_of_the_ladder_requires_what_the_one_below_requires_and_more():
    """Device-bound adds hardware and the person; hardware key adds that it is one."""
    strong, bound, key = (
        set(json.loads(constraints(target)[0])["possession"])
        for target in (Target.PHISHING_RESISTANT, Target.DEVICE_BOUND, Target.HARDWARE_KEY)
    )

    assert {"required", "phishingResistant", "userPresence"} == strong
    assert {"deviceBound", "hardwareProtection", "userVerification"} == bound - strong
    assert {"authenticationMethods"} == key - bound


def test_nothing_lets_nobody_through():
    """A free slot refuses, whoever switches it on; every other target lets through who can show it."""
    assert {Target.NOTHING: "DENY"} == {target: access(target) for target in Target if access(target) != "ALLOW"}


def test_what_is_theirs_is_inactive():
    """So that the tenant's own policies keep deciding."""
    assert {Decides.OURS: "ACTIVE", Decides.THEIRS: "INACTIVE"} == STATUS


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "PT0M"), (1, "PT1M"), (59, "PT59M"), (60, "PT1H"), (90, "PT1H30M"), (1440, "PT24H")]
)
def test_minutes_are_written_as_the_vendor_reads_them(minutes, text):
    """Hours and minutes, no empty part, and never nothing at all."""
    assert text == okta_dialect.duration(minutes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        (None, None),
        ("", None),
        ("PT0S", 0),
        ("PT2H", 120),
        ("PT12H30M", 750),
        ("P1D", 1440),
        ("P1DT1H", 1500),
        ("PT90S", 1),
        ("PT30S", 0),
        ("PT43800H", 2_628_000),
        ("PT1.5H", 90),
    ],
)
def test_the_vendors_durations_are_read_as_whole_minutes(text, minutes):
    """Rounded down: a proof never lasts longer than what was asked for."""
    assert minutes == okta_dialect.minutes(text)


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P1W", "PT1X", "soon", "2H"])
def test_a_duration_that_we_cannot_read_is_an_error(text):
    """A month read as a minute would be far too strict, and the other way round far too weak."""
    with pytest.raises(ValueError, match=r"duration|float"):
        okta_dialect.minutes(text)


@given(st.integers(0, 10**6))
def test_a_duration_comes_back_as_it_was_written(minutes):
    """Writing and reading are one another's opposite."""
    assert minutes == okta_dialect.minutes(okta_dialect.duration(minutes))
