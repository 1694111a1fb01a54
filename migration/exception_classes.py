"""Without this file everybody could ask for an exception of their own: the fixed catalogue of what may be excused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from migration.posture import Aim, Limits, Method, Posture, excepted

LONGEST = timedelta(days=30)
MOST_RENEWALS = 2
WARNED_BEFORE = timedelta(days=7)
DESK = "supervised-desk"


@dataclass(frozen=True, slots=True)
class ExceptionClass:
    """
    One kind of exception.

    Attributes:
        key: Its name, as typed and as in the names of its groups.
        meaning: For people: who is meant.
        method: What it accepts at sign-in beside the cohort's target; None opens enrolment at the desk instead.
        must_hold: The person must hold the method already: an exception never lets anyone enrol it.
        longest: From start to end, at most.
        limits: How long a proof lasts; None is the cohort's own.
    """

    key: str
    meaning: str
    method: Method | None
    must_hold: bool
    longest: timedelta = LONGEST
    limits: Limits | None = None

    def posture(self, aim: Aim) -> Posture:
        """Return what the class holds for people with this *aim*."""
        also = (self.method,) if self.method else ()
        return excepted(aim, also=also, limits=self.limits or aim.limits)


CLASSES: Mapping[str, ExceptionClass] = {
    one.key: one
    for one in (
        ExceptionClass(
            "dated-totp",
            "a legacy device that takes no key; the person holds a TOTP app already",
            Method.TOTP,
            must_hold=True,
        ),
        ExceptionClass(
            "shared-workstation-key",
            "a shared workstation, where a key is shown at every sign-in and nothing is remembered",
            Method.SECURITY_KEY,
            must_hold=True,
            limits=Limits(60, 5, 5),
        ),
        ExceptionClass(
            DESK,
            "somebody shows who they are to two people at the registration desk and binds a passkey there",
            None,
            must_hold=False,
            longest=timedelta(days=1),
        ),
    )
}
# Those with a set of their own around each cohort; the desk has one set for everybody.
SIGN_IN_CLASSES: tuple[ExceptionClass, ...] = tuple(one for one in CLASSES.values() if one.method is not None)
# Only a signature is proof enough for these: a typed name may be anybody's.
SIGNED_ONLY = frozenset({"administrators", "finance"})


def set_key(exception_class: str, cohort: str) -> str:
    """Return the key of the set that a grant joins."""
    return "bootstrap" if exception_class == DESK else f"exception-{exception_class}-{cohort}"
