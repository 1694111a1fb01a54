"""A small Okta over HTTP that remembers what it was asked, and a desk that speaks to the plugin like an engine."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as p

from sandbox.providers.okta import PACKAGE
from sandbox.providers.plugin import Servicer
from sandbox.providers.values import pack, unpack

TOKENS = {tok.split(":")[-1]: tok for tok in PACKAGE.resources}
KEYS = ("okta_password", "okta_email", "phone_number", "okta_verify", "webauthn", "security_question", "google_otp")


class Aborted(Exception):
    """The plugin answered with a gRPC status; `details` are its trailing metadata."""


class Context:
    """What gRPC hands to a servicer, as far as ours uses it."""

    def __init__(self):
        self.details = {}

    def set_trailing_metadata(self, pairs):
        """Keep the metadata that travels with a status."""
        self.details = dict(pairs)

    def abort(self, code, message):
        """End the call with a status."""
        error = Aborted(message)
        error.code, error.details = code, self.details
        raise error


class Vendor:
    """Objects by path, calls in order; `answers` are used up first, each for one method."""

    def __init__(self):
        self.calls: list[tuple[str, str, Any]] = []
        self.answers: list[tuple[str, int, Any, dict[str, str]]] = []
        self.objects = {
            f"/api/v1/authenticators/{key}": {"id": f"aut-{key}", "key": key, "status": "ACTIVE"} for key in KEYS
        }
        self._numbers = itertools.count(1)

    def spoken(self) -> list[str]:
        """Return the calls since the last time as `METHOD path`, and forget them."""
        said = [f"{method} {path}" for method, path, _ in self.calls]
        self.calls.clear()
        return said

    def body(self, method: str) -> Any:
        """Return the body of the first remembered call with this method that has one."""
        return next(body for verb, _, body in self.calls if verb == method and body is not None)

    def serve(self, method: str, whole: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        """Answer one call as the vendor would, roughly: a PUT keeps the status, makes set nothing but an id."""
        self.calls.append((method, whole, body))
        if self.answers and self.answers[0][0] == method:
            return self.answers.pop(0)[1:]
        path = whole.partition("?")[0]
        owner, _, verb = path.partition("/lifecycle/")
        if verb:
            self.objects[owner]["status"] = "ACTIVE" if verb == "activate" else "INACTIVE"
            return (200, self.objects[owner], {}) if "/zones/" in path else (204, None, {})
        if method == "POST":
            made = {"priority": 1, "system": False, **body, "id": f"id{next(self._numbers)}", "status": "ACTIVE"}
            self.objects[f"{path}/{made['id']}"] = made
            return 200, made, {}
        if method == "GET" and path.rsplit("/", 1)[-1] in ("policies", "authenticators", "rules", "apps"):
            return 200, [one for key, one in self.objects.items() if key.rpartition("/")[0] == path], {}
        return self._one(method, path, body)

    def _one(self, method: str, path: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        old = self.objects.get(path)
        if old is None:
            return 404, {"errorCode": "E0000007", "errorSummary": "Not found: Resource not found"}, {}
        if method == "DELETE":
            del self.objects[path]
            return 204, None, {}
        if method == "PUT":
            kept = {"id": old["id"], "status": old["status"]}
            self.objects[path] = {"priority": old.get("priority"), **body, **kept}
        return 200, self.objects[path], {}


@contextmanager
def listening(vendor: Vendor) -> Iterator[str]:
    """Serve *vendor* on loopback; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            """Answer any method."""
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer, headers = vendor.serve(self.command, self.path, json.loads(raw) if raw else None)
            data = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            """Stay quiet."""

    for verb in ("GET", "POST", "PUT", "DELETE"):
        setattr(Handler, f"do_{verb}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Desk:
    """The plugin as an engine drives it, in this process."""

    def __init__(self, vendor: Vendor, **config: str):
        self.vendor = vendor
        self.servicer = Servicer(PACKAGE)
        self.servicer.Configure(p.ConfigureRequest(args=pack(config)), Context())

    def check(self, name: str, news: dict, olds: dict | None = None) -> tuple[dict, dict[str, str]]:
        """Return the filled inputs, and what is wrong by property path."""
        answer = self.servicer.Check(
            p.CheckRequest(urn=urn(name), olds=pack(olds or {}), news=pack(news), randomSeed=b"seed"), Context()
        )
        return unpack(answer.inputs), {one.property: one.reason for one in answer.failures}

    def checked(self, name: str, news: dict) -> dict:
        """Return the filled inputs of a program that must be right."""
        inputs, wrong = self.check(name, news)
        assert {} == wrong
        return inputs

    def create(self, name: str, news: dict, *, preview: bool = False) -> tuple[str, dict, dict]:
        """Return id, outputs and inputs."""
        inputs = self.checked(name, news)
        answer = self.servicer.Create(
            p.CreateRequest(urn=urn(name), properties=pack(inputs), preview=preview), Context()
        )
        return answer.id, unpack(answer.properties), inputs

    def diff(self, name: str, outputs: dict, inputs: dict, news: dict, ignored: tuple[str, ...] = ()) -> Any:
        """Compare the state with a program."""
        request = p.DiffRequest(
            urn=urn(name),
            olds=pack(outputs),
            old_inputs=pack(inputs),
            news=pack(self.checked(name, news)),
            ignoreChanges=ignored,
        )
        return self.servicer.Diff(request, Context())

    def update(self, name: str, identity: str, outputs: dict, news: dict) -> dict:
        """Return the new outputs."""
        request = p.UpdateRequest(id=identity, urn=urn(name), olds=pack(outputs), news=pack(self.checked(name, news)))
        return unpack(self.servicer.Update(request, Context()).properties)

    def read(self, name: str, identity: str, outputs: dict | None = None, inputs: dict | None = None) -> Any:
        """Refresh (with a state) or import (without)."""
        request = p.ReadRequest(id=identity, urn=urn(name), properties=pack(outputs or {}))
        if inputs is not None:
            request.inputs.CopyFrom(pack(inputs))
        return self.servicer.Read(request, Context())

    def delete(self, name: str, identity: str, outputs: dict) -> None:
        """Remove an object."""
        request = p.DeleteRequest(id=identity, urn=urn(name), properties=pack(outputs))
        self.servicer.Delete(request, Context())

    def invoke(self, tok: str, **args: str) -> dict:
        """Call a function."""
        return unpack(getattr(self.servicer.Invoke(p.InvokeRequest(tok=tok, args=struct(args)), Context()), "return"))


def struct(values: dict) -> Any:
    """Turn a dict into a Struct with its nulls."""
    made = Struct()
    made.update(values)
    return made


def urn(name: str) -> str:
    """Return a URN of the type with this last name, inside a component."""
    return f"urn:pulumi:dev::trial::offramp:okta:Slot${TOKENS[name]}::thing"
