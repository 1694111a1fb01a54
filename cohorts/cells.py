"""Without this file a value would mean what its vendor's spelling makes of it: text, codes, lists and yes or no."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cohorts.facts import Coded, Mask, YesNo

# As people and vendors of several languages write it; spaces are hyphens here.
YES = frozenset(
    [
        "true",
        "yes",
        "y",
        "t",
        "1",
        "x",
        "on",
        "enabled",
        "capable",
        "registered",
        "active",
        "wahr",
        "ja",
        "oui",
        "vrai",
        "si",
        "sì",
        "sí",
        "sim",
        "verdadero",
        "vero",
    ]
)
NO = frozenset(
    [
        "false",
        "no",
        "n",
        "f",
        "0",
        "off",
        "disabled",
        "not-capable",
        "not-registered",
        "inactive",
        "falsch",
        "nein",
        "non",
        "faux",
        "nee",
        "não",
        "falso",
        "nej",
    ]
)
SPACE, WIDE = 0x20, 0x80


@dataclass(frozen=True, slots=True)
class Lists:
    """A column of lists: row i holds `values[codes[offsets[i]:offsets[i + 1]]]`; *known* None is known everywhere."""

    offsets: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int32]
    values: Sequence[str]
    known: Mask | None = None


@dataclass(frozen=True, slots=True)
class Moments:
    """A column of times: milliseconds since 1970 in UTC; *known* None is known everywhere."""

    values: npt.NDArray[np.int64]
    known: Mask | None = None


def smallest(codes: npt.NDArray[np.integer], most: int) -> npt.NDArray[np.unsignedinteger]:
    """Return codes of 0 to *most* in the narrowest unsigned type."""
    return codes.astype(np.uint8 if most < 2**8 else np.uint16 if most < 2**16 else np.uint32, copy=False)


def as_text(values: pa.Array) -> pa.Array:
    """Return a column of any plain type as strings."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    return values.cast(pa.string())


def stripped(values: pa.Array) -> pa.Array:
    """Return texts without white space at their ends; an empty one is not known. Most need no copy."""
    values = as_text(values)
    offsets, content = text_buffers(values)
    if not len(content) or not len(values):
        return values if values.null_count == len(values) else pa.nulls(len(values), values.type)
    if not _is_ragged(offsets, content):
        return values
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed)


def _is_ragged(offsets: npt.NDArray[np.integer], content: npt.NDArray[np.uint8]) -> bool:
    """Say whether any text is empty or might begin or end with white space."""
    count, begin = len(offsets) - 1, int(offsets[0])
    width, rest = divmod(int(offsets[-1]) - begin, count)
    if width and not rest and offsets[1] - begin == width and (offsets[1:] - offsets[:-1] == width).all():
        # Ids are of one length: their first and last bytes stand at equal distances.
        whole = content[begin : begin + width * count].reshape(count, width)
        first, last = whole[:, 0], whole[:, -1]
    else:
        starts, ends = offsets[:-1], offsets[1:]
        if (starts == ends).any():
            return True
        first, last = content[starts], content[ends - 1]
    # Beyond ASCII a first or last byte may belong to a wide space.
    return bool(first.min() <= SPACE or last.min() <= SPACE or first.max() >= WIDE or last.max() >= WIDE)


def text_buffers(values: pa.Array) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.uint8]]:
    """Return offsets and bytes of an array of strings, without a copy; the offsets count from the bytes' start."""
    width: npt.DTypeLike = np.int64 if pa.types.is_large_string(values.type) else np.int32
    _, offsets, content = values.buffers()
    if offsets is None:
        return np.zeros(len(values) + 1, width), np.empty(0, np.uint8)
    told = np.frombuffer(offsets, width)[values.offset : values.offset + len(values) + 1]
    return told, np.frombuffer(content, np.uint8) if content is not None else np.empty(0, np.uint8)


def folded(values: pa.Array) -> pa.Array:
    """Return logins or addresses in the form in which two of them are compared: NFKC, case folded, stripped."""
    values = stripped(values)
    _, content = text_buffers(values)
    if not len(content) or content.max() < WIDE:
        return pc.ascii_lower(values)
    is_plain = pc.string_is_ascii(values)
    plain = pc.ascii_lower(values)
    special = [fold(one.as_py()) for one in values.filter(pc.invert(is_plain).fill_null(False))]
    return pc.replace_with_mask(plain, pc.invert(is_plain).fill_null(False), pa.array(special, values.type))


