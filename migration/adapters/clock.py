"""Without this file nobody would know what time it is: the machine's clock, or the one that OFFRAMP_NOW names."""

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from migration.errors import ConfigInvalid, IdpUnavailable


def is_loopback(url: str) -> bool:
    """Say whether *url* points to this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def clock(follow: str | None, target: str) -> Callable[[], datetime]:
    """
    Return the clock to use: the machine's, or the one behind the URL *follow*.

    Another clock is honoured only where both it and the tenant are on this machine: elsewhere it could move
    freezes, evidence and expiries.

    Raises:
        ConfigInvalid: *follow* is set for a tenant that is not on this machine.
    """
    if not follow:
        return lambda: datetime.now(UTC).replace(microsecond=0)
    if not (is_loopback(follow) and is_loopback(target)):
        raise ConfigInvalid(
            "OFFRAMP_NOW is honoured for loopback targets only",
            context=f"tenant {target}",
            hint="unset OFFRAMP_NOW",
        )

    def now() -> datetime:
        try:
            answer = httpx.get(follow, timeout=10).raise_for_status().json()
            return datetime.fromisoformat(answer["at"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise IdpUnavailable(
                "The clock that OFFRAMP_NOW names does not answer",
                context=follow,
                hint="start it, or unset OFFRAMP_NOW",
            ) from error

    return now
