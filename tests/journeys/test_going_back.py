import json
import subprocess
import time

import pytest

WAVE = "administrators-01"
LANE = ("--lane", "okta")
ADVANCE = ("wave", "advance", WAVE, *LANE)
BACK = ("wave", "rollback", WAVE, *LANE, "--approved-by", "m.ito")
SMS, KEY = ["password", "sms"], ["password", "security_key"]
MANAGED = {"ip": "192.0.2.10", "device": {"registered": True, "managed": True}}


def _group(road, key):
    """Return who is in a set's group."""
    sets = json.loads(road.pulumi("stack", "output", "--json").out)["sets"]
    return road.members(sets[key]["group"])


def _signs_in(road, person, shown):
    """Ask whether somebody of the wave gets into the console with what they show."""
    question = {"user": person, "action": "sign-in", "app": "Okta Admin Console", "context": MANAGED}
    return road.ask(**question, holds=[*SMS, "security_key"], **{"with": shown})


@pytest.fixture(scope="module")
def settled(road):
    """The administrators live in their home."""
    people = road.people("administrators")
    for person in people.values():
        held = [{"method": method} for method in (*person["methods"], "security_key")]
        road.control("PUT", f"/people/{person['login']}/methods", held)
    road.seal()
    road.execute(*ADVANCE, "--apply")
    road.execute(*ADVANCE, "--to", "ENFORCE", "--apply")
    road.execute("wave", "settle", WAVE, *LANE, "--apply")
    return frozenset(people)


@pytest.fixture(scope="module")
def returned(road, settled):  # noqa: ARG001 - the stage before it
    """The settled wave is brought back, while somebody else tries to act too."""
    before = _group(road, "home-administrators")
    fault = road.fault("PUT", r"/groups/[^/]+/users/", "pause")
    shown = road.digest(*BACK)
    words = ["offramp", *BACK, "--execute", "--apply", "--expect", shown[:16]]
    with subprocess.Popen(
        words, cwd=road.project, env=road.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as mover:
        written = len(road.writes())
        deadline = time.monotonic() + 60
        while not any(write["actor"] == "pulumi" for write in road.writes()[written:]) and time.monotonic() < deadline:
            time.sleep(0.2)
        second = road.offramp("tick", code=1, OFFRAMP_ACTOR="r.lee")
        looked = road.offramp("wave", "list", "--json")
        road.control("DELETE", f"/faults/{fault}")
        told, _ = mover.communicate(timeout=120)
    assert mover.returncode == 0, told
    return {"before": before, "second": second, "looked": looked}


def test_a_settled_wave_comes_back_through_the_reserved_slot(road, settled, returned):
    """Everybody in the slot, nobody in the home, and SMS signs in again."""
    assert returned["before"] == settled
    assert (settled, set()) == (_group(road, "slot-3"), _group(road, "home-administrators"))
    assert "allowed" == _signs_in(road, min(settled), SMS)


def test_the_second_operator_is_told_who_is_at_work(returned):
    """Exit 1, the name and since when; nothing of theirs was recorded."""
    second = returned["second"]

    assert "turn-taken" == second.error
    assert "platform-team" in second.told


def test_whoever_only_looks_sees_what_is_open(returned):
    """A look waits for nobody."""
    assert WAVE == returned["looked"].document["open_intent"]["wave"]


def test_it_goes_forward_again_and_home(road, settled, returned):
    """The reserved slot is free for the next one that has to come back."""
    assert returned
    road.execute(*ADVANCE, "--apply")
    assert "allowed" != _signs_in(road, min(settled), SMS)

    road.execute("wave", "settle", WAVE, *LANE, "--apply")

    assert (settled, set()) == (_group(road, "home-administrators"), _group(road, "slot-3"))
    assert "allowed" == _signs_in(road, min(settled), KEY)
    road.pulumi("preview", "--refresh", "--expect-no-changes")
