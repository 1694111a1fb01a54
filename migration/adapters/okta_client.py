"""Without this file every call to Okta would translate its own errors: one client, its pages and its refusals."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from migration.adapters.retrying import THROTTLED, Pace, send
from migration.errors import ConfigInvalid, IdpRefused, IdpUnavailable

NO_CONTENT = 204
CLIENT_ERRORS = 400
NOT_FOUND = 404
SERVER_ERRORS = 500
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its elements, and path and query of the next one; None is the last."""

    rows: Sequence[dict[str, Any]]
    following: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: the status, the document (None: no body), and what it says of a refusal."""

    status: int
    document: Any
    refusal: str = ""


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

    def find(self, path: str) -> dict[str, Any] | None:
        """Return one object; None where there is none."""
        response = self._call("GET", path, absent_is_fine=True)
        if response.status_code == NOT_FOUND:
            return None
        found = _document(response)
        return found if isinstance(found, dict) else None

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

    def put(self, path: str, pace: Pace | None = None) -> None:
        """Send a PUT without a body, as memberships take it; *pace* decides when each attempt may leave."""
        self._call("PUT", path, pace=pace)

    def delete(self, path: str, pace: Pace | None = None) -> None:
        """Send a DELETE; what is gone already is no error. *pace* decides when each attempt may leave."""
        self._call("DELETE", path, absent_is_fine=True, pace=pace)

    def post(self, path: str, document: Any = None, *, is_read: bool) -> Any:
        """
        Send a POST and return the document that it is answered with; None is no body.

        Args:
            path: Path and query.
            document: JSON; None sends no body.
            is_read: The call changes nothing there, so a lost answer is asked for again, as with GET. A write
                that was answered by nothing may have taken effect, and is never sent twice.
        """
        response = self._call("POST", path, document=document, is_read=is_read)
        return _document(response) if response.status_code != NO_CONTENT and response.content else None

    def question(self, path: str, document: Any) -> Answer:
        """Ask by POST, which changes nothing; a 400 or 404 is an answer here, and says why."""
        response = self._call("POST", path, document=document, is_read=True, accepts=frozenset({400, NOT_FOUND}))
        if response.status_code >= CLIENT_ERRORS:
            return Answer(response.status_code, None, _explanation(response))
        return Answer(response.status_code, _document(response))

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        document: Any = None,
        is_read: bool = False,
        absent_is_fine: bool = False,
        accepts: frozenset[int] = frozenset(),
        pace: Pace | None = None,
    ) -> httpx.Response:
        request = self._client.build_request(method, path, params=params, json=document)
        place = f"{method} {request.url.path}"
        accepts = accepts | {NOT_FOUND} if absent_is_fine else accepts
        try:
            response = self._answered(request, pace, repeats=_REPEATS if is_read else 1)
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
        if response.status_code >= CLIENT_ERRORS and response.status_code not in accepts:
            raise IdpRefused(
                f"The tenant refused with {response.status_code}: {_summary(response)}",
                context=place,
                hint="offramp doctor checks the address and the token's rights",
            )
        return response

    def _answered(self, request: httpx.Request, pace: Pace | None, *, repeats: int) -> httpx.Response:
        """Send a request; one that says that it only asks is sent again after a failure or no answer."""
        for attempt in range(1, repeats):
            try:
                response = send(self._client, request, pace=pace)
            except httpx.TransportError:
                response = None
            if response is not None and response.status_code < SERVER_ERRORS:
                return response
            time.sleep(0.2 * 2**attempt)
        return send(self._client, request, pace=pace)


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


def _explanation(response: httpx.Response) -> str:
    """Return all that a refusal says; for deciding what to ask next, never to be shown: it may name people."""
    try:
        answer = response.json()
    except json.JSONDecodeError:
        return ""
    if not isinstance(answer, dict):
        return ""
    causes = [str(cause.get("errorSummary")) for cause in answer.get("errorCauses") or () if isinstance(cause, dict)]
    return "; ".join([str(answer.get("errorCode", "")), str(answer.get("errorSummary", "")), *causes])


def _summary(response: httpx.Response) -> str:
    try:
        answer = response.json()
    except json.JSONDecodeError:
        return "no explanation"
    return str(answer.get("errorCode", "")) if isinstance(answer, dict) else "no explanation"
