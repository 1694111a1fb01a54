import pickle

import numpy as np
import pytest
from rule_builders import LAST, USUAL, asking, book_of, cohorts_of

from cohorts.facts import Facts, Names
from cohorts.rule_reading import read_rules
from cohorts.rule_trial import facts_of_rows, try_expects
from cohorts.rules import RULES_PATH, first_match
from cohorts.snapshot import COHORTS


@pytest.mark.parametrize(
    ("person", "cohort"),
    [
        ({}, "standard"),
        ({"user_type": "Emergency", "is_admin": True}, "break-glass"),
        ({"groups": ["Everyone", "Emergency access"], "is_admin": True}, "break-glass"),
        ({"user_type": "Service", "is_admin": True}, "service"),
        ({"groups": ["Service accounts"]}, "service"),
        ({"is_admin": True, "title": "Chief Information Officer"}, "administrators"),
        ({"is_admin": None, "department": "Finance"}, "administrators"),
        ({"is_admin": True, "roles": None}, "administrators"),
        ({"is_admin": False, "roles": ["Global Administrator"]}, "administrators"),
        ({"is_admin": True, "roles": ["HELP_DESK_ADMIN", "SUPER_ADMIN"]}, "administrators"),
        ({"is_admin": True, "roles": ["User Administrator", "Custom"]}, "administrators"),
        ({"groups": ["domain admins"], "department": "Finance"}, "administrators"),
        ({"title": "Chief Financial Officer", "department": "Finance"}, "executives"),
        ({"title": "Senior Vice President, Sales"}, "executives"),
        ({"title": "CISO"}, "executives"),
        ({"title": "Assistant to the Chief Executive Officer"}, "executives"),
        ({"title": "Executive Assistant"}, "executives"),
        ({"groups": ["Executives"]}, "executives"),
        ({"title": "Mischief Maker"}, "standard"),
        ({"department": "finance"}, "finance"),
        ({"department": "Finance", "user_type": "Contractor"}, "finance"),
        ({"groups": ["Payment approvers"]}, "finance"),
        ({"roles": ["HELP_DESK_ADMIN"]}, "support"),
        ({"is_admin": True, "roles": ["Authentication Administrator"]}, "support"),
        ({"is_admin": True, "roles": ["Privileged Authentication Administrator"]}, "administrators"),
        ({"department": "Help desk"}, "support"),
        ({"user_type": "Contractor", "department": "Retail"}, "contractors"),
        ({"user_type": "guest"}, "contractors"),
        ({"department": "Retail", "last_login_age_days": None}, "frontline"),
        ({"department": "Warehouse"}, "frontline"),
        ({"device_type": "shared kiosk"}, "frontline"),
        ({"is_shared_device": True}, "frontline"),
        ({"employment": "leaver"}, "dormant"),
        ({"last_login_age_days": None}, "dormant"),
        ({"last_login_age_days": 91}, "dormant"),
        ({"last_login_age_days": 90}, "standard"),
        ({"status": "SUSPENDED"}, "dormant"),
        ({"department": None, "title": None, "user_type": None}, "standard"),
    ],
)
def test_our_rule_book_places_people_as_the_domain_says(person, cohort):
    """The order is the policy: emergency and service first, doubt before role, the rest by risk."""
    assert [cohort] == cohorts_of(read_rules(), [{**USUAL, **person}])


def test_our_rule_book_uses_every_cohort_and_has_an_example_of_each():
    """A cohort that no rule can reach would be a promise, and one without an example a hope."""
    book = read_rules(RULES_PATH)

    assert set(COHORTS) == {rule.cohort for rule in book.rules} == {one.cohort for one in book.expects}


def test_our_rule_book_meets_its_own_examples():
    """What we say about the book is true of the book."""
    assert () == try_expects(read_rules())


