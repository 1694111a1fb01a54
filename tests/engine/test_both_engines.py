"""The stand-in and the real Pulumi CLI, side by side: same programs, same provider, same state."""

import asyncio
from collections import Counter

import pytest
from engine.comparing import differing, normal
from pulumi import automation

pytestmark = pytest.mark.engine


def paint(colour):
    """Make a change to every item's colour."""

    def change(items):
        for fields in items.values():
            if "tags" in fields:
                fields["tags"]["colour"] = colour

    return change


def lose(items):
    """Take the item `FIRST again` away."""
    for key in [key for key, fields in items.items() if fields["name"] == "FIRST again"]:
        del items[key]


STORY = [
    ("create", None, ["up", "--yes", "--skip-preview"]),
    ("again", None, ["up", "--yes", "--skip-preview"]),
    ("drift", paint("black"), ["refresh", "--yes", "--skip-preview"]),
    ("mend", None, ["up", "--yes", "--skip-preview"]),
    ("drift and mend", paint("white"), ["up", "--yes", "--skip-preview", "--refresh"]),
    ("lost", lose, ["refresh", "--yes", "--skip-preview"]),
    ("make again", None, ["up", "--yes", "--skip-preview"]),
    ("fewer", ("items", "two"), ["up", "--yes", "--skip-preview"]),
    ("destroy", None, ["destroy", "--yes", "--skip-preview"]),
]


def test_both_engines_hold_the_same_state_after_the_same_story(bench_for, real_cli):
    """After each step both exports, both histories and both shelves are equal, apart from times and ids."""
    ours, theirs = bench_for("dependencies"), bench_for("dependencies", real_cli)

    for title, before, arguments in STORY:
        seen = []
        for bench in (theirs, ours):
            if isinstance(before, tuple):
                bench.run("config", "set", *before)
            elif before:
                bench.disturb(before)
            bench.run(*arguments)
            exported = bench.document("stack", "export", "--show-secrets")
            last = bench.document("stack", "history", "--json", "--page-size", "1")[0]
            kept = {key: last[key] for key in ("kind", "result", "resourceChanges")}
            seen.append((normal(exported), kept, bench.items()))
        assert [] == differing(seen[0][0], seen[1][0]), title
        assert seen[0][1:] == seen[1][1:], title


def test_a_failure_in_the_middle_leaves_the_same_state(bench_for, real_cli):
    """What succeeded before the failure is in both states, nothing else, and both say so with exit code 1."""
    exports = []
    for cli in (real_cli, None):
        bench = bench_for("failure", cli)
        bench.run("up", "--yes", "--skip-preview", code=1)
        exports.append(normal(bench.document("stack", "export")))

    assert [] == differing(*exports)


def test_state_moves_from_the_stand_in_to_the_real_cli_and_back(bench_for, real_cli):
    """Each imports what the other exported, encrypted or in clear, and then finds nothing to do."""
    ours, theirs = bench_for("dependencies"), bench_for("dependencies", real_cli)
    ours.run("up", "--yes", "--skip-preview")

    for source, target, flags in ((ours, theirs, []), (theirs, ours, ["--show-secrets"])):
        (target.folder / "shelf.json").write_text((source.folder / "shelf.json").read_text())
        source.run("stack", "export", "--file", str(target.folder / "moved.json"), *flags)
        target.run("stack", "import", "--file", str(target.folder / "moved.json"))
        target.run("preview", "--expect-no-changes")
        target.run("preview", "--refresh", "--expect-no-changes")


def events_of(bench, operation):
    """Give each event's kind and step."""
    command = automation.PulumiCommand(root=str(bench.command.parent.parent))
    workspace = automation.LocalWorkspace(
        work_dir=str(bench.project), pulumi_command=command, env_vars=bench.environment
    )
    stack = automation.Stack.select("dev", workspace)
    heard = []
    operation(stack, heard.append)
    found = []
    for event in heard:
        for kind in ("resource_pre_event", "res_outputs_event", "res_op_failed_event"):
            if step := getattr(event, kind):
                meta = step.metadata
                detail = {
                    key: (str(each.diff_kind), each.input_diff) for key, each in (meta.detailed_diff or {}).items()
                }
                found.append((kind, str(meta.op), meta.urn, str(sorted(detail.items())), str(meta.diffs)))
        if event.summary_event:
            found.append(("summary", str(sorted(event.summary_event.resource_changes.items()))))
    asyncio.set_event_loop(None)
    return found


def test_both_engines_tell_the_same_events(bench_for, real_cli):
    """Preview, update, refresh with drift and preview with refresh report the same steps and changed fields."""
    ours, theirs = bench_for("drift"), bench_for("drift", real_cli)
    operations = [
        (None, lambda stack, hear: stack.preview(on_event=hear)),
        (None, lambda stack, hear: stack.up(on_event=hear)),
        (paint("black"), lambda stack, hear: stack.preview(on_event=hear, refresh=True)),
        (None, lambda stack, hear: stack.preview_refresh(on_event=hear)),
        (None, lambda stack, hear: stack.refresh(on_event=hear)),
        (None, lambda stack, hear: stack.preview(on_event=hear)),
        (paint("white"), lambda stack, hear: stack.up(on_event=hear, refresh=True)),
        (None, lambda stack, hear: stack.destroy(on_event=hear)),
    ]

    for number, (before, operation) in enumerate(operations):
        heard = []
        for bench in (theirs, ours):
            if before:
                bench.disturb(before)
            heard.append(Counter(events_of(bench, operation)))
        missing, added = heard[0] - heard[1], heard[1] - heard[0]
        assert ([], []) == (sorted(missing), sorted(added)), number
