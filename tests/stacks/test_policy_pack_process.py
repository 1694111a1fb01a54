import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from builders import STACK, a_baseline, a_lease, a_provision
from declared import KINDS, run
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

import stacks
from migration import baseline as baselines
from migration import manifest as manifests
from migration.posture import Stage

PACK = Path(stacks.__file__).with_name("policy_pack")
TYPES = {word: kind for kind, word in KINDS.items()}
ROOT = "pulumi:pulumi:Stack"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # the engine's word for a text that it cannot know yet
BASELINE = a_baseline()
PROGRAM = run(a_provision(BASELINE).with_slot(a_lease(Stage.ENFORCE)), BASELINE).resources
HELD = [
    {"urn": one.urn, "custom": True, "type": TYPES[one.kind], "id": f"id of {one.name}", "inputs": dict(one.inputs)}
    for one in PROGRAM
]


def a_project(folder, kind="step"):
    """Make what the pack reads: itself, the manifest and the baseline."""
    home = folder / "stacks"
    shutil.copytree(PACK, home / "policy_pack", ignore=shutil.ignore_patterns("__pycache__"))
    manifest = a_provision(BASELINE).model_copy(update={"kind": kind})
    (home / f"rollout.{STACK}.json").write_text(manifests.render(manifest))
    (home / f"baseline.{STACK}.json").write_text(baselines.render(BASELINE))
    return folder


def an_engine(folder, answer, code=0):
    """Make a `pulumi` that tells what it holds, or fails."""
    told = folder / "held.json"
    told.write_text(answer if isinstance(answer, str) else json.dumps({"version": 3, "deployment": answer}))
    script = folder / "pulumi"
    lines = ("#!/bin/sh", f'echo "$@" >> "{folder}/asked"', f'cat "{told}" >&{2 if code else 1}', f"exit {code}")
    script.write_text("\n".join(lines) + "\n")
    script.chmod(0o755)
    return script


class Pack:
    """The pack's own process, spoken to as the engine does."""

    def __init__(self, project, engine):
        environment = {
            **os.environ,
            "OFFRAMP_PULUMI": str(engine),
            "PULUMI_PROJECT": "offramp",
            "PULUMI_STACK": STACK,
            "PULUMI_DRY_RUN": "true",
        }
        home = project / "stacks" / "policy_pack"
        words = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(home)]
        self.process = subprocess.Popen(words, cwd=home, env=environment, stdout=subprocess.PIPE)
        port = int(self.process.stdout.readline())
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = analyzer_pb2_grpc.AnalyzerStub(self.channel)
        self.stub.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack=STACK, project="offramp"))

    def stop(self):
        """End the process."""
        self.channel.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def about(self, one, **changes):
        """Ask about one resource before its write; the name of each policy that refuses it, and what it says."""
        request = analyzer_pb2.AnalyzeRequest(
            type=TYPES[one.kind], urn=one.urn, name=one.name, properties=packed({**one.inputs, **changes})
        )
        return refusals(self.stub.Analyze(request))

    def about_root(self):
        """Ask about the stack itself, which the engine declares first."""
        request = analyzer_pb2.AnalyzeRequest(type=ROOT, urn="urn:root", name="offramp", properties=packed({}))
        return refusals(self.stub.Analyze(request))

    def about_all(self, resources, **changes):
        """Ask about a whole stack; *changes* by the name of a resource, with underscores."""
        listed = [
            analyzer_pb2.AnalyzerResource(
                type=TYPES[one.kind],
                urn=one.urn,
                name=one.name,
                properties=packed({**one.inputs, **changes.get(one.name.replace(" ", "_").replace("-", "_"), {})}),
            )
            for one in resources
        ]
        return refusals(self.stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=listed)))


def packed(values):
    """Write properties as they travel."""
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def refusals(answer):
    """Return (policy, message) of each answer, all of which must be mandatory."""
    assert {analyzer_pb2.MANDATORY} >= {one.enforcementLevel for one in answer.diagnostics}
    return [(one.policyName, one.message.splitlines()[-1]) for one in answer.diagnostics]


