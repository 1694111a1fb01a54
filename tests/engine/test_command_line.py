"""What a person or the Automation API types, and what the stand-in answers without running a program."""

import json
import subprocess
import sys

import pytest

from sandbox.engine.__main__ import BANNER, main
from sandbox.engine.arguments import REFUSED, parse
from sandbox.engine.goals import keep_ignored
from sandbox.engine.refusals import EngineError, Refused, is_loopback, require_loopback


@pytest.fixture
def bench(bench_for):
    """A bench with a stack `dev`."""
    return bench_for("drift")


def test_options_stand_anywhere_and_take_both_forms():
    """`--k v`, `--k=v` and short forms mean the same; nothing after `--` is an option."""
    arguments = parse(["config", "set", "--stack=dev", "key", "--secret", "--non-interactive", "--", "-v"])

    assert ["config", "set", "key"] == arguments.words
    assert ("dev", True, ["-v"]) == (arguments.value("stack"), arguments.has("secret"), arguments.rest)
    assert "dev" == parse(["up", "-s", "dev"]).value("stack")
    assert not parse(["up", "--refresh=false"]).has("refresh")
    assert ["a=1", "b=2"] == parse(["config", "set-all", "--plaintext", "a=1", "--plaintext", "b=2"]).values(
        "plaintext"
    )


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_known_option_that_is_not_modelled_is_refused(name):
    """The sentence says what is not done and names the Pulumi CLI."""
    with pytest.raises(Refused, match="use the Pulumi CLI"):
        parse(["up", f"--{name}", "x"])


def test_an_unknown_option_is_an_error():
    """A misspelt option never passes in silence."""
    with pytest.raises(EngineError, match="unknown flag: --nonsense"):
        parse(["up", "--nonsense"])


def test_the_version_is_one_the_sdk_accepts_and_the_banner_tells_the_truth(capsys):
    """Standard output holds the version only; standard error says that this is a stand-in."""
    assert 0 == main(["version", "--non-interactive"])

    said = capsys.readouterr()
    assert "v3.260.0\n" == said.out
    assert f"{BANNER}\n" == said.err
    assert "stand-in" in said.err


def test_the_version_is_told_without_loading_the_sdk():
    """The Automation API asks for it every time, so nothing heavy may be imported for it."""
    code = "import sys; from sandbox.engine.__main__ import main; main(['version']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set() == {"grpc", "pulumi", "yaml"} & set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "deed"),
    [(["import", "a", "b", "c"], "import resources"), (["policy", "ls"], "run `pulumi policy`")],
)
def test_a_command_that_is_not_modelled_is_refused(words, deed, capsys):
    """Commands of the real CLI are refused by name."""
    assert 1 == main(words)
    assert f"error: the stand-in engine does not {deed}; use the Pulumi CLI for that" in capsys.readouterr().err


def test_a_remote_backend_is_refused(bench):
    """State stays in a folder of this machine."""
    for url in ("s3://bucket", "https://api.pulumi.com", "file://host/share", ""):
        refused = bench.run("stack", "ls", code=1, PULUMI_BACKEND_URL=url)
        assert "loopback targets only" in refused.stderr, url
        assert "Pulumi CLI" in refused.stderr, url


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:1/x", True),
        ("http://[::1]:9", True),
        ("127.0.0.2:80", True),
        ("http://127.0.0.1.example.com", False),
        ("https://acme.okta.com", False),
        ("http://user@example.com:80#@127.0.0.1", False),
        ("http://192.168.0.1", False),
    ],
)
def test_only_this_machine_is_loopback(target, near):
    """Names that merely look like it are not."""
    assert near == is_loopback(target)


def test_a_package_that_would_reach_a_public_service_must_be_redirected():
    """The okta package needs a loopback proxy, from configuration or environment; other addresses are refused."""
    require_loopback("okta", {"httpProxy": "http://127.0.0.1:1"}, {})
    require_loopback("okta", {}, {"OKTA_HTTP_PROXY": "http://localhost:1"})
    require_loopback("shelf", {"size": 1}, {"HOME": "https://example.com"})
    for inputs, environment in (
        ({}, {}),
        ({"httpProxy": "https://acme.okta.com"}, {}),
        ({"httpProxy": "http://127.0.0.1:1"}, {"OKTA_HTTP_PROXY": "https://acme.okta.com"}),
    ):
        with pytest.raises(EngineError, match="loopback targets only"):
            require_loopback("okta", inputs, environment)
    with pytest.raises(EngineError, match="shelf:url"):
        require_loopback("shelf", {"url": "https://example.com"}, {})


