"""Without this file fast and slow reading would disagree: what a canonical column is made of, and which type it has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cohorts.blocks import Problem
from cohorts.columns import SUBJECTS, Form
from cohorts.sources import Path_, Source

TEXT, LIST = pa.string(), pa.list_(pa.string())
CODED = pa.dictionary(pa.int32(), pa.string())
PAGE = "value"
MISSHAPEN = object()  # stands where a path runs into something that is no object


def forms_of(source: Source) -> dict[str, Form]:
    """Return the form of each canonical column that *source* fills from its rows, in a fixed order."""
    subject = SUBJECTS[source.subject]
    return {column: subject[column].form for column in sorted(source.columns)}


def foreign_names(source: Source) -> tuple[str, ...]:
    """Return the fields at the top of a row that no row of *source* has; one that has it is another kind of row."""
    mapped = {path[0] for origin in source.columns.values() for path in origin.paths}
    told = dict.fromkeys(path[0] for path in source.has_not if len(path) == 1)
    return tuple(name for name in (*told, PAGE) if name not in mapped)


def own_names(source: Source) -> tuple[str, ...]:
    """Return the fields at the top of a row of which every row of *source* has one, of those that are read at all."""
    mapped = {path[0] for origin in source.columns.values() for path in origin.paths}
    return tuple(dict.fromkeys(path[0] for path in source.has if path[0] in mapped))


def led_to(row: Any, path: Path_) -> Any:
    """Return what *path* leads to in a row: None if to nothing, MISSHAPEN if a step stands on no object."""
    value = row
    for step in path:
        if value is None:
            return None
        if not isinstance(value, dict):
            return MISSHAPEN
        value = value.get(step)
    return value


def coalesced(found: Sequence[pa.Array]) -> pa.Array | None:
    """Return the first value of each row that is there."""
    if not found:
        return None
    first = found[0]
    for other in found[1:]:
        if not first.null_count:
            break
        is_same = first.type == other.type
        first = pc.coalesce(first, other) if is_same else pc.coalesce(as_plain(first), as_plain(other))
    return first


def as_plain(values: pa.Array) -> pa.Array:
    """Return a column as text or as list of text, so that two of them can be joined."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        return values.cast(LIST)
    return values.cast(TEXT)


def gathered(rows: Sequence[Mapping[str, Any]], source: Source) -> tuple[dict[str, pa.Array], tuple[Problem, ...]]:
    """Build the columns of *source* from rows as Python reads JSON.

    Returns:
        columns: Of the same types as the fast way gives them.
        problems: Values of the wrong shape; their cells are null.
    """
    columns, problems = {}, []
    for column, form in forms_of(source).items():
        origin = source.columns[column]
        values = []
        for row, told in enumerate(rows):
            value, because = _fitting(_first(told, origin.paths), form)
            if because:
                problems.append(Problem(row, column, because))
            values.append(value)
        columns[column] = typed(values, form, origin.separators)
    return columns, tuple(sorted(problems, key=lambda problem: problem.row))


def typed(values: list[Any], form: Form, separators: Iterable[str]) -> pa.Array:
    """Turn values as Python reads them into the one type that a column of this form has."""
    kinds = {type(value) for value in values} - {type(None)}
    if form is Form.PRESENT:
        return pa.array([None if value is None else True for value in values], pa.bool_())
    if form is Form.YES_NO and kinds == {bool}:
        return pa.array(values, pa.bool_())
    if list in kinds:
        return pa.array([value if value is None else _parted(value, separators) for value in values], LIST)
    texts = pa.array([None if value is None else _text(value) for value in values], TEXT)
    return texts.dictionary_encode().cast(CODED) if form is Form.CODED else texts


def _first(row: Mapping[str, Any], paths: Iterable[Path_]) -> Any:
    for path in paths:
        value = led_to(row, path)
        if value is not None:
            return value
    return None


def _fitting(value: Any, form: Form) -> tuple[Any, str]:
    """Return the value, or None and what is wrong with it."""
    if value is MISSHAPEN:
        return None, "stands in something that is no object"
    if value is None or form is Form.PRESENT:
        return value, ""
    if isinstance(value, list):
        if form is not Form.NAMES:
            return None, "a list where one value belongs"
        if any(isinstance(name, dict | list) for name in value):
            return None, "a list of something else than texts"
    if isinstance(value, dict):
        return None, "an object where a value belongs"
    return (None, because) if (because := _unsayable(value)) else (value, "")


def _unsayable(value: Any) -> str:
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                # A byte that is no UTF-8 was kept as one of these; any other came from an escape.
                return "not UTF-8" if "\udc80" <= text[error.start] <= "\udcff" else "holds half a character"
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _parted(value: Any, separators: Iterable[str]) -> list[str | None]:
    if isinstance(value, list):
        return [None if name is None else _text(name) for name in value]
    names = [_text(value)]
    for separator in separators:
        names = [part for name in names for part in name.split(separator)]
    return list(names)


def paths_of(source: Source) -> Iterator[tuple[Path_, Form]]:
    """Return every path that *source* reads, with the form of its column."""
    for column, form in forms_of(source).items():
        for path in source.columns[column].paths:
            yield path, form
