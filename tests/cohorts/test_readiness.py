import pandas as pd
import pytest

from cohorts.methods import encode
from cohorts.readiness import REASONS, TARGETS, has_leftover_phone, readiness
from cohorts.snapshot import COHORTS, METHODS


def holder(cohort: str, *methods: str) -> pd.DataFrame:
    """Make one classified person who holds *methods*."""
    return pd.DataFrame({"cohort": [cohort], "methods": [encode(methods)]}, index=["u1"])


@pytest.mark.parametrize(
    ("cohort", "methods", "code"),
    [
        ("standard", ("password", "passkey_synced"), "ready"),
        ("standard", ("password", "sms", "fastpass"), "ready"),
        ("administrators", ("password", "security_key"), "ready"),
        ("administrators", ("passkey_bound",), "ready"),
        ("administrators", ("password", "push", "passkey_synced"), "only-weaker-passkey"),
        ("break-glass", ("password", "passkey_synced"), "only-weaker-passkey"),
        ("finance", ("password", "sms", "totp"), "code-or-push-only"),
        ("finance", ("push",), "code-or-push-only"),
        ("finance", ("app_code",), "code-or-push-only"),
        ("standard", ("password", "sms"), "phone-only"),
        ("standard", ("voice", "email", "question"), "phone-only"),
        ("standard", ("password", "email", "question"), "nothing-enrolled"),
        ("standard", ("tap",), "nothing-enrolled"),
        ("frontline", (), "nothing-enrolled"),
    ],
)
def test_readiness_is_the_best_that_someone_holds(cohort, methods, code):
    """The first of the reasons that is true is the one that is told."""
    assert [code] == readiness(holder(cohort, *methods)).tolist()


def test_every_cohort_has_a_target_and_nobody_is_ready_by_phone():
    """What the migration takes away is in no target."""
    assert set(COHORTS) == set(TARGETS)
    assert not {"password", "sms", "voice", "email", "question", "totp", "app_code", "push", "tap"} & {
        method for target in TARGETS.values() for method in target
    }
    assert set(METHODS) > TARGETS["standard"] > TARGETS["administrators"]


def test_targets_are_given_not_assumed():
    """Another target gives another readiness for the same people."""
    users = holder("standard", "passkey_synced")

    assert ["only-weaker-passkey"] == readiness(users, {"standard": frozenset({"security_key"})}).tolist()
    with pytest.raises(KeyError, match="standard"):
        readiness(users, {"finance": frozenset({"security_key"})})


def test_every_code_has_its_sentence():
    """A report never shows a bare code."""
    codes = {code for method in METHODS for code in readiness(holder("administrators", method))}

    assert set(REASONS) == codes
    assert all(REASONS.values())


@pytest.mark.parametrize(
    ("methods", "expected"),
    [(("fastpass", "sms"), True), (("fastpass", "voice"), True), (("fastpass",), False), (("sms",), False)],
)
def test_a_phone_beside_a_strong_method_is_left_over(methods, expected):
    """Only who no longer needs the phone can give it up."""
    users = holder("standard", *methods)
    users = users.assign(readiness=readiness(users))

    assert [expected] == has_leftover_phone(users).tolist()
