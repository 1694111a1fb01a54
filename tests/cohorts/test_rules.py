import pandas as pd
import pytest

from cohorts.errors import RuleBookInvalid
from cohorts.rules import RULES_PATH, classify, read_rules
from cohorts.snapshot import COHORTS

LAST = '\n[[rule]]\ncohort = "standard"\nbecause = "nothing else"\n'


def people(**changes) -> pd.DataFrame:
    """Make one canonical user per value of the longest column."""
    count = max((len(values) for values in changes.values()), default=1)
    usual = {
        "login": "u@example.com",
        "status": "ACTIVE",
        "user_type": "Employee",
        "department": "Engineering",
        "title": "Engineer",
        "provider": "OKTA",
        "is_admin": False,
        "groups": (),
        "roles": (),
        "last_login_age_days": 1,
        "created_age_days": 400,
    }
    columns = {name: changes.get(name, [value] * count) for name, value in usual.items()}
    users = pd.DataFrame(columns, index=pd.Index([f"u{n}" for n in range(count)], name="user_id"))
    texts = ["login", "status", "user_type", "department", "title", "provider"]
    numbers = {"last_login_age_days": "Int64", "created_age_days": "Int64"}
    return users.astype({**dict.fromkeys(texts, "string"), "is_admin": "boolean", **numbers})


def cohorts_of(users: pd.DataFrame, book=None) -> list[str]:
    """Say where the rule book puts each."""
    return classify(users, book or read_rules())["cohort"].tolist()


def book_of(tmp_path, text: str):
    """Read a rule book that says *text*."""
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def problems_of(tmp_path, text: str) -> tuple[str, ...]:
    """Say what is wrong with a rule book."""
    with pytest.raises(RuleBookInvalid) as refused:
        book_of(tmp_path, text)
    return refused.value.problems


@pytest.mark.parametrize(
    ("person", "cohort"),
    [
        ({}, "standard"),
        ({"user_type": "Emergency", "is_admin": True}, "break-glass"),
        ({"groups": ("Everyone", "Emergency access"), "is_admin": True}, "break-glass"),
        ({"user_type": "Service", "is_admin": True}, "service"),
        ({"groups": ("Service accounts",)}, "service"),
        ({"is_admin": True, "title": "Chief Information Officer"}, "administrators"),
        ({"is_admin": None, "department": "Finance"}, "administrators"),
        ({"title": "Chief Financial Officer", "department": "Finance"}, "executives"),
        ({"title": "Senior Vice President, Sales"}, "executives"),
        ({"title": "Assistant to the Chief Executive Officer"}, "executives"),
        ({"title": "Executive Assistant"}, "executives"),
        ({"groups": ("Executives",)}, "executives"),
        ({"title": "Mischief Maker"}, "standard"),
        ({"department": "finance"}, "finance"),
        ({"department": "Finance", "user_type": "Contractor"}, "finance"),
        ({"roles": ("HELP_DESK_ADMIN",)}, "support"),
        ({"department": "Help desk"}, "support"),
        ({"user_type": "Contractor", "department": "Retail"}, "contractors"),
        ({"department": "Retail", "last_login_age_days": None}, "frontline"),
        ({"department": "Warehouse"}, "frontline"),
        ({"last_login_age_days": None}, "dormant"),
        ({"last_login_age_days": 91}, "dormant"),
        ({"last_login_age_days": 90}, "standard"),
        ({"status": "SUSPENDED"}, "dormant"),
        ({"department": None, "title": None, "user_type": None}, "standard"),
    ],
)
def test_our_rule_book_places_people_as_the_domain_says(person, cohort):
    """The order is the policy: emergency and service first, doubt before role, the rest by risk."""
    users = people(**{name: [value] for name, value in person.items()})

    assert [cohort] == cohorts_of(users)


def test_our_rule_book_uses_every_cohort():
    """A cohort that no rule can reach would be a promise."""
    assert set(COHORTS) == {rule.cohort for rule in read_rules(RULES_PATH).rules}


def test_the_first_match_wins_and_says_why():
    """Each person carries the reason and the number of the rule that took them."""
    told = classify(people(is_admin=[True]), read_rules()).iloc[0]

    assert ("administrators", "holds an administrator role", 6) == (told.cohort, told.because, told.rule)


def test_nobody_is_classified_as_nobody():
    """An empty table stays empty and has the columns."""
    told = classify(people(is_admin=[]), read_rules())

    assert (0, {"cohort", "because", "rule"}) == (len(told), set(told.columns) - set(people().columns))


@pytest.mark.parametrize(
    ("condition", "column", "values", "matched"),
    [
        ('["login", "starts_with", "SVC-"]', "login", ["svc-1@x", "x-svc-1@x", None], [True, False, False]),
        ('["title", "mentions", "desk"]', "title", ["Help Desk", "Desktop", None], [True, False, False]),
        ('["title", "one_of", ["A", "B"]]', "title", ["b", "c", None], [True, False, False]),
        ('["title", "missing", true]', "title", ["b", None], [False, True]),
        ('["title", "missing", false]', "title", ["b", None], [True, False]),
        ('["is_admin", "is", false]', "is_admin", [True, False, None], [False, True, False]),
        ('["is_admin", "missing", true]', "is_admin", [True, False, None], [False, False, True]),
        ('["created_age_days", "at_most", 7]', "created_age_days", [7, 8, None], [True, False, False]),
        ('["created_age_days", "at_least", 7]', "created_age_days", [7, 6, None], [True, False, False]),
        ('["groups", "has_one_of", ["b"]]', "groups", [("A", "B"), ("Bb",), ()], [True, False, False]),
    ],
)
def test_an_unknown_never_matches_by_accident(tmp_path, condition, column, values, matched):
    """Each test says yes for what it names, and no for what is not known, unless that is asked."""
    rule = f'[[rule]]\ncohort = "finance"\nbecause = "asked"\nwhen = [{condition}]\n'
    book = book_of(tmp_path, rule + LAST)

    assert ["finance" if match else "standard" for match in matched] == cohorts_of(people(**{column: values}), book)


