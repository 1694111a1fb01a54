"""Which questions are none."""

import pytest

from sandbox.idp.judge.okta import BadQuestion, NotModelled, answer
from tests.sandbox.judge_worlds import Tenant

ASKED = {"user": "ada@example.com", "action": "sign-in"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"user": "nobody@example.com"}, "user"),
        ({"user": None}, "user"),
        ({"action": "dance"}, "action"),
        ({"app": "Nothing"}, "app"),
        ({"app": 3}, "app"),
        ({"with": ["pigeon"]}, "with"),
        ({"with": "sms"}, "with"),
        ({"with": [{"method": "sms"}]}, "with"),
        ({"action": "recover", "method": "pigeon"}, "method"),
        ({"action": "enrol"}, "method"),
        ({"via": "carrier"}, "via"),
        ({"holds": ["pigeon"]}, "holds"),
        ({"holds": "sms"}, "holds"),
        ({"holds": [{"method": "sms", "colour": "red"}]}, "holds.colour"),
        ({"holds": [{"method": "push", "user_verified": "yes"}]}, "holds.user_verified"),
        ({"context": {"colour": "red"}}, "context.colour"),
        ({"context": {"ip": "here"}}, "context.ip"),
        ({"context": {"platform": "beos"}}, "context.platform"),
        ({"context": {"device": "lost"}}, "context.device"),
        ({"context": {"device": {"colour": "red"}}}, "context.device"),
        ({"context": {"device": {"managed": "yes"}}}, "context.device"),
        ({"context": {"device_id": "d1"}}, "context.device_id"),
        ({"context": {"client": "fax"}}, "context.client"),
        ({"context": {"risk": "none"}}, "context.risk"),
        ({"context": {"auth_ages": {"pigeon": 1}}}, "context.auth_ages"),
        ({"context": {"auth_ages": {"sms": -1}}}, "context.auth_ages"),
        ({"context": {"auth_ages": {"sms": True}}}, "context.auth_ages"),
        ({"context": []}, None),
        ({"context": "here"}, "context"),
        ({"action": "reuse-session", "session": {"with": []}}, "session.opened_at"),
        ({"action": "reuse-session", "session": {"opened_at": "noon"}}, "session.opened_at"),
        ({"action": "reuse-session", "session": {"opened_at": "2026-11-02", "colour": 1}}, "session.colour"),
        ({"action": "reuse-session", "session": 7}, "session"),
    ],
)
def test_a_question_that_is_wrong_says_which_field(changes, field):
    """What is not listed is an error, never ignored; an empty context is none."""
    if field is None:
        assert "must-step-up" == answer(Tenant().world(), {**ASKED, **changes})["outcome"]
        return
    with pytest.raises(BadQuestion) as refusal:
        answer(Tenant().world(), {**ASKED, **changes})

    assert field == refusal.value.field
    assert refusal.value.why


def test_another_vendor_is_not_modelled():
    """This judge knows one."""
    with pytest.raises(NotModelled, match="entra"):
        answer(Tenant().world(), {**ASKED, "idp": "entra"})


@pytest.mark.parametrize("name", ["ada@example.com", "ADA@example.com", "id-ada"])
def test_a_person_is_named_by_login_or_id(name):
    """The login's case does not matter."""
    assert "allowed" == Tenant().outcome("sign-in", "password", "sms", user=name)


def test_a_login_that_moved_is_somebody_else():
    """What was found once is looked at again each time."""
    first, second = Tenant(), Tenant()
    second.person("ada", profile={"login": "eve@example.com"})
    second.person("bob", profile={"login": "ada@example.com"}, held=["password"])

    assert "allowed" == first.outcome("sign-in", "password", "sms")
    assert "denied" == second.outcome("sign-in", "password", "sms")
    assert "allowed" == first.outcome("sign-in", "password", "sms")


def test_an_app_is_named_by_label_or_id_and_the_dashboard_is_the_default():
    """An inactive app lets nobody in."""
    described = Tenant()
    rules = [
        described.ask(**app)["decided_by"][1]["rule"]
        for app in ({}, {"app": "Payroll"}, {"app": "app-Payroll"}, {"app": "Okta Dashboard"})
    ]

    assert ["Okta Dashboard Catch-all", *["Payroll Catch-all"] * 2, "Okta Dashboard Catch-all"] == rules
    described.put("apps", "app-Payroll", label="Payroll", status="INACTIVE", _policy="Payroll")
    assert "denied" == described.outcome("sign-in", "password", "sms", app="Payroll")


def test_an_answer_can_be_changed_without_changing_the_next():
    """What is remembered is never handed out."""
    described = Tenant()
    first = described.ask()
    first["accepted"].clear()
    first["accepted"].append(["nothing"])

    assert ["fastpass"] in described.ask()["accepted"]


def test_what_the_faces_worked_in_already_is_passed_over():
    """`assume`, `after_write` and `at` are in the World by now."""
    worked_in = {"idp": "okta", "assume": {}, "after_write": 3, "at": "2026-11-02T12:00:00Z"}

    assert "allowed" == Tenant().outcome("sign-in", "password", "sms", **worked_in)


def test_no_sentence_names_a_person():
    """The reason speaks of policies and methods only."""
    described = Tenant()
    for shown in ([], ["password"], ["password", "sms"]):
        assert "ada" not in described.ask("sign-in", *shown)["because"]


def test_people_who_are_alike_share_an_answer_and_others_do_not():
    """What tells them apart is looked at, whichever of them is asked first."""
    described = Tenant()
    described.person("bob", "staff")
    described.person("cleo", profile={"department": "Sales"})
    described.person("dan", held=["password"])

    def outcomes():
        return [
            described.outcome("sign-in", "password", "sms", user=f"id-{name}") for name in ("ada", "bob", "cleo", "dan")
        ]

    assert ["allowed", "allowed", "allowed", "denied"] == outcomes()
    for place, conditions in enumerate(
        [
            {"people": {"groups": {"include": ["staff"]}}},
            {"elCondition": {"condition": "user.profile.department == 'Sales'"}},
            {"people": {"users": {"include": ["id-ada"]}}},
        ]
    ):
        deny = {"appSignOn": {"access": "DENY"}}
        described.rule("Okta Dashboard", f"{place}", deny, conditions=conditions)
        assert [name in ("bob", "cleo", "ada")[: place + 1] for name in ("ada", "bob", "cleo")] == [
            outcome == "denied" for outcome in outcomes()[:3]
        ]
