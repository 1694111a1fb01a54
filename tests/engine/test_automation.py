"""The Automation API takes the stand-in for a Pulumi CLI."""

import pytest
from pulumi import automation


@pytest.fixture
def stack_of(bench_for):
    """Make a stack of a test program through the Automation API, which does not exist before."""

    def make(program):
        bench = bench_for(program)
        command = automation.PulumiCommand(root=str(bench.folder))
        options = automation.LocalWorkspaceOptions(
            work_dir=str(bench.project), pulumi_command=command, env_vars=bench.environment
        )
        stack = automation.create_or_select_stack("other", work_dir=str(bench.project), opts=options)
        return bench, stack

    return make


def test_a_whole_life_through_the_automation_api(stack_of):
    """Configuration, preview, update, outputs, history, export, import, refresh, destroy and removal all work."""
    bench, stack = stack_of("dependencies")
    stack.set_config("colour", automation.ConfigValue("plum"))
    stack.set_config("hidden", automation.ConfigValue("pw", secret=True))
    heard = []

    shown = stack.preview(on_event=heard.append)
    done = stack.up(parallel=1, message="first", on_event=heard.append)

    assert {"create": 5} == {str(op): count for op, count in shown.change_summary.items()}
    assert "FIRST AGAIN" == done.outputs["label"].value
    assert ("hush", True) == (done.outputs["note"].value, done.outputs["note"].secret)
    assert ("update", "succeeded", "first") == (done.summary.kind, done.summary.result, done.summary.message)
    assert {"create": 5} == {str(op): count for op, count in done.summary.resource_changes.items()}
    assert "pw" == stack.get_all_config()["dependencies:hidden"].value
    assert "plum" == stack.get_config("colour").value
    assert [0] == [event.sequence for event in heard if event.prelude_event][:1]
    assert 2 == len([event for event in heard if event.cancel_event])
    exported = stack.export_stack()
    stack.import_stack(exported)
    assert 5 == len([each for each in exported.deployment["resources"] if each["custom"]])
    assert ["dev", "other"] == sorted(each.name for each in stack.workspace.list_stacks())
    assert stack.workspace.who_am_i().url.startswith("file://")
    stack.refresh()
    stack.cancel()
    assert ["refresh", "update"] == [entry.kind for entry in stack.history()]
    stack.destroy(remove=True)
    assert {} == bench.items()
    assert ["dev"] == [each.name for each in stack.workspace.list_stacks()]


def test_drift_reaches_a_caller_by_field(stack_of):
    """A preview with refresh tells drift as a refresh, then as an update, each with the changed field."""
    bench, stack = stack_of("drift")
    stack.up()
    bench.disturb(
        lambda items: [fields["tags"].update(colour="black") for fields in items.values() if "tags" in fields]
    )
    heard = []
    stack.preview(refresh=True, on_event=heard.append)

    steps = [event.res_outputs_event.metadata for event in heard if event.res_outputs_event]
    told = [(str(step.op.value), step.diffs, sorted(step.detailed_diff or {})) for step in steps if step.diffs]
    assert [("refresh", ["tags"], ["tags"]), ("update", ["tags"], ["tags"])] == told


def test_a_failure_is_an_exception_with_its_kind(stack_of):
    """A failed update, a locked stack and an unknown stack raise the classes a caller waits for."""
    bench, stack = stack_of("failure")

    with pytest.raises(automation.CommandError, match="the shelf fell down"):
        stack.up()
    with pytest.raises(automation.StackAlreadyExistsError):
        automation.Stack.create("other", stack.workspace)
    with pytest.raises(automation.StackNotFoundError):
        automation.Stack.select("nobody", stack.workspace)
    lock = bench.folder / "state/.pulumi/locks/organization/failure/other/somebody.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text('{"pid": 1, "username": "u", "hostname": "h", "timestamp": "2026-01-01T00:00:00Z"}')
    with pytest.raises(automation.ConcurrentUpdateError):
        stack.up()
