"""Values for tests of the rule book: books that say a text, people who are written out."""

from cohorts.rule_reading import read_rules
from cohorts.rule_trial import facts_of_rows
from cohorts.rules import first_match

LAST = '\n[[rule]]\ncohort = "standard"\nbecause = "nothing else"\n'
USUAL = {
    "status": "ACTIVE",
    "user_type": "Employee",
    "department": "Engineering",
    "title": "Engineer",
    "provider": "OKTA",
    "is_admin": False,
    "groups": [],
    "roles": [],
    "last_login_age_days": 1,
}


def book_of(tmp_path, text):
    """Read a rule book that says *text*."""
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def asking(tmp_path, *conditions):
    """Make a book whose rule n has the nth condition, and so the answers are the numbers of the rules."""
    rules = "".join(f'[[rule]]\ncohort = "finance"\nbecause = "asked"\nwhen = [{one}]\n' for one in conditions)
    return book_of(tmp_path, rules + LAST)


def cohorts_of(book, rows):
    """Say where a book puts people who are written out."""
    return [book.rules[number - 1].cohort for number in first_match(book, facts_of_rows(book, rows)).tolist()]
