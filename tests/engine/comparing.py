"""What two engines left behind, without what differs from run to run."""

import json
import re

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
VARYING = ("created", "modified", "stackTrace")


def normal_state(state):
    """Leave out times, provider ids, the runner's frames, list order and empty dependency lists."""
    found = {key: value for key, value in json.loads(UUID.sub("UUID", json.dumps(state))).items() if key not in VARYING}
    found["dependencies"] = sorted(found.get("dependencies", []))
    found["propertyDependencies"] = {
        key: sorted(urns) for key, urns in found.get("propertyDependencies", {}).items() if urns
    }
    return found


def normal(exported):
    """Give the resources of an export by URN."""
    return {state["urn"]: normal_state(state) for state in exported["deployment"].get("resources", [])}


def pending(exported):
    """Give the pending operations of an export."""
    found = exported["deployment"].get("pending_operations", [])
    return [(each["type"], normal_state(each["resource"])) for each in found]


def differing(real, stand_in):
    """Name each field that differs, with the real engine's value first."""
    return [
        (urn, key, real.get(urn, {}).get(key), stand_in.get(urn, {}).get(key))
        for urn in sorted({*real, *stand_in})
        for key in sorted({*real.get(urn, {}), *stand_in.get(urn, {})})
        if real.get(urn, {}).get(key) != stand_in.get(urn, {}).get(key)
    ]


def told(path):
    """
    Read an event log: kind and content of each event, in order.

    The program's traceback, which the real engine prints when it interrupts the program, debug messages and times are
    left out; a step is told by its op and its URN.
    """
    found = []
    for line in path.read_text().splitlines():
        event = json.loads(line)
        kind, content = next((key, value) for key, value in event.items() if key not in {"sequence", "timestamp"})
        if content.get("severity") in {"debug", "info#err"}:
            continue
        if "metadata" in content:
            found.append((kind, content["metadata"]["op"], content["metadata"]["urn"]))
        else:
            content.pop("durationSeconds", None)
            found.append((kind, json.dumps(content, sort_keys=True)))
    return found
