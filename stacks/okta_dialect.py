"""Without this file our words would have no Okta for them: targets, authenticator keys and who decides."""

import json
from collections.abc import Mapping, Sequence

from migration.posture import Decides, Method, Target

STATUS: Mapping[Decides, str] = {Decides.OURS: "ACTIVE", Decides.THEIRS: "INACTIVE"}

# Several of our methods share one switch in Okta: closing it closes all of them.
AUTHENTICATOR: Mapping[Method, str] = {
    Method.PASSWORD: "okta_password",
    Method.SMS: "phone_number",
    Method.VOICE: "phone_number",
    Method.EMAIL: "okta_email",
    Method.QUESTION: "security_question",
    Method.TOTP: "google_otp",
    Method.APP_CODE: "okta_verify",
    Method.PUSH: "okta_verify",
    Method.FASTPASS: "okta_verify",
    Method.PASSKEY_SYNCED: "webauthn",
    Method.PASSKEY_BOUND: "webauthn",
    Method.SECURITY_KEY: "webauthn",
}
NOT_IN_THIS_DIALECT: Mapping[Method, str] = {
    Method.WINDOWS_HELLO: "Okta sees a Windows Hello credential as a bound passkey",
    Method.TAP: "the official provider has no key for temporary access codes",
}

# What each target takes away from the authenticators that people may enrol and use today; never adds.
CLOSED: Mapping[Target, frozenset[str]] = {
    Target.NOTHING: frozenset(AUTHENTICATOR.values()) - {"okta_password"},
    Target.PHISHING_RESISTANT: frozenset({"phone_number"}),
    Target.DEVICE_BOUND: frozenset({"phone_number", "google_otp", "security_question"}),
    Target.HARDWARE_KEY: frozenset({"phone_number", "google_otp", "security_question", "okta_verify"}),
}

_STRONG = {"required": True, "phishingResistant": "REQUIRED", "userPresence": "REQUIRED"}
_BOUND = _STRONG | {
    "deviceBound": "REQUIRED",
    "hardwareProtection": "REQUIRED",
    "userVerification": "REQUIRED",
}
_KEY = _BOUND | {"authenticationMethods": [{"key": "webauthn", "method": "webauthn"}]}

_PASSWORD = {"required": True, "types": ["password"]}
# What an exception accepts beside the target: its own method, and always the password with it.
_ALSO: Mapping[Method, Mapping[str, object]] = {
    Method.TOTP: {
        "possession": {"required": True, "authenticationMethods": [{"key": "google_otp", "method": "otp"}]},
        "knowledge": _PASSWORD,
    },
    Method.SECURITY_KEY: {
        # On a shared key nobody has a PIN of their own; the password takes the place of user verification.
        "possession": {key: value for key, value in _KEY.items() if key != "userVerification"},
        "knowledge": _PASSWORD,
    },
}

_CONSTRAINT: Mapping[Target, Mapping[str, object]] = {
    Target.NOTHING: _KEY,
    Target.PHISHING_RESISTANT: _STRONG,
    Target.DEVICE_BOUND: _BOUND,
    Target.HARDWARE_KEY: _KEY,
}


def access(target: Target) -> str:
    """Say whether a rule with this target lets anyone through."""
    return "DENY" if target is Target.NOTHING else "ALLOW"


def constraints(target: Target, also: Sequence[Method] = ()) -> list[str]:
    """
    Return what a rule requires, as the JSON texts that the provider takes; one of them is enough.

    What is required is named; a rule that only excluded SMS would accept a bare password.

    Raises:
        KeyError: *also* has a method for which no exception is provided.
    """
    accepted = [{"possession": _CONSTRAINT[target]}, *(_ALSO[method] for method in also)]
    return [json.dumps(one, sort_keys=True) for one in accepted]


def password_alone() -> list[str]:
    """Return what the registration desk asks for, as above: the password, and nothing that is held."""
    return [json.dumps({"knowledge": _PASSWORD}, sort_keys=True)]


def closed(target: Target, also: Sequence[Method] = ()) -> frozenset[str]:
    """Return the authenticators that nobody with this target may use, but for those that *also* needs."""
    return CLOSED[target] - {AUTHENTICATOR[method] for method in also}


def duration(minutes: int) -> str:
    """Return minutes as ISO 8601; 90 → PT1H30M."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")


def minutes(text: str | None) -> int | None:
    """Return an ISO 8601 duration of days, hours, minutes and seconds as whole minutes; None stays None."""
    if not text:
        return None
    total, number, in_time = 0.0, "", False
    unit = {"D": 1440.0, "H": 60.0, "M": 1.0, "S": 1 / 60}
    for sign in text.removeprefix("P"):
        if sign == "T":
            in_time = True
        elif sign.isdigit() or sign == ".":
            number += sign
        elif sign in unit and (in_time or sign == "D"):
            total, number = total + float(number) * unit[sign], ""
        else:
            raise ValueError(f"{text} is not a duration of days, hours, minutes and seconds")
    return int(total)
