import pytest

from cohorts.errors import RuleBookInvalid
from cohorts.rule_conditions import Branch, Leaf
from cohorts.rule_reach import _Proof
from cohorts.rule_reading import read_rules

LAST = '\n[[rule]]\ncohort = "standard"\nbecause = "nothing else"\n'


def problems_of(tmp_path, *conditions):
    """Say what is wrong with a book whose rule n has the nth conditions."""
    path = tmp_path / "rules.toml"
    path.write_text(
        "".join(f'[[rule]]\ncohort = "finance"\nbecause = "asked"\nwhen = [{one}]\n' for one in conditions) + LAST,
        encoding="utf-8",
    )
    try:
        read_rules(path)
    except RuleBookInvalid as refused:
        return refused.problems
    return ()


WIDER_FIRST = [
    ('["title", "is", "a"]', '["title", "is", "A"]'),
    ('["title", "one_of", ["a", "b"]]', '["title", "is", "b"]'),
    ('["title", "one_of", ["a", "b"]]', '["title", "one_of", ["B"]]'),
    ('["title", "is_not", "a"]', '["title", "is", "b"]'),
    ('["title", "is_not", "a"]', '["title", "none_of", ["a", "b"]]'),
    ('["title", "is_not", "a"]', '["title", "starts_with", "b"]'),
    ('["title", "starts_with", "Chi"]', '["title", "starts_with", "chief"]'),
    ('["title", "starts_with", "Chi"]', '["title", "one_of", ["chief", "Child"]]'),
    ('["title", "mentions", "Desk"]', '["title", "mentions", "desk"], ["status", "is", "ACTIVE"]'),
    ('["title", "mentions", "Desk"]', '["title", "is", "Help Desk"]'),
    ('["title", "matches", "^chief"]', '["title", "is", "Chief of x"]'),
    ('["title", "matches", "^chief"]', '["title", "matches", "^chief"], ["status", "is", "ACTIVE"]'),
    ('["title", "present", true]', '["title", "matches", "x"]'),
    ('["title", "missing", false]', '["title", "is_not", "x"]'),
    ('["title", "missing", true]', '["title", "present", false]'),
    ('["groups", "has_one_of", ["a", "b"]]', '["groups", "has_one_of", ["b"]]'),
    ('["groups", "has_one_of", ["a"]]', '["groups", "has_all_of", ["a", "b"]]'),
    ('["groups", "has_one_of", ["a", "b"]]', '["groups", "has_only", ["a"]]'),
    ('["groups", "has_all_of", ["a"]]', '["groups", "has_one_of", ["a"]]'),
    ('["groups", "has_none_of", ["a"]]', '["groups", "has_none_of", ["a", "b"]]'),
    ('["groups", "has_none_of", ["a"]]', '["groups", "empty", true]'),
    ('["groups", "has_none_of", ["a"]]', '["groups", "has_only", ["b"]]'),
    ('["groups", "has_only", ["a", "b"]]', '["groups", "has_only", ["b"]]'),
    ('["groups", "nonempty", true]', '["groups", "matches", "x"]'),
    ('["groups", "matches", "adm"]', '["groups", "has_one_of", ["Admins"]]'),
    ('{ not = ["groups", "has_only", ["a"]] }', '["groups", "has_one_of", ["b"]]'),
    ('["groups", "present", true]', '["groups", "has_none_of", ["b"]]'),
    ('["created_age_days", "at_least", 5]', '["created_age_days", "at_least", 9]'),
    ('["created_age_days", "at_most", 9]', '["created_age_days", "at_most", 5]'),
    ('["created_age_days", "at_least", 5]', '["created_age_days", "above", 4]'),
    ('["created_age_days", "below", 9]', '["created_age_days", "between", [3, 8]]'),
    ('["created_age_days", "between", [1, 9]]', '["created_age_days", "between", [3, 8]]'),
    ('["is_admin", "missing", true]', '["is_admin", "missing", true]'),
    ('{ not = ["is_admin", "is", true] }', '["is_admin", "is", false]'),
    ('{ not = ["created_age_days", "at_least", 5] }', '["created_age_days", "below", 5]'),
    ('{ not = ["title", "starts_with", "a"] }', '["title", "starts_with", "b"]'),
    ('{ not = ["title", "is", "a"] }', '["title", "is", "b"]'),
    ('{ not = { not = ["title", "is", "a"] } }', '["title", "is", "a"]'),
    ('{ any = [["title", "is", "a"], ["title", "is", "b"]] }', '["title", "is", "b"]'),
    ('{ any = [["title", "is", "a"], ["department", "is", "b"]] }', '["title", "is", "a"], ["status", "is", "ACTIVE"]'),
    ('["title", "present", true]', '{ any = [["title", "is", "a"], ["title", "is", "b"]] }'),
    ('{ all = [["title", "is", "a"]] }', '["title", "is", "a"], ["department", "is", "b"]'),
    ('["title", "is", "a"], ["department", "is", "b"]', '{ all = [["department", "is", "b"], ["title", "is", "a"]] }'),
    ('{ not = { any = [["title", "is", "a"]] } }', '["title", "is", "c"], ["status", "is", "ACTIVE"]'),
    ('{ not = { all = [["title", "is", "a"], ["department", "is", "b"]] } }', '["title", "is_not", "a"]'),
]


