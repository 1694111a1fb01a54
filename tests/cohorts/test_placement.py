from datetime import date
from itertools import count

import numpy as np
import pytest

from cohorts import placement
from cohorts.placement import NOWHERE, People, lower_bound_moves, place, replace
from migration.rounds import Limit

DAY = date(2026, 2, 2)


def limits_of(*sizes):
    """Build rounds out of (people, cost)."""
    return [Limit(number, DAY, *size) for number, size in enumerate(sizes)]


def a_crowd(size, *, order=0, department=1, cost=10, hashes=None, is_planned=True):
    """Build people who are alike but for what is given; they are asked in the order of their rows."""
    return People(
        np.broadcast_to(np.asarray(order, np.uint8), size),
        np.broadcast_to(np.asarray(department), size).astype(np.min_scalar_type(np.max(department))),
        np.broadcast_to(np.asarray(cost, np.uint16), size),
        np.arange(size, dtype=np.uint64) << np.uint64(6) if hashes is None else np.array(hashes, np.uint64),
        np.broadcast_to(np.asarray(is_planned), size),
    )


def placed(people, limits, share=1.0):
    """Return the rounds as a list."""
    return place(people, limits, department_share=share).rounds.tolist()


def replaced(before, people, limits, *, share=1.0, first_open=0):
    """Plan again."""
    return replace(np.array(before, np.int16), people, limits, department_share=share, first_open=first_open)


def test_the_lowest_cohort_moves_first_and_within_it_the_lowest_hash():
    """Cohorts are a decision, the order within one is chance that stays the same."""
    people = a_crowd(4, order=[1, 0, 1, 0], hashes=[1 << 63, 2 << 60, 1 << 60, 1 << 60])

    assert [3, 1, 2, 0] == placed(people, limits_of(*[(1, 100)] * 4))


def test_more_cohorts_than_six_bits_hold_are_kept_apart():
    """The highest cohort comes last, whatever its hashes are."""
    people = a_crowd(3, order=[255, 64, 63], hashes=[0, 1, 2])

    assert [2, 1, 0] == placed(people, limits_of(*[(1, 100)] * 3))


def test_hashes_that_differ_in_their_last_six_bits_only_are_alike():
    """Then whoever stands first moves first: the order is by 58 bits, and plans refer to it."""
    assert [0, 1] == placed(a_crowd(2, hashes=[63, 0]), limits_of((1, 100), (1, 100)))
    assert [1, 0] == placed(a_crowd(2, hashes=[64, 0]), limits_of((1, 100), (1, 100)))


def test_a_department_that_has_had_its_share_is_passed_over():
    """Half of a department of four is two; the people behind it do not wait for it."""
    people = a_crowd(6, department=[7, 7, 7, 7, 0, 0])

    assert [0, 0, 1, 1, 0, 1] == placed(people, limits_of((9, 900), (9, 900)), share=0.5)


def test_a_department_is_counted_without_those_who_do_not_move():
    """A fifth of ten is two; with five who stay as they are it is one of five."""
    people = a_crowd(10, is_planned=[True] * 5 + [False] * 5)

    assert [0, 1, 2, 3, 4, *[NOWHERE] * 5] == placed(people, limits_of(*[(9, 900)] * 5), share=0.2)


def test_a_round_closes_at_the_first_who_exceeds_it():
    """Nobody overtakes within a round because they are cheaper."""
    people = a_crowd(3, cost=[60, 60, 10])

    assert [0, 1, 1] == placed(people, limits_of((9, 100), (9, 100)))


def test_whoever_fits_into_no_round_is_counted_and_nobody_waits_for_ever():
    """All behind that person wait in vain, and the count says so; one of them is too dear for any round."""
    placing = place(a_crowd(4, cost=[10, 300, 10, 10]), limits_of(*[(9, 100)] * 3), department_share=1.0)

    assert [0, NOWHERE, NOWHERE, NOWHERE] == placing.rounds.tolist()
    assert (3, 1) == (placing.unplaced_count, placing.too_dear_count)


