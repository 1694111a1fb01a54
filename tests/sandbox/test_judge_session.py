"""What an open session is still worth."""

from datetime import timedelta

import pytest

from sandbox.idp.judge.okta import BadQuestion
from tests.sandbox.judge_worlds import AT, CORPORATE, DENY, PHISHING_RESISTANT, Tenant, assurance, session


def opened(minutes, *methods, idle=None, **more):
    """Return a session that was opened so many minutes ago with *methods*."""
    last = minutes if idle is None else idle
    return {
        "opened_at": (AT - timedelta(minutes=minutes)).isoformat(),
        "last_activity": (AT - timedelta(minutes=last)).isoformat(),
        "with": list(methods or ("password", "sms")),
        **more,
    }


@pytest.mark.parametrize(
    ("minutes", "idle", "more", "expected"),
    [
        (10, 10, {}, "allowed"),
        (600, 119, {}, "allowed"),
        (600, 120, {}, "must-step-up"),
        (719, 1, {}, "allowed"),
        (720, 1, {}, "must-step-up"),
        (300, 1, {"lifetime_minutes": 240}, "must-step-up"),
        (20, 20, {"idle_minutes": 15}, "must-step-up"),
        (1000, 1, {"lifetime_minutes": 0}, "must-step-up"),
        (600, 300, {"lifetime_minutes": 0, "idle_minutes": 400}, "allowed"),
    ],
)
def test_a_session_ends_by_the_limits_it_was_opened_with(minutes, idle, more, expected):
    """Its own limits if it has them, today's rule otherwise; nothing for ever but a lifetime of 0."""
    described = Tenant()

    assert expected == described.outcome("reuse-session", session=opened(minutes, idle=idle, **more))


def test_an_old_session_without_limits_asks_todays_rule():
    """Shortening the rule ends sessions that did not keep their own limits."""
    described = Tenant()
    short = {"maxSessionLifetimeMinutes": 5, "maxSessionIdleMinutes": 5}
    described.rule("Default Session", "Session Rule", session(session=short), system=True)

    assert "must-step-up" == described.outcome("reuse-session", session=opened(10))
    kept = opened(10, lifetime_minutes=720, idle_minutes=120)
    assert "allowed" == described.outcome("reuse-session", session=kept)


def test_the_apps_rule_is_evaluated_anew():
    """A session opened with a phone does not open an app that has since asked for a key."""
    described = Tenant()
    described.rule("Payroll", "Strict", assurance(2, PHISHING_RESISTANT))
    held = ["password", "sms", "security_key"]

    verdict = described.ask("reuse-session", session=opened(10), app="Payroll", holds=held)
    assert ("must-step-up", ["security_key"]) == (verdict["outcome"], verdict["prompts"])
    assert ["Strict"] == [one["rule"] for one in verdict["decided_by"]]
    asked = {"session": opened(10), "app": "Payroll", "holds": held}
    assert "allowed" == described.outcome("reuse-session", "security_key", **asked)
    described.rule("Payroll", "Closed", DENY, priority=0)
    assert "denied" == described.outcome("reuse-session", "security_key", **asked)


def test_the_session_policy_is_not_evaluated_again():
    """It is asked at the start of a session only."""
    described = Tenant()
    described.rule("Default Session", "Session Rule", session(access="DENY"), system=True)

    assert "allowed" == described.outcome("reuse-session", session=opened(10, lifetime_minutes=720, idle_minutes=120))
    assert "denied" == described.outcome("reuse-session", session=opened(999, lifetime_minutes=720, idle_minutes=120))


def test_an_expired_session_carries_nothing():
    """It is a sign-in: what is shown now counts, what was shown then does not."""
    described = Tenant()

    verdict = described.ask("reuse-session", "sms", session=opened(800))
    assert ("must-step-up", ["password"]) == (verdict["outcome"], verdict["prompts"])
    assert verdict["because"].startswith("the session has ended")
    assert "allowed" == described.outcome("reuse-session", "password", "sms", session=opened(800))


