"""Without this file nobody could tell whose device makes a passkey at the next prompt, and who must be sent a key."""

import re
from collections.abc import Mapping

PLATFORMS = ("windows", "macos", "ios", "android", "chromeos", "linux")
Version = tuple[int, ...]
# The first version that makes a passkey of every kind that a target may ask for. Source: Microsoft, "Plan a
# phishing-resistant passwordless authentication deployment", read 2026-11; 18362 is Windows 10 1903.
FIRST_ABLE: Mapping[str, Version] = {
    "windows": (10, 0, 18362),
    "macos": (13,),
    "ios": (17,),
    "android": (14,),
}
# From here it keeps synced passkeys, but no app of the identity provider can keep one in it: whether that is enough
# depends on more than the device. Sources: Apple's developer forums, thread 718864; Google, "Passkey support on
# Android and Chrome", read 2026-11.
FIRST_SYNCED: Mapping[str, Version] = {"ios": (16,), "android": (9,)}
NEVER = frozenset({"linux"})  # no platform authenticator: a security key is needed
# Source: Microsoft, "Windows 10 release information". What is called 20H2 or later is newer than all of these.
WINDOWS_RELEASES: Mapping[str, int] = {
    "1507": 10240,
    "1511": 10586,
    "1607": 14393,
    "1703": 15063,
    "1709": 16299,
    "1803": 17134,
    "1809": 17763,
    "1903": 18362,
    "1909": 18363,
    "2004": 19041,
}
# Builds that only Windows Server has: 2022 and 23H2. Nobody carries a server about.
SERVER_BUILDS = frozenset({20348, 25398})
NUMBERS = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
HALF_YEAR = re.compile(r"\b(?:19|2\d)h[12]\b", re.ASCII)  # 22H2
RELEASE = re.compile(r"\b(?:15|16|17|18|19|20)\d{2}\b", re.ASCII)
APPLE_BUILD = re.compile(r"\d{2}[a-z]\d+[a-z]?", re.ASCII)  # 22G513
BUILD = 10_000  # Windows 10 began at 10240; no version of anything is as high
FIRST_DARWIN, LAST_DARWIN = 16, 25  # no macOS has these numbers: they are its kernel's
# Some inventories tell Android's API level: 33 is Android 13, and 31 is 12 as 32 is.
FIRST_API_LEVEL, LAST_API_LEVEL_OF_12 = 26, 31


def can_make_passkey(platform: str, os_version: str | None) -> bool | None:
    """Say whether a device can make a passkey of its own; None where nobody can tell.

    Args:
        platform: One of PLATFORMS.
        os_version: As an inventory writes it: "17.4.1", "10.0.22631.4037", "Windows 11 23H2", "14", "22G513".
    """
    told = (os_version or "").casefold()
    if platform in NEVER or (platform == "windows" and "server" in told):
        return False
    first = FIRST_ABLE.get(platform)
    version = version_of(platform, told)
    if first is None or version is None:
        return None
    if platform == "windows" and version[:2] == first[:2] and version[2] in SERVER_BUILDS:
        return False
    if version >= first:
        return True
    synced = FIRST_SYNCED.get(platform)
    return None if synced is not None and version >= synced else False


def version_of(platform: str, told: str) -> Version | None:
    """Return a version as numbers, that of Windows 10 and 11 as 10.0.BUILD; None where the text has none.

    Args:
        platform: One of PLATFORMS.
        told: The inventory's text, case folded.
    """
    if platform == "windows":
        return _windows(told)
    found = NUMBERS.search(told)
    if found is None:
        return None
    # Ten digits are no version, and some thousands of them would not become a number.
    version = tuple(int(part[:9]) for part in found.group().split("."))
    if platform in {"macos", "ios"}:
        return _apple(platform, version, is_build=APPLE_BUILD.fullmatch(told.strip()) is not None)
    return _android(version) if platform == "android" else version


def _android(version: Version) -> Version:
    level = version[0]
    if level < FIRST_API_LEVEL:
        return version
    return (level - (19 if level <= LAST_API_LEVEL_OF_12 else 20),)


def _apple(platform: str, version: Version, *, is_build: bool) -> Version:
    """Turn the number of a build, or of the kernel that macOS is built on, into that of the system."""
    number = version[0]
    if is_build:
        # 20A is iOS 16 and macOS 11. From 26 on, Apple numbers every system alike, and builds begin with 23 and 25.
        return (number - (4 if platform == "ios" else 9),)
    if platform == "macos" and FIRST_DARWIN <= number <= LAST_DARWIN:
        return (number - 9,)
    return version


def _windows(told: str) -> Version | None:
    numbers = [tuple(int(part[:9]) for part in found.split(".")) for found in NUMBERS.findall(told)]
    for number in numbers:
        build = number[2] if number[:2] == (10, 0) and len(number) > 2 else number[0]  # noqa: PLR2004 - 10.0.BUILD
        if build >= BUILD:
            return (10, 0, build)
    if HALF_YEAR.search(told):
        return (10, 0, 19042)
    release = RELEASE.search(told)
    if release:
        build = WINDOWS_RELEASES.get(release.group(), 0)
        return (10, 0, build) if build else None
    if not numbers or numbers[0][0] == 10:  # noqa: PLR2004 - Windows 10, and nobody knows which
        return None
    return (10, 0, 22000) if numbers[0][0] == 11 else numbers[0]  # noqa: PLR2004 - a name: its builds say 10.0