def test_no_more_rounds_are_asked_for_than_are_needed():
    """The rounds of a calendar may go on for ever."""
    endless = (Limit(number, DAY, 2, 900) for number in count())

    assert [0, 0, 1] == placed(a_crowd(3), endless)


def test_nobody_at_all_is_a_plan():
    """An organisation that is done has nobody left."""
    placing = place(a_crowd(0), limits_of((1, 1)), department_share=0.2)

    assert ([], 0) == (placing.rounds.tolist(), placing.unplaced_count)
    assert [NOWHERE] == placed(a_crowd(1, is_planned=False), limits_of((1, 100)))
    assert [] == replaced([], a_crowd(0), limits_of((1, 1))).rounds.tolist()


@pytest.mark.parametrize("department_count", [300, 70_000])
def test_any_number_of_departments_has_its_shares(department_count):
    """Codes of 16 and of 32 bits: one of each department moves in each round."""
    people = a_crowd(2 * department_count, department=np.tile(np.arange(department_count), 2))

    rounds = placed(people, limits_of(*[(10**6, 10**9)] * 2), share=0.5)

    assert [0] * department_count + [1] * department_count == rounds


def test_blocks_do_not_show(monkeypatch):
    """People are looked at a few at a time, and the plan is that of all at once."""
    generator = np.random.default_rng(5)
    people = a_crowd(
        500,
        order=generator.integers(0, 4, 500),
        department=generator.integers(0, 6, 500),
        cost=generator.choice([10, 60, 300], 500),
        hashes=generator.integers(0, 100, 500, np.uint64) << np.uint64(6),
    )
    limits = limits_of(*[(40, 5_000)] * 30)
    whole = placed(people, limits, share=0.1)

    monkeypatch.setattr(placement, "BLOCK", 8)

    assert whole == placed(people, limits, share=0.1)
    assert NOWHERE not in whole


def test_hashes_that_begin_alike_are_told_apart_wherever_a_block_ends(monkeypatch):
    """As much of a hash as fits is sorted first; pairs that differ in the rest stand across the ends of blocks."""
    monkeypatch.setattr(placement, "BLOCK", 8)
    pairs = [(pair << 40) + rest for pair in range(1, 40) for rest in (64, 0)]

    rounds = placed(a_crowd(79, hashes=[0, *pairs]), limits_of(*[(1, 100)] * 79))

    assert [0, *(row + 1 if row % 2 else row - 1 for row in range(1, 79))] == rounds


def test_whoever_an_earlier_round_could_have_taken_is_not_too_dear():
    """The largest round is the measure, not the last one."""
    placing = place(a_crowd(2, cost=[10, 60]), limits_of((1, 100), (1, 50)), department_share=1.0)

    assert (1, 0) == (placing.unplaced_count, placing.too_dear_count)


def test_columns_of_different_lengths_are_refused():
    """One of them is of other people."""
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        People(np.zeros(3, np.uint8), np.zeros(2, np.uint8), np.zeros(3, int), np.zeros(3, np.uint64), np.ones(3, bool))


def test_a_negative_cost_is_refused():
    """A round would never close."""
    with pytest.raises(ValueError, match="less than nothing"):
        People(np.zeros(1, np.uint8), np.zeros(1, np.uint8), np.array([-1]), np.zeros(1, np.uint64), np.ones(1, bool))


def test_more_people_than_rows_can_be_counted_are_refused(monkeypatch):
    """A row that is cut short would be somebody else's."""
    monkeypatch.setattr(placement, "MOST_PEOPLE", 3)

    with pytest.raises(ValueError, match="3 people"):
        a_crowd(3)


def test_a_round_that_keeps_its_limits_keeps_its_people():
    """Who has been told a week moves in it, though a plan made anew would put them elsewhere."""
    again = replaced([1, 0, 1], a_crowd(3), limits_of((2, 100), (2, 100)))

    assert ([1, 0, 1], 0) == (again.rounds.tolist(), again.moved_count)


def test_joiners_take_the_earliest_open_round_with_room_in_their_turn():
    """The first of them the last seat of round 1, the next round 2; round 0 has started."""
    again = replaced([NOWHERE, 1, NOWHERE], a_crowd(3), limits_of(*[(2, 100)] * 3), first_open=1)

    assert [1, 1, 2] == again.rounds.tolist()
    assert (2, 0, 0) == (again.joiner_count, again.moved_count, again.unplaced_count)


