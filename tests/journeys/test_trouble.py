import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PULL = ("cohort", "pull", "var/again", "--execute")


@pytest.fixture(scope="module", autouse=True)
def unanswered(still):
    """A pull from a closed port, begun first because it waits for a while; others go on meanwhile."""
    with socket.socket() as held, ThreadPoolExecutor(1) as aside:
        held.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{held.getsockname()[1]}"
        yield aside.submit(still.offramp, "cohort", "pull", "var/never", "--execute", code=3, OFFRAMP_OKTA_URL=down)


@pytest.fixture
def stranger():
    """Something that answers at the tenant's address and is no tenant: what it answers can be set."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body, kind = self.server.says
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "/sign-in")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (200, b"<html>Sign in</html>", "text/html", "not JSON"),
        (302, b"", "text/html", "not JSON"),
        (401, json.dumps({"errorCode": "E0000011"}).encode(), "application/json", "401: E0000011"),
        (200, b'{"status": "up"}', "application/json", "not a list"),
        (200, b"[{}]", "application/json", "not a list"),
    ],
)
def test_whoever_answers_and_is_no_tenant_is_not_believed(still, stranger, status, body, kind, sentence):
    """A sign-in page, a refused token or another service: exit 3, one sentence, and no export."""
    stranger.says = (status, body, kind)

    refused = still.offramp(*PULL, code=3, OFFRAMP_OKTA_URL=f"http://127.0.0.1:{stranger.server_port}")

    assert ("idp-refused", True) == (refused.error, sentence in refused.told)
    assert "offramp doctor" in refused.hint
    assert not list(still.path("var").glob("again/*.jsonl"))


@pytest.mark.parametrize(
    ("named", "variable", "value"),
    [
        ("OFFRAMP_OKTA_URL", "OFFRAMP_OKTA_URL", "localhost"),
        ("OFFRAMP_OKTA_TOKEN", "OFFRAMP_OKTA_TOKEN", "t\N{LATIN SMALL LETTER O WITH DIAERESIS}ken"),
        ("OFFRAMP_OKTA_TOKEN", "OFFRAMP_OKTA_TOKEN", ""),
    ],
)
def test_an_environment_that_cannot_be_right_is_said_at_once(still, named, variable, value):
    """An address without a scheme, or a token that is none: exit 2, and the token is not shown."""
    refused = still.offramp(*PULL, code=2, OFFRAMP_NOW="", **{variable: value})

    assert ("config-invalid", True) == (refused.error, named in refused.told)
    assert not value or variable == "OFFRAMP_OKTA_URL" or value not in refused.told


def test_a_throttled_tenant_is_waited_for(still):
    """Two answers of 429 cost the seconds that the tenant asks for, and nothing else."""
    still.fault("GET", r"^/api/v1/users\?", "429", times=2, seconds=0.1)

    still.offramp(*PULL)

    assert 40 == len(still.path("var/again/users.jsonl").read_text().splitlines())


def test_a_tenant_that_is_down_is_waited_for_and_then_named(still, unanswered):
    """A closed port is asked again for a while; then exit 3 and no half of an export."""
    refused = unanswered.result()

    assert ("idp-unavailable", True) == (refused.error, "offramp doctor" in refused.hint)
    assert not list(still.path("var").glob("never/*.jsonl"))
