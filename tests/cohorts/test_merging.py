import numpy as np
import pytest
from join_builders import a_record, records_of

from cohorts.facts import Atom, Coded, Facts, Names, Numbers, YesNo
from cohorts.identity import join
from cohorts.merging import merge, riskiest

ATOMS = (Atom("one_of", ("admins",)), Atom("one_of", ("staff",)))


def merged(systems, **columns):
    """Merge the facts of one person, who has one record in each of *systems*, with ids in that order."""
    return together(records_of(*[a_record(system, f"{n}", login="kim") for n, system in enumerate(systems)]), **columns)


def together(records, **columns):
    """Merge the facts of records that are all one person's."""
    count = len(records.ids)
    joined = join(records)
    order = np.lexsort((np.array(records.ids.to_pylist()), records.system))
    one = type(joined)(joined.keys, np.zeros(count, np.int64), 1, order, joined.joined_by, joined.conflicts)
    return merge(Facts(count, columns), records, one).columns


def texts(*values):
    """Return a column of texts; None is not known."""
    words = sorted({value for value in values if value is not None})
    return Coded(np.array([0 if one is None else words.index(one) + 1 for one in values], np.uint8), words)


def numbers(*values):
    """Return a column of numbers; None is not known."""
    return Numbers(
        np.array([0 if one is None else one for one in values], np.int32), np.array([one is not None for one in values])
    )


def said(column):
    """Return the one value that is left; None is not known."""
    match column:
        case Coded():
            return None if not column.codes[0] else column.values[column.codes[0] - 1]
        case Numbers():
            return column.values[0] if column.known is None or column.known[0] else None
        case YesNo():
            return column.values[0]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (("Sales", "Finance", "Legal"), "Sales"),
        ((None, "Finance", "Legal"), "Finance"),
        ((None, None, "Legal"), "Legal"),
        ((None, None, None), None),
    ],
)
def test_the_first_system_that_knows_a_text_is_believed(told, expected):
    """HR before Okta before Entra, and silence is no opinion."""
    assert expected == said(merged(("hr", "okta", "entra"), department=texts(*told))["department"])


def test_the_order_of_the_rows_decides_nothing():
    """HR is believed first wherever it stands."""
    assert "Sales" == said(merged(("entra", "hr"), department=texts("Legal", "Sales"))["department"])


def test_within_one_system_the_smallest_id_is_believed():
    """Some order there must be, and it must not be that of the file."""
    records = records_of(a_record("okta", "b"), a_record("okta", "a"))

    assert "Sales" == said(together(records, department=texts("Legal", "Sales"))["department"])


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((None, "SUSPENDED", "ACTIVE"), "ACTIVE"),
        ((None, "DEPROVISIONED", "SUSPENDED"), "SUSPENDED"),
        ((None, "STAGED", "LOCKED_OUT"), "LOCKED_OUT"),
        ((None, "SUSPENDED", "PECULIAR"), "PECULIAR"),
        (("ACTIVE", "DEPROVISIONED", None), "DEPROVISIONED"),
        (("ACTIVE", None, None), "ACTIVE"),
    ],
)
def test_the_status_is_the_one_that_is_most_able_to_sign_in(statuses, expected):
    """Whoever can sign in anywhere must be moved; what HR calls active opens no door."""
    assert expected == said(merged(("hr", "okta", "entra"), status=texts(*statuses))["status"])


def test_the_provider_is_that_of_an_account():
    """HR signs nobody in."""
    assert "okta" == said(merged(("hr", "okta"), idp=texts("hr", "okta"))["idp"])


def test_the_last_login_is_the_youngest_and_the_creation_the_oldest():
    """Whoever signs in anywhere is not dormant; whoever was here first was here."""
    columns = merged(
        ("hr", "okta", "entra"),
        last_login_age_days=numbers(None, 40, 3),
        created_age_days=numbers(None, 40, 3),
        manager_depth=numbers(None, 2, 1),
    )

    assert (3, 40, 2) == tuple(said(column) for column in columns.values())