@pytest.mark.parametrize(("earlier", "later"), WIDER_FIRST)
def test_a_rule_behind_a_wider_one_is_never_reached(tmp_path, earlier, later):
    """A rule behind a wider one looks like a policy and is none."""
    assert ("rule 2 (line 5) is never reached: rule 1 (line 1) takes everyone whom it could match",) == problems_of(
        tmp_path, earlier, later
    )


def test_a_rule_behind_one_that_takes_everyone_is_never_reached(tmp_path):
    """Without a condition a rule is the last one, wherever it stands."""
    told = "is never reached: rule 1 (line 1) takes everyone whom it could match"

    assert (f"rule 2 (line 5) {told}", f"rule 3 (line 10) {told}") == problems_of(tmp_path, "", '["title", "is", "a"]')


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ('["title", "is", "b"]', '["title", "one_of", ["a", "b"]]'),
        ('["created_age_days", "at_least", 9]', '["created_age_days", "at_least", 5]'),
        ('["created_age_days", "at_most", 5]', '["created_age_days", "at_least", 5]'),
        ('["title", "is", "a"], ["status", "is", "ACTIVE"]', '["title", "is", "a"]'),
        ('["title", "is", "a"]', '["department", "is", "a"]'),
        ('["title", "is_not", "a"]', '["title", "missing", true]'),
        ('{ not = ["title", "is", "a"] }', '{ not = ["title", "present", true] }'),
        ('{ not = ["title", "is", "a"] }', '["title", "missing", true]'),
        ('["title", "starts_with", "chief"]', '["title", "starts_with", "chi"]'),
        ('{ not = ["title", "starts_with", "chief"] }', '["title", "starts_with", "chi"]'),
        ('["groups", "has_one_of", ["a"]]', '["groups", "has_only", ["a", "b"]]'),
        ('["title", "matches", "strasse"]', '["title", "is", "Straße"]'),
        ('["groups", "has_all_of", ["a", "b"]]', '["groups", "has_one_of", ["a", "b"]]'),
        ('["groups", "has_none_of", ["a", "b"]]', '["groups", "has_none_of", ["a"]]'),
        ('["groups", "present", true]', '["groups", "has_one_of", ["a"]]'),
        ('["groups", "has_only", ["a"]]', '["groups", "has_one_of", ["a"]]'),
        ('["groups", "has_none_of", ["b"]]', '["groups", "has_one_of", ["a"]]'),
        ('{ all = [["title", "is", "a"], ["department", "is", "b"]] }', '["title", "is", "a"]'),
        ('["title", "is", "a"]', '{ any = [["title", "is", "a"], ["title", "is", "b"]] }'),
        ('["is_admin", "is", true]', '{ not = ["is_admin", "is", true] }'),
    ],
)
def test_a_wider_rule_behind_a_narrower_one_stands(tmp_path, earlier, later):
    """First the exception, then the rule: that is what the order is for."""
    assert () == problems_of(tmp_path, earlier, later)


