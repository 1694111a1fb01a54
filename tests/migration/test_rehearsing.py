import json
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON
from desks import OTHER_WAVE, STANDARD, WAVE, a_world
from gate_desk import sign_in

from migration.cli import render_gates
from migration.errors import IdpUnavailable
from migration.exception_classes import DESK, set_key
from migration.foresight import Source
from migration.operations import evidence, intents, rehearsing
from migration.operations.finding import find
from migration.policy_exceptions import PolicyException, State, Subject
from migration.posture import Decides, Stage


@pytest.fixture
def world(tmp_path):
    """Make a tenant in which everybody holds a key."""
    found = a_world(tmp_path)
    found.take_snapshot()
    return found


def rehearse(world, wave=WAVE):
    """Make a forecast."""
    state = intents.look(world.desk)
    return rehearsing.forecast(world.desk, state, find(state, wave))


def unanswered(*asked):
    """Be a tenant that does not answer."""
    del asked
    raise IdpUnavailable("The tenant throttles")


def with_canary(world):
    """Call payroll the canary app, before anything is provisioned; its rules follow the canary's path."""
    world.desk = replace(world.desk, around=replace(world.desk.around, canary="Payroll"))
    up = world.engine.up

    def up_with_canary(**how):
        done = up(**how)
        for content in world.documents.manifest().sets:
            if content.posture and content.posture.canary is Decides.OURS:
                world.idp.standing[f"id of {content.key} {content.key} sign-in payroll"] = "ACTIVE"
        return done

    world.engine.up = up_with_canary


def test_the_forecast_is_whom_enforce_then_carries_over(world):
    """The same people by both ways, from what they hold at this moment."""
    world.bring_to(Stage.ENROL, OTHER_WAVE)
    world.take_snapshot("std1", "std3")
    world.idp.holdings["std3"] = {"passkey_synced"}
    del world.idp.holdings["std4"]

    foreseen = rehearse(world, OTHER_WAVE)
    world.advance(Stage.ENFORCE, OTHER_WAVE)

    carried = {one["account"] for one in world.ledger.entries()[-2].event.carried}
    assert {"std1", "std4"} == foreseen.refused_ids == carried


def test_where_the_provider_does_not_answer_the_newest_snapshot_stands_in(world):
    """And the forecast says so, with its age."""
    world.bring_to(Stage.ENROL, OTHER_WAVE)
    world.take_snapshot("std1")
    world.clock.forward(hours=5)
    world.idp.held = unanswered

    found = rehearse(world, OTHER_WAVE)

    assert {"std1"} == found.refused_ids
    assert "the newest snapshot, 5 h old: The tenant throttles" == found.parts[0].because
    assert NOON == found.parts[0].taken_at


def test_a_log_that_does_not_answer_leaves_its_part_unknown(world):
    """What people hold is still told."""
    world.bring_to(Stage.ENROL)
    world.idp.log = unanswered

    assert (Source.LOG, 0, 3) == (
        rehearse(world).parts[1].source,
        rehearse(world).parts[1].count,
        rehearse(world).parts[1].unknown_count,
    )


def test_the_log_is_replayed_against_what_enforce_accepts(world):
    """Whoever showed SMS lately will be asked for the key that they hold."""
    world.bring_to(Stage.ENROL)
    sign_in(world, "adm1", method="sms")
    sign_in(world, "adm2")

    assert ["adm1"] == [one.account_id for one in rehearse(world).must_show_other]


def test_before_rehearse_the_canary_says_nothing(world):
    """It carries nothing of ours yet."""
    with_canary(world)
    world.bring_to(Stage.ENROL)

    assert "carries nothing of ours" in rehearse(world).parts[2].because


def test_without_a_canary_app_the_simulation_says_why_it_says_nothing(world):
    """The setting is named."""
    world.bring_to(Stage.ENROL)

    assert "no canary app is configured: [rehearsal] canary" == rehearse(world).parts[2].because


def test_at_rehearse_the_canary_names_for_whom_another_rule_would_decide(world):
    """The rule of the wave's own slot is expected, and nothing else."""
    with_canary(world)
    world.bring_to(Stage.ENROL)
    world.advance(Stage.REHEARSE)
    ours = "id of slot-1 slot-1 sign-in payroll"
    world.idp.deciding = {("Payroll", "adm1"): ours, ("Payroll", "adm2"): "theirs"}

    found = rehearse(world)

    assert [("adm2", "other-rule"), ("adm3", "undecided")] == [(one.account_id, one.reason) for one in found.surprised]
    assert (2, 1) == (found.parts[2].count, found.parts[2].unknown_count)


def test_without_provider_and_snapshot_nothing_is_foreseen(world):
    """A forecast out of nothing would refuse everybody."""
    world.bring_to(Stage.ENROL)
    state = intents.look(world.desk)
    world.idp.held = unanswered
    snapshot = rehearsing._Snapshot(None, {}, {})

    with pytest.raises(IdpUnavailable):
        rehearsing._held(world.desk, ["adm1"], snapshot, NOON)
    assert (
        {} == rehearsing._Snapshot.of(replace(world.desk, snapshots=world.folder / "none"), find(state, WAVE)).methods
    )


