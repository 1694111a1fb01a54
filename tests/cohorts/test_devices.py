import pytest

from cohorts import columns
from cohorts.devices import PLATFORMS, can_make_passkey


@pytest.mark.parametrize(
    ("platform", "os_version", "can"),
    [
        ("windows", "10.0.22631.4037", True),
        ("windows", "10.0.18362", True),
        ("windows", "10.0.18361.9", False),
        ("windows", "10.0.17763.1", False),
        ("windows", "6.1.7601", False),
        ("windows", "19045.3803", True),
        ("macos", "13", True),
        ("macos", "14.6.1", True),
        ("macos", "26.1", True),
        ("macos", "12.7.6", False),
        ("macos", "10.15.7", False),
        ("ios", "17.0", True),
        ("ios", "18.1", True),
        ("ios", "15.8.3", False),
        ("android", "14", True),
        ("android", "15.0.0", True),
        ("android", "8.1", False),
    ],
)
def test_a_device_can_make_a_passkey_from_its_platform_s_first_version_on(platform, os_version, can):
    """Versions are compared number by number, not as texts."""
    assert can is can_make_passkey(platform, os_version)


@pytest.mark.parametrize(
    ("os_version", "can"),
    [
        ("Windows 11 23H2", True),
        ("11", True),
        ("Windows 11 Enterprise", True),
        ("22H2", True),
        ("Version 22H2 (OS Build 22621.4037)", True),
        ("Windows 10 Pro 1909", True),
        ("Windows 10 19H1", True),
        ("Windows 10 2004", True),
        ("Windows 10 1809", False),
        ("1809", False),
        ("Windows 8.1", False),
        ("Windows 7", False),
        ("Windows 10", None),
        ("10", None),
        ("10.0", None),
        ("Windows 10 Enterprise 2016 LTSB", None),
    ],
)
def test_a_name_of_windows_is_read_as_its_build(os_version, can):
    """Windows 10 alone may be six years older than the first that is able: nobody can tell."""
    assert can is can_make_passkey("windows", os_version)


@pytest.mark.parametrize(
    "os_version", ["Windows Server 2019", "Windows Server 2025", "10.0.20348.2700", "10.0.25398.1"]
)
def test_a_server_is_nobody_s_passkey(os_version):
    """Its build is as new as a computer's."""
    assert can_make_passkey("windows", os_version) is False


@pytest.mark.parametrize(
    ("platform", "os_version", "can"),
    [
        ("macos", "22G513", True),
        ("macos", "21G72", False),
        ("macos", "22.1.0", True),
        ("macos", "21.6.0", False),
        ("ios", "21A329", True),
        ("ios", "17A577", False),
        ("ios", "23B82", True),
        ("android", "34", True),
        ("android", "30", None),
        ("android", "27", False),
    ],
)
def test_a_number_that_is_no_version_is_not_taken_for_a_high_one(platform, os_version, can):
    """Apple's builds, the kernel of macOS and Android's API levels count otherwise."""
    assert can is can_make_passkey(platform, os_version)


@pytest.mark.parametrize(("platform", "os_version"), [("ios", "16.7.10"), ("android", "9"), ("android", "13")])
def test_a_device_that_keeps_synced_passkeys_only_is_unclear(platform, os_version):
    """It depends on whose passkeys the identity provider takes, so nobody is promised a prompt."""
    assert can_make_passkey(platform, os_version) is None


@pytest.mark.parametrize("os_version", [None, "", "unknown", "²²"])
@pytest.mark.parametrize("platform", ["windows", "macos", "ios", "android", "chromeos"])
def test_without_a_version_nobody_can_tell(platform, os_version):
    """A missing version is unknown, never able."""
    assert can_make_passkey(platform, os_version) is None


@pytest.mark.parametrize("os_version", [None, "6.8.0", "24.04"])
def test_linux_makes_none(os_version):
    """It has no platform authenticator that an identity provider takes."""
    assert can_make_passkey("linux", os_version) is False


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("os_version", ["9" * 10_000, "1." * 5_000, "-1", "=cmd|1", "1..2", "\x00", "10.0.", "٣٤"])
def test_no_text_ends_in_a_traceback(platform, os_version):
    """An inventory is somebody else's file."""
    assert can_make_passkey(platform, os_version) in {True, False, None}


def test_every_platform_of_the_columns_has_a_place():
    """A platform without one could be read, but nobody's device would count."""
    assert columns.PLATFORMS == set(PLATFORMS)