@pytest.mark.parametrize(
    "condition",
    [
        '["title", "is", "a"], ["title", "is", "b"]',
        '["title", "is", "a"], ["title", "is_not", "A"]',
        '["title", "is", "a"], ["title", "missing", true]',
        '["title", "one_of", ["a", "b"]], ["title", "starts_with", "c"]',
        '["title", "starts_with", "a"], ["title", "starts_with", "b"]',
        '["title", "is", "a"], { not = ["title", "is", "a"] }',
        '["title", "missing", true], ["title", "present", true]',
        '["title", "is", "a"], { not = ["title", "present", true] }',
        '["is_admin", "is", true], ["is_admin", "is", false]',
        '["created_age_days", "above", 9], ["created_age_days", "below", 10]',
        '["created_age_days", "between", [1, 3]], { not = ["created_age_days", "at_most", 5] }',
        '["groups", "empty", true], ["groups", "has_one_of", ["a"]]',
        '["groups", "has_none_of", ["a", "b"]], ["groups", "has_one_of", ["a"]]',
        '["groups", "has_only", ["a"]], ["groups", "has_one_of", ["b"]]',
        '["groups", "empty", true], ["groups", "has_only", ["a"]]',
        '{ all = [["title", "is", "a"], { all = [["title", "is", "b"]] }] }',
        '["title", "is", "a"], { any = [["title", "is", "b"], ["title", "is", "c"]] }',
        '{ any = [{ all = [["title", "is", "a"], ["title", "is", "b"]] }] }',
    ],
)
def test_a_rule_that_contradicts_itself_is_never_reached(tmp_path, condition):
    """Conditions that exclude each other match nobody."""
    assert ("rule 1 (line 1) is never reached: its conditions contradict each other",) == problems_of(
        tmp_path, condition
    )


@pytest.mark.parametrize(
    "condition",
    [
        '["title", "is", "a"], ["department", "is", "b"]',
        '["groups", "has_one_of", ["a"]], ["groups", "has_one_of", ["b"]]',
        '["groups", "has_one_of", ["a"]], ["groups", "missing", true]',
        '["title", "starts_with", "a"], ["title", "mentions", "b"]',
        '["created_age_days", "at_least", 9], ["created_age_days", "at_most", 9]',
        '["title", "is", "a"], { any = [["title", "is", "b"], ["department", "is", "c"]] }',
        '["groups", "has_none_of", ["a"]], ["groups", "nonempty", true]',
    ],
)
def test_conditions_that_can_hold_together_stand(tmp_path, condition):
    """What might match somebody is not refused."""
    assert () == problems_of(tmp_path, condition)


def test_each_pair_of_conditions_is_compared_once(monkeypatch):
    """Two deep conditions have few pairs of parts, and very many ways to come to them."""
    compared = []
    follows = _Proof._follows
    monkeypatch.setattr(_Proof, "_follows", lambda *told: compared.append(told[1:]) or follows(*told))

    def nested(word, outer):
        condition = Leaf("title", "one_of", (word,))
        for level in range(19):
            how = ("all", "any")[(level + outer) % 2]
            condition = Branch(how, (condition, Leaf("department", "one_of", (f"{word}{level}",))))
        return condition

    assert not _Proof().follows(nested("a", 0), nested("b", 1))
    assert 39 * 39 >= len(compared)
    assert len(compared) == len({(id(one), id(other)) for one, other in compared})
