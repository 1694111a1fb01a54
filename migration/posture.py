"""Without this file nobody could say what a stage means: who decides each path, and what it accepts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum


class Method(StrEnum):
    """A way to show who you are, in our words; every dialect translates or names the gap."""

    PASSWORD = "password"  # noqa: S105 - the name of a method, not a secret
    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    QUESTION = "question"
    TOTP = "totp"
    APP_CODE = "app_code"
    PUSH = "push"
    FASTPASS = "fastpass"
    PASSKEY_SYNCED = "passkey_synced"
    PASSKEY_BOUND = "passkey_bound"
    SECURITY_KEY = "security_key"
    WINDOWS_HELLO = "windows_hello"
    TAP = "tap"


class Stage(IntEnum):
    """Where a lane is; what may follow what is `lifecycle.NEXT`, never `stage + 1`."""

    PLANNED = 0
    ENROL = 1
    REHEARSE = 2
    ENFORCE = 3
    RELAXED = 4
    RETIRE = 5


class Target(StrEnum):
    """What a path accepts once ours decides it; a small catalogue, never one per cohort."""

    NOTHING = "nothing"  # a free slot: whatever switched it on by accident would open nothing
    PHISHING_RESISTANT = "phishing-resistant"
    DEVICE_BOUND = "device-bound"
    HARDWARE_KEY = "hardware-key"


class Decides(StrEnum):
    """Whose policy decides a path: what a stage does not change is theirs, and ours is INACTIVE."""

    THEIRS = "theirs"
    OURS = "ours"


ACCEPTED: Mapping[Target, frozenset[Method]] = {
    Target.NOTHING: frozenset(),
    Target.PHISHING_RESISTANT: frozenset(
        {Method.FASTPASS, Method.PASSKEY_SYNCED, Method.PASSKEY_BOUND, Method.SECURITY_KEY}
    ),
    Target.DEVICE_BOUND: frozenset({Method.FASTPASS, Method.PASSKEY_BOUND, Method.SECURITY_KEY}),
    Target.HARDWARE_KEY: frozenset({Method.PASSKEY_BOUND, Method.SECURITY_KEY}),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a proof lasts; minutes, never longer than what the tenant allows today."""

    session_minutes: int
    idle_minutes: int
    reauthenticate_minutes: int

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, changed by nobody


@dataclass(frozen=True, slots=True)
class Posture:
    """
    Our policy model for one set of people: each path, who decides it, and what it then accepts.

    `sign_in` covers every app and which authenticators may be used at all; `session` the global session;
    `recovery` password reset and unlock; `binding` adding and removing authenticators other than phones;
    `new_phones` the enrolment of a phone, which ours always refuses; `canary` sign-in at the one app that shows
    ahead of time what ENFORCE will do. `also` is what an exception accepts at sign-in beside the target.
    """

    target: Target
    recovery_target: Target
    sign_in: Decides
    session: Decides
    recovery: Decides
    binding: Decides
    new_phones: Decides
    limits: Limits
    canary: Decides = Decides.THEIRS
    also: tuple[Method, ...] = ()

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, changed by nobody


@dataclass(frozen=True, slots=True)
class Aim:
    """
    Where a cohort is going: what ENFORCE accepts, at sign-in and at recovery, and how long a proof lasts.

    `desk_only` people bind their first strong method at the supervised desk and nowhere else, from ENROL on.
    """

    target: Target
    recovery_target: Target
    limits: Limits
    desk_only: bool = False


# A cohort that is not named here is recognised and planned, and stays PLANNED.
AIMS: Mapping[str, Aim] = {
    "administrators": Aim(Target.DEVICE_BOUND, Target.DEVICE_BOUND, Limits(240, 15, 60), desk_only=True),
    "standard": Aim(Target.PHISHING_RESISTANT, Target.PHISHING_RESISTANT, Limits(480, 60, 480)),
}
# Nobody recovers an emergency account by self-service: its second key lies in another safe.
BREAK_GLASS = Aim(Target.HARDWARE_KEY, Target.NOTHING, Limits(60, 15, 15))

_OURS_AT: Mapping[Stage, frozenset[str]] = {
    Stage.PLANNED: frozenset(),
    Stage.ENROL: frozenset({"new_phones"}),
    Stage.REHEARSE: frozenset({"new_phones", "canary"}),
    Stage.ENFORCE: frozenset({"sign_in", "session", "recovery", "binding", "new_phones", "canary"}),
    # Back from ENFORCE only sign-in opens again: a wider recovery or enrolment would outlive the incident.
    Stage.RELAXED: frozenset({"recovery", "binding", "new_phones"}),
    Stage.RETIRE: frozenset({"sign_in", "session", "recovery", "binding", "new_phones", "canary"}),
}
_ENROLLING = frozenset({Stage.ENROL, Stage.REHEARSE})
_BY_THE_DESK = frozenset({"binding"})


def posture_at(aim: Aim, stage: Stage) -> Posture:
    """
    Say what *stage* means for people with this *aim*.

    The content is that of the aim at every stage and only who decides differs, so that a step switches paths
    on and off and never shows a half-written policy to anyone.
    """
    ours = _OURS_AT[stage] | (_BY_THE_DESK if aim.desk_only and stage in _ENROLLING else frozenset())

    def decides(path: str) -> Decides:
        return Decides.OURS if path in ours else Decides.THEIRS

    return Posture(
        target=aim.target,
        recovery_target=aim.recovery_target,
        sign_in=decides("sign_in"),
        session=decides("session"),
        recovery=decides("recovery"),
        binding=decides("binding"),
        new_phones=decides("new_phones"),
        limits=aim.limits,
        canary=decides("canary"),
    )


def parked() -> Posture:
    """Say what a free slot holds: nothing decides, and nothing would be accepted."""
    return posture_at(Aim(Target.NOTHING, Target.NOTHING, Limits(5, 5, 5)), Stage.PLANNED)


def excepted(aim: Aim, *, also: tuple[Method, ...], limits: Limits) -> Posture:
    """
    Say what an exception holds for people with this *aim*: the target or *also* at sign-in, and nothing else of ours.

    Recovery, session and enrolment fall through to the set that the person is in, so an exception opens none of them.
    """
    return replace(posture_at(aim, Stage.PLANNED), sign_in=Decides.OURS, canary=Decides.OURS, also=also, limits=limits)
