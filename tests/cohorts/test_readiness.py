from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from cohorts import readiness
from cohorts.methods import NO_METHOD, encode
from cohorts.readiness import (
    CIRCUMSTANCES,
    CODE_OF_WHY,
    HOLDS,
    READINESS,
    REASONS,
    TARGETS,
    VERDICTS,
    WHY,
    Evidence,
    has_leftover_phone,
    holds,
    last_way_in,
    last_way_to_enrol,
    target_bits,
    targets_of,
)
from cohorts.snapshot import COHORTS, METHODS
from migration import report_words

BOUND = ("fastpass", "passkey_bound", "security_key", "windows_hello")


def evidence(*circumstances):
    """Make what is known of one active account whose methods are known, and what else *circumstances* say."""
    told = {"can-sign-in", "known"} ^ set(circumstances)
    assert told <= set(CIRCUMSTANCES)
    masks = {name: np.array([name in told]) for name in CIRCUMSTANCES}
    return Evidence(
        is_known=masks["known"],
        is_stale=masks["stale"] if "stale" in told else None,
        can_sign_in=masks["can-sign-in"],
        has_inventory="inventory" in told,
        has_device=masks["device"],
        is_able=masks["able"],
        is_unclear=masks["unclear"],
        is_shared=masks["shared"],
    )


def judged(cohort, methods, *circumstances, targets=None):
    """Judge one account."""
    bits = target_bits(COHORTS, targets)
    held = np.array([encode(methods)], np.uint32)
    place = np.array([COHORTS.index(cohort)], np.uint8)
    return WHY[readiness.judge(held, place, COHORTS, bits, evidence(*circumstances))[0]]


def held_by(cohort, methods):
    """Say where on the ladder one account stands."""
    held, place = np.array([encode(methods)], np.uint32), np.array([COHORTS.index(cohort)], np.uint8)
    return HOLDS[holds(held, place, target_bits(COHORTS, None))[0]]


@pytest.mark.parametrize(
    ("cohort", "methods", "step"),
    [
        ("standard", ("password", "passkey_synced"), "target"),
        ("standard", ("password", "sms", "fastpass"), "target"),
        ("administrators", ("password", "security_key"), "target"),
        ("administrators", ("passkey_bound",), "target"),
        ("administrators", ("password", "push", "passkey_synced"), "weaker-passkey"),
        ("break-glass", ("password", "passkey_synced"), "weaker-passkey"),
        ("finance", ("password", "sms", "totp"), "code-or-push"),
        ("finance", ("push",), "code-or-push"),
        ("finance", ("app_code",), "code-or-push"),
        ("standard", ("password", "sms"), "phone"),
        ("standard", ("voice", "email", "question"), "phone"),
        ("standard", ("password", "email"), "email-or-question"),
        ("standard", ("question",), "email-or-question"),
        ("standard", ("tap",), "nothing"),
        ("standard", ("password",), "nothing"),
        ("frontline", (), "nothing"),
    ],
)
def test_the_ladder_shows_the_best_that_someone_holds(cohort, methods, step):
    """What it takes to get somebody ready depends on it."""
    assert step == held_by(cohort, methods)


INVENTORY = ("inventory", "device")
ABLE = (*INVENTORY, "able")


