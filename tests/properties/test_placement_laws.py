from dataclasses import replace as changed
from datetime import date
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.placement import NOWHERE, People, lower_bound_moves, place, replace
from migration.rounds import Limit

COSTS = (0, 10, 60, 150, 200, 300)
PERSON = st.tuples(
    st.integers(0, 3) | st.sampled_from([64, 255]),  # place of the cohort
    st.integers(0, 3),  # department
    st.sampled_from(COSTS),
    st.integers(0, 3) | st.integers(0, 2**64 - 1),  # hash: small ones are alike in the bits that count
    st.sampled_from([True, True, True, False]),  # whether planned
)
CROWDS = st.lists(PERSON, max_size=40)
LIMITS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 1500)), max_size=8).map(
    lambda sizes: [Limit(number, date(2026, 2, 2), *size) for number, size in enumerate(sizes)]
)
SHARES = st.sampled_from([0.05, 0.2, 0.5, 1.0])


def people_of(crowd):
    """Turn tuples into columns."""
    order, department, cost, hashes, is_planned = zip(*crowd, strict=True) if crowd else ((),) * 5
    return People(
        np.array(order, np.uint8),
        np.array(department, np.uint8),
        np.array(cost, np.uint16),
        np.array(hashes, np.uint64),
        np.array(is_planned, bool),
    )


def in_turn(crowd, wanted):
    """Return the rows in *wanted* in the order in which people are asked."""
    return sorted(wanted, key=lambda row: (crowd[row][0], crowd[row][3] >> 6, row))


def caps_of(crowd, share):
    """Return how many of each department one round may take."""
    planned = [person[1] for person in crowd if person[4]]
    return {department: max(1, int(planned.count(department) * share)) for department in range(4)}


def keeps(crowd, rows, limit, caps):
    """Say whether these people may move in one round."""
    departments = [crowd[row][1] for row in rows]
    return (
        len(rows) <= limit.most_people
        and sum(crowd[row][2] for row in rows) <= limit.most_cost
        and all(departments.count(department) <= cap for department, cap in caps.items())
    )


def clerk(crowd, limits, share):
    """Place everyone as a patient clerk does, one person at a time."""
    caps = caps_of(crowd, share)
    rounds = [NOWHERE] * len(crowd)
    queue = in_turn(crowd, [row for row, person in enumerate(crowd) if person[4]])
    for limit in limits:
        inside = []
        for row in queue:
            if sum(crowd[other][1] == crowd[row][1] for other in inside) == caps[crowd[row][1]]:
                continue
            if not keeps(crowd, [*inside, row], limit, caps):
                break
            inside.append(row)
            rounds[row] = limit.number
        queue = [row for row in queue if row not in inside]
    return rounds


@given(crowd=CROWDS, limits=LIMITS, share=SHARES)
@settings(max_examples=300)
def test_everyone_moves_when_a_patient_clerk_would_say(crowd, limits, share):
    """Whole columns give the same as one person at a time."""
    placing = place(people_of(crowd), iter(limits), department_share=share)

    expected = clerk(crowd, limits, share)
    unplaced = [person for person, number in zip(crowd, expected, strict=True) if person[4] and number == NOWHERE]
    most = max((limit.most_cost for limit in limits), default=0) if unplaced else 0
    assert expected == placing.rounds.tolist()
    assert len(unplaced) == placing.unplaced_count
    assert sum(person[2] > most for person in unplaced) == placing.too_dear_count


@given(crowd=st.lists(PERSON, max_size=40, unique_by=lambda person: person[3] >> 6), limits=LIMITS, data=st.data())
def test_the_order_of_the_rows_does_not_matter(crowd, limits, data):
    """An export that is sorted otherwise is the same plan."""
    shuffled = data.draw(st.permutations(range(len(crowd))))

    rounds = place(people_of(crowd), limits, department_share=0.2).rounds
    again = place(people_of([crowd[row] for row in shuffled]), limits, department_share=0.2).rounds

    assert [rounds[row] for row in shuffled] == again.tolist()


STAYS = st.integers(NOWHERE, 4)  # one round more than there are limits, at times


@given(crowd=CROWDS, limits=LIMITS, share=SHARES, first_open=st.integers(0, 4), data=st.data())
@settings(max_examples=300)
def test_a_plan_made_again_loses_nobody_and_rewrites_no_history(crowd, limits, share, first_open, data):
    """Whoever is planned is counted once, a started round keeps its people, and every open one keeps its limits."""
    before = data.draw(st.lists(STAYS, min_size=len(crowd), max_size=len(crowd)))
    caps = caps_of(crowd, share)

    again = replace(np.array(before, np.int16), people_of(crowd), limits, department_share=share, first_open=first_open)

    rounds = again.rounds.tolist()
    told = list(zip(crowd, before, rounds, strict=True))
    assert all(number == NOWHERE for person, _, number in told if not person[4])
    assert all(number == old for person, old, number in told if person[4] and 0 <= old < first_open)
    assert all(number >= first_open for person, old, number in told if number not in {old, NOWHERE})
    for limit in limits[first_open:]:
        assert keeps(crowd, [row for row, number in enumerate(rounds) if number == limit.number], limit, caps)
    assert again.moved_count == sum(person[4] and old != NOWHERE != old != number for person, old, number in told)
    assert again.joiner_count == sum(person[4] and old == NOWHERE for person, old, _ in told)
    assert again.leaver_count == sum(not person[4] and old != NOWHERE for person, old, _ in told)
    assert again.unplaced_count == sum(person[4] and number == NOWHERE for person, _, number in told)


