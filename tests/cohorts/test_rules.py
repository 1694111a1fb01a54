import json

import numpy as np
import pytest
from rule_builders import LAST, asking, book_of, cohorts_of

from cohorts.facts import Coded, Facts, Names, Numbers, YesNo
from cohorts.rule_answers import BLOCK
from cohorts.rule_reading import read_rules
from cohorts.rule_trial import facts_of_rows
from cohorts.rules import first_match, match_counts, trace


def is_matched(book, rows):
    """Say whom the first rule takes."""
    return [number == 1 for number in first_match(book, facts_of_rows(book, rows)).tolist()]


@pytest.mark.parametrize(
    ("condition", "column", "values", "matched"),
    [
        ('["title", "is", "Ä"]', "title", ["ä", "a", None], [True, False, False]),
        ('["title", "is_not", "a"]', "title", ["A", "b", None], [False, True, False]),
        ('["title", "none_of", ["a", "b"]]', "title", ["A", "c", None], [False, True, False]),
        ('["title", "starts_with", "SVC-"]', "title", ["svc-1@x", "x-svc-1@x", None], [True, False, False]),
        (
            '["title", "mentions", "desk"]',
            "title",
            ["Help Desk", "Desktop", "desk_", None],
            [True, False, False, False],
        ),
        ('["title", "mentions", "desk"]', "title", ["Desktop desk", "desktop desks"], [True, False]),
        ('["title", "one_of", ["A", "B"]]', "title", ["b", "c", None], [True, False, False]),
        ('["title", "matches", "^(chief|vp)\\\\b"]', "title", ["VP of x", "a vp", None], [True, False, False]),
        ('["title", "missing", true]', "title", ["b", None], [False, True]),
        ('["title", "missing", false]', "title", ["b", None], [True, False]),
        ('["title", "present", true]', "title", ["b", None], [True, False]),
        ('["title", "present", false]', "title", ["b", None], [False, True]),
        ('["is_admin", "is", false]', "is_admin", [True, False, None], [False, True, False]),
        ('["is_admin", "is", true]', "is_admin", [True, False, None], [True, False, False]),
        ('["is_admin", "missing", true]', "is_admin", [True, False, None], [False, False, True]),
        ('["is_admin", "present", true]', "is_admin", [True, False, None], [True, True, False]),
        ('["created_age_days", "at_most", 7]', "created_age_days", [7, 8, None], [True, False, False]),
        ('["created_age_days", "at_least", 7]', "created_age_days", [7, 6, None], [True, False, False]),
        ('["created_age_days", "above", 7]', "created_age_days", [8, 7, None], [True, False, False]),
        ('["created_age_days", "below", 7]', "created_age_days", [6, 7, None], [True, False, False]),
        (
            '["manager_depth", "between", [2, 3]]',
            "manager_depth",
            [1, 2, 3, 4, None],
            [False, True, True, False, False],
        ),
        ('["manager_depth", "missing", true]', "manager_depth", [1, None], [False, True]),
        ('["groups", "has_one_of", ["b"]]', "groups", [["A", "B"], ["Bb"], [], None], [True, False, False, False]),
        ('["groups", "has_all_of", ["a", "b"]]', "groups", [["A", "B", "c"], ["a"], None], [True, False, False]),
        ('["groups", "has_none_of", ["b"]]', "groups", [["A"], ["B"], [], None], [True, False, True, False]),
        ('["groups", "has_only", ["a", "b."]]', "groups", [["A", "B."], ["bx"], [], None], [True, False, False, False]),
        (
            '["groups", "has_only", ["ab"]]',
            "groups",
            [["a"], ["abc"], ["ab", "x"], ["AB"]],
            [False, False, False, True],
        ),
        ('["groups", "matches", "^ad"]', "groups", [["x", "Admins"], ["bad"], [], None], [True, False, False, False]),
        ('["groups", "empty", true]', "groups", [[], ["a"], None], [True, False, False]),
        ('["groups", "nonempty", true]', "groups", [[], ["a"], None], [False, True, False]),
        ('["groups", "missing", true]', "groups", [[], ["a"], None], [False, False, True]),
        ('{ not = ["title", "is", "a"] }', "title", ["a", "b", None], [False, True, False]),
        ('{ not = ["title", "missing", true] }', "title", ["a", None], [True, False]),
        ('{ not = ["is_admin", "is", true] }', "is_admin", [True, False, None], [False, True, False]),
        ('{ not = ["created_age_days", "above", 7] }', "created_age_days", [8, 7, None], [False, True, False]),
        ('{ not = ["groups", "has_one_of", ["b"]] }', "groups", [["A"], ["B"], None], [True, False, False]),
        ('{ not = ["groups", "has_all_of", ["a", "b"]] }', "groups", [["a"], ["A", "B"], None], [True, False, False]),
        ('{ not = ["groups", "has_only", ["a"]] }', "groups", [["a"], ["b"], [], None], [False, True, True, False]),
        ('{ not = ["groups", "matches", "^a"] }', "groups", [["b"], ["a"], [], None], [True, False, True, False]),
        ('{ not = ["groups", "empty", true] }', "groups", [["b"], [], None], [True, False, False]),
    ],
)
def test_an_unknown_never_matches_by_accident(tmp_path, condition, column, values, matched):
    """Each test says yes for what it names, and no for what is not known, unless that is asked."""
    book = asking(tmp_path, condition)

    assert matched == is_matched(book, [{} if value is None else {column: value} for value in values])


