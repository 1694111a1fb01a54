"""A tenant without a network between, and everything that a pull of it must have found."""

import json
import re
from collections import Counter
from threading import Lock

import httpx
from okta_org import BASE, Org

from migration.adapters.okta_client import OktaClient
from sandbox.idp.okta import face
from sandbox.idp.options import Options
from sandbox.idp.tenancy import made

FILES = ("users.jsonl", "factors.jsonl", "groups.jsonl", "roles.jsonl", "devices.jsonl")


class NoHurry:
    """A pace that lets everybody leave at once and never sleeps."""

    def enter(self, request):
        """Let it leave."""

    def leave(self, request, response):
        """Learn nothing."""

    def sleep(self, seconds):
        """Do not wait."""

    def stop(self):
        """Nobody waits."""


class PulledTenant:
    """The sandbox's face answering in this process, in pages of *page* elements; `asked` is every path it was asked."""

    def __init__(self, people=8, page=3, tenant="lived-in"):
        self.state = made(Options(people=people, tenant=tenant))
        self.org = Org(self.state)
        self.page = page
        self.asked = []
        self.troubles = []  # each is called with the request, and may answer or raise in the tenant's place
        self._turn = Lock()
        self._client = None

    def client(self):
        """Return a client of it."""
        if self._client is None:
            self._client = OktaClient(BASE, "sandbox-offramp")
            self._client._client.close()
            headers = {"Authorization": "SSWS x"}
            self._client._client = httpx.Client(
                base_url=BASE, headers=headers, transport=httpx.MockTransport(self._answer)
            )
        return self._client

    def _answer(self, request):
        with self._turn:
            target = request.url.raw_path.decode()
            self.asked.append(target)
            for trouble in self.troubles:
                if (answer := trouble(request)) is not None:
                    return answer
            # A tenant may give shorter pages than it was asked for.
            target = re.sub(r"limit=\d+", f"limit={self.page}", target)
            reply = face.answer(self.state, BASE, "GET", target, "SSWS x", b"")
            return httpx.Response(reply.status, content=json.dumps(reply.body).encode(), headers=reply.headers)

    def everything(self):
        """Return file name → every line a pull must have, counted, as the state itself has them."""
        users, groups = self.state.all("users"), self.state.all("groups")
        members = self.state.all("memberships")
        found = {
            "users.jsonl": list(users),
            "factors.jsonl": [
                (user, row["id"]) for user in users for row in self.org.ask("GET", f"/api/v1/users/{user}/factors")
            ],
            "groups.jsonl": [
                (group, groups[group]["profile"]["name"], user) for user in users for group in members.get(user, ())
            ],
            "roles.jsonl": [
                (user, row["type"]) for user in users for row in self.org.ask("GET", f"/api/v1/users/{user}/roles")
            ],
            "devices.jsonl": [(user, row["id"]) for user in users for row in self.state.all("devices").get(user, ())],
        }
        return {name: Counter(rows) for name, rows in found.items()}


KEYS = {
    "users.jsonl": lambda row: row["id"],
    "factors.jsonl": lambda row: (row["userId"], row["id"]),
    "groups.jsonl": lambda row: (row["groupId"], row["groupName"], row["userId"]),
    "roles.jsonl": lambda row: (row["userId"], row["type"]),
    "devices.jsonl": lambda row: (row["userId"], row["device"]["id"]),
}


def pulled(folder):
    """Return file name → the lines of an export, counted, by what names each."""
    return {name: Counter(map(KEYS[name], rows(folder / name))) for name in FILES}


def rows(path):
    """Return the lines of one file; one that says nobody has none."""
    read = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [] if read == [[]] else read
