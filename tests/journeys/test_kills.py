"""Commands that are killed -9 at moments drawn at random; the next command ends what they began."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass

import pytest
from journey_road import Road

WAVE = "administrators-01"
LANE = ("--lane", "okta")
ADVANCE = ("wave", "advance", WAVE, *LANE)
BACK = ("wave", "rollback", WAVE, *LANE, "--approved-by", "m.ito")
SETTLE = ("wave", "settle", WAVE, *LANE)
PROVISION = ("plan", "propose")
# What may be typed at each stage; a wave goes back and forth for as long as there are kills to draw.
STEPS = {
    "PLANNED": (ADVANCE,),
    "ENROL": ((*ADVANCE, "--to", "ENFORCE"), (*ADVANCE, "--to", "REHEARSE")),
    "REHEARSE": (ADVANCE,),
    "ENFORCE": (BACK, BACK, SETTLE),
    "RELAXED": (ADVANCE,),
    "SETTLED": (BACK,),
}
LONGEST_SECONDS = 9.0  # of a step, on a machine that has time
SAMPLE, MANY = 5, 200
PATHS = ("/api/v1/policies/", "/api/v1/groups/[^/]+/users", "/api/v1/")


@dataclass(frozen=True)
class Kill:
    """
    One moment.

    Attributes:
        group: The whole process group, or `offramp` alone.
        delay: Seconds after the beginning; None where a request is waited for.
        path, nth: The request that is held until the kill.
    """

    group: bool
    delay: float | None
    path: str = ""
    nth: int = 0


def drawn(chance: random.Random, longest: float = LONGEST_SECONDS) -> Kill:
    """Draw a moment: half of them by the clock, half at a request."""
    group = chance.random() < 0.5
    if chance.random() < 0.5:
        return Kill(group, chance.uniform(0.3, longest))
    return Kill(group, None, chance.choice(PATHS), chance.randint(1, 30))


def killed(road: Road, words: tuple[str, ...], moment: Kill) -> bool:
    """Type a command and kill it; say whether it had not ended before."""
    shown = road.offramp(*words, "--json").document["digest"]
    typed = ["offramp", *words, "--execute", "--apply", "--expect", shown[:16]]
    fault = None
    if moment.delay is None:
        match = {"path_regex": moment.path}
        body = {"match": match, "kind": "pause", "nth": moment.nth, "times": 1000}
        fault = road.control("POST", "/faults", body)["id"]
    with subprocess.Popen(
        typed,
        cwd=road.project,
        env=road.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + (moment.delay or 2 * LONGEST_SECONDS)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        was_running = process.poll() is None
        if was_running and moment.group:
            os.killpg(process.pid, signal.SIGKILL)
        elif was_running:
            process.kill()
    if fault:
        road.control("DELETE", f"/faults/{fault}")
    return was_running


def lane(road: Road) -> dict:
    """Return the wave and whatever is open, by the command that ends what was interrupted."""
    told = road.offramp("wave", "list", "--json")
    listed = told.document
    assert "not looked after" not in told.err, told.err
    return {**next(one for one in listed["waves"] if one["key"] == WAVE), "open": listed["open_intent"]}


def check(road: Road, written: int, before: dict, after: dict, words: tuple[str, ...]) -> None:
    """Insist on what must be so after any kill."""
    assert after["open"] is None, after
    people = set(road.people("administrators"))
    sets = json.loads(road.pulumi("stack", "output", "--json").out)["sets"]
    held_in = after["home"] or after["slot"]
    for key, owned in sets.items():
        if key.startswith(("slot", "home")):
            assert (people if key == held_in else set()) == road.members(owned["group"]), (key, words)
    done = [write for write in road.writes()[written:] if write["took_effect"]]
    # A PUT of a policy says what is so and may be said again; to move, make or switch is done once.
    counted = Counter(
        f"{write['method']} {write['path']}"
        for write in done
        if "/users/" in write["path"] or (write["method"] == "POST" and "simulate" not in write["path"])
    )
    assert [call for call, count in counted.items() if count > 1] == [], (before, after, words)
    road.offramp("ledger", "verify")


def series(road: Road, seed: int, count: int) -> int:
    """Kill *count* commands, each at a moment of its own; return how many were killed before they had ended."""
    chance = random.Random(seed)  # noqa: S311 - not cryptography
    print(f"seed {seed}, {count} kills")  # noqa: T201 - what a failure is replayed with
    for person in road.people("administrators").values():
        held = [{"method": method} for method in (*person["methods"], "security_key")]
        road.control("PUT", f"/people/{person['login']}/methods", held)
    road.seal()
    found = lane(road)
    before_the_end = 0
    for number in range(count):
        words, moment = chance.choice(STEPS[found["stage"]]), drawn(chance)
        print(f"  {number}: {' '.join(words)} at {moment}")  # noqa: T201 - as above
        written = len(road.writes())
        before_the_end += killed(road, words, moment)
        after = lane(road)
        check(road, written, found, after, words)
        found = after
    road.pulumi("preview", "--refresh", "--expect-no-changes")
    return before_the_end


@pytest.fixture
def fresh(tmp_path_factory) -> Road:
    """A project whose tenant has nothing of ours."""
    road = Road(tmp_path_factory.mktemp("fresh"))
    road.copy_project()
    road.start()
    road.pulumi("stack", "init", "okta-sandbox")
    road.seal()
    yield road
    road.stop()


def provision(road: Road, seed: int) -> None:
    """Kill a provision while it creates; the next command finishes it, and makes nothing twice."""
    chance = random.Random(seed)  # noqa: S311 - not cryptography
    print(f"seed {seed}")  # noqa: T201 - what a failure is replayed with
    moment = Kill(chance.random() < 0.5, None, "/api/v1/(policies|groups)", chance.randint(20, 300))
    killed(road, PROVISION, moment)
    lane_or_nothing = road.offramp("wave", "list", "--json")
    assert lane_or_nothing.document["open_intent"] is None, lane_or_nothing.told
    if not lane_or_nothing.document["waves"]:  # killed before anything was published
        road.execute(*PROVISION, "--apply")
    ours = [one["profile"]["name"] for one in road.pages("/api/v1/groups?limit=200")]
    for kind in ("MFA_ENROLL", "OKTA_SIGN_ON", "PASSWORD", "ACCESS_POLICY"):
        for policy in road.pages(f"/api/v1/policies?type={kind}"):
            ours.append(f"{kind} {policy['name']}")
            ours += [f"{policy['id']} {rule['name']}" for rule in road.pages(f"/api/v1/policies/{policy['id']}/rules")]
    assert [name for name, count in Counter(ours).items() if count > 1] == []
    road.pulumi("preview", "--refresh", "--expect-no-changes")


def test_a_command_that_was_killed_anywhere_is_ended_by_the_next(road):
    """A few moments, drawn at random; `make test-long` draws two hundred."""
    assert 0 < series(road, random.SystemRandom().randrange(10**6), SAMPLE)


def test_a_provision_that_was_killed_makes_nothing_twice(fresh):
    """The hard one: an object may exist that the engine does not know."""
    provision(fresh, random.SystemRandom().randrange(10**6))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_two_hundred_kills(walking):
    """Twenty roads of ten kills each."""
    seed = random.SystemRandom().randrange(10**6)
    for number in range(MANY // 10):
        with walking() as road:
            series(road, seed + number, 10)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(20))
def test_twenty_provisions_are_killed(fresh, seed):
    """Each at another moment between the first object and the last."""
    provision(fresh, seed)
