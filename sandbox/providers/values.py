"""Without this file property bags would stay protobuf: Struct to plain values and back, secrets unwrapped."""

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

Json = dict[str, Any]

# Pulumi's fixed markers (pulumi/sdk, resource/properties).
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"

# The names of the properties that a default filled, in inputs only, as bridged providers keep them.
DEFAULTS = "__defaults"


def plain(value: Any) -> Any:
    """Turn a protobuf Value into Python; a whole number becomes int, a secret its content."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return unpack(value.struct_value)
    if kind == "list_value":
        return [plain(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def unpack(struct: Any) -> Any:
    """Turn a Struct into a dict without its nulls; a secret's Struct into what it hides."""
    fields = {key: plain(value) for key, value in struct.fields.items()}
    if fields.get(_SIGNATURE) == _SECRET:
        return fields.get("value")
    return {key: value for key, value in fields.items() if value is not None}


def pack(values: Mapping[str, Any]) -> Any:
    """Turn a dict into a Struct; top-level nulls are left out, as the engine drops them anyway."""
    struct = struct_pb2.Struct()
    struct.update({key: value for key, value in values.items() if value is not None})
    return struct


def bare(value: Any) -> Any:
    """Copy *value* without the bookkeeping of defaults, at every depth."""
    if isinstance(value, Mapping):
        return {key: bare(item) for key, item in value.items() if key != DEFAULTS}
    if isinstance(value, list | tuple):
        return [bare(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Say whether a value that is not known yet hides anywhere inside *value*."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)
