"""A policy pack at work: it sees what is declared before it is done, and may refuse it."""

import json
from pathlib import Path

import pytest

UP = ("up", "--yes", "--skip-preview")
PACK = Path(__file__).parent / "programs" / "pack"
PACKED = ("--policy-pack", str(PACK))


@pytest.fixture
def judged(bench_for):
    """A bench whose items have the sizes one says."""
    bench = bench_for("judged")

    def run(sizes, *arguments, code=0, **extra):
        bench.run("config", "set", "sizes", json.dumps(sizes))
        return bench.run(*arguments, code=code, **extra)

    run.bench = bench
    return run


def configured(bench, config):
    """Write a configuration for the pack; gives the options."""
    file = bench.folder / f"{len(list(bench.folder.iterdir()))}.json"
    file.write_text(json.dumps(config))
    return (*PACKED, "--policy-pack-config", str(file))


def test_a_mandatory_policy_fails_an_update_before_the_step(judged):
    """What came before stays, the refused resource is never sent to its provider, and nothing after it begins."""
    bench = judged.bench

    refused = judged([1, 9, 2], *UP, *PACKED, code=1).stdout

    assert (
        f"Policies:\n    ❌ rules@v1.2.3 (local: {PACK})\n"
        "        - [mandatory]  small  (shelf:index:Item: item-1)\n"
        "          Items are small.\n          size 9 is too big\n"
    ) in refused
    assert "Resources:" not in refused
    assert ["begin create item 0", "end create item 0"] == bench.log()
    assert [] == bench.locks()
    assert "pending_operations" not in bench.document("stack", "export")["deployment"]
    assert "failed" == bench.document("stack", "history", "--json")[0]["result"]
    assert "+ 2 created" in judged([1, 3, 2], *UP, *PACKED).stdout


def test_a_preview_finds_every_violation_and_then_fails(judged):
    """It goes past the first, so that one run shows all that is to be mended; policies of the whole stack speak too."""
    shown = judged([8, 9, 1, 1], "preview", *PACKED, code=1).stdout

    assert ["item-0)", "item-1)"] == [line.split()[-1] for line in shown.splitlines() if "[mandatory]  small" in line]
    assert "- [mandatory]  few  (pulumi:pulumi:Stack: judged-dev)" in shown
    assert "4 items: item-0, item-1, item-2, item-3" in shown
    assert "error: preview failed" in shown
    assert {} == judged.bench.items()


def test_a_preview_first_keeps_an_update_from_what_only_the_whole_stack_shows(judged):
    """A policy of the whole stack is asked when all is done: alone, an update hears it too late, and fails after it."""
    bench = judged.bench

    judged([1, 1, 1, 1], "up", "--yes", *PACKED, code=1)
    assert {} == bench.items()
    late = judged([1, 1, 1, 1], *UP, *PACKED, code=1).stdout

    assert "error: update failed" in late
    assert 4 == len(bench.items())
    assert ["failed"] == [entry["result"] for entry in bench.document("stack", "history", "--json")]


def test_advice_is_shown_and_changes_nothing(judged):
    """With every policy advisory the update succeeds; a disabled one is silent; the configuration reaches the pack."""
    bench = judged.bench
    advised = judged([2], *UP, *configured(bench, {"all": "advisory", "small": {"most": 1}})).stdout
    silent = judged([2], "preview", *configured(bench, {"all": "disabled"})).stdout
    other = judged([2], "preview", "--diff", *configured(bench, {"small": {"most": 1, "enforcementLevel": "advisory"}}))

    assert "⚠️ rules@v1.2.3" in advised
    assert "- [advisory]  small  (shelf:index:Item: item-0)" in advised
    assert "+ 2 created" in advised
    assert "✅ rules@v1.2.3" in silent
    assert "    rules@v1.2.3 [advisory]  small  (shelf:index:Item: item-0)Items are small.\n" in other.stdout
    assert "Policy Packs run:" in other.stdout


def test_a_pack_sees_what_is_declared_and_not_what_is_there(judged):
    """Checked inputs, options and provider, secrets unsealed; neither the old state nor what is about to be done."""
    bench = judged.bench
    bench.run("config", "set", "--secret", "look", "hush")

    shown = judged([1], *UP, *PACKED).stdout

    names = ["name", "size", "tags"]
    facts = ["item-0", names, False, [], 300.0, None, "pulumi:providers:shelf", ["version"], False]
    assert str(facts) in shown
    assert "hush" not in shown


def test_a_wrong_pack_or_configuration_stops_everything(judged):
    """Before the program runs; the sentence names the pack, the policy and the property."""
    bench = judged.bench
    for options, reason in (
        (("--policy-pack", "/nowhere"), "failed to load Pulumi policy project located at"),
        (configured(bench, {"few": "strict"}), '"strict" is not a valid enforcement level'),
        (configured(bench, {"few": {"most": "x"}}), "rules 1.2.3  few: most: Invalid type. Expected: integer, given"),
    ):
        said = judged([1], *UP, *options, code=1)
        assert reason in said.stdout + said.stderr
    broken = bench.folder / "broken"
    broken.mkdir()
    (broken / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (broken / "__main__.py").write_text("raise ValueError('no policies today')\n")
    died = judged([1], *UP, "--policy-pack", str(broken), code=1).stdout

    assert "no policies today" in died
    assert "did not print a port number when it started" in died
    assert [] == bench.log()
    assert [] == bench.locks()
    assert [] == bench.processes()


def test_a_pack_that_would_change_resources_is_refused(judged):
    """The stand-in does not remediate, and says so before anything is done; configured otherwise the pack may run."""
    said = judged([1], *UP, *PACKED, code=1, PACK_REMEDIATES="1").stdout
    advisory = configured(judged.bench, {"bigger": "advisory"})

    assert "does not remediate resources (policy 'bigger' of policy pack 'rules'); use the Pulumi CLI" in said
    assert [] == judged.bench.log()
    assert "+ 2 created" in judged([1], *UP, *advisory, PACK_REMEDIATES="1").stdout


def test_only_what_runs_the_program_takes_a_pack(judged):
    """A refresh or a destroy with a pack would pass in silence; it is refused as the Pulumi CLI refuses it."""
    for verb in ("refresh", "destroy"):
        assert "unknown flag: --policy-pack" in judged([1], verb, "--yes", *PACKED, code=1).stderr
