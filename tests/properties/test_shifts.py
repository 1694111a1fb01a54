from builders import STACK, a_baseline, an_app, an_app_rule
from hypothesis import given
from hypothesis import strategies as st

from migration.baseline import Shift, shifts
from migration.manifest import provision
from migration.operations.planning import foreseen_shifts
from migration.posture import AIMS, Aim, Limits, Target
from migration.set_names import ACCOUNT_RULES, POLICY_TYPES, names, owned, tally

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


AIM = Aim(Target.DEVICE_BOUND, Target.DEVICE_BOUND, Limits(60, 15, 15))
MANIFESTS = st.builds(
    lambda cohorts, zone_id: provision(
        STACK, "b" * 64, AIMS | dict.fromkeys(cohorts, AIM), zone_id=zone_id, canary=None
    ),
    st.sets(st.sampled_from(["executives", "finance", "support"])),
    st.sampled_from([None, "nzo-desk"]),
)


@given(manifest=MANIFESTS)
def test_ours_stand_one_behind_the_other_whatever_sets_there_are(manifest):
    """Unique, without gaps and from 1 on in every container: a set begins where those above it end."""
    places = {name: [] for name in (*POLICY_TYPES, "account", "sign-in")}
    for order, content in enumerate(manifest.sets):
        above, own = tally(manifest.sets[:order]), owned(content)
        for name in own.policies:
            places[name].append(above.policies[name] + 1)
        places["account"] += [above.account_rules + index + 1 for index in range(len(own.account_rules))]
        places["sign-in"] += [above.sign_ins + 1] * own.has_sign_in

    assert [list(range(1, len(found) + 1)) for found in places.values()] == list(places.values())


@given(manifest=MANIFESTS, rules=st.integers(1, 3), count=st.integers(1, 6))
def test_a_plan_lists_a_shift_for_every_entry_of_ours_above_theirs(manifest, rules, count):
    """Theirs, standing at the top, end right behind all that the manifest's sets own in that container."""
    app = an_app("payroll", *(an_app_rule(f"Rule {number}", number) for number in range(1, rules + 1)))
    standing = tuple((f"00p-{place}", place) for place in range(1, count + 1))
    baseline = a_baseline(apps=(app,), policies_standing=dict.fromkeys(POLICY_TYPES.values(), standing))
    ours = [name for content in manifest.sets for name in names(content, baseline.apps)]
    expected = {kind: ours.count(name) for name, kind in POLICY_TYPES.items()}
    expected |= {"Payroll": sum(" sign-in" in name for name in ours)}
    expected |= {baseline.account_management.policy_name: sum(name in ACCOUNT_RULES for name in ours)}

    found = {}
    for shift in foreseen_shifts(baseline, manifest):
        found.setdefault(shift.container, set()).add(shift.after - shift.before)

    assert {container: {by} for container, by in expected.items()} == found
