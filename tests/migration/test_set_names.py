from dataclasses import replace

import pytest
from builders import a_baseline, a_catch_all, a_lease, a_provision, an_app, an_app_rule

from migration.posture import AIMS, Decides, Stage, posture_at
from migration.set_names import POLICY_TYPES, app_of, decides, names, owned, tally

PHONE = an_app("phone")  # an app whose key ends another name
PAYROLL = an_app("payroll", an_app_rule("Managed", 1), a_catch_all("ALLOW"))
APPS = (PAYROLL, PHONE)
FIRST = a_provision(a_baseline(apps=APPS), zone_id="nzo-desk", canary="payroll")
ACCOUNT = ("no new phone", "enrol", "unenrol", "recover")
OWN = ("password", "password rule", "enrolment", "enrolment rule", "session", "session rule")
PATHS = {
    "sign_in": {"enrolment", "x sign-in phone"},
    "session": {"session"},
    "recovery": {"recover", "password"},
    "binding": {"enrol", "unenrol"},
    "new_phones": {"no new phone"},
    "canary": {"x sign-in payroll", "x sign-in 2 payroll"},
}


def a_set(key):
    """Return one set of the first manifest."""
    return next(content for content in FIRST.sets if content.key == key)


@pytest.mark.parametrize("key", ["break-glass", "home-standard", "slot-2"])
def test_a_whole_set_owns_something_on_every_path(key):
    """Four account rules, three policies with their rules, and a rule per rule of theirs."""
    rules = (f"{key} sign-in payroll", f"{key} sign-in 2 payroll", f"{key} sign-in phone")

    assert ("group", *ACCOUNT, *OWN, *rules) == names(a_set(key), APPS)


@pytest.mark.parametrize("key", ["exception-dated-totp-standard", "exception-shared-workstation-key-administrators"])
def test_an_exception_owns_sign_in_and_nothing_else(key):
    """Recovery, password, session and account management fall through to the set that the person is in."""
    rules = (f"{key} sign-in payroll", f"{key} sign-in 2 payroll", f"{key} sign-in phone")

    assert ("group", "enrolment", "enrolment rule", *rules) == names(a_set(key), APPS)


@pytest.mark.parametrize(("key", "rule"), [("bootstrap", "enrol"), ("joiners", "no new phone")])
def test_the_desk_and_the_joiners_own_one_account_rule_each(key, rule):
    """And have no say at sign-in."""
    assert ("group", rule) == names(a_set(key), APPS)


@pytest.mark.parametrize("path", PATHS)
def test_everything_of_ours_is_switched_by_one_path(path):
    """Whose it is decides; the rule of an own policy is on whenever its policy is."""
    posture = replace(posture_at(AIMS["standard"], Stage.PLANNED), **{path: Decides.OURS})
    every = {"password rule", *(name for group in PATHS.values() for name in group)}

    ours = {name for name in every if decides(posture, name, canary="payroll") is Decides.OURS}

    assert PATHS[path] | {"password rule"} == ours


def test_without_a_canary_every_app_follows_sign_in():
    """A tenant that has no such app is not rehearsed on any other."""
    rehearsing = posture_at(AIMS["standard"], Stage.REHEARSE)

    assert Decides.THEIRS is decides(rehearsing, "slot-1 sign-in payroll", canary=None)
    assert Decides.OURS is decides(rehearsing, "slot-1 sign-in payroll", canary="payroll")


def test_a_name_that_only_ends_like_an_app_is_no_sign_in_rule():
    """An app may be called anything, "phone" and "rule" included."""
    rehearsing = replace(posture_at(AIMS["standard"], Stage.REHEARSE), new_phones=Decides.THEIRS)

    assert Decides.THEIRS is decides(rehearsing, "no new phone", canary="phone")
    assert Decides.OURS is decides(rehearsing, "session rule", canary="rule")


def test_the_desks_rule_is_always_on():
    """Its group is empty until two people approved somebody."""
    assert Decides.OURS is decides(a_set("bootstrap").posture, "enrol", canary="payroll")


@pytest.mark.parametrize("content", FIRST.sets, ids=lambda content: content.key)
def test_a_sign_in_rule_tells_its_app(content):
    """That is how it is found again in the tenant."""
    rules = [name for name in names(content, APPS) if " sign-in" in name]

    assert [app.key for app in APPS for _ in app.rules] * owned(content).has_sign_in == [
        app_of(name, APPS).key for name in rules
    ]


def test_the_tally_counts_what_the_names_name():
    """One source: what the plan lists as shifted is what the program declares."""
    for upto in range(len(FIRST.sets) + 1):
        sets = FIRST.sets[:upto]
        found = [name for content in sets for name in names(content, APPS)]
        expected = (
            {name: found.count(name) for name in POLICY_TYPES},
            sum(found.count(name) for name in ACCOUNT),
            sum(name.endswith(" phone") and " sign-in" in name for name in found),
        )
        counted = tally(sets)

        assert expected == (counted.policies, counted.account_rules, counted.sign_ins)


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_changes_no_name(stage):
    """What a set owns hangs on its kind alone, so that a step creates and deletes nothing."""
    stepped = FIRST.with_slot(a_lease(stage, slot="slot-1"))

    assert [names(content, APPS) for content in FIRST.sets] == [names(content, APPS) for content in stepped.sets]