@pytest.mark.parametrize(
    ("why", "cohort", "methods", "circumstances"),
    [
        ("no-person", "service", ("security_key",), ()),
        ("no-person", "service", (), ("known", "can-sign-in")),
        ("cannot-sign-in", "standard", ("security_key",), ("can-sign-in",)),
        ("cannot-sign-in", "standard", (), ("can-sign-in", "known")),
        ("methods-unknown", "standard", (), ("known", *ABLE)),
        ("methods-unknown", "standard", ("security_key",), ("known",)),
        ("evidence-stale", "standard", ("security_key",), ("stale",)),
        ("evidence-stale", "standard", ("sms",), ("stale", *ABLE)),
        ("holds-target", "standard", ("sms", "passkey_synced"), ()),
        ("holds-target", "frontline", ("security_key",), ("shared", *INVENTORY)),
        ("holds-target", "finance", ("fastpass",), ()),
        ("shared-device", "frontline", ("sms",), ("shared", *ABLE)),
        ("shared-device", "frontline", (), ("shared",)),
        ("supervised-cohort", "administrators", ("push", "sms"), ABLE),
        ("supervised-cohort", "finance", ("tap",), ()),
        ("supervised-cohort", "finance", (), ABLE),
        ("nothing-to-bind-with", "standard", ("password", "email", "question"), ABLE),
        ("nothing-to-bind-with", "standard", (), ()),
        ("device-able", "standard", ("sms",), ABLE),
        ("device-able", "standard", ("tap",), ABLE),
        ("device-able", "standard", ("push",), (*ABLE, "unclear")),
        ("device-able", "administrators", ("passkey_synced",), ABLE),
        ("weaker-passkey", "administrators", ("passkey_synced",), INVENTORY),
        ("weaker-passkey", "break-glass", ("passkey_synced",), ()),
        ("device-unclear", "standard", ("sms",), (*INVENTORY, "unclear")),
        ("device-too-old", "standard", ("totp",), INVENTORY),
        ("no-device", "standard", ("voice",), ("inventory",)),
        ("no-inventory", "standard", ("push",), ()),
    ],
)
def test_readiness_is_the_first_of_the_reasons_that_fits(why, cohort, methods, circumstances):
    """The truth table, row by row, each with the case that is nearest to the row above it."""
    assert why == judged(cohort, methods, *circumstances)


def test_a_target_that_no_device_meets_needs_a_key():
    """Who may use a security key alone is not one prompt away, however new the computer is."""
    targets = {"standard": frozenset({"security_key"})}

    assert "target-takes-no-device" == judged("standard", ("sms",), *ABLE, targets=targets)
    assert "weaker-passkey" == judged("standard", ("windows_hello",), *ABLE, targets=targets)
    assert "holds-target" == judged("standard", ("security_key",), *ABLE, targets=targets)


def test_every_reason_can_come_about_and_has_a_sentence_and_a_readiness():
    """A row of the truth table that another hides would be a promise that nobody keeps."""
    assert set(range(len(WHY))) == set(np.unique(VERDICTS).tolist())
    assert len(REASONS) == len({words for _, words in REASONS.values()})
    assert set(range(len(READINESS))) == set(CODE_OF_WHY.tolist())


@pytest.mark.parametrize("cohort", COHORTS)
def test_nobody_is_ready_on_what_is_missing_old_or_closed(cohort):
    """Whatever somebody holds, and whatever they work on."""
    every = np.arange(1 << len(METHODS), dtype=np.uint32)
    place = np.full(len(every), COHORTS.index(cohort), np.uint8)
    bits = target_bits(COHORTS, None)
    no = np.zeros(len(every), bool)
    for has_device, is_shared, doubt in product([False, True], [False, True], ["is_known", "is_stale", "can_sign_in"]):
        told = Evidence(~no, no, ~no, True, no | has_device, no | has_device, no, no | is_shared)
        told = replace(told, **{doubt: ~getattr(told, doubt)})
        codes = CODE_OF_WHY[readiness.judge(every, place, COHORTS, bits, told)]
        assert {READINESS.index("blocked"), READINESS.index("unknown")} >= set(np.unique(codes).tolist())


def test_an_account_is_ready_exactly_if_it_holds_a_method_of_its_target():
    """Over everything that can be held, in every cohort that people are in."""
    every = np.arange(1 << len(METHODS), dtype=np.uint32)
    no = np.zeros(len(every), bool)
    told = Evidence(~no, None, ~no, False, no, no, no, no)
    for place, cohort in enumerate(COHORTS):
        if cohort == "service":
            continue
        why = readiness.judge(every, np.full(len(every), place, np.uint8), COHORTS, target_bits(COHORTS, None), told)
        expected = (every & np.uint32(encode(TARGETS[cohort]))) != 0
        assert (expected == (CODE_OF_WHY[why] == READINESS.index("ready"))).all()


