"""Without this file each resource would check, compare and project its properties in its own way."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox.providers.values import DEFAULTS, UNKNOWN, Json, bare, has_unknown


class Kind(Enum):
    """What a property holds; it decides how it is checked and when two values are the same."""

    TEXT = "a text"
    WHOLE = "a whole number"
    FLAG = "true or false"
    LIST = "a list of texts"
    SET = "a set of texts"
    MAP = "a map"
    OBJECT = "an object"
    OBJECTS = "a list of objects"
    OBJECT_SET = "a set of objects"
    JSON = "a JSON object as text"
    JSONS = "a list of JSON objects as text"


_ZERO: Mapping[Kind, Any] = {Kind.TEXT: "", Kind.WHOLE: 0, Kind.FLAG: False, Kind.JSON: ""}
_PLAIN = frozenset({Kind.TEXT, Kind.WHOLE, Kind.FLAG, Kind.LIST, Kind.MAP})
_LISTS = frozenset({Kind.LIST, Kind.SET, Kind.OBJECTS, Kind.OBJECT_SET, Kind.JSONS})


class Unset(Enum):
    """What it means that the program does not set a property."""

    EMPTY = "nothing: a value that the server shows is a difference, and is taken away"
    KEPT = "no opinion: no difference, and an update sends again what the state holds"
    SERVERS = "as KEPT; the server will choose, so a preview shows it as unknown"
    UNSENT = "no opinion: no difference, and nothing is sent"


@dataclass(frozen=True, slots=True)
class Field:
    """
    One property as the program writes it.

    Attributes:
        default: Filled in by Check where the program is silent.
        one_of: All that a text (or each text of a list) may be; empty: anything.
        fields: The properties inside an object, or the keys that a map may have; empty: any.
        replaces: A change makes a new object (ForceNew).
        read_back: False where the vendor's answer never holds it; the state then repeats the program.
        not_modelled: Why this stand-in refuses it; empty: it does not.
    """

    kind: Kind
    default: Any = None
    one_of: tuple[str, ...] = ()
    fields: Mapping[str, "Field"] = field(default_factory=dict)
    unset: Unset = Unset.EMPTY
    required: bool = False
    replaces: bool = False
    read_back: bool = True
    not_modelled: str = ""


Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Problem:
    """One property that cannot stand, by its path, and why."""

    path: str
    because: str


def problems(fields: Fields, values: Json, within: str = "") -> Iterator[Problem]:
    """Yield what is wrong with *values*: names nobody knows first, then each value; unknowns pass."""
    for name in sorted(set(values) - set(fields) - {DEFAULTS}):
        yield Problem(f"{within}{name}", f"is not a property; known are {', '.join(sorted(fields))}")
    for name, spec in fields.items():
        value = values.get(name)
        if value is None:
            if spec.required:
                yield Problem(f"{within}{name}", "is required and not set")
        elif spec.not_modelled:
            yield Problem(f"{within}{name}", f"is not modelled here: {spec.not_modelled}")
        elif value != UNKNOWN:
            yield from _value_problems(spec, value, f"{within}{name}")


def _value_problems(spec: Field, value: Any, path: str) -> Iterator[Problem]:
    if spec.kind in _LISTS:
        if not isinstance(value, list):
            yield Problem(path, f"must be {spec.kind.value}")
            return
        for index, item in enumerate(value):
            if item != UNKNOWN:
                yield from _one_problems(spec, item, f"{path}[{index}]")
    else:
        yield from _one_problems(spec, value, path)


def _one_problems(spec: Field, value: Any, path: str) -> Iterator[Problem]:
    if not _fits(spec.kind, value):
        yield Problem(path, f"must be {spec.kind.value}")
    elif spec.fields:
        yield from problems(spec.fields, value, f"{path}.")
    elif spec.one_of and value not in spec.one_of:
        yield Problem(path, f"must be one of {', '.join(filter(None, spec.one_of))}")


def _fits(kind: Kind, value: Any) -> bool:
    match kind:
        case Kind.MAP | Kind.OBJECT | Kind.OBJECTS | Kind.OBJECT_SET:
            return isinstance(value, dict)
        case Kind.WHOLE:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.JSON | Kind.JSONS:
            return isinstance(parsed(value), dict)
        case Kind.TEXT | Kind.LIST | Kind.SET:
            return isinstance(value, str)


def parsed(text: Any) -> Any:
    """Read JSON text; None where it is none."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def with_defaults(fields: Fields, values: Json) -> Json:
    """Fill in defaults at every depth, and name what was filled, as a bridged provider's inputs do."""
    filled = {name: _inner_defaults(fields[name], value) for name, value in values.items() if name in fields}
    missing = {n: s.default for n, s in fields.items() if n not in filled and s.default is not None}
    return {**filled, **missing, DEFAULTS: sorted(missing)}


