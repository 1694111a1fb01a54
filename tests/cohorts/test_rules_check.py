import pytest

from cohorts.errors import RuleBookInvalid
from cohorts.rule_reading import MOST_BYTES, MOST_CONDITIONS, MOST_RULES, read_rules

LAST = '\n[[rule]]\ncohort = "standard"\nbecause = "nothing else"\n'


def problems_of(tmp_path, text):
    """Say what is wrong with a rule book."""
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleBookInvalid) as refused:
        read_rules(path)
    return refused.value.problems


def problem_of(tmp_path, condition):
    """Say the one thing that is wrong with a condition, without the rule that it stands in."""
    rule = f'[[rule]]\ncohort = "finance"\nbecause = "asked"\nwhen = [{condition}]\n'
    (problem,) = problems_of(tmp_path, rule + LAST)
    title, _, told = problem.partition(": ")
    assert "rule 1 (line 1)" == title
    return told


def test_all_problems_are_told_at_once(tmp_path):
    """Nobody mends a rule book one refusal at a time."""
    text = """
    [other]
    [[rule]]
    cohort = "pirates"
    because = ""
    colour = "red"
    when = [["shoe_size", "is", 43], ["title", "at_least", 3], ["is_admin", "is", "yes"], "title is x"]
    [[rule]]
    cohort = "finance"
    because = "money"
    when = [["department", "one_of", []], ["department", "is", ""], ["groups", "has_one_of", "Finance"],
        ["created_age_days", "at_least", true], ["title", "missing", 1]]
    """
    problems = problems_of(tmp_path, text)

    assert 14 == len(problems)
    assert "unknown table 'other'" == problems[0]
    assert "the last rule must match everyone: give it no `when`" == problems[-1]
    for told in (
        "rule 1 (line 3): nothing is known of 'shoe_size'",
        "rule 1 (line 3): no cohort is called 'pirates'",
        "rule 1 (line 3): unknown key 'colour'",
        "rule 1 (line 3): 'title' holds text",
        "rule 1 (line 3): 'is_admin' is takes true or false, not 'yes'",
        "rule 2 (line 8): 'department' one_of takes a list of texts",
    ):
        assert any(problem.startswith(told) for problem in problems), told


