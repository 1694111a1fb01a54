import json
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON
from click.testing import CliRunner
from desks import ADMINS, OTHER_WAVE, STANDARD, WAVE, a_world
from gate_desk import HOUR, OURS, call_the_help_desk, days_later, happen, outcomes, sign_in, verdicts, with_our_book

from migration.cli import gate as commands
from migration.cli.gate import gate
from migration.errors import IdpRefused, IdpUnavailable
from migration.events import WaveHeld
from migration.gate_book import MOVES
from migration.gates import (
    ENROLLED_SHARE,
    FAILED_ENROLMENTS,
    HELP_DESK_LOAD,
    LOCKOUTS,
    OPEN_INCIDENTS,
    SOAK_DAYS,
    STRONG_SIGN_INS,
    Outcome,
)
from migration.log_events import ENROLMENT, LOCKOUT, SIGN_IN
from migration.operations import gating, intents
from migration.operations.finding import find
from migration.posture import Stage


@pytest.fixture
def world(tmp_path):
    """Make a tenant in which everybody holds a key, and which asks what our own gate book asks."""
    found = a_world(tmp_path)
    found.take_snapshot()
    return found


def test_everything_being_well_every_gate_passes(world):
    """Enrolled, seen to sign in, a day at ENROL, and nothing open."""
    with_our_book(world, Stage.ENROL)
    days_later(world, 1)
    sign_in(world, *ADMINS)

    assert {
        ENROLLED_SHARE: Outcome.PASS,
        STRONG_SIGN_INS: Outcome.PASS,
        FAILED_ENROLMENTS: Outcome.PASS,
        SOAK_DAYS: Outcome.PASS,
        OPEN_INCIDENTS: Outcome.PASS,
    } == outcomes(world, "ENFORCE")


def test_without_observed_sign_ins_the_gate_is_unknown(world):
    """Nobody is known to be unable, and nobody to be able."""
    with_our_book(world, Stage.ENROL)

    said = verdicts(world, Stage.ENFORCE)[STRONG_SIGN_INS]

    assert (Outcome.UNKNOWN, 0) == (said.outcome, said.count)
    assert "0 people who were seen to sign in, and at least 3 are needed" in said.because


def test_a_wave_that_is_seen_to_sign_in_weakly_fails(world):
    """Two of three showed SMS: half of them cannot be strong any more."""
    with_our_book(world, Stage.ENROL)
    sign_in(world, *ADMINS[1:], method="sms")
    sign_in(world, ADMINS[0])

    assert Outcome.FAIL is outcomes(world, "ENFORCE")[STRONG_SIGN_INS]


def test_what_others_do_is_nothing_to_the_wave(world):
    """Neither their sign-ins, nor their lock-outs and failures."""
    with_our_book(world, Stage.ENROL)
    sign_in(world, *STANDARD)
    for who in STANDARD * 2:
        happen(world, ENROLMENT, who, method="passkey_bound")

    said = verdicts(world, "ENFORCE")

    assert (0, 0) == (said[STRONG_SIGN_INS].count, said[FAILED_ENROLMENTS].count)


def test_one_administrator_who_is_not_enrolled_fails_the_gate(world):
    """Of these everybody must be; the reason says how many are not."""
    with_our_book(world, Stage.ENROL)
    world.take_snapshot("adm2")

    said = verdicts(world, "ENFORCE")[ENROLLED_SHARE]

    assert Outcome.FAIL is said.outcome
    assert "2 of 3 people hold what ENFORCE accepts or are excused, 1 people are not ready" in said.because


def test_a_snapshot_of_the_day_before_yesterday_leaves_the_share_unknown(world):
    """Who was ready then may not be now."""
    with_our_book(world, Stage.ENROL)
    world.clock.forward(hours=25)

    assert Outcome.UNKNOWN is outcomes(world, "ENFORCE")[ENROLLED_SHARE]


def test_attempts_that_fail_fail_the_gate(world):
    """Five attempts, two of them in vain."""
    with_our_book(world, Stage.ENROL)
    for result in ("SUCCESS", "SUCCESS", "SUCCESS", "FAILURE", "FAILURE"):
        happen(world, ENROLMENT, "adm1", result, "passkey_bound")

    assert Outcome.FAIL is outcomes(world, "ENFORCE")[FAILED_ENROLMENTS]


@pytest.mark.parametrize("failure", [IdpUnavailable, IdpRefused])
def test_a_log_that_does_not_answer_makes_its_gates_unknown_and_no_other(world, failure):
    """The command still says what the other sources say, and why this one says nothing."""

    def away(since, until, kinds):
        del since, until, kinds
        raise failure("The tenant throttles")
        yield

    with_our_book(world, Stage.ENROL)
    days_later(world, 1)
    world.idp.log = away

    said = verdicts(world, "ENFORCE")

    unknown = {key for key, one in said.items() if one.outcome is Outcome.UNKNOWN}
    assert {STRONG_SIGN_INS, FAILED_ENROLMENTS} == unknown
    assert "the log does not answer: The tenant throttles" == said[STRONG_SIGN_INS].because


