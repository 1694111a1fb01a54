"""Without this file a plan would say how many move in each round, and nobody would know who."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]
RoundNumbers = npt.NDArray[np.int16]

NOWHERE = -1
MOST_PEOPLE = 1 << 31
BLOCK = 1 << 16  # people at a time: what a block needs stays in the processor's cache
ORDER_BITS = 8
HASH_SHIFT = np.uint64(6)  # the order is by the upper 58 bits; fixed, because plans refer to it


class Limit(Protocol):
    """What one round can take: people, and milli-tickets of the help desk."""

    @property
    def number(self) -> int:
        """Place among the rounds; ascending."""

    @property
    def most_people(self) -> int:
        """People that may move in it."""

    @property
    def most_cost(self) -> int:
        """Milli-tickets that may arise from it."""


@dataclass(frozen=True, slots=True)
class People:
    """
    What decides when somebody moves, one value per person; every array has shape (n,).

    Attributes:
        order: uint8, the place of the person's cohort: the lowest moves first.
        department: Unsigned codes without large gaps; 0, where it is not known, is a department like any other.
        cost: Milli-tickets that the person is expected to cost the help desk, not negative; of the smallest type
            that holds them, because they are copied.
        hashes: uint64, `hashing.hash_texts` of the account ids: the order within a cohort.
        is_planned: bool, whether the person moves at all.
    """

    order: npt.NDArray[np.uint8]
    department: npt.NDArray[np.unsignedinteger]
    cost: npt.NDArray[np.integer]
    hashes: npt.NDArray[np.uint64]
    is_planned: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        lengths = {len(self.order), len(self.department), len(self.cost), len(self.hashes), len(self.is_planned)}
        if len(lengths) > 1:
            raise ValueError(f"one value per person, not {sorted(lengths)}")
        if len(self.order) >= MOST_PEOPLE:
            raise ValueError(f"{len(self.order)} people are too many for one plan")
        if self.cost.min(initial=0) < 0:
            raise ValueError("nobody costs the help desk less than nothing")

    def __len__(self) -> int:
        return len(self.order)


@dataclass(frozen=True, slots=True)
class Placing:
    """
    Who moves in which round.

    Attributes:
        rounds: Shape (n,), int16; NOWHERE for whoever is not planned or found no place.
        unplaced_count: Planned people for whom no round was left.
        too_dear_count: Those of them who cost more than any round can take.
    """

    rounds: RoundNumbers
    unplaced_count: int
    too_dear_count: int


@dataclass(frozen=True, slots=True)
class Replacing(Placing):
    """
    Who moves in which round, after the facts have changed.

    Attributes:
        moved_count: People who had a round, are still planned, and have another round now, or none.
        joiner_count: Planned people who had no round before.
        leaver_count: People who had a round and are not planned any more.
    """

    moved_count: int
    joiner_count: int
    leaver_count: int


def place(people: People, limits: Iterable[Limit], *, department_share: float) -> Placing:
    """
    Give everyone who is planned the round that a patient clerk would give.

    Round by round, the clerk goes through whoever is left, by cohort and then by hash: passes over a person whose
    department has had its share in this round, and closes the round at the first who would exceed its people or
    its cost. So a person whom no round can take stops all who come after; both are counted, neither is dropped.

    Args:
        people: n people.
        limits: The rounds, ascending; not asked for more of them once everyone has a place.
        department_share: Share of a department's planned people that one round may take; at least one person.
    """
    rows = np.flatnonzero(people.is_planned).astype(np.uint32)
    _put_in_order(rows, people)
    caps = _department_caps(people, department_share)
    rounds = np.full(len(people), NOWHERE, np.int16)
    taken = np.zeros_like(caps)
    unplaced_count, most_cost = len(rows), 0
    waiting: list[_Queued] = []
    unseen = _queued(rows, people, len(caps))
    for limit in limits:
        if not unplaced_count:
            break
        most_cost = max(most_cost, limit.most_cost)
        people_left, cost_left = limit.most_people, limit.most_cost
        # Whoever is taken of a department is always its first, so that a rank says whether its share is used up.
        room = taken + caps
        passed_over = []
        known = iter(waiting)
        for queued in chain(known, unseen):
            chosen = np.flatnonzero(queued.rank < room[queued.department])
            spent = np.cumsum(queued.cost[chosen], dtype=np.int64)
            count = min(people_left, int(np.searchsorted(spent, cost_left, side="right")))
            is_closed = count < len(chosen)
            chosen = chosen[:count]
            if count:
                people_left -= count
                cost_left -= int(spent[count - 1])
                rounds[queued.rows[chosen]] = limit.number
                taken += np.bincount(queued.department[chosen], minlength=len(taken))
                queued = queued.without(chosen)  # noqa: PLW2901 - what is left of it is what goes on
            passed_over.append(queued)
            if is_closed:
                break
        unplaced_count -= limit.most_people - people_left
        waiting = [queued for queued in chain(passed_over, known) if len(queued.rows)]
    return Placing(rounds, unplaced_count, _too_dear_count(rounds, people, most_cost))


def replace(
    before: RoundNumbers, people: People, limits: Iterable[Limit], *, department_share: float, first_open: int
) -> Replacing:
    """
    Plan again after people joined, left or changed, and move as few as can be of those who know their round.

    Nobody moves whose round still keeps its limits. From a round that breaks one, the fewest people go that mend it:
    those who cost the help desk most, among equals the last in order. They go, in order, to the earliest later round
    with room, else to the earliest open one. Then joiners, in order, take the earliest open round with room. A round
    before *first_open* is history: it keeps its people whatever its limits say.

    Args:
        before: Shape (n,), int16: the round that each was told; NOWHERE for a joiner.
        people: n people, as they are now.
        limits: The rounds for as many as are planned now, ascending.
        department_share: As for `place`.
        first_open: The first round that has not started.
    """
    rounds = np.where(people.is_planned, before, np.int16(NOWHERE))
    is_joiner = people.is_planned & (before < 0)
    caps = _department_caps(people, department_share)
    rooms = {limit.number: _Room(limit.most_people, limit.most_cost, caps) for limit in limits}
    most_cost = max((room.cost for room in rooms.values()), default=0)
    leaving = [np.empty(0, np.uint32)]
    for number, rows in _open_rounds(rounds, first_open):
        staying, going = _fewest_leaving(rows, people, rooms.get(number, _Room(0, 0, caps)))
        if number in rooms:
            rooms[number].give(people.department[staying], people.cost[staying])
        leaving.append(going)
    open_rooms = {number: room for number, room in rooms.items() if number >= first_open}
    moving = np.concatenate(leaving)
    _put_in_order(moving, people)
    rounds[moving] = NOWHERE
    homeless = _first_fit(moving, people, open_rooms, rounds, after=before[moving])
    _first_fit(homeless, people, open_rooms, rounds)
    joining = np.flatnonzero(is_joiner).astype(np.uint32)
    _put_in_order(joining, people)
    _first_fit(joining, people, open_rooms, rounds)
    return Replacing(
        rounds,
        unplaced_count=int(np.count_nonzero(people.is_planned & (rounds < 0))),
        too_dear_count=_too_dear_count(rounds, people, most_cost),
        moved_count=int(np.count_nonzero((before >= 0) & people.is_planned & (rounds != before))),
        joiner_count=len(joining),
        leaver_count=int(np.count_nonzero((before >= 0) & ~people.is_planned)),
    )


def lower_bound_moves(
    before: RoundNumbers, people: People, limits: Iterable[Limit], *, department_share: float, first_open: int
) -> int:
    """
    Count the people who must move, however cleverly one plans: no plan that keeps the limits moves fewer.

    It looks at counts alone: of each open round it fills the room with the cheapest of each department. What stays
    outside has to go, because a round that is too full gets no emptier by whoever comes in.
    """
    caps = _department_caps(people, department_share)
    by_number = {limit.number: limit for limit in limits}
    moves = 0
    for number, rows in _open_rounds(np.where(people.is_planned, before, np.int16(NOWHERE)), first_open):
        limit = by_number.get(number)
        people_left, cost_left = (limit.most_people, limit.most_cost) if limit else (0, 0)
        staying_count = 0
        taken = np.zeros_like(caps)
        cost = people.cost[rows]
        for each in np.unique(cost).tolist():
            there = np.bincount(people.department[rows[cost == each]], minlength=len(caps))
            count = min(int(np.minimum(there, caps - taken).sum()), people_left)
            count = min(count, cost_left // each) if each else count
            taken = np.minimum(taken + there, caps)
            people_left -= count
            cost_left -= count * each
            staying_count += count
        moves += len(rows) - staying_count
    return moves


class _Queued(NamedTuple):
    """Some people in the order of the queue; the rank counts those of the same department before each."""

    rows: Rows
    department: npt.NDArray[np.unsignedinteger]
    cost: npt.NDArray[np.integer]
    rank: npt.NDArray[np.int32]

    def without(self, chosen: npt.NDArray[np.intp]) -> "_Queued":
        is_left = np.ones(len(self.rows), bool)
        is_left[chosen] = False
        return _Queued(self.rows[is_left], self.department[is_left], self.cost[is_left], self.rank[is_left])


class _Room:
    """What is left of a round: people, cost and each department's share of it."""

    def __init__(self, people: int, cost: int, caps: Counts) -> None:
        self.people = people
        self.cost = cost
        self._caps = caps
        self._departments: Counts | None = None

    @property
    def departments(self) -> Counts:
        """People left per department; made when asked for, because most rounds never are."""
        if self._departments is None:
            self._departments = self._caps.copy()
        return self._departments

    def give(self, department: npt.NDArray[np.unsignedinteger], cost: npt.NDArray[np.integer]) -> None:
        """Take what these people need away from what is left."""
        self.people -= len(department)
        self.cost -= int(cost.sum(dtype=np.int64))
        departments = self.departments
        departments -= np.bincount(department, minlength=len(departments))

    def admit(self, department: npt.NDArray[np.unsignedinteger], cost: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
        """Return the positions of those who find room when each is asked in turn; they have it then."""
        admitted = [np.empty(0, np.intp)]
        asked = np.arange(len(department))
        while self.people and len(asked):
            asked = asked[(cost[asked] <= self.cost) & (self.departments[department[asked]] > 0)]
            rank = _rank(department[asked], np.zeros_like(self._caps))
            fitting = asked[rank < self.departments[department[asked]]]
            spent = np.cumsum(cost[fitting], dtype=np.int64)
            count = min(self.people, int(np.searchsorted(spent, self.cost, side="right")))
            admitted.append(fitting[:count])
            self.give(department[fitting[:count]], cost[fitting[:count]])
            # The next one is too dear, and so is everyone who costs as much: each turn has fewer kinds of cost.
            asked = asked[asked > fitting[count]] if count < len(fitting) else asked[:0]
        return np.concatenate(admitted)


def _first_fit(
    rows: Rows, people: People, rooms: Mapping[int, _Room], rounds: RoundNumbers, *, after: RoundNumbers | None = None
) -> Rows:
    """
    Give each of *rows*, in this order, the earliest round with room, and return those who found none.

    Round by round is the same as person by person: who comes later never takes room from who comes earlier.
    """
    for number, room in rooms.items():
        if not len(rows):
            break
        asked = np.arange(len(rows)) if after is None else np.flatnonzero(after < number)
        admitted = asked[room.admit(people.department[rows[asked]], people.cost[rows[asked]])]
        if len(admitted):
            rounds[rows[admitted]] = number
            rows = np.delete(rows, admitted)
            after = None if after is None else np.delete(after, admitted)
    return rows


def _fewest_leaving(rows: Rows, people: People, room: _Room) -> tuple[Rows, Rows]:
    """Part the people of a round into those who stay within *room* and the fewest who cannot."""
    there = np.bincount(people.department[rows], minlength=len(room.departments))
    cost = int(people.cost[rows].sum(dtype=np.int64))
    if len(rows) <= room.people and cost <= room.cost and (there <= room.departments).all():
        return rows, rows[:0]
    _put_in_order(rows, people)
    rows = rows[np.argsort(people.cost[rows], kind="stable")]
    # The cheapest of each department first, then the cheapest of all: no choice keeps more people at less cost.
    department = people.department[rows]
    is_within = _rank(department, np.zeros(len(there), np.int64)) < room.departments[department]
    within = rows[is_within]
    spent = np.cumsum(people.cost[within], dtype=np.int64)
    count = min(room.people, int(np.searchsorted(spent, room.cost, side="right")))
    return within[:count], np.concatenate([within[count:], rows[~is_within]])


def _open_rounds(rounds: RoundNumbers, first_open: int) -> Iterator[tuple[int, Rows]]:
    """Yield each round that has not started and has people, with their rows."""
    for number in range(max(first_open, 0), int(rounds.max(initial=NOWHERE)) + 1):
        rows = np.flatnonzero(rounds == number).astype(np.uint32)
        if len(rows):
            yield number, rows


def _put_in_order(rows: Rows, people: People) -> None:
    """
    Sort ascending *rows* in place: by cohort, then by hash, then as they stand.

    Order, as much of the hash as fits, and row are packed into one word each, because words are sorted many times
    faster than positions and in no more room than their own. The few that are equal but for the row are sorted again.
    """
    row_bits = len(people).bit_length()
    packed = np.empty(len(rows), np.uint64)
    for block in _slices(len(rows)):
        some = rows[block]
        word = packed[block]
        np.right_shift(people.hashes[some], np.uint64(ORDER_BITS + row_bits), out=word)
        word <<= np.uint64(row_bits)
        word |= people.order[some].astype(np.uint64) << np.uint64(64 - ORDER_BITS)
        word |= some
    packed.sort()
    tied = []
    for block in _slices(len(rows)):
        words = packed[block.start : block.stop + 1]
        tied.append(block.start + np.flatnonzero((words[1:] ^ words[:-1]) >> np.uint64(row_bits) == 0))
        rows[block] = packed[block] & np.uint64((1 << row_bits) - 1)
    at = np.concatenate([np.empty(0, np.intp), *tied])
    if len(at):
        at = np.union1d(at, at + 1)
        some = rows[at]
        rows[at] = some[np.lexsort((some, people.hashes[some] >> HASH_SHIFT, people.order[some]))]


def _queued(rows: Rows, people: People, department_count: int) -> Iterator[_Queued]:
    """Yield the queue block by block, so that only who was looked at is held with all that is asked of them."""
    seen = np.zeros(department_count, np.int64)
    for block in _slices(len(rows)):
        some = rows[block]
        department = people.department[some]
        yield _Queued(some, department, people.cost[some], _rank(department, seen))


def _rank(department: npt.NDArray[np.unsignedinteger], seen: Counts) -> npt.NDArray[np.int32]:
    """Count for each person those of the same department before, *seen* included, and add all of them to *seen*."""
    # Up to 16 bits numpy sorts by digits, in a fraction of the time.
    short = department.astype(np.uint16) if len(seen) <= 1 << 16 else department
    by_department = np.argsort(short, kind="stable")
    counts = np.bincount(department, minlength=len(seen))
    rank = np.empty(len(department), np.int32)
    rank[by_department] = np.arange(len(department)) + np.repeat(seen + counts - np.cumsum(counts), counts)
    seen += counts
    return rank


def _department_caps(people: People, share: float) -> Counts:
    """Return how many people of each department one round may take."""
    counts = np.zeros(int(people.department.max(initial=0)) + 1, np.int64)
    for block in _slices(len(people)):
        counts += np.bincount(people.department[block][people.is_planned[block]], minlength=len(counts))
    return np.maximum(1, (counts * share).astype(np.int64))


def _too_dear_count(rounds: RoundNumbers, people: People, most_cost: int) -> int:
    return int(np.count_nonzero(people.is_planned & (rounds < 0) & (people.cost > most_cost)))


def _slices(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))