def test_sound_rules_are_judged_beside_rules_with_a_slip(tmp_path):
    """A rule whose slip hides whom it matches is not said to take anyone; the others are judged all the same."""
    rule = '[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [["title", "{}", "a"]]\n'
    problems = problems_of(tmp_path, rule.format("iss") + rule.format("is") + rule.format("is") + LAST)

    assert 2 == len(problems)
    assert problems[0].startswith("rule 1 (line 1): 'title' holds text and knows is,")
    assert "rule 3 (line 9) is never reached: rule 2 (line 5) takes everyone whom it could match" == problems[1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the last rule must match everyone: give it no `when`"),
        ("cohorts = []\n" + LAST, "`cohorts` is a list of names, the riskiest first"),
        ('cohorts = ["standard", 1]\n' + LAST, "`cohorts` is a list of names, the riskiest first"),
        ('cohorts = ["standard", "standard"]\n' + LAST, "cohort 'standard' is listed twice"),
        ("targets = 1\n" + LAST, "[targets] is a table: cohort = [methods]"),
        ("lookup = 1\n" + LAST, "look-ups are written as [lookup.NAME]"),
        ("lookup.x = 1\n" + LAST, "lookup 'x' has `from` and `values`, nothing else"),
        ("[lookup.title]\nfrom = 'country'\nvalues = {}\n" + LAST, "lookup 'title' has the name of a column"),
        (
            "[lookup.x]\nfrom = 'groups'\nvalues = {}\n" + LAST,
            "lookup 'x': `from` must be a column of texts, not 'groups'",
        ),
        ("[lookup.x]\nfrom = ['a']\nvalues = {}\n" + LAST, "lookup 'x': `from` must be a column of texts, not ['a']"),
        ("[lookup.x]\nfrom = 'country'\nvalues = { a = 1 }\n" + LAST, "lookup 'x': `values` is a table of texts"),
        (
            "[lookup.x]\nfrom = 'country'\nvalues = { a = 'b', A = 'c' }\n" + LAST,
            "lookup 'x': 'a' is listed twice",
        ),
        ("rule = 1", "rules are written as [[rule]]"),
        ("[rule]\ncohort = 'standard'", "rules are written as [[rule]]"),
        ("rule = [1]", "rules are written as [[rule]]"),
        ("expect = 1\n" + LAST, "expects are written as [[expect]]"),
        (LAST + "when = {}\n", "rule 1 (line 2): `when` must be a list of [column, test, value]"),
        (LAST.replace("nothing else", " "), "rule 1 (line 2): `because` must say why, in words"),
    ],
)
def test_what_is_no_rule_book_is_refused_in_words(tmp_path, text, problem):
    """Wherever TOML lets something else stand, a sentence says what belongs there."""
    assert problem in problems_of(tmp_path, text)


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (
            '["title"]',
            "a condition is [column, test, value], {any = [...]}, {all = [...]} or {not = ...}, not ['title']",
        ),
        ("{ any = [] }", "`any` needs at least one condition"),
        ("{ all = [] }", "`all` needs at least one condition"),
        ('["title", "is", 3]', "'title' is takes a text, not 3"),
        ('["title", "is_not", [1]]', "'title' is_not takes a text, not [1]"),
        ('["title", "one_of", ["a", 1]]', "'title' one_of takes a list of texts, not ['a', 1]"),
        ('["title", "present", "yes"]', "'title' present takes true or false, not 'yes'"),
        ('["created_age_days", "above", 1.5]', "'created_age_days' above takes a whole number, not 1.5"),
        ('["created_age_days", "above", 99999999999999999999]', "'created_age_days' above takes a whole number"),
        ('["created_age_days", "above", nan]', "'created_age_days' above takes a whole number, not nan"),
        ('["created_age_days", "between", [1]]', "'created_age_days' between takes two whole numbers, not [1]"),
        ('["created_age_days", "between", [3, 1]]', "'created_age_days' between takes the smaller number first"),
        ('["created_age_days", "matches", "1"]', "'created_age_days' holds number and knows at_least,"),
        ('["is_admin", "matches", "t"]', "'is_admin' holds yes or no and knows is, missing, present, not 'matches'"),
        ('["groups", "empty", false]', "'groups' empty takes true, not False"),
        ('["groups", "nonempty", 1]', "'groups' nonempty takes true, not 1"),
        ('["groups", "is", "x"]', "'groups' holds names and knows has_one_of,"),
        ('["status", "is", "ENABLED"]', "'status' is knows ACTIVE, DEPROVISIONED,"),
        ('["status", "one_of", ["active", "x"]]', "'status' one_of knows ACTIVE, DEPROVISIONED,"),
        ('["employment", "is_not", "gone"]', "'employment' is_not knows active, leave, leaver, not 'gone'"),
        ('["platforms", "has_one_of", ["amiga"]]', "'platforms' has_one_of knows android,"),
        ('["methods", "has_none_of", ["pigeon"]]', "'methods' has_none_of knows app_code,"),
        ('["title", "matches", "("]', "'title' matches takes an RE2 expression, and '(' is none"),
        ('["title", "matches", "(?<=a)b"]', "'title' matches takes an RE2 expression, and '(?<=a)b' is none"),
        ('["groups", "matches", "a{5000}"]', "'groups' matches takes an RE2 expression, and 'a{5000}' is none"),
        ('{ any = [["title", "is", "a"], { not = ["title", "is", 3] }] }', "'title' is takes a text, not 3"),
        ('["title", "is", 2026-01-01]', "'title' is takes a text, not datetime.date(2026, 1, 1)"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(tmp_path, condition, problem):
    """Unknown columns, tests and words, and values of the wrong type, are found before any row is read."""
    assert problem_of(tmp_path, condition).startswith(problem)


@pytest.mark.parametrize("condition", ["{ any = 1 }", "{ any = [], all = [] }", "{ not = 1 }", "7", "[1, 2, 3]", "{}"])
def test_a_condition_has_one_of_four_shapes(tmp_path, condition):
    """What has another shape is shown, beside the shapes that there are."""
    assert problem_of(tmp_path, condition).startswith("a condition is [column, test, value], {any = [...]}")


def test_a_word_that_a_look_up_never_gives_is_refused(tmp_path):
    """A derived column knows its words: those of the table."""
    table = '[lookup.region]\nfrom = "country"\n[lookup.region.values]\nDE = "EU"\n'
    rule = '[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [["region", "is", "EMEA"]]\n'

    assert ("rule 1 (line 5): 'region' is knows EU, not 'EMEA'",) == problems_of(tmp_path, table + rule + LAST)


def test_priorities_are_given_to_all_or_none_and_never_twice(tmp_path):
    """Two rules of one priority would be in no order."""
    rule = '[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [["title", "is", "{}"]]\n{}\n'
    one, two = rule.format("a", "priority = 3"), rule.format("b", "priority = 3")
    last = LAST + "priority = 9\n"

    assert ("overlapping priorities: rule 1 (line 1), rule 2 (line 6) have priority 3",) == problems_of(
        tmp_path, one + two + last
    )
    assert ("give every rule a `priority`, or none: then the order of the file counts",) == problems_of(
        tmp_path, one + LAST
    )
    assert ("rule 2 (line 7): `priority` is a whole number, not 'last'",) == problems_of(
        tmp_path, one + LAST + 'priority = "last"\n'
    )
    assert ("the last rule must match everyone: give it no `when`",) == problems_of(
        tmp_path, rule.format("a", "priority = 3") + rule.format("b", "priority = 4")
    )


def test_an_example_names_columns_and_words_that_there_are(tmp_path):
    """An example with a slip would be met by accident."""
    text = """
[[expect]]
person = { shoe_size = 4, is_admin = "yes", groups = "x", created_age_days = 1.5, status = "GONE", title = 1 }
cohort = "pirates"
because = 3
colour = "red"
[[expect]]
person = "me"
cohort = "standard"
[[expect]]
person = { created_age_days = 99999999999999999999, platforms = ["amiga"] }
cohort = "standard"
"""
    problems = problems_of(tmp_path, LAST + text)

    told = [
        "expect 1 (line 6): unknown key 'colour'",
        "expect 1 (line 6): nothing is known of 'shoe_size'",
        "expect 1 (line 6): 'is_admin' holds yes or no, not 'yes'",
        "expect 1 (line 6): 'groups' holds names, not 'x'",
        "expect 1 (line 6): 'created_age_days' holds number, not 1.5",
        "expect 1 (line 6): 'status' knows ACTIVE",
        "expect 1 (line 6): 'title' holds text, not 1",
        "expect 1 (line 6): no cohort is called 'pirates'",
        "expect 1 (line 6): `because` is a text",
        "expect 2 (line 11): `person` is a table of columns",
        "expect 3 (line 14): 'created_age_days' holds number, not 99999999999999999999",
        "expect 3 (line 14): 'platforms' knows android",
    ]
    assert [True] * len(told) == [one.startswith(words) for one, words in zip(problems, told, strict=True)]


def test_targets_are_methods_that_there_are_for_every_cohort(tmp_path):
    """A cohort without a target would never be ready, and a method that is none would never be held."""
    text = (
        'cohorts = ["standard", "other", "third"]\n[targets]\nstandard = ["pigeon"]\nother = []\npirates = ["push"]\n'
    )
    problems = problems_of(tmp_path, text + LAST)

    assert problems[0].startswith("targets: 'standard' takes a list out of password, sms,")
    assert problems[1].startswith("targets: 'other' takes a list out of")
    assert ("targets: no cohort is called 'pirates'", "targets: nothing is said of third") == problems[2:]


def test_no_address_and_no_long_text_is_repeated(tmp_path):
    """A message may be pasted anywhere: it shows no address, and not a page of what was written."""
    assert "'login' one_of takes a list of texts, not a value with an address in it" == problem_of(
        tmp_path, '["login", "one_of", "ada@example.com"]'
    )
    assert 200 > len(problem_of(tmp_path, f'["title", "one_of", "{"x" * 5000}"]'))


@pytest.mark.parametrize("text", ["[[rule", "\ud800", "a = " + "[" * 50_000, "a = " + "{a=" * 50_000])
def test_a_book_that_is_no_toml_is_refused(tmp_path, text):
    """The parser's word is passed on, with the file; what is nested without end is refused too."""
    path = tmp_path / "rules.toml"
    path.write_bytes(text.encode(errors="surrogatepass"))

    with pytest.raises(RuleBookInvalid, match=r"cannot be read: .") as refused:
        read_rules(path)
    assert str(path) == refused.value.context


def test_a_book_that_is_not_there_is_refused(tmp_path):
    """A missing rule book is a problem of the rule book, not a crash, and so is a folder."""
    with pytest.raises(RuleBookInvalid, match=r"1 problem in missing.toml: cannot be read: No such file"):
        read_rules(tmp_path / "missing.toml")
    with pytest.raises(RuleBookInvalid, match="cannot be read: Is a directory"):
        read_rules(tmp_path)


def test_a_byte_order_mark_is_no_slip(tmp_path):
    """Some editors write one, and nobody sees it."""
    path = tmp_path / "rules.toml"
    path.write_text("\ufeff" + LAST, encoding="utf-8")

    assert 1 == len(read_rules(path).rules)


@pytest.mark.parametrize("depth", [21, 60])
def test_nesting_has_an_end(tmp_path, depth):
    """Conditions that nobody could read are refused, not followed."""
    condition = "{ not = " * depth + '["title", "is", "a"]' + " }" * depth

    assert "conditions are nested more than 20 deep" == problem_of(tmp_path, condition)


def test_deep_nesting_is_judged(tmp_path):
    """Two rules of nearly as many levels as are possible are compared, and both stand."""
    condition = '["title", "is", "{}"]'
    for level in range(19):
        how = ("any", "all")[level % 2]
        condition = f'{{{{ {how} = [{condition}, ["department", "is", "d{level}"]] }}}}'
    rules = "".join(
        f'[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [{condition.format(title)}]\n' for title in "ab"
    )
    path = tmp_path / "rules.toml"
    path.write_text(rules + LAST, encoding="utf-8")

    assert 3 == len(read_rules(path).rules)


def test_a_book_has_a_size_that_somebody_could_read(tmp_path):
    """Too many bytes, rules or conditions are one plain problem each."""
    rule = '[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [{}]\n'
    questions = ", ".join(f'["title", "is", "t{n}"]' for n in range(MOST_CONDITIONS + 1))

    assert (f"cannot be read: it has {MOST_BYTES + 1} bytes, and {MOST_BYTES} are possible",) == problems_of(
        tmp_path, "#" * (MOST_BYTES + 1)
    )
    assert f"there are {MOST_RULES + 1} rules, and {MOST_RULES} are possible" in problems_of(
        tmp_path, LAST * (MOST_RULES + 1)
    )
    assert (f"there are {MOST_CONDITIONS + 1} conditions, and {MOST_CONDITIONS} are possible",) == problems_of(
        tmp_path, rule.format(f"{{ any = [{questions}] }}") + LAST
    )


def test_a_list_is_asked_no_more_than_a_word_has_bits(tmp_path):
    """The answers about one person's list are kept in one word."""
    rule = '[[rule]]\ncohort = "finance"\nbecause = "x"\nwhen = [["groups", "has_one_of", ["g{}"]]]\n'
    rules = "".join(rule.format(number) for number in range(65))

    assert ("the book asks 65 questions about 'groups'; 64 are possible",) == problems_of(tmp_path, rules + LAST)