def test_a_number_that_nobody_knows_stays_unknown():
    """An unknown age must not read as nought days."""
    columns = merged(("okta", "entra"), last_login_age_days=numbers(None, None), manager_depth=numbers(None, None))

    assert [None, None] == [said(column) for column in columns.values()]


def test_numbers_that_are_known_everywhere_need_no_mask():
    """A column that says nothing of what is known says that all is."""
    column = merged(("okta", "entra"), last_login_age_days=Numbers(np.array([5, 4], np.int16)))["last_login_age_days"]

    assert (4, None, np.int16) == (column.values[0], column.known, column.values.dtype)


@pytest.mark.parametrize(
    ("systems", "answers", "expected"),
    [
        (("okta", "entra"), (0, 1), 1),
        (("okta", "entra"), (-1, 1), 1),
        (("okta", "entra"), (-1, 0), -1),
        (("okta", "entra"), (0, 0), 0),
        (("hr", "okta"), (-1, 0), 0),
        (("hr", "okta"), (-1, -1), -1),
        (("hr",), (-1,), -1),
        (("hr",), (0,), 0),
    ],
)
def test_an_administrator_anywhere_is_one_and_silence_of_an_account_is_doubt(systems, answers, expected):
    """HR does not know who administers what; an identity provider that does not say may hide it."""
    assert expected == said(merged(systems, is_admin=YesNo(np.array(answers, np.int8)))["is_admin"])


@pytest.mark.parametrize(
    ("bits", "sizes", "expected"),
    [
        ((1, 2), (3, 4), (3, 7)),
        ((1, 2), (3, -1), (1, -1)),
        ((1, 2), (-1, -1), (0, -1)),
        ((0, 0), (0, -1), (0, -1)),
        ((0, 0), (2**31 - 1, 2**31 - 1), (0, 2**31 - 1)),
    ],
)
def test_a_name_that_any_list_has_is_had(bits, sizes, expected):
    """Groups of all accounts count; where one account's list is not known, nobody knows how long the whole is."""
    groups = Names(ATOMS, np.array(bits, np.uint64), np.array(sizes, np.int32))
    column = merged(("okta", "entra"), groups=groups)["groups"]

    assert (ATOMS, *expected) == (column.atoms, column.bits[0], column.sizes[0])


def test_many_people_are_merged_each_from_their_own():
    """Nobody's facts reach a neighbour."""
    records = records_of(
        a_record("okta", "1", login="b"),
        a_record("entra", "2", login="a"),
        a_record("okta", "3", login="a"),
        a_record("entra", "4", login="c"),
    )
    facts = Facts(4, {"title": texts("Clerk", "Chef", None, None)})
    people = merge(facts, records, join(records))
    title = people.columns["title"]

    assert (3, ["Clerk", "Chef", None]) == (people.count, [(None, *title.values)[code] for code in title.codes])


def test_nobody_merged_is_nobody():
    """An empty table stays one, with its columns."""
    people = merge(Facts(0, {"title": texts()}), records_of(), join(records_of()))

    assert (0, 0) == (people.count, len(people.columns["title"].codes))


def test_an_account_in_doubt_counts_as_the_riskiest_of_whom_it_may_belong_to():
    """An administrator's second account must not land among the standard ones; others are left alone."""
    records = records_of(
        a_record("okta", "1", number="7"), a_record("okta", "2", number="7"), a_record("okta", "3", number="9")
    )

    assert [0, 0, 8] == riskiest(join(records), np.array([9, 0, 8], np.uint8)).tolist()


def test_a_placeholder_raises_no_doubt():
    """Fifty accounts with the number "0" are not all the administrator among them."""
    records = records_of(*[a_record("okta", f"{n:02}", number="0") for n in range(50)])

    assert [0, *[9] * 49] == riskiest(join(records), np.array([0, *[9] * 49], np.uint8)).tolist()
