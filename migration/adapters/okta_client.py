"""Without this file every call to Okta would translate its own errors: one client, its pages and its refusals."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from migration.adapters.retrying import THROTTLED, Pace, send
from migration.errors import ConfigInvalid, IdpRefused, IdpUnavailable

NOT_FOUND = 404
CLIENT_ERRORS = 400
SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its elements, and path and query of the next one; None is the last."""

    rows: Sequence[dict[str, Any]]
    following: str | None


class OktaClient:
    """The Okta Management API of one tenant."""

    def __init__(self, url: str, token: str) -> None:
        """
        Prepare a client; nothing is sent yet.

        Raises:
            ConfigInvalid: The address is none, or the token has characters that no request can carry.
        """
        self.url = url.rstrip("/")
        _require_usable(self.url, token)
        self._client = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"SSWS {token}", "Accept": "application/json"},
            timeout=30,
        )

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """
        Return one object.

        Raises:
            IdpRefused: The answer is something else.
        """
        found = _document(self._call("GET", path, params=params))
        if not isinstance(found, dict):
            raise _no("an object", path)
        return found

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """
        Yield every element of a paged list.

        Raises:
            IdpRefused: A page is not a list of objects that each have an id.
        """
        page = self.page(str(self._client.build_request("GET", path, params=params).url.raw_path, "ascii"))
        yield from page.rows
        while page.following:
            page = self.page(page.following)
            yield from page.rows

    def page(self, path: str, *, named: str = "id", pace: Pace | None = None, absent_is_fine: bool = False) -> Page:
        """
        Return one page of a list; several threads may ask at once.

        Args:
            path: Path and query, as the vendor's link gives it.
            named: What each element has: a log's have a uuid instead of an id.
            pace: Decides when each attempt may leave.
            absent_is_fine: A 404 is a list without elements.

        Raises:
            IdpRefused: The page is not a list of objects that each have a name.
        """
        response = self._call("GET", path, pace=pace, absent_is_fine=absent_is_fine)
        if response.status_code == NOT_FOUND:
            return Page((), None)
        document = _document(response)
        rows = document.get("value") if isinstance(document, dict) else document
        if not isinstance(rows, list) or not all(isinstance(row, dict) and named in row for row in rows):
            raise _no(f"a list of things with an {named}", path.partition("?")[0])
        return Page(rows, _following(response, document))

    def put(self, path: str) -> None:
        """Send a PUT without a body, as memberships take it."""
        self._call("PUT", path)

    def delete(self, path: str) -> None:
        """Send a DELETE; what is gone already is no error."""
        self._call("DELETE", path, absent_is_fine=True)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        absent_is_fine: bool = False,
        pace: Pace | None = None,
    ) -> httpx.Response:
        request = self._client.build_request(method, path, params=params)
        place = f"{method} {request.url.path}"
        try:
            response = send(self._client, request, pace=pace)
        except httpx.HTTPError as error:
            raise IdpUnavailable(
                f"The tenant does not answer: {type(error).__name__}",
                context=place,
                hint="offramp doctor names the address; try again when it answers",
            ) from error
        if response.status_code == THROTTLED:
            raise IdpUnavailable(
                "The tenant throttles, and kept doing so", context=place, hint="try again in a few minutes"
            )
        if response.status_code >= SERVER_ERRORS:
            raise IdpUnavailable(
                f"The tenant failed with {response.status_code}",
                context=place,
                hint="try again in a few minutes",
            )
        if response.status_code >= CLIENT_ERRORS and not (absent_is_fine and response.status_code == NOT_FOUND):
            raise IdpRefused(
                f"The tenant refused with {response.status_code}: {_summary(response)}",
                context=place,
                hint="offramp doctor checks the address and the token's rights",
            )
        return response


def _require_usable(url: str, token: str) -> None:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in {"http", "https"} or not address.host:
        raise ConfigInvalid(
            "The tenant's address is none", context="OFFRAMP_OKTA_URL", hint="write it as https://acme.okta.com"
        )
    if not (token.isascii() and token.isprintable()):
        # Never shown, not even the character that is wrong: it is part of a secret.
        raise ConfigInvalid(
            "The token has characters that no token has",
            context="OFFRAMP_OKTA_TOKEN",
            hint="copy it again, without a line break or quotation marks",
        )


def _no(wanted: str, path: str) -> IdpRefused:
    return IdpRefused(
        f"The tenant answered with something that is not {wanted}",
        context=f"GET {path}",
        hint="is the address that of an Okta tenant? offramp doctor",
    )


def _following(response: httpx.Response, document: Any) -> str | None:
    """Return path and query of the next page: a link in the header, or in the body where the vendor pages there."""
    url = response.links.get("next", {}).get("url")
    if not url and isinstance(document, dict):
        links = document.get("_links")
        onward = links.get("next") if isinstance(links, dict) else None
        url = onward.get("href") if isinstance(onward, dict) else None
    # Path and query alone: wherever a link leads, the token goes to the tenant only.
    return httpx.URL(url).raw_path.decode() if url else None


def _document(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise IdpRefused(
            "The tenant answered with something that is not JSON",
            context=f"{response.request.method} {response.request.url.path}",
            hint="is the address that of an Okta tenant? offramp doctor",
        ) from error


def _summary(response: httpx.Response) -> str:
    try:
        answer = response.json()
    except json.JSONDecodeError:
        return "no explanation"
    return str(answer.get("errorCode", "")) if isinstance(answer, dict) else "no explanation"
