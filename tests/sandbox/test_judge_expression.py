"""What an expression means, and which have no meaning here."""

import pytest

from sandbox.idp.judge.expression import AccessRequest, Facts, compiled
from sandbox.idp.judge.okta import NotModelled

ENROLLING, KEY = "accessRequest.operation == 'enroll'", "accessRequest.authenticator.key"
PROFILE = {"department": "Sales", "isContractor": True, "title": ""}
ENROL = AccessRequest("enroll", "webauthn", "aut1")


def holds(expression, request=ENROL):
    """Evaluate *expression* for somebody in Sales."""
    return compiled(expression)(Facts(PROFILE, request))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("accessRequest.operation == 'enroll'", True),
        ('accessRequest.operation == "enroll"', True),
        ("accessRequest.operation=='recover'", False),
        ("accessRequest.operation != 'recover'", True),
        ("'enroll' == accessRequest.operation", True),
        ("accessRequest.authenticator.key == 'webauthn'", True),
        ("accessRequest.authenticator.id == 'aut1'", True),
        ("accessRequest.operation == 'enroll' && accessRequest.authenticator.key == 'webauthn'", True),
        ("accessRequest.operation == 'enroll' && accessRequest.authenticator.key == 'phone_number'", False),
        ("accessRequest.operation == 'recover' || accessRequest.operation == 'enroll'", True),
        (
            f"{ENROLLING} && ( {KEY} == 'okta_verify' || {KEY} == 'webauthn' )",
            True,
        ),
        (
            "(accessRequest.operation == 'recover' && user.profile.department == 'Sales') || user.profile.isContractor",
            True,
        ),
        ("!(accessRequest.operation == 'enroll')", False),
        ("!user.profile.isContractor", False),
        ("!!user.profile.isContractor", True),
        ("user.profile.department == 'Sales' && user.profile.department != 'Legal' && user.profile.isContractor", True),
        ("user.profile.manager == null", True),
        ("user.profile.manager != null", False),
        ("user.profile.manager", False),
        ("user.profile.title == ''", True),
        ("user.profile.department == 'sales'", False),
        ("((user.profile.isContractor))", True),
        ("null == null", True),
        ("null", False),
    ],
)
def test_an_expression_compares_what_is_known(expression, expected):
    """The request, the profile, text and null can be compared and joined."""
    assert expected is holds(expression)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("accessRequest.operation == 'enroll'", False),
        ("accessRequest.operation != 'enroll'", True),
        ("accessRequest.authenticator.key == null", True),
        ("user.profile.department == 'Sales'", True),
    ],
)
def test_outside_account_management_there_is_no_request(expression, expected):
    """An app's rule sees null for every part of it."""
    assert expected is holds(expression, None)


@pytest.mark.parametrize(
    "expression",
    [
        "accessRequest.operation == 'enroll' && accessRequest.operation == 'a' || accessRequest.operation == 'b'",
        "user.profile.a == 'x' || user.profile.b == 'y' && user.profile.c == 'z'",
        "user.status == 'ACTIVE'",
        "user.isMemberOf({'group.id': {'00g1'}})",
        "{'okta_verify'}.contains(accessRequest.authenticator.key)",
        "accessRequest.operation",
        "accessRequest.operation == 'enroll' AND user.profile.x == 'y'",
        "device.managed == true",
        "user.profile.isContractor == true",
        "user.profile.count == 3",
        "user.profile.department",
        "!user.profile.department",
        "'enroll'",
        "accessRequest == null",
        "accessRequest.operation = 'enroll'",
        "user.profile.a == 'x' == 'y'",
        "(user.profile.a == 'x'",
        "user.profile.a == 'x')",
        "user.profile.a ==",
        "user.profile == null",
        "user.profile.a.b == 'x'",
        "user.profile.a == 'it\\'s'",
        "security.risk.level == 'HIGH'",
        "()",
        "&&",
    ],
)
def test_what_has_no_meaning_here_is_named_whole(expression):
    """The refusal carries the expression, so that somebody can go and look for it."""
    with pytest.raises(NotModelled) as refusal:
        holds(expression)

    assert expression in refusal.value.what


def test_a_side_that_is_not_needed_is_not_judged():
    """Joined expressions stop where the answer is known, as the vendor's do."""
    assert holds("user.profile.isContractor || user.profile.department") is True
    assert holds("user.profile.manager && user.profile.department") is False