def test_accounts_are_judged_one_by_one():
    """Many at once, of several cohorts, are what each of them would be alone."""
    cases = [
        ("standard", ("sms",)),
        ("administrators", ("sms",)),
        ("service", ()),
        ("administrators", ("passkey_synced",)),
        ("standard", ("passkey_synced",)),
        ("frontline", ()),
    ]
    held = np.array([encode(methods) for _, methods in cases], np.uint32)
    place = np.array([COHORTS.index(cohort) for cohort, _ in cases], np.uint8)
    yes = np.ones(len(cases), bool)
    told = Evidence(yes, None, yes, True, yes, yes, ~yes, ~yes)
    why = readiness.judge(held, place, COHORTS, target_bits(COHORTS, None), told)

    assert [judged(cohort, methods, *ABLE) for cohort, methods in cases] == [WHY[one] for one in why.tolist()]


def test_what_is_no_method_of_ours_changes_nothing():
    """The bit for a word that is understood lies beside the table."""
    plain, place = np.array([0], np.uint32), np.array([COHORTS.index("standard")], np.uint8)
    bits = target_bits(COHORTS, None)

    assert holds(plain, place, bits).tolist() == holds(plain | np.uint32(NO_METHOD), place, bits).tolist()


def test_every_cohort_has_a_target_and_nobody_is_ready_by_phone():
    """What the migration takes away is in no target."""
    assert set(COHORTS) == set(TARGETS)
    assert not {"password", "sms", "voice", "email", "question", "totp", "app_code", "push", "tap"} & {
        method for target in TARGETS.values() for method in target
    }
    assert set(METHODS) > TARGETS["standard"] > TARGETS["administrators"]


def test_targets_are_as_told_else_ours_else_what_is_strong_enough_for_most():
    """A rule book's own cohort needs no target of its own."""
    told = {"finance": frozenset({"security_key"})}

    assert {
        "finance": frozenset({"security_key"}),
        "administrators": frozenset(BOUND),
        "pilot": frozenset({*BOUND, "passkey_synced"}),
    } == targets_of(("finance", "administrators", "pilot"), told)


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        (("fastpass", "sms"), True),
        (("fastpass", "voice"), True),
        (("fastpass",), False),
        (("sms",), False),
        (("fastpass", "email"), False),
    ],
)
def test_a_phone_beside_a_strong_method_is_left_over(methods, expected):
    """Only who no longer needs the phone can give it up."""
    why = np.array([WHY.index(judged("standard", methods))], np.uint8)

    assert [expected] == has_leftover_phone(why, np.array([encode(methods)], np.uint32)).tolist()


def test_a_phone_beside_stale_evidence_is_not_called_left_over():
    """Who may not be ready may still need it."""
    held = np.array([encode(("fastpass", "sms"))], np.uint32)
    why = np.array([WHY.index(judged("standard", ("fastpass", "sms"), "stale"))], np.uint8)

    assert [False] == has_leftover_phone(why, held).tolist()


@pytest.mark.parametrize(
    ("methods", "cohort", "way_in", "way_to_enrol"),
    [
        (("password", "sms", "push"), "standard", "push", "push"),
        (("password", "sms", "email"), "standard", "sms", "sms"),
        (("password", "email"), "standard", "email", None),
        (("password", "email", "voice"), "finance", "voice", None),
        (("password", "tap"), "standard", "tap", "tap"),
        (("password", "tap"), "administrators", "tap", None),
        (("push", "passkey_synced"), "administrators", "passkey_synced", "passkey_synced"),
        (METHODS, "standard", "security_key", "security_key"),
        ((), "standard", None, None),
    ],
)
def test_the_last_ways_in_and_to_enrol_are_named(methods, cohort, way_in, way_to_enrol):
    """Administrators and finance bind with something strong or at the desk."""
    assert (way_in, way_to_enrol) == (last_way_in(encode(methods)), last_way_to_enrol(encode(methods), cohort))


def test_nobody_is_sent_to_the_desk_who_has_a_way_to_enrol():
    """The reason and the way that explain it must not contradict each other."""
    for cohort in ("administrators", "finance", "standard", "frontline"):
        for method in METHODS:
            at_desk = judged(cohort, (method,)) in {"supervised-cohort", "nothing-to-bind-with"}
            assert at_desk == (last_way_to_enrol(encode((method,)), cohort) is None)


def test_the_report_has_words_for_every_readiness_that_is_not_ready():
    """A page never shows a bare code."""
    assert {"gone", *READINESS} - {"ready"} == set(report_words.REASONS)
    assert all(reason.words and reason.next_step for reason in report_words.REASONS.values())
