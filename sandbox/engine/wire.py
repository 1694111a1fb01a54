"""Without this file property values could not cross the protocol: plain mappings to protobuf Structs and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.struct_pb2 import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.values import Properties


def to_struct(properties: Mapping[str, Any]) -> Any:
    """Make the protobuf Struct of a mapping."""
    answer = Struct()
    for key, value in properties.items():
        _fill(answer.fields[key], value)
    return answer


def _fill(field: Any, value: Any) -> None:
    match value:
        case None:
            field.null_value = 0
        case bool():
            field.bool_value = value
        case str():
            field.string_value = value
        case int() | float():
            field.number_value = value
        case dict():
            field.struct_value.SetInParent()
            for key, item in value.items():
                _fill(field.struct_value.fields[key], item)
        case _:
            field.list_value.SetInParent()
            for item in value:
                _fill(field.list_value.values.add(), item)


def from_struct(struct: Any) -> Properties:
    """Make the mapping of a protobuf Struct; whole numbers become int, as the state writes them."""
    return {key: from_value(value) for key, value in struct.fields.items()}


def from_value(value: Any) -> Any:
    """Make the plain value of one protobuf Value."""
    match value.WhichOneof("kind"):
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [from_value(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None