def test_a_role_that_nobody_can_list_makes_an_administrator():
    """Where a row about somebody's roles was lost, what is left of the list does not make them less."""
    book = read_rules()
    facts = facts_of_rows(book, [{**USUAL, "is_admin": True, "roles": ["User Administrator"]}])
    roles = facts.columns["roles"]
    lost = Facts(1, {**facts.columns, "roles": Names(roles.atoms, roles.bits, np.array([-1], np.int16))})

    cohorts = [book.rules[first_match(book, one)[0] - 1].cohort for one in (facts, lost)]
    assert ["support", "administrators"] == cohorts


def test_priorities_order_the_rules_where_they_are_given(tmp_path):
    """The smallest number is asked first, wherever it stands."""
    rule = '[[rule]]\ncohort = "{}"\nbecause = "x"\npriority = {}\n{}\n'
    asked = 'when = [["title", "is", "a"]]'
    text = (
        rule.format("standard", 9, "")
        + rule.format("finance", 5, asked + "\n")
        + rule.format("support", -1, 'when = [["title", "one_of", ["a"]], ["department", "is", "b"]]')
    )
    book = book_of(tmp_path, text)

    assert ["support", "finance", "standard"] == [rule.cohort for rule in book.rules]
    assert ["support", "finance"] == cohorts_of(book, [{"title": "a", "department": "b"}, {"title": "a"}])


def test_a_book_may_have_cohorts_and_targets_of_its_own(tmp_path):
    """The order in which it lists them says which of two is riskier."""
    text = 'cohorts = ["pilot", "rest"]\n[targets]\npilot = ["push"]\nrest = ["push", "totp"]\n'
    book = book_of(tmp_path, text + '[[rule]]\ncohort = "rest"\nbecause = "x"\n')

    assert ("pilot", "pilot") == (book.riskier("rest", "pilot"), book.riskier("pilot", "pilot"))
    assert {"pilot": {"push"}, "rest": {"push", "totp"}} == book.targets
    assert (None, "finance") == (read_rules().targets, read_rules().riskier("standard", "finance"))


def test_every_question_about_a_list_is_asked_once(tmp_path):
    """Equal questions of two rules are one, in the order of the book; each name of "all of" is its own."""
    book = asking(
        tmp_path,
        '["groups", "has_one_of", ["B", "a"]]',
        '["groups", "has_none_of", ["A", "b"]], ["groups", "has_all_of", ["c", "D"]], ["roles", "empty", true]',
    )

    assert [("a", "b"), ("c",), ("d",)] == [atom.value for atom in book.atoms("groups")]
    assert () == book.atoms("roles")
    assert {"groups", "roles"} == book.columns


def test_a_comment_does_not_change_what_the_book_says(tmp_path):
    """The digest follows the meaning, so that a review of layout is no new policy."""
    plain = book_of(tmp_path, LAST).digest
    example = '[[expect]]\nperson = {}\ncohort = "standard"\n'

    assert plain == book_of(tmp_path, f"# a comment\n{LAST}").digest
    assert plain == book_of(tmp_path, LAST + example).digest
    assert plain != book_of(tmp_path, LAST.replace("nothing else", "something else")).digest
    assert asking(tmp_path, '["title", "is", "A"]').digest == asking(tmp_path, '["title", "is", "a"]').digest
    assert asking(tmp_path, '["title", "is", "a"]').digest != asking(tmp_path, '["title", "is", "b"]').digest


def test_whatever_decides_changes_the_digest(tmp_path):
    """A table, a target or another order of cohorts is another policy."""
    table = '[lookup.region]\nfrom = "country"\n[lookup.region.values]\nDE = "EU"\n'
    texts = [
        LAST,
        table + LAST,
        table.replace("EU", "Europe") + LAST,
        'cohorts = ["standard", "other"]\n' + LAST,
        'cohorts = ["other", "standard"]\n' + LAST,
        'cohorts = ["standard"]\n[targets]\nstandard = ["push"]\n' + LAST,
        'cohorts = ["standard"]\n[targets]\nstandard = ["totp"]\n' + LAST,
    ]
    assert len(texts) == len({book_of(tmp_path, text).digest for text in texts})


def test_a_book_travels_to_other_processes():
    """A worker gets the whole book, and finds the same."""
    book = read_rules()

    assert book == pickle.loads(pickle.dumps(book))  # noqa: S301 - our own bytes