@pytest.mark.parametrize(
    ("condition", "matched"),
    [
        ('["title", "is", "a"]', False),
        ('{ not = ["title", "is", "a"] }', False),
        ('["title", "missing", true]', True),
        ('["groups", "present", true]', False),
        ('{ not = ["is_admin", "present", true] }', True),
        ('{ not = ["created_age_days", "missing", true] }', False),
    ],
)
def test_a_column_that_is_not_there_is_not_known_of_anybody(tmp_path, condition, matched):
    """An export without the file that would tell is no evidence of anything."""
    assert [matched] * 2 == is_matched(asking(tmp_path, condition), [{}, {}])


@pytest.mark.parametrize(
    ("condition", "matched"),
    [
        ('["groups", "has_one_of", ["a"]]', True),
        ('["groups", "has_none_of", ["a"]]', False),
        ('{ not = ["groups", "has_none_of", ["a"]] }', True),
        ('["groups", "has_none_of", ["b"]]', False),
        ('{ not = ["groups", "has_one_of", ["b"]] }', False),
        ('["groups", "has_only", ["a"]]', False),
        ('{ not = ["groups", "has_only", ["a"]] }', False),
        ('{ not = ["groups", "has_only", ["b"]] }', True),
        ('{ any = [["groups", "nonempty", true], ["groups", "has_one_of", ["a"]]] }', True),
        ('["groups", "missing", true], ["groups", "has_one_of", ["a"]]', True),
    ],
)
def test_a_name_that_is_there_is_there_though_nobody_knows_the_whole_list(tmp_path, condition, matched):
    """Half a list proves that a name is on it, and never that one is not."""
    book = asking(tmp_path, condition)
    whole = facts_of_rows(book, [{"groups": ["A"]}]).columns["groups"]
    half = Names(whole.atoms, whole.bits, np.array([-1], np.int16))

    assert [1 if matched else 2] == first_match(book, Facts(1, {"groups": half})).tolist()


def test_nesting_follows_the_logic_of_what_is_not_known(tmp_path):
    """One yes makes an "any", one no unmakes an "all", whatever else is not known."""
    yes, no, unknown = ('["title", "is", "a"]', '["title", "is", "b"]', '["department", "is", "x"]')
    told = {
        f"{{ any = [{unknown}, {yes}] }}": True,
        f"{{ any = [{unknown}, {no}] }}": False,
        f"{{ not = {{ any = [{unknown}, {no}] }} }}": False,
        f"{{ not = {{ any = [{no}, {no}] }} }}": True,
        f"{{ all = [{yes}, {unknown}] }}": False,
        f"{{ not = {{ all = [{no}, {unknown}] }} }}": True,
        f"{{ not = {{ all = [{yes}, {unknown}] }} }}": False,
        f"{{ not = {{ not = {yes} }} }}": True,
        f"{{ not = {{ not = {unknown} }} }}": False,
        f"{{ all = [{yes}, {{ not = {{ any = [{no}] }} }}] }}": True,
    }
    assert list(told.values()) == [is_matched(asking(tmp_path, one), [{"title": "A"}])[0] for one in told]


def test_all_conditions_of_a_rule_must_hold(tmp_path):
    """What stands side by side is an "and"."""
    book = asking(tmp_path, '["title", "is", "a"], ["department", "is", "b"]')
    rows = [{"title": one, "department": other} for one, other in (("a", "b"), ("a", "x"), ("x", "b"))]

    assert [True, False, False] == is_matched(book, rows)


def test_a_look_up_derives_one_column_from_another(tmp_path):
    """Its table is read without regard to case, and what it does not list is not known."""
    text = '[lookup.region]\nfrom = "country"\n[lookup.region.values]\nDE = "EU"\nUS = "NA"\n'
    rules = '[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [{ not = ["region", "is", "na"] }]\n'
    gaps = '[[rule]]\ncohort = "support"\nbecause = "x"\nwhen = [["region", "missing", true]]\n'
    book = book_of(tmp_path, text + rules + gaps + LAST)
    rows = [{"country": "de"}, {"country": "US"}, {"country": "FR"}, {}]

    assert ["finance", "standard", "support", "support"] == cohorts_of(book, rows)
    assert frozenset({"country"}) == book.columns
    assert [None, "EU"] == [trace(book, facts_of_rows(book, rows), row)[0].conditions[-1].value for row in (2, 0)]


