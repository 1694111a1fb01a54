# ruff: noqa: D102, N802, T201 - method names and meanings are the protocol's; the port goes to standard output
"""
A provider plugin for tests: items on a shelf, kept in the JSON file that SHELF_FILE names.

SHELF_LOG names a file that gets one line when a call begins and one when it ends; SHELF_DELAY is what a create,
an update or a delete takes, in seconds. An item named `broken` cannot be created, one with size 13 is refused by Check.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
LOCK = threading.Lock()


def plain(struct):
    """Give a Struct as a dictionary with whole numbers."""

    def whole(value):
        if isinstance(value, dict):
            return {key: whole(item) for key, item in value.items()}
        if isinstance(value, list):
            return [whole(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return whole(MessageToDict(struct))


def struct(values):
    """Give a dictionary as a Struct."""
    answer = Struct()
    answer.update(values)
    return answer


def shelf():
    """Read the shelf: id to fields."""
    path = Path(os.environ["SHELF_FILE"])
    return json.loads(path.read_text()) if path.exists() else {}


def keep(items):
    """Write the shelf."""
    Path(os.environ["SHELF_FILE"]).write_text(json.dumps(items, indent=1, sort_keys=True))


def note(text):
    """Add a line to the log."""
    if path := os.environ.get("SHELF_LOG"):
        with LOCK, Path(path).open("a") as handle:
            handle.write(text + "\n")


def outputs(fields, item_id):
    """Give what the provider computes on top of the inputs."""
    return {**fields, "slot": item_id, "label": str(fields["name"]).upper()}


class Shelf(provider_pb2_grpc.ResourceProviderServicer):
    """The provider."""

    def __init__(self):
        self.prefix = ""

    def GetPluginInfo(self, _request, _context):
        return plugin_pb2.PluginInfo(version="0.1.0")

    def CheckConfig(self, request, _context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, _context):
        changed = plain(request.old_inputs) != plain(request.news)
        return provider_pb2.DiffResponse(changes=2 if changed else 1)

    def Configure(self, request, _context):
        self.prefix = request.variables.get("shelf:config:prefix", "")
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request, _context):
        fields = {"size": 1, **plain(request.news)}
        if fields["size"] == 13:
            failure = provider_pb2.CheckFailure(property="size", reason="nothing is that size")
            return provider_pb2.CheckResponse(inputs=struct(fields), failures=[failure])
        return provider_pb2.CheckResponse(inputs=struct(fields))

    def Diff(self, request, _context):
        olds, news = plain(request.old_inputs), plain(request.news)
        changed = [key for key in sorted({*olds, *news}) if olds.get(key) != news.get(key)]
        kinds = {}
        for key in changed:
            kind = "ADD" if key not in olds else "DELETE" if key not in news else "UPDATE"
            kind += "_REPLACE" if key == "kind" else ""
            kinds[key] = provider_pb2.PropertyDiff(kind=kind, inputDiff=True)
        return provider_pb2.DiffResponse(
            changes=2 if changed else 1,
            replaces=[key for key in changed if key == "kind"],
            diffs=changed,
            detailedDiff=kinds,
            hasDetailedDiff=True,
        )

    def Create(self, request, context):
        fields = plain(request.properties)
        name = fields["name"]
        if request.preview:
            return provider_pb2.CreateResponse(properties=struct({**fields, "slot": UNKNOWN, "label": UNKNOWN}))
        note(f"begin create {name}")
        time.sleep(float(os.environ.get("SHELF_DELAY", "0")))
        if name == "broken":
            context.abort(grpc.StatusCode.UNKNOWN, "the shelf fell down")
        with LOCK:
            items = shelf()
            number = max([int(each.split("-")[1]) for each in items] or [0]) + 1
            item_id = f"item-{number}"
            items[item_id] = {**fields, "prefix": self.prefix} if self.prefix else fields
            keep(items)
        note(f"end create {name}")
        return provider_pb2.CreateResponse(id=item_id, properties=struct(outputs(fields, item_id)))

    def Read(self, request, _context):
        items = shelf()
        if request.id not in items:
            return provider_pb2.ReadResponse(id="")
        found = items[request.id]
        controlled = plain(request.inputs) if request.HasField("inputs") else found
        inputs = {key: found[key] for key in controlled if key in found}
        fields = {key: value for key, value in found.items() if key != "prefix"}
        return provider_pb2.ReadResponse(
            id=request.id, properties=struct(outputs(fields, request.id)), inputs=struct(inputs)
        )

    def Update(self, request, _context):
        fields = plain(request.news)
        if not request.preview:
            note(f"begin update {fields['name']}")
            time.sleep(float(os.environ.get("SHELF_DELAY", "0")))
            with LOCK:
                items = shelf()
                items[request.id] = fields
                keep(items)
            note(f"end update {fields['name']}")
        label = {"label": UNKNOWN} if fields["name"] == UNKNOWN else {}
        return provider_pb2.UpdateResponse(properties=struct({**outputs(fields, request.id), **label}))

    def Delete(self, request, _context):
        note(f"begin delete {shelf().get(request.id, {}).get('name')}")
        time.sleep(float(os.environ.get("SHELF_DELAY", "0")))
        with LOCK:
            items = shelf()
            gone = items.pop(request.id, {})
            keep(items)
        note(f"delete {gone.get('name')}")
        return Empty()

    def Invoke(self, request, context):
        wanted = plain(request.args)["name"]
        for item_id, fields in shelf().items():
            if fields["name"] == wanted:
                return provider_pb2.InvokeResponse(**{"return": struct(outputs(fields, item_id))})
        return context.abort(grpc.StatusCode.NOT_FOUND, f"no item named {wanted}")

    def Cancel(self, _request, _context):
        return Empty()


def main():
    """Serve until the engine is gone."""
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Shelf(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
