import hashlib
from collections import Counter
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest
from join_builders import a_record, names_of, people_of, records_of

from cohorts import conflicts
from cohorts.identity import join, joined_keys, manager_depth, person_keys
from cohorts.joining import KINDS, MOST_HOLDERS, NO_KEY


def people(*rows):
    """Return who is one person, each as the words of its records."""
    records = records_of(*rows)
    return {" ".join(sorted(person)) for person in people_of(records, join(records))}


def kinds(*rows):
    """Return the conflicts as (kind, key, "records in order")."""
    records = records_of(*rows)
    joined = join(records)
    found = joined.conflicts
    return [
        (
            KINDS[kind],
            "" if level == NO_KEY else joined.keys[level],
            " ".join(names_of(records, found.records[found.starts[at] : found.starts[at + 1]])),
        )
        for at, (kind, level) in enumerate(zip(found.kinds, found.levels, strict=True))
    ]


@pytest.mark.parametrize("key", ["number", "immutable", "login", "email"])
def test_records_of_three_systems_that_share_any_one_key_are_one_person(key):
    """Each key alone is enough where nothing speaks against it."""
    rows = [a_record(system, "1", **{key: "x"}) for system in ("hr", "okta", "entra")]

    assert {"entra:1 hr:1 okta:1"} == people(*rows)
    assert [] == kinds(*rows)


def test_records_without_a_key_are_people_of_their_own():
    """Two unknown values are not an equal value."""
    assert {"okta:1", "entra:2"} == people(a_record("okta", "1"), a_record("entra", "2"))


def test_an_empty_table_has_nobody():
    """No record, no person, no conflict."""
    joined = join(records_of())

    assert (0, 0) == (joined.count, len(joined.conflicts.kinds))


def test_an_address_that_nobody_verified_joins_nobody():
    """Anybody may type any address into a profile."""
    hr = a_record("hr", "7", email="kim@example.com")
    claims = a_record("okta", "1", email="kim@example.com", verified=False)

    assert {"hr:7", "okta:1"} == people(hr, claims)


def test_people_are_joined_through_a_third_record():
    """Okta shares the number with HR and the login with Entra, so all three are one person."""
    rows = (
        a_record("hr", "7", number="7"),
        a_record("okta", "1", number="7", login="kim"),
        a_record("entra", "e", login="kim"),
    )

    assert {"entra:e hr:7 okta:1"} == people(*rows)


def test_a_lower_key_does_not_join_what_a_higher_one_tells_apart():
    """The same login under two employee numbers: somebody must look."""
    rows = (a_record("okta", "1", number="7", login="kim"), a_record("entra", "e", number="8", login="kim"))

    assert {"okta:1", "entra:e"} == people(*rows)
    assert [("conflicting-keys", "login", "okta:1 entra:e")] == kinds(*rows)


def test_a_lower_key_that_differs_does_not_part_what_a_higher_one_joins():
    """People change their names, and so their logins; the number stays."""
    rows = (a_record("okta", "1", number="7", login="kim"), a_record("entra", "e", number="7", login="lee"))

    assert {"entra:e okta:1"} == people(*rows)
    assert [] == kinds(*rows)


def test_who_could_be_either_of_two_is_neither():
    """The account that has no number shares a login with two people who have different ones."""
    rows = (
        a_record("hr", "7", number="7", login="kim"),
        a_record("okta", "1", number="8", login="kim"),
        a_record("entra", "e", login="kim"),
    )

    assert {"hr:7", "okta:1", "entra:e"} == people(*rows)
    assert [("conflicting-keys", "login", "hr:7 okta:1 entra:e")] == kinds(*rows)


def test_two_accounts_of_one_system_that_claim_one_person_are_kept_apart():
    """The second one may be the administrator's other account; whose Entra's is, is not in question."""
    rows = (
        a_record("hr", "7", number="7"),
        a_record("okta", "1", number="7"),
        a_record("okta", "2", number="7"),
        a_record("entra", "e", number="7"),
    )

    assert {"entra:e hr:7", "okta:1", "okta:2"} == people(*rows)
    assert [("two-accounts-one-person", "employee_number", "hr:7 okta:1 okta:2 entra:e")] == kinds(*rows)


