from hypothesis import given
from hypothesis import strategies as st

from migration.baseline import Shift, shifts

CONTAINER = "Payroll"
RULES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 30)).filter(
    lambda standing: len(set(standing.values())) == len(standing)
)
OURS = st.lists(st.integers(1, 12), max_size=12)


def simulate(standing, inserted):
    """Insert as the vendor does: one rule at a time, pushing whoever stands there one down, until a gap."""
    now = dict(standing)
    for count, priority in enumerate(inserted):
        pushed = priority
        while any(held == pushed for held in now.values()):
            pushed += 1
        # All from the taken place up to the gap move one down.
        now = {key: held + 1 if priority <= held < pushed else held for key, held in now.items()}
        now[f"ours {count}"] = priority
    return now


@given(standing=RULES, inserted=OURS)
def test_the_foretold_shifts_are_those_of_a_literal_simulation(standing, inserted):
    """What the plan lists is what the vendor will do, for any standing and any insertions."""
    after = simulate(standing, inserted)
    expected = tuple(
        Shift(CONTAINER, key, standing[key], after[key]) for key in sorted(standing) if after[key] != standing[key]
    )

    assert expected == shifts(CONTAINER, standing.items(), inserted)


@given(standing=RULES, inserted=OURS)
def test_theirs_keep_their_order_among_themselves(standing, inserted):
    """Provisioning moves priorities of theirs and never changes which of them decides first."""
    now = standing | {shift.object_id: shift.after for shift in shifts(CONTAINER, standing.items(), inserted)}

    assert sorted(standing, key=standing.__getitem__) == sorted(now, key=now.__getitem__)


@given(standing=RULES, count=st.integers(0, 12))
def test_ours_stand_above_all_of_theirs_when_inserted_from_the_top(standing, count):
    """That is how every set is provisioned: from priority 1 on, one behind the other."""
    found = shifts(CONTAINER, standing.items(), range(1, count + 1))
    now = standing | {shift.object_id: shift.after for shift in found}

    assert all(priority > count for priority in now.values())
    assert all(shift.after > shift.before for shift in found)


@given(standing=RULES, inserted=OURS)
def test_the_order_in_which_theirs_are_listed_says_nothing(standing, inserted):
    """The answer depends on where they stand alone."""
    backwards = list(standing.items())[::-1]

    assert shifts(CONTAINER, standing.items(), inserted) == shifts(CONTAINER, backwards, inserted)
