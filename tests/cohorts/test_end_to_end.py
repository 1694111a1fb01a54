import numpy as np
import pyarrow as pa
import pytest

from cohorts.end_to_end import end_to_end, one, one_chunk
from cohorts.facts import Coded, Names, Numbers, YesNo

SIZES = [2, 1, 2]
ATOMS = ()


def codes(*told):
    """Return a column of codes."""
    return np.array(told, np.uint8)


def test_codes_get_one_vocabulary():
    """Each stretch counted for itself; a stretch without the column is not known."""
    told = end_to_end([Coded(codes(1, 2), ("a", "b")), None, Coded(codes(1, 0), ("b",))], SIZES)

    assert ([1, 2, 0, 2, 0], ("a", "b")) == (told.codes.tolist(), told.values)


def test_a_vocabulary_may_outgrow_the_codes_of_its_parts():
    """Two stretches of 200 values each have 400 together, and none becomes another."""
    parts = [
        Coded(np.arange(1, 201, dtype=np.uint8), tuple(f"{part}{number}" for number in range(200))) for part in "ab"
    ]
    told = end_to_end(parts, [200, 200])

    assert [f"{part}{number}" for part in "ab" for number in range(200)] == [
        told.values[code - 1] for code in told.codes
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)])
def test_where_a_stretch_does_not_say_it_nobody_knows(order):
    """A file without the column says neither yes nor no, no number and no empty list, wherever it stands."""
    sizes = [SIZES[place] for place in order]
    yes_no = [YesNo(np.array([1, 0], np.int8)), None, YesNo(np.array([-1, 1], np.int8))]
    numbers = [Numbers(np.array([7, 8])), None, Numbers(np.array([9, 0]), np.array([True, False]))]
    names = [
        Names(ATOMS, codes(1, 0), np.array([2, 0], np.int16)),
        None,
        Names(ATOMS, codes(0, 1), np.array([-1, 1], np.int16)),
    ]
    middle = order.index(1)
    at = sum(sizes[:middle])

    assert -1 == end_to_end([yes_no[place] for place in order], sizes).values[at]
    assert not end_to_end([numbers[place] for place in order], sizes).known[at]
    assert -1 == end_to_end([names[place] for place in order], sizes).sizes[at]


def test_numbers_that_are_all_known_need_no_mask():
    """Nothing is kept that says nothing."""
    assert end_to_end([Numbers(np.array([1])), Numbers(np.array([2]))], [1, 1]).known is None


def test_one_stretch_is_not_copied():
    """A million values stay where they are."""
    values, texts = np.arange(3), pa.array(["a"])

    assert (True, True) == (one([values]) is values, one_chunk([texts]) is texts)


def test_texts_of_several_types_become_one():
    """A stretch without the column is null, and large texts are texts."""
    told = one_chunk([pa.array(["a"]), pa.nulls(1), pa.array(["b"], pa.large_string())])

    assert (["a", None, "b"], pa.string()) == (told.to_pylist(), told.type)
