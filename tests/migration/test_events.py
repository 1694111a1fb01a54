import json
from typing import get_args

import pytest
from builders import a_provision, entered, provisioned, published, requested, settled, settling

from migration.events import (
    AdvanceRefused,
    Event,
    IntentAbandoned,
    IntentLapsed,
    StageFailed,
    from_document,
    to_document,
)
from migration.posture import Stage

ONE_OF_EACH = (
    published(),
    provisioned(),
    requested(Stage.ENROL, manifest=a_provision()),
    requested(Stage.RELAXED, source=Stage.ENFORCE, manifest=a_provision(), approved_by="r.lee", approval="asserted"),
    entered(Stage.ENFORCE, intent=3),
    settling(a_provision()),
    settled(intent=5),
    StageFailed(intent=3, because="the engine did not finish"),
    AdvanceRefused(wave="standard-01", lane="okta", to=Stage.ENFORCE, because="4 of 10 people are not ready"),
    IntentAbandoned(intent=3, because="wrong week"),
    IntentLapsed(intent=3, because="nobody carried it out within 24 h"),
)


def test_every_kind_of_fact_is_specified_here():
    """A new event must be put into the list above, and so be shown to survive the ledger."""
    kinds = {kind for part in get_args(Event) for kind in (get_args(part) or (part,))}

    assert kinds == {type(event) for event in ONE_OF_EACH}


@pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: type(event).__name__)
def test_a_fact_comes_back_from_json_as_it_was(event):
    """The ledger keeps JSON; stages, lists and missing names return as what they were."""
    kept = json.loads(json.dumps(to_document(event)))

    assert event == from_document(type(event).__name__, kept)


def test_stages_are_kept_by_name():
    """A ledger is read without this program; a number would need it, and could be renumbered."""
    document = to_document(requested(Stage.RELAXED, source=Stage.ENFORCE, manifest=a_provision()))

    assert ("ENFORCE", "RELAXED") == (document["source"], document["to"])


def test_a_fact_of_an_unknown_kind_is_an_error():
    """What cannot be read must not be skipped: the state after it would be a guess."""
    with pytest.raises(KeyError, match="WaveTeleported"):
        from_document("WaveTeleported", {})


def test_a_fact_without_one_of_its_fields_is_an_error():
    """Half a fact is none."""
    with pytest.raises(KeyError, match="because"):
        from_document("IntentLapsed", {"intent": 3})
