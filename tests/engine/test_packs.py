"""Which policy packs run, and how they are configured: decided from files and words, before anything starts."""

import json
import sys

import pytest

from sandbox.engine.arguments import parse
from sandbox.engine.packs import Pack, Policy, PolicyConfig, mistakes, packs_of, read_config, reconcile
from sandbox.engine.refusals import EngineError, Refused

SIZE = Policy("size", "mandatory", schema={"most": {"type": "integer", "default": 5}, "unit": {"enum": ["cm", "in"]}})
NAME = Policy("name", "advisory", schema={"prefix": {"type": "string"}}, required=("prefix",))


def test_each_pack_may_have_its_own_configuration():
    """The first file belongs to the first folder; files without folders, or too few, are refused."""
    both = [
        "--policy-pack",
        "a/",
        "--policy-pack=b",
        "--policy-pack-config",
        "a.json",
        "--policy-pack-config",
        "b.json",
    ]

    assert [("a", "a.json"), ("b", "b.json")] == [
        (str(pack.folder), str(pack.config_file)) for pack in packs_of(parse(["up", *both]))
    ]
    assert [None] == [pack.config_file for pack in packs_of(parse(["up", "--policy-pack", "a"]))]
    with pytest.raises(EngineError, match='"--policy-pack-config" must be specified with "--policy-pack"'):
        packs_of(parse(["up", "--policy-pack-config", "a.json"]))
    with pytest.raises(EngineError, match="flags must match the number of"):
        packs_of(parse(["up", *both[:5]]))


def test_a_pack_says_how_it_is_run(tmp_path):
    """Its virtualenv is looked for in its own folder; without one it runs on the engine's Python."""
    file = tmp_path / "PulumiPolicy.yaml"
    file.write_text("runtime: python\nversion: 1.0.0\n")
    assert (sys.executable, "1.0.0") == (Pack(tmp_path, None).interpreter, Pack(tmp_path, None).settings["version"])

    file.write_text("runtime: {name: python, options: {virtualenv: venv}}\n")
    with pytest.raises(EngineError, match="virtualenv has no interpreter"):
        _ = Pack(tmp_path, None).interpreter
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert str(python) == Pack(tmp_path, None).interpreter


def test_what_is_no_pack_or_another_languages_is_refused(tmp_path):
    """The sentence names the folder, or the language."""
    with pytest.raises(EngineError, match=r"failed to load Pulumi policy project located at .*no such file"):
        _ = Pack(tmp_path, None).settings
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: nodejs\n")
    with pytest.raises(Refused, match="run policy packs written in nodejs"):
        _ = Pack(tmp_path, None).settings


def test_a_long_folder_is_shown_without_its_middle(tmp_path):
    """Four parts at least stay, so that the pack can still be told from others."""
    long = Pack(tmp_path / ("x" * 80) / "policies" / "pack", None)

    assert f"/{tmp_path.parts[1]}/.../policies/pack" == long.shown
    assert "short/pack" == Pack(tmp_path / "short/pack", None).shown[-10:]


@pytest.fixture
def config(tmp_path):
    """Write a configuration file and read it."""

    def read(value):
        file = tmp_path / "config.json"
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        return read_config(file)

    return read


def test_a_configuration_names_a_level_or_an_object(config):
    """An empty file configures nothing; what is neither, or no level, is refused by name."""
    assert {} == config(" \n")
    assert {"size": PolicyConfig("advisory"), "name": PolicyConfig("", {"prefix": "a"})} == config(
        {"size": "advisory", "name": {"prefix": "a"}}
    )
    for wrong, reason in (
        ({"size": "strict"}, '"strict" is not a valid enforcement level'),
        ({"size": 3}, "must be a string or object"),
        ({"environments": ["x"]}, "ESC environments"),
        ("{", "could not read"),
    ):
        with pytest.raises(EngineError, match=reason):
            config(wrong)


def test_a_file_overrides_the_pack_and_the_pack_its_policies():
    """Levels and properties are laid over each other one by one; `all` sets every level that is not named."""
    initial = {"size": PolicyConfig("advisory", {"unit": "cm"})}
    given = {"all": PolicyConfig("disabled"), "size": PolicyConfig("", {"most": 2}), "name": PolicyConfig("mandatory")}

    assert {"size": PolicyConfig("mandatory", {"most": 5}), "name": PolicyConfig("advisory")} == reconcile([SIZE, NAME])
    assert {
        "size": PolicyConfig("disabled", {"most": 2, "unit": "cm"}),
        "name": PolicyConfig("mandatory"),
    } == reconcile([SIZE, NAME], initial, given)


@pytest.mark.parametrize(
    ("properties", "wrong"),
    [
        ({"most": 3, "unit": "in"}, []),
        ({"most": "x"}, ["size: most: Invalid type. Expected: integer, given: string"]),
        ({"most": True}, ["size: most: Invalid type. Expected: integer, given: boolean"]),
        ({"most": None}, ["size: most: Invalid type. Expected: integer, given: null"]),
        ({"unit": "m"}, ['size: unit: unit must be one of the following: "cm", "in"']),
        ({"other": 1}, []),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(properties, wrong):
    """With what was expected and what was given."""
    assert wrong == mistakes([SIZE], {"size": PolicyConfig("mandatory", properties)})


def test_what_is_required_must_be_there_and_what_cannot_be_checked_is_refused():
    """A rule of a schema that is not modelled never passes in silence."""
    odd = Policy("odd", "advisory", schema={"text": {"type": "string", "pattern": "^a"}})

    assert ["name: prefix is required"] == mistakes([NAME], {"name": PolicyConfig()})
    assert [] == mistakes([odd], {"odd": PolicyConfig()})
    with pytest.raises(Refused, match="check a policy's configuration by 'pattern'"):
        mistakes([odd], {"odd": PolicyConfig("", {"text": "b"})})
