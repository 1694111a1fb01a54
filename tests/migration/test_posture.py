from dataclasses import replace

import pytest

from migration.posture import (
    ACCEPTED,
    AIMS,
    BREAK_GLASS,
    Decides,
    Limits,
    Method,
    Stage,
    Target,
    excepted,
    parked,
    posture_at,
)

PATHS = ("sign_in", "session", "recovery", "binding", "new_phones", "canary")
WEAK = {Method.PASSWORD, Method.SMS, Method.VOICE, Method.EMAIL, Method.QUESTION, Method.TOTP, Method.APP_CODE}
STAGES = tuple(Stage)


def ours(stage: Stage) -> set[str]:
    """Return the paths that ours decides at *stage*, for everybody who does not need the desk."""
    found = [posture_at(replace(aim, desk_only=False), stage) for aim in (*AIMS.values(), BREAK_GLASS)]
    named = [{path for path in PATHS if getattr(posture, path) is Decides.OURS} for posture in found]
    assert all(paths == named[0] for paths in named)
    return named[0]


@pytest.mark.parametrize(
    ("stage", "paths"),
    [
        (Stage.PLANNED, set()),
        (Stage.ENROL, {"new_phones"}),
        (Stage.ENFORCE, set(PATHS)),
        (Stage.REHEARSE, {"new_phones", "canary"}),
        (Stage.RELAXED, {"recovery", "binding", "new_phones"}),
        (Stage.RETIRE, set(PATHS)),
    ],
)
def test_a_stage_is_who_decides_each_path(stage, paths):
    """What a stage does not change is theirs, so that the tenant's own policies keep deciding."""
    assert paths == ours(stage)


def test_going_back_restores_the_sign_in_of_enrol_and_nothing_else():
    """RELAXED signs in as ENROL does; recovery and enrolment stay as ENFORCE left them."""
    assert {path for path in ours(Stage.ENROL) if path in {"sign_in", "session"}} == set()
    assert ours(Stage.ENFORCE) - {"sign_in", "session", "canary"} == ours(Stage.RELAXED)


@pytest.mark.parametrize("stage", [Stage.ENROL, Stage.ENFORCE, Stage.RELAXED])
def test_no_stage_with_members_lets_a_new_phone_in(stage):
    """From the day a wave has people in it nobody enrols SMS or voice any more."""
    assert "new_phones" in ours(stage)


@pytest.mark.parametrize("aim", [*AIMS.values(), BREAK_GLASS])
def test_the_content_of_a_set_is_the_same_at_every_stage(aim):
    """A step switches paths on and off; it never rewrites what they accept, so nobody sees half a policy."""
    found = {(posture.target, posture.recovery_target, posture.limits) for posture in map_stages(aim)}

    assert {(aim.target, aim.recovery_target, aim.limits)} == found


def map_stages(aim):
    """Return the posture of every stage that has one."""
    return [posture_at(aim, stage) for stage in STAGES]


@pytest.mark.parametrize("target", Target)
def test_no_target_accepts_what_can_be_phished_or_copied_by_ear(target):
    """Whatever ours decides, no code, phone, question or password is enough."""
    assert set() == (ACCEPTED[target] & (WEAK | {Method.PUSH}))


def test_a_stronger_target_accepts_fewer_methods():
    """The targets are a ladder: each accepts a part of what the one below it accepts."""
    ladder = [ACCEPTED[target] for target in Target]

    assert [Target.NOTHING, Target.PHISHING_RESISTANT, Target.DEVICE_BOUND, Target.HARDWARE_KEY] == list(Target)
    assert frozenset() == ladder[0]
    assert ladder[3] < ladder[2] < ladder[1]


def test_a_synced_passkey_is_not_enough_for_an_administrator():
    """A synced passkey is as safe as the account that it is synced through."""
    assert Method.PASSKEY_SYNCED not in ACCEPTED[AIMS["administrators"].target]
    assert Method.PASSKEY_SYNCED in ACCEPTED[AIMS["standard"].target]


@pytest.mark.parametrize("aim", [*AIMS.values(), BREAK_GLASS])
def test_recovery_accepts_nothing_that_sign_in_refuses(aim):
    """No path is weaker than login: what recovers an account could also sign in to it."""
    assert ACCEPTED[aim.recovery_target] <= ACCEPTED[aim.target]


def test_nobody_recovers_an_emergency_account_by_self_service():
    """Its second key lies in another safe; recovery accepts nothing at all."""
    assert frozenset() == ACCEPTED[BREAK_GLASS.recovery_target]
    assert frozenset({Method.PASSKEY_BOUND, Method.SECURITY_KEY}) == ACCEPTED[BREAK_GLASS.target]


def test_a_free_slot_decides_nothing_and_would_accept_nothing():
    """Whoever switched a free slot on by accident would open nothing."""
    posture = parked()

    assert (Target.NOTHING, Target.NOTHING) == (posture.target, posture.recovery_target)
    assert {Decides.THEIRS} == {getattr(posture, path) for path in PATHS}
    assert Limits(5, 5, 5) == posture.limits


@pytest.mark.parametrize("stage", [Stage.ENROL, Stage.REHEARSE])
def test_who_needs_the_desk_binds_nothing_elsewhere_from_the_first_day(stage):
    """Before ENROL their own methods still bind; after it only a strong one does, or two people at the desk."""
    assert AIMS["administrators"].desk_only
    assert Decides.OURS is posture_at(AIMS["administrators"], stage).binding
    assert Decides.THEIRS is posture_at(AIMS["standard"], stage).binding


def test_an_exception_decides_sign_in_and_nothing_else():
    """It opens no recovery and no enrolment: those fall through to the set that the person is in."""
    posture = excepted(AIMS["standard"], also=(Method.TOTP,), limits=Limits(60, 5, 5))

    assert {"sign_in", "canary"} == {path for path in PATHS if getattr(posture, path) is Decides.OURS}
    assert ((Method.TOTP,), AIMS["standard"].target, Limits(60, 5, 5)) == (posture.also, posture.target, posture.limits)
