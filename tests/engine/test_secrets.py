"""What is secret: sealed wherever it is kept, masked wherever it is shown, and closed to a wrong passphrase."""

import json

import pytest

from sandbox.engine.redaction import Redactor

UP = ("up", "--yes", "--skip-preview")
WRONG = {"PULUMI_CONFIG_PASSPHRASE": "wrong"}


@pytest.fixture
def bench(bench_for):
    """A stack with a secret setting, `whisper`, whose program makes a secret of its own, `hush`."""
    made = bench_for("dependencies")
    made.run("config", "set", "--secret", "shelf:prefix", "whisper")
    return made


def test_a_wrong_passphrase_ends_every_operation_before_its_first_step(bench):
    """Nothing is started, locked, written or recorded, neither on a new stack nor on one that is in use."""
    for command in (UP, ("preview",)):
        assert "incorrect passphrase" in bench.run(*command, code=1, **WRONG).stderr
    assert [] == bench.log()
    bench.run(*UP)
    seen, before = bench.log(), bench.document("stack", "export")

    for verb in ("up", "refresh", "destroy"):
        assert "incorrect passphrase" in bench.run(verb, "--yes", "--skip-preview", code=1, **WRONG).stderr
    for command in (("preview",), ("stack", "export", "--show-secrets"), ("config", "get", "shelf:prefix")):
        assert "incorrect passphrase" in bench.run(*command, code=1, **WRONG).stderr

    assert seen == bench.log()
    assert before == bench.document("stack", "export", **WRONG)
    assert [] == bench.locks()
    assert 1 == len(bench.document("stack", "history", "--json"))


def test_nothing_that_is_kept_shows_a_secret(bench):
    """State, its copy, history, settings and the plain export hold sealed values; only --show-secrets opens them."""
    bench.run(*UP)
    bench.run("refresh", "--yes", "--skip-preview")
    bench.run(*UP)

    kept = [path for path in (bench.folder / "state").rglob("*") if path.is_file()]
    kept += [bench.project / "Pulumi.dev.yaml"]
    assert [] == [path.name for path in kept if b"hush" in path.read_bytes() or b"whisper" in path.read_bytes()]
    exported = bench.run("stack", "export").stdout
    assert ("hush" in exported, "whisper" in exported) == (False, False)
    opened = bench.run("stack", "export", "--show-secrets").stdout
    assert ("hush" in opened, "whisper" in opened) == (True, True)
    assert "hush" == bench.items()["third"]["note"]


def test_a_secret_travels_with_the_state_sealed_or_opened(bench, bench_for):
    """Another stack takes in either form, seals it again with its own salt, and finds nothing to do."""
    bench.run(*UP)
    for flags in ((), ("--show-secrets",)):
        other = bench_for("dependencies")
        other.run("config", "set", "--secret", "shelf:prefix", "whisper")
        (other.folder / "shelf.json").write_text((bench.folder / "shelf.json").read_text())
        bench.run("stack", "export", "--file", str(other.folder / "moved.json"), *flags)
        other.run("stack", "import", "--file", str(other.folder / "moved.json"))
        other.run("preview", "--expect-no-changes")
        assert "hush" not in json.dumps(other.resources())
        assert "hush" == other.document("stack", "output", "--json", "--show-secrets")["note"]


def test_a_secret_setting_is_masked_in_whatever_is_said(bench_for):
    """A program, a provider or a policy that repeats it shows a mask, on screen and in the event log."""
    bench = bench_for("judged")
    bench.run("config", "set", "--secret", "look", "whisper")
    bench.run("config", "set", "sizes", "[1]")
    bench.run("config", "set", "loud", "true")
    log = bench.folder / "events.log"

    shown = bench.run(*UP, "--diff", "--event-log", str(log)).stdout

    assert "the program says [secret]" in shown
    assert "whisper" not in shown + log.read_text()


def test_only_what_is_long_enough_to_be_a_secret_is_masked():
    """Two letters and truth values would mask half of every text; JSON's way of writing it counts too."""
    redacted = Redactor(["ab", "True", 'say "hush"'])

    assert ["ab true [secret]", {"key": "[secret]"}, 7] == redacted(
        ['ab true say "hush"', {"key": json.dumps('say "hush"')[1:-1]}, 7]
    )
    assert "ab" == Redactor(["ab"])("ab")
