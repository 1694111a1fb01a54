"""What the stand-in engine does to a stack, seen from the command line."""

import json

from sandbox.engine.checkpoint import referred

UP = ("up", "--yes", "--skip-preview")


def test_an_update_creates_in_order_and_a_second_one_finds_nothing_to_do(bench_for):
    """Each resource is made once, after what it needs; exports, secrets and the program's folder are as declared."""
    bench = bench_for("dependencies")
    bench.run("config", "set", "shelf:prefix", "base")

    shown = bench.run("preview")
    assert {} == bench.items()
    assert "+ 5 to create" in shown.stdout
    bench.run(*UP, "--parallel", "1", "--message", "first")
    again = bench.run("preview", "--expect-no-changes")

    assert "5 unchanged" in again.stdout
    assert ["first", "FIRST again", "third"] == [line[11:] for line in bench.log() if line.startswith("end")]
    outputs = bench.document("stack", "output", "--json")
    assert {"folder": "program", "label": "FIRST AGAIN", "nested": {"deep": [1, {"slot": "item-1"}]}} | {
        "note": "[secret]"
    } == outputs
    assert "hush" == bench.document("stack", "output", "--json", "--show-secrets")["note"]
    assert "base" == bench.items()["first"]["prefix"]
    assert "own" == bench.items()["third"]["prefix"]
    text = (bench.folder / "state/.pulumi/stacks/dependencies/dev.json").read_text()
    assert "hush" not in text
    seen = set()
    for state in json.loads(text)["checkpoint"]["latest"]["resources"]:
        assert referred(state) <= seen, state["urn"]
        seen.add(state["urn"])


def test_a_changed_input_is_named_and_an_undeclared_resource_goes(bench_for):
    """A diff shows field, old and new value; --expect-no-changes then fails; deletes follow the dependencies."""
    bench = bench_for("dependencies")
    bench.run(*UP)
    bench.run("config", "set", "colour", "green")
    bench.run("config", "set", "items", "two")

    shown = bench.run("preview", "--diff", "--expect-no-changes", code=7)
    digest = bench.document("preview", "--json")
    short = bench.run(*UP)

    assert '~ colour: "red" => "green"' in shown.stdout
    assert "~  shelf:index:Item one updated [diff: ~tags]" in short.stdout
    assert "error: no changes were expected for preview but changes were proposed" in shown.stderr
    assert {"update": 1, "delete": 1, "same": 3} == digest["changeSummary"]
    assert {"kind": "update", "inputDiff": True} in [
        step.get("detailedDiff", {}).get("tags") for step in digest["steps"]
    ]
    assert "green" == bench.items()["first"]["tags"]["colour"]
    assert {"first", "FIRST again"} == set(bench.items())
    bench.run("destroy", "--yes", "--skip-preview")
    assert ["third", "FIRST again", "first"] == [line[7:] for line in bench.log() if line.startswith("delete")]
    assert {} == bench.resources()
    kinds = [entry["kind"] for entry in bench.document("stack", "history", "--json")]
    assert ["destroy", "update", "update"] == kinds


def test_a_failure_stops_the_run_and_keeps_what_was_done(bench_for):
    """After a failed create nothing new starts; the state holds what succeeded; mended, the next run goes on."""
    bench = bench_for("failure")

    failed = bench.run(*UP, code=1)

    assert "error: the shelf fell down" in failed.stdout
    assert "error: update failed" in failed.stdout
    assert "1 errored" in failed.stdout
    assert {"first", "second"} == set(bench.items())
    assert ["begin create broken"] == [line for line in bench.log() if "broken" in line or "fourth" in line]
    assert {"first", "second"} == {name for name in bench.resources() if name in {"first", "second", "third", "fourth"}}
    assert "failed" == bench.document("stack", "history", "--json")[0]["result"]
    assert [] == bench.locks()
    bench.run("config", "set", "mended", "true")
    assert "+ 2 created" in bench.run(*UP).stdout


def test_drift_is_shown_by_preview_with_refresh_and_taken_in_by_refresh(bench_for):
    """A refresh sees a changed field and a lost object; an update puts both back, with --refresh at once."""
    bench = bench_for("drift")
    bench.run(*UP)

    def change(items):
        for key, fields in list(items.items()):
            if fields["name"] == "kept":
                fields["tags"]["colour"] = "black"
            else:
                del items[key]

    bench.disturb(change)
    seen = bench.run("preview", "--refresh", "--diff").stdout
    bench.run("refresh", "--preview-only", "--expect-no-changes", code=7)
    bench.run("refresh", "--yes", "--skip-preview")

    assert '~ colour: "blue" => "black"' in seen
    assert '~ colour: "black" => "blue"' in seen
    assert "+ 1 to create" in seen
    assert "black" == bench.resources()["kept"]["outputs"]["tags"]["colour"]
    assert "lost" not in bench.resources()
    assert "~ 1 updated" in bench.run(*UP).stdout
    assert "blue" == bench.items()["kept"]["tags"]["colour"]
    bench.disturb(lambda items: [fields.update(size=9) for fields in items.values()])
    assert "~ 2 updated" in bench.run(*UP, "--refresh").stdout
    assert [4, 5] == sorted(fields["size"] for fields in bench.items().values())
