"""Without this file parts would stay parts: columns of several stretches, one behind the other."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cohorts.cells import smallest
from cohorts.facts import Coded, Fact, Names, Numbers, YesNo

Scalar = TypeVar("Scalar", bound=np.generic)


def one(arrays: Sequence[npt.NDArray[Scalar]]) -> npt.NDArray[Scalar]:
    """Return arrays one behind the other; a single one is not copied."""
    return np.concatenate(arrays) if len(arrays) != 1 else arrays[0]


def one_chunk(arrays: Sequence[pa.Array]) -> pa.Array:
    """Return texts one behind the other, in one chunk: an array of several cannot be taken from quickly."""
    if len(arrays) == 1:
        return arrays[0]
    # 2 GiB of text fit into 32-bit offsets.
    is_large = sum(array.nbytes for array in arrays) >= 2**31 - 1
    wide = pa.large_string() if is_large else pa.string()
    return pa.concat_arrays([array.cast(wide) for array in arrays])


def end_to_end(found: Sequence[Fact | None], sizes: Sequence[int]) -> Fact:
    """Put what is known of several stretches one behind the other; None is a stretch where nothing is known.

    Args:
        found: Of one column; at least one is known.
        sizes: How many rows each stretch has.
    """
    first = next(fact for fact in found if fact is not None)
    if len(found) == 1:
        return first
    match first:
        case Coded():
            return one_vocabulary([fact if isinstance(fact, Coded) else None for fact in found], sizes)
        case YesNo():
            return YesNo(
                one(
                    [
                        fact.values if isinstance(fact, YesNo) else np.full(size, -1, np.int8)
                        for fact, size in zip(found, sizes, strict=True)
                    ]
                )
            )
        case Numbers():
            told = [
                fact if isinstance(fact, Numbers) else Numbers(np.zeros(size, np.int32), np.zeros(size, bool))
                for fact, size in zip(found, sizes, strict=True)
            ]
            known = None
            if any(fact.known is not None for fact in told):
                known = one([np.ones(len(f.values), bool) if f.known is None else f.known for f in told])
            return Numbers(one([fact.values for fact in told]), known)
        case Names():
            names = [
                fact
                if isinstance(fact, Names)
                else Names(first.atoms, np.zeros(size, first.bits.dtype), np.full(size, -1, np.int16))
                for fact, size in zip(found, sizes, strict=True)
            ]
            return Names(first.atoms, one([fact.bits for fact in names]), one([fact.sizes for fact in names]))


def one_vocabulary(columns: Sequence[Coded | None], sizes: Sequence[int]) -> Coded:
    """Put coded columns end to end under one set of codes; None is a stretch where nothing is known."""
    place: dict[str, int] = {}
    luts = []
    for column in columns:
        values = column.values if column is not None else ()
        luts.append(np.array([0, *(place.setdefault(value, len(place) + 1) for value in values)]))
    codes = [
        smallest(lut, len(place))[column.codes]
        if column is not None
        else smallest(np.zeros(size, np.int64), len(place))
        for column, lut, size in zip(columns, luts, sizes, strict=True)
    ]
    return Coded(one(codes), tuple(place))
