from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from join_builders import SHORT, SYSTEMS, a_record, names_of, people_of, records_of

from cohorts.identity import KEYS, JoinRecords, join, joined_keys, manager_depth
from cohorts.joining import KINDS
from cohorts.merging import riskiest

VALUES = st.none() | st.sampled_from("abc")
RECORD = st.fixed_dictionaries(
    {
        "system": st.sampled_from(SYSTEMS),
        "active": st.booleans(),
        "verified": st.booleans(),
        **dict.fromkeys(SHORT, VALUES),
    }
)
ROWS = st.lists(RECORD, max_size=12).map(
    lambda rows: [a_record(record_id=f"{number:02}", **row) for number, row in enumerate(rows)]
)


def conflicts_of(records, joined):
    """Return the conflicts without regard to their order."""
    found = joined.conflicts
    listed = zip(found.kinds, found.levels, found.starts, found.starts[1:], strict=False)
    return Counter((kind, level, tuple(names_of(records, found.records[a:b]))) for kind, level, a, b in listed)


def plainly(rows):
    """Join as a person would: key by key, pair by pair."""
    people = [{number} for number in range(len(rows))]

    def value(number, key):
        row = rows[number]
        return row["keys"].get(key) if key != "email" or row["verified"] else None

    for level, key in enumerate(KEYS):
        held = Counter((rows[n]["system"], value(n, key)) for n in range(len(rows)) if value(n, key))
        sole = [n for n in range(len(rows)) if value(n, key) and held[rows[n]["system"], value(n, key)] == 1]
        told = [{value(n, key) for n in person if n in sole} for person in people]
        groups = [[number] for number in range(len(people))]
        for one, other in combinations(range(len(people)), 2):
            if told[one] & told[other]:
                mine = next(group for group in groups if one in group)
                theirs = next(group for group in groups if other in group)
                if mine is not theirs:
                    mine += theirs
                    groups.remove(theirs)
        joined = []
        for group in groups:
            members = [people[number] for number in group]
            systems = Counter(system for person in members for system in {rows[n]["system"] for n in person})
            knowing = [sum(any(value(n, key) for n in person) for person in members) for key in KEYS[:level]]
            if max(systems.values()) > 1 or max(knowing, default=0) > 1:
                joined += members
            else:
                joined.append(set().union(*members))
        people = joined
    return {frozenset(f"{rows[n]['system']}:{rows[n]['id']}" for n in person) for person in people}


@given(rows=ROWS)
def test_the_join_is_that_of_the_plain_rule(rows):
    """Whole columns at once give what going through it pair by pair gives."""
    records = records_of(*rows)

    assert plainly(rows) == people_of(records, join(records))


