import pytest

from cohorts.method_words import ENTRA_TYPES, ENTRA_WORDS, KEY_NAMES, OKTA_TYPES, OKTA_WORDS
from cohorts.methods import NO_METHOD, decode, encode, method_bits
from cohorts.snapshot import METHODS

GRAPH = "#microsoft.graph."


@pytest.mark.parametrize(
    ("name", "method", "is_assumed"),
    [
        ("YubiKey 5 NFC", "security_key", False),
        ("Google Titan Security Key v2", "security_key", False),
        ("Windows Hello Hardware Authenticator", "passkey_bound", False),
        ("MacBook Touch ID", "passkey_bound", False),
        ("iCloud Keychain", "passkey_synced", False),
        ("iCloud Keychain (Touch ID)", "passkey_synced", False),
        ("Google Password Manager", "passkey_synced", False),
        ("Authenticator", "passkey_synced", True),
        (None, "passkey_synced", True),
    ],
)
def test_a_webauthn_key_is_told_by_its_name(name, method, is_assumed):
    """The weaker reading wins where a name allows two, and an unknown name is the weakest."""
    assert (encode([method]), is_assumed) == method_bits("okta", "webauthn", "FIDO", name)


@pytest.mark.parametrize(
    ("factor_type", "provider", "methods"),
    [
        ("sms", "OKTA", ("sms",)),
        ("call", "OKTA", ("voice",)),
        ("email", "OKTA", ("email",)),
        ("question", "OKTA", ("question",)),
        ("push", "OKTA", ("push",)),
        ("push", "CUSTOM", ("push",)),
        ("signed_nonce", "OKTA", ("fastpass",)),
        ("token:software:totp", "OKTA", ("app_code",)),
        ("token:software:totp", "GOOGLE", ("totp",)),
        ("token:hardware", "YUBICO", ("totp",)),
        ("token:hotp", "CUSTOM", ("totp",)),
        ("token", "RSA", ("totp",)),
        ("web", "DUO", ("push",)),
    ],
)
def test_an_okta_factor_type_is_a_method(factor_type, provider, methods):
    """A code is the vendor's own app's or somebody else's."""
    assert (encode(methods), False) == method_bits("okta", factor_type, provider, None)


@pytest.mark.parametrize(
    ("word", "methods"),
    [
        ("SMS Authentication", ("sms",)),
        ("Voice Call Authentication", ("voice",)),
        ("Phone", ("sms", "voice")),
        ("Okta Verify", ("app_code", "push")),
        ("Okta Verify Push", ("push",)),
        ("Okta FastPass", ("fastpass",)),
        ("RSA / On-Prem MFA", ("totp",)),
        ("YubiKey Token", ("totp",)),
        ("Google Authenticator", ("totp",)),
        ("Password", ("password",)),
    ],
)
def test_okta_s_reports_use_words_of_their_own(word, methods):
    """An authenticator of a report may be several methods: nobody can tell which of them is used."""
    assert (encode(methods), False) == method_bits("okta", word)


@pytest.mark.parametrize("word", ["FIDO2 (WebAuthn)", "WebAuthn", "Security Key or Biometric Authenticator"])
def test_a_report_that_names_no_key_gives_the_weakest(word):
    """Nobody may become ready by a word that does not say what the key is."""
    assert (encode(["passkey_synced"]), True) == method_bits("okta", word)


@pytest.mark.parametrize(
    ("method_type", "methods"),
    [
        ("passwordAuthenticationMethod", ("password",)),
        ("emailAuthenticationMethod", ("email",)),
        ("phoneAuthenticationMethod", ("sms", "voice")),
        ("microsoftAuthenticatorAuthenticationMethod", ("app_code", "push")),
        ("softwareOathAuthenticationMethod", ("totp",)),
        ("hardwareOathAuthenticationMethod", ("totp",)),
        ("windowsHelloForBusinessAuthenticationMethod", ("windows_hello",)),
        ("platformCredentialAuthenticationMethod", ("passkey_bound",)),
        ("temporaryAccessPassAuthenticationMethod", ("tap",)),
    ],
)
def test_an_entra_method_is_told_by_its_type(method_type, methods):
    """With Graph's prefix, or without it."""
    assert (encode(methods), False) == method_bits("entra", GRAPH + method_type)
    assert (encode(methods), False) == method_bits("entra", method_type)


@pytest.mark.parametrize(
    ("phone_type", "methods"),
    [
        ("mobile", ("sms", "voice")),
        ("alternateMobile", ("voice",)),
        ("office", ("voice",)),
        (None, ("sms", "voice")),
        ("pager", ("sms", "voice")),
    ],
)
def test_only_the_first_mobile_phone_gets_messages(phone_type, methods):
    """A phone of which nobody says what it is may get them too: nothing that must be closed is overlooked."""
    assert (encode(methods), False) == method_bits("entra", f"{GRAPH}phoneAuthenticationMethod", phone_type)


