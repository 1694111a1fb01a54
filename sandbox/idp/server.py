"""Without this file nobody could reach the sandbox: two loopback ports, one process, one state."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.idp.control import Control
from sandbox.idp.faults import Fault
from sandbox.idp.okta import errors, face
from sandbox.idp.okta.wire import Reply
from sandbox.idp.options import Options
from sandbox.idp.state import Json
from sandbox.idp.tenancy import Sandbox

_HOST = "127.0.0.1"
_LIMIT_BYTES = 256 * 1024 * 1024
_ERRORS = {"429": errors.too_many, "500": errors.broken, "503": errors.read_only}
_HEADERS = {"Content-Type": "application/json"}


class Server:
    """
    The sandbox on its ports.

    Attributes:
        sandbox: What is served.
        control: URL of the sandbox's own interface, once started.
        okta: URL of the vendor's face, once started.
    """

    def __init__(self, options: Options, saved: Path | None = None) -> None:
        self.sandbox = Sandbox(options, saved)
        self.control = ""
        self.okta = ""
        self._saved = saved
        self._runners: list[web.AppRunner] = []

    async def start(self) -> Json:
        """Open both ports and return what the endpoints file holds."""
        self.okta = await self._open(self._answer_okta)
        self.control = await self._open(self._answer_control)
        self._interface = Control(self.sandbox, self.okta)
        return {"control": self.control, "okta": self.okta, "pid": os.getpid()}

    async def stop(self) -> None:
        """Close the ports and save the state where that was asked for."""
        self.sandbox.faults.clear()
        for runner in self._runners:
            await runner.cleanup()
        if self._saved is not None:
            self.sandbox.state.save(self._saved)

    async def _open(self, handler: Any) -> str:
        application = web.Application(client_max_size=_LIMIT_BYTES)
        application.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, _HOST, 0)
        await site.start()
        self._runners.append(runner)
        return f"http://{_HOST}:{runner.addresses[0][1]}"

    async def _answer_control(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        status, content = self._interface.answer(request.method, request.rel_url.raw_path_qs, body)
        return web.Response(status=status, body=json.dumps(content).encode(), headers=_HEADERS)

    async def _answer_okta(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        # Behind a proxy setting clients send the whole URL as target and any Host; only path and query count.
        target = request.rel_url.raw_path_qs
        is_let_through, told = self.sandbox.limits.take(request.rel_url.path, time.time())
        if not is_let_through:
            return _response(self._face(request, target, body, errors.too_many()), told)
        fault = self.sandbox.faults.striking(request.method, target)
        if fault is None:
            return _response(self._face(request, target, body), told)
        return await self._troubled(fault, request, target, body, told)

    def _face(self, request: web.Request, target: str, body: bytes, refusal: errors.OktaError | None = None) -> Reply:
        authorization = request.headers.get("Authorization")
        return face.answer(self.sandbox.state, self.okta, request.method, target, authorization, body, refusal=refusal)

    async def _troubled(
        self, fault: Fault, request: web.Request, target: str, body: bytes, told: Mapping[str, str]
    ) -> web.StreamResponse:
        if fault.kind in _ERRORS:
            reply = self._face(request, target, body, _ERRORS[fault.kind]())
            return _response(reply, told, _throttling(fault.seconds) if fault.kind == "429" else {})
        if fault.kind == "drop":
            self._face(request, target, body, errors.OktaError(0, "", "The connection broke."))
            return _cut(request)
        if fault.kind == "lost-answer":
            self._face(request, target, body)
            return _cut(request)
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        else:
            await fault.released.wait()
        return _response(self._face(request, target, body), told, _date())


def _throttling(seconds: float) -> Mapping[str, str]:
    """Return the vendor's headers; reset and date are both the caller's own time, as clients compare them."""
    return {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": str(int(time.time() + seconds)), **_date()}


def _date() -> Mapping[str, str]:
    return {"Date": formatdate(time.time(), usegmt=True)}


def _response(reply: Reply, *told: Mapping[str, str]) -> web.Response:
    headers = {**_HEADERS, **reply.headers}
    for more in told:
        headers.update(more)
    body = json.dumps(reply.body).encode() if reply.body is not None else b""
    return web.Response(status=reply.status, body=body, headers=headers)


def _cut(request: web.Request) -> web.Response:
    """Break the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def publish(endpoints: Path, document: Json) -> None:
    """Write the endpoints file aside and rename it, so that whoever waits for it never reads half."""
    aside = endpoints.with_suffix(f".{os.getpid()}.tmp")
    aside.write_text(json.dumps(document) + "\n")
    aside.replace(endpoints)


async def serve(options: Options, *, saved: Path | None, endpoints: Path | None) -> None:
    """
    Run a sandbox until SIGTERM or SIGINT.

    Args:
        options: How its tenant is made.
        saved: Loaded if it exists, and written at the end.
        endpoints: Written aside and renamed once everything can be reached; removed at the end.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = Server(options, saved)
    document = await server.start()
    if endpoints is not None:
        publish(endpoints, document)
    print(json.dumps(document), flush=True)
    await stopped.wait()
    await server.stop()


def withdraw(endpoints: Path) -> None:
    """Take back the endpoints file of a sandbox that has stopped."""
    endpoints.unlink(missing_ok=True)