@given(
    crowd=st.lists(PERSON, max_size=6),
    sizes=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 500)), min_size=1, max_size=3),
    first_open=st.integers(0, 1),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_no_plan_moves_fewer(crowd, sizes, first_open, data):
    """Of all plans that there are: joiners may wait, a started round is history, each open one keeps its limits."""
    limits = [Limit(number, date(2026, 2, 2), *size) for number, size in enumerate(sizes)]
    before = data.draw(st.lists(st.integers(NOWHERE, len(sizes)), min_size=len(crowd), max_size=len(crowd)))
    caps = caps_of(crowd, 0.5)
    asked = [row for row, person in enumerate(crowd) if person[4] and before[row] >= first_open]
    open_limits = limits[first_open:]

    fewest = len(asked)
    for chosen in product([NOWHERE, *(limit.number for limit in open_limits)], repeat=len(asked)):
        moves = sum(number != before[row] for row, number in zip(asked, chosen, strict=True))
        rows = {
            number: [row for row, other in zip(asked, chosen, strict=True) if other == number] for number in set(chosen)
        }
        if moves < fewest and all(keeps(crowd, rows.get(limit.number, ()), limit, caps) for limit in open_limits):
            fewest = moves

    given_all = (np.array(before, np.int16), people_of(crowd), limits)
    assert fewest == replace(*given_all, department_share=0.5, first_open=first_open).moved_count
    assert fewest == lower_bound_moves(*given_all, department_share=0.5, first_open=first_open)


@given(crowd=CROWDS, limits=LIMITS, share=SHARES, first_open=st.integers(0, 3), data=st.data())
@settings(max_examples=300)
def test_whoever_needs_a_round_is_asked_in_turn(crowd, limits, share, first_open, data):
    """The moved first, to later rounds before earlier ones, then joiners: each to the earliest round with room."""
    before = data.draw(st.lists(STAYS, min_size=len(crowd), max_size=len(crowd)))
    caps = caps_of(crowd, share)
    again = replace(np.array(before, np.int16), people_of(crowd), limits, department_share=share, first_open=first_open)
    planned = [row for row, person in enumerate(crowd) if person[4]]
    moved = [row for row in planned if before[row] >= 0 and before[row] != again.rounds[row]]
    inside = {
        limit: [row for row in planned if row not in moved and before[row] == limit.number]
        for limit in limits[first_open:]
    }

    def seat(rows, is_allowed):
        left = []
        for row in in_turn(crowd, rows):
            for limit, others in inside.items():
                if is_allowed(row, limit) and keeps(crowd, [*others, row], limit, caps):
                    others.append(row)
                    break
            else:
                left.append(row)
        return left

    homeless = seat(moved, lambda row, limit: limit.number > before[row])
    seat(homeless, lambda _row, _limit: True)
    seat([row for row in planned if before[row] == NOWHERE], lambda _row, _limit: True)

    expected = {row: limit.number for limit, rows in inside.items() for row in rows}
    history = {row: before[row] for row in planned if 0 <= before[row] < first_open}
    assert [{**expected, **history}.get(row, NOWHERE) for row in range(len(crowd))] == again.rounds.tolist()


@given(crowd=CROWDS, limits=LIMITS, share=SHARES, first_open=st.integers(0, 4))
def test_the_same_facts_are_the_same_plan(crowd, limits, share, first_open):
    """Planning again without a reason moves nobody."""
    people = people_of(crowd)
    rounds = place(people, limits, department_share=share).rounds

    again = replace(rounds, people, limits, department_share=share, first_open=first_open)

    assert again.moved_count == 0
    assert rounds[rounds >= 0].tolist() == again.rounds[rounds >= 0].tolist()


@given(crowd=CROWDS, limits=LIMITS, data=st.data())
def test_where_there_is_room_somewhere_only_those_who_must_move_do(crowd, limits, data):
    """After a change of readiness the moves are as few as the counts allow, whatever the plan was."""
    people = people_of(crowd)
    rounds = place(people, limits, department_share=0.5).rounds
    costs = data.draw(st.lists(st.sampled_from(COSTS), min_size=len(crowd), max_size=len(crowd)))
    drifted = changed(people, cost=np.array(costs, np.uint16))

    again = replace(rounds, drifted, limits, department_share=0.5, first_open=0)

    assert again.moved_count == lower_bound_moves(rounds, drifted, limits, department_share=0.5, first_open=0)