@given(rows=ROWS, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_systems_says_nothing(rows, chance):
    """The same people, keys and conflicts, whichever export was read first."""
    records = records_of(*rows)
    joined = join(records)
    mixed = records_of(*chance.sample(rows, len(rows)))
    again = join(mixed)
    turned = records_of(*rows, systems=SYSTEMS[::-1])

    assert people_of(records, joined) == people_of(mixed, again)
    assert conflicts_of(records, joined) == conflicts_of(mixed, again)
    assert joined_keys(records, joined) == joined_keys(mixed, again)
    assert people_of(records, joined) == people_of(turned, join(turned))


def joined_table(records, joined):
    """Return the people as a table of their own: each record also holds its person's number, as the first key."""
    numbers = pa.array([f"p{number}" for number in joined.person], pa.string())
    return JoinRecords(
        records.systems,
        records.system,
        records.ids,
        {"person": numbers, **records.keys},
        records.is_email_verified,
        records.is_active,
    )


@given(rows=ROWS)
def test_joining_the_joined_changes_nothing(rows):
    """Nobody is joined or parted by joining again, with the people as a key or with each person alone."""
    records = records_of(*rows)
    joined = join(records)

    assert people_of(records, joined) == people_of(records, join(joined_table(records, joined), ("person", *KEYS)))
    for number in range(joined.count):
        alone = records_of(*[row for row, whose in zip(rows, joined.person, strict=True) if whose == number])
        assert 1 == join(alone).count


@given(rows=ROWS)
def test_nobody_has_two_accounts_of_one_system(rows):
    """Two accounts that claim one person are never settled by the join."""
    records = records_of(*rows)
    joined = join(records)
    pairs = Counter(zip(joined.person.tolist(), records.system.tolist(), strict=True))

    assert all(count == 1 for count in pairs.values())


@given(rows=ROWS)
def test_every_record_is_in_exactly_one_person(rows):
    """People are numbered without gaps, in order of their first record, and each record is listed once."""
    records = records_of(*rows)
    joined = join(records)
    places = [(int(records.system[place]), records.ids[place].as_py()) for place in range(len(rows))]
    first = [
        min(at for at, whose in zip(places, joined.person, strict=True) if whose == n) for n in range(joined.count)
    ]

    assert sorted(range(len(rows))) == sorted(joined.order.tolist())
    assert first == sorted(first)
    assert [*joined.person[joined.order]] == sorted(joined.person)


@given(rows=ROWS, newcomer=RECORD)
def test_a_record_without_a_key_in_common_changes_nobody_else(rows, newcomer):
    """Reading one more export touches those whom it is about."""
    keys = {name: newcomer[name] and newcomer[name].upper() for name in SHORT}
    stranger = a_record(record_id="99", **{**newcomer, **keys})
    records, more = records_of(*rows), records_of(*rows, stranger)

    assert people_of(records, join(records)) | {frozenset({f"{newcomer['system']}:99"})} == people_of(more, join(more))


@given(rows=ROWS)
def test_whoever_shares_a_key_and_is_not_joined_stands_in_a_conflict_or_is_told_apart(rows):
    """Nothing that looks like one person is passed over in silence."""
    records = records_of(*rows)
    joined = join(records)
    found = joined.conflicts
    in_conflict = set(found.doubts()[0])
    holders = defaultdict(list)
    for number, row in enumerate(rows):
        for key, value in row["keys"].items():
            if value and (key != "email" or row["verified"]):
                holders[key, value].append(number)
    for (key, _), group in holders.items():
        for one, other in combinations(group, 2):
            if joined.person[one] == joined.person[other] or rows[one]["system"] == rows[other]["system"]:
                continue
            whose = [set(np.flatnonzero(joined.person == joined.person[n])) for n in (one, other)]
            assert all(person & in_conflict for person in whose), (key, one, other)


@given(rows=ROWS, ranks=st.lists(st.integers(0, 9), min_size=12, max_size=12))
def test_doubt_only_ever_makes_people_riskier(rows, ranks):
    """Everyone in a conflict counts as its riskiest; whoever is in none counts as themselves."""
    records = records_of(*rows)
    joined = join(records)
    own = np.array(ranks[: joined.count], np.uint8)
    counted = riskiest(joined, own)
    expected = own.copy()
    found = joined.conflicts
    for at, kind in enumerate(found.kinds):
        if KINDS[kind] in {"two-accounts-one-person", "conflicting-keys"}:
            involved = joined.person[found.records[found.starts[at] : found.starts[at + 1]]]
            expected[involved] = np.minimum(expected[involved], own[involved].min())

    assert expected.tolist() == counted.tolist()


def climbed(above, named):
    """Follow one chain step by step."""
    depths = []
    for start in range(len(above)):
        at, steps, seen = start, 0, set()
        while at is not None and at not in seen and not (above[at] in {None, at} and at in named):
            seen.add(at)
            at, steps = above[at], steps + 1
        depths.append(None if at is None or at in seen else steps)
    return depths


@given(above=st.lists(st.none() | st.integers(0, 9), min_size=10, max_size=10))
def test_the_depth_is_that_of_following_each_chain(above):
    """Jumping twice as far each time ends where single steps end."""
    named = {manager for person, manager in enumerate(above) if manager is not None and manager != person}
    found = manager_depth(
        pa.array([None if one is None else str(one) for one in above], pa.string()),
        [(pa.array([str(n) for n in range(10)]), np.arange(10))],
    )
    known = np.ones(10, bool) if found.known is None else found.known

    assert climbed(above, named) == [v if k else None for v, k in zip(found.values.tolist(), known, strict=True)]
