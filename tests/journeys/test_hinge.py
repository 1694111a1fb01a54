import json
from datetime import datetime, timedelta

import pytest
from journey_road import MANIFEST

WAVE = "standard-01"
ADVANCE = ("wave", "advance", WAVE, "--lane", "okta")
EDITED = "The manifest was changed by hand"


@pytest.fixture
def manifest(road):
    """The manifest in force; it is there again afterwards."""
    path = road.path(MANIFEST)
    kept = path.read_bytes()
    yield path
    path.write_bytes(kept)


def _edit(path):
    document = json.loads(path.read_bytes())
    document["slots"][0]["posture"]["sign_in"] = "ours"
    path.write_text(json.dumps(document, indent=2))


def test_a_manifest_edited_by_hand_is_neither_trusted_nor_overwritten(road, manifest):
    """Status and advance exit with 4 and say it; the edit stays to be looked at, and the tenant sees no write."""
    digest = road.digest(*ADVANCE)
    _edit(manifest)
    before, written = road.files(), len(road.writes())

    for words in (("wave", "status", WAVE), (*ADVANCE, "--execute", "--expect", digest[:16])):
        refused = road.offramp(*words, code=4)
        assert ("manifest-edited", True) == (refused.error, EDITED in refused.told)
        assert "git checkout" in refused.hint
    assert before == road.files()
    assert written == len(road.writes())


def test_pulumi_typed_by_hand_refuses_an_edited_manifest_in_the_same_words(road, manifest):
    """Whoever types `pulumi preview` or `pulumi up` without us reads the same sentence, and nothing is written."""
    _edit(manifest)
    written = len(road.writes())

    for words in (("preview",), ("up", "--yes")):
        assert EDITED in road.pulumi(*words, code=None).told
    assert written == len(road.writes())


def test_an_intent_that_was_published_can_be_taken_back(road):
    """Published, edited, refused at confirmation; abandon brings back the manifest before it, byte by byte."""
    before = road.path(MANIFEST).read_bytes()
    road.execute(*ADVANCE)
    published = road.path(MANIFEST).read_bytes()
    assert before != published
    digest = road.digest("wave", "confirm", WAVE)

    _edit(road.path(MANIFEST))
    refused = road.offramp("wave", "confirm", WAVE, "--execute", "--expect", digest[:16], code=4)
    assert "manifest-edited" == refused.error
    road.execute("wave", "abandon", WAVE)

    assert before == road.path(MANIFEST).read_bytes()
    assert ["StageRequested", "IntentAbandoned"] == road.facts()[-2:]
    assert [] == road.writes()


def test_an_intent_that_nobody_carried_out_lapses(road):
    """After 24 hours the next command, whatever it is, brings the earlier manifest back and records why."""
    before = road.path(MANIFEST).read_bytes()
    road.execute(*ADVANCE)
    asked_at = datetime.fromisoformat(road.control("GET", "/clock")["at"])
    waves = ("wave", "list", "--json")

    road.control("POST", "/clock", {"advance": 25 * 3600})
    now = road.offramp(*waves).document

    assert now["open_intent"] is None
    assert before == road.path(MANIFEST).read_bytes()
    assert ["StageRequested", "IntentLapsed"] == road.facts()[-2:]
    # And the ledger still answers as it stood: with the intent open, and before anyone asked for it.
    then = road.offramp(*waves, "--as-of", f"{asked_at:%Y-%m-%dT%H:%M:%S}").document
    earlier = road.offramp(*waves, "--as-of", f"{asked_at - timedelta(days=30):%Y-%m-%dT%H:%M:%S}").document
    assert WAVE == then["open_intent"]["wave"]
    assert ([], None) == (earlier["waves"], earlier["open_intent"])