def test_a_lower_key_does_not_settle_what_a_higher_one_left_open():
    """The login says which of the two it is, but the number says that either may be: nobody guesses, once is enough."""
    rows = (
        a_record("hr", "7", number="7", login="kim"),
        a_record("okta", "1", number="7", login="kim"),
        a_record("okta", "2", number="7", login="adm-kim"),
    )

    assert {"hr:7", "okta:1", "okta:2"} == people(*rows)
    assert [("two-accounts-one-person", "employee_number", "hr:7 okta:1 okta:2")] == kinds(*rows)


def test_a_conflict_is_told_once_however_its_people_grow():
    """The account in conflict is joined with one in Entra; that this one also looks like the other is not news."""
    rows = (
        a_record("entra", "e", login="kim", email="kim@example.com"),
        a_record("okta", "1", number="7", login="kim"),
        a_record("okta", "2", number="7", email="kim@example.com"),
    )

    assert {"entra:e okta:1", "okta:2"} == people(*rows)
    assert [("two-accounts-one-person", "employee_number", "okta:1 okta:2")] == kinds(*rows)


def test_a_second_account_under_the_same_address_is_found():
    """An administrator's account without a number gives itself away by its owner's address."""
    rows = (
        a_record("hr", "7", number="7", email="kim@example.com"),
        a_record("okta", "1", number="7", email="kim@example.com"),
        a_record("okta", "2", email="kim@example.com"),
    )

    assert {"hr:7 okta:1", "okta:2"} == people(*rows)
    assert [("two-accounts-one-person", "email", "hr:7 okta:1 okta:2")] == kinds(*rows)


def test_two_accounts_that_an_earlier_key_tells_apart_may_share_an_address():
    """A mailbox that two employees of one system share says nothing about who they are."""
    rows = (
        a_record("okta", "1", number="7", email="desk@example.com"),
        a_record("okta", "2", number="8", email="desk@example.com"),
    )

    assert [] == kinds(*rows)


def test_an_address_that_a_colleague_of_another_system_holds_too_is_a_conflict():
    """HR gives the address to one of two people, and both have it in Okta: one of the three entries is wrong."""
    rows = (
        a_record("hr", "7", number="7", email="kim@example.com"),
        a_record("hr", "8", number="8"),
        a_record("okta", "1", number="7", email="kim@example.com"),
        a_record("okta", "2", number="8", email="kim@example.com"),
    )

    assert {"hr:7 okta:1", "hr:8 okta:2"} == people(*rows)
    assert [("conflicting-keys", "email", "hr:7 okta:1 okta:2")] == kinds(*rows)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_chain_of_shared_values_that_would_join_two_accounts_of_one_system_joins_nobody(order):
    """Each link alone looks harmless; together they make one person of two, in whichever order they are read."""
    listed = (
        a_record("hr", "7", number="7", login="kim"),
        a_record("okta", "1", number="7", login="kim.old"),
        a_record("entra", "a", login="kim"),
        a_record("entra", "b", login="kim.old"),
    )
    rows = [listed[place] for place in order]

    assert {"hr:7 okta:1", "entra:a", "entra:b"} == people(*rows)
    assert [("two-accounts-one-person", "login", "hr:7 okta:1 entra:a entra:b")] == kinds(*rows)


def test_a_value_of_too_many_records_names_nobody():
    """A "0" as the number of a whole crowd is no number; other keys still join them."""
    crowd = [a_record("okta", f"{n:02}", number="0", login=f"user{n}") for n in range(MOST_HOLDERS + 1)]
    other = a_record("entra", "e", number="0", login="user3")

    assert "entra:e okta:03" in people(*crowd, other)
    assert ["value-of-many"] == [kind for kind, _, _ in kinds(*crowd, other)]


def test_as_many_as_may_hold_a_value_still_claim_one_person():
    """One less is a conflict that somebody can look at."""
    crowd = [a_record("okta", f"{n:02}", number="0") for n in range(MOST_HOLDERS)]

    assert ["two-accounts-one-person"] == [kind for kind, _, _ in kinds(*crowd)]