def test_nobody_is_classified_as_nobody():
    """An empty population has no numbers, and no rule took anybody."""
    book, nobody = read_rules(), Facts(0, {})

    assert [] == first_match(book, nobody).tolist()
    assert {(0, 0)} == set(match_counts(book, nobody))


def test_a_book_of_one_rule_takes_everyone(tmp_path):
    """The last rule needs no other before it."""
    book = book_of(tmp_path, LAST)

    assert ([1, 1, 1], ((3, 3),)) == (first_match(book, Facts(3, {})).tolist(), match_counts(book, Facts(3, {})))


def test_each_rule_is_counted_by_whom_it_took_and_whom_it_would_have_taken(tmp_path):
    """A rule behind another one shows both numbers, so that an order can be judged."""
    book = asking(tmp_path, '["title", "is", "a"]', '["title", "one_of", ["a", "b"]]')
    facts = facts_of_rows(book, [{"title": one} for one in "aaabbc"])

    assert ((3, 3), (2, 5), (1, 6)) == match_counts(book, facts)


def test_blocks_join_to_the_whole(tmp_path):
    """People are asked in blocks, and no border is lost or asked twice."""
    count = BLOCK + 5
    codes = (np.arange(count) % 3).astype(np.uint8)
    book = asking(tmp_path, '["title", "is", "a"]', '["title", "is", "b"]')
    facts = Facts(count, {"title": Coded(codes, ("A", "B"))})

    expected = np.array([3, 1, 2])[codes]
    assert np.array_equal(expected, first_match(book, facts))
    assert tuple((n, n) for n in np.bincount(expected)[1:3]) == match_counts(book, facts)[:2]


def test_more_rules_than_a_byte_has_numbers_stay_apart(tmp_path):
    """The number of the last rule is right in a long book."""
    book = asking(tmp_path, *(f'["created_age_days", "between", [{n}, {n}]]' for n in range(600)))
    days = np.array([0, 253, 254, 255, 256, 599, 600])

    found = first_match(book, Facts(7, {"created_age_days": Numbers(days)})).tolist()
    assert [1, 254, 255, 256, 257, 600, 601] == found


@pytest.mark.parametrize("count", [254, 255, 256])
def test_the_border_of_a_byte_is_no_border_of_a_book(tmp_path, count):
    """First and last rule are told apart where the marks just fill a byte."""
    book = asking(tmp_path, *(f'["created_age_days", "between", [{n}, {n}]]' for n in range(count - 1)))
    days = np.array([0, count - 2, count])

    assert [1, count - 1, count] == first_match(book, Facts(3, {"created_age_days": Numbers(days)})).tolist()


def test_many_words_are_looked_up_as_few_are_compared(tmp_path):
    """Whether one, half or nearly all words of a column are meant, the answer is the same."""
    values = tuple(f"w{n}" for n in range(40))
    facts = Facts(41, {"title": Coded(np.arange(41, dtype=np.uint8), values)})
    for count in (1, 5, 6, 7, 20, 33, 34, 35, 39, 40):
        wanted = list(values[:count])
        book = asking(tmp_path, f'["title", "one_of", {wanted}]', f'{{ not = ["title", "one_of", {wanted}] }}')

        expected = [3, *[1] * count, *[2] * (40 - count)]
        assert expected == first_match(book, facts).tolist()


def test_answers_are_right_for_every_width_of_code():
    """Whether a column has few or many different values is no matter."""
    book = read_rules()
    for kind in (np.uint8, np.uint16, np.uint32):
        facts = Facts(
            2,
            {
                "department": Coded(np.array([0, 1], kind), ("Finance",)),
                "is_admin": YesNo(np.array([0, 0], np.int8)),
                "last_login_age_days": Numbers(np.array([1, 1], np.int16)),
            },
        )
        assert ["standard", "finance"] == [book.rules[n - 1].cohort for n in first_match(book, facts).tolist()]


def test_signs_in_names_are_signs_and_no_expression(tmp_path):
    """A name may have any sign in it, and "only these" still means these."""
    names = ["a]b", "^c", "d\\e", "f-g", "(h", "i.*", "$", "j|k"]
    book = asking(tmp_path, f'["groups", "has_only", {json.dumps(names)}]')
    others = ["a", "ab", "c", "de", "f", "fxg", "h", "ix", "", "j", "k", "a]b\n"]

    assert [True] * len(names) == is_matched(book, [{"groups": [name]} for name in names])
    assert [False] * len(others) == is_matched(book, [{"groups": [other]} for other in others])
