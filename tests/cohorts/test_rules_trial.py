import numpy as np
import pytest
from rule_builders import LAST, USUAL, asking, book_of

from cohorts.rule_reading import read_rules
from cohorts.rule_trial import facts_of_rows, try_expects
from cohorts.rules import first_match, marks, trace


def test_a_trace_tells_each_rule_that_was_tried_and_what_it_saw():
    """The first match ends it; an unknown is told as unknown."""
    book = read_rules()
    facts = facts_of_rows(book, [{**USUAL, "groups": ["Everyone"], "roles": ["SUPER_ADMIN"], "is_admin": True}])
    tried = trace(book, facts, 0, {"groups": ["Everyone"]})

    number = first_match(book, facts)[0]
    assert list(range(1, number + 1)) == [one.number for one in tried]
    assert ("yes", "administrators", "holds an administrator role") == (
        tried[-1].outcome,
        tried[-1].cohort,
        tried[-1].because,
    )
    assert {"no"} == {one.outcome for one in tried[:-1]}
    groups = tried[1].conditions[0]
    assert (["Everyone"], "no", "groups") == (groups.value, groups.outcome, groups.column)
    nonempty, denied, only = tried[-1].conditions
    assert ("roles nonempty True", 1, "yes", 0) == (nonempty.words, nonempty.value, nonempty.outcome, nonempty.depth)
    assert ("not this", "yes", 0, "no", 1) == (denied.words, denied.outcome, denied.depth, only.outcome, only.depth)


@pytest.mark.parametrize(
    ("column", "value", "condition"),
    [
        ("title", "Engineer", '["title", "is", "b"]'),
        ("created_age_days", 7, '["created_age_days", "above", 9]'),
        ("is_admin", True, '["is_admin", "is", false]'),
        ("groups", 2, '["groups", "has_one_of", ["z"]]'),
    ],
)
def test_a_trace_shows_values_and_keeps_unknowns_unknown(tmp_path, column, value, condition):
    """What nobody knows is shown as nothing, and decides nothing."""
    book = asking(tmp_path, condition)
    facts = facts_of_rows(book, [{column: ["x", "y"] if column == "groups" else value}, {}])

    tried = [trace(book, facts, row) for row in (0, 1)]
    assert [(value, "no", "no"), (None, "unknown", "unknown")] == [
        (rules[0].conditions[0].value, rules[0].conditions[0].outcome, rules[0].outcome) for rules in tried
    ]
    assert [2, 2] == [rules[-1].number for rules in tried]


def test_examples_that_come_out_otherwise_are_told(tmp_path):
    """Each failure says which example, what it expected and what the book says."""
    text = """
    [[expect]]
    person = { title = "a" }
    cohort = "finance"
    because = "asked"
    [[expect]]
    person = { title = "b" }
    cohort = "finance"
    [[expect]]
    person = { title = "A" }
    cohort = "finance"
    because = "another reason"
    """
    rules = '[[rule]]\ncohort = "finance"\nbecause = "asked"\nwhen = [["title", "is", "a"]]\n'
    failures = try_expects(book_of(tmp_path, rules + LAST + text))

    assert [
        (2, "finance", "standard: nothing else", 2),
        (3, "finance: another reason", "finance: asked", 1),
    ] == [(one.number, one.expected, one.got, one.rule) for one in failures]


def test_marks_are_equal_where_every_answer_is():
    """Two people whom no question tells apart have the same marks, and two whom one does have not."""
    book = read_rules()
    rows = [{"title": "Chief of x"}, {"title": "Chief of y"}, {"title": "x"}, {}, {"title": "x", "is_admin": False}]
    columns, told = marks(book, facts_of_rows(book, rows))

    title = columns.index("title")
    assert told[0].tolist() == told[1].tolist()
    assert 3 == len(set(told[:, title].tolist()))
    assert [columns.index("is_admin")] == np.flatnonzero(told[2] != told[4]).tolist()