def test_ignored_paths_keep_their_old_value():
    """Keys, nested keys and list places go back to the old value; absent ones stay absent."""
    new, old = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]}, {"a": 9, "b": {"c": 8}, "e": [7, 6]}

    assert {"a": 9, "b": {"c": 8, "d": 3}, "e": [1, 6]} == keep_ignored(new, old, ["a", "b.c", "e[1]"])
    assert {"a": 1, "b": {"c": 2}, "e": [1, 2]} == keep_ignored(new, old, ["b.d"])
    assert old == keep_ignored(new, old, ["*"])


def test_stacks_are_selected_listed_and_removed(bench):
    """The texts are those the SDK recognises; the exit codes are the Pulumi CLI's."""
    assert "error: no stack named 'nobody' found" in bench.run("stack", "select", "nobody", code=6).stderr
    assert "error: stack 'organization/drift/dev' already exists" in bench.run("stack", "init", "dev", code=1).stderr
    bench.run("stack", "select", "--create", "two")
    assert [("dev", False), ("two", True)] == [
        (each["name"], each["current"]) for each in bench.document("stack", "ls", "--json")
    ]
    assert "two" == bench.run("stack", "--show-name").stdout.strip()
    bench.run("stack", "rm", "two", "--yes")
    assert "no stack selected" in bench.run("preview", code=6).stderr
    assert not (bench.project / "Pulumi.two.yaml").exists()


def test_configuration_is_kept_and_secrets_are_sealed(bench):
    """Plain values are readable, secrets need the passphrase, and a wrong one stops everything."""
    bench.run("config", "set", "okta:orgName", "--plaintext", "--stack", "dev", "--non-interactive", "--", "acme")
    bench.run("config", "set", "token", "--secret", "--stack", "dev", "--non-interactive", "--", "-hush-")
    bench.run("config", "set-all", "--stack", "dev", "--plaintext", "a=1", "--secret", "b=2")

    assert {"value": "-hush-", "secret": True} == bench.document("config", "get", "token", "--json")
    assert {"secret": True} == bench.document("config", "--json")["drift:token"]
    assert "2" == bench.document("config", "--json", "--show-secrets")["drift:b"]["value"]
    assert "hush" not in (bench.project / "Pulumi.dev.yaml").read_text()
    wrong = bench.run("preview", code=1, PULUMI_CONFIG_PASSPHRASE="wrong")
    assert "incorrect passphrase" in wrong.stderr
    missing = "error: configuration key 'none' not found for stack 'dev'"
    assert missing in bench.run("config", "get", "none", code=1).stderr
    bench.run("config", "rm", "token")
    assert "drift:token" not in bench.document("config", "--json")


def test_the_passphrase_may_come_from_a_file(bench, tmp_path):
    """PULUMI_CONFIG_PASSPHRASE_FILE serves where the variable is not set; with neither, the text says so."""
    file = tmp_path / "passphrase"
    file.write_text("sandbox\n")
    del bench.environment["PULUMI_CONFIG_PASSPHRASE"]

    bench.run("config", "set", "--secret", "key", "value", PULUMI_CONFIG_PASSPHRASE_FILE=str(file))
    refused = bench.run("config", "get", "key", code=1).stderr
    assert "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE" in refused


def test_who_and_which_plugins(bench):
    """Both whoami and plugin ls answer as JSON."""
    assert bench.environment["PULUMI_BACKEND_URL"] == bench.document("whoami", "--json")["url"]
    assert [("shelf", "0.1.0")] == [
        (each["name"], each["version"]) for each in bench.document("plugin", "ls", "--json")
    ]


def test_a_deployment_of_another_stack_is_not_imported(bench, tmp_path):
    """Import refuses what is no version 3 deployment or belongs elsewhere, and leaves the state alone."""
    file = tmp_path / "other.json"
    urn = "urn:pulumi:prod::drift::pulumi:pulumi:Stack::drift-prod"
    resource = {"urn": urn, "custom": False, "type": "pulumi:pulumi:Stack"}
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))

    assert "does not belong to stack 'dev'" in bench.run("stack", "import", "--file", str(file), code=1).stderr
    file.write_text('{"version": 2}')
    assert "version 3 only" in bench.run("stack", "import", "--file", str(file), code=1).stderr
    assert {} == bench.resources()