def _inner_defaults(spec: Field, value: Any) -> Any:
    if spec.kind is Kind.OBJECT and isinstance(value, dict):
        return with_defaults(spec.fields, value)
    if spec.kind in (Kind.OBJECTS, Kind.OBJECT_SET) and isinstance(value, list):
        return [with_defaults(spec.fields, item) if isinstance(item, dict) else item for item in value]
    return value


def settled(fields: Fields, news: Json, olds: Json) -> Json:
    """Join what the program says with what the state holds, where silence means *keep*."""
    kept = (Unset.KEPT, Unset.SERVERS)
    joined: Json = bare(news)
    for name, spec in fields.items():
        if spec.unset in kept and olds.get(name) is not None:
            if canonical(spec, joined.get(name)) is None:
                joined[name] = olds[name]
            elif spec.kind is Kind.MAP:
                joined[name] = {**olds[name], **joined[name]}
    return joined


def canonical(spec: Field, value: Any) -> Any:
    """Reduce *value* so that two values that mean the same are equal; None where it means nothing."""
    value = bare(value)
    if value in (None, "", [], {}, _ZERO.get(spec.kind)):
        return None
    if value == UNKNOWN or spec.kind in _PLAIN:
        return value
    if spec.kind in _LISTS:
        items = [_shape(spec, item) for item in value]
        in_order = spec.kind in (Kind.OBJECTS, Kind.JSONS)
        return items if in_order else sorted(json.dumps(item, sort_keys=True) for item in items)
    return _shape(spec, value)


def _shape(spec: Field, item: Any) -> Any:
    if spec.kind in (Kind.JSON, Kind.JSONS) and item != UNKNOWN:
        return _meaning(parsed(item))
    if not isinstance(item, dict):
        return item
    reduced = {name: canonical(inner, item.get(name, inner.default)) for name, inner in spec.fields.items()}
    return {name: value for name, value in reduced.items() if value is not None} or None


def _meaning(value: Any) -> Any:
    # False and absent are one to the vendor, which writes `required: false` where nobody did.
    if isinstance(value, dict):
        return {key: _meaning(item) for key, item in value.items() if item is not False}
    if isinstance(value, list):
        return [_meaning(item) for item in value]
    return value


def changed(fields: Fields, olds: Json, news: Json, ignored: Sequence[str] = ()) -> list[str]:
    """
    Name the properties in which the state and the program differ, sorted.

    Args:
        fields: The properties of the type.
        olds: What the state holds: the provider's last answer, so drift found by a Read shows.
        news: What the program wants, defaults filled in.
        ignored: Property paths of `ignoreChanges`; only their first name counts.
    """
    skipped = {path.split(".")[0].split("[")[0] for path in ignored}
    return [n for n in sorted(fields) if n not in skipped and _differs(fields[n], olds.get(n), news.get(n))]


def _differs(spec: Field, old: Any, new: Any) -> bool:
    if new is None or canonical(spec, new) is None:
        # An explicit nothing (priority 0, an empty text) is silence too, as in the real provider's schema.
        if spec.unset is not Unset.EMPTY:
            return False
        return bool(canonical(spec, old) != canonical(spec, spec.default if new is None else new))
    if has_unknown(new):
        return True
    if spec.kind is Kind.MAP and spec.unset is Unset.KEPT and isinstance(old, dict):
        return any(old.get(key) != value for key, value in bare(new).items())
    return bool(canonical(spec, old) != canonical(spec, new))


def projected(fields: Fields, inputs: Json, outputs: Json) -> Json:
    """
    Show what the server holds of the properties that the program controls, for a refresh.

    A value that means the same keeps the program's own spelling; one that is gone is left out.
    """
    shown: Json = {}
    for name, value in inputs.items():
        spec = fields.get(name)
        if spec is None:
            continue
        found = outputs.get(name)
        if spec.kind is Kind.MAP and isinstance(value, dict) and isinstance(found, dict):
            found = {key: item for key, item in found.items() if key in value}
        if canonical(spec, found) == canonical(spec, value):
            shown[name] = value
        elif found is not None:
            shown[name] = found
    return shown


def controllable(fields: Fields, outputs: Json) -> Json:
    """Show every property that a program could set and that says something, for an import."""
    shown = {
        name: outputs[name]
        for name, spec in fields.items()
        if not spec.not_modelled and (spec.required or canonical(spec, outputs.get(name)) is not None)
    }
    return {**shown, DEFAULTS: []}


def foretold(fields: Fields, news: Json, olds: Json, computed: Sequence[str] = ()) -> Json:
    """Say for a preview what the outputs would be: unknown where only the server can know."""
    unknown = {name: UNKNOWN for name, spec in fields.items() if spec.unset is Unset.SERVERS}
    return {**unknown, **dict.fromkeys(computed, UNKNOWN), **olds, **settled(fields, news, olds)}