def named(name):
    """Return a resource of the program."""
    return next(one for one in PROGRAM if one.name == name)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The folder of an engine that holds the whole program, and of the project beside it."""
    folder = a_project(tmp_path_factory.mktemp("step"))
    an_engine(folder, {"resources": HELD})
    return folder


@pytest.fixture(scope="module")
def pack(asked):
    """A pack for a step, with everything provisioned."""
    found = Pack(asked, asked / "pulumi")
    yield found
    found.stop()


def test_the_pack_tells_its_policies_and_all_of_them_are_mandatory(pack):
    """An advisory one would be a remark in a log."""
    info = pack.stub.GetAnalyzerInfo(empty_pb2.Empty())

    assert "offramp" == info.name
    assert {analyzer_pb2.MANDATORY} == {one.enforcementLevel for one in info.policies}
    assert [
        "always-applies",
        "comparable",
        "entry-group",
        "entry-own-group",
        "in-place",
        "judged-kind",
        "no-phone",
        "nothing-left-out",
        "policy-group",
        "policy-own-group",
        "proof",
    ] == sorted(one.name for one in info.policies)


def test_a_step_of_the_program_passes(pack):
    """Each resource before its write, and all of them in the end."""
    assert [] == pack.about_root()
    assert [] == [said for one in PROGRAM for said in pack.about(one)]
    assert [] == pack.about_all(PROGRAM)


def test_the_engine_is_asked_once_for_what_it_holds(pack, asked):
    """Of this stack, without a question to anybody at a terminal."""
    pack.about(PROGRAM[0])

    assert [f"stack export --stack {STACK} --non-interactive"] == (asked / "asked").read_text().splitlines()


def test_a_group_that_is_not_known_in_a_step_is_refused_and_not_passed_over(pack):
    """The SDK turns a look at an unknown value into a remark; ours are looked at one by one."""
    ((policy, said),) = pack.about(named("slot-1 enrol"), groupsIncluded=[UNKNOWN])

    assert "in-place" == policy
    assert "slot-1 enrol: its groupsIncluded comes from something that would be created or replaced" in said


@pytest.mark.parametrize(
    ("name", "change", "policy"),
    [
        ("slot-1 enrolment", {"groupsIncluded": []}, "policy-group"),
        ("slot-1 enrol", {"groupsIncluded": []}, "entry-group"),
        ("slot-1 enrol", {"customExpression": "true"}, "entry-group"),
        ("slot-1 sign-in payroll", {"constraints": []}, "proof"),
        ("slot-1 sign-in payroll", {"constraints": ['{"possession": {"required": true}}']}, "no-phone"),
        ("slot-1 sign-in payroll", {"policyId": "rst-other"}, "in-place"),
    ],
)
def test_a_bad_resource_is_refused_before_its_write(pack, name, change, policy):
    """By the policy that says why."""
    assert [policy] == [said for said, _ in pack.about(named(name), **change)]


def test_what_is_not_held_would_be_created(pack):
    """A step creates nothing."""
    one = named("slot-1 enrol")
    twin = type(one)(one.kind, "slot-9 enrol", one.urn.replace("slot-1", "slot-9"), one.inputs, ())

    ((policy, said),) = pack.about(twin)

    assert ("in-place", "slot-9 enrol: it is not provisioned, and a step creates nothing.") == (
        policy,
        said.split(" Next:")[0],
    )


def test_what_is_left_out_would_be_deleted(pack):
    """A preview asks about the whole stack before anything is written."""
    kept = [one for one in PROGRAM if one.name != "slot-1 unenrol"]

    ((policy, said),) = pack.about_all(kept)

    assert "nothing-left-out" == policy
    assert "slot-1 unenrol: it is not declared any more" in said


def test_a_rule_with_an_exclusion_does_not_hold_its_policy_together(pack):
    """Whoever is excluded falls to the next policy."""
    ((policy, said),) = pack.about_all(PROGRAM, slot_1_enrolment_rule={"usersExcluded": ["00u-1"]})

    assert "always-applies" == policy
    assert "slot-1 enrolment: it is ACTIVE and no rule of it always applies" in said


@pytest.mark.parametrize(
    ("answer", "code", "expected"),
    [
        ("error: no stack named 'okta-sandbox' found", 255, "engine-failed: pulumi did not tell what it holds: error"),
        ("not JSON", 0, "engine-failed: pulumi did not tell what it holds"),
    ],
)
def test_a_pack_that_cannot_see_what_is_held_refuses_the_stack(tmp_path, answer, code, expected):
    """It is declared first, so nothing is written; and once, not for each resource."""
    found = Pack(a_project(tmp_path), an_engine(tmp_path, answer, code))

    try:
        ((policy, said),) = found.about_root()
        silent = found.about(PROGRAM[0])
    finally:
        found.stop()

    assert "comparable" == policy
    assert said.startswith(expected)
    assert [] == silent


def test_a_manifest_that_was_edited_refuses_the_stack(tmp_path):
    """A kind that was changed by hand would open the way to creations."""
    project = a_project(tmp_path)
    published = project / "stacks" / f"rollout.{STACK}.json"
    published.write_text(published.read_text().replace('"kind": "step"', '"kind": "provision"'))
    found = Pack(project, an_engine(tmp_path, {"resources": HELD}))

    try:
        ((_, said),) = found.about_root()
    finally:
        found.stop()

    assert said.startswith("manifest-edited: The manifest was changed by hand")
