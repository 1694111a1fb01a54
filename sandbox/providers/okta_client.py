"""Without this file a resource would have to know of tokens, rate limits and the look of an Okta error."""

import ipaddress
import os
import ssl
import threading
import time
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from sandbox.providers.resource import ProviderError
from sandbox.providers.values import Json

NOT_FOUND = 404
_TOO_MANY = 429
_RETRIES = 5
_LONGEST_WAIT_SECONDS = 5.0
_VISIBLE_SECONDS = 10.0


class OktaError(ProviderError):
    """Okta answered with an error, or not at all; one line that names the call."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Okta:
    """
    The Okta Management API at one loopback address.

    A 429 is waited out as the vendor's SDK does it: `X-Rate-Limit-Reset` minus `Date` plus one second, five
    times at most, and not at all where a header is missing. Nothing else is repeated, a 5xx least of all: the
    write may have taken effect.
    """

    def __init__(self, url: str, token: str, cancelled: threading.Event) -> None:
        """
        Prepare calls to *url*; nothing is sent yet.

        Raises:
            ProviderError: *url* is no http(s) address on loopback.
        """
        _refuse_the_outside(url)
        self._cancelled = cancelled
        self._longest = float(os.environ.get("OKTA_MAX_WAIT", _LONGEST_WAIT_SECONDS))
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"SSWS {token}", "Accept": "application/json"},
            timeout=60,
            trust_env=False,
            # Nobody on loopback has a certificate that a public authority signed: none is read for it.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    def get(self, path: str) -> Any:
        """Read one object or one page."""
        return self._call("GET", path).json()

    def find(self, path: str) -> Json | None:
        """Read one object; None where there is none."""
        try:
            return cast("Json", self.get(path))
        except OktaError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def all(self, path: str) -> list[Json]:
        """Read every page of a list; only path and query of the `next` link count, as in the vendor's SDK."""
        found: list[Json] = []
        following: str | None = path
        while following:
            answer = self._call("GET", following)
            found += answer.json()
            link = urlsplit(answer.links.get("next", {}).get("url", ""))
            following = f"{link.path}?{link.query}" if link.path else None
        return found

    def until_visible(self, path: str) -> Json:
        """Read an object that was just made, for as long as the vendor says that it does not exist."""
        pause, deadline = 0.1, time.monotonic() + _VISIBLE_SECONDS
        while (found := self.find(path)) is None:
            if time.monotonic() + pause > deadline or self._cancelled.wait(pause):
                raise OktaError(f"GET {path}: the new object hasn't become visible in {_VISIBLE_SECONDS:.0f} s")
            pause *= 1.5
        return found

    def post(self, path: str, body: Json | None = None) -> Json:
        """Create, or change a life cycle (no body; the answer may be empty)."""
        answer = self._call("POST", path, body)
        return cast("Json", answer.json()) if answer.content else {}

    def put(self, path: str, body: Json | None = None) -> Json:
        """Replace."""
        answer = self._call("PUT", path, body)
        return cast("Json", answer.json()) if answer.content else {}

    def delete(self, path: str) -> None:
        """Delete; what is gone already is no error."""
        try:
            self._call("DELETE", path)
        except OktaError as error:
            if error.status != NOT_FOUND:
                raise

    def _call(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        for attempt in range(_RETRIES + 1):
            try:
                answer = self._http.request(method, path, json=body)
            except httpx.HTTPError as error:
                raise OktaError(f"{method} {path}: no answer ({type(error).__name__}: {error})") from error
            wait = _wait_seconds(answer)
            if answer.status_code != _TOO_MANY or wait is None or attempt == _RETRIES:
                break
            if self._cancelled.wait(min(wait, self._longest)):
                raise OktaError(f"{method} {path}: cancelled while waiting for the rate limit")
        if answer.is_success:
            return answer
        raise OktaError(f"{method} {path} answered {_sentence(answer)}", answer.status_code)


def _refuse_the_outside(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if parts.scheme not in ("http", "https") or not is_loopback:
        raise ProviderError(
            f"this stand-in for the okta provider talks to loopback only, not to {url!r}; set okta:httpProxy "
            "(or OKTA_HTTP_PROXY) to the sandbox, or use the official plugin for a real tenant"
        )


def _wait_seconds(answer: httpx.Response) -> float | None:
    try:
        now = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        return max(0.0, float(answer.headers["X-Rate-Limit-Reset"]) - now + 1)
    except (KeyError, ValueError):
        return None


def _sentence(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return f"{answer.status_code} {answer.text[:200]}".strip()
    causes = "; ".join(cause.get("errorSummary", "") for cause in body.get("errorCauses") or [])
    said = f"{answer.status_code} {body.get('errorCode', '')}: {body.get('errorSummary', '')}"
    return f"{said} ({causes})" if causes else said
