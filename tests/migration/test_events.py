import json
from typing import get_args

import pytest
from builders import NOON, a_provision, entered, provisioned, published, requested, settled, settling

from migration.events import (
    AdvanceRefused,
    Event,
    IntentAbandoned,
    IntentLapsed,
    StageFailed,
    WaveHeld,
    WaveResumed,
    from_document,
    to_document,
)
from migration.exception_events import (
    ApprovalGiven,
    EndBegun,
    ExceptionEnded,
    ExceptionGranted,
    ExceptionRefused,
    ExceptionRequested,
    ExceptionWarned,
    GrantBegun,
)
from migration.people_events import (
    MembershipRequested,
    MembershipVerified,
    RetireBegun,
    Retired,
    RetireRequested,
    Ticked,
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
    WaveHeld(wave="standard-01", lane="okta", gate="lockouts", because="3 of 10 people were locked out"),
    WaveResumed(wave="standard-01", lane="okta", because="the network is back"),
    ExceptionRequested(key="exception-0007", request={"reason": "a scanner"}, request_digest="a" * 64),
    ApprovalGiven("exception-0007", "a" * 64, "r.lee", ("security-lead",), "signature", "-----BEGIN"),
    ExceptionRefused(key="exception-0007", by="r.lee", because="a key arrives on Monday"),
    GrantBegun(key="exception-0007"),
    ExceptionGranted(key="exception-0007", intent=9, member_count=1),
    EndBegun(key="exception-0007", because="its end has come"),
    ExceptionEnded("exception-0007", intent=11, removed_factor_count=1, left_count=1, ended_session_count=1),
    ExceptionWarned(key="exception-0007", ends_at=NOON.isoformat()),
    MembershipRequested("joined", ({"account": "00u1", "join": "joiners"},), ({"key": "standard-joiners-1"},), None),
    MembershipVerified(intent=13, member_count=1),
    RetireRequested(wave="standard-01", lane="okta", request={"phones": []}, request_digest="b" * 64),
    RetireBegun(wave="standard-01", lane="okta", request_digest="b" * 64),
    Retired(wave="standard-01", lane="okta", intent=16, deleted_count=3, skipped_count=1),
    Ticked(ended_count=1, warned_count=0, joined_count=2, left_count=0, moved_count=0, alarms=("old snapshot",)),
)


def test_every_kind_of_fact_is_specified_here():
    """A new event must be put into the list above, and so be shown to survive the ledger."""
    assert set(get_args(Event)) == {type(event) for event in ONE_OF_EACH}


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


def test_a_fact_that_was_sealed_before_it_had_a_field_is_still_read():
    """A ledger outlives the program that wrote it: what is not there is what it meant then."""
    kept = to_document(requested(Stage.ENROL, manifest=a_provision()))
    old = {name: value for name, value in kept.items() if name not in {"carried", "carry_wave", "verdicts", "run"}}

    assert requested(Stage.ENROL, manifest=a_provision()) == from_document("StageRequested", old)
