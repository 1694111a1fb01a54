"""One resource option, function or refusal at a time."""

import pytest
from pulumi.runtime.proto import resource_pb2

from sandbox.engine.goals import require_registrable
from sandbox.engine.refusals import Refused
from sandbox.engine.values import FILES, SIGNATURE
from sandbox.engine.wire import to_struct

UP = ("up", "--yes", "--skip-preview")


@pytest.fixture
def cases(bench_for):
    """A bench whose program does one case."""
    bench = bench_for("cases")

    def run(case, *arguments, code=0):
        return bench.run(*(arguments or UP), code=code, SHELF_CASE=case)

    run.bench = bench
    return run


def test_what_the_stand_in_cannot_do_is_refused_by_naming_the_pulumi_cli(cases):
    """A replacement, a component and a rename end a run with one plain sentence."""
    cases("item")

    for case, deed in (
        ("other kind", "replace resources (shelf:index/item:Item 'item', because of kind)"),
        ("component", "handle component resources (shelf:index:Group 'group')"),
        ("renamed", "rename resources by alias (urn:pulumi:dev::cases::shelf:index/item:Item::item)"),
    ):
        wanted = f"error: the stand-in engine does not {deed}; use the Pulumi CLI for that"
        assert wanted in cases(case, "preview", code=1).stdout, case


def test_a_registration_that_asks_for_more_is_refused_before_anything_happens():
    """Imports, components in plugins, hooks, transforms, parameterised packages and assets are refused by name."""
    asset = {"file": {SIGNATURE: next(iter(FILES)), "text": "x"}}
    for wish, deed in (
        ({"importId": "item-1"}, "import resources"),
        ({"custom": False}, "handle component resources"),
        ({"remote": True}, "handle component resources"),
        ({"hooks": {"before_create": ["x"]}}, "run transforms, hooks or migrations"),
        ({"transforms": [{"target": "x"}]}, "run transforms, hooks or migrations"),
        ({"packageRef": "x"}, "use parameterised packages"),
        ({"replace_with": ["x"]}, "replace resources"),
        ({"object": to_struct(asset)}, "carry assets"),
    ):
        request = resource_pb2.RegisterResourceRequest(**{"type": "a:b:C", "name": "n", "custom": True, **wish})
        with pytest.raises(Refused, match=deed):
            require_registrable(request)


def test_what_the_sdk_refuses_for_us_ends_the_run_too(cases):
    """A stack transform is not served, and the program hears so."""
    assert "transforms" in cases("transform", "preview", code=1).stdout


def test_a_programs_own_failures_end_the_run_with_their_reason(cases):
    """Tracebacks and exit codes reach standard output, where the Automation API looks for them."""
    wrong = cases("wrong", "preview", code=1).stdout
    loud = cases("loud", "preview", code=1).stdout

    assert "Program failed with an unhandled exception" in wrong
    assert "ValueError: the program is wrong" in wrong
    assert "an unhandled error occurred: program exited with non-zero exit code: 3" in loud
    assert "warning: a warning" in loud
    assert "a line on stdout" in loud


def test_wrong_inputs_and_doubled_names_are_errors(cases):
    """A failed check names resource, property and value; a URN can be registered once."""
    checked = cases("refused by check", code=1).stdout
    twice = cases("twice", "preview", code=1).stdout

    assert "resource 'item': property size value {13} has a problem: nothing is that size" in checked
    assert {} == cases.bench.items()
    assert "Duplicate resource URN" in twice


def test_a_plugin_must_be_installed_and_must_stay_on_this_machine(cases):
    """A missing plugin is named with its version; a provider that points elsewhere is never started."""
    missing = cases("missing plugin", "preview", code=1).stdout
    far = cases("far", "preview", code=1).stdout

    wanted = "no resource plugin 'pulumi-resource-nowhere' found in the workspace at version v1.2.3 or on your $PATH"
    assert wanted in missing
    assert "loopback targets only; shelf:url points elsewhere" in far


def test_options_change_what_happens_to_a_resource(cases):
    """Ignored changes stay, protected resources can neither go nor be replaced, unused aliases are recorded."""
    bench = cases.bench
    cases("item")
    assert "2 unchanged" in cases("ignored", "preview", "--expect-no-changes").stdout
    cases("protected")
    foreseen, refused = cases("nothing", "preview", code=1).stdout, cases("nothing", code=1).stdout
    replaced = cases("other kind", code=1).stdout
    cases("unused alias")

    item = '"urn:pulumi:dev::cases::shelf:index/item:Item::item"'
    assert f"error: Preview failed: resource {item} cannot be deleted" in foreseen
    assert f"error: resource {item} cannot be deleted\n    because it is protected" in refused
    assert f"error: unable to replace resource {item}\n    as it is currently marked for protection" in replaced
    assert ["urn:pulumi:dev::cases::shelf:index/item:Item::nobody"] == bench.resources()["item"]["aliases"]
    assert {"item": {"name": "item", "size": 2}} == bench.items()


def test_a_retained_resource_is_only_forgotten(cases):
    """With retainOnDelete the state forgets the resource and the live object stays."""
    cases("retained")
    cases("nothing")

    assert "item" not in cases.bench.resources()
    assert "item" in cases.bench.items()


def test_functions_and_reads_see_live_objects(cases):
    """A function's answer can be exported; a read resource is external and is never deleted."""
    bench = cases.bench
    (bench.folder / "shelf.json").write_text('{"item-1": {"name": "item", "size": 7}}')

    cases("seen")
    assert {"found": "item-1"} == bench.document("stack", "output", "--json")
    assert bench.resources()["seen"]["external"]
    assert "ITEM" == bench.resources()["seen"]["outputs"]["label"]
    assert "< 1 discarded" in cases("nothing").stdout
    assert "item" in bench.items()
