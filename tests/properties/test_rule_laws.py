import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.facts import Facts, Names, fact_rows
from cohorts.rule_conditions import Branch, Leaf
from cohorts.rule_reach import unreachable
from cohorts.rule_trial import facts_of_rows
from cohorts.rules import Rule, RuleBook, first_match, match_counts, trace

LOOKUPS = {"region": ("country", {"de": "EU", "fr": "EU", "us": "NA"})}
TEXTS = ("a", "AB", "ab c", "b", "Straße", "strasse")
NAMES = ("a", "Ab", "abc", "b.")
FOLDED = tuple(sorted({one.casefold() for one in TEXTS}))
FOLDED_NAMES = tuple(sorted({one.casefold() for one in NAMES}))
EXPRESSIONS = ("^a", "b", "ss", "ß", "^ab?$")


def some(values):
    """Draw a few of *values*, as a condition keeps them."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(
        lambda drawn: tuple(sorted(drawn))
    )


def asks(column, tests, values):
    """Draw a question about one column."""
    return st.builds(Leaf, st.just(column), st.sampled_from(tests), values)


NUMBER = st.integers(-1, 6)
KNOWN = st.sampled_from(["title", "country", "region", "groups", "is_admin", "created_age_days"]).flatmap(
    lambda column: asks(column, ["missing", "present"], st.booleans())
)
LEAF = st.one_of(
    KNOWN,
    asks("title", ["is", "is_not", "starts_with", "mentions"], st.sampled_from(FOLDED)),
    asks("title", ["one_of", "none_of"], some(FOLDED)),
    asks("title", ["matches"], st.sampled_from(EXPRESSIONS)),
    asks("region", ["is", "is_not"], st.sampled_from(["eu", "na"])),
    asks("country", ["one_of"], some(["de", "us", "xx"])),
    asks("is_admin", ["is"], st.booleans()),
    asks("created_age_days", ["at_least", "at_most", "above", "below"], NUMBER),
    asks("created_age_days", ["between"], st.tuples(NUMBER, NUMBER).map(lambda drawn: tuple(sorted(drawn)))),
    asks("groups", ["has_one_of", "has_all_of", "has_none_of", "has_only"], some(FOLDED_NAMES)),
    asks("groups", ["matches"], st.sampled_from(EXPRESSIONS)),
    asks("groups", ["empty", "nonempty"], st.just(value=True)),
)
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(Branch, st.sampled_from(["any", "all"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Branch, st.just("not"), st.tuples(inner)),
    ),
    max_leaves=5,
)
RULE = st.builds(Rule, st.just("finance"), st.just("drawn"), st.lists(CONDITION, min_size=1, max_size=3).map(tuple))


def book_of(rules):
    """Make a book of rules, and one that takes who is left."""
    return RuleBook((*rules, Rule("standard", "left")), "digest", lookups=LOOKUPS)


BOOK = st.lists(RULE, max_size=4).map(book_of)
# A list of names, and whether it is the whole list.
GROUPS = st.tuples(st.lists(st.sampled_from(NAMES), max_size=3, unique=True), st.booleans())
PERSON = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(TEXTS),
        "country": st.sampled_from(["DE", "fr", "US", "XX"]),
        "is_admin": st.booleans(),
        "created_age_days": st.integers(-1, 6),
        "groups": GROUPS,
    },
)
PEOPLE = st.lists(PERSON, min_size=1, max_size=12)
several = settings(max_examples=150, deadline=None)


def as_seen(book, person):
    """Forget the names of a list that is not whole and that the book does not ask about: nobody keeps them."""
    names, is_whole = person.get("groups", ([], False))
    kept = [name for name in names if is_whole or any(atom.holds([name])[0] for atom in book.atoms("groups"))]
    return {**person, "groups": (kept, is_whole)}


def facts_of(book, people):
    """Make facts of people; a list that is not whole keeps its names, and its size is not known."""
    rows = [{name: value[0] if name == "groups" else value for name, value in one.items()} for one in people]
    facts = facts_of_rows(book, rows)
    groups = facts.columns.get("groups")
    if groups is None:
        return facts
    is_whole = np.array([one.get("groups", ([], False))[1] for one in people])
    sizes = np.where(is_whole, groups.sizes, -1).astype(np.int16)
    return Facts(facts.count, {**facts.columns, "groups": Names(groups.atoms, groups.bits, sizes)})


def answer(condition, person):
    """Say of one person yes (True), no (False) or not known (None), by the book of logic and nothing else."""
    if isinstance(condition, Leaf):
        return answer_of_leaf(condition, person)
    told = [answer(inner, person) for inner in condition.inner]
    if condition.how == "not":
        return None if told[0] is None else not told[0]
    decisive = condition.how == "any"
    if decisive in told:
        return decisive
    return None if None in told else not decisive


def answer_of_leaf(leaf, person):
    """Answer one question about one person."""
    if leaf.column == "groups":
        return answer_of_names(leaf, *person.get("groups", ([], False)))
    value = person.get(leaf.column)
    if leaf.column == "region":
        value = LOOKUPS["region"][1].get(person.get("country", "").casefold())
    if leaf.test in {"missing", "present"}:
        return ((value is None) == (leaf.test == "missing")) == leaf.value
    if value is None:
        return None
    text, wanted = value.casefold() if isinstance(value, str) else value, leaf.value
    return {
        "is": lambda: text == wanted,
        "is_not": lambda: text != wanted,
        "one_of": lambda: text in wanted,
        "none_of": lambda: text not in wanted,
        "starts_with": lambda: text.startswith(wanted),
        "mentions": lambda: re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None,
        "matches": lambda: re.search(wanted, value, re.IGNORECASE) is not None,
        "at_least": lambda: value >= wanted,
        "at_most": lambda: value <= wanted,
        "above": lambda: value > wanted,
        "below": lambda: value < wanted,
        "between": lambda: wanted[0] <= value <= wanted[1],
    }[leaf.test]()


def answer_of_names(leaf, names, is_whole):
    """Answer one question about a list of which perhaps only some names are known."""
    held, wanted = {name.casefold() for name in names}, leaf.value

    if leaf.test in {"missing", "present"}:
        return (is_whole == (leaf.test == "present")) == wanted
    matched = leaf.test == "matches" and any(re.search(wanted, name, re.IGNORECASE) for name in names)
    # What half a list proves, and what only a whole one does.
    proved, otherwise = {
        "nonempty": lambda: (True if names else None, False),
        "empty": lambda: (False if names else None, True),
        "has_one_of": lambda: (True if held & set(wanted) else None, False),
        "has_none_of": lambda: (False if held & set(wanted) else None, True),
        "has_all_of": lambda: (True if held >= set(wanted) else None, False),
        "has_only": lambda: (False if held - set(wanted) else None, bool(held)),
        "matches": lambda: (True if matched else None, False),
    }[leaf.test]()
    return otherwise if proved is None and is_whole else proved


def is_taken(rule, person):
    """Say whether all conditions of a rule surely hold."""
    return all(answer(condition, person) is True for condition in rule.when)


def told_by_hand(book, person):
    """Return the number of the first rule that takes somebody."""
    seen = as_seen(book, person)
    return next(number for number, rule in enumerate(book.rules, start=1) if is_taken(rule, seen))


@given(BOOK, PEOPLE)
@several
def test_whole_columns_answer_as_one_person_after_the_other(book, people):
    """The columns are only faster: each person gets the rule that a reader with a pencil would find."""
    facts = facts_of(book, people)

    assert [told_by_hand(book, one) for one in people] == first_match(book, facts).tolist()


@given(BOOK, PEOPLE)
@several
def test_every_person_is_taken_once_and_counted_once(book, people):
    """Classification is total: the counts of all rules are the people, and no rule takes more than it would."""
    counts = match_counts(book, facts_of(book, people))

    assert len(people) == sum(taken for taken, _ in counts)
    assert all(taken <= would for taken, would in counts)
    assert [sum(is_taken(rule, as_seen(book, one)) for one in people) for rule in book.rules] == [
        would for _, would in counts
    ]


@given(BOOK, PEOPLE, st.randoms(use_true_random=False))
@several
def test_the_order_of_people_does_not_matter(book, people, dice):
    """Whoever stands beside somebody decides nothing about them."""
    facts = facts_of(book, people)
    order = list(range(len(people)))
    dice.shuffle(order)
    rows = np.array(order)
    shuffled = Facts(facts.count, {name: fact_rows(fact, rows) for name, fact in facts.columns.items()})

    assert first_match(book, facts)[rows].tolist() == first_match(book, shuffled).tolist()


@given(BOOK, PEOPLE)
@several
def test_columns_that_no_rule_names_do_not_matter(book, people):
    """What the book does not ask about can be anything, or not be there."""
    facts = facts_of(book, people)
    asked = Facts(facts.count, {name: fact for name, fact in facts.columns.items() if name in book.columns})

    assert first_match(book, facts).tolist() == first_match(book, asked).tolist()


@given(BOOK, PERSON)
@several
def test_a_trace_ends_where_the_columns_decide(book, person):
    """The explanation is of what happened: the same rule, and before it none that says yes."""
    facts = facts_of(book, [person])
    tried = trace(book, facts, 0)

    assert first_match(book, facts)[0] == tried[-1].number
    assert ["yes"] == [one.outcome for one in tried if one.outcome == "yes"]
    words = {True: "yes", False: "no", None: "unknown"}
    assert [
        words[answer(Branch("all", rule.when), as_seen(book, person))] for rule in book.rules[: len(tried) - 1]
    ] == [one.outcome for one in tried[:-1]]


@given(CONDITION, PERSON)
@several
def test_what_is_not_known_matches_neither_a_condition_nor_its_denial(condition, person):
    """A rule and its denial never both take somebody, and take nobody of whom the answer is not known."""
    book = book_of([Rule("finance", "so", (condition,)), Rule("support", "not so", (Branch("not", (condition,)),))])
    expected = {True: 1, False: 2, None: 3}[answer(condition, as_seen(book, person))]

    assert [expected] == first_match(book, facts_of(book, [person])).tolist()


@given(st.lists(RULE, min_size=1, max_size=3), PEOPLE)
@settings(max_examples=500, deadline=None)
def test_a_rule_that_is_said_to_be_unreachable_takes_nobody(rules, people):
    """A refusal is a proof: nobody whom we could think of reaches such a rule."""
    titles = [f"rule {number}" for number in range(1, len(rules) + 2)]
    book = book_of(rules)
    refused = {problem.split(" is never")[0] for problem in unreachable(book.rules, titles)}

    taken = {titles[number - 1] for number in first_match(book, facts_of(book, people)).tolist()}
    assert set() == refused & taken