@pytest.mark.parametrize(
    ("every", "minutes", "ages", "shown", "expected"),
    [
        ("PT1H", 59, {}, [], "allowed"),
        ("PT1H", 60, {}, [], "must-step-up"),
        ("PT1H", 90, {"password": 60, "sms": 60}, [], "allowed"),
        ("PT1H", 90, {"password": 60}, [], "must-step-up"),
        ("PT1H", 90, {"password": 60}, ["sms"], "allowed"),
        ("PT0S", 10, {}, [], "must-step-up"),
        ("PT0S", 0, {}, [], "must-step-up"),
        ("PT0S", 90, {"password": 0, "sms": 0}, [], "allowed"),
        ("PT0S", 10, {}, ["password", "sms"], "allowed"),
        ("PT43800H", 110, {}, [], "allowed"),
    ],
)
def test_what_a_session_carries_grows_old(every, minutes, ages, shown, expected):
    """A method is as old as the session unless the question says when it was last shown."""
    described = Tenant()
    described.rule("Okta Dashboard", "Okta Dashboard Catch-all", assurance(2, reauthenticateIn=every), system=True)

    question = {"session": opened(minutes), "context": {"auth_ages": ages}}
    assert expected == described.outcome("reuse-session", *shown, **question)


def test_a_rule_may_ask_again_after_inactivity():
    """Past the rule's inactivity period nothing that the session carries counts for that app."""
    described = Tenant()
    described.rule("Payroll", "Payroll Catch-all", assurance(2, inactivityPeriod="PT30M"), system=True)

    assert "allowed" == described.outcome("reuse-session", session=opened(100, idle=29), app="Payroll")
    assert "must-step-up" == described.outcome("reuse-session", session=opened(100, idle=30), app="Payroll")
    assert "allowed" == described.outcome("reuse-session", session=opened(100, idle=30))


def test_a_session_keeps_what_is_no_longer_enrolled():
    """A phone that was removed, or forbidden, was still shown when the session opened."""
    described = Tenant()
    described.enrolment("Default Policy", {"phone_number": "NOT_ALLOWED"}, system=True)

    assert "allowed" == described.outcome("reuse-session", session=opened(10), holds=["password"])
    assert "denied" == described.outcome("sign-in", "password", "sms")


def test_a_session_is_found_by_its_id_and_belongs_to_one_person():
    """Somebody else's, or one that does not exist, is a bad question."""
    described = Tenant()
    described.person("bob")
    described.collections["sessions"] = {"ses1": opened(10, user="id-ada", app="Payroll")}

    assert "allowed" == described.outcome("reuse-session", session="ses1")
    with pytest.raises(BadQuestion, match="somebody else"):
        described.ask("reuse-session", session="ses1", user="bob@example.com")
    with pytest.raises(BadQuestion, match="no such session"):
        described.ask("reuse-session", session="ses2")
    with pytest.raises(BadQuestion, match="needs one"):
        described.ask("reuse-session")


def test_a_session_is_where_it_was_unless_the_question_says_where_it_is():
    """The place it was opened in stands for a question that names none."""
    described = Tenant()
    zone = {"network": {"connection": "ZONE", "include": ["corporate"]}}
    described.rule("Okta Dashboard", "Closed", DENY, priority=1, conditions={"network": {"connection": "ANYWHERE"}})
    described.rule("Okta Dashboard", "Inside", assurance(2), priority=0, conditions=zone)
    inside = opened(10, context={"ip": CORPORATE})

    assert "allowed" == described.outcome("reuse-session", session=inside)
    assert "denied" == described.outcome("reuse-session", session=inside, context={"ip": "192.0.2.10"})
    assert "denied" == described.outcome("reuse-session", session=opened(10))


def test_a_session_of_a_suspended_account_is_worth_nothing():
    """The account's state is asked every time."""
    described = Tenant()
    described.person("ada", status="SUSPENDED")

    assert "denied" == described.outcome("reuse-session", session=opened(10))