@pytest.mark.parametrize(
    ("passkey_type", "model", "method", "is_assumed"),
    [
        (None, "YubiKey 5 NFC", "security_key", False),
        (None, "Microsoft Authenticator", "passkey_bound", False),
        (None, "SomeKey 3000", "passkey_synced", True),
        ("deviceBound", "SomeKey 3000", "passkey_bound", False),
        ("deviceBound", "YubiKey 5 NFC", "security_key", False),
        ("deviceBound", "iCloud Keychain", "passkey_synced", False),
        ("synced", "YubiKey 5 NFC", "passkey_synced", False),
        ("unknownFutureValue", None, "passkey_synced", True),
    ],
)
def test_an_entra_passkey_is_told_by_its_type_and_its_model(passkey_type, model, method, is_assumed):
    """Where the two contradict each other, the weaker claim counts."""
    told = method_bits("entra", f"{GRAPH}fido2AuthenticationMethod", passkey_type, model)

    assert (encode([method]), is_assumed) == told


@pytest.mark.parametrize(
    ("word", "methods", "is_assumed"),
    [
        ("mobilePhone", ("sms", "voice"), False),
        ("Mobile phone", ("sms", "voice"), False),
        ("officePhone", ("voice",), False),
        ("alternateMobilePhone", ("voice",), False),
        ("microsoftAuthenticatorPush", ("push",), False),
        ("Microsoft Authenticator app (push notification)", ("push",), False),
        ("microsoftAuthenticatorPasswordless", ("push",), False),
        ("softwareOneTimePasscode", ("totp",), False),
        ("hardwareOneTimePasscode", ("totp",), False),
        ("email", ("email",), False),
        ("securityQuestion", ("question",), False),
        ("windowsHelloForBusiness", ("windows_hello",), False),
        ("Windows Hello for Business", ("windows_hello",), False),
        ("fido2SecurityKey", ("security_key",), False),
        ("fido2", ("passkey_synced",), True),
        ("passKeyDeviceBound", ("passkey_bound",), False),
        ("Passkey (device-bound)", ("passkey_bound",), False),
        ("passKeyDeviceBoundAuthenticator", ("passkey_bound",), False),
        ("Passkey (Microsoft Authenticator)", ("passkey_bound",), False),
        ("passKeyDeviceBoundWindowsHello", ("passkey_bound",), False),
        ("passKeySynced", ("passkey_synced",), False),
        ("temporaryAccessPass", ("tap",), False),
        ("macOsSecureEnclaveKey", ("passkey_bound",), False),
    ],
)
def test_what_entra_lists_as_registered_is_understood(word, methods, is_assumed):
    """The words of the report and of the portal's CSV; signs and spaces do not matter."""
    assert (encode(methods), is_assumed) == method_bits("entra", word)


@pytest.mark.parametrize(
    ("idp", "word"),
    [
        ("okta", "u2f"),
        ("okta", "claims_provider"),
        ("okta", "Smart Card Authenticator"),
        ("entra", f"{GRAPH}qrCodePinAuthenticationMethod"),
        ("entra", "externalAuthMethod"),
        ("entra", "None"),
    ],
)
def test_a_word_may_stand_for_no_method_of_ours(idp, word):
    """It is understood, so it is no reject; and no target can name it, so nobody is ready by it."""
    bits, is_assumed = method_bits(idp, word)

    assert (NO_METHOD, False) == (bits, is_assumed)
    assert () == decode(bits)


@pytest.mark.parametrize("word", ["carrier pigeon", "", None, "()", "#microsoft.graph.telepathyAuthenticationMethod"])
@pytest.mark.parametrize("idp", ["okta", "entra"])
def test_a_word_that_nobody_knows_is_nothing(idp, word):
    """It is a reject, and no guess."""
    assert (0, False) == method_bits(idp, word)


def test_every_word_of_the_tables_can_be_met_and_names_methods_that_there_are():
    """A typing error in a table would be a method that nobody ever holds."""
    for words in (OKTA_WORDS, ENTRA_WORDS):
        assert all(word == word.casefold() and word.isalnum() for word in words)
    assert all(word == word.casefold() for word in (*OKTA_TYPES, *ENTRA_TYPES))
    assert all(word == word.casefold() for _, words in KEY_NAMES for word in words)
    named = {
        method
        for words in (OKTA_TYPES, OKTA_WORDS, ENTRA_TYPES, ENTRA_WORDS)
        for row in words.values()
        for method in row
    }
    assert named <= set(METHODS)


def test_bits_keep_every_method_and_its_place():
    """What is folded into bits comes back, in the catalogue's order."""
    assert METHODS == decode(encode(reversed(METHODS)))
    assert () == decode(encode(()))
    assert encode(METHODS) < NO_METHOD
