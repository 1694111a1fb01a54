"""Without this file the stand-in would half-do what it cannot do, instead of saying so in one sentence."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

ONLY_LOOPBACK = "the stand-in engine serves loopback targets only"

# Packages that talk to a public service unless told otherwise: (provider configuration key, environment variable).
REDIRECTED_BY = {
    "okta": ("httpProxy", "OKTA_HTTP_PROXY"),
    "azuread": ("metadataHost", "ARM_METADATA_HOSTNAME"),
}


class EngineError(Exception):
    """What a person reads after `error: `; exit_code follows the Pulumi CLI's taxonomy."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Refused(EngineError):
    """The stand-in does not model this; the sentence always names the way out."""

    def __init__(self, deed: str) -> None:
        super().__init__(f"the stand-in engine does not {deed}; use the Pulumi CLI for that")


def is_loopback(target: str) -> bool:
    """Say whether an http(s) address or a bare host with optional port stays on this machine."""
    host = urlsplit(target if "//" in target else f"//{target}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_loopback(package: str, inputs: Mapping[str, object], environment: Mapping[str, str]) -> None:
    """
    Stop a provider that could reach beyond this machine.

    Args:
        package: Plugin name, such as `okta`.
        inputs: The provider's own configuration, secrets already unwrapped.
        environment: What the plugin process would see.

    Raises:
        EngineError: A configured address is not loopback, or a package that defaults to a public service was
            not redirected at all.
    """
    prefix = f"{package.upper()}_"
    named = {f"{package}:{key}": value for key, value in inputs.items()}
    named |= {key: value for key, value in environment.items() if key.startswith(prefix)}
    for key, value in named.items():
        if isinstance(value, str) and value.startswith(("http://", "https://")) and not is_loopback(value):
            raise EngineError(f"{ONLY_LOOPBACK}; {key} points elsewhere: use the Pulumi CLI for that")
    if package in REDIRECTED_BY:
        key, variable = REDIRECTED_BY[package]
        target = inputs.get(key) or environment.get(variable)
        if not isinstance(target, str) or not is_loopback(target):
            raise EngineError(
                f"{ONLY_LOOPBACK}; neither {package}:{key} nor {variable} is a loopback address: "
                "use the Pulumi CLI for that"
            )


def package_of(token: str) -> str:
    """Name the package a type or function token belongs to."""
    if token.startswith("pulumi:providers:"):
        return token.rsplit(":", 1)[1]
    return token.split(":", 1)[0]
