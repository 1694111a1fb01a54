"""Without this file a Parquet file's types would be believed: columns that cannot hold what they should, found out."""

import pyarrow as pa
import pyarrow.compute as pc

from cohorts.columns import Form

TEXT = pa.string()


def sound(values: pa.Array, form: Form) -> tuple[pa.Array, list[int], str]:
    """Bring one column into a type that a block may hold.

    Returns:
        The column, null where a value cannot be used; the rows of those; and why.
    """
    kind = values.type
    if form is Form.PRESENT:
        return pc.if_else(values.is_valid(), True, pa.scalar(None, pa.bool_())), [], ""
    is_list = form is Form.NAMES and (pa.types.is_list(kind) or pa.types.is_large_list(kind))
    if is_list and (pa.types.is_nested(kind.value_type) or _is_bytes(kind.value_type)):
        return _refused(values, "a list of something else than texts")
    if pa.types.is_nested(kind) and not is_list:
        return _refused(values, "a list or an object where one value belongs")
    if _is_bytes(kind):
        # Bytes without a name for what they are may be text; taken for it, and found out where they are not.
        values = values.cast(pa.binary()).view(TEXT)
    elif pa.types.is_decimal(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind) or pa.types.is_null(kind):
        values = values.cast(TEXT)
    return _said_in_utf_8(values)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _refused(values: pa.Array, because: str) -> tuple[pa.Array, list[int], str]:
    rows = [row for row, is_there in enumerate(values.is_valid().to_pylist()) if is_there]
    return pa.nulls(len(values), TEXT), rows, because


def _said_in_utf_8(values: pa.Array) -> tuple[pa.Array, list[int], str]:
    try:
        _texts_of(values).validate(full=True)
    except pa.ArrowInvalid:
        told = [_told(value) for value in values]
    else:
        return values, [], ""
    rows = [row for row, value in enumerate(told) if value is None and values[row].is_valid]
    kind = values.type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        plain = pa.list_(TEXT)
    return pa.array(told, plain), rows, "not UTF-8"


def _texts_of(values: pa.Array) -> pa.Array:
    """Return the different texts of a column, which are few where it is coded."""
    while pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        values = values.values
    return values.dictionary if pa.types.is_dictionary(values.type) else values


def _told(value: pa.Scalar) -> object:
    try:
        return value.as_py()
    except UnicodeDecodeError:
        return None