def test_the_log_is_read_once_and_only_as_far_as_a_gate_looks_back(world):
    """It may have millions of events."""
    with_our_book(world, Stage.ENROL)
    asked = []

    def log(since, until, kinds):
        asked.append((since, until, kinds))
        return iter(())

    world.idp.log = log
    verdicts(world, "ENFORCE")

    assert [(NOON - timedelta(days=14), NOON, frozenset({SIGN_IN, ENROLMENT}))] == asked


def test_the_log_is_read_as_far_as_the_gate_that_looks_back_farthest(world):
    """Ten days at ENFORCE: lock-outs of the last seven, sign-ins of all ten."""
    with_our_book(world, Stage.ENFORCE)
    sign_in(world, *ADMINS, ago=-HOUR)
    world.clock.forward(days=10)
    happen(world, LOCKOUT, "adm1")

    said = verdicts(world, "settle")

    assert (3, 1) == (said[STRONG_SIGN_INS].count, said[LOCKOUTS].count)


def test_settling_counts_only_what_happened_at_enforce(world):
    """A sign-in before it shows nothing of it."""
    with_our_book(world, Stage.ENFORCE)
    sign_in(world, *ADMINS)
    world.clock.forward(days=2)
    early = outcomes(world, "settle")
    world.idp.happened.clear()
    sign_in(world, *ADMINS)

    assert (Outcome.UNKNOWN, Outcome.PASS) == (early[STRONG_SIGN_INS], outcomes(world, "settle")[STRONG_SIGN_INS])


def test_settling_asks_for_lock_outs_the_help_desk_and_a_day(world):
    """Three people, nobody locked out, nobody of them calling."""
    with_our_book(world, Stage.ENFORCE)
    days_later(world, 1)
    sign_in(world, *ADMINS)
    call_the_help_desk(world, "std1")

    assert {
        STRONG_SIGN_INS: Outcome.PASS,
        LOCKOUTS: Outcome.PASS,
        HELP_DESK_LOAD: Outcome.PASS,
        SOAK_DAYS: Outcome.PASS,
    } == outcomes(world, "settle")


def test_one_lock_out_of_three_and_one_call_of_three_are_too_many(world):
    """Both gates fail, each with its numbers."""
    with_our_book(world, Stage.ENFORCE)
    days_later(world, 1)
    sign_in(world, *ADMINS)
    happen(world, LOCKOUT, "adm1")
    call_the_help_desk(world, "std1", "adm2")

    said = verdicts(world, "settle")

    assert (Outcome.FAIL, Outcome.FAIL) == (said[LOCKOUTS].outcome, said[HELP_DESK_LOAD].outcome)
    assert (
        "tickets about sign-in by 3 people in the last 24 h: 1: 0.3333, and at most 0.1 is wanted"
        == said[HELP_DESK_LOAD].because
    )


@pytest.mark.parametrize("source", [None, "missing"])
def test_without_a_ticket_file_the_load_is_unknown(world, source):
    """Whether none is configured or none is there."""
    with_our_book(world, Stage.ENFORCE)
    world.desk = world.desk if source else replace(world.desk, tickets=None)

    assert Outcome.UNKNOWN is outcomes(world, "settle")[HELP_DESK_LOAD]


def test_a_stage_that_was_entered_today_only_waits(world):
    """The wave is not held for being young."""
    with_our_book(world, Stage.ENROL)
    world.clock.forward(hours=23)

    assert Outcome.UNKNOWN is outcomes(world, "ENFORCE")[SOAK_DAYS]


def test_with_every_source_empty_nothing_passes_but_what_the_book_excuses(world):
    """No snapshot of today, no event, no ticket, no day at the stage: the ledger alone says that nothing is held."""
    with_our_book(world, Stage.ENFORCE)
    world.clock.forward(hours=25)
    world.idp.happened.clear()

    said = {**outcomes(world, "ENFORCE"), **outcomes(world, "settle")}

    assert {SOAK_DAYS, OPEN_INCIDENTS, FAILED_ENROLMENTS} == {key for key, one in said.items() if one is Outcome.PASS}


def test_of_several_failures_the_one_that_does_harm_is_named_first(world):
    """A wave is held by the first of them, and other waves of the cohort wait only for harm."""
    with_our_book(world, Stage.ENROL)
    world.take_snapshot("adm2")
    for _ in range(5):
        happen(world, ENROLMENT, "adm2", method="passkey_bound")

    failed = [key for key, one in outcomes(world, "ENFORCE").items() if one is Outcome.FAIL]

    assert [FAILED_ENROLMENTS, ENROLLED_SHARE] == failed


