import pytest
from journey_road import MANIFEST

WAVE = "standard-01"
OTHER = "other.toml"


def _with(still, old, new):
    """Write the project's settings with one thing changed beside them; the options that read it."""
    text = still.path("offramp.toml").read_text()
    assert old in text
    still.path(OTHER).write_text(text.replace(old, new))
    return ("--config", OTHER)


def test_without_settings_nothing_begins(still):
    """Where there is no offramp.toml the command says so, and how to name another."""
    refused = still.offramp("--config", "nowhere.toml", "wave", "list", code=2)

    assert ("config-invalid", True) == (refused.error, "--config" in refused.hint)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("largest_wave = 300", "largest_wave = 300\nlargest_wafe = 30", "strategy.largest_wafe"),
        ("largest_wave = 300", 'largest_wave = "many"', "strategy.largest_wave"),
        ("largest_wave = 300", "largest_wave = ", "not TOML"),
    ],
)
def test_a_setting_that_means_nothing_is_named(still, old, new, named):
    """Unknown, of a wrong type or not TOML: exit 2, and the setting is in the message."""
    refused = still.offramp(*_with(still, old, new), "wave", "list", code=2)

    assert "config-invalid" == refused.error
    assert named in refused.told
    assert refused.hint


@pytest.mark.parametrize("address", ["no address", "sqlite:///offramp.toml/ledger.db"])
def test_a_ledger_that_cannot_be_there_is_an_answer(still, address):
    """An address that no database has is said, not a stack trace."""
    refused = still.offramp(*_with(still, "sqlite:///var/ledger.db", address), "wave", "list", code=3)

    assert ("ledger-unavailable", True) == (refused.error, "sqlite:///var/ledger.db" in refused.hint)


def test_a_stack_that_does_not_exist_is_named_with_the_way_to_make_it(still):
    """The settings name another stack than the engine has: exit 3, and the command that would make it."""
    other = _with(still, 'stack = "okta-sandbox"', 'stack = "elsewhere"')
    before = still.files()

    refused = still.offramp(*other, "wave", "status", WAVE, code=3)

    assert "engine-missing" == refused.error
    assert "pulumi stack init elsewhere" in refused.hint
    assert "pulumi stack init elsewhere" in still.offramp(*other, "doctor", code=3).err
    assert before == still.files()


def test_a_manifest_of_another_stack_is_not_read(still):
    """Copied from stack to stack a manifest would name another tenant's objects: exit 4."""
    ours = still.path(MANIFEST).read_bytes()
    copied = ours.replace(b'"okta-sandbox"', b'"okta-production"')
    assert ours != copied
    still.path(MANIFEST).write_bytes(copied)
    try:
        refused = still.offramp("wave", "status", WAVE, code=4)
        told = still.offramp("doctor", code=3).err
    finally:
        still.path(MANIFEST).write_bytes(ours)

    assert ("manifest-unreadable", True) == (refused.error, "pulumi stack select okta-production" in refused.hint)
    assert "The manifest is for stack okta-production" in told


def test_a_plugin_of_another_major_version_is_found_before_it_writes(still):
    """Its properties have other names: status exits with 3 and the doctor names both versions."""
    plugins = still.folder / "pulumi-home" / "plugins"
    kept = plugins / "resource-okta-v7.0.1"
    other = kept.rename(plugins / "resource-okta-v6.1.0")
    before = len(still.writes())
    try:
        refused = still.offramp("wave", "status", WAVE, code=3)
        told = still.offramp("doctor", code=3).told
    finally:
        other.rename(kept)

    assert ("plugin-mismatch", True) == (refused.error, "pulumi plugin install" in refused.hint)
    assert "6.1.0; the SDK needs 7.x" in told
    assert before == len(still.writes())


def test_without_a_terminal_nothing_is_done_that_nobody_saw(still):
    """--execute asks for the digest of what was shown, names it, and writes nothing."""
    advance = ("wave", "advance", WAVE, "--lane", "okta")
    before = still.files()

    unseen = still.offramp(*advance, "--execute", code=2)
    stale = still.offramp(*advance, "--execute", "--expect", "0123456789abcdef", code=1)

    assert ("expect-missing", True) == (unseen.error, f"--expect {still.digest(*advance)[:16]}" in unseen.hint)
    assert ("proposal-changed", True) == (stale.error, "without --execute" in stale.hint)
    assert before == still.files()


def test_a_move_that_must_not_happen_says_what_to_type_next(still):
    """Exit 1, the reason, and a command; nothing is published."""
    before = still.path(MANIFEST).read_bytes()

    refused = still.offramp("wave", "advance", WAVE, "--to", "ENFORCE", code=1)

    assert "PLANNED is followed by ENROL" in refused.told
    assert f"offramp wave advance {WAVE}" in refused.hint
    assert before == still.path(MANIFEST).read_bytes()


@pytest.mark.parametrize(
    "words",
    [("report", "show", "--html", "nowhere/report.html"), ("cohort", "pull", "offramp.toml/export", "--execute")],
)
def test_a_place_that_cannot_be_written_is_said(still, words):
    """A file that cannot be made is a sentence and exit 2."""
    assert "cannot be written" in still.offramp(*words, code=2).told
