from functools import partial

import httpx
import pytest

from migration.adapters.okta_client import OktaClient
from migration.adapters.retrying import ATTEMPTS, LONGEST_WAIT_SECONDS, send, waits
from migration.errors import IdpRefused, IdpUnavailable

URL = "http://localhost:1"
DATE = "Mon, 02 Nov 2026 12:00:00 GMT"
RESET = 1793620800  # the same moment in epoch seconds
READS, WRITES = ("GET", "HEAD"), ("POST", "PUT", "DELETE", "PATCH")


class Tenant:
    """A tenant that answers from a list, and keeps what it was asked and how long the client waited."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.slept = []
        self.client = httpx.Client(base_url=URL, transport=httpx.MockTransport(self._answer))

    def _answer(self, request):
        self.asked.append(request.method)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send(self, method):
        """Send one request through the code under test."""
        return send(self.client, self.client.build_request(method, "/api/v1/groups"), sleep=self.slept.append)


def throttled(**headers):
    """Make a 429 as the vendor sends it."""
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return httpx.Response(429, headers=named, json={"errorCode": "E0000047"})


@pytest.mark.parametrize("method", [*READS, *WRITES])
def test_a_throttled_call_waits_until_the_vendors_clock_says_so(method):
    """The limit resets at an epoch second of the vendor's clock, which `Date` tells; a second more for the edge."""
    tenant = Tenant(throttled(X_Rate_Limit_Reset=RESET + 17, Date=DATE), httpx.Response(200))

    assert 200 == tenant.send(method).status_code
    assert [18.0] == tenant.slept
    assert [method, method] == tenant.asked


def test_our_own_clock_counts_only_where_the_vendor_tells_none():
    """A machine whose clock is wrong must neither hammer nor sleep for an hour."""
    answer = throttled(X_Rate_Limit_Reset=RESET + 17)

    assert 8.0 == waits(answer, now=lambda: RESET + 10.0)
    assert 18.0 == waits(throttled(X_Rate_Limit_Reset=RESET + 17, Date=DATE), now=lambda: 0.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 1.0),
        ({"Retry_After": 7}, 7.0),
        ({"Retry_After": 7, "X_Rate_Limit_Reset": RESET + 30, "Date": DATE}, 7.0),
        ({"X_Rate_Limit_Reset": RESET - 30, "Date": DATE}, 1.0),
        ({"X_Rate_Limit_Reset": RESET + 86_400, "Date": DATE}, LONGEST_WAIT_SECONDS),
        ({"Retry_After": 86_400}, LONGEST_WAIT_SECONDS),
    ],
)
def test_a_wait_is_what_was_asked_for_and_never_longer_than_a_minute(headers, seconds):
    """A reset in the past still waits a moment; one far away is not believed."""
    assert seconds == waits(throttled(**headers))


def test_a_tenant_that_keeps_throttling_is_left_alone():
    """After six attempts the last answer is given back, and nobody waits behind it."""
    tenant = Tenant(throttled(Retry_After=1))

    assert 429 == tenant.send("GET").status_code
    assert ATTEMPTS == len(tenant.asked)
    assert ATTEMPTS - 1 == len(tenant.slept)


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("trouble", [500, 502, 503, 504, "dropped"])
def test_a_read_is_repeated_after_trouble(method, trouble):
    """Asking again changes nothing, and waits longer each time."""
    troubles = [broken(trouble), broken(trouble)]
    tenant = Tenant(*troubles, httpx.Response(200))

    assert 200 == tenant.send(method).status_code
    assert [method] * 3 == tenant.asked
    assert [0.4, 0.8] == tenant.slept


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [500, 503])
def test_a_write_that_failed_is_never_repeated(method, status):
    """It may have taken effect: a second one could double it."""
    tenant = Tenant(broken(status), httpx.Response(200))

    assert status == tenant.send(method).status_code
    assert ([method], []) == (tenant.asked, tenant.slept)


@pytest.mark.parametrize("method", WRITES)
def test_a_write_whose_answer_was_lost_is_never_repeated(method):
    """Nobody knows whether it arrived; whoever asked must read back first."""
    tenant = Tenant(broken("dropped"), httpx.Response(200))

    with pytest.raises(httpx.ReadError):
        tenant.send(method)
    assert ([method], []) == (tenant.asked, tenant.slept)


def broken(trouble):
    """Make one kind of trouble."""
    return httpx.ReadError("connection lost") if trouble == "dropped" else httpx.Response(trouble)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_asked_again(status):
    """A no stays a no."""
    tenant = Tenant(httpx.Response(status))

    assert status == tenant.send("GET").status_code
    assert 1 == len(tenant.asked)


