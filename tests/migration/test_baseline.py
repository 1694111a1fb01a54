import json

import pytest
from builders import EVERYONE, STACK, a_baseline, a_catch_all, a_password, an_app, an_app_rule, for_people, zone

from migration import baseline as baselines
from migration.baseline import (
    BaselineNotSupported,
    BaselineUnreadable,
    Shift,
    applies_to_everyone,
    deciding_rules,
    shifts,
)

PILOT, ADA = "00g-pilot", "00u-ada"
SOME = frozenset({PILOT, ADA})


def names(*rules):
    """Return the names of the rules that decide."""
    found = deciding_rules(rules, some=SOME, everyone=frozenset({EVERYONE}))
    return [rule["name"] for rule in found]


def test_a_rule_that_lets_everyone_in_decides():
    """The simplest app has one rule, and it is everyone's."""
    assert ["Catch-all Rule"] == names(a_catch_all("ALLOW"))


def test_rules_decide_in_the_order_of_their_priority():
    """The order of the answer is the vendor's, not that of the list."""
    second = an_app_rule("second", 2, conditions=zone(include=["b"]))
    first = an_app_rule("first", 1, conditions=zone(include=["a"]))

    assert ["first", "second"] == names(second, a_catch_all(), first)


def test_what_stands_below_a_rule_that_always_applies_decides_nothing():
    """Nobody ever reaches it, so carrying it over would open a path that is closed."""
    assert ["always"] == names(an_app_rule("always", 1), an_app_rule("never", 2), a_catch_all("ALLOW"))


@pytest.mark.parametrize(
    "conditions",
    [
        zone(exclude=["nzo"]),
        {"device": {"registered": True}},
        {"platform": {"include": [{"type": "MOBILE"}]}},
        {"riskScore": {"level": "LOW"}},
        {"userType": {"include": ["oty"]}},
        {"elCondition": {"condition": "true"}},
        {"device": {"managed": False}},
        {"authContext": {"authType": "RADIUS"}},
        {"risk": {"behaviors": ["bhv"]}},
        {"network": {}, "somethingNew": {"level": "ANY"}},
    ],
)
def test_a_rule_with_a_condition_does_not_end_the_list(conditions):
    """Whoever does not meet the condition goes on to the next rule."""
    assert ["narrow", "rest"] == names(an_app_rule("narrow", 1, conditions=conditions), an_app_rule("rest", 2))


@pytest.mark.parametrize(
    "conditions",
    [
        None,
        {},
        {"network": {"connection": "ANYWHERE"}},
        {"riskScore": {"level": "ANY"}},
        {"people": {"groups": {"include": [EVERYONE]}}},
        {"device": None},
        {"userType": {"include": [], "exclude": []}},
        {"risk": {"behaviors": []}},
        {"authContext": {"authType": "ANY"}, "identityProvider": {"provider": "ANY"}},
    ],
)
def test_a_rule_with_empty_conditions_always_applies(conditions):
    """What the vendor shows without meaning it is no condition."""
    assert ["open"] == names(an_app_rule("open", 1, conditions=conditions), an_app_rule("never", 2))


def test_refusals_at_the_end_are_left_out():
    """Falling through ours to theirs refuses all the same, with one rule less of ours to keep."""
    narrow = an_app_rule("narrow", 1, conditions=zone(include=["a"]))
    refusal = an_app_rule("refusal", 2, access="DENY", conditions=zone(include=["b"]))

    assert ["narrow"] == names(narrow, refusal, a_catch_all())


def test_where_everything_is_refused_nothing_decides():
    """An app that is closed needs no rule of ours to stay so; nor does one without rules."""
    assert [] == names(an_app_rule("narrow", 1, access="DENY", conditions=zone(include=["a"])), a_catch_all())
    assert [] == names()


def test_a_refusal_above_an_allowance_is_kept():
    """It takes people out of what stands below it; without it they would be let in."""
    refusal = an_app_rule("refusal", 1, access="DENY", conditions=zone(include=["b"]))

    assert ["refusal", "Catch-all Rule"] == names(refusal, a_catch_all("ALLOW"))


def test_a_rule_that_is_switched_off_decides_nothing():
    """INACTIVE content stays theirs and is not brought to life by us."""
    assert ["Catch-all Rule"] == names(an_app_rule("off", 1, status="INACTIVE"), a_catch_all("ALLOW"))


@pytest.mark.parametrize("lists", [{"groups": ["00g-vendors"]}, {"users": ["00u-bob"]}])
def test_a_rule_for_other_people_is_left_out(lists):
    """It never matches anybody of the waves."""
    assert ["Catch-all Rule"] == names(an_app_rule("vendors", 1, conditions=for_people(**lists)), a_catch_all("ALLOW"))


@pytest.mark.parametrize("lists", [{"without_groups": ["00g-vendors"]}, {"without_users": ["00u-bob"]}])
def test_a_rule_that_excludes_other_people_decides(lists):
    """For the people of the waves it is as if the exclusion were not there."""
    assert ["most"] == names(an_app_rule("most", 1, conditions=for_people(**lists)), a_catch_all("ALLOW"))


