import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def typed(text):
    """Return the `offramp` commands of a file, noun and verb."""
    return [" ".join(words.split()[:2]).rstrip() for words in re.findall(r"bin/offramp ([a-z ]+)", text)]


def test_the_timer_ticks_every_hour_and_after_a_power_cut():
    """A missed tick is made up for at once."""
    timer = (DEPLOY / "offramp-tick.timer").read_text(encoding="utf-8")

    assert "OnCalendar=hourly" in timer
    assert "Persistent=true" in timer


def test_the_service_takes_a_snapshot_before_it_ticks():
    """Who joined or left is known from the newest one, and one of yesterday shows nobody."""
    service = (DEPLOY / "offramp-tick.service").read_text(encoding="utf-8")

    assert ["cohort pull", "cohort seal", "tick"] == typed(service)
    assert all(f"`offramp {command}`" in COMMANDS for command in typed(service))


def test_the_schedule_of_a_ci_runs_one_tick_at_a_time():
    """It is never cut off by the next one, and holds no secret itself."""
    schedule = yaml.safe_load((DEPLOY / "tick-schedule.yml").read_text(encoding="utf-8"))
    job = schedule["jobs"]["tick"]

    assert {"group": "offramp-tick", "cancel-in-progress": False} == schedule["concurrency"]
    assert ".venv/bin/offramp tick" == job["steps"][-1]["run"]
    assert "${{ secrets.OFFRAMP_OKTA_TOKEN }}" == job["env"]["OFFRAMP_OKTA_TOKEN"]
