import runpy
from functools import cache
from pathlib import Path

import pytest
from builders import STACK, a_baseline, a_lease, a_provision, an_app, an_app_rule
from declared import listen, run

import stacks
from migration import baseline as baselines
from migration import manifest as manifests
from migration.manifest import ManifestUnreadable
from migration.posture import Stage
from migration.set_names import names

BASELINE = a_baseline(apps=(an_app("payroll", an_app_rule("Blocked", 1), an_app_rule("Managed", 2)),))
FIRST = a_provision(BASELINE, zone_id="nzo-desk", canary="payroll")


@cache
def first():
    """Run the program on the provision."""
    return run(FIRST, BASELINE)


def test_the_stack_tells_what_it_carried_out():
    """The digests join commit, update and decision."""
    manifest = FIRST.with_slot(a_lease(Stage.ENFORCE))
    exports = run(manifest, BASELINE).exports

    assert (manifest.digest, BASELINE.digest) == (exports["manifest_digest"], exports["baseline_digest"])


def test_the_stack_tells_what_it_owns():
    """The ids are what is read back."""
    exports = first().exports["sets"]

    assert {content.key for content in FIRST.sets} == set(exports)
    assert {"group": "id of bootstrap group", "enrol": "id of bootstrap enrol"} == exports["bootstrap"]
    assert "id of slot-1 enrol" == exports["slot-1"]["enrol"]
    assert "id of slot-1 sign-in 2 payroll" == exports["slot-1"]["slot-1 sign-in 2 payroll"]


def test_the_stack_tells_on_whose_decision_it_acts():
    """The ledger's entry and its digest lie in the stack too: an anchor that a rewritten ledger cannot reach."""
    decided = a_provision(BASELINE).decided(7, "b" * 64)

    assert {"entry": 7, "digest": "b" * 64} == run(decided, BASELINE).exports["decided_by"]
    assert first().exports.get("decided_by") is None


@pytest.mark.parametrize("content", FIRST.sets, ids=lambda content: content.key)
def test_what_the_stack_owns_has_the_names_by_which_it_is_read_back(content):
    """One list for the program, the plan and the read-back, whatever kind of set it is."""
    expected = set(names(content, BASELINE.apps))

    assert expected == set(first().exports["sets"][content.key])


def test_a_manifest_that_was_decided_on_another_baseline_is_not_carried_out():
    """What was shown is what is done: nothing is declared at all."""
    with pytest.raises(ManifestUnreadable, match="another baseline"):
        run(a_provision(BASELINE), a_baseline())


def test_another_tenant_is_recognised_before_anything_is_declared():
    """The account-management policy of that name has another id there."""
    with pytest.raises(ManifestUnreadable, match="not the captured one"):
        run(a_provision(BASELINE), BASELINE, account_policy_id="rst-other")


def test_the_program_reads_the_two_documents_beside_it(tmp_path):
    """As `pulumi up` runs it: the stack's name chooses them."""
    manifest = a_provision(BASELINE)
    (tmp_path / f"rollout.{STACK}.json").write_text(manifests.render(manifest), encoding="utf-8")
    (tmp_path / f"baseline.{STACK}.json").write_text(baselines.render(BASELINE), encoding="utf-8")
    program = tmp_path / "__main__.py"
    program.write_text((Path(stacks.__file__).parent / "__main__.py").read_text(encoding="utf-8"), encoding="utf-8")

    heard = listen(lambda: runpy.run_path(str(program)), stack=STACK)

    assert [one.name for one in run(manifest, BASELINE).resources] == [one.name for one in heard.resources]
    assert manifest.digest == heard.exports["manifest_digest"]
