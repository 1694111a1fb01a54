"""Without this file "ready" would be a feeling, not what a person holds against what the cohort needs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cohorts.methods import encode
from cohorts.normalise import PHONES
from cohorts.snapshot import COHORTS

READY = "ready"
ONLY_WEAKER_PASSKEY = "only-weaker-passkey"
CODE_OR_PUSH_ONLY = "code-or-push-only"
PHONE_ONLY = "phone-only"
NOTHING_ENROLLED = "nothing-enrolled"
# Code → what it means, in the order in which a person gets there.
REASONS: Mapping[str, str] = {
    READY: "holds a method that the cohort's target accepts",
    ONLY_WEAKER_PASSKEY: "holds a phishing-resistant method, but none that is strong enough for this cohort",
    CODE_OR_PUSH_ONLY: "holds codes or push, which can be phished, and nothing stronger",
    PHONE_ONLY: "holds a phone number and nothing stronger",
    NOTHING_ENROLLED: "holds nothing beside a password, e-mail or a question",
}

PHISHING_RESISTANT = encode(("fastpass", "passkey_synced", "passkey_bound", "security_key", "windows_hello"))
CODE_OR_PUSH = encode(("totp", "app_code", "push"))

# A synced passkey is as safe as the account it is synced through: not enough for these two.
DEVICE_BOUND = frozenset({"fastpass", "passkey_bound", "security_key", "windows_hello"})
TARGETS: Mapping[str, frozenset[str]] = {
    cohort: DEVICE_BOUND if cohort in {"administrators", "break-glass"} else DEVICE_BOUND | {"passkey_synced"}
    for cohort in COHORTS
}


def readiness(users: pd.DataFrame, targets: Mapping[str, frozenset[str]] = TARGETS) -> pd.Series:
    """Say of each user whether the cohort's target is met, or how far away it is.

    Args:
        users: As `classify` gave them: `cohort` and `methods` are read.
        targets: Cohort → methods of which one is enough.

    Returns:
        A code of REASONS per user.

    Raises:
        KeyError: A cohort has no target.
    """
    held = users["methods"].to_numpy(dtype=np.int64)
    wanted = {cohort: encode(targets[cohort]) for cohort in users["cohort"].unique()}
    target = users["cohort"].map(wanted).to_numpy(dtype=np.int64)
    codes = np.select(
        [held & target != 0, held & PHISHING_RESISTANT != 0, held & CODE_OR_PUSH != 0, held & PHONES != 0],
        [READY, ONLY_WEAKER_PASSKEY, CODE_OR_PUSH_ONLY, PHONE_ONLY],
        default=NOTHING_ENROLLED,
    )
    return pd.Series(codes, index=users.index, dtype="string", name="readiness")


def has_leftover_phone(users: pd.DataFrame) -> pd.Series:
    """Say of each user whether they are ready and still hold SMS or voice: a way around what they hold."""
    return users["readiness"].eq(READY) & (users["methods"] & PHONES).ne(0)