def test_a_simulation_that_does_not_answer_leaves_its_part_unknown(world):
    """Nobody is surprised by silence."""
    with_canary(world)
    world.bring_to(Stage.ENROL)
    world.advance(Stage.REHEARSE)
    world.idp.simulate = unanswered

    part = rehearse(world).parts[2]

    assert (0, 3, "the simulation does not answer: The tenant throttles") == (
        part.count,
        part.unknown_count,
        part.because,
    )


def test_a_manifest_that_names_no_canary_is_said_with_what_provisions_it(world):
    """It was configured after the slots were made."""
    world.bring_to(Stage.ENROL)
    world.desk = replace(world.desk, around=replace(world.desk.around, canary="Payroll"))

    assert "the manifest names no canary app; offramp plan propose provisions it" == rehearse(world).parts[2].because


def an_exception(exception_class, *accounts, state=State.ACTIVE):
    """Make an exception for people of the standard cohort."""
    return PolicyException(
        key=f"exc-{exception_class}",
        exception_class=exception_class,
        subjects=tuple(Subject(who, key, "standard") for who, key in accounts),
        reason="a scanner",
        control="reviewed",
        owner="k.brown",
        requester="m.ito",
        starts_at=NOON,
        ends_at=NOON + timedelta(days=9),
        renews=None,
        request={},
        request_digest="",
        requested_at=NOON.isoformat(),
        state=state,
    )


@pytest.mark.parametrize(
    ("exception_class", "exception_state", "refused"),
    [
        ("dated-totp", State.ACTIVE, {"std2"}),
        ("dated-totp", State.ENDED, {"std1", "std2"}),
        (DESK, State.ACTIVE, {"std1", "std2"}),
    ],
)
def test_whoever_is_excused_is_refused_only_without_the_method_of_the_class(
    world, exception_class, exception_state, refused
):
    """While it stands; the desk lets nobody sign in, and another's exception excuses nobody."""
    with_canary(world)
    world.bring_to(Stage.ENROL, OTHER_WAVE)
    world.advance(Stage.REHEARSE, OTHER_WAVE)
    world.idp.holdings |= {"std1": {"totp"}, "std2": {"totp"}}
    state = intents.look(world.desk)
    wave = find(state, OTHER_WAVE)
    inside = {one.account_id: one.person_key for one in evidence.members(world.desk, state, wave)}
    excused = an_exception(exception_class, ("std1", inside["std1"]), state=exception_state)
    state = replace(state, exceptions={excused.key: excused})

    assert refused == rehearsing.forecast(world.desk, state, wave).refused_ids


def test_whoever_is_excused_is_expected_to_meet_the_rule_of_the_exception(world):
    """It stands above the slot's, and only theirs is expected to decide for them."""
    with_canary(world)
    world.bring_to(Stage.ENROL, OTHER_WAVE)
    world.advance(Stage.REHEARSE, OTHER_WAVE)
    state = intents.look(world.desk)
    wave = find(state, OTHER_WAVE)
    inside = {one.account_id: one.person_key for one in evidence.members(world.desk, state, wave)}
    excused = an_exception("dated-totp", ("std1", inside["std1"]))
    state = replace(state, exceptions={excused.key: excused})
    exceptions, slot = excused.set_key, state.lane(OTHER_WAVE).slot
    theirs = f"id of {exceptions} {exceptions} sign-in payroll"
    ours = f"id of {slot} {slot} sign-in payroll"
    world.idp.deciding = {("Payroll", who): ours for who in STANDARD} | {("Payroll", "std1"): theirs}

    assert () == rehearsing.forecast(world.desk, state, wave).surprised


def test_the_set_of_an_exception_is_named_as_its_rules_are():
    """What a person who is excused is expected to meet at the canary app."""
    rules = rehearsing._Rules(
        {
            "exception-dated-totp-standard": {
                "exception-dated-totp-standard sign-in payroll": "first",
                "exception-dated-totp-standard sign-in 2 payroll": "second",
                "exception-dated-totp-standard sign-in 3 payroll": "refusing",
                "exception-dated-totp-standard sign-in other payroll": "another",
            },
        },
        "payroll",
        frozenset({1, 2}),
        "slot-1",
    )

    assert {"first", "second"} == rules.of_sets([set_key("dated-totp", "standard")])
    assert frozenset() == rules.own


def test_a_forecast_is_shown_in_words_and_as_a_document(world, capsys):
    """Counts first, then the people, then how far each source goes."""
    with_canary(world)
    world.bring_to(Stage.ENROL)
    world.advance(Stage.REHEARSE)
    world.take_snapshot("adm2")
    sign_in(world, "adm1", method="sms")

    render_gates.forecast(WAVE, rehearse(world), as_json=False)
    told = capsys.readouterr().err
    render_gates.forecast(WAVE, rehearse(world), as_json=True)
    document = json.loads(capsys.readouterr().out)

    assert "administrators-01: ENFORCE would refuse 1 of 3 people" in told
    assert "1 people would be asked for something else than they showed lately" in told
    assert "for 3 people the canary app shows no rule of ours" in told
    assert "simulation: 0 people, 3 UNKNOWN" in told
    assert ("rehearsal", WAVE, ["adm2"]) == (
        document["kind"],
        document["wave"],
        [one["account_id"] for one in document["refused"]],
    )
