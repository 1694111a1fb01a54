"""Without this file the log would speak the sandbox's words for methods; the vendor has others, and three of them."""

from typing import NamedTuple


class Logged(NamedTuple):
    """How the log names one method: its authenticator, the way it was used, the factor, and what that proved."""

    authenticator: str
    used: str
    factor: str
    proved: str = "[USER_PRESENCE]"


_BOUND_KEY = "[USER_PRESENCE, USER_VERIFYING, DEVICE_BOUND, HARDWARE_PROTECTED, PHISHING_RESISTANT]"
_KEY = "Security Key or Biometric"
# `Password`, `Use Okta FastPass` and `Get a push notification` were seen in published events, as were the factors
# PASSWORD_AS_FACTOR, SMS_FACTOR, SECURITY_QUESTION, OKTA_SOFT_TOKEN, OKTA_VERIFY_PUSH, SIGNED_NONCE, FIDO_WEBAUTHN.
# The rest follows their pattern. What kind of passkey it was, the log tells by what it proved alone.
LOGGED: dict[str, Logged] = {
    "password": Logged("Password", "Password", "PASSWORD_AS_FACTOR"),
    "sms": Logged("Phone", "SMS", "SMS_FACTOR"),
    "voice": Logged("Phone", "Voice call", "CALL_FACTOR"),
    "email": Logged("Email", "Email", "EMAIL_FACTOR"),
    "question": Logged("Security Question", "Security Question", "SECURITY_QUESTION"),
    "totp": Logged("Google Authenticator", "Enter a code", "GOOGLE_OTP", "[USER_PRESENCE, DEVICE_BOUND]"),
    "app_code": Logged("Okta Verify", "Enter a code", "OKTA_SOFT_TOKEN", "[USER_PRESENCE, DEVICE_BOUND]"),
    "push": Logged("Okta Verify", "Get a push notification", "OKTA_VERIFY_PUSH", "[USER_PRESENCE, DEVICE_BOUND]"),
    "fastpass": Logged(
        "Okta Verify", "Use Okta FastPass", "SIGNED_NONCE", "[DEVICE_BOUND, PHISHING_RESISTANT, HARDWARE_PROTECTED]"
    ),
    "passkey_synced": Logged(_KEY, _KEY, "FIDO_WEBAUTHN", "[USER_PRESENCE, USER_VERIFYING, PHISHING_RESISTANT]"),
    "passkey_bound": Logged(_KEY, _KEY, "FIDO_WEBAUTHN", _BOUND_KEY),
    "security_key": Logged(_KEY, _KEY, "FIDO_WEBAUTHN", _BOUND_KEY),
    "tap": Logged("Temporary Access Code", "Temporary Access Code", "TEMPORARY_ACCESS_CODE"),
}


def logged(method: str) -> Logged:
    """Return how the log names *method*; what this vendor does not have goes by its own name."""
    return LOGGED.get(method) or Logged(method, method, method.upper())
