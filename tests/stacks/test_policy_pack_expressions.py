import pytest

from stacks.policy_pack.expressions import names_authenticator, names_operation

ENROL = "accessRequest.operation == 'enroll'"
UNENROL = "accessRequest.operation == 'unenroll'"
RECOVER = "accessRequest.operation == 'recover' || accessRequest.operation == 'unlockAccount'"
NEW_PHONE = f"{ENROL} && accessRequest.authenticator.key == 'phone_number'"


@pytest.mark.parametrize("expression", [ENROL, UNENROL, RECOVER, NEW_PHONE])
def test_an_expression_of_ours_is_limited_to_operations(expression):
    """Each alternative names one."""
    assert names_operation(expression)


@pytest.mark.parametrize(
    "expression",
    [
        'accessRequest.operation=="enroll"',
        "(accessRequest.operation == 'enroll')",
        "user.profile.vip == true && accessRequest.operation == 'enroll'",
        "accessRequest.operation == 'enroll' && (a == 'x' || b == 'y')",
        "(accessRequest.operation == 'enroll' || accessRequest.operation == 'unenroll') && a == ') || b'",
        "a == 'x' && accessRequest.operation == 'enroll' || accessRequest.operation == 'recover'",
    ],
)
def test_parentheses_and_quotes_are_understood(expression):
    """An alternative inside a condition widens nothing."""
    assert names_operation(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "true",
        "accessRequest.operation != 'enroll'",
        "!(accessRequest.operation == 'enroll')",
        "accessRequest.operation == 'enroll' || true",
        "(accessRequest.operation == 'enroll' || true) && a == 'x'",
        "accessRequest.operation == 'enroll' || a == 'x' && b == 'y'",
        "a == \"accessRequest.operation == 'enroll'\"",
        "a or b && accessRequest.operation == 'enroll'",
        "a ? b : c && accessRequest.operation == 'enroll'",
        "NOT a && accessRequest.operation == 'enroll'",
        "accessRequest.operation == 'enroll' == false",
        "(accessRequest.operation == 'enroll'!",
        "accessRequest.operation == user.profile.operation",
    ],
)
def test_an_expression_that_only_mentions_an_operation_is_not_limited_to_it(expression):
    """What can be true without one, and what binds in a way that is not followed."""
    assert not names_operation(expression)


def test_a_given_operation_and_a_given_authenticator_are_asked_for():
    """The desk's rule is for one of each."""
    assert names_operation(NEW_PHONE, "enroll")
    assert not names_operation(UNENROL, "enroll")
    assert not names_operation(RECOVER, "recover")
    assert names_authenticator(NEW_PHONE, "phone_number")
    assert not names_authenticator(NEW_PHONE, "webauthn")
    assert not names_authenticator(ENROL, "webauthn")
