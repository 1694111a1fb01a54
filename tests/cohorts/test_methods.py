import pytest

from cohorts.methods import decode, encode, method_of
from cohorts.snapshot import METHODS


@pytest.mark.parametrize(
    ("name", "method", "is_known"),
    [
        ("YubiKey 5 NFC", "security_key", True),
        ("Google Titan Security Key v2", "security_key", True),
        ("Windows Hello Hardware Authenticator", "passkey_bound", True),
        ("MacBook Touch ID", "passkey_bound", True),
        ("iCloud Keychain", "passkey_synced", True),
        ("iCloud Keychain (Touch ID)", "passkey_synced", True),
        ("Google Password Manager", "passkey_synced", True),
        ("Authenticator", "passkey_synced", False),
        (None, "passkey_synced", False),
    ],
)
def test_a_webauthn_key_is_told_by_its_name(name, method, is_known):
    """The weaker reading wins where a name allows two, and an unknown name is the weakest."""
    assert (method, is_known) == method_of("webauthn", "FIDO", name)


@pytest.mark.parametrize(
    ("factor_type", "provider", "method"),
    [
        ("token:software:totp", "OKTA", "app_code"),
        ("token:software:totp", "GOOGLE", "totp"),
        ("token:hardware", "YUBICO", "totp"),
        ("push", "CUSTOM", "push"),
        ("u2f", "FIDO", None),
    ],
)
def test_a_factor_type_is_a_method_or_unknown(factor_type, provider, method):
    """A code is the vendor's own app's or somebody else's; what we do not know is no method."""
    assert (method, True) == method_of(factor_type, provider, None)


def test_bits_keep_every_method_and_its_place():
    """What is folded into bits comes back, in the catalogue's order."""
    assert METHODS == decode(encode(reversed(METHODS)))
    assert () == decode(encode(()))