def fold(text: str) -> str:
    """Return one login or address as `folded` does."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def coded(values: pa.Array, words: Mapping[str, str] | None = None) -> Coded:
    """Return a column with few different values as codes.

    Args:
        values: Anything plain; white space at the ends is no part of a value, and an empty text is not known.
        words: The vendor's word, case folded → ours.
    """
    if not pa.types.is_dictionary(values.type):
        values = as_text(values).dictionary_encode()
    told = as_text(values.dictionary).to_pylist()
    place: dict[str, int] = {}
    known = []
    for text in told:
        word = (text or "").strip()
        word = (words.get(word.casefold(), word) if words else word) if word else ""
        known.append(place.setdefault(word, len(place) + 1) if word else 0)
    if known == list(range(1, len(told) + 1)):
        # The file's own indices may be so narrow that one more runs over.
        indices = values.indices.cast(pa.int32())
        codes = (indices.fill_null(-1) if values.null_count else indices).to_numpy() + 1
    else:
        lut = np.array([*known, 0], np.int64)
        codes = lut[values.indices.cast(pa.int64()).fill_null(len(told)).to_numpy()]
    return Coded(smallest(codes, len(place)), tuple(place))


def yes_no(values: pa.Array, words: Mapping[str, str] | None = None) -> tuple[YesNo, Mask | None]:
    """Return a column of yes, no and not known, and which values are neither (None where all are)."""
    if pa.types.is_boolean(values.type):
        return YesNo(values.cast(pa.int8()).fill_null(-1).to_numpy()), None
    column = coded(values, words)
    answers = [_yes_or_no(word) for word in column.values]
    lut = np.array([-1, *(-1 if answer is None else answer for answer in answers)], np.int8)
    strange = np.array([False, *(answer is None for answer in answers)])
    return YesNo(lut[column.codes]), strange[column.codes] if strange.any() else None


def _yes_or_no(word: str) -> int | None:
    word = word.casefold().replace(" ", "-")
    return 1 if word in YES else 0 if word in NO else None


def lists(values: pa.Array, separators: Sequence[str] = ()) -> Lists:
    """Return a column of lists; a text is split at each of *separators*, or read as JSON.

    White space at the ends of a name is no part of it, and an empty name is none. An empty text is an empty list
    where lists are written as text, and so is one that is not there: nothing else can say "none" in a CSV.
    """
    if not pa.types.is_list(values.type) and not pa.types.is_large_list(values.type):
        texts = as_text(values)
        values = _split(texts.fill_null("") if separators else texts, separators)
    known = values.is_valid().to_numpy(zero_copy_only=False) if values.null_count else None
    offsets = values.offsets.to_numpy().astype(np.int64)
    names = values.values
    if known is not None:
        # A list that is not known may still have an extent in the buffers.
        names, sizes = values.flatten(), pc.list_value_length(values).fill_null(0).to_numpy()
        offsets = np.concatenate([[0], np.cumsum(sizes)])
    elif len(offsets) and (offsets[0] or offsets[-1] != len(names)):
        names = names.slice(offsets[0], offsets[-1] - offsets[0])
        offsets = offsets - offsets[0]
    column = coded(names)
    if len(column.codes) and not column.codes.all():
        keep = column.codes != 0
        offsets = np.concatenate([[0], np.cumsum(keep)])[offsets]
        return Lists(offsets, column.codes[keep].astype(np.int32) - 1, column.values, known)
    return Lists(offsets, column.codes.astype(np.int32) - 1, column.values, known)


def _split(texts: pa.Array, separators: Sequence[str]) -> pa.Array:
    looks_like_json = pc.starts_with(pc.utf8_ltrim_whitespace(texts), "[").fill_null(False)
    if len(separators) == 1:
        found = pc.split_pattern(texts, separators[0])
    elif separators:
        found = pc.split_pattern_regex(texts, "|".join(re.escape(one) for one in separators))
    else:
        found = _alone(texts)
    if not pc.any(looks_like_json).as_py():
        return found
    rows = found.to_pylist()
    for position in np.flatnonzero(looks_like_json.to_numpy(zero_copy_only=False)).tolist():
        told = _from_json(texts[position].as_py())
        rows[position] = rows[position] if told is None else told
    return pa.array(rows, pa.list_(pa.string()))


def _alone(texts: pa.Array) -> pa.Array:
    offsets = pa.array(np.arange(len(texts) + 1), pa.int32())
    return pa.ListArray.from_arrays(offsets, texts.cast(pa.string()), mask=texts.is_null())


def _from_json(text: str) -> list[str] | None:
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(name) for name in names if name is not None] if isinstance(names, list) else None