def test_all_conditions_of_a_rule_must_hold(tmp_path):
    """A rule is an "and"; an "or" is two rules."""
    when = '[["title", "is", "a"], ["department", "is", "b"]]'
    book = book_of(tmp_path, f'[[rule]]\ncohort = "finance"\nbecause = "both"\nwhen = {when}\n{LAST}')
    users = people(title=["a", "a", "x"], department=["b", "x", "b"])

    assert ["finance", "standard", "standard"] == cohorts_of(users, book)


def test_a_comment_does_not_change_what_the_book_says(tmp_path):
    """The digest follows the meaning, so that a review of layout is no new policy."""
    plain = book_of(tmp_path, LAST).digest

    assert plain == book_of(tmp_path, f"# a comment\n{LAST}").digest
    assert plain != book_of(tmp_path, LAST.replace("nothing else", "something else")).digest


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
    assert any("rule 1: nothing is known of 'shoe_size'" in problem for problem in problems)
    assert any("rule 1: no cohort is called 'pirates'" in problem for problem in problems)
    assert any("rule 1: 'is_admin' is takes true or false, not 'yes'" in problem for problem in problems)
    assert any("rule 2: 'department' one_of takes a list of texts" in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the last rule must match everyone: give it no `when`"),
        ("rule = 1", "rules are written as [[rule]]"),
        ("[rule]\ncohort = 'standard'", "rules are written as [[rule]]"),
        ("rule = [1]", "rules are written as [[rule]]"),
    ],
)
def test_a_book_without_rules_places_nobody(tmp_path, text, problem):
    """What is no list of rules is refused in one sentence."""
    assert (problem,) == problems_of(tmp_path, text)


def test_conditions_are_a_list(tmp_path):
    """A condition that stands alone is not guessed at."""
    text = f'[[rule]]\ncohort = "finance"\nbecause = "money"\nwhen = "department is Finance"\n{LAST}'

    assert ("rule 1: `when` must be a list of [column, test, value]",) == problems_of(tmp_path, text)


@pytest.mark.parametrize("text", ["[[rule", "\ud800"])
def test_a_book_that_is_no_toml_is_refused(tmp_path, text):
    """The parser's word is passed on, with the file."""
    path = tmp_path / "rules.toml"
    path.write_bytes(text.encode(errors="surrogatepass"))

    with pytest.raises(RuleBookInvalid, match="cannot be read") as refused:
        read_rules(path)
    assert str(path) == refused.value.context


def test_a_book_that_is_not_there_is_refused(tmp_path):
    """A missing rule book is a problem of the rule book, not a crash."""
    with pytest.raises(RuleBookInvalid, match=r"1 problem in missing.toml: cannot be read: No such file"):
        read_rules(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ([], '["title", "is", "a"]'),
        ('["title", "is", "a"]', '["title", "is", "A"]'),
        ('["title", "one_of", ["a", "b"]]', '["title", "is", "b"]'),
        ('["title", "one_of", ["a", "b"]]', '["title", "one_of", ["B"]]'),
        ('["groups", "has_one_of", ["a", "b"]]', '["groups", "has_one_of", ["b"]]'),
        ('["created_age_days", "at_least", 5]', '["created_age_days", "at_least", 9]'),
        ('["created_age_days", "at_most", 9]', '["created_age_days", "at_most", 5]'),
        ('["title", "starts_with", "Chi"]', '["title", "starts_with", "chief"]'),
        ('["title", "mentions", "Desk"]', '["title", "mentions", "desk"], ["status", "is", "ACTIVE"]'),
        ('["is_admin", "missing", true]', '["is_admin", "missing", true]'),
    ],
)
def test_a_rule_that_is_never_reached_is_a_problem(tmp_path, earlier, later):
    """A rule behind a wider one looks like a policy and is none."""
    rules = "".join(
        f'[[rule]]\ncohort = "{cohort}"\nbecause = "asked"\nwhen = [{when or ""}]\n'
        for cohort, when in (("finance", earlier), ("support", later))
    )

    assert "rule 2 is never reached: rule 1 takes everyone whom it could match" in problems_of(tmp_path, rules + LAST)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ('["title", "is", "b"]', '["title", "one_of", ["a", "b"]]'),
        ('["created_age_days", "at_least", 9]', '["created_age_days", "at_least", 5]'),
        ('["created_age_days", "at_most", 5]', '["created_age_days", "at_least", 5]'),
        ('["title", "is", "a"], ["status", "is", "ACTIVE"]', '["title", "is", "a"]'),
        ('["title", "is", "a"]', '["department", "is", "a"]'),
    ],
)
def test_a_wider_rule_behind_a_narrower_one_stands(tmp_path, earlier, later):
    """First the exception, then the rule: that is what the order is for."""
    rules = "".join(
        f'[[rule]]\ncohort = "{cohort}"\nbecause = "asked"\nwhen = [{when}]\n'
        for cohort, when in (("finance", earlier), ("support", later))
    )

    assert 3 == len(book_of(tmp_path, rules + LAST).rules)