def test_leavers_leave_their_round_and_make_room():
    """Whoever is not planned any more has no round, not even one that has started."""
    again = replaced(
        [0, 1, NOWHERE], a_crowd(3, is_planned=[False, False, True]), limits_of((1, 9), (1, 10)), first_open=1
    )

    assert ([NOWHERE, NOWHERE, 1], 2) == (again.rounds.tolist(), again.leaver_count)


@pytest.mark.parametrize(
    ("limit", "share"), [((2, 900), 1.0), ((9, 100), 1.0), ((9, 900), 0.7)], ids=["people", "cost", "department"]
)
def test_from_a_broken_round_go_the_dearest(limit, share):
    """One person is enough, of any limit, and the least ready can use the time."""
    people = a_crowd(3, cost=[10, 60, 40])

    again = replaced([0, 0, 0], people, limits_of(limit, (9, 900)), share=share)

    assert ([0, 1, 0], 1) == (again.rounds.tolist(), again.moved_count)


def test_among_equally_dear_the_last_in_order_goes():
    """Who was to move first still does."""
    again = replaced([0, 0, 0], a_crowd(3, order=[0, 2, 1]), limits_of((2, 900), (9, 900)))

    assert [0, 1, 0] == again.rounds.tolist()


def test_the_moved_go_later_if_they_can_and_earlier_only_if_they_must():
    """Nobody is asked at shorter notice than they were told while there is another way."""
    people = a_crowd(3)

    assert [2, 1, 0] == replaced([1, 1, 0], a_crowd(3, order=[1, 0, 0]), limits_of(*[(1, 90)] * 3)).rounds.tolist()
    assert [1, 0, NOWHERE] == replaced([1, 1, NOWHERE], people, limits_of(*[(1, 90)] * 2)).rounds.tolist()


def test_the_moved_come_before_joiners():
    """A joiner has been told nothing yet."""
    people = a_crowd(3, order=[1, 1, 0])

    assert [0, 1, NOWHERE] == replaced([0, 0, NOWHERE], people, limits_of((1, 90), (1, 90))).rounds.tolist()


def test_a_cheaper_person_may_take_room_that_a_dearer_one_cannot():
    """The earliest round with room is asked of each, not of the queue."""
    again = replaced([NOWHERE] * 4, a_crowd(4, cost=[60, 60, 40, 10]), limits_of((9, 100), (9, 100)))

    assert [0, 1, 0, 1] == again.rounds.tolist()


def test_a_round_that_has_started_keeps_its_people_over_every_limit():
    """History is not planned again; it does not count as moved either."""
    again = replaced([0, 0, 0], a_crowd(3), limits_of((1, 10), (1, 10)), first_open=1)

    assert ([0, 0, 0], 0) == (again.rounds.tolist(), again.moved_count)


def test_people_of_a_round_that_is_no_more_are_moved():
    """A shorter calendar empties its last rounds; whoever finds no other is counted."""
    people = a_crowd(3, cost=[10, 10, 300])
    before, limits = [5, 5, 5], limits_of((1, 100), (1, 100))

    again = replaced(before, people, limits)

    assert [0, 1, NOWHERE] == again.rounds.tolist()
    assert (3, 1, 1) == (again.moved_count, again.unplaced_count, again.too_dear_count)
    assert lower_bound_moves(np.array(before, np.int16), people, limits, department_share=1.0, first_open=0) == 3


def test_without_any_round_everyone_is_unplaced():
    """Nobody is dropped in silence."""
    again = replaced([NOWHERE, 0], a_crowd(2), [])

    assert ([NOWHERE, NOWHERE], 2, 2) == (again.rounds.tolist(), again.unplaced_count, again.too_dear_count)


def test_a_round_number_that_does_not_fit_is_refused():
    """It must not come out as another round."""
    with pytest.raises(OverflowError):
        place(a_crowd(1), [Limit(40_000, DAY, 1, 100)], department_share=1.0)