@pytest.mark.parametrize(
    "lists",
    [{"groups": [PILOT]}, {"without_groups": [PILOT]}, {"users": [ADA]}, {"without_users": [ADA]}],
)
@pytest.mark.parametrize("access", ["ALLOW", "DENY"])
def test_a_rule_that_singles_out_some_of_the_people_is_refused(lists, access):
    """They differ among themselves: one set of ours would be too weak for some or too strict for others."""
    with pytest.raises(BaselineNotSupported, match="singles out") as caught:
        names(an_app_rule("pilot", 1, access=access, conditions=for_people(**lists)), a_catch_all("ALLOW"))

    assert "pilot (rul-pilot)" in caught.value.context


def test_a_rule_for_everyone_and_some_is_for_everyone():
    """Naming a group beside everyone changes nothing."""
    rule = an_app_rule("all", 1, conditions=for_people(groups=[EVERYONE, PILOT]))

    assert ["all"] == names(rule, a_catch_all())


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (None, True),
        ({}, True),
        ({"people": None}, True),
        (for_people(groups=[EVERYONE, PILOT]), True),
        (for_people(groups=[PILOT]), False),
    ],
)
def test_a_policy_is_everyones_when_it_names_nobody_or_everyone(conditions, expected):
    """Only such a policy can be the source of ours."""
    assert expected is applies_to_everyone({"conditions": conditions}, frozenset({EVERYONE}))


def test_an_insertion_at_a_free_place_moves_nobody():
    """Where nobody stands nobody has to make room."""
    assert () == shifts("Payroll", [("a", 5)], [1, 2])


def test_an_insertion_at_a_taken_place_pushes_until_the_next_gap():
    """What stands behind the gap stays where it is."""
    found = shifts("Payroll", [("a", 1), ("b", 2), ("c", 4)], [1])

    assert (Shift("Payroll", "a", 1, 2), Shift("Payroll", "b", 2, 3)) == found


def test_several_insertions_push_one_after_another():
    """Six sets of ours push the two policies of theirs from 1 and 2 to 7 and 8."""
    found = shifts("MFA_ENROLL", [("a", 1), ("b", 2)], range(1, 7))

    assert (Shift("MFA_ENROLL", "a", 1, 7), Shift("MFA_ENROLL", "b", 2, 8)) == found


def test_a_baseline_is_read_as_it_was_captured(tmp_path):
    """The document goes round without loss, with every setting of theirs in it."""
    path = tmp_path / "baseline.json"
    baseline = a_baseline(password=a_password(unknown={"kept": True}))
    path.write_text(baselines.render(baseline), encoding="utf-8")

    assert baseline == baselines.read(path, STACK)
    assert path.read_text(encoding="utf-8").endswith("}\n")


@pytest.mark.parametrize(
    "same",
    [
        {"captured_at": "2026-12-24T00:00:00+00:00"},
        {"policies_standing": {}},
        {"apps": (an_app(standing=(("other", 9),)),)},
    ],
)
def test_when_it_was_captured_and_where_it_stands_is_no_part_of_the_digest(same):
    """Our own provision moves priorities; the baseline must not look changed by it."""
    assert a_baseline().digest == a_baseline(**same).digest


@pytest.mark.parametrize(
    "other",
    [
        {"password": a_password(selfServiceUnlock={"access": "DENY"})},
        {"apps": ()},
        {"apps": (an_app("payroll", a_catch_all("ALLOW")),)},
        {"stack": "okta-prod"},
    ],
)
def test_whatever_decides_is_part_of_the_digest(other):
    """A plan that was made on another baseline must not be carried out on this one."""
    assert a_baseline().digest != a_baseline(**other).digest


def test_a_missing_baseline_says_how_to_make_one(tmp_path):
    """Nothing is invented in its place."""
    with pytest.raises(BaselineUnreadable, match="no baseline") as caught:
        baselines.read(tmp_path / "baseline.json", STACK)

    assert "offramp baseline capture --execute" in caught.value.hint


@pytest.mark.parametrize("change", [{"schema_version": 2}, {"idp": "entra"}, {"surprise": 1}, {"enrolment": None}])
def test_a_baseline_of_another_form_is_refused(tmp_path, change):
    """What we do not know how to render is not rendered."""
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({**a_baseline().model_dump(mode="json"), **change}), encoding="utf-8")

    with pytest.raises(BaselineUnreadable, match="not what offramp baseline capture writes"):
        baselines.read(path, STACK)


def test_a_baseline_of_another_stack_is_refused(tmp_path):
    """What decides in one tenant says nothing about another."""
    path = tmp_path / "baseline.json"
    path.write_text(baselines.render(a_baseline(stack="okta-prod")), encoding="utf-8")

    with pytest.raises(BaselineUnreadable, match="is for stack okta-prod, not for okta-sandbox"):
        baselines.read(path, STACK)
