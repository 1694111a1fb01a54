"""A sandbox served from a thread of the test process, and a client for both of its ports."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from sandbox.idp.options import Options
from sandbox.idp.server import Server


class Desk:
    """Calls to the sandbox's own interface (`control`) and to the vendor's face (`okta`)."""

    def __init__(self, endpoints) -> None:
        self.endpoints = endpoints
        self.control = httpx.Client(base_url=endpoints["control"], timeout=20)
        headers = {"Authorization": "SSWS sandbox-offramp"}
        self.okta = httpx.Client(base_url=endpoints["okta"], timeout=20, headers=headers)

    def ask(self, path, body, status=200):
        """Post to the control interface, expect *status*, and return the answer."""
        answer = self.control.post(path, json=body)
        assert status == answer.status_code, answer.text
        return answer.json()

    def read(self, path):
        """Get from the control interface."""
        answer = self.control.get(path)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def events(self):
        """Return the vendor's log as (type, result), oldest first."""
        rows = self.okta.get("/api/v1/logs?limit=1000").json()
        return [(row["eventType"], row["outcome"]["result"]) for row in rows]

    def one(self, cohort, *methods):
        """Return the login of somebody of a cohort who holds all of these methods."""
        people = self.read("/truth")
        return next(row["login"] for row in people if row["cohort"] == cohort and set(methods) <= set(row["methods"]))


@contextmanager
def running(options: Options) -> Iterator[Desk]:
    """Serve one sandbox for as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(options)
    desk = Desk(asyncio.run_coroutine_threadsafe(server.start(), loop).result(20))
    try:
        yield desk
    finally:
        desk.control.close()
        desk.okta.close()
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
