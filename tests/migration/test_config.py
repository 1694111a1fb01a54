from datetime import date
from pathlib import Path

import pytest

from migration import config
from migration.calendar import Freeze
from migration.errors import ConfigInvalid
from migration.waves import Strategy

WHOLE = """
stack = "okta-sandbox"
ledger = "sqlite:///var/ledger.db"
snapshots = "var/snapshots"
rules = "cohorts/rules.toml"

[calendar]
finish_on = 2027-01-29

[[calendar.freeze]]
first_on = 2026-12-18
last_on = 2027-01-03
because = "year-end freeze"

[strategy]
order = ["administrators", "standard"]
largest_wave = 300
days_between_waves = 3
enrol_days = 14
enforce_days = 7
"""


def write(folder, text):
    """Write a configuration and return where."""
    path = folder / "offramp.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder, text):
    """Return what is said against a configuration."""
    with pytest.raises(ConfigInvalid) as caught:
        config.read(write(folder, text))
    return caught.value


def test_a_configuration_becomes_what_the_core_works_with(tmp_path):
    """Places are paths, dates are dates, and the strategy keeps its order."""
    settings = config.read(write(tmp_path, WHOLE))

    assert ("okta-sandbox", "sqlite:///var/ledger.db") == (settings.stack, settings.ledger)
    assert (Path("var/snapshots"), Path("cohorts/rules.toml")) == (settings.snapshots, settings.rules)
    assert Strategy(("administrators", "standard"), 300, 3, 14, 7) == settings.strategy_value()
    assert date(2027, 1, 29) == settings.calendar_value().finish_on
    assert (Freeze(date(2026, 12, 18), date(2027, 1, 3), "year-end freeze"),) == settings.calendar_value().freezes


def test_the_configuration_that_comes_with_the_project_is_one():
    """What a newcomer reads first must work."""
    assert "okta-sandbox" == config.read(Path(__file__).parents[2] / "offramp.toml").stack


def test_a_calendar_may_be_without_freezes(tmp_path):
    """No freeze is a choice, and the only thing that may be left out."""
    text = WHOLE.replace(WHOLE[WHOLE.index("[[calendar") : WHOLE.index("[strategy")], "")

    assert () == config.read(write(tmp_path, text)).calendar_value().freezes


def test_a_missing_configuration_says_where_to_run(tmp_path):
    """Usually one is in the wrong folder."""
    with pytest.raises(ConfigInvalid, match="no configuration here") as caught:
        config.read(tmp_path / "offramp.toml")

    assert "--config PATH" in caught.value.hint
    assert 2 == caught.value.exit_code


def test_what_is_not_toml_is_refused(tmp_path):
    """With the parser's own words, which name the line."""
    assert "not TOML" in refusal(tmp_path, "stack = ").message


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A file in another encoding is read as nothing."""
    path = tmp_path / "offramp.toml"
    path.write_bytes(b'stack = "\xff"')

    with pytest.raises(ConfigInvalid, match="not TOML"):
        config.read(path)


def test_every_wrong_setting_is_named_at_once(tmp_path):
    """Nobody mends a file one error at a time."""
    text = WHOLE.replace("largest_wave = 300", "largest_wave = 0").replace("2027-01-29", '"soon"')

    error = refusal(tmp_path, text)

    assert "2 setting(s) are wrong" == error.message
    assert "strategy.largest_wave" in error.context
    assert "calendar.finish_on" in error.context


@pytest.mark.parametrize("line", ['surprise = 1\nstack = "x"', 'token = "x"\nstack = "x"'])
def test_a_setting_that_we_do_not_know_is_refused(tmp_path, line):
    """A misspelt setting would silently mean its default."""
    assert "1 setting(s)" in refusal(tmp_path, WHOLE.replace('stack = "okta-sandbox"', line)).message


@pytest.mark.parametrize("name", ["enrol_days", "enforce_days", "days_between_waves"])
def test_time_does_not_run_backwards(tmp_path, name):
    """A negative number of days would date ENFORCE before ENROL."""
    text = "\n".join(f"{name} = -1" if line.startswith(name) else line for line in WHOLE.splitlines())

    assert f"strategy.{name}" in refusal(tmp_path, text).context


def test_a_freeze_that_ends_before_it_begins_is_refused(tmp_path):
    """It would hold on no day at all, and nobody would notice before Christmas."""
    error = refusal(tmp_path, WHOLE.replace("2027-01-03", "2026-01-03"))

    assert "calendar.freeze.0" in error.context
    assert "ends before it begins" in error.context