def test_a_wave_that_is_held_because_of_harm_keeps_the_others_of_its_cohort_back(world):
    """And nobody of another cohort."""
    with_our_book(world, Stage.ENROL)
    held = WaveHeld(wave=WAVE, lane="okta", gate=LOCKOUTS, because="two of three")
    world.ledger.append(held, actor="m.ito", at=world.clock.at)
    state = intents.look(world.desk)
    carried = replace(find(state, WAVE), key="administrators-01-carried-1", carried_from=WAVE)
    state = replace(state, plan=replace(state.plan, waves=(*state.plan.waves, carried)))

    asked = [find(state, key) for key in (carried.key, WAVE, OTHER_WAVE)]
    said = [gating.verdicts(world.desk, state, wave, "ENFORCE") for wave in asked]

    assert [1.0, 0.0, 0.0] == [one.reading for found in said for one in found if one.gate == OPEN_INCIDENTS]


def test_a_move_that_the_book_asks_nothing_of_measures_nothing(world):
    """Neither the log nor the tickets are read."""
    world.provision()
    world.desk = replace(world.desk, gates=OURS)
    world.idp.log = None

    state = intents.look(world.desk)
    found = gating.check(world.desk, state, find(state, WAVE))

    assert ("ENROL", (), Outcome.PASS) == (found.asked.to, found.verdicts, found.outcome)


@pytest.mark.parametrize(("stage", "to"), [(Stage.ENROL, "REHEARSE"), (Stage.ENFORCE, "settle")])
def test_without_a_name_the_move_is_the_next_one(world, stage, to):
    """After ENFORCE a wave settles."""
    with_our_book(world, stage)
    state = intents.look(world.desk)

    assert to == gating.asked(world.desk, state, find(state, WAVE)).to


def invoke(world, *words):
    """Type a command."""

    class Context:
        def desk(self):
            return world.desk

    return CliRunner().invoke(gate, list(words), obj=Context())


def test_gate_list_shows_what_is_asked_and_why_something_is_not(world):
    """From the book alone: the tenant is not asked."""
    with_our_book(world, Stage.ENROL)
    world.idp.log = None

    shown = invoke(world, "list", WAVE, "--to", "enforce")
    document = json.loads(invoke(world, "list", WAVE, "--to", "ENFORCE", "--json").stdout)

    assert 0 == shown.exit_code
    assert "enrolled-share" in shown.stdout
    assert "at least 1 share of people" in shown.stdout
    assert "not asked: lockouts: before ENFORCE nothing of ours refuses a sign-in" in shown.stderr
    gates = {one["gate"]: one for one in document["gates"]}
    assert {"lockouts", "help-desk-load"} == {one["gate"] for one in document["not_asked"]}
    assert (14, 168, 5) == tuple(
        gates["strong-sign-ins"][name] for name in ("within_days", "longest_age_hours", "minimum")
    )


def test_gate_check_shows_every_verdict_and_exits_with_one_unless_all_pass(world):
    """As words, and as a document with the reasons."""
    with_our_book(world, Stage.ENROL)
    days_later(world, 1)
    waiting = invoke(world, "check", WAVE, "--to", "ENFORCE")
    document = json.loads(invoke(world, "check", WAVE, "--to", "ENFORCE", "--json").stdout)
    sign_in(world, *ADMINS)
    passing = invoke(world, "check", WAVE, "--to", "ENFORCE")

    assert (1, 0) == (waiting.exit_code, passing.exit_code)
    assert "UNKNOWN: the wave waits; nothing is held" in waiting.stderr
    assert "PASS: no gate stands against it" in passing.stderr
    assert ("ENROL", "ENFORCE", "UNKNOWN") == tuple(document[name] for name in ("stage", "to", "outcome"))
    assert {"strong-sign-ins"} == {one["gate"] for one in document["verdicts"] if one["outcome"] == "UNKNOWN"}


def test_a_failed_gate_is_shown_as_what_it_would_do(world):
    """Looking at it records nothing and holds nobody."""
    with_our_book(world, Stage.ENROL)
    world.take_snapshot("adm2")
    before = world.kinds

    shown = invoke(world, "check", WAVE, "--to", "ENFORCE")

    assert (1, True, before) == (
        shown.exit_code,
        "FAIL: the wave would be held, until the gate passes" in shown.stderr,
        world.kinds,
    )


def test_the_moves_that_can_be_named_are_those_of_the_book():
    """One list, not two."""
    assert tuple(commands.TO(lambda: None).__click_params__[0].type.choices) == MOVES