def test_a_tenant_that_stays_broken_gives_its_last_answer():
    """Six reads, then the caller sees the 503."""
    tenant = Tenant(httpx.Response(503))

    assert 503 == tenant.send("GET").status_code
    assert ATTEMPTS == len(tenant.asked)


def test_a_tenant_that_stays_away_is_a_lost_connection():
    """Six reads, then an error of the library's own kind."""
    tenant = Tenant(httpx.ConnectError("refused"))

    with pytest.raises(httpx.ConnectError):
        tenant.send("GET")
    assert ATTEMPTS == len(tenant.asked)


@pytest.fixture
def okta(monkeypatch):
    """Return a client of a tenant that answers from a list, without ever waiting."""
    monkeypatch.setattr("migration.adapters.okta_client.send", partial(send, sleep=lambda _: None))

    def answering(*answers):
        client = OktaClient(URL + "/", "secret-token")
        tenant = Tenant(*answers)
        client._client = tenant.client
        return client, tenant

    return answering


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (httpx.Response(503), IdpUnavailable, "failed with 503"),
        (httpx.ConnectError("refused"), IdpUnavailable, "does not answer: ConnectError"),
        (throttled(Retry_After=0), IdpUnavailable, "throttles"),
        (httpx.Response(403, json={"errorCode": "E0000006"}), IdpRefused, "refused with 403: E0000006"),
        (httpx.Response(400, text="<html>"), IdpRefused, "refused with 400: no explanation"),
        (httpx.Response(400, json=["no"]), IdpRefused, "refused with 400: no explanation"),
        (httpx.Response(404, json={}), IdpRefused, "refused with 404"),
    ],
)
def test_the_vendors_errors_become_ours_at_the_door(okta, answer, error, said):
    """With the call that failed as context, without the token, and with exit 3."""
    client, _ = okta(answer)

    with pytest.raises(error, match=said) as caught:
        client.get("/api/v1/groups/00g1")

    assert "GET /api/v1/groups/00g1" == caught.value.context
    assert 3 == caught.value.exit_code
    assert "secret-token" not in f"{caught.value} {caught.value.context} {caught.value.hint}"


def test_the_token_and_the_address_are_sent_as_okta_wants_them():
    """`SSWS`, and no doubled slash."""
    client = OktaClient(URL + "/", "secret-token")

    assert URL == client.url
    assert "SSWS secret-token" == client._client.headers["Authorization"]


def test_taking_away_what_is_gone_already_is_no_error(okta):
    """A membership that was removed twice is removed; any other refusal still is one."""
    client, tenant = okta(httpx.Response(404, json={}), httpx.Response(403, json={}))

    client.delete("/api/v1/groups/00g1/users/00u1")
    with pytest.raises(IdpRefused):
        client.delete("/api/v1/groups/00g1/users/00u1")
    assert ["DELETE", "DELETE"] == tenant.asked


def test_putting_what_is_gone_is_an_error(okta):
    """A group that is not there cannot be joined."""
    client, _ = okta(httpx.Response(404, json={}))

    with pytest.raises(IdpRefused):
        client.put("/api/v1/groups/00g1/users/00u1")


def test_every_page_of_a_list_is_read(okta):
    """Following the vendor's own link, which names where the next page begins."""
    following = f'<{URL}/api/v1/users?after=00u2&limit=2>; rel="next"'
    client, tenant = okta(
        httpx.Response(200, json=[{"id": "00u1"}, {"id": "00u2"}], headers={"Link": following}),
        httpx.Response(200, json=[{"id": "00u3"}]),
    )

    assert ["00u1", "00u2", "00u3"] == [user["id"] for user in client.pages("/api/v1/users", {"limit": "2"})]
    assert 2 == len(tenant.asked)


def test_a_list_inside_a_document_is_a_list_too(okta):
    """As the assignees of roles are answered."""
    client, _ = okta(httpx.Response(200, json={"value": [{"id": "00u1"}]}))

    assert [{"id": "00u1"}] == list(client.pages("/api/v1/iam/assignees/users"))


@pytest.mark.parametrize("body", ['{"id": "00u1"}', '"text"', "null", "", "<html>sign in here</html>"])
def test_what_is_no_list_is_not_taken_for_an_empty_one(okta, body):
    """Silence would read as a tenant without people; a page of a proxy's is no tenant at all."""
    client, _ = okta(httpx.Response(200, text=body))

    with pytest.raises(IdpRefused, match=r"not a list|not JSON"):
        list(client.pages("/api/v1/users"))
