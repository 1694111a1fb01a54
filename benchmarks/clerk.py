"""Without this file nobody could tell whether the quick way to fill waves is right: the same, person by person."""

import math
from collections.abc import Sequence

import work


def fill(people: Sequence[tuple[int, str | None, int, int]], planned: int) -> dict[int, int]:
    """
    Do literally what the rules of a wave say, one person after the other.

    Args:
        people: Of each the number of the cohort, the department, the place on work.LADDER and the hash.
        planned: How many cohorts move.

    Returns:
        Position in *people* → wave.
    """
    waiting = [number for number, (cohort, _, _, _) in enumerate(people) if cohort < planned]
    waiting.sort(key=lambda number: (people[number][0], people[number][3] >> 6))
    count = len(waiting)
    departments = [people[number][1] for number in waiting]
    shares = {one: max(1, int(departments.count(one) * work.DEPARTMENT_SHARE)) for one in set(departments)}
    found: dict[int, int] = {}
    for wave, (_, budget) in enumerate(work.calendar(count)):
        taken: dict[str | None, int] = {}
        size = cost = 0
        for number in list(waiting):
            _, department, ready, _ = people[number]
            if taken.get(department, 0) >= shares[department]:
                continue
            dearer = cost + work.LADDER[ready][2]
            if size + 1 > math.ceil(count * work.LARGEST_SHARE) or dearer > budget:
                break
            size, cost = size + 1, dearer
            taken[department] = taken.get(department, 0) + 1
            found[number] = wave
        waiting = [number for number in waiting if number not in found]
        if not waiting:
            break
    return found
