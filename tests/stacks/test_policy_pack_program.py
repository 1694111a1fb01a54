from functools import cache

import pytest
from builders import a_baseline, a_lease, a_provision
from declared import KINDS, run

from migration.posture import Stage
from stacks.policy_pack import entries, fixed_set, kinds, owned
from stacks.policy_pack.declared import UNKNOWN, Declared, Stack
from stacks.policy_pack.standing import Held, Standing

BASELINE = a_baseline()
TYPES = {word: kind for kind, word in KINDS.items()}


@cache
def program(stage):
    """Run the real program with a wave of standard people at *stage*; None is the provision."""
    first = a_provision(BASELINE)
    return run(first if stage is None else first.with_slot(a_lease(stage)), BASELINE)


def resources(stage):
    """Return what the program declares, as the pack sees it."""
    return tuple(
        Declared(TYPES[one.kind], one.name, one.urn, {name: tupled(value) for name, value in one.inputs.items()})
        for one in program(stage).resources
    )


def tupled(value):
    """Return lists as the pack has them."""
    return tuple(value) if isinstance(value, list) else value


def standing(kind, stage=None):
    """Say that the engine holds what the program declares at *stage*."""
    held = {one.urn: Held(one.kind, f"id of {one.name}", dict(one.settings)) for one in resources(stage)}
    return Standing(kind, BASELINE.account_management.policy_id, held)


def objections(found, before):
    """Ask every rule about every resource, and about all of them together."""
    stack = Stack(found, {urn: one.object_id for urn, one in before.held.items()})
    for one in found:
        yield from kinds.unjudged(one)
        yield from fixed_set.beyond_in_place(one, before)
        yield from owned.without_one_group(one)
        yield from entries.without_its_group(one, before)
        yield from entries.without_a_proof(one, before)
        yield from entries.accepting_phones(one)
    for rule in (owned.falls_through, owned.foreign_group, entries.foreign_group):
        yield from (said for _, said in rule(stack))
    yield from (said for _, said in fixed_set.left_out(stack, before))


@pytest.mark.parametrize("stage", [Stage.ENROL, Stage.ENFORCE, Stage.RELAXED])
def test_the_program_is_refused_at_no_stage(stage):
    """Every step of a wave passes every rule."""
    assert [] == list(objections(resources(stage), standing("step")))


def test_the_first_provision_is_not_refused():
    """It creates everything."""
    nothing = Standing("provision", BASELINE.account_management.policy_id, {})

    assert [] == [said for one in resources(None) for said in fixed_set.beyond_in_place(one, nothing)]
    assert [] == list(objections(resources(None), standing("provision")))


@pytest.mark.parametrize("kind", sorted({"enrolment", "session", "password"}))
def test_each_rule_of_an_own_policy_is_needed_once_its_policy_is_active(kind):
    """Leave one out of the program at ENFORCE, and the pack names the policy."""
    kept = tuple(one for one in resources(Stage.ENFORCE) if one.name != f"slot-1 {kind} rule")

    said = list(objections(kept, standing("step")))

    assert [f"slot-1 {kind}", f"slot-1 {kind} rule"] == [one.split(":")[0] for one in said]


def test_every_name_of_the_program_is_missed():
    """A resource that is declared no more would be deleted."""
    found = resources(Stage.ENROL)

    for gone in found:
        stack = Stack(tuple(one for one in found if one is not gone), {})
        assert [gone.urn] == [where for where, _ in fixed_set.left_out(stack, standing("step"))]


@pytest.mark.parametrize("setting", ["groupsIncluded", "policyId"])
def test_every_reference_of_the_program_is_followed(setting):
    """A group or a policy that a step would create anew shows wherever it is named."""
    named = [one for one in resources(Stage.ENROL) if setting in one.settings]

    for one in named:
        coming = Declared(one.kind, one.name, one.urn, {**one.settings, setting: UNKNOWN})
        assert 1 == len(list(fixed_set.beyond_in_place(coming, standing("step"))))
    assert named