def test_an_active_account_that_hr_does_not_know_has_no_owner():
    """Where there is HR, somebody must answer for each account that can sign in; one that cannot may wait."""
    hr = a_record("hr", "7", number="7")
    orphan = a_record("okta", "1", login="svc"), a_record("entra", "e", login="svc")
    disabled = a_record("okta", "2", active=False)

    assert [("account-without-owner", "", "okta:1 entra:e")] == kinds(hr, *orphan, disabled)
    assert [] == kinds(*orphan)


def test_a_placeholder_is_no_owner():
    """What names nobody does not excuse an account from having an owner."""
    crowd = [a_record("okta", f"{n:02}", number="0") for n in range(MOST_HOLDERS + 1)]
    found = kinds(a_record("hr", "7", number="7"), *crowd)

    assert {"value-of-many": 1, "account-without-owner": len(crowd)} == Counter(kind for kind, _, _ in found)


def test_an_account_in_conflict_is_listed_once():
    """Whether it has an owner turns out when the conflict is settled."""
    rows = (a_record("hr", "7", number="7"), a_record("okta", "1", number="7"), a_record("okta", "2", number="7"))

    assert ["two-accounts-one-person"] == [kind for kind, _, _ in kinds(*rows)]


def test_people_are_numbered_in_order_of_their_first_record():
    """The numbers do not depend on the order of the rows."""
    rows = (a_record("entra", "e", login="z"), a_record("okta", "b", login="y"), a_record("okta", "a", login="z"))
    joined = join(records_of(*rows))

    assert [0, 1, 0] == joined.person.tolist()
    assert [2, 0, 1] == joined.order.tolist()


def test_each_record_knows_the_key_that_first_joined_it():
    """That is what an explanation shows."""
    rows = (
        a_record("hr", "7", number="7"),
        a_record("okta", "1", number="7", login="kim"),
        a_record("entra", "e", login="kim"),
        a_record("entra", "f"),
    )

    assert [0, 0, 2, NO_KEY] == join(records_of(*rows)).joined_by.tolist()


def test_keys_can_be_asked_for_in_another_order():
    """An organisation may trust its logins more than its numbers."""
    records = records_of(
        a_record("okta", "1", number="7", login="kim"), a_record("entra", "e", number="8", login="kim")
    )

    assert 1 == join(records, ("login", "employee_number")).count
    assert 2 == join(records, ("employee_number", "login")).count


def test_the_key_of_a_person_is_that_of_the_first_account_in_okta():
    """So reading Entra and HR as well gives nobody a new key."""
    records = records_of(
        a_record("hr", "7", number="7"),
        a_record("entra", "e", number="7"),
        a_record("okta", "2", number="7"),
        a_record("entra", "f"),
        a_record("hr", "8", number="8"),
    )
    expected = [*person_keys("okta", ["2"]), *person_keys("hr", ["8"]), *person_keys("entra", ["f"])]

    assert expected == joined_keys(records, join(records))


def test_the_first_of_several_ids_gives_the_key():
    """Of two accounts of one system in one person, the smallest id counts, whatever the order."""
    records = records_of(a_record("okta", "b"), a_record("okta", "a"))
    joined = join(records)
    together = type(joined)(joined.keys, np.zeros(2, np.int64), 1, np.array([1, 0]), joined.joined_by, joined.conflicts)

    assert person_keys("okta", ["a"]) == joined_keys(records, together)


def test_a_person_key_is_a_digest_of_vendor_and_id():
    """The keys of sealed snapshots must not change."""
    digest = hashlib.sha256(b"okta:00u1").hexdigest()

    assert [f"p-{digest[:16]}"] == person_keys("okta", ["00u1"])


def depth(managers, **resolvers):
    """Return the depths, None where not known."""
    told = [(pa.array(values, pa.string()), np.arange(len(values))) for values in resolvers.values()]
    found = manager_depth(pa.array(managers, pa.string()), told)
    known = [True] * len(managers) if found.known is None else found.known
    return [value if is_known else None for value, is_known in zip(found.values.tolist(), known, strict=True)]


def test_depth_counts_the_managers_above():
    """The one whom others name and who names nobody is the top."""
    assert [0, 1, 2, 3] == depth([None, "a", "b", "c"], ids=["a", "b", "c", "d"])


