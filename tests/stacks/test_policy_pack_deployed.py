import json

import pytest
from builders import STACK, a_baseline, a_provision

from migration import baseline as baselines
from migration import manifest as manifests
from migration.errors import EngineFailed, EngineMissing
from stacks.policy_pack import deployed
from stacks.policy_pack.declared import GROUP

GROUP_URN = "urn:pulumi:okta-test::offramp::okta:group/group:Group::slot-1 group"


def a_resource(urn=GROUP_URN, kind=GROUP, **changes):
    """Write one resource as `pulumi stack export` does."""
    return {"urn": urn, "custom": True, "type": kind, "id": "00g-1", "inputs": {"name": "offramp slot-1"}, **changes}


@pytest.fixture
def project(tmp_path):
    """A project with a manifest and a baseline."""
    home = tmp_path / "stacks"
    home.mkdir()
    (home / f"rollout.{STACK}.json").write_text(manifests.render(a_provision()))
    (home / f"baseline.{STACK}.json").write_text(baselines.render(a_baseline()))
    return tmp_path


def an_engine(folder, *lines):
    """Make a `pulumi` of a few lines of shell."""
    script = folder / "pulumi"
    script.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    script.chmod(0o755)
    return str(script)


def test_what_the_engine_holds_is_known_by_urn():
    """Its kind, its id and what the program said last."""
    ((urn, found),) = deployed.held({"deployment": {"resources": [a_resource()]}}).items()

    assert GROUP_URN == urn
    assert (GROUP, "00g-1", {"name": "offramp slot-1"}) == (found.kind, found.object_id, found.inputs)


@pytest.mark.parametrize(
    "other",
    [
        a_resource(kind="pulumi:pulumi:Stack", custom=False),
        a_resource(kind="pulumi:providers:okta"),
        a_resource(external=True),
        a_resource(delete=True),
    ],
)
def test_the_engines_own_and_what_it_only_reads_is_not_held(other):
    """Nobody declares a provider, and what is being replaced is held once."""
    assert {} == deployed.held({"deployment": {"resources": [other]}})


@pytest.mark.parametrize("document", [{}, {"deployment": None}, {"deployment": {"resources": None}}])
def test_a_stack_that_was_never_updated_holds_nothing(document):
    """That is not an error: the first provision meets it."""
    assert {} == deployed.held(document)


def test_the_project_tells_what_was_decided_and_the_engine_what_it_holds(project, monkeypatch):
    """The engine is asked in the project's folder, without the flags and the trace of the one that runs the pack."""
    told = project / "held.json"
    told.write_text(json.dumps({"deployment": {"resources": [a_resource()]}}))
    engine = an_engine(
        project, f'test -z "$PULUMI_DEBUG_GRPC$PULUMI_OPTION_FILE" && test "$PWD" = "{project}" && cat "{told}"'
    )
    monkeypatch.setenv("OFFRAMP_PULUMI", engine)
    monkeypatch.setenv("PULUMI_DEBUG_GRPC", "trace.json")
    monkeypatch.setenv("PULUMI_OPTION_FILE", "elsewhere.json")

    found = deployed.read(project, STACK)

    assert ("provision", "rst-account", [GROUP_URN]) == (found.kind, found.account_policy_id, list(found.held))


def test_without_an_engine_the_pack_says_where_it_looked(project, monkeypatch):
    """It never goes on without knowing."""
    monkeypatch.delenv("OFFRAMP_PULUMI", raising=False)
    monkeypatch.setenv("PATH", str(project))

    with pytest.raises(EngineMissing, match="cannot ask pulumi"):
        deployed.read(project, STACK)


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ("echo 'error: the passphrase is wrong' >&2; exit 255", "error: the passphrase is wrong"),
        ("echo '{'", "Expecting property name"),
        ("exit 3", "returned non-zero exit status 3"),
    ],
)
def test_an_engine_that_does_not_answer_is_not_taken_for_one_that_holds_nothing(project, monkeypatch, line, because):
    """Its last word is shown."""
    monkeypatch.setenv("OFFRAMP_PULUMI", an_engine(project, line))

    with pytest.raises(EngineFailed, match="did not tell what it holds") as caught:
        deployed.read(project, STACK)

    assert because in caught.value.message


def test_an_engine_that_cannot_be_started_does_not_answer(project, monkeypatch):
    """A path that is no program."""
    monkeypatch.setenv("OFFRAMP_PULUMI", str(project / "nowhere"))

    with pytest.raises(EngineFailed, match="No such file"):
        deployed.read(project, STACK)
