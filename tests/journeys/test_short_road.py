import json

import pytest
from journey_road import MANIFEST

WAVE = "standard-01"
ADVANCE = ("wave", "advance", WAVE, "--lane", "okta")
ENFORCE = (*ADVANCE, "--to", "ENFORCE")
CONFIRM = ("wave", "confirm", WAVE)
SMS, PASSKEY = ["password", "sms"], ["password", "passkey_synced"]
HOME = {"ip": "192.0.2.10"}


def _paths(road):
    """Ask about one person of the wave on every path that a stage opens or closes."""
    someone = min(road.people("standard"))
    base = {"user": someone, "holds": ["password", "sms", "passkey_synced"], "context": HOME}
    enrol = base | {"action": "enrol", "with": SMS, "via": "settings"}
    outcomes = {
        "signs in by SMS": road.ask(**base, action="sign-in", app="Okta Dashboard", **{"with": SMS}),
        "signs in by passkey": road.ask(**base, action="sign-in", app="Okta Dashboard", **{"with": PASSKEY}),
        "recovers by SMS": road.ask(**base, action="recover", method="sms", **{"with": ["sms"]}),
        "enrols a passkey by SMS": road.ask(**enrol, method="passkey_bound"),
        "enrols a phone": road.ask(**enrol, method="voice"),
    }
    return {path for path, outcome in outcomes.items() if outcome == "allowed"}


# Each stage is reached once and remembered, so that a test may be run alone.


@pytest.fixture(scope="module")
def planned(road):
    """What is ours stands in the tenant, and nobody is in it but break-glass."""
    return {"paths": _paths(road)}


@pytest.fixture(scope="module")
def failed(road, planned):  # noqa: ARG001 - the stage before it
    """The tenant fails in the middle of the update into ENROL."""
    written = len(road.writes())
    fault = road.fault("PUT", "/rules/", "500", nth=3, times=99)
    ended = road.execute(*ADVANCE, "--apply", code=3)
    road.control("DELETE", f"/faults/{fault}")
    again = road.offramp(*ADVANCE, code=1)
    return {"ended": ended, "again": again, "facts": road.facts(), "writes": road.writes()[written:]}


@pytest.fixture(scope="module")
def enrolled(road, failed):  # noqa: ARG001 - the stage before it
    """The engine is run by hand, and an answer is lost while people are moved."""
    road.pulumi("up", "--yes")
    lost = road.fault("PUT", r"/groups/[^/]+/users/", "lost-answer", nth=5)
    written = len(road.writes())
    road.execute(*CONFIRM)
    road.control("DELETE", f"/faults/{lost}")
    group = json.loads(road.pulumi("stack", "output", "--json").out)["sets"]["slot-1"]["group"]
    return {"members": road.members(group), "writes": road.writes()[written:], "paths": _paths(road)}


@pytest.fixture(scope="module")
def enforced(road, enrolled):  # noqa: ARG001 - the stage before it
    """Everyone has a passkey, is seen to have it, and SMS ends."""
    refused = road.offramp(*ENFORCE, code=1)
    for person in road.people("standard").values():
        held = [{"method": method} for method in (*person["methods"], "passkey_synced")]
        road.control("PUT", f"/people/{person['login']}/methods", held)
    road.seal()
    road.execute(*ENFORCE, "--apply")
    return {"refused": refused, "paths": _paths(road)}


@pytest.fixture(scope="module")
def relaxed(road, enforced):  # noqa: ARG001 - the stage before it
    """The wave is brought back, by two people."""
    back = ("wave", "rollback", WAVE, "--lane", "okta")
    alone = road.offramp(*back, code=1)
    road.execute(*back, "--approved-by", "m.ito", "--apply")
    return {"alone": alone, "paths": _paths(road), "facts": road.facts()}


def test_before_anything_moves_a_person_does_what_they_always_did(planned):
    """What is provisioned decides for nobody."""
    every = {"signs in by SMS", "signs in by passkey", "recovers by SMS", "enrols a passkey by SMS", "enrols a phone"}
    assert every == planned["paths"]


def test_an_update_that_fails_halfway_is_recorded_and_stays_open(failed):
    """Exit 3, StageFailed, and whoever tries to go on is told whose intent is open and how to end it."""
    assert ("engine-failed", True) == (failed["ended"].error, "500" in failed["ended"].told)
    assert ["StageRequested", "StageFailed"] == failed["facts"][-2:]
    assert [True, False] == [write["took_effect"] for write in (failed["writes"][0], failed["writes"][-1])]
    assert f"for {WAVE} is still open" in failed["again"].told
    assert f"offramp wave confirm {WAVE}, or offramp wave abandon" == failed["again"].hint


def test_a_lost_answer_while_people_move_is_read_back(road, enrolled):
    """A write is never sent twice unseen: who is in already is not put in again."""
    everyone = set(road.people("standard"))
    moved = [write["path"] for write in enrolled["writes"] if "/users/" in write["path"]]

    assert everyone == enrolled["members"]
    assert len(everyone) == len(moved) == len(set(moved))


def test_enrol_takes_nothing_away_but_new_phones(enrolled):
    """People sign in, recover and enrol as before; no new phone."""
    assert {"signs in by SMS", "signs in by passkey", "recovers by SMS", "enrols a passkey by SMS"} == enrolled["paths"]


def test_nobody_is_enforced_who_could_not_sign_in(enforced):
    """With people who hold nothing strong the move is refused, counted, and the way to their names is given."""
    assert "people are not ready" in enforced["refused"].told
    assert f"offramp wave stuck {WAVE}" in enforced["refused"].hint


def test_enforce_leaves_the_passkey_alone(enforced):
    """SMS neither signs in, nor recovers, nor enrols."""
    assert {"signs in by passkey"} == enforced["paths"]


def test_rolling_back_opens_sign_in_and_nothing_else(relaxed):
    """Somebody must approve it; then SMS signs in, and recovery and enrolment by SMS stay closed."""
    assert "--approved-by NAME" in relaxed["alone"].hint
    assert {"signs in by SMS", "signs in by passkey"} == relaxed["paths"]
    assert ["StageEntered", "StageRequested", "StageEntered"] == relaxed["facts"][-3:]


def test_destroying_what_is_ours_leaves_what_was_theirs(road, relaxed):
    """
    Every policy, rule, group, app, authenticator and zone is as before the provision, field by field.

    Okta keeps the gaps that deleted rules leave in priorities; the order of what was theirs is what it was.
    """
    assert relaxed
    before = json.loads((road.folder / "theirs.json").read_text())

    road.pulumi("destroy", "--yes")

    after = road.objects()
    assert list(before) == list(after)
    assert [one | {"priority": 0} for one in before.values()] == [one | {"priority": 0} for one in after.values()]
    assert road.path(MANIFEST).is_file()