def test_a_long_chain_is_counted_to_its_end():
    """A thousand managers above one person are a thousand."""
    assert list(range(1001)) == depth([None, *map(str, range(1000))], ids=list(map(str, range(1001))))


def test_a_reference_may_be_an_id_a_login_or_a_number():
    """The first resolver that knows it counts; logins are compared as logins are."""
    assert [0, 1, 1] == depth(
        [None, "BOSS@Example.com", "7"], logins=["boss@example.com", "b", "c"], number=["7", "8", "9"]
    )


def test_the_first_resolver_that_knows_a_reference_counts():
    """An id that looks like somebody else's login is an id."""
    assert [0, 1, None] == depth([None, "x", None], ids=["x", "b", "c"], logins=["a", "b", "x"])


def test_an_empty_text_says_that_there_is_no_manager():
    """A null says nothing: nobody may be at the top by silence alone."""
    assert [0, None] == depth(["", None], ids=["a", "b"])


def test_who_names_only_themselves_is_the_top_if_others_name_them():
    """Heads of organisations are often their own manager; an account that nobody names is none."""
    assert [0, 1, None] == depth(["a", "a", "c"], ids=["a", "b", "c"])


def test_below_a_circle_or_a_reference_to_nowhere_nothing_is_known():
    """A chain that never ends at a top has no depth."""
    assert [None, None, None, None, None] == depth(["b", "a", "a", "gone", "d"], ids=["a", "b", "c", "d", "e"])


def test_a_reference_to_two_people_leads_nowhere():
    """Which of the two it is, nobody guesses."""
    assert [None, None, None] == depth([None, None, "kim"], logins=["kim", "kim", "c"])


def test_the_work_list_shows_letters_instead_of_values():
    """Who works through it sees what is equal and what differs, and no address before asking for it."""
    records = records_of(
        a_record("okta", "1", number="7", login="kim@example.com"),
        a_record("entra", "e", number="8", login="kim@example.com"),
    )
    joined = join(records)
    (row,) = conflicts.work_list(records, joined)["conflicts"]

    assert [{"employee_number": "A", "login": "A"}, {"employee_number": "B", "login": "A"}] == [
        {key: told for key, told in account["keys"].items() if told} for account in row["accounts"]
    ]
    assert [0, 1] == row["candidates"]
    assert "kim" not in str(conflicts.work_list(records, joined))
    assert "kim@example.com" in str(conflicts.work_list(records, joined, with_names=True))


def test_the_work_list_counts_all_and_shows_as_many_as_asked_for():
    """A long list is still one that can be opened."""
    records = records_of(*[a_record("okta", f"{n}", number=f"{n // 2}") for n in range(8)])
    listed = conflicts.work_list(records, join(records), most=3)

    assert {"two-accounts-one-person": 4} == listed["counts"]
    assert [1, 2, 3] == [row["number"] for row in listed["conflicts"]]


def test_an_account_without_an_owner_has_no_candidates():
    """Nobody is named where nobody is suspected."""
    records = records_of(a_record("hr", "7"), a_record("okta", "1"))
    (row,) = conflicts.work_list(records, join(records))["conflicts"]

    assert ("account-without-owner", []) == (row["kind"], row["candidates"])


def test_the_spreadsheet_has_one_row_an_account():
    """Each says what is wrong and what to do next."""
    records = records_of(a_record("okta", "1", number="7"), a_record("okta", "2", number="7", active=False))
    rows = list(conflicts.rows(records, join(records)))

    assert [("1", "yes"), ("2", "no")] == [(row["record_id"], row["is_active"]) for row in rows]
    assert all("employee number" in row["because"] and row["next"] for row in rows)


def test_letters_go_on_after_the_last():
    """A conflict may have more than 26 different values."""
    records = records_of(
        *[a_record("okta", f"{n:02}", number="7", login=f"u{n}") for n in range(MOST_HOLDERS)],
        *[a_record("entra", f"{n:02}", number="7", login=f"v{n}") for n in range(MOST_HOLDERS)],
    )
    (one,) = conflicts.listed(records, join(records))

    assert ["Y", "Z", "AA", "AB"] == [claim.keys["login"] for claim in one.claims][24:28]
